"""Token counts as the service bills them: audio by time, text by an estimate, and the limits of a response."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: Milliseconds of audio that count as one token.
USER_AUDIO_TOKEN_MS = 100
ASSISTANT_AUDIO_TOKEN_MS = 50
#: Bytes of UTF-8 text that count as one token: the usual rule of thumb for English.
TEXT_TOKEN_BYTES = 4
#: Context window of the service's models in November 2026, of which the longest answer is no input.
CONTEXT_TOKENS, LONGEST_ANSWER_TOKENS = 128_000, 4_096
#: Largest size of instructions and tools together, in tokens.
MAX_HEAD_TOKENS = 16_384


@dataclass(frozen=True)
class Tokens:
    """Numbers of tokens by kind."""

    text: int = 0
    audio: int = 0
    image: int = 0

    @property
    def total(self) -> int:
        """The tokens of all kinds."""
        return self.text + self.audio + self.image

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(self.text + other.text, self.audio + other.audio, self.image + other.image)

    def details(self) -> dict[str, int]:
        """Return the protocol's counts by kind."""
        return {"text_tokens": self.text, "audio_tokens": self.audio, "image_tokens": self.image}


@dataclass(frozen=True)
class PromptPart:
    """One part of the input of a response; equal parts at the same place come from the cache."""

    key: str
    tokens: Tokens


def text_tokens(text: str) -> int:
    """Return an estimate of the tokens of `text`: a quarter of its UTF-8 bytes, rounded up."""
    return tokens_of_bytes(text_bytes(text))


def text_bytes(text: str) -> int:
    """Return the number of bytes of `text` in UTF-8."""
    return len(text.encode("utf-8", "replace"))


def tokens_of_bytes(size: int) -> int:
    """Return the tokens of `size` bytes of text, rounded up."""
    return -(-size // TEXT_TOKEN_BYTES)


def audio_tokens(milliseconds: float, token_ms: int) -> int:
    """Return the tokens of `milliseconds` of audio, rounded up; one token stands for `token_ms`."""
    return -(-round(milliseconds) // token_ms)


def head(instructions: str, tools: Sequence[Mapping[str, Any]]) -> str:
    """Return the text that stands before the conversation: instructions and tools."""
    return instructions + (msgspec.json.encode(tools).decode() if tools else "")


def head_tokens(instructions: str, tools: Sequence[Mapping[str, Any]]) -> int:
    """Return the tokens of instructions and tools."""
    return text_tokens(head(instructions, tools))


def cached_tokens(prompt: Sequence[PromptPart], previous: Sequence[PromptPart]) -> Tokens:
    """Return the tokens of the longest prefix that `prompt` shares with the `previous` one."""
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
