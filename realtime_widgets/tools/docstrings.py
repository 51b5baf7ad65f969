"""What a docstring says about a function and its parameters, for a model to read."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from docstring_parser import Docstring, DocstringStyle, ParseError, parse

if TYPE_CHECKING:
    from collections.abc import Collection

_STYLES = (DocstringStyle.NUMPYDOC, DocstringStyle.GOOGLE, DocstringStyle.REST)


def read_docstring(text: str | None, parameter_names: Collection[str]) -> tuple[str, dict[str, str]]:
    """Take description and parameter texts from a numpydoc, Google or reST docstring.

    Parameters
    ----------
    text
        The docstring as written, or None.
    parameter_names
        Names of the function's parameters; they decide which style the docstring is in.

    Returns
    -------
    description : str
        The summary, and the extended summary where there is one; empty without a docstring.
    parameters : dict of str to str
        Texts of those parameters that the docstring explains, each in one line.
    """
    if not text or not text.strip():
        return "", {}
    readings = [reading for style in _STYLES if (reading := _parse(inspect.cleandoc(text), style))]
    if not readings:
        return inspect.cleandoc(text), {}
    explained = [_explained(reading, parameter_names) for reading in readings]
    best = max(range(len(readings)), key=lambda i: (len(explained[i]), len(readings[i].meta)))
    return _description(readings[best]), explained[best]


def _parse(text: str, style: DocstringStyle) -> Docstring | None:
    try:
        return parse(text, style)
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
