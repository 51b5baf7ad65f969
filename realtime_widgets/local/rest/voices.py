"""The voices of the REST routes: those of sessions, and the three names that only these routes know."""

from __future__ import annotations

from realtime_widgets.local.realtime.errors import invalid_value
from realtime_widgets.local.realtime.session_config import VOICES
from realtime_widgets.local.realtime.session_shapes import CustomVoice

#: How a request names a voice.
Voice = str | CustomVoice
#: Names that sessions do not have, and the nearest voice there is.
_ALIASES = {"fable": "verse", "nova": "coral", "onyx": "ash"}


def voice_named(name: Voice, param: str) -> str:
    """Return the voice that answers to `name`; refuses custom voices and unknown names."""
    if isinstance(name, CustomVoice):
        raise invalid_value(f"Invalid value for '{param}': this endpoint has no custom voices.", param)
    voice = _ALIASES.get(name, name)
    if voice not in VOICES:
        known = ", ".join((*VOICES, *_ALIASES))
        raise invalid_value(f"Invalid value for '{param}': this endpoint's voices are {known}.", param)
    return voice
