"""The `serve` command: the endpoint as a separate process."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ipaddress
import logging
import os
import secrets
import signal
import socket
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from realtime_widgets.errors import ConfigurationError, LocalEndpointError
from realtime_widgets.local.api.tokens import CONTEXT_TOKENS
from realtime_widgets.local.brain.settings import BrainSettings, add_brain_arguments, brain_settings
from realtime_widgets.local.logs import set_up_logs
from realtime_widgets.local.mcp.policy import AllowedHost, McpPolicy

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Sequence

logger = logging.getLogger(__name__)

KEY_VARIABLE = "REALTIME_WIDGETS_API_KEY"
#: First words of the first line on standard output.
LISTENING = "listening on"
#: First word of the next line, if a key was made.
KEY = "key:"
#: Seconds between two checks of the parent process, and longest time for an orderly end.
_PARENT_INTERVAL_S = 1.0
_GRACE_S = 5.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command to `parser`."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 takes a free one (default)")
    parser.add_argument(
        "--api-key",
        default=os.environ.get(KEY_VARIABLE),
        help=f"key that clients must send; better given as {KEY_VARIABLE}, which no process list shows; "
        "without either a key is made and printed",
    )
    parser.add_argument(
        "--no-key",
        action="store_true",
        help="let every program on this machine connect; only for loopback addresses",
    )
    add_brain_arguments(parser)
    parser.add_argument(
        "--max-sessions",
        type=_positive(int),
        default=32,
        help="sessions at the same time; more are refused (default: %(default)s)",
    )
    parser.add_argument(
        "--session-minutes",
        type=_positive(float),
        default=60.0,
        help="longest duration of a session (default: the service's %(default)g)",
    )
    for unit, limit in (("requests", 20_000), ("tokens", 15_000_000)):
        parser.add_argument(
            f"--{unit}-per-minute",
            type=_positive(int),
            default=limit,
            help=f"{unit} of one session's responses in a minute; more fail (default: %(default)s)",
        )
    parser.add_argument(
        "--context-tokens",
        type=_positive(int),
        default=CONTEXT_TOKENS,
        help="tokens of a conversation that the model takes (default: today's models' %(default)s)",
    )
    parser.add_argument(
        "--allow-mcp",
        action="append",
        type=_allowed_host,
        default=[],
        metavar="HOST",
        help="host[:port] of MCP servers that the endpoint may call for its clients, http://host for one without "
        "TLS; may be repeated. Those on this machine are allowed if --host is a loopback address",
    )
    parser.add_argument("--tls-cert", type=Path, help="serve wss:// and https:// with this PEM certificate")
    parser.add_argument("--tls-key", type=Path, help="its private key, if that is in a file of its own")
    parser.add_argument(
        "--tls-self-signed",
        type=Path,
        metavar="FOLDER",
        help="serve wss:// and https:// with a certificate for this machine, which is made in FOLDER if needed; "
        "clients have to be told to trust FOLDER/cert.pem",
    )
    parser.add_argument(
        "--log-format", choices=("text", "json"), default="text", help="plain lines, or one JSON object a line"
    )
    parser.add_argument(
        "--log-speech",
        action="store_true",
        help="also log what is said and answered, which is otherwise never logged",
    )
    parser.add_argument(
        "--end-with-parent",
        action="store_true",
        help="end when standard input closes or the parent process goes away",
    )


def _allowed_host(text: str) -> AllowedHost:
    try:
        return AllowedHost.read(text)
    except ConfigurationError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _positive(kind: Callable[[str], float]) -> Callable[[str], float]:
    def read(text: str) -> float:
        value = kind(text)
        if not 0 < value < float("inf"):
            raise argparse.ArgumentTypeError(f"{text} is not more than 0")
        return value

    read.__name__ = kind.__name__  # argparse names it if `kind` itself refuses
    return read


def run(arguments: argparse.Namespace) -> int:
    """Serve until interrupted; return the exit code: 0, or 2 if the server cannot start."""
    set_up_logs(arguments.log_format, arguments.log_speech)
    try:
        brain = brain_settings(arguments)
        if not brain.built_in:
            brain.load()  # reports a wrong choice at once
        key = _key(arguments)
        tls = _tls(arguments)
        listener = _listen(arguments.host, arguments.port, arguments.api_key)
    except (ConfigurationError, LocalEndpointError) as error:
        print(f"realtime-widgets serve: {error}", file=sys.stderr)
        return 2
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(listener, arguments, key, brain, tls))
    return 0


def _key(arguments: argparse.Namespace) -> str | None:
    """Return the key that clients must send: the one given, a new one, or None without keys."""
    if arguments.no_key and arguments.api_key:
        raise ConfigurationError(
            f"--no-key and a key exclude each other; leave out --no-key, or --api-key and {KEY_VARIABLE}"
        )
    return None if arguments.no_key else arguments.api_key or secrets.token_urlsafe(24)


def _tls(arguments: argparse.Namespace) -> ssl.SSLContext | None:
    """Return the settings of TLS that the arguments ask for, None for none."""
    cert, key, folder = arguments.tls_cert, arguments.tls_key, arguments.tls_self_signed
    if folder is not None and (cert or key):
        raise ConfigurationError("--tls-self-signed makes a pair of its own: leave out --tls-cert and --tls-key")
    if key and not cert:
        raise ConfigurationError("--tls-key needs the certificate of that key: give --tls-cert too")
    if folder is None and cert is None:
        return None
    from realtime_widgets.local.server.tls import make_pair, server_context

    return server_context(*(make_pair(folder, arguments.host) if folder is not None else (cert, key)))


def _listen(host: str, port: int, api_key: str | None) -> socket.socket:
    if not 0 <= port <= 65535:
        raise ConfigurationError(f"there is no port {port}; choose one from 0 (any free one) to 65535")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise ConfigurationError(f"--host {host!r} is not an address of this machine: {error}") from None
    family, _, _, _, address = found[0]
    if not api_key and not ipaddress.ip_address(address[0]).is_loopback:
        raise ConfigurationError(
            f"--host {host} can be reached from other machines; set a key with --api-key or {KEY_VARIABLE}, "
            "or listen on 127.0.0.1"
        )
    try:
        return socket.create_server(address[:2], family=family)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise LocalEndpointError(
            f"cannot listen on {host} port {port}: {reason}; choose another --host or --port (0 takes a free one)"
        ) from None


def mcp_policy(address: str, allowed: Sequence[AllowedHost]) -> McpPolicy:
    """Return which MCP servers an endpoint that listens on `address` reaches for its clients.

    Whoever reaches the endpoint from another machine must not reach by it what listens on this one only.
    """
    return McpPolicy(ipaddress.ip_address(address).is_loopback, tuple(allowed))


async def _serve(
    listener: socket.socket,
    arguments: argparse.Namespace,
    key: str | None,
    brain: BrainSettings,
    tls: ssl.SSLContext | None,
) -> None:
    # Imported here: an error in the arguments is reported without loading the server.
    from aiohttp import web

    from realtime_widgets.local.inference.stages import real_models
    from realtime_widgets.local.realtime.responses.rate_limits import SessionLimits
    from realtime_widgets.local.server.app import create_app

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, stop.set)
    models = real_models(brain)
    limits = SessionLimits(
        arguments.session_minutes * 60,
        arguments.requests_per_minute,
        arguments.tokens_per_minute,
        arguments.context_tokens,
        mcp_policy(listener.getsockname()[0], arguments.allow_mcp),
    )
    app = create_app(models, key, arguments.max_sessions, limits=limits)
    runner = web.AppRunner(app, handler_cancellation=True)
    await runner.setup()
    try:
        await web.SockSite(runner, listener, ssl_context=tls).start()
        models.start()
        if arguments.end_with_parent:
            _watch_parent(lambda: loop.call_soon_threadsafe(stop.set))
        host, port = listener.getsockname()[:2]
        scheme = "https" if tls else "http"
        print(f"{LISTENING} {scheme}://{f'[{host}]' if ':' in host else host}:{port}/v1", flush=True)
        if key and not arguments.api_key:
            print(f"{KEY} {key}", flush=True)
        await stop.wait()
    finally:
        await runner.cleanup()


def _watch_parent(stop: Callable[[], object]) -> None:
    """Call `stop` when the parent process is gone: it closes our standard input, or we get another parent."""
    parent = os.getppid()

    def end(reason: str) -> None:
        logger.info("ending: %s", reason)
        with contextlib.suppress(RuntimeError):
            stop()
        # A thread that hangs must not outlive the user's work.
        threading.Timer(_GRACE_S, os._exit, (0,)).start()

    def read() -> None:
        with contextlib.suppress(OSError, ValueError):
            while sys.stdin.buffer.read(4096):
                pass
        end("standard input was closed")

    def poll() -> None:
        pause = threading.Event()
        while os.getppid() == parent:
            pause.wait(_PARENT_INTERVAL_S)
        end("the parent process is gone")

    for watch in (read, poll):
        threading.Thread(target=watch, name=f"watch parent ({watch.__name__})", daemon=True).start()
