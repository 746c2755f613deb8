"""The sequence model: a causal transformer over events that says what a member takes next.

``settings.py`` sizes it, ``sequences.py`` makes windows of histories, ``content.py`` describes
items, ``network.py`` is the model, ``loss.py`` what it is trained on, ``fitting.py`` how,
``checkpoints.py`` keeps a training that may be killed, ``exporting.py`` writes named arrays, and
``course.py`` is all of that in one call. PyTorch is imported when a model is trained and at no
other time; ``stages/scoring/sequence_network.py`` serves.
"""
