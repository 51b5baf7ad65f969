"""Client secrets: short-lived keys with the settings of a session, for clients that must not hold the real key."""

from __future__ import annotations

import copy
import hashlib
import math
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from realtime_widgets.local.api.errors import RequestRefusedError
from realtime_widgets.local.http.expiring import ExpiringStore

if TYPE_CHECKING:
    from collections.abc import Callable

#: Beginning of every secret.
PREFIX = "ek_"
#: Number of secrets that may be valid at the same time.
MAX_SECRETS = 10_000


@dataclass(frozen=True)
class ClientSecret:
    """What a secret stands for.

    Attributes
    ----------
    expires_at : int
        Unix time in seconds from which it opens nothing.
    """

    expires_at: int
    _session: dict[str, Any]

    @property
    def session(self) -> dict[str, Any]:
        """A fresh copy of the configuration with which its sessions begin."""
        return copy.deepcopy(self._session)


class ClientSecrets:
    """Makes secrets and knows those that are valid; keeps only their hashes.

    Parameters
    ----------
    clock
        Returns the present as Unix time in seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._secrets: ExpiringStore[ClientSecret] = ExpiringStore(MAX_SECRETS, clock)

    def mint(self, seconds: int, session: dict[str, Any]) -> tuple[str, ClientSecret]:
        """Make a secret.

        Parameters
        ----------
        seconds
            How long it is valid.
        session
            The configuration with which its sessions begin.

        Raises
        ------
        RequestRefusedError
            If too many secrets are valid.
        """
        if self._secrets.full:
            text = f"{MAX_SECRETS} client secrets are valid, which is this endpoint's limit; let some expire."
            raise RequestRefusedError("rate_limit_exceeded", text, kind="rate_limit_error")
        value = PREFIX + secrets.token_hex(16)
        secret = ClientSecret(math.ceil(self._clock()) + seconds, copy.deepcopy(session))
        self._secrets.put(_hash(value), secret, secret.expires_at)
        return value, secret

    def get(self, value: str) -> ClientSecret | None:
        """Return what `value` stands for; None if it is unknown or has expired."""
        return self._secrets.get(_hash(value))


def _hash(value: str) -> str:
    return hashlib.sha256(value.encode("utf-8", "surrogateescape")).hexdigest()
