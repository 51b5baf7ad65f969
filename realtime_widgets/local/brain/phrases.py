"""Quotations, bare answers and spoken lists."""

from __future__ import annotations

import re

#: Quoted words; group `a` or `b` holds them.
QUOTED = re.compile(
    r"[\"\u201c\u201d«](?P<a>[^\"\u201c\u201d«»]+)[\"\u201c\u201d»]|(?<!\w)['\u2018](?P<b>[^'\u2018\u2019]+)['\u2019](?!\w)"
)


def whole_answer(text: str) -> str:
    """The bare value in an answer to "For which city?": "It's Paris, please." gives "Paris"."""
    quoted = QUOTED.search(text)
    if quoted:
        return (quoted["a"] or quoted["b"]).strip()
    core = re.sub(r"(?i)[\s,.!?]*\b(please|thanks|thank you)[\s.!?]*$", "", text.strip())
    core = re.sub(
        r"(?i)^(?:(?:oh|um+|uh+|well|okay|ok|yes|sure|so|then|please|it's|it is|that's|that is"
        r"|the (?:name|city|title) is|make it|let's say|say|i(?:'d| would) like|i(?:'d| would) say|i want|i mean"
        r"|for|in|to|into|at|on|by|from|with|about|called|named|call it|name it|use|take"
        r"|(?:tell|write) (?:him|her|them)(?: that)?|saying|that)\b[\s,:]*)+",
        "",
        core,
    )
    core = core.strip(" \t\n.,!?;:")
    return re.sub(r"(?i)^(?:the|a|an)\s+(?=\w)", "", core) if len(core.split()) <= 3 else core


def split_list(text: str) -> list[str]:
    """Items of a spoken list: "apples, pears and milk"."""
    parts = re.split(r"\s*,\s*(?:and\s+)?|\s+and\s+|\s+plus\s+", text)
    items = [re.sub(r"(?i)^(?:and|some|a|an|the)\s+", "", part.strip(" .!?;:")) for part in parts]
    return [item for item in items if item]
