"""Text from outside, made to be shown and not obeyed: by a terminal, by markdown, by HTML; all of it goes here.

`js/src/ui/visible.ts` does for the widgets' views what `visible` does here.
"""

from __future__ import annotations

import html
import re

#: Controls, and characters that show nothing or turn the order of others (Unicode's Default_Ignorable_Code_Point,
#: separators of lines and surrogates without a partner).
_UNSEEN = (
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    r"\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    r"\U000e0000-\U000e0fff\ud800-\udfff]"
)
_EMOJI = r"[0-9#*\xa9\xae\u203c\u2049\u2100-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff]"
_EMOJI_SHAPED = rf"{_EMOJI}[\ufe0e\ufe0f]?[\U0001f3fb-\U0001f3ff]?"
_JOINING_SCRIPTS = r"[\u0600-\u061b\u061d-\u0dff\u1000-\u109f\u1780-\u17b3\u17b6-\u17ff]"
#: What users write with such characters: flags of regions, joined emoji, Persian and Indic words, forms of Han
#: characters.
_WRITTEN = "|".join(
    (
        r"\U0001f3f4[\U000e0020-\U000e007e]{1,6}\U000e007f",
        rf"{_EMOJI_SHAPED}(?:\u200d{_EMOJI_SHAPED})*",
        rf"{_JOINING_SCRIPTS}+(?:[\u200c\u200d]{_JOINING_SCRIPTS}+)+",
        r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff][\ufe00-\ufe02\U000e0100-\U000e01ef]",
    )
)
# Compiled at their first use, not at the import; `re` keeps them.
_PARTS = rf"{_WRITTEN}|(?P<unseen>{_UNSEEN})"
#: What markdown would take for its own.
_MARKUP = r"([\\`*_~<&\[|])"
_LINE_MARKUP = r"(?m)^(\s*\d*)([#>+=.)-])"
#: Where MathJax would begin or end a formula, in the source as in what is made of it; it leaves code alone.
_FORMULA = r"(\$+|\\+(?=[()\[\]$]|begin\b|end\b|(?:eq)?ref\b)\$*)"


def visible(text: str) -> str:
    """Return a text with control, bidirectional and zero-width characters shown by their numbers.

    Line ends, tabs and what words and emoji are written with stay as they are.

    Parameters
    ----------
    text
        Text that came from a server, a model or a tool.
    """
    return re.sub(_PARTS, _shown, text.replace("\r\n", "\n"))


def _shown(match: re.Match[str]) -> str:
    unseen = match["unseen"]
    return f"⟨U+{ord(unseen):04X}⟩" if unseen else match[0]


def in_html(text: str) -> str:
    """Return a text for HTML, as content or as the value of an attribute.

    Parameters
    ----------
    text
        Text from outside.
    """
    return html.escape(visible(text))


def in_markdown(text: str) -> str:
    """Return a text for markdown, in which it is neither markup nor HTML nor a formula.

    Parameters
    ----------
    text
        Text from outside, of one or more lines.
    """
    pieces = re.split(_FORMULA, visible(text))
    # Every second piece is a separator: what might begin a formula.
    pieces[::2] = (re.sub(_MARKUP, r"\\\1", piece) for piece in pieces[::2])
    pieces[1::2] = (f"`{piece}`" for piece in pieces[1::2])
    return re.sub(_LINE_MARKUP, r"\1\\\2", "".join(pieces))


def markdown_code(text: str) -> str:
    """Return a text as a code span of markdown in one line, fenced by more backticks than it holds in a row.

    Parameters
    ----------
    text
        Text from outside; its white space becomes single spaces.
    """
    line = visible(" ".join(text.split()))
    fence = "`" * (max((len(run) for run in re.findall("`+", line)), default=0) + 1)
    space = " " if "`" in line else ""
    return f"{fence}{space}{line}{space}{fence}"
