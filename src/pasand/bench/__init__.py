"""Benchmarks: each drives the real command as a child process and returns what it measured.

They write synthetic data into a folder of their caller's and say nothing to people.
"""
