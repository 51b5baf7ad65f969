"""What the package needs at the least: of each dependency the lowest version that its bounds allow."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from packaging.requirements import Requirement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

NAME = "realtime-widgets"


def lowest(pyproject: Path, extras: Iterable[str]) -> list[str]:
    """Return ``name==version`` for each dependency of the package and of these extras.

    Raises
    ------
    ValueError
        If a dependency has no lower bound.
    """
    project = tomllib.loads(pyproject.read_text())["project"]
    return sorted({_pinned(each) for each in _requirements(project, extras)})


def _requirements(project: dict[str, dict[str, list[str]]], extras: Iterable[str]) -> Iterator[Requirement]:
    texts = list(project["dependencies"])
    waiting, seen = list(extras), set()
    while waiting:
        extra = waiting.pop()
        if extra not in seen:
            seen.add(extra)
            texts += project["optional-dependencies"][extra]
            waiting += [other for given in map(Requirement, texts) if given.name == NAME for other in given.extras]
    yield from (given for text in texts if (given := Requirement(text)).name != NAME)


def _pinned(requirement: Requirement) -> str:
    for bound in requirement.specifier:
        if bound.operator in (">=", "==", "~="):
            return f"{requirement.name}=={bound.version}"
    raise ValueError(f"{requirement.name} has no lower bound in pyproject.toml")
