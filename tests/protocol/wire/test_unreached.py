"""An endpoint that cannot be reached, or refuses: the text names what stands between and what to do about it."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import ssl
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from websockets.asyncio.server import serve

from realtime_widgets import AudioChat
from realtime_widgets.errors import ConnectionFailedError
from realtime_widgets.protocol.endpoint.endpoint import Endpoint, resolve_endpoint
from realtime_widgets.protocol.wire.connection import Connection
from tests.session.watching import notices

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from tests.conftest import Open

FAR = "https://service.test/v1"
WORDS = "sesame-77"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "socks_proxy", "ws_proxy", "wss_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


async def of_a_session(url: str) -> str:
    with pytest.raises(ConnectionFailedError) as caught:
        await Connection.open(Endpoint(url, "m", api_key="sk-key-of-the-user"))  # type: ignore[arg-type]
    return str(caught.value)


async def of_a_chat(url: str) -> str:
    async with AudioChat(endpoint=url, api_key="sk-key-of-the-user") as chat:
        with pytest.raises(ConnectionFailedError) as caught:
            await chat.ask("Hi")
    return str(caught.value)


ways = pytest.mark.parametrize("error_of", [of_a_session, of_a_chat], ids=["session", "chat"])


@contextlib.asynccontextmanager
async def answering(status: str) -> AsyncIterator[str]:
    """A proxy that answers every request alike; its host and port."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


PLAIN = "http://service.test/v1"
UNKNOWN, FORBIDDEN, BROKEN = "407 Proxy Authentication Required", "403 Forbidden", "502 Bad Gateway"
CURES = {
    UNKNOWN: "a user and a password",
    FORBIDDEN: "does not allow connections to service.test",
    BROKEN: "HTTP 502",
}


@pytest.mark.parametrize(
    ("error_of", "base", "status"),
    [
        *((way, FAR, status) for way in (of_a_session, of_a_chat) for status in CURES),
        *((of_a_session, PLAIN, status) for status in CURES),
        # Over plain HTTP nobody can tell the proxy's other answers from the server's.
        (of_a_chat, PLAIN, UNKNOWN),
    ],
)
async def test_a_proxy_that_refuses_is_named(
    monkeypatch: pytest.MonkeyPatch, error_of: Callable[[str], Awaitable[str]], base: str, status: str
) -> None:
    async with answering(status) as proxy:
        for name in ("http_proxy", "https_proxy"):
            monkeypatch.setenv(name, f"http://user:{WORDS}@{proxy}")
        text = await error_of(base)
    assert f"cannot be reached through the proxy http://{proxy}: " in text
    assert CURES[status] in text
    assert "no_proxy" in text
    assert WORDS not in text


@ways
async def test_a_proxy_that_is_not_there_is_named(
    monkeypatch: pytest.MonkeyPatch, error_of: Callable[[str], Awaitable[str]]
) -> None:
    monkeypatch.setenv("https_proxy", f"http://user:{WORDS}@127.0.0.1:9")
    text = await error_of(FAR)
    assert "cannot be reached through the proxy http://127.0.0.1:9: " in text
    assert "Correct https_proxy, or add service.test to no_proxy" in text
    assert WORDS not in text


@ways
async def test_something_that_is_no_proxy_is_named(
    monkeypatch: pytest.MonkeyPatch, error_of: Callable[[str], Awaitable[str]]
) -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(greet, "127.0.0.1", 0) as server:
        proxy = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        monkeypatch.setenv("https_proxy", proxy)
        assert f"cannot be reached through the proxy {proxy}: " in await error_of(FAR)


@ways
@pytest.mark.parametrize(
    ("proxy", "shown", "cure"),
    [
        (f"user:{WORDS}@proxy.test:8080", "proxy.test:8080", "write http://proxy.test:8080"),
        (f"http://user:{WORDS}@proxy.test:http", "http://proxy.test:http", "write http://host:port"),
        (f"http://user:{WORDS}/x@proxy.test:80", "http://proxy.test:80", "write http://host:port"),
        (f"http://user:{WORDS}@proxy.test:99999", "http://proxy.test:99999", "write http://host:port"),
        ("http://:8080", "http://:8080", "write http://host:port"),
        (f"ftp://user:{WORDS}@proxy.test", "ftp://proxy.test", "ftp:// is not a scheme for proxies"),
        (f"socks5://user:{WORDS}@proxy.test:1080", "socks5://proxy.test:1080", "a SOCKS proxy "),
        (f"socks5h://user:{WORDS}@proxy.test:1080", "socks5h://proxy.test:1080", "a SOCKS proxy "),
    ],
)
async def test_a_proxy_that_cannot_be_is_named_with_its_cure(
    monkeypatch: pytest.MonkeyPatch,
    error_of: Callable[[str], Awaitable[str]],
    proxy: str,
    shown: str,
    cure: str,
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setenv("https_proxy", proxy)
    text = await error_of(FAR)
    assert f"through the proxy {shown}: " in text
    assert cure in text
    assert WORDS not in text


def signed_by_itself(folder: Path, name: str, days: int) -> Path:
    """Make a certificate and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=30))
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = folder / "both.pem"
    file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return file


@contextlib.asynccontextmanager
async def encrypted(file: Path) -> AsyncIterator[str]:
    """A server that shakes hands and hangs up; its base URL."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0, ssl=context) as server:
        yield f"https://localhost:{server.sockets[0].getsockname()[1]}/v1"


@ways
async def test_a_certificate_of_ones_own_is_told_with_the_cure(
    tmp_path: Path, error_of: Callable[[str], Awaitable[str]]
) -> None:
    async with encrypted(signed_by_itself(tmp_path, "localhost", 30)) as url:
        text = await error_of(url)
    assert "a certificate that this machine does not trust (self-signed certificate)" in text
    assert "set SSL_CERT_FILE" in text


async def test_the_cure_for_a_certificate_cures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = signed_by_itself(tmp_path, "localhost", 30)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    async with encrypted(file) as url:
        text = await of_a_session(url)
    assert "does not speak WebSocket" in text


@pytest.mark.parametrize(
    ("name", "days", "told"),
    [("elsewhere.test", 30, "for another name"), ("localhost", -1, "out of date")],
)
async def test_other_faults_of_a_certificate_have_other_cures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, days: int, told: str
) -> None:
    file = signed_by_itself(tmp_path, name, days)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    async with encrypted(file) as url:
        text = await of_a_session(url)
    assert told in text
    assert "SSL_CERT_FILE" not in text


async def test_an_endpoint_that_is_full_is_told_in_its_words(connect: Open) -> None:
    key, full = "sk-key-of-the-user", "32 sessions are open, which is this endpoint's limit; close one first."

    async def never(connection: object) -> None:
        raise AssertionError

    def refuse(connection: Any, request: object) -> object:
        body = f'{{"error": {{"code": "rate_limit_exceeded", "message": "{full} ({key})"}}}}'
        return connection.respond(HTTPStatus.TOO_MANY_REQUESTS, body)

    async with serve(never, "127.0.0.1", 0, process_request=refuse) as server:  # type: ignore[arg-type]
        port = server.sockets[0].getsockname()[1]
        session = connect(f"http://127.0.0.1:{port}/v1", api_key=key)
        with pytest.raises(ConnectionFailedError) as caught:
            await session.ask("Hi")
    text = str(caught.value)
    assert f"HTTP 429: {full} (…) (close sessions that are not used any more, by close() or" in text
    assert "account" not in text
    assert not any(key in shown for shown in (text, *notices(session)))
    assert resolve_endpoint("openai", key).refusal_cure(429).endswith("the account's limits")
