"""Pasand as a library: models with scikit-learn's habits, frames in and frames out.

What users import stands in ``pasand`` itself; nothing here reads settings or needs a home.
"""
