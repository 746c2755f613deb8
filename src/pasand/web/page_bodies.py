"""A page, or what a search finds, as the bytes of its answer: JSON for the API, HTML for browsers.

The same code runs in the process that listens and in page processes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import anyio
import msgspec

from pasand.domain.member import Member
from pasand.flows.engine import Engine, PageRequest
from pasand.flows.searching import find_items
from pasand.web.language import language_of
from pasand.web.page_json import page_json
from pasand.web.page_maker import PageBody, Shape
from pasand.web.picture_addresses import addresses_of
from pasand.web.rendering import html, member_shown
from pasand.web.search_json import results_json

__all__ = ["PagesHere", "page_body"]

#: Pages of one process take turns at the interpreter; more threads only make each one later.
THREAD_COUNT = 2


class PagesHere:
    """Makes pages in threads of this process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._limiter = anyio.CapacityLimiter(THREAD_COUNT)

    async def make(self, shape: Shape, asked: PageRequest) -> PageBody:
        """Return the page asked for."""
        return await anyio.to_thread.run_sync(
            page_body, self._engine, shape, asked, limiter=self._limiter
        )

    async def start(self) -> None:
        """Do nothing: threads start when they are needed."""

    async def close(self) -> None:
        """Do nothing: threads that wait end by themselves."""

    def state(self) -> Mapping[str, int]:
        """Return nothing: there is nothing to say of one process."""
        return {}


def page_body(engine: Engine, shape: Shape, asked: PageRequest) -> PageBody:
    """Make a page, or search, and return the bytes of the answer."""
    address = addresses_of(engine).of
    if shape == "search":
        return PageBody(msgspec.json.encode(results_json(find_items(engine, asked), address)), 0)
    served = engine.page(asked)
    page = page_json(served, address, encoded=shape == "json")
    page["poster"] = engine.settings.web.posters
    level = served.page.degraded.level if served.page.degraded else 0
    member = engine.members.get(asked.member_id) or Member(member_id=asked.member_id)
    if not member.learned_from:
        # The tracker then measures nothing, and marks what the member does on purpose.
        page["consent"] = False
    if shape == "json":
        return PageBody(msgspec.json.encode(page), level)
    language = language_of(served.query.locale)
    answer = html(
        "home.html",
        page=page,
        language=language,
        words=_data_block(language.words()),
        page_json=_data_block(page),
        member=member_shown(member),
    )
    return PageBody(bytes(answer.body), level)


def _data_block(page: Mapping[str, Any]) -> str:
    """Return JSON that is safe inside a script element of type application/json."""
    text = msgspec.json.encode(page).decode()
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
