"""Arrangers choose which rows stand on the page, in which order."""
