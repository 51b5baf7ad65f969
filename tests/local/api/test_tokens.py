"""How tokens are counted, and which of them come from the cache."""

from __future__ import annotations

from realtime_widgets.local.api.tokens import PromptPart, Tokens, audio_tokens, cached_tokens, text_tokens


def test_token_rules() -> None:
    assert [text_tokens(text) for text in ("", "a", "abcd", "abcde", "é" * 4)] == [0, 1, 1, 2, 2]
    assert [audio_tokens(ms, 100) for ms in (0, 1, 100, 101, 1000)] == [0, 1, 1, 2, 10]


def test_cache_is_the_common_prefix() -> None:
    def part(key: str, audio: int = 0) -> PromptPart:
        return PromptPart(key, Tokens(text=2, audio=audio))

    previous = [part("head"), part("a", audio=10), part("b")]
    assert cached_tokens([*previous, part("c")], previous) == Tokens(text=6, audio=10)
    truncated = [part("head"), part("a", audio=5), part("b")]
    assert cached_tokens(truncated, previous) == Tokens(text=2)
    assert cached_tokens([part("other"), *previous[1:]], previous) == Tokens()
