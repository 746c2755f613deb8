"""Hydrators describe member x item x context in columns."""
