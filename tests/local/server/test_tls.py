"""TLS of the served endpoint: a pair made for this machine, a pair of the user's, and pairs that cannot be."""

from __future__ import annotations

import contextlib
import signal
import ssl
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import aiohttp
import pytest

from realtime_widgets.errors import ConfigurationError
from realtime_widgets.local.server.tls import make_pair, server_context
from tests.local.server.test_serve import posix_only, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def served(*arguments: str) -> Iterator[str]:
    """Serve without a key; gives the address."""
    server = subprocess.Popen(
        [sys.executable, "-m", "realtime_widgets.local", "--no-key", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().removeprefix("listening on ").strip()
        finally:
            server.send_signal(signal.SIGINT)
            server.communicate(timeout=120)


async def session_type(address: str, trusted: Path) -> str:
    """Open a session over TLS, and return what the first event is."""
    context = ssl.create_default_context(cafile=trusted)
    async with aiohttp.ClientSession() as http, http.ws_connect(f"{address}/realtime", ssl=context) as socket:
        return str((await socket.receive_json(timeout=120))["type"])


@posix_only
async def test_a_pair_is_made_kept_and_used_again(tmp_path: Path) -> None:
    folder = tmp_path / "tls"
    with served("--tls-self-signed", str(folder)) as address:
        assert address.startswith("https://127.0.0.1:")
        assert await session_type(address, folder / "cert.pem") == "session.created"
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            async with aiohttp.ClientSession() as http:
                await http.get(f"{address}/models")
    made = (folder / "cert.pem").read_bytes()
    assert stat.S_IMODE((folder / "key.pem").stat().st_mode) == 0o600
    pair = ("--tls-cert", str(folder / "cert.pem"), "--tls-key", str(folder / "key.pem"))
    with served(*pair) as address:
        assert await session_type(address, folder / "cert.pem") == "session.created"
    assert make_pair(folder, "127.0.0.1")[0].read_bytes() == made
    assert make_pair(folder, "class.example")[0].read_bytes() != made


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--tls-key", "k.pem"], "give --tls-cert too"),
        (["--tls-cert", "/no/such.pem"], "'/no/such.pem': there is no such file"),
        (["--tls-self-signed", "x", "--tls-cert", "c.pem"], "leave out --tls-cert"),
        (["--tls-self-signed", "/proc/no"], "cannot write a certificate into '/proc/no'"),
        (["--context-tokens", "0"], "--context-tokens: 0 is not more than 0"),
    ],
)
def test_what_cannot_be_is_told_at_once(arguments: list[str], text: str) -> None:
    done = serve("--no-key", *arguments)
    assert done.returncode == 2
    assert text in done.stderr
    assert "Traceback" not in done.stderr


def test_files_that_do_not_belong_together(tmp_path: Path) -> None:
    one, other = make_pair(tmp_path / "a", "localhost"), make_pair(tmp_path / "b", "localhost")
    with pytest.raises(ConfigurationError, match="belong together"):
        server_context(one[0], other[1])
    (tmp_path / "none.pem").write_text("hello")
    with pytest.raises(ConfigurationError, match="PEM"):
        server_context(tmp_path / "none.pem", None)
