"""``pasand key``: API keys, shown once, revoked for good."""

from __future__ import annotations

from typing import Annotated

import typer

from pasand.cli.options import DEFAULT_HOME, HomeOption, JsonOption, print_figures, say

__all__ = ["app"]

app = typer.Typer(help="Create, list and revoke API keys.", no_args_is_help=True)


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="What the key is for.")] = "server",
    scope: Annotated[
        list[str] | None, typer.Option(help="A scope; repeat for more. All but admin else.")
    ] = None,
    browser: Annotated[
        bool, typer.Option("--browser", help="A key for web pages: it may send events only.")
    ] = False,
    origin: Annotated[
        list[str] | None,
        typer.Option(help="With --browser: a site whose pages may use it; repeat for more."),
    ] = None,
    visitors: Annotated[
        bool,
        typer.Option("--visitors", help="With --browser: also for visitors nobody signed in."),
    ] = False,
    home: HomeOption = DEFAULT_HOME,
    json: JsonOption = False,
) -> None:
    """Create a key; its secret is printed this once.

    A key for web pages is no secret: it sends events only, from its own site's pages.
    docs/browser.md shows such a site, and --browser --origin https://shop.example its key.

    Example: pasand key create backend --scope events:write --scope page:read
    """
    from pasand.bootstrap import visit_home
    from pasand.errors import InvalidInput
    from pasand.web.access import new_browser_key, new_key

    if browser and scope:
        raise InvalidInput(
            "A browser key may send events only.", field="scope", fix="Leave --scope out."
        )
    if not browser and (origin or visitors):
        raise InvalidInput("Only browser keys have origins.", field="origin", fix="Add --browser.")
    visit = visit_home(home)
    try:
        now_ms = visit.stores.clock.now_ms()
        if browser:
            key, secret = new_browser_key(name, origin or (), now_ms, visitors)
        else:
            key, secret = new_key(name, tuple(scope or ()), now_ms)
        visit.owner.put_key(key)
        visit.owner.refresh()
    finally:
        visit.close()
    if json:
        print_figures("key create", [], more={"key_id": key.key_id, "secret": secret})
    else:
        where = f" on pages of {', '.join(key.origins)}" if browser else ""
        say(f"{key.key_id} may use {', '.join(key.scopes)}{where}. It is shown this once:")
        print(secret)


@app.command("list")
def list_keys(home: HomeOption = DEFAULT_HOME, json: JsonOption = False) -> None:
    """List keys, without their secrets.

    Example: pasand key list --home ./shop
    """
    from pasand.bootstrap import visit_home

    visit = visit_home(home)
    try:
        keys = visit.stores.ledger.keys()
    finally:
        visit.close()
    if json:
        rows = [
            {
                "key_id": k.key_id,
                "name": k.name,
                "scopes": k.scopes,
                "origins": k.origins,
                "visitors": k.visitors,
                "revoked": bool(k.revoked_ms),
            }
            for k in keys
        ]
        print_figures("key list", [], more={"keys": rows})
        return
    for key in keys:
        state = "revoked" if key.revoked_ms else "live"
        rights = " ".join((*key.scopes, *key.origins))
        print(f"{key.key_id}  {state:<8} {key.name:<16} {rights}")


@app.command("revoke")
def revoke(
    key_id: Annotated[str, typer.Argument(help="The key's id, from `pasand key list`.")],
    home: HomeOption = DEFAULT_HOME,
    json: JsonOption = False,
) -> None:
    """Revoke a key; a running server refuses it at once.

    Example: pasand key revoke key_1a2b3c4d --home ./shop
    """
    from pasand.bootstrap import visit_home
    from pasand.web.access import revoked

    visit = visit_home(home)
    try:
        keys = visit.stores.ledger.keys()
        visit.owner.put_key(revoked(keys, key_id, visit.stores.clock.now_ms()))
        visit.owner.refresh()
    finally:
        visit.close()
    if json:
        print_figures("key revoke", [], more={"key_id": key_id})
    say(f"{key_id} is revoked.")
