"""Scorers judge candidates; the last one sets the score."""
