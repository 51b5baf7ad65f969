"""``python -m devtools.places [NAME ...]`` tries the front ends, for the table in `realtime_widgets/PLACES.md`."""

from __future__ import annotations

import argparse
import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from devtools.environments.environments import make_environment
from devtools.places.places import PLACES
from devtools.places.trying import Found, try_place

ROOT = Path(__file__).parents[2]
DEFAULT_FOLDER = ROOT / ".places"
_COLUMNS = (
    "Place",
    "Version",
    "Console",
    "Sound both ways",
    "Way",
    "Kernel busy",
    "After a reload",
    "What failed",
)


def main() -> int:
    """Try them one after the other. Return 1 if one of them fails."""
    parser = argparse.ArgumentParser(prog="python -m devtools.places", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="front ends to try; default: all")
    parser.add_argument("--folder", type=Path, default=DEFAULT_FOLDER, help="for environments and screenshots")
    arguments = parser.parse_args()
    known = {place.name: place for place in PLACES}
    if unknown := [name for name in arguments.names if name not in known]:
        parser.error(f"there is no place {', '.join(unknown)}; there are {', '.join(known)}")
    environment = make_places_environment(arguments.folder)
    rows: list[tuple[str, Found]] = []
    for name in arguments.names or known:
        print(f"{name} ...", file=sys.stderr, flush=True)
        folder = arguments.folder / name.replace(" ", "-")
        rows.append((name, asyncio.run(try_place(known[name], environment, folder))))
    print(f"Tried on {datetime.now(UTC).date()} in Chromium:\n\n{table(rows)}")
    return int(any(found.problem for _, found in rows))


def make_places_environment(folder: Path) -> Path:
    """Make the environment with all front ends, beside what this Python has. Return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    requirements = folder / "requirements.txt"
    # The last two have parts of the page, which each front end looks for in its own environment.
    names = {name for place in PLACES for name in place.packages} | {"anywidget", "ipywidgets"}
    requirements.write_text("\n".join(sorted(names)) + "\n")
    environment = folder / "environment"
    make_environment(environment, requirements)
    [packages] = environment.glob("lib/python*/site-packages")
    here = [entry for entry in sys.path if entry.endswith("site-packages")]
    (packages / "checkout.pth").write_text("\n".join([str(ROOT), *here]) + "\n")
    return environment


def table(rows: list[tuple[str, Found]]) -> str:
    """Return the rows as a markdown table."""
    lines = [_COLUMNS, ("---",) * len(_COLUMNS), *((name, *found.cells()) for name, found in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
