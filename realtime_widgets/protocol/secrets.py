"""Secrets: never shown, opened only by the call that sends them, and masked in what others say."""

from __future__ import annotations

import functools
import logging
import re
import threading
import traceback
import weakref
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, overload

from realtime_widgets.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, ItemsView, Iterator, KeysView, Mapping, ValuesView

_T = TypeVar("_T")
_P = ParamSpec("_P")

#: What stands in place of a secret.
MASK = "…"
#: Shortest secret that is masked in an error's text; a shorter one may be part of any word.
_SHORTEST = 6
#: Values above this length are masked everywhere; of shorter ones, those with a digit: local servers are given
#: placeholders such as "ollama" or "not-needed", which occur in what people say.
_SURE_LENGTH, _LEAST_LENGTH = 20, 8
_KEY_PREFIXES = ("sk-", "xai-", "ek_", "eyJ")
_SECRET_NAME = re.compile(r"authori[sz]|auth(?!or)|key(?!board)|token|secret|passw|credential|cookie", re.I)
_USER_OF_URL = re.compile(r"(?<=//)[^/@\s]*@")


class Secret:
    """A key or token that no repr, log or traceback shows.

    Attributes
    ----------
    shown : str
        What stands for it in a journal.
    """

    __slots__ = ("__weakref__", "_value", "shown")

    def __init__(self, value: str) -> None:
        self._value, self.shown = value.strip(), MASK
        del value  # a traceback with locals must not show it
        self.check()
        _known.add(self)

    @classmethod
    def unchecked(cls, value: str, shown: str = MASK, masks: bool = True) -> Secret:
        """Return a secret that may hold anything; `check` says later whether it can be a key.

        Parameters
        ----------
        value
            The secret.
        shown
            Text that stands for it in a journal.
        masks
            Whether the value is masked wherever others quote it.
        """
        secret = cls.__new__(cls)
        secret._value, secret.shown = value.strip(), shown
        if masks:
            _known.add(secret)
        return secret

    def check(self) -> None:
        """Refuse what cannot be a key or token.

        Raises
        ------
        ConfigurationError
            If it holds characters that cannot be in one.
        """
        if not self._value.isascii() or not self._value.isprintable() or " " in self._value:
            raise ConfigurationError(
                "the API key holds characters that cannot be in a key (a space, a line break, an ellipsis?): copy "
                "it again"
            )

    def reveal(self) -> str:
        """Return the secret itself, for the call that sends it; keep it in no variable."""
        return self._value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return "Secret('…')"

    def __reduce__(self) -> str:
        raise TypeError("a secret cannot be pickled")


class SecretTexts:
    """Texts by name, such as headers or variables, whose values no repr, log or traceback shows.

    It is read as a mapping but is none: tools that report errors write out the content of mappings.
    """

    __slots__ = ("_known", "_texts")

    def __init__(self, texts: Mapping[str, str] | SecretTexts | None = None) -> None:
        self._texts = dict(texts or {})
        # A header may name a project, and a variable a folder: only what must be secret is masked everywhere.
        self._known = [
            Secret.unchecked(value.removeprefix("Bearer "))
            for name, value in self._texts.items()
            if isinstance(value, str) and _SECRET_NAME.search(str(name))
        ]

    def reveal(self) -> dict[str, str]:
        """Return the texts themselves, for the call that sends them; keep them in no variable."""
        return dict(self._texts)

    def masked(self, text: str, shortest: int = _SHORTEST) -> str:
        """Return a text, such as that of an error, with all values and their words masked."""
        values = [part for value in self._texts.values() for part in (value, *re.split(r"[\s=&]+", value))]
        for value in sorted((each for each in values if len(each) >= shortest), key=len, reverse=True):
            text = text.replace(value, MASK)
        return masked(text)

    def keys(self) -> KeysView[str]:
        """Return the names."""
        return self._texts.keys()

    def values(self) -> ValuesView[str]:
        """Return the values."""
        return self._texts.values()

    def items(self) -> ItemsView[str, str]:
        """Return names and values."""
        return self._texts.items()

    def __getitem__(self, name: str) -> str:
        return self._texts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)

    def __eq__(self, other: object) -> bool:
        return self._texts == (other._texts if isinstance(other, SecretTexts) else other)

    def __hash__(self) -> int:
        return hash(frozenset(self._texts))

    def __repr__(self) -> str:
        return f"SecretTexts({', '.join(f'{name}=…' for name in self._texts)})"

    def __reduce__(self) -> str:
        raise TypeError("secrets cannot be pickled")


class _Known:
    """The secrets that are in use; safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.RLock()  # a collection of garbage may come in between
        self._secrets: dict[int, weakref.ref[Secret]] = {}
        #: Values that are masked in what others say, longest first.
        self.values: tuple[str, ...] = ()

    def add(self, secret: Secret) -> None:
        """Mask a secret from now on, for as long as it lives."""
        number = id(secret)
        with self._lock:
            self._secrets[number] = weakref.ref(secret, lambda _: self._forget(number))
            self._sort()

    def _forget(self, number: int) -> None:
        with self._lock:
            self._secrets.pop(number, None)
            self._sort()

    def _sort(self) -> None:
        alive = [secret for reference in list(self._secrets.values()) if (secret := reference()) is not None]
        values = {secret.reveal() for secret in alive}
        self.values = tuple(sorted(filter(_cannot_be_a_word, values), key=len, reverse=True))


def _cannot_be_a_word(value: str) -> bool:
    length = len(value)
    return length >= _SURE_LENGTH or (length >= _LEAST_LENGTH and any(map(str.isdigit, value)))


_known = _Known()


def masked(text: str) -> str:
    """Return a text with every secret in use masked, and with every user and password that stands in a URL."""
    text = masked_frame(text)
    return _USER_OF_URL.sub(f"{MASK}@", text) if "//" in text else text


def masked_frame(frame: str) -> str:
    """Return what a server sent with every secret in use masked; nothing else is changed."""
    for value in _known.values:
        frame = frame.replace(value, MASK)
    return frame


def _mask_record(record: logging.LogRecord) -> bool:
    record.msg, record.args = masked(record.getMessage()), ()
    return True


def mask_logs(*names: str) -> None:
    """Mask every secret in use in what loggers of these names write, such as a library that logs addresses."""
    for name in names:
        logging.getLogger(name).addFilter(_mask_record)  # adds it once


@overload
def hidden(value: str) -> Secret: ...
@overload
def hidden(value: _T) -> _T | Secret: ...
def hidden(value: Any) -> Any:
    """Return a text as a secret that has yet to be checked, and anything else as it is."""
    return Secret.unchecked(value) if isinstance(value, str) else value


def looks_like_a_key(text: str) -> bool:
    """Whether a text that was given for something else, such as an address, may be a key."""
    words = text.removeprefix("Bearer ").strip()
    if words.startswith(_KEY_PREFIXES):
        return True
    # Addresses have dots and slashes, names are short.
    return len(words) >= _SURE_LENGTH and re.fullmatch(r"[\w=+~-]+", words) is not None


def forget_locals(error: BaseException) -> None:
    """Clear the local variables of the frames that an error and its causes went through; those that run stay."""
    seen: set[int] = set()
    errors: list[BaseException | None] = [error]
    while errors:
        each = errors.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        traceback.clear_frames(each.__traceback__)
        errors += [each.__cause__, each.__context__]
        if isinstance(each, BaseExceptionGroup):
            errors += each.exceptions


def without_locals(function: Callable[_P, _T]) -> Callable[_P, _T]:
    """Decorate a function that is given secrets as plain text: no traceback shows them when it fails."""

    @functools.wraps(function)
    def call(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        try:
            return function(*args, **kwargs)
        except BaseException as error:
            forget_locals(error)
            raise
        finally:
            del args, kwargs

    return call


def made_without_locals(cls: type[_T]) -> type[_T]:
    """Decorate a class that is made of secrets as plain text, as `without_locals` does a function."""
    setattr(cls, "__init__", without_locals(cls.__init__))  # noqa: B010 - a type checker allows no assignment
    return cls


def opened(value: Any) -> str | dict[str, str]:
    """Open a secret for an encoder that writes what is sent; raises as `shown` does."""
    if isinstance(value, Secret | SecretTexts):
        return value.reveal()
    raise _not_json(value)


def shown(value: Any) -> str | dict[str, str]:
    """Return what stands for a secret where it is kept.

    Raises
    ------
    TypeError
        If the value is no secret: it is given what an encoder does not know.
    """
    if isinstance(value, Secret):
        return value.shown
    if isinstance(value, SecretTexts):
        return dict.fromkeys(value, MASK)
    raise _not_json(value)


def _not_json(value: object) -> TypeError:
    return TypeError(f"Encoding objects of type {type(value).__name__} is unsupported")
