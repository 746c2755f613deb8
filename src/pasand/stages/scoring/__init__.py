"""The mathematics of scores: plain functions over arrays, one model a file.

Source stages and the evaluation call the same functions, so what is measured is what is served.
Nothing here trains (``learning/`` does) and nothing here knows of queries or catalogues.
"""
