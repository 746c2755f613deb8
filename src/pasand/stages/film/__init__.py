"""Stages that look at a film: where its shots are, which frames are good, how they are cut."""
