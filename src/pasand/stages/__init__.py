"""Thinking: one stage a file. A stage is named in a plan; its file says what it promises.

``stages/<kind>/<name>.py`` holds ``Config`` and one class with ``__call__``; a plan names it
``name`` with dashes. Stages read their query and nothing else: no clock, no disk, no chance but
the query's own.
"""
