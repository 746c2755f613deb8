"""Shipped for tests: what every adapter of a port must keep, and small made-up records.

A stranger's adapter is tested by deriving from a class of ``contracts`` and giving ``make``.
"""
