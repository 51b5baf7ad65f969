"""Where an MCP server is: a command to start, or an address; its secrets are never shown."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.protocol.endpoint.urls import check_url
from realtime_widgets.protocol.secrets import SecretTexts, without_locals
from realtime_widgets.tools.mcp.names import legal_name

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

#: Programs that only start another one, after which the server is named.
_STARTERS = frozenset({"uvx", "npx", "uv", "run", "pipx", "bunx", "docker", "python", "python3", "node", "deno"})
#: Shortest secret that is masked in a server's texts; shorter ones occur in ordinary words.
_MIN_SECRET = 4


@dataclass(frozen=True)
class McpTarget:
    """How to start or reach an MCP server; only `shown` is free of secrets.

    Attributes
    ----------
    command : tuple of str
        Program and arguments of a server that is started here; empty for a server with an address.
    url : str
        Address of the server; empty for a server that is started here.
    env : SecretTexts
        Further environment variables of the program.
    headers : SecretTexts
        Further headers of every request to the address.
    cwd : path or None
        Working directory of the program.
    query : SecretTexts
        Query of the address, which may hold a key.
    """

    command: tuple[str, ...] = field(default=(), repr=False)
    url: str = field(default="", repr=False)
    env: SecretTexts = field(default_factory=SecretTexts, repr=False)
    headers: SecretTexts = field(default_factory=SecretTexts, repr=False)
    cwd: str | os.PathLike[str] | None = None
    query: SecretTexts = field(default_factory=SecretTexts, repr=False)

    @classmethod
    @without_locals
    def of(
        cls,
        server: str | Sequence[str],
        env: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
        cwd: str | os.PathLike[str] | None,
    ) -> McpTarget:
        """Return the target for the user's arguments.

        Parameters
        ----------
        server
            A command, as one string or a list of words, or an address that begins with ``http``.
        env
            Further environment variables, for a command.
        headers
            Further headers, for an address.
        cwd
            Working directory, for a command.

        Raises
        ------
        ConfigurationError
            If it is neither a command nor an address, or the other arguments do not fit it.
        """
        if isinstance(server, str) and server.strip().startswith(("http://", "https://")):
            if env or cwd is not None:
                raise ConfigurationError("env= and cwd= are for a command; for an address, pass headers=")
            url = server.strip()
            check_url(
                url,
                "the MCP server",
                query=True,
                expected="the address of an MCP server is http(s)://host/path",
                secrets='give those as headers={"Authorization": …}',
            )
            query = SecretTexts({"query with a key": urlsplit(url).query})
            return cls(url=url, headers=_texts(headers, "headers"), query=query)
        if headers:
            raise ConfigurationError("headers= is for an address; for a command, pass env=")
        return cls(_checked_command(server), env=_texts(env, "env"), cwd=cwd)

    @property
    def name(self) -> str:
        """Name of the server, if the user gives none."""
        if self.url:
            return legal_name((urlsplit(self.url).hostname or "server").removeprefix("www."))
        words = [word for word in self.command if not word.startswith("-")]
        word = next((each for each in words if PurePath(each).stem not in _STARTERS), words[0])
        # "@scope/server-name@1.2" is named "server-name", "/bin/server.py" "server".
        last = word.removeprefix("@").split("/")[-1].split("@")[0].split("==")[0]
        return legal_name(last.removesuffix(".py").removesuffix(".js"))

    @property
    def shown(self) -> str:
        """The program or the address, without what may be secret: arguments, query and headers."""
        if self.url:
            parts = urlsplit(self.url)
            return f"{parts.scheme}://{parts.netloc}{parts.path}"
        return PurePath(self.command[0]).name

    def masked(self, text: str) -> str:
        """Return `text` with all secrets replaced by an ellipsis."""
        return SecretTexts({**self.env, **self.headers, **self.query}).masked(text, _MIN_SECRET)


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


def _texts(values: Mapping[str, str] | SecretTexts | None, name: str) -> SecretTexts:
    given = SecretTexts(values)
    if not all(isinstance(key, str) and isinstance(value, str) for key, value in given.items()):
        raise ConfigurationError(f"{name} must map names to strings")  # does not show them: they may be secret
    return given
