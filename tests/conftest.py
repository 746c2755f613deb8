"""Profiles of the property tests: a quick one for every run, a long one for ``make soak``."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("default", deadline=None)
settings.register_profile("soak", deadline=None, max_examples=2_000)
settings.load_profile("default")
