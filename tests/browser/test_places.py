"""Each front end of `realtime_widgets/PLACES.md` shows the console, and talks in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from devtools.places.__main__ import DEFAULT_FOLDER, make_places_environment
from devtools.places.places import PLACES, Place
from devtools.places.trying import try_place

if TYPE_CHECKING:
    from pathlib import Path

#: Whose pages load parts from a content network, which tests do not reach.
ONLINE = ("Panel", "Solara")


@pytest.mark.browser
@pytest.mark.nightly  # makes an environment with all front ends
@pytest.mark.parametrize(
    "place", [place for place in PLACES if place.name not in ONLINE], ids=lambda place: place.name
)
async def test_a_front_end_talks(place: Place, tmp_path: Path) -> None:
    found = await try_place(place, make_places_environment(DEFAULT_FOLDER), tmp_path)
    assert found.problem == ""
    assert (found.console, found.echo, found.lane, found.busy, found.again) == (True, True, "direct", True, True)
