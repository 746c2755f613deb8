"""Filters guard promises; what they leave out never reaches a page."""
