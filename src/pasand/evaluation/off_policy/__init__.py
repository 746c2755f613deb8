"""Off-policy evaluation: what another policy would have earned, told from a log with propensities.

``logged.py`` is what is known of each choice, ``support.py`` refuses what no log can answer,
``estimators.py`` are the formulas, ``estimating.py`` puts intervals and checks around them and
``reward_model.py`` guesses the reward of what was not chosen. NumPy alone.
"""
