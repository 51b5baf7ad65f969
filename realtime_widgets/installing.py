"""What of this package is installed, and the command that installs more of it the way it came here.

It may have come from an index, a checkout, a wheel's address; by pip, uv or pipx, whose environments have no pip.
"""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from importlib import metadata
from pathlib import Path
from urllib.parse import unquote, urlsplit

PACKAGE = "realtime-widgets"
_REQUIREMENT = re.compile(
    r"""^([\w.-]+)(?:\[[^\]]*\])?\s*(?:>=\s*([\d.]+))?[^;]*(?:;.*extra\s*==\s*['"](\w+)['"])?"""
)


def requirements(extra: str = "") -> dict[str, str]:
    """Return package and least version of each that the installed metadata asks for.

    Parameters
    ----------
    extra
        That extra's; empty means what is always needed.
    """
    try:
        lines = metadata.requires(PACKAGE) or []
    except metadata.PackageNotFoundError:  # runs from a folder
        return {}
    matches = (match for line in lines if (match := _REQUIREMENT.match(line)))
    found = {
        name: least or "0" for name, least, of in (match.groups() for match in matches) if (of or "") == extra
    }
    found.pop(PACKAGE, None)  # an extra that includes others
    return found


def version_of(package: str) -> str | None:
    """Return the installed version of a package; None if it is not there."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def missing(extra: str) -> list[str]:
    """Return the packages of an extra that are not installed."""
    return [name for name in requirements(extra) if version_of(name) is None]


def install_extra(extra: str, *, reinstall: bool = False) -> str:
    """Return the command that installs an extra of this package, from where the package came."""
    source, options = _source()
    if source is None:
        return _command(f"{PACKAGE}[{extra}]", reinstall=reinstall)
    if "://" in source:
        return _command(f"{PACKAGE}[{extra}] @ {source}", reinstall=reinstall)
    return _command(f"{source}[{extra}]", options=options, reinstall=reinstall)


def install(*packages: str, reinstall: bool = False) -> str:
    """Return the command that installs packages into this Python's environment."""
    return _command(*packages, reinstall=reinstall)


def _command(*what: str, options: tuple[str, ...] = (), reinstall: bool = False) -> str:
    quoted = [f'"{each}"' if re.search(r"[^\w./:-]", each) else each for each in what]
    if (Path(sys.prefix) / "pipx_metadata.json").is_file():
        name = Path(sys.prefix).name
        return " ".join(["pipx inject", *(["--force"] if reinstall else []), name, *quoted])
    if importlib.util.find_spec("pip") is None:
        again = ["--reinstall"] if reinstall else []
        return " ".join(["uv pip install --python", sys.executable, *again, *options, *quoted])
    again = ["--force-reinstall"] if reinstall else []
    return " ".join([sys.executable, "-m pip install", *again, *options, *quoted])


def _source() -> tuple[str | None, tuple[str, ...]]:
    """Return where the package was installed from, None for an index, and pip's options for it."""
    try:
        told = metadata.distribution(PACKAGE).read_text("direct_url.json")
        origin = json.loads(told or "{}")
    except (metadata.PackageNotFoundError, ValueError):
        return None, ()
    url = origin.get("url", "")
    if not url:
        return None, ()
    if "dir_info" not in origin:
        version_control = origin.get("vcs_info", {}).get("vcs")
        return (f"{version_control}+{url}" if version_control else url), ()
    editable = ("-e",) if origin["dir_info"].get("editable") else ()
    return unquote(urlsplit(url).path), editable
