"""One chat completion: pieces of the answer in, deltas of its message and the whole message out. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pybase64

from realtime_widgets.audio.pcm import SAMPLE_RATE
from realtime_widgets.local.api.names import new_id
from realtime_widgets.local.api.tokens import (
    ASSISTANT_AUDIO_TOKEN_MS,
    Tokens,
    audio_tokens,
    text_bytes,
    tokens_of_bytes,
)
from realtime_widgets.local.inference.pieces import Sound, argument_deltas, spaced_words
from realtime_widgets.local.models.interfaces import CallTool, Say

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    from realtime_widgets.local.inference.pieces import Piece
    from realtime_widgets.local.rest.chat.options import ChatOptions

    Delta = dict[str, Any]

_SAMPLES_A_TOKEN = SAMPLE_RATE * ASSISTANT_AUDIO_TOKEN_MS // 1000


class ChatAnswer:
    """Builds one answer.

    Parameters
    ----------
    options
        Its effective settings.

    Attributes
    ----------
    options
        As given.
    audio_id : str
        Id of a spoken answer.
    text : str
        What was written or said so far.
    finish_reason : str or None
        Why the answer has ended; None while it may go on.
    """

    def __init__(self, options: ChatOptions) -> None:
        self.options = options
        self.audio_id = new_id("audio")
        self.text = ""
        self.finish_reason: str | None = None
        self._bytes = 0
        self._blocks: list[npt.NDArray[np.int16]] = []
        self._sample_count = 0
        self._calls: list[dict[str, Any]] = []

    @property
    def spoken(self) -> bool:
        """Whether there is something to hear."""
        return self.options.voice is not None and bool(self.text or self._sample_count)

    @property
    def samples(self) -> npt.NDArray[np.int16]:
        """All audio, int16 of shape (n,) at 24 kHz."""
        return np.concatenate(self._blocks) if self._blocks else np.zeros(0, dtype=np.int16)

    @property
    def milliseconds(self) -> float:
        """Duration of the audio."""
        return self._sample_count * 1000 / SAMPLE_RATE

    @property
    def tokens(self) -> Tokens:
        """Number of tokens made so far."""
        return Tokens(tokens_of_bytes(self._bytes), audio_tokens(self.milliseconds, ASSISTANT_AUDIO_TOKEN_MS))

    def add(self, piece: Piece) -> Iterator[Delta]:
        """Add the next piece; yield the deltas that it makes."""
        if self.finish_reason is not None:
            return
        match piece:
            case Say(text=text):
                follows = self.text and not text.startswith("\n")
                if said := self._fitting(f" {text}" if follows else text):
                    self.text += said
                    self._bytes += text_bytes(said)
                    yield {"content": said} if self.options.voice is None else self._audio(transcript=said)
            case Sound(samples=samples):
                fitting = self._fitting_samples(samples)
                self._sample_count += fitting.size
                if not self.options.stream:
                    self._blocks.append(fitting)
                elif fitting.size:
                    data = pybase64.b64encode(fitting.astype("<i2").tobytes()).decode()
                    yield self._audio(data=data)
            case CallTool(name=name, arguments=arguments):
                if self._calls and self.options.one_call:
                    return
                yield from self._call(name, arguments)
        if self._left is not None and self._left <= 0:
            self.finish_reason = "length"

    def finish(self) -> None:
        """Note that the answer is complete."""
        if self.finish_reason is None:
            self.finish_reason = "tool_calls" if self._calls else "stop"

    def message(self, audio: dict[str, Any] | None) -> dict[str, Any]:
        """Return the whole message; `audio` is the spoken answer's object."""
        message: dict[str, Any] = {
            "role": "assistant",
            "content": None,
            "refusal": None,
            "annotations": [],
        }
        if self.options.voice is None and (self.text or not self._calls):
            message["content"] = self.text
        if audio is not None:
            message["audio"] = audio
        if self._calls:
            message["tool_calls"] = self._calls
        return message

    def usage(self, read: Tokens) -> dict[str, Any]:
        """Return the ``usage`` object; `read` is what the prompt cost."""
        made = self.tokens
        return {
            "prompt_tokens": read.total,
            "completion_tokens": made.total,
            "total_tokens": read.total + made.total,
            "prompt_tokens_details": {**read.details(), "cached_tokens": 0},
            "completion_tokens_details": {
                "text_tokens": made.text,
                "audio_tokens": made.audio,
                "reasoning_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        }

    @property
    def _left(self) -> int | None:
        """Number of tokens that may still be made; None if there is no limit."""
        limit = self.options.max_tokens
        return None if limit is None else limit - self.tokens.total

    def _audio(self, **fields: Any) -> Delta:
        return {"audio": {"id": self.audio_id, **fields}}

    def _fitting(self, text: str) -> str:
        """Return the beginning of `text` up to a stop sequence or the limit of tokens."""
        places = [(self.text + text).find(stop) for stop in self.options.stop]
        if found := [place for place in places if place >= 0]:
            self.finish_reason = "stop"
            text = text[: max(0, min(found) - len(self.text))]
        if self.options.max_tokens is None:
            return text
        kept = ""
        for word in spaced_words(text):
            if (
                tokens_of_bytes(self._bytes + text_bytes(kept + word)) + self.tokens.audio
                > self.options.max_tokens
            ):
                self.finish_reason = "length"
                break
            kept += word
        return kept

    def _fitting_samples(self, samples: npt.NDArray[np.int16]) -> npt.NDArray[np.int16]:
        if self._left is None or samples.size <= self._left * _SAMPLES_A_TOKEN:
            return samples
        self.finish_reason = "length"
        return samples[: self._left * _SAMPLES_A_TOKEN]

    def _call(self, name: str, arguments: str) -> Iterator[Delta]:
        call: dict[str, Any] = {"id": new_id("call"), "type": "function"}
        index = len(self._calls)
        self._calls.append({**call, "function": {"name": name, "arguments": arguments}})
        self._bytes += text_bytes(name) + text_bytes(arguments)
        yield {"tool_calls": [{"index": index, **call, "function": {"name": name, "arguments": ""}}]}
        for part in argument_deltas(arguments):
            yield {"tool_calls": [{"index": index, "function": {"arguments": part}}]}
