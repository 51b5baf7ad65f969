"""Text on its way into a file: no secrets, addresses of objects or codes of terminals, and not too long. Pure."""

from __future__ import annotations

import re

from realtime_widgets.protocol.secrets import masked

#: Longest text of a message, in characters.
MESSAGE_CHARACTERS = 12_000
#: Longest text of each part of a tool's card, in characters.
PART_CHARACTERS = 4_000
#: Longest arguments in the headline of a card, in characters.
HEADLINE_CHARACTERS = 120
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]{4,16}\b")
#: What terminals take for colours and moves of the cursor, and for titles and links.
_TERMINAL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\))")
#: What a carriage return has a terminal write over.
_OVERWRITTEN = re.compile(r"[^\n]*\r(?!\n|$)")


def clean(text: str, limit: int = MESSAGE_CHARACTERS) -> str:
    """Return a text for the file; what is left out of its middle is counted.

    Parameters
    ----------
    text
        Text from outside, not yet escaped.
    limit
        Longest text, in characters.
    """
    # A key may stand where the text is cut: it is masked before.
    text = _ADDRESS.sub("", masked(_OVERWRITTEN.sub("", _TERMINAL.sub("", text))))
    if len(text) <= limit:
        return text
    end = limit // 4
    begin = limit - end
    return f"{text[:begin]}\n[… {len(text) - limit:,} characters are not kept here …]\n{text[-end:]}"


def one_line(text: str) -> str:
    """Return a text in one short line, for a headline."""
    line = " ".join(clean(text).split())
    return line if len(line) <= HEADLINE_CHARACTERS else f"{line[: HEADLINE_CHARACTERS - 1]}…"
