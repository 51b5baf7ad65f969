"""How large this package is: its wheel, each file of its front end, and an installation with its dependencies.

The front end is compared with that of ipywebrtc, a widget package for cameras and microphones, and the
installation with that of ipywidgets, each with its dependencies. Files compiled by Python are not counted. The
wheel is built as `make build` does, which needs a package index for the build tools.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement

from benchmarks.rows import Row
from benchmarks.support.children import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from importlib.metadata import Distribution

_OURS = "realtime-widgets"
_STATIC = "realtime_widgets/static/"
_FRONT_END = (".js", ".css")
#: Parts of the wheel that the note names.
_NAMED = 3


def measure(quick: bool) -> list[Row]:
    """Build the wheel and add up sizes; `quick` makes no difference."""
    with tempfile.TemporaryDirectory() as folder:
        wheel = _build(Path(folder))
        packed = wheel.stat().st_size
        with zipfile.ZipFile(wheel) as archive:
            files = {each.filename: each.file_size for each in archive.infolist()}
            compressed = {each.filename: each.compress_size for each in archive.infolist()}
    front_end = {
        name.removeprefix(_STATIC): size
        for name, size in files.items()
        if name.startswith(_STATIC) and name.endswith(_FRONT_END)
    }
    largest = sorted(compressed, key=lambda name: -compressed[name])[:_NAMED]
    parts = ", ".join(f"{Path(name).name} {compressed[name] / 1000:.0f}" for name in largest)
    installed = sum(files.values()) + _with_dependencies(_OURS) - _own_size(_OURS)
    rows = [
        _row("wheel", packed, note=f"largest in it: {parts}"),
        _row("front end, all widgets", sum(front_end.values()), "ipywebrtc", _front_end_of("ipywebrtc")),
        *(_row(f"front end, {name}", size) for name, size in sorted(front_end.items())),
        _row("installed, with dependencies", installed, "ipywidgets", _with_dependencies("ipywidgets")),
        _row("installed, itself", sum(files.values()), "ipywidgets", _own_size("ipywidgets")),
    ]
    return rows


def _row(measure: str, size: int, peer: str = "", peer_size: int = 0, note: str = "") -> Row:
    peers = (peer_size / 1000,) if peer else ()
    return Row("sizes", measure, (size / 1000,), "kB", peer, peers, note=note)


def _build(folder: Path) -> Path:
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(
            f"the wheel cannot be built; {' '.join(command)}:\n{(done.stdout + done.stderr)[-4000:]}"
        )
    return next(folder.glob("*.whl"))


def _front_end_of(name: str) -> int:
    """Return the bytes of another package's scripts and styles, once if it has them for several front ends."""
    found = [(path, size) for path, size in _files(distribution(name)) if path.endswith(_FRONT_END)]
    folders: dict[str, int] = {}
    for path, size in found:
        top = "labextensions" if "labextensions" in path else "nbextensions" if "nbextensions" in path else "other"
        folders[top] = folders.get(top, 0) + size
    return folders.get("labextensions") or max(folders.values())


def _own_size(name: str) -> int:
    return sum(size for _, size in _files(distribution(name)))


def _with_dependencies(name: str) -> int:
    """Return the bytes of an installed package and all that it requires, without extras."""
    wanted, seen = [name], dict[str, int]()
    while wanted:
        each = wanted.pop().lower().replace("_", "-")
        if each in seen:
            continue
        try:
            found = distribution(each)
        except PackageNotFoundError:  # needed on other platforms only
            continue
        seen[each] = _own_size(each)
        requirements = [Requirement(text) for text in found.requires or ()]
        wanted += [
            each.name for each in requirements if each.marker is None or each.marker.evaluate({"extra": ""})
        ]
    return sum(seen.values())


def _files(found: Distribution) -> Iterable[tuple[str, int]]:
    for file in found.files or ():
        path = Path(str(found.locate_file(file)))
        if path.is_file() and path.suffix != ".pyc":
            yield str(file), path.stat().st_size
