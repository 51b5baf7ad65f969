"""What a page loads for the first view of a console stays small; heavy parts come when they are opened."""

from __future__ import annotations

import gzip

from realtime_widgets.widgets.base import STATIC

#: What the first view of a console needs, and the most that it may be, in bytes as they are sent.
FIRST_VIEW = ("port.js", "status.js", "transcript.js", "microphone.js", "player.js", "widgets.css")
MOST = 200_000


def test_the_first_view_of_a_console_is_small() -> None:
    sizes = {name: len(gzip.compress((STATIC / name).read_bytes())) for name in FIRST_VIEW}
    assert sum(sizes.values()) < MOST, sizes


def test_what_draws_formulas_comes_when_one_is_shown() -> None:
    command = b"dfrac"  # of TeX, which only that module knows
    assert command in (STATIC / "math.js").read_bytes()
    assert command not in b"".join((STATIC / name).read_bytes() for name in FIRST_VIEW)
