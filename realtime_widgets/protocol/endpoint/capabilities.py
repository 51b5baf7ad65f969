"""What a server of the protocol can do, which decides how a session treats it."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from realtime_widgets.audio.pcm import SAMPLE_RATE
from realtime_widgets.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_widgets.protocol import events as ev
    from realtime_widgets.protocol.endpoint.credentials import Service


@dataclass(frozen=True)
class Capabilities:
    """What a server can do.

    Attributes
    ----------
    truncate : bool
        Whether it accepts ``conversation.item.truncate``; if not, none is sent.
    metadata_echo : bool
        Whether it accepts a response's metadata and returns them; if not, none are sent.
    event_id_echo : bool
        Whether its errors name the client event that caused them; if not, the oldest unanswered event that
        fits is assumed.
    transcription : bool
        Whether it transcribes what the user says; if not, it is not asked to.
    semantic_vad : bool
        Whether it has the turn detection ``semantic_vad``.
    text_output : bool
        Whether it can answer in text alone.
    out_of_band : bool
        Whether it makes responses outside the conversation (``conversation: "none"``).
    images : bool
        Whether it accepts images; if not, the model is only told that a tool returned some.
    usage : bool
        Whether it reports tokens.
    hosted_mcp : bool
        Whether it calls the tools of MCP servers itself.
    reasoning : bool
        Whether its model thinks before it answers: takes ``reasoning`` and ``parallel_tool_calls``.
    noise_reduction : bool
        Whether it cleans the sound of the microphone.
    context_limits : bool
        Whether it can be told how to shorten a long talk (``truncation``).
    output_limit : bool
        Whether the length of an answer can be limited (``max_output_tokens``).
    tracing : bool
        Whether it records traces.
    own_voices : bool
        Whether it has voices of the user's by their ids.
    delete_items : bool
        Whether it deletes items of the conversation, so that they can be edited too.
    speeds : tuple of float
        Slowest and fastest speed of the voice.
    sample_rates : tuple of int
        Sample rates of PCM16 that it accepts and sends, in Hz.
    """

    truncate: bool = True
    metadata_echo: bool = True
    event_id_echo: bool = True
    transcription: bool = True
    semantic_vad: bool = True
    text_output: bool = True
    out_of_band: bool = True
    images: bool = True
    usage: bool = True
    hosted_mcp: bool = True
    reasoning: bool = True
    noise_reduction: bool = True
    context_limits: bool = True
    output_limit: bool = True
    tracing: bool = True
    own_voices: bool = True
    delete_items: bool = True
    speeds: tuple[float, float] = (0.25, 1.5)
    sample_rates: tuple[int, ...] = (SAMPLE_RATE,)

    @classmethod
    def of(cls, service: Service, model: str = "") -> Capabilities:
        """Return what a known service can do; an unknown server or model is assumed to do everything."""
        if service == "xai":
            return _XAI
        return cls(reasoning=not (service == "openai" and _UNREASONING.fullmatch(model)))

    def changed(self, changes: Mapping[str, Any]) -> Capabilities:
        """Return these capabilities with the user's changes.

        Raises
        ------
        ConfigurationError
            If there is no capability of such a name.
        """
        names = [each.name for each in fields(self)]
        if unknown := [name for name in changes if name not in names]:
            raise ConfigurationError(f"there is no capability {unknown[0]!r}; there are {', '.join(names)}")
        return replace(self, **changes)

    def check_images(self) -> None:
        """Refuse images if the server accepts none.

        Raises
        ------
        ConfigurationError
            If the server accepts no images.
        """
        if not self.images:
            raise _lacking("input of images", "describe them in words", "images")

    def check_editing(self) -> None:
        """Refuse to edit and to delete what was said if the server cannot.

        Raises
        ------
        ConfigurationError
            If it does not delete items.
        """
        if not self.delete_items:
            raise _lacking("deletion of what was said", "say what you meant instead", "delete_items")

    def check(self, settings: ev.JsonObject) -> None:
        """Refuse settings of a session or a response that the server does not support.

        Raises
        ------
        ConfigurationError
            If there is such a setting; the text says what to set instead.
        """
        audio = settings.get("audio") or {}
        detection = (audio.get("input") or {}).get("turn_detection") or {}
        if detection.get("type") == "semantic_vad" and not self.semantic_vad:
            raise _lacking('turn detection "semantic_vad"', 'use "server_vad" or "push_to_talk"', "semantic_vad")
        if settings.get("output_modalities") == ["text"] and not self.text_output:
            raise _lacking("answers in text alone", "use the transcript of the spoken answer", "text_output")
        # Only its metadata show which request such a response answers.
        if settings.get("conversation") == "none" and not (self.out_of_band and self.metadata_echo):
            raise _lacking("out-of-band responses", "ask within the conversation", "out_of_band")
        if not self.hosted_mcp and any(tool.get("type") == "mcp" for tool in settings.get("tools") or []):
            raise _lacking("calls of MCP servers", "await session.mcp.add(...) makes them from here", "hosted_mcp")
        self._check_fields(settings, audio)
        for part in ("input", "output"):
            rate = ((audio.get(part) or {}).get("format") or {}).get("rate")
            if rate is not None and rate not in self.sample_rates:
                rates = " or ".join(map(str, self.sample_rates))
                raise ConfigurationError(f"this endpoint supports sound at {rates} Hz, not at {rate} Hz")

    def _check_fields(self, settings: ev.JsonObject, audio: ev.JsonObject) -> None:
        """Refuse fields that some servers do not know."""
        sound, voice = audio.get("input") or {}, (audio.get("output") or {}).get("voice")
        given = {**settings, "noise_reduction": sound.get("noise_reduction")}
        given["voice"] = voice if isinstance(voice, dict) else None
        for name, (what, cure, fields_) in _FIELDS.items():
            if not getattr(self, name) and any(given.get(each) is not None for each in fields_):
                raise _lacking(what, cure, name)
        speed = (audio.get("output") or {}).get("speed")
        low, high = self.speeds
        if speed is not None and not low <= speed <= high:
            raise ConfigurationError(
                f"this endpoint speaks at a speed between {low:g} and {high:g}, not {speed:g}"
            )


#: What a server lacks, what to do instead, and the fields that are meant, by the capability.
_FIELDS = {
    "reasoning": (
        "model that reasons",
        "leave out reasoning= and parallel_tool_calls=, or choose a model that does",
        ("reasoning", "parallel_tool_calls"),
    ),
    "noise_reduction": ("noise reduction", "leave out noise_reduction=", ("noise_reduction",)),
    "context_limits": ("settings for talks that are too long", "leave out truncation=", ("truncation",)),
    "output_limit": ("limit of an answer's length", "say in instructions= to be brief", ("max_output_tokens",)),
    "tracing": ("traces", "leave out tracing=", ("tracing",)),
    "own_voices": ("voices of one's own", "use the name of a preset voice", ("voice",)),
}


def _lacking(what: str, cure: str, name: str) -> ConfigurationError:
    return ConfigurationError(
        f"this endpoint has no {what}: {cure}; if it does have this, pass capabilities={{{name!r}: True}}"
    )


#: OpenAI's models that do not reason, also by their dated names; gpt-realtime-2 and later do.
_UNREASONING = re.compile(r"(gpt-realtime(-1\.5)?(-mini)?|gpt-4o.*|gpt-audio.*)(-\d{4}-\d\d-\d\d)?")
_XAI = Capabilities(
    truncate=False,
    event_id_echo=False,
    semantic_vad=False,
    text_output=False,
    out_of_band=False,
    images=False,
    noise_reduction=False,
    context_limits=False,
    output_limit=False,
    tracing=False,
    own_voices=False,
    speeds=(0.7, 1.5),
    sample_rates=(8000, 16000, 22050, 24000, 32000, 44100, 48000),
)
