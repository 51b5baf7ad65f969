"""The `serve` command: the endpoint as a process of its own."""

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
from typing import TYPE_CHECKING

from realtime_widgets.errors import ConfigurationError, LocalEndpointError
from realtime_widgets.local.brain.settings import BrainSettings, add_brain_arguments, brain_settings
from realtime_widgets.local.logs import set_up_logs

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

KEY_VARIABLE = "REALTIME_WIDGETS_API_KEY"
#: First words of the first line on standard output.
LISTENING = "listening on"
#: First word of the line after it, where a key was made.
KEY = "key:"
#: Seconds between two looks whether the parent process is still there, and for an orderly end.
_PARENT_INTERVAL_S = 1.0
_GRACE_S = 5.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments to `parser`."""
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 takes a free one (default)")
    parser.add_argument(
        "--api-key",
        default=os.environ.get(KEY_VARIABLE),
        help=f"key that clients must send; better given as {KEY_VARIABLE}, which no process list shows; "
        "without either one is made and printed",
    )
    parser.add_argument(
        "--no-key", action="store_true", help="let every program on this machine in; only for loopback addresses"
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
        help="longest life of a session, as the service's %(default)g unless set",
    )
    for unit, limit in (("requests", 20_000), ("tokens", 15_000_000)):
        parser.add_argument(
            f"--{unit}-per-minute",
            type=_positive(int),
            default=limit,
            help=f"{unit} of one session's responses in a minute; more fail (default: %(default)s)",
        )
    parser.add_argument(
        "--log-format", choices=("text", "json"), default="text", help="lines to read, or a JSON object a line"
    )
    parser.add_argument(
        "--log-speech", action="store_true", help="log what is said and answered too; else no speech is logged"
    )
    parser.add_argument(
        "--end-with-parent",
        action="store_true",
        help="end when standard input closes or the parent process goes away",
    )


def _positive(kind: Callable[[str], float]) -> Callable[[str], float]:
    def read(text: str) -> float:
        value = kind(text)
        if not 0 < value < float("inf"):
            raise argparse.ArgumentTypeError(f"{text} is not more than 0")
        return value

    read.__name__ = kind.__name__  # argparse names it where `kind` itself refuses
    return read


def run(arguments: argparse.Namespace) -> int:
    """Serve until interrupted; return the exit code: 0, or 2 where it cannot start."""
    set_up_logs(arguments.log_format, arguments.log_speech)
    try:
        brain = brain_settings(arguments)
        if not brain.built_in:
            brain.load()  # what is wrong with the choice is told at once
        key = _key(arguments)
        listener = _listen(arguments.host, arguments.port, arguments.api_key)
    except (ConfigurationError, LocalEndpointError) as error:
        print(f"realtime-widgets serve: {error}", file=sys.stderr)
        return 2
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(listener, arguments, key, brain))
    return 0


def _key(arguments: argparse.Namespace) -> str | None:
    """Return the key that clients must send: the given one, none, or a new one for the one who starts us."""
    if arguments.no_key and arguments.api_key:
        raise ConfigurationError(
            f"--no-key and a key exclude each other; leave out --no-key, or --api-key and {KEY_VARIABLE}"
        )
    return None if arguments.no_key else arguments.api_key or secrets.token_urlsafe(24)


def _listen(host: str, port: int, api_key: str | None) -> socket.socket:
    if not 0 <= port <= 65535:
        raise ConfigurationError(f"there is no port {port}; choose one from 0 (any free one) to 65535")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise ConfigurationError(f"--host {host!r} is no address of this machine: {error}") from None
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


async def _serve(
    listener: socket.socket, arguments: argparse.Namespace, key: str | None, brain: BrainSettings
) -> None:
    # Imported here: an error in the arguments is told without loading the server.
    from aiohttp import web

    from realtime_widgets.local.app import create_app
    from realtime_widgets.local.models import real_models
    from realtime_widgets.local.realtime.rate_limits import SessionLimits

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, stop.set)
    models = real_models(brain)
    limits = SessionLimits(
        arguments.session_minutes * 60, arguments.requests_per_minute, arguments.tokens_per_minute
    )
    app = create_app(models, key, arguments.max_sessions, limits=limits)
    runner = web.AppRunner(app, handler_cancellation=True)
    await runner.setup()
    try:
        await web.SockSite(runner, listener).start()
        models.start()
        if arguments.end_with_parent:
            _watch_parent(lambda: loop.call_soon_threadsafe(stop.set))
        host, port = listener.getsockname()[:2]
        print(f"{LISTENING} http://{f'[{host}]' if ':' in host else host}:{port}/v1", flush=True)
        if key and not arguments.api_key:
            print(f"{KEY} {key}", flush=True)
        await stop.wait()
    finally:
        await runner.cleanup()


def _watch_parent(stop: Callable[[], object]) -> None:
    """Call `stop` when the parent is gone: its end of our standard input closes, or we get another parent."""
    parent = os.getppid()

    def end(reason: str) -> None:
        logger.info("ending: %s", reason)
        with contextlib.suppress(RuntimeError):
            stop()
        # Whatever hangs must not outlive the person's work.
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
