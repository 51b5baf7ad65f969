"""`Secrets`: keys, tokens and passwords in what is said, written or returned. Pure."""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import TYPE_CHECKING

from realtime_widgets.protocol.secrets import masked
from realtime_widgets.safety.ready.acting import Acting, Found
from realtime_widgets.safety.verdict import PASS, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from realtime_widgets.safety.verdict import Action, Checked

#: Shapes that services document for their keys.
_SHAPES: dict[str, re.Pattern[str]] = {
    "private key": re.compile(
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
    ),
    "AWS key": re.compile(r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "GitHub token": re.compile(r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{50,})"),
    "API key": re.compile(r"\b(?:sk|pk|rk|xai|ek|hf|gsk|glpat|npm|pypi)[-_](?=[\w-]*\d)[A-Za-z0-9_-]{16,}"),
    "Google key": re.compile(r"\bAIza[0-9A-Za-z_-]{35}"),
    "Slack token": re.compile(r"\bxox[abposr]-[0-9A-Za-z-]{10,}"),
    "token": re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{4,}"),
    "password in a URL": re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"),
}
_BEARER = re.compile(r"\b[Bb]earer\s+(?P<value>[A-Za-z0-9._~+/-]{12,}=*)")
#: What is said or written before a secret.
_NAMED = re.compile(
    r"(?i:(?:\b|_)(?:password|passwd|passphrase|passcode|secret(?: key)?|api[ _-]?key|access[ _-]?key|token"
    r"|pin)\b)"
    r"(?:\s+(?i:is|was|equals)\s+|\s*[:=]+\s*)[\"'`\u201c]?(?P<value>[^\s\"'`\u201d,;]{4,})"
)
#: Bits to a character above which a text is no word: those of English have some 2 to 3.
_RANDOM_BITS = 3.0
_PIN = re.compile(r"\d{4,8}[.!]?")


class Secrets:
    """Finds keys, tokens and passwords: by the shapes of well-known services, and after words that name them.

    Parameters
    ----------
    action
        What to do: ``"mask"``, ``"flag"``, ``"stop"``, ``"replace"`` or ``"end"``.
    say
        With ``"replace"``, what is said instead.
    """

    name = "secrets"

    def __init__(self, *, action: Action = "mask", say: str = "") -> None:
        self._acting = Acting(action, say)

    def __call__(self, checked: Checked) -> Verdict:
        """Check a text."""
        text = checked.text
        if not text:
            return PASS
        found = list(_found(text))
        if not found and masked(text) != text:  # one that this session uses
            return self._acting.verdict(text, [Found(0, len(text), "secret")])
        return self._acting.verdict(text, found)

    def __repr__(self) -> str:
        return f"<Secrets, {self._acting.action}>"


def _found(text: str) -> Iterator[Found]:
    for kind, shape in _SHAPES.items():
        yield from (Found(*match.span(), kind) for match in shape.finditer(text))
    yield from (Found(*match.span("value"), "token") for match in _BEARER.finditer(text))
    for match in _NAMED.finditer(text):
        if _is_random(match["value"]):
            yield Found(*match.span("value"), "secret")


def _is_random(value: str) -> bool:
    """Whether a text is no plain word: of several kinds of characters, or without any pattern."""
    value = value.rstrip(".!?")
    if _PIN.fullmatch(value):
        return True
    kinds = sum(bool(re.search(kind, value)) for kind in ("[a-z]", "[A-Z]", r"\d", r"[^\w\s]"))
    if len(value) < 6 or kinds < 2 or (kinds == 2 and value.istitle()):
        return False
    counts = Counter(value)
    bits = -sum(count / len(value) * math.log2(count / len(value)) for count in counts.values())
    return bits >= _RANDOM_BITS or kinds >= 3
