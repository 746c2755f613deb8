"""``pasand serve``: the HTTP API and the member's page, until stopped."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pasand.cli.options import DEFAULT_HOME, HomeOption, one_thread_each, say

if TYPE_CHECKING:
    from pasand.bootstrap import Home
    from pasand.flows.picturing import Pictures

__all__ = ["run_server", "serve"]

#: How long the start waits for page processes; until they are ready, pages are made without.
PAGES_WAIT_S = 60.0


def serve(
    home: HomeOption = DEFAULT_HOME,
    port: Annotated[int | None, typer.Option(help="Port; the settings' own else.")] = None,
    host: Annotated[str | None, typer.Option(help="Address; the settings' own else.")] = None,
    pages: Annotated[
        int | None,
        typer.Option(min=0, max=64, help="Processes that make pages; the settings' own else."),
    ] = None,
) -> None:
    """Serve pages and take events.

    Example: pasand serve --home ./shop --port 8765 --pages 2
    """
    from pasand.bootstrap import open_home

    one_thread_each()
    opened = open_home(home)
    run_server(opened, host or opened.engine.settings.serve.host, port, pages=pages)


def run_server(
    home: Home,
    host: str,
    port: int | None,
    ready: Callable[[str], None] | None = None,
    pages: int | None = None,
) -> None:
    """Serve an open home until a signal; ``ready`` is told the address once it listens and its
    page processes, ``pages`` of them, have started.
    """
    import asyncio
    import signal

    import uvicorn

    from pasand.web.app import create_app
    from pasand.web.page_processes import PageProcesses
    from pasand.web.process_tuning import tune_process

    port = home.engine.settings.serve.port if port is None else port
    try:
        listener = _listen(host, port)
    except BaseException:
        home.close()
        raise
    url = f"http://{host}:{listener.getsockname()[1]}"
    token = secrets.token_urlsafe(32)
    count = home.engine.settings.serve.pages if pages is None else pages
    processes = PageProcesses(home.engine, home.path, count) if count > 0 else None
    app = create_app(
        home.engine, home.path / "artwork", token, _large_pictures(home), processes, _pictures(home)
    )
    config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False)
    server = uvicorn.Server(config)

    async def run() -> None:
        serving = asyncio.create_task(server.serve([listener]))
        while not server.started and not serving.done():
            await asyncio.sleep(0.01)
        home.lock.tell({"url": url, "token": token})
        if processes is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(processes.started(), PAGES_WAIT_S)
        if not serving.done():
            (ready or _tell)(url)
        await serving

    tune_process()
    # The server raises a signal again once it has stopped; the home must still be closed then.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
            runner.run(run())
    except KeyboardInterrupt:
        pass
    finally:
        home.close()


def _listen(host: str, port: int) -> socket.socket:
    """Return a bound socket; InvalidSettings where the address cannot be used."""
    from pasand.errors import InvalidSettings

    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise InvalidSettings(
            f"{host}:{port} cannot be used: {error.strerror}.",
            field="serve.port",
            fix="Stop what listens there, or choose another: --port 8766",
        ) from error
    return listener


def _large_pictures(home: Home) -> Callable[[str, int], Path | None] | None:
    """Return what draws larger pictures: the built-in world can, where Pillow is installed."""
    from importlib.util import find_spec

    note = home.engine.stores.ledger.note("world")
    if not note or find_spec("PIL") is None:
        return None
    from pasand.world.on_demand import LargePictures

    seed, now_ms = map(int, note.split())
    return LargePictures(seed, now_ms, home.path / "artwork")


def _pictures(home: Home) -> Pictures | None:
    """Return what takes pictures and makes their sizes, where Pillow is installed."""
    from importlib.util import find_spec

    from pasand.picture_wiring import pictures_of

    if find_spec("PIL") is None:
        return None
    return pictures_of(home.path, home.engine.settings.pictures)


def _tell(url: str) -> None:
    say(f"Pasand serves at {url} (Ctrl-C stops it).")
