"""Tokens, added up from what the service reports with each response. Pure."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True)
class Usage:
    """Tokens of one or more responses.

    `input_*` and `output_*` of a kind are parts of the totals; `cached_tokens` is a part of `input_tokens`.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    input_text_tokens: int = 0
    input_audio_tokens: int = 0
    cached_tokens: int = 0
    output_text_tokens: int = 0
    output_audio_tokens: int = 0

    @property
    def total_tokens(self) -> int:
        """All tokens, in and out."""
        return self.input_tokens + self.output_tokens

    def __add__(self, other: Usage) -> Usage:
        return Usage(**{each.name: getattr(self, each.name) + getattr(other, each.name) for each in fields(Usage)})

    @classmethod
    def of_response(cls, usage: Mapping[str, Any] | None) -> Usage:
        """Read the ``usage`` of a `response.done`; what is missing counts as 0."""
        usage = usage or {}
        came: Mapping[str, Any] = usage.get("input_token_details") or {}
        went: Mapping[str, Any] = usage.get("output_token_details") or {}
        return cls(
            input_tokens=int(usage.get("input_tokens") or 0),
            output_tokens=int(usage.get("output_tokens") or 0),
            input_text_tokens=int(came.get("text_tokens") or 0),
            input_audio_tokens=int(came.get("audio_tokens") or 0),
            cached_tokens=int(came.get("cached_tokens") or 0),
            output_text_tokens=int(went.get("text_tokens") or 0),
            output_audio_tokens=int(went.get("audio_tokens") or 0),
        )

    @classmethod
    def total(cls, usages: Iterable[Mapping[str, Any] | None]) -> Usage:
        """Add up the usages of several responses."""
        result = cls()
        for usage in usages:
            result += cls.of_response(usage)
        return result

    def __str__(self) -> str:
        cached = f", {self.cached_tokens} of it cached" if self.cached_tokens else ""
        return f"{self.input_tokens} tokens in{cached}, {self.output_tokens} out"
