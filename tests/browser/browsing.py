"""A real Chromium for the tests of one file, and a home whose pictures are there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from pasand.domain.catalog import Artwork, Item
from pasand.testing import samples

playwright_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run",
]  # fmt: skip
NAMES = ("chromium", "chromium-browser", "google-chrome")


def executable() -> str | None:
    """Return the browser to drive; None leaves the choice to Playwright."""
    named = os.environ.get("PASAND_CHROMIUM")
    return named or next(filter(None, map(shutil.which, NAMES)), None)


@pytest.fixture(scope="module")
def chromium() -> Iterator[playwright_api.Browser]:
    with playwright_api.sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS)
        except playwright_api.Error as error:
            pytest.skip(f"no Chromium could be started: {str(error).splitlines()[0]}")
        yield browser
        browser.close()


def pictured(folder: Path) -> list[Item]:
    """Return items whose pictures are small and there."""
    folder.mkdir(parents=True)
    items = []
    for number, item in enumerate(samples.items(60)):
        artworks = []
        for artwork in item.artworks:
            name = f"{artwork.artwork_id}.jpg"
            colour = (37 * number % 256, 91 * number % 256, 160)
            Image.new("RGB", (32, 18), colour).save(folder / name, "JPEG")
            artworks.append(Artwork(artwork_id=artwork.artwork_id, file=name, palette=("#204060",)))
        items.append(replace(item, artworks=tuple(artworks), synopsis=f"What {item.title} tells."))
    return items
