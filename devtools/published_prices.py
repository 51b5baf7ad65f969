"""Makes the package's copy of published prices: ``python -m devtools.published_prices`` reads `genai-prices`.

The copy is data of https://github.com/pydantic/genai-prices (MIT licence, in a file beside the copy): what a
session needs of it, without the package itself, which brings an HTTP client along and takes long to import.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from importlib.metadata import version
from itertools import chain
from typing import TYPE_CHECKING, Any

from realtime_widgets.core.usage.published_prices import COPY

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Services whose models a session, a chat or a pipeline may use by their own names.
PROVIDERS = ("openai", "x-ai", "google", "elevenlabs")
#: Fields of a price here, by theirs.
FIELDS = {
    "input_mtok": "text_in",
    "cache_read_mtok": "text_cached",
    "output_mtok": "text_out",
    "input_audio_mtok": "audio_in",
    "cache_audio_read_mtok": "audio_cached",
    "output_audio_mtok": "audio_out",
    "input_image_mtok": "image_in",
    "cache_image_read_mtok": "image_cached",
    "input_mchars": "characters_in",
}
_HOURS, _MESSAGES = "audio_hours", "input_text_messages_kcount"
#: Models that write speech down are billed by the minute of sound, others with an hourly price while connected.
_TRANSCRIBERS = re.compile("transcribe|whisper")
_DAY = re.compile(r"\b20\d\d-\d\d-\d\d\b")


def copy(today: date) -> dict[str, Any]:
    """Return the copy: where it is from, the day it was made, and the prices by names of models."""
    from genai_prices.data_snapshot import get_snapshot

    providers = [each for each in get_snapshot().providers if each.id in PROVIDERS]
    models = [entry for provider in providers for model in provider.models for entry in _entries(model)]
    return {"source": f"genai-prices {version('genai-prices')}", "read": today.isoformat(), "models": models}


def _entries(model: Any) -> Iterator[dict[str, Any]]:
    """Yield a model's prices, one for each time in which it was in force."""
    names = sorted(set(_names(model.match)) | {model.id})
    prices = model.prices if isinstance(model.prices, list) else [model.prices]
    for each in prices:
        constraint = getattr(each, "constraint", None)
        since = getattr(constraint, "start_date", None)
        if constraint is not None and since is None:
            continue  # a price by the time of day
        price = _price(getattr(each, "prices", each), bool(_TRANSCRIBERS.search(model.id)))
        if price:
            dates = {"since": since.isoformat()} if since else {}
            checked = max(_DAY.findall(model.price_comments or ""), default="")
            yield {"names": names, **price, **dates, **({"checked": checked} if checked else {})}


def _names(clause: Any) -> Iterator[str]:
    """Yield the names and beginnings of names that a model goes by; ways to match others are left out."""
    if hasattr(clause, "or_"):
        yield from chain.from_iterable(map(_names, clause.or_))
    elif hasattr(clause, "equals"):
        yield clause.equals
    elif hasattr(clause, "starts_with"):
        yield f"{clause.starts_with}*"


def _price(prices: Any, transcribes: bool) -> dict[str, float]:
    given = {
        name: float(getattr(value, "base", value)) for name, value in vars(prices).items() if value is not None
    }
    price = {ours: given[theirs] for theirs, ours in FIELDS.items() if theirs in given}
    if _HOURS in given:
        price["per_minute" if transcribes else "per_session_minute"] = round(given[_HOURS] / 60, 9)
    if _MESSAGES in given:
        price["per_text_message"] = given[_MESSAGES] / 1000
    return price


if __name__ == "__main__":
    made = copy(datetime.now(UTC).date())
    lines = ",\n".join(json.dumps(entry, sort_keys=True) for entry in made.pop("models"))
    COPY.write_text(json.dumps(made)[:-1] + f', "models": [\n{lines}\n]}}\n')
    print(COPY)
