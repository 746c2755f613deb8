"""Looking at pictures: what models put out becomes facts, and doubt becomes silence.

One job a file: its Config, its class, and the mathematics as plain functions over arrays. A model
is reached through ``Inference``; nothing here reads a file or knows a model's runtime.
"""
