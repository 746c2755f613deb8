"""Evaluation: protocols, metrics and what models must offer to be ranked by them.

It knows models only as rankers (``ranking.py``); the flow that calls trains them. Full ranking
always, never sampled. No clock, no disk, no chance.
"""
