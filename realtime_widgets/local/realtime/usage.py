"""Token counts as the service bills them: sound by time, text by a documented estimate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Milliseconds of sound that count as one token.
USER_AUDIO_TOKEN_MS = 100
ASSISTANT_AUDIO_TOKEN_MS = 50
#: Bytes of UTF-8 text that count as one token: the usual rule of thumb for English.
TEXT_TOKEN_BYTES = 4


@dataclass(frozen=True)
class Tokens:
    """Tokens by kind."""

    text: int = 0
    audio: int = 0
    image: int = 0

    @property
    def total(self) -> int:
        """All kinds together."""
        return self.text + self.audio + self.image

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(self.text + other.text, self.audio + other.audio, self.image + other.image)

    def details(self) -> dict[str, int]:
        """Return the protocol's counts by kind."""
        return {"text_tokens": self.text, "audio_tokens": self.audio, "image_tokens": self.image}


@dataclass(frozen=True)
class PromptPart:
    """One part of what an answer depends on; equal parts at the same place are read from the cache."""

    key: str
    tokens: Tokens


def text_tokens(text: str) -> int:
    """Estimate the tokens of `text`: a quarter of its UTF-8 bytes, rounded up."""
    return tokens_of_bytes(text_bytes(text))


def text_bytes(text: str) -> int:
    """Bytes of `text` in UTF-8."""
    return len(text.encode("utf-8", "replace"))


def tokens_of_bytes(size: int) -> int:
    """Tokens of `size` bytes of text, rounded up."""
    return -(-size // TEXT_TOKEN_BYTES)


def audio_tokens(milliseconds: float, token_ms: int) -> int:
    """Tokens of `milliseconds` of sound, rounded up to whole tokens of `token_ms`."""
    return -(-round(milliseconds) // token_ms)


def cached_tokens(prompt: Sequence[PromptPart], previous: Sequence[PromptPart]) -> Tokens:
    """Tokens of the longest prefix that `prompt` has in common with the `previous` one."""
    cached = Tokens()
    for part, earlier in zip(prompt, previous, strict=False):
        if part != earlier:
            break
        cached += part.tokens
    return cached


def usage(prompt: Sequence[PromptPart], previous: Sequence[PromptPart], output: Tokens) -> dict[str, Any]:
    """Return the ``usage`` object of a response."""
    read = sum((part.tokens for part in prompt), Tokens())
    cached = cached_tokens(prompt, previous)
    return {
        "total_tokens": read.total + output.total,
        "input_tokens": read.total,
        "output_tokens": output.total,
        "input_token_details": {
            **read.details(),
            "cached_tokens": cached.total,
            "cached_tokens_details": cached.details(),
        },
        "output_token_details": {"text_tokens": output.text, "audio_tokens": output.audio},
    }
