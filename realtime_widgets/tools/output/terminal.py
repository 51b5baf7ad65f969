"""Printed text as a terminal shows it: carriage returns, backspaces and erasures applied, colours kept."""

from __future__ import annotations

import re

#: Longest line that a carriage return can overwrite, in characters; of a longer one only the rest can be.
MAX_LINE = 4_096
_MAX_STYLE = 64  # characters of the colours in effect, so that an endless row of them stays bounded
_MAX_ESCAPE = 64  # characters of an escape sequence that has not ended yet
#: An escape sequence: of a colour or movement, of a window's title, or of two characters.
_ESCAPE = r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-Z\\^-~])"
_BEGUN = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*\x1b?|[ -/]*)?\Z")
_COLOUR = re.compile(r"\x1b\[[0-9;:]*m")
_ERASE = re.compile(r"\x1b\[([0-2]?)K")
_TOKEN = re.compile(rf"(?P<escape>{_ESCAPE})|[^\x1b]", re.DOTALL)
#: What changes a line that is there already.
_MOVES = re.compile(rf"[\r\b]|{_ERASE.pattern}")
_ANY = re.compile(rf"{_ESCAPE}|\x1b")
_LINES = re.compile(r"[^\n]*\n|[^\n]+")
_RESET = "\x1b[0m"


def without_escapes(text: str) -> str:
    """Return a text without colours and other escape sequences."""
    return _ANY.sub("", text) if "\x1b" in text else text


def _coloured(text: str) -> str:
    """Return a text in which colours are the only escape sequences."""
    if "\x1b" not in text:
        return text
    return _ANY.sub(lambda match: match[0] if _COLOUR.fullmatch(match[0]) else "", text)


class TerminalLine:
    """The line that is being written: returns what is finished, and keeps what can still be overwritten."""

    def __init__(self) -> None:
        self._plain = ""  # the line as it came, as long as nothing in it moves
        self._cells: list[tuple[str, str]] | None = None  # then its characters, each with its colours
        self._at = 0
        self._style = ""
        self._held = ""  # the beginning of an escape sequence

    def write(self, text: str) -> str:
        """Add text, and return what nothing can change any more."""
        text = self._held + text
        self._held = ""
        if "\x1b" in text and (begun := _BEGUN.search(text)) and len(begun[0]) <= _MAX_ESCAPE:
            self._held, text = begun[0], text[: begun.start()]
        text = text.replace("\r\n", "\n")
        if self._cells is None and not _MOVES.search(text):
            return self._write_plain(text)
        return "".join([self._write_part(part) for part in _LINES.findall(text)])

    def text(self) -> str:
        """Return the unfinished line as it looks now."""
        return self._plain if self._cells is None else _joined(self._cells)

    def _write_plain(self, text: str) -> str:
        whole = self._plain + _coloured(text)
        end = whole.rfind("\n") + 1
        if len(whole) - end > MAX_LINE:
            end = len(whole)
        self._plain = whole[end:]
        return whole[:end]

    def _write_part(self, part: str) -> str:
        """Write a part of a line, or the rest of it with its end."""
        if self._cells is None:
            if not _MOVES.search(part):
                return self._write_plain(part)
            before, self._plain = self._plain, ""
            self._cells, self._at, self._style = [], 0, ""
            self._put(before)
        ended = part.endswith("\n")
        self._put(part[:-1] if ended else part)
        if ended:
            line = _joined(self._cells) + "\n"
            self._cells = None
            return line
        if len(self._cells) > MAX_LINE:
            line = _joined(self._cells)
            self._cells, self._at = [], 0
            return line
        return ""

    def _put(self, text: str) -> None:
        cells = self._cells
        assert cells is not None
        for token in _TOKEN.finditer(text):
            character = token[0]
            if token["escape"]:
                self._escape(character)
            elif character == "\r":
                self._at = 0
            elif character == "\b":
                self._at = max(0, self._at - 1)
            else:
                cells[self._at : self._at + 1] = [(character, self._style)]
                self._at += 1

    def _escape(self, escape: str) -> None:
        cells = self._cells
        assert cells is not None
        if erase := _ERASE.fullmatch(escape):
            if erase[1] in ("", "0"):
                del cells[self._at :]
            else:
                end = self._at if erase[1] == "2" else min(len(cells), self._at + 1)
                cells[: len(cells) if erase[1] == "2" else end] = [(" ", "")] * end
        elif _COLOUR.fullmatch(escape):
            codes = escape[2:-1]
            if codes.strip("0;") == "":
                self._style = ""
            else:
                self._style = self._style + escape if len(self._style) <= _MAX_STYLE else escape


def _joined(cells: list[tuple[str, str]]) -> str:
    """Return characters as text, with a colour where it changes."""
    text, before = [], ""
    for character, style in cells:
        if style != before:
            text.append(_RESET + style if before else style)
            before = style
        text.append(character)
    if before:
        text.append(_RESET)
    return "".join(text)
