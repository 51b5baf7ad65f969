"""How many cases a property test tries: few in everyday runs, ten thousand in nightly ones."""

from __future__ import annotations

from hypothesis import settings

NIGHTLY = 10_000


def cases(everyday: int) -> settings:
    """Give the settings of a property test."""
    nightly = settings.default is not None and settings.default.max_examples >= NIGHTLY
    return settings(max_examples=NIGHTLY if nightly else everyday)
