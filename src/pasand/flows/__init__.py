"""Doing: one use case a file, each read from top to bottom. Flows speak to ports only."""
