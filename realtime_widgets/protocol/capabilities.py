"""What a server of the protocol can do, which decides how a session treats it."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.pcm import SAMPLE_RATE
from realtime_widgets.protocol import events as ev

if TYPE_CHECKING:
    from collections.abc import Mapping

    from realtime_widgets.protocol.credentials import Service


@dataclass(frozen=True)
class Capabilities:
    """What a server can do.

    Attributes
    ----------
    truncate
        It takes `conversation.item.truncate`; where it does not, none is sent.
    metadata_echo
        It takes a response's metadata and gives them back; where it does not, none are sent.
    event_id_echo
        Its errors name the client's event that caused them; where they do not, the oldest unanswered one
        that fits is taken for it.
    transcription
        It writes down what the user says; where it does not, it is not asked to.
    semantic_vad
        It has the turn detection ``semantic_vad``.
    text_output
        It can answer in text alone.
    out_of_band
        It makes responses beside the conversation (``conversation: "none"``).
    images
        It takes images; where it does not, a tool's pictures are only named to the model.
    usage
        It reports tokens.
    hosted_mcp
        It calls the tools of MCP servers by itself.
    sample_rates
        Rates of PCM16 it takes and gives, in hertz.
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
    sample_rates: tuple[int, ...] = (SAMPLE_RATE,)

    @classmethod
    def of(cls, service: Service) -> Capabilities:
        """Give what a known service can do; of an unknown server the best is assumed."""
        return _XAI if service == "xai" else cls()

    def changed(self, changes: Mapping[str, Any]) -> Capabilities:
        """Give these capabilities with some of them as the person says.

        Raises
        ------
        ConfigurationError
            Where there is no capability of such a name.
        """
        names = [each.name for each in fields(self)]
        if unknown := [name for name in changes if name not in names]:
            raise ConfigurationError(f"there is no capability {unknown[0]!r}; there are {', '.join(names)}")
        return replace(self, **changes)

    def takes(self, event: ev.ClientEvent) -> bool:
        """Whether an event can be sent at all."""
        return self.truncate or not isinstance(event, ev.ItemTruncate)

    def check_images(self) -> None:
        """Refuse images where the server takes none.

        Raises
        ------
        ConfigurationError
            Where that is so.
        """
        if not self.images:
            raise _lacking("input of images", "say in words what they show", "images")

    def check(self, settings: ev.JsonObject) -> None:
        """Refuse settings of a session or a response that the server cannot follow.

        Raises
        ------
        ConfigurationError
            Where there are such; the text says what to set instead.
        """
        audio = settings.get("audio") or {}
        detection = (audio.get("input") or {}).get("turn_detection") or {}
        if detection.get("type") == "semantic_vad" and not self.semantic_vad:
            raise _lacking('turn detection "semantic_vad"', 'take "server_vad" or "push_to_talk"', "semantic_vad")
        if settings.get("output_modalities") == ["text"] and not self.text_output:
            raise _lacking("answers in text alone", "take the spoken answer's words", "text_output")
        # Which of them a response answers is told by its metadata alone.
        if settings.get("conversation") == "none" and not (self.out_of_band and self.metadata_echo):
            raise _lacking("responses beside the conversation", "ask within it", "out_of_band")
        if not self.hosted_mcp and any(tool.get("type") == "mcp" for tool in settings.get("tools") or []):
            raise _lacking(
                "calls of MCP servers by itself", "await session.mcp.add(...) makes them from here", "hosted_mcp"
            )
        for part in ("input", "output"):
            rate = ((audio.get(part) or {}).get("format") or {}).get("rate")
            if rate is not None and rate not in self.sample_rates:
                rates = " or ".join(map(str, self.sample_rates))
                raise ConfigurationError(f"this endpoint takes sound at {rates} Hz, not at {rate} Hz")


def _lacking(what: str, cure: str, name: str) -> ConfigurationError:
    return ConfigurationError(
        f"this endpoint has no {what}: {cure}; if it has them after all, say capabilities={{{name!r}: True}}"
    )


_XAI = Capabilities(
    truncate=False,
    event_id_echo=False,
    semantic_vad=False,
    text_output=False,
    out_of_band=False,
    images=False,
    usage=False,
    sample_rates=(8000, 16000, 22050, 24000, 32000, 44100, 48000),
)
