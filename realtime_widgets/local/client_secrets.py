"""Client secrets: keys with a short life and a session's settings, for clients that must not hold the real key."""

from __future__ import annotations

import copy
import hashlib
import math
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from realtime_widgets.local.realtime.errors import RequestRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

#: How every secret begins.
PREFIX = "ek_"
#: Secrets that may be alive at the same time.
MAX_SECRETS = 10_000


@dataclass(frozen=True)
class ClientSecret:
    """What a secret stands for.

    Attributes
    ----------
    expires_at : int
        Unix time in seconds from which on it opens nothing.
    """

    expires_at: int
    _session: dict[str, Any]

    @property
    def session(self) -> dict[str, Any]:
        """A fresh copy of the configuration with which its sessions begin."""
        return copy.deepcopy(self._session)


class ClientSecrets:
    """Mints secrets and knows those that are alive; keeps only their hashes.

    Parameters
    ----------
    clock
        Gives the present as Unix time in seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._alive: dict[str, ClientSecret] = {}

    def mint(self, seconds: int, session: dict[str, Any]) -> tuple[str, ClientSecret]:
        """Make a secret that lives for `seconds` and begins sessions with the configuration `session`.

        Raises
        ------
        RequestRefusedError
            Where too many are alive.
        """
        if len(self._alive) >= MAX_SECRETS:
            self._drop_expired()
        if len(self._alive) >= MAX_SECRETS:
            text = f"{MAX_SECRETS} client secrets are alive, which is this endpoint's limit; let some expire."
            raise RequestRefusedError("rate_limit_exceeded", text, kind="rate_limit_error")
        value = PREFIX + secrets.token_hex(16)
        secret = ClientSecret(math.ceil(self._clock()) + seconds, copy.deepcopy(session))
        self._alive[_hash(value)] = secret
        return value, secret

    def get(self, value: str) -> ClientSecret | None:
        """Return what `value` stands for; None where it is unknown or has expired."""
        secret = self._alive.get(_hash(value))
        return secret if secret is not None and self._clock() < secret.expires_at else None

    def _drop_expired(self) -> None:
        now = self._clock()
        self._alive = {key: secret for key, secret in self._alive.items() if now < secret.expires_at}


def _hash(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "surrogateescape")).hexdigest()
