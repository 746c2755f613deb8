"""``pasand init``: make an empty home with a commented settings file."""

from __future__ import annotations

from pasand.cli.options import DEFAULT_HOME, HomeOption, JsonOption, print_figures, say

__all__ = ["SETTINGS_TEXT", "init"]

SETTINGS_TEXT = """\
# Settings of this Pasand home. Every value shown is the default; see docs/settings.md.
# clock = "system"        # "data": an old data set's last event was one minute ago

[serve]
# host = "127.0.0.1"
# port = 8765
# default_country = ""    # country of requests and members that name none

[web]
# open_profiles = false   # true: anybody may choose a member on the web page (demos only)

[limits]
# batch_count_max = 1000

# Values of single stages, for instance:
# [stages.blend]
# popular = 0.2
"""


def init(home: HomeOption = DEFAULT_HOME, json: JsonOption = False) -> None:
    """Make a home for your data.

    Example: pasand init --home ./shop
    """
    from pasand.bootstrap import open_home

    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings = home / "pasand.toml"
    if not settings.exists():
        settings.write_text(SETTINGS_TEXT, "utf-8")
    open_home(home, create=True).close()
    if json:
        print_figures("init", [], more={"home": str(home)})
    say(f"A Pasand home is at {home}. Next: pasand import items FILE --home {home}")
