"""The built-in world's catalogue: the same from a seed, all different, and consistent."""

import re

from pasand.world.scenes import FIGURE_COUNT_MAX, MOODS, OBJECTS, SETTINGS
from pasand.world.titles import DAY_MS, make_episodes, make_titles

NOW_MS = 1_795_000_000_000
TITLES = make_titles(7, NOW_MS)


def test_a_seed_decides_everything():
    assert make_titles(7, NOW_MS, 40) == make_titles(7, NOW_MS, 40)
    assert make_titles(8, NOW_MS, 40) != make_titles(7, NOW_MS, 40)


def test_names_ids_and_synopses_are_distinct():
    assert len(TITLES) == 600
    for field in ("item_id", "title", "synopsis"):
        assert len({getattr(title.item, field) for title in TITLES}) == 600, field
    assert TITLES[0].item.item_id == "t0001"


def test_many_seeds_work():
    for seed in range(6):
        assert len(make_titles(seed, NOW_MS, 600)) == 600


def test_items_are_well_formed():
    for title in TITLES:
        item = title.item
        assert 1 <= len(item.genres) <= 3 and len(set(item.genres)) == len(item.genres)
        assert 3 <= len(item.tags) <= 6 and len(set(item.tags)) == len(item.tags)
        assert 3 <= len(item.people) <= 6 and len(set(item.people)) == len(item.people)
        assert item.maturity in (0, 7, 13, 16, 18)
        assert item.maturity <= 7 or "Family" not in item.genres
        assert item.year is not None and item.year >= 1985
        assert "{" not in item.synopsis and item.synopsis.endswith(".")
        assert 2 <= len(item.title.split()) <= 3
        assert 0 <= title.quality <= 1
        assert item.released_ms is not None and item.available_from_ms is not None
        assert item.released_ms <= item.available_from_ms <= NOW_MS


def test_windows_hold_new_and_leaving_titles():
    new = [t for t in TITLES if (t.item.available_from_ms or 0) > NOW_MS - 60 * DAY_MS]
    leaving = [t for t in TITLES if t.item.available_until_ms is not None]
    assert 30 <= len(new) <= 95
    assert 5 <= len(leaving) <= 50
    assert all(NOW_MS < (t.item.available_until_ms or 0) <= NOW_MS + 21 * DAY_MS for t in leaving)


def two_stars():
    """Return the films whose pictures are of a star each."""
    found = {}
    for title in TITLES:
        words = [w for a in title.item.artworks for w in a.facts["components"]]
        if stars := [w for w in words if w.startswith("cast:")]:
            found[title.item.item_id] = stars
    return found


def test_one_film_has_two_pictures_with_one_star_each():
    ((item_id, stars),) = two_stars().items()
    (title,) = (t for t in TITLES if t.item.item_id == item_id)
    assert title.item.type == "film" and len(title.item.artworks) == len(title.scenes) == 2
    assert stars == [f"cast:{person}" for person in title.item.people[:2]]


def test_scenes_of_a_title_differ():
    for title in TITLES:
        scenes = title.scenes
        assert 3 <= len(scenes) <= 5 or title.item.item_id in two_stars()
        assert len({s.setting for s in scenes}) == len(scenes)
        assert len({s.mood for s in scenes}) == len(scenes)
        assert len({s.seed for s in scenes}) == len(scenes)
        assert len({s.figure_count for s in scenes}) >= min(3, len(scenes))
        assert scenes[0].mood == title.mood
        for s in scenes:
            assert s.mood in MOODS and s.setting in SETTINGS and s.object in OBJECTS
            assert 0 <= s.figure_count <= FIGURE_COUNT_MAX
            assert s.figure_count > 0 or s.object != "none"


def test_artworks_name_files_and_colours():
    for title in TITLES:
        assert len(title.item.artworks) == len(title.scenes)
        for k, artwork in enumerate(title.item.artworks):
            assert artwork.artwork_id == f"{title.item.item_id}.a{k}"
            assert artwork.file == f"{artwork.artwork_id}.jpg"
            assert len(artwork.palette) == 2
            assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in artwork.palette)


def test_episodes_belong_to_series():
    episodes = make_episodes(TITLES)
    series = {t.item.item_id: t.item for t in TITLES if t.item.type == "series"}
    assert 150 <= len(series) <= 250
    count: dict[str, int] = {}
    for episode in episodes:
        assert episode.type == "episode"
        assert episode.item_id == f"{episode.series_id}.s{episode.season}e{episode.episode:02d}"
        assert episode.maturity == series[episode.series_id].maturity
        count[episode.series_id] = count.get(episode.series_id, 0) + 1
    assert set(count) == set(series)
    assert all(4 <= n <= 10 for n in count.values())
    assert len({episode.item_id for episode in episodes}) == len(episodes)
