"""The names that the endpoint uses: identifiers, models and voices."""

from __future__ import annotations

import re
import secrets
from typing import Any

from realtime_widgets.local.api.errors import invalid_value
from realtime_widgets.local.api.session_shapes import CustomVoice

#: What this endpoint calls its own model, whatever name the client asked for.
MODEL_ID = "local-stand-in"
#: What it calls the model that transcribes speech.
TRANSCRIPTION_MODEL_ID = "local-whisper"
#: The service's own voice names.
VOICES = ("alloy", "ash", "ballad", "coral", "echo", "sage", "shimmer", "verse", "marin", "cedar")
#: Voices that only the REST routes of the service have, and the nearest voice of this endpoint.
_REST_VOICES = {"fable": "verse", "nova": "coral", "onyx": "ash"}

#: Models at ``/v1/live/sessions``; ``gpt-live-transcribe`` is a model of the Realtime protocol.
_LIVE = re.compile(r"gpt-live(?:-\d|$)")

#: How a REST request names a voice.
Voice = str | CustomVoice


def new_id(prefix: str) -> str:
    """Make an identifier in the service's style, such as ``item_3f9c...``.

    Parameters
    ----------
    prefix
        What it identifies, without the underscore; 21 random characters follow.
    """
    return f"{prefix}_{secrets.token_hex(11)[:21]}"


def check_voice(voice: Any, param: str) -> None:
    """Refuse a session's voice that is not one of `VOICES`."""
    if voice not in VOICES:
        raise invalid_value(f"Invalid value for '{param}': this endpoint's voices are {', '.join(VOICES)}.", param)


def rest_voice(name: Voice, param: str) -> str:
    """Return the voice that a REST request means; refuse custom voices and unknown names."""
    if isinstance(name, CustomVoice):
        raise invalid_value(f"Invalid value for '{param}': this endpoint has no custom voices.", param)
    voice = _REST_VOICES.get(name, name)
    if voice not in VOICES:
        known = ", ".join((*VOICES, *_REST_VOICES))
        raise invalid_value(f"Invalid value for '{param}': this endpoint's voices are {known}.", param)
    return voice


def speaks_live(model: str) -> bool:
    """Return whether a model of the service speaks GPT-Live's protocol instead of the Realtime protocol."""
    return _LIVE.match(model) is not None
