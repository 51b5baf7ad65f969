"""Reads the descriptions of a function and its parameters from its docstring."""

from __future__ import annotations

import inspect
import textwrap
from typing import TYPE_CHECKING

from docstring_parser import Docstring, DocstringStyle, ParseError, parse
from docstring_parser.google import DEFAULT_SECTIONS

if TYPE_CHECKING:
    from collections.abc import Collection

_STYLES = (DocstringStyle.NUMPYDOC, DocstringStyle.GOOGLE, DocstringStyle.REST)
#: Headings of the Google style, whose text is indented below them.
_HEADINGS = frozenset(f"{section.title}:" for section in DEFAULT_SECTIONS)


def read_docstring(text: str | None, parameter_names: Collection[str]) -> tuple[str, dict[str, str]]:
    """Return the description and the parameter texts in a numpydoc, Google or reST docstring.

    Parameters
    ----------
    text
        The docstring as written, or None.
    parameter_names
        Names of the function's parameters; the style that explains most of them is used.

    Returns
    -------
    description : str
        The summary and the extended summary; empty without a docstring.
    parameters : dict of str to str
        Texts of the parameters that the docstring explains, each in one line.
    """
    if not text or not text.strip():
        return "", {}
    clean = _clean(text)
    readings = [reading for style in _STYLES if (reading := _parse(clean, style))]
    if not readings:
        return clean, {}
    explained = [_explained(reading, parameter_names) for reading in readings]
    best = max(range(len(readings)), key=lambda i: (len(explained[i]), len(readings[i].meta)))
    return _description(readings[best]), explained[best]


def _clean(text: str) -> str:
    """Remove the indentation that all lines share, but not that of the text below a heading in the first line."""
    clean = inspect.cleandoc(text)
    heading, _, below = clean.partition("\n")
    if heading not in _HEADINGS or below.startswith((" ", "\n")) or not _HEADINGS.isdisjoint(below.splitlines()):
        return clean
    # cleandoc does not look at the first line: it has removed what the others have beyond the heading.
    return f"{heading}\n{textwrap.indent(below, '    ')}"


def _parse(text: str, style: DocstringStyle) -> Docstring | None:
    try:
        # Below an empty line the parser, which cleans too, takes the first line for one like the others.
        return parse(f"\n{text}", style)
    except (ParseError, ValueError, IndexError, KeyError):
        return None  # text that only looks like this style


def _explained(reading: Docstring, parameter_names: Collection[str]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for entry in reading.params:
        # numpydoc explains several parameters at once as "low, high : float".
        for name in (part.strip() for part in entry.arg_name.split(",")):
            if name in parameter_names and entry.description:
                texts.setdefault(name, " ".join(entry.description.split()))
    return texts


def _description(reading: Docstring) -> str:
    parts = [part.strip() for part in (reading.short_description, reading.long_description) if part]
    return ("\n\n" if reading.blank_after_short_description else "\n").join(parts)
