"""Where an MCP server is: a command to start, or an address; its secrets are kept from being shown."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.tools.mcp.names import legal_name

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

#: Programs that only start another one, which the server is called by.
_STARTERS = frozenset({"uvx", "npx", "uv", "run", "pipx", "bunx", "docker", "python", "python3", "node", "deno"})
#: Shortest secret that is looked for in what a server says; shorter ones are words of every text.
_MIN_SECRET = 4


@dataclass(frozen=True)
class McpTarget:
    """How an MCP server is reached; only `shown` is fit for people's eyes.

    Attributes
    ----------
    command : tuple of str
        Program and arguments of a server that is started here; empty for one that has an address.
    url : str
        Its address.
    env, headers : mapping
        Further environment variables of the program, or headers of every request.
    cwd : path or None
        Where the program runs.
    """

    command: tuple[str, ...] = field(default=(), repr=False)
    url: str = field(default="", repr=False)
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    cwd: str | os.PathLike[str] | None = None

    @classmethod
    def of(
        cls,
        server: str | Sequence[str],
        env: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
        cwd: str | os.PathLike[str] | None,
    ) -> McpTarget:
        """Read what a person wrote.

        Raises
        ------
        ConfigurationError
            Where it is neither a command nor an address, or what goes with it does not.
        """
        if isinstance(server, str) and server.strip().startswith(("http://", "https://")):
            if env or cwd is not None:
                raise ConfigurationError("env= and cwd= are for a server that is started here; one has headers=")
            return cls(url=_checked_url(server.strip()), headers=_texts(headers, "headers"))
        if headers:
            raise ConfigurationError("headers= are for the address of a server; a command has env=")
        return cls(_checked_command(server), env=_texts(env, "env"), cwd=cwd)

    @property
    def name(self) -> str:
        """What the server is called where the person does not say."""
        if self.url:
            return legal_name((urlsplit(self.url).hostname or "server").removeprefix("www."))
        words = [word for word in self.command if not word.startswith("-")]
        word = next((each for each in words if PurePath(each).stem not in _STARTERS), words[0])
        # "@scope/server-name@1.2" is called "server-name", "/bin/server.py" "server".
        last = word.removeprefix("@").split("/")[-1].split("@")[0].split("==")[0]
        return legal_name(last.removesuffix(".py").removesuffix(".js"))

    @property
    def shown(self) -> str:
        """Where it is, without what may be secret: arguments, query and headers."""
        if self.url:
            parts = urlsplit(self.url)
            return f"{parts.scheme}://{parts.netloc}{parts.path}"
        return PurePath(self.command[0]).name

    def masked(self, text: str) -> str:
        """`text` without any of the secrets."""
        query = urlsplit(self.url).query if self.url else ""
        values = [*self.env.values(), *self.headers.values(), query]
        values += [part for value in values for part in value.replace("=", " ").replace("&", " ").split()]
        for secret in sorted((value for value in values if len(value) >= _MIN_SECRET), key=len, reverse=True):
            text = text.replace(secret, "…")
        return text


def _checked_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        raise ConfigurationError(f"the MCP server's address cannot be used: {error}") from None
    if not host or "@" in parts.netloc:
        raise ConfigurationError(
            "the address of an MCP server is http(s)://host/path, without user and password; give those as "
            'headers={"Authorization": …}'
        )
    return url


def _checked_command(server: str | Sequence[str]) -> tuple[str, ...]:
    try:
        words = shlex.split(server) if isinstance(server, str) else list(server)
    except ValueError as error:
        raise ConfigurationError(f"the command of the MCP server cannot be read: {error}") from None
    except TypeError:
        words = []
    if not words or not all(isinstance(word, str) and word for word in words):
        raise ConfigurationError(
            'an MCP server is a command such as "uvx mcp-server-time" or ["uvx", "mcp-server-time"], or its '
            "address, http(s)://…"
        )
    return tuple(words)


def _texts(values: Mapping[str, str] | None, name: str) -> dict[str, str]:
    given = dict(values or {})
    if not all(isinstance(key, str) and isinstance(value, str) for key, value in given.items()):
        raise ConfigurationError(f"{name} must be texts by name")  # without them: they may be secret
    return given
