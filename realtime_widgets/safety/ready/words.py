"""`WordList`: words and phrases that are not to be said, also spelt with digits, signs or gaps. Pure."""

from __future__ import annotations

import re
import unicodedata
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.safety.ready.acting import Acting, Found
from realtime_widgets.safety.verdict import PASS

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator

    from realtime_widgets.safety.verdict import Action, Checked, Verdict

#: A word with the signs that stand for letters inside it.
_TOKEN = re.compile(r"(?:[^\W_]|[@$](?=[^\W_])|(?<=[^\W_])[@$!*+](?=[^\W_]))+(?:['\u2019][^\W_]+)*")
_STANDS_FOR = {
    "0": "o", "1": "il", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "@": "a", "$": "s", "!": "i", "+": "t",
}  # fmt: skip
_REPEATED = re.compile(r"(.)\1{2,}")
#: Single letters in a row that may spell a word, and signs between them.
_LEAST_SPELT = 3
_SPELT_GAP = re.compile(r"[\s.\-_*,]{1,3}")
#: Readings of a word with digits that are tried at most.
_MOST_READINGS = 64


class WordList:
    """Finds words and phrases of a list: whole ones, in any case, with or without accents.

    Spellings with digits and signs (``sh1t``), with gaps (``s h i t``) and with repeated letters are found; words
    that only contain one of the list (Scunthorpe) are not.

    Parameters
    ----------
    words
        Words and phrases, or the path of a UTF-8 text file with one in each line; lines with ``#`` are skipped.
    action
        What to do: ``"stop"``, ``"mask"``, ``"replace"``, ``"flag"`` or ``"end"``.
    say
        With ``"replace"``, what is said instead.
    name
        What the check is called.

    Raises
    ------
    ConfigurationError
        If there are no words, or the file cannot be read.
    """

    def __init__(
        self,
        words: Iterable[str] | str | os.PathLike[str],
        *,
        action: Action = "stop",
        say: str = "",
        name: str = "word list",
    ) -> None:
        self.name = name
        self._acting = Acting(action, say)
        #: The rest of each phrase by its first word; the words of one word have an empty rest.
        self._phrases: dict[str, list[tuple[str, ...]]] = {}
        self._longest = 0
        for phrase in _lines(words):
            plain = [_collapsed(_plain(token)) for token in _TOKEN.findall(phrase)]
            if plain:
                self._phrases.setdefault(plain[0], []).append(tuple(plain[1:]))
                self._longest = max(self._longest, len(plain))
        if not self._phrases:
            raise ConfigurationError("a word list needs words: WordList(['word', 'two words'])")

    def __call__(self, checked: Checked) -> Verdict:
        """Check a text."""
        if not checked.text:
            return PASS
        return self._acting.verdict(checked.text, self._found(checked.text))

    def __repr__(self) -> str:
        return f"<WordList of {sum(map(len, self._phrases.values())):,}, {self._acting.action}>"

    def _found(self, text: str) -> Iterator[Found]:
        tokens = [(match.start(), match.end(), match.group()) for match in _TOKEN.finditer(text)]
        readings = [_readings(token) for _, _, token in tokens]
        for index, read in enumerate(readings):
            for reading in read:
                for rest in self._phrases.get(reading, ()):
                    following = readings[index + 1 : index + 1 + len(rest)]
                    if len(following) == len(rest) and all(
                        word in each for word, each in zip(rest, following, strict=True)
                    ):
                        yield Found(tokens[index][0], tokens[index + len(rest)][1], "word")
        yield from self._spelt(text, tokens)

    def _spelt(self, text: str, tokens: list[tuple[int, int, str]]) -> Iterator[Found]:
        """Find words that are spelt letter by letter."""
        run: list[tuple[int, int, str]] = []
        for token in [*tokens, (len(text), len(text), "")]:
            single = len(token[2]) == 1
            if single and (not run or _SPELT_GAP.fullmatch(text[run[-1][1] : token[0]])):
                run.append(token)
                continue
            yield from self._in_run(run)
            run = [token] if single else []

    def _in_run(self, run: list[tuple[int, int, str]]) -> Iterator[Found]:
        for begin in range(len(run)):
            for end in range(begin + _LEAST_SPELT, len(run) + 1):
                for reading in _readings("".join(letter for _, _, letter in run[begin:end])):
                    if () in self._phrases.get(reading, ()):
                        yield Found(run[begin][0], run[end - 1][1], "word")


def _lines(words: Any) -> Iterable[str]:
    if isinstance(words, str) and "\n" not in words and not words.endswith(".txt"):
        return [words]
    if isinstance(words, str) and "\n" in words:
        return words.splitlines()
    if isinstance(words, str) or hasattr(words, "__fspath__"):
        try:
            text = Path(words).expanduser().read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise ConfigurationError(f"the word list {str(words)[:200]} cannot be read: {reason}") from None
        return [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    listed = list(words)
    if wrong := next((each for each in listed if not isinstance(each, str)), None):
        raise ConfigurationError(f"a word list holds texts, not {wrong!r:.80}")
    return listed


def _plain(token: str) -> str:
    """Return a word in small letters without accents."""
    decomposed = unicodedata.normalize("NFKD", token.casefold())
    return "".join(each for each in decomposed if not unicodedata.combining(each))


def _collapsed(word: str) -> str:
    return _REPEATED.sub(r"\1", word)


def _readings(token: str) -> set[str]:
    """Return what a word may be meant to say: digits and signs in it may stand for letters."""
    plain = _plain(token)
    read = {_collapsed(plain)}
    if any(character in _STANDS_FOR for character in plain) and not plain.isdigit():
        choices = [_STANDS_FOR.get(character, character) for character in plain]
        for index, letters in enumerate(product(*choices)):
            if index == _MOST_READINGS:
                break
            read.add(_collapsed("".join(letters)))
    return read
