"""`PersonalData`: numbers of cards, accounts and phones, mail addresses and names, written or spoken."""

from __future__ import annotations

import ipaddress
import re
import sys
from typing import TYPE_CHECKING, Any, Literal, get_args

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.installing import install, install_extra
from realtime_widgets.safety.ready.acting import Acting, Found
from realtime_widgets.safety.verdict import PASS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from realtime_widgets.safety.verdict import Action, Checked, Verdict

    #: Finds names: returns where they begin and end in a text.
    FindsNames = Callable[[str], Iterable[tuple[int, int]]]

Kind = Literal["card", "iban", "phone", "mail", "ip", "name"]

_CARD = re.compile(r"(?<![\d.])\d(?:[ -]?\d){12,18}(?![\d.]?\d)")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{2,4}){3,8}\b")
_MAIL = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")
#: "ann dot smith at example dot com".
_SPOKEN_MAIL = re.compile(
    r"\b[\w-]+(?:\s+(?:dot|point|underscore|dash)\s+[\w-]+)*\s+at\s+[\w-]+(?:\s+(?:dot|point)\s+[\w-]+)*"
    r"\s+(?:dot|point)\s+(?:com|org|net|edu|gov|io|info|de|uk|fr|es|it|nl|ch|at|eu|us|co)\b",
    re.IGNORECASE,
)
_IP = re.compile(
    r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|(?:[0-9a-f]{0,4}:){3,7}[0-9a-f]{0,4})(?![\w.:])", re.IGNORECASE
)
#: What somebody says who tells a name.
_TOLD_NAME = re.compile(
    r"\b(?:[Mm]y (?:full |first |last )?name is|I am called|I'm called|[Cc]all me|[Mm]y name's|[Ii]ch hei\u00dfe"
    r"|[Mm]ein Name ist|[Jj]e m'appelle|[Mm]e llamo)\s+(?P<name>[A-Z\u00c0-\u00de][\w'\u2019-]+"
    r"(?:\s+[A-Z\u00c0-\u00de][\w'\u2019-]+){0,2})"
)
_DIGITS = {
    "zero": "0", "oh": "0", "nought": "0", "one": "1", "two": "2", "three": "3", "four": "4", "five": "5",
    "six": "6", "seven": "7", "eight": "8", "nine": "9",
}  # fmt: skip
_TIMES = {"double": 2, "triple": 3}
_WORD = re.compile(r"[A-Za-z]+|\d+|[^\s\w]")
#: Spoken digits in a row that are a number of somebody's.
_LEAST_SPOKEN = 7


class PersonalData:
    """Finds personal data in what is said and written.

    Numbers count if their check digits are right (cards, IBAN) or if they can be phone numbers; digits and mail
    addresses that are spelt in English words are found too. Nothing leaves this machine.

    Parameters
    ----------
    kinds
        What to look for: ``"card"``, ``"iban"``, ``"phone"``, ``"mail"``, ``"ip"``, ``"name"``. By default all
        but ``"ip"``.
    action
        What to do: ``"mask"``, ``"flag"``, ``"stop"``, ``"replace"`` or ``"end"``.
    say
        With ``"replace"``, what is said instead.
    region
        Country of phone numbers without a country code, such as ``"US"`` or ``"DE"``.
    names
        What finds names of people: the name or path of a pipeline of spaCy that is installed here, such as
        ``"en_core_web_sm"``, or a function that returns where names begin and end. Without it, names are found
        after words such as "my name is" only.

    Raises
    ------
    ConfigurationError
        If there is no such kind, or what it needs is not installed; the text says how to install it.
    """

    name = "personal data"

    def __init__(
        self,
        kinds: Sequence[Kind] = ("card", "iban", "phone", "mail", "name"),
        *,
        action: Action = "mask",
        say: str = "",
        region: str = "US",
        names: str | FindsNames | None = None,
    ) -> None:
        if unknown := [kind for kind in kinds if kind not in get_args(Kind)]:
            raise ConfigurationError(f"personal data are {', '.join(get_args(Kind))}; not {unknown[0]!r}")
        self._kinds = tuple(kinds)
        self._acting = Acting(action, say)
        self._region = region.upper()
        self._find_names = _names_by(names) if "name" in kinds else None
        if {"card", "iban", "phone"} & set(kinds):
            _check_installed(self._region)

    def __call__(self, checked: Checked) -> Verdict:
        """Check a text."""
        return self._acting.verdict(checked.text, self.find(checked.text)) if checked.text else PASS

    def __repr__(self) -> str:
        return f"<PersonalData {', '.join(self._kinds)}, {self._acting.action}>"

    def find(self, text: str) -> list[Found]:
        """Return what is found in a text, first things first; what lies in another is left out."""
        found: list[Found] = []
        for kind in self._kinds:
            for start, end in _FINDERS[kind](self, text):
                if not any(start < each.end and each.start < end for each in found):
                    found.append(Found(start, end, kind))
        return sorted(found)

    def _cards(self, text: str) -> Iterator[tuple[int, int]]:
        from stdnum import luhn

        for match in _CARD.finditer(text):
            if luhn.is_valid(re.sub(r"\D", "", match.group())):
                yield match.span()
        for start, end, digits in _spoken_digits(text):
            if 13 <= len(digits) <= 19 and luhn.is_valid(digits):
                yield start, end

    def _ibans(self, text: str) -> Iterator[tuple[int, int]]:
        from stdnum import iban

        for match in _IBAN.finditer(text):
            words = match.group().split(" ")
            for count in range(len(words), 0, -1):  # what follows it may look like its last group
                number = " ".join(words[:count])
                if iban.is_valid(number):
                    yield match.start(), match.start() + len(number)
                    break

    def _phones(self, text: str) -> Iterator[tuple[int, int]]:
        import phonenumbers

        for match in phonenumbers.PhoneNumberMatcher(text, self._region, phonenumbers.Leniency.POSSIBLE):
            written = match.raw_string
            if phonenumbers.is_valid_number(match.number) or re.search(r"[+()]|\d[ -]\d{3}", written):
                yield match.start, match.end
        for start, end, digits in _spoken_digits(text):
            if len(digits) <= 15:
                yield start, end

    def _mails(self, text: str) -> Iterator[tuple[int, int]]:
        for pattern in (_MAIL, _SPOKEN_MAIL):
            yield from (match.span() for match in pattern.finditer(text))

    def _ips(self, text: str) -> Iterator[tuple[int, int]]:
        for match in _IP.finditer(text):
            try:
                ipaddress.ip_address(match.group())
            except ValueError:
                continue
            yield match.span()

    def _names(self, text: str) -> Iterator[tuple[int, int]]:
        yield from (match.span("name") for match in _TOLD_NAME.finditer(text))
        if self._find_names is not None:
            yield from self._find_names(text)


_FINDERS: dict[str, Callable[[PersonalData, str], Iterator[tuple[int, int]]]] = {
    "card": PersonalData._cards,
    "iban": PersonalData._ibans,
    "phone": PersonalData._phones,
    "mail": PersonalData._mails,
    "ip": PersonalData._ips,
    "name": PersonalData._names,
}


def _spoken_digits(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield runs of digits that are said one by one, with where they stand in the text."""
    start = end = 0
    digits, times, spelt = "", 1, False
    for match in [*_WORD.finditer(text), None]:
        word = match.group().casefold() if match else ""
        digit = _DIGITS.get(word) or (word if word.isdigit() else "")
        if match and digits and word in (",", "-"):
            continue
        if match and (digit or word in _TIMES):
            if not digits and times == 1:
                start = match.start()
            times, added = (_TIMES[word], "") if word in _TIMES else (1, digit * times)
            digits, end, spelt = digits + added, match.end(), spelt or word in _DIGITS
            continue
        if spelt and len(digits) >= _LEAST_SPOKEN:
            yield start, end, digits
        digits, times, spelt = "", 1, False


def _names_by(names: Any) -> FindsNames | None:
    if names is None or callable(names):
        return names  # type: ignore[no-any-return]
    try:
        import spacy
    except ImportError:
        raise ConfigurationError(
            f"names={names!r} needs spaCy: {install('spacy')}, and {sys.executable} -m spacy download {names}"
        ) from None
    try:
        pipeline = spacy.load(names)
    except OSError:
        raise ConfigurationError(
            f"spaCy has no pipeline {names!r} here: python -m spacy download {names}"
        ) from None

    def find(text: str) -> Iterable[tuple[int, int]]:
        return [
            (each.start_char, each.end_char) for each in pipeline(text).ents if each.label_ in ("PERSON", "PER")
        ]

    return find


def _check_installed(region: str) -> None:
    try:
        import phonenumbers
        import stdnum  # noqa: F401 - whether it is there
    except ImportError as error:
        raise ConfigurationError(f"personal data need {error.name}: {install_extra('safety')}") from None
    if region not in phonenumbers.SUPPORTED_REGIONS:
        raise ConfigurationError(f"region must be a country's two letters, such as 'US', not {region!r}")
