"""Texts that the model is to say word for word, and whether it did."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from realtime_widgets.core.answer_settings import exact_settings
from realtime_widgets.errors import ConfigurationError
from realtime_widgets.session.talking import exchanges

if TYPE_CHECKING:
    from realtime_widgets.protocol.events import JsonObject
    from realtime_widgets.reply import Reply
    from realtime_widgets.runtime.session_runtime import SessionRuntime

#: Characters of a text that can be asked for; a longer one would rather be summed up than read.
MOST_CHARACTERS = 4_000
_WORDS = re.compile(r"\w+")


def reading(text: object) -> JsonObject:
    """Return the settings of a response that says a text word for word.

    Raises
    ------
    ConfigurationError
        If it is no text, empty or too long.
    """
    if not isinstance(text, str) or not text.strip():
        raise ConfigurationError(f"say_exactly() takes the text to say, not {text!r}")
    if len(text) > MOST_CHARACTERS:
        raise ConfigurationError(
            f"a model can be asked to say {MOST_CHARACTERS:,} characters word for word, not {len(text):,}: "
            "say it in parts"
        )
    return exact_settings(text)


def same_words(text: str, said: str) -> bool:
    """Return whether two texts have the same words in the same order, whatever their case and punctuation."""
    return _WORDS.findall(text.casefold()) == _WORDS.findall(said.casefold())


async def say_exactly(runtime: SessionRuntime, text: str, settings: JsonObject) -> Reply:
    """Have a text said with the settings of `reading`; raises as `exchanges.ask` does."""
    reply = await exchanges.answer(runtime, settings)
    return replace(reply, question="", exact=same_words(text, reply.text) and not reply.interrupted)
