"""Turns written text, Markdown included, into text that can be read aloud, and cuts it into pieces."""

from __future__ import annotations

import re
import unicodedata

#: Length above which the first sentence is cut at a clause, so that speech begins early (characters).
_LONG_FIRST_SENTENCE = 90
#: Shortest piece worth speaking on its own (characters).
_SHORTEST_PIECE = 20
#: Longest piece: an endless sentence would be computed and held as a whole (characters).
_LONGEST_PIECE = 300
#: Longest row of digits that is read as a number; longer ones are read digit by digit.
_LONGEST_NUMBER = 15

_CLAUSE_END = re.compile(r"(?<=[,;:\u2013\u2014])\s+|\s+(?=(?:and|but|because|although|which|while)\s)")

_FENCED_CODE = re.compile(r"^[ \t]*(```|~~~).*?(?:^[ \t]*\1[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_INLINE_CODE = re.compile(r"`+([^`]+)`+")
_IMAGE_OR_LINK = re.compile(r"!?\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])")
_TAG = re.compile(r"<!--.*?-->|</?[a-zA-Z][^<>]*>", re.DOTALL)
_URL = re.compile(r"<?\b(?:https?://|www\.)(?:www\.)?([\w.-]*\w)[^\s<>()]*(?<![.,;:!?])>?", re.IGNORECASE)
_EMAIL = re.compile(r"\b([\w.+-]+)@([\w-]+(?:\.[\w-]+)+)\b")
_EMPHASIS = re.compile(r"(?<!\w)(\*{1,3}|_{1,3}|~~)(?=\S)(.+?)(?<=\S)\1(?!\w)", re.DOTALL)
_TABLE_RULE = re.compile(r"^[\s|:-]*(?:-{3,}|\|)[\s|:-]*$")
_RULE = re.compile(r"^\s*(?:[-*_=]\s*){3,}$")
#: What opens a line that stands alone: a heading, a quotation, a list item.
_LINE_OPENING = re.compile(r"^\s*(?:#{1,6}\s+|>\s?|[-*+\u2022]\s+(?:\[[ xX]\]\s+)?)+")
_NUMBERED_ITEM = re.compile(r"^\s*(\d{1,3})[.)]\s+")
_LATEX_COMMAND = re.compile(r"\\([a-zA-Z]+)")

#: Signs with a reading; the synthesiser knows many others by itself.
_SIGNS = {
    "\u2190": " from ",  # arrow to the left
    "\u2192": " to ",
    "\u21d2": " so ",
    "\u221a": " square root of ",
    "\u221e": " infinity ",
    "\u2248": " about ",
    "\u2260": " is not ",
    "\u2264": " at most ",
    "\u2265": " at least ",
    "\u2212": "-",  # the mathematical minus
    "\u2010": "-",
    "\u2011": "-",
    "\u00b1": " plus or minus ",
    "\u00b7": " ",
    "\u00d7": " times ",
    "\u00f7": " divided by ",
}
#: The same for signs of several characters, and for signs whose meaning depends on their place.
_WRITTEN_SIGNS = {
    r"\s*[-=]+>\s*": " to ",
    r"(?<=[\w)])\s*={1,3}\s*(?=\S)": " equals ",
    r"\$(?!\d)": " ",
}
#: Characters beyond ASCII and Latin letters that the synthesiser reads or pauses at.
_KEPT = frozenset("\n\u00a2\u00a3\u00a5\u00a7\u00a9\u00b0\u2013\u2014\u2018\u2019\u201c\u201d\u2026\u20ac")
#: ASCII characters that are not read once everything above was replaced.
_DROPPED = frozenset("[]{}\\`^_*|")

_PREFIXES = {
    "n": "nano",
    "\u00b5": "micro",  # the micro sign
    "\u03bc": "micro",  # the Greek letter
    "m": "milli",
    "c": "centi",
    "k": "kilo",
    "M": "mega",
    "G": "giga",
}
_UNITS = {
    "mol": "mole",
    "min": "minute",
    "bar": "bar",
    "eV": "electronvolt",
    "Pa": "pascal",
    "Hz": "hertz",
    "A": "ampere",
    "g": "gram",
    "h": "hour",
    "J": "joule",
    "K": "kelvin",
    "l": "liter",
    "L": "liter",
    "m": "meter",
    "N": "newton",
    "s": "second",
    "V": "volt",
    "W": "watt",
    "\u03a9": "ohm",
    "\u2126": "ohm",
}
#: Units that mean something else right after a number (a decade, thousands) or alone (a mark, a direction).
_AMBIGUOUS_CLOSE = frozenset("sK")
_AMBIGUOUS_ALONE = frozenset("AN")

_UNIT = rf"(?:[{''.join(_PREFIXES)}]?(?:{'|'.join(_UNITS)}))[\u00b2\u00b3]?"
_NUMBER = r"(?<![\w.])(\d[\d,]*(?:\.\d+)?)"
_QUANTITY = re.compile(rf"{_NUMBER}([ \u00a0\u202f]*)({_UNIT}(?:[/\u00b7]{_UNIT})*)(?![\w\u00b2\u00b3'\u2019])")
_SUPERSCRIPTS = str.maketrans(
    "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079\u207b\u207a", "0123456789-+"
)
_SUPERSCRIPT = "[\u2070\u00b9\u00b2\u00b3\u2074-\u207b]+"
_CARET = re.compile(r"(?<=[\w)])\s?\^\s?[({]?([-+]?\d+)[)}]?")
_SCIENTIFIC = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)[eE]([-+]?\d{1,3})(?!\w)")
_DOTTED = re.compile(r"(?<![\w.])v?\d+(?:\.\d+){2,}(?!\w)")
_HALVES = {"\u00bd": "1/2", "\u00bc": "1/4", "\u00be": "3/4"}


def speakable(text: str) -> str:
    """Turn text or Markdown into text to read aloud.

    Code blocks, tags, emoji and scripts other than Latin and Greek are left out. Links become their text,
    addresses their host, and units of quantities words.

    Parameters
    ----------
    text
        Any text.

    Returns
    -------
    str
        Sentences, with a line break after each paragraph, heading and list item; empty if nothing is left.
    """
    text = _FENCED_CODE.sub("\n", text)
    text = _INLINE_CODE.sub(lambda match: match[1].replace("()", ""), text)
    text = _IMAGE_OR_LINK.sub(r"\1", text)
    text = _URL.sub(lambda match: _read_host(match[1]), text)
    text = _EMAIL.sub(lambda match: f"{match[1]} at {_read_host(match[2])}", text)
    text = _TAG.sub(" ", text)
    text = "\n".join(_read_lines(text))
    for _ in range(3):  # bold inside italic inside struck out
        text = _EMPHASIS.sub(r"\2", text)
    text = _spell_out_quantities(_LATEX_COMMAND.sub(r" \1 ", text))
    for sign, reading in _WRITTEN_SIGNS.items():
        text = re.sub(sign, reading, text)
    text = "".join(map(_read_character, unicodedata.normalize("NFKC", text)))
    text = re.sub(rf"\d(?:,?\d){{{_LONGEST_NUMBER},}}", lambda match: " ".join(match[0].replace(",", "")), text)
    text = re.sub(r"\s+(?=[,.;:!?]+(?:\s|$))", "", re.sub(r"[^\S\n]+", " ", text))
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if any(map(str.isalnum, line)))


def cut_into_pieces(sentences: list[str]) -> list[str]:
    """Cut sentences so that the first piece is short and none is endless, if possible at clauses."""
    pieces: list[str] = []
    for sentence in sentences:
        rest = sentence
        if not pieces and len(rest) > _LONG_FIRST_SENTENCE:
            cuts = _CLAUSE_END.finditer(rest, _SHORTEST_PIECE, len(rest) - _SHORTEST_PIECE)
            cut = next(cuts, None)
            if cut:
                pieces.append(rest[: cut.start()])
                rest = rest[cut.end() :]
        while len(rest) > _LONGEST_PIECE:
            ends = [cut.start() for cut in _CLAUSE_END.finditer(rest, _SHORTEST_PIECE, _LONGEST_PIECE)]
            end = ends[-1] if ends else rest.rfind(" ", _SHORTEST_PIECE, _LONGEST_PIECE)
            end = end if end > 0 else _LONGEST_PIECE
            pieces.append(rest[:end])
            rest = rest[end:].lstrip()
        if rest:
            pieces.append(rest)
    return pieces


def _read_host(host: str) -> str:
    return host.replace(".", " dot ").replace("_", " ")


def _read_lines(text: str) -> list[str]:
    """Return the lines without Markdown marks: paragraphs joined, lines that stand alone with an end."""
    lines: list[str] = []
    open_paragraph = False
    for line in text.splitlines():
        if not line.strip() or _RULE.match(line) or _TABLE_RULE.match(line):
            open_paragraph = False
            continue
        opened = _LINE_OPENING.match(line)
        content = _NUMBERED_ITEM.sub(r"\1, ", line[opened.end() :] if opened else line).strip()
        alone = bool(opened) or content != line.strip() or line.lstrip().startswith("|")
        if line.lstrip().startswith("|"):
            content = ", ".join(cell for cell in map(str.strip, content.strip("|").split("|")) if cell)
        if alone:
            lines.append(content if content.endswith((".", "!", "?", ":")) else f"{content}.")
        elif open_paragraph:
            lines[-1] += f" {content}"
        else:
            lines.append(content)
        open_paragraph = not alone
    return lines


def _read_character(character: str) -> str:
    """Return how a character is read; a space if it is not read."""
    if character in _SIGNS:
        return _SIGNS[character]
    if character.isascii():
        readable = character == "\n" or (character.isprintable() and character not in _DROPPED)
        return character if readable else " "
    if character in _KEPT:
        return character
    name = unicodedata.name(character, "")
    if name.startswith("LATIN") and character.isalpha():
        return character
    greek = re.match(r"GREEK (?:SMALL|CAPITAL) LETTER (?:FINAL )?(\w+)", name)
    if greek:
        return f" {greek[1].lower().replace('lamda', 'lambda')} "
    # an apostrophe-like accent or a joiner between letters must not part the word
    return "" if unicodedata.category(character) in ("Mn", "Cf") else " "


def _spell_out_quantities(text: str) -> str:
    """Replace units, exponents, dotted numbers and signs before numbers by words."""
    for sign, fraction in _HALVES.items():
        text = re.sub(rf"(?<=\d)\s?{sign}", f" and {fraction}", text).replace(sign, fraction)
    text = _SCIENTIFIC.sub(lambda match: f"{match[1]} times 10{_read_power(match[2])}", text)
    text = _CARET.sub(lambda match: _read_power(match[1]), text)
    # exponents of numbers come before the units that follow them, exponents of units belong to these
    text = re.sub(rf"(?<=\d){_SUPERSCRIPT}", _read_superscript, text)
    text = _QUANTITY.sub(_read_quantity, text)
    text = re.sub(rf"(?<=[\w)]){_SUPERSCRIPT}", _read_superscript, text)
    text = _DOTTED.sub(lambda match: match[0].replace(".", " point "), text)
    text = re.sub(r"(?<=[\d)])\s*\*\s*(?=[\d(])", " times ", text)
    return re.sub(r"~\s?(?=\d)", "about ", text)


def _read_power(exponent: str) -> str:
    known = {"2": " squared ", "3": " cubed "}
    spoken = exponent.lstrip("+").replace("-", "minus ")
    return known.get(exponent, f" to the power of {spoken} ")


def _read_superscript(match: re.Match[str]) -> str:
    return _read_power(match[0].translate(_SUPERSCRIPTS))


def _read_quantity(match: re.Match[str]) -> str:
    number, space, units = match.groups()
    if units in _AMBIGUOUS_ALONE or (units in _AMBIGUOUS_CLOSE and not space):
        return match[0]
    first, *others = re.split(r"([/\u00b7])", units)
    words = _read_unit(first, plural=number not in ("1", "1.0"))
    for separator, unit in zip(others[::2], others[1::2], strict=True):
        words += (" per " if separator == "/" else " ") + _read_unit(unit, plural=False)
    return f"{number} {words}"


def _read_unit(written: str, *, plural: bool) -> str:
    symbol = written.rstrip("\u00b2\u00b3")
    name = _UNITS[symbol] if symbol in _UNITS else _PREFIXES[symbol[0]] + _UNITS[symbol[1:]]
    if plural and not name.endswith("hertz"):
        name += "s"
    if symbol == written:
        return name
    is_square = written.endswith("\u00b2")
    if name.rstrip("s").endswith("meter"):
        return f"{'square' if is_square else 'cubic'} {name}"
    return f"{name} {'squared' if is_square else 'cubed'}"
