"""The `serve` command: what it refuses at the start, how it is ended, which key it has."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from realtime_widgets.local.mcp.policy import AllowedHost, McpPolicy
from realtime_widgets.local.server.serve import KEY_VARIABLE, mcp_policy

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="signals and process groups of POSIX")


def serve(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "realtime_widgets.local", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def status(address: str, key: str | None) -> int:
    """What the list of models is answered with."""
    request = urllib.request.Request(
        f"{address}/models", headers={"Authorization": f"Bearer {key}"} if key else {}
    )
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = serve("--port", str(taken.getsockname()[1]))
    assert done.returncode == 2
    assert "choose another --host or --port" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--host", "no.such.host.invalid"], "is not an address of this machine"),
        (["--host", "0.0.0.0"], "set a key with --api-key"),
        (["--host", "203.0.113.7", "--api-key", "k"], "cannot listen on 203.0.113.7"),
        (["--port", "70000"], "there is no port 70000"),
    ],
)
def test_address_that_cannot_be(arguments: list[str], text: str) -> None:
    done = serve(*arguments)
    assert done.returncode == 2
    assert text in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("option", ["--session-minutes", "--requests-per-minute", "--tokens-per-minute"])
def test_a_limit_of_nothing_is_refused(option: str) -> None:
    done = serve(option, "0")
    assert done.returncode == 2
    assert f"{option}: 0 is not more than 0" in done.stderr


@posix_only
def test_served_by_hand_it_ends_on_an_interrupt() -> None:
    server = subprocess.Popen(
        [sys.executable, "-m", "realtime_widgets.local", "--no-key"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with server:
        assert server.stdout is not None
        address = server.stdout.readline().removeprefix("listening on ").strip()
        assert status(address, None) == 200
        server.send_signal(signal.SIGINT)
        out, log = server.communicate(timeout=120)
    assert server.returncode == 0
    assert out == ""
    assert "Traceback" not in log


@posix_only
def test_served_by_hand_it_has_a_key_of_its_own() -> None:
    environment = {name: value for name, value in os.environ.items() if name != KEY_VARIABLE}
    server = subprocess.Popen(
        [sys.executable, "-m", "realtime_widgets.local"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with server:
        assert server.stdout is not None
        address = server.stdout.readline().removeprefix("listening on ").strip()
        key = server.stdout.readline().removeprefix("key: ").strip()
        assert (status(address, None), status(address, "guess"), status(address, key)) == (401, 401, 200)
        server.send_signal(signal.SIGINT)
        _, log = server.communicate(timeout=120)
    assert len(key) >= 32
    assert key not in log


def test_a_host_of_mcp_servers_that_cannot_be_is_refused_with_an_example() -> None:
    refused = serve("--allow-mcp", "https://mcp.example.com/mcp")
    assert refused.returncode == 2
    assert "mcp.example.com:8443" in refused.stderr


@pytest.mark.parametrize(
    ("address", "here"), [("127.0.0.1", True), ("::1", True), ("0.0.0.0", False), ("192.168.1.7", False)]
)
def test_mcp_servers_of_this_machine_are_only_for_its_own_programs(address: str, here: bool) -> None:
    named = AllowedHost.read("mcp.example.com")
    assert mcp_policy(address, [named]) == McpPolicy(here, (named,))


def test_a_key_and_none_exclude_each_other() -> None:
    done = serve("--no-key", REALTIME_WIDGETS_API_KEY="k")
    assert done.returncode == 2
    assert "exclude each other" in done.stderr


@pytest.mark.parametrize(
    ("brain", "text"),
    [
        ("nonsense", "the brain's address must be a URL such as http://localhost:11434/v1, or script:FILE"),
        ("script:/no/such/file.toml", "the script /no/such/file.toml cannot be read"),
    ],
)
def test_a_brain_that_cannot_be_is_told_at_once(brain: str, text: str) -> None:
    for done in (serve("--brain", brain), serve(REALTIME_WIDGETS_BRAIN=brain)):
        assert done.returncode == 2
        assert text in done.stderr
        assert "Traceback" not in done.stderr
