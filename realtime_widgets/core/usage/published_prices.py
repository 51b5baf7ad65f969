"""Prices that others keep up: the package's copy of genai-prices' data, read when a price is first needed."""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from pathlib import Path

from realtime_widgets.core.usage.price import Price

#: Written by ``python -m devtools.published_prices``.
COPY = Path(__file__).parent / "published_prices.json"


@cache
def published_prices() -> tuple[tuple[str, Price], ...]:
    """Return names of models, in which ``*`` stands for anything, and their prices.

    Prices that rise with the length of a prompt are those of short ones. Each says when the copy was made, and
    when the price was last checked if that is told.
    """
    copy = json.loads(COPY.read_text("utf-8"))
    found: list[tuple[str, Price]] = []
    for entry in copy["models"]:
        names, checked, since = entry.pop("names"), entry.pop("checked", ""), entry.pop("since", None)
        when = f", checked on {checked}" if checked else ""
        price = Price(
            **entry,
            since=date.fromisoformat(since) if since else None,
            source=f"{copy['source']} as of {copy['read']}{when}",
        )
        found += [(name, price) for name in names]
    return tuple(found)
