"""The endpoint as a child process: it listens, it ends with its parent, it says why it cannot start."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import urllib.error
import urllib.request
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any

import pytest
from jupyter_client.manager import start_new_kernel

from realtime_widgets.errors import LocalEndpointError
from realtime_widgets.local import process as process_module
from realtime_widgets.local.process import EmbeddedEndpoint
from realtime_widgets.local.serve import KEY_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="signals and process groups of POSIX")


@pytest.fixture
def embedded() -> Iterator[EmbeddedEndpoint]:
    endpoint = EmbeddedEndpoint()
    yield endpoint
    endpoint.stop()


def wait_for_exit(pid: int) -> None:
    """Return when the process (not ours) is gone; the test's own time limit ends a wait in vain."""
    pause = threading.Event()
    while True:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        if sys.platform == "linux":
            with open(f"/proc/{pid}/stat") as stat:  # noqa: PTH123
                if stat.read().rpartition(")")[2].split()[0] == "Z":
                    return
        pause.wait(0.05)


def serve(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "realtime_widgets.local", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def status(address: str, key: str | None) -> int:
    """What the list of models is answered with."""
    request = urllib.request.Request(
        f"{address}/models", headers={"Authorization": f"Bearer {key}"} if key else {}
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_start_status_and_stop(embedded: EmbeddedEndpoint) -> None:
    assert not embedded.alive
    embedded.start()
    assert embedded.alive
    assert embedded.url.startswith("http://127.0.0.1:")
    assert set(embedded.status()) == {"ready", "loading", "problem"}
    assert embedded.api_key not in repr(embedded)
    pid = embedded.pid
    assert embedded.start().pid == pid
    embedded.stop()
    assert not embedded.alive
    with pytest.raises(LocalEndpointError, match="not running"):
        _ = embedded.url
    embedded.stop()


def test_key_is_needed_and_not_in_the_process_list(embedded: EmbeddedEndpoint) -> None:
    embedded.start()
    host, _, port = embedded.url.removeprefix("http://").removesuffix("/v1").partition(":")
    connection = HTTPConnection(host, int(port), timeout=20)
    connection.request("GET", "/v1/models")
    answer = connection.getresponse()
    assert answer.status == 401
    assert json.loads(answer.read())["error"]["code"] == "invalid_api_key"
    connection.close()
    if sys.platform == "linux":
        with open(f"/proc/{embedded.pid}/cmdline") as shown:  # noqa: PTH123
            assert embedded.api_key not in shown.read()


@posix_only
def test_a_server_that_died_is_started_again(embedded: EmbeddedEndpoint) -> None:
    embedded.start()
    pid, key = embedded.pid, embedded.api_key
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    pause = threading.Event()
    while embedded.alive:
        pause.wait(0.05)
    embedded.start()
    assert embedded.pid != pid
    assert embedded.api_key == key
    assert "ready" in embedded.status()


def test_shared_endpoint_is_one_for_all_threads() -> None:
    found: list[EmbeddedEndpoint] = []
    threads = [threading.Thread(target=lambda: found.append(EmbeddedEndpoint.shared())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    try:
        assert len({id(endpoint) for endpoint in found}) == 1
        assert found[0].alive
    finally:
        found[0].stop()


PARENT = """
    import sys
    from realtime_widgets.local.process import EmbeddedEndpoint
    endpoint = EmbeddedEndpoint.shared()
    print(endpoint.pid, flush=True)
    {then}
"""


def start_parent(then: str) -> tuple[subprocess.Popen[str], int]:
    code = textwrap.dedent(PARENT).format(then=then)
    parent = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    return parent, int(parent.stdout.readline())


@posix_only
@pytest.mark.parametrize(
    ("number", "then"),
    [
        (signal.SIGKILL, "sys.stdin.read()"),
        (signal.SIGTERM, "sys.stdin.read()"),
        # Another child holds the pipe open: the parent's process id tells.
        (signal.SIGKILL, "import os; os.fork(); sys.stdin.read()"),
    ],
)
def test_server_ends_with_its_parent(number: signal.Signals, then: str) -> None:
    parent, pid = start_parent(then)
    try:
        os.kill(pid, 0)
        os.kill(parent.pid, number)
        wait_for_exit(pid)
    finally:
        assert parent.stdin is not None
        parent.stdin.close()
        parent.kill()
        parent.wait()


def test_server_ends_when_its_parent_exits() -> None:
    parent, pid = start_parent("sys.exit(0)")
    with parent:
        parent.wait(60)
    wait_for_exit(pid)


@posix_only
def test_interrupt_of_the_parent_does_not_reach_the_server(embedded: EmbeddedEndpoint) -> None:
    embedded.start()
    assert embedded.pid is not None
    assert os.getpgid(embedded.pid) != os.getpgid(0)
    assert os.getsid(embedded.pid) != os.getsid(0)


@posix_only
def test_interrupted_kernel_keeps_its_endpoint_and_a_killed_one_ends_it() -> None:
    manager, client = start_new_kernel()
    try:
        start = "from realtime_widgets.local.process import EmbeddedEndpoint as E; import threading\n"
        started: list[str] = []

        def keep(message: dict[str, Any]) -> None:
            if message["msg_type"] == "stream":
                started.append(message["content"]["text"])

        reply = client.execute_interactive(
            start + "t = threading.Thread(target=E.shared); t.start(); t.join(); print(E.shared().pid)",
            output_hook=keep,
            timeout=60,
        )
        assert reply["content"]["status"] == "ok"
        pid = int("".join(started))
        # Interrupted before user code runs, a kernel drops the interrupt: the cell says that it runs.
        cell = "import time; print('running', flush=True); time.sleep(600)"
        busy = client.execute(cell, stop_on_error=False)  # else the kernel drops what comes right after it
        while client.get_iopub_msg(timeout=60)["msg_type"] != "stream":
            pass
        manager.interrupt_kernel()
        while (reply := client.get_shell_msg(timeout=60))["parent_header"]["msg_id"] != busy:
            pass
        assert reply["content"]["ename"] == "KeyboardInterrupt"
        check = f"assert E.shared().pid == {pid} and E.shared().status()"
        reply = client.execute_interactive(check, timeout=60)
        assert reply["content"]["status"] == "ok"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    wait_for_exit(pid)


def test_failed_start_gives_the_end_of_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_module, "_MODULE", "realtime_widgets.no_such_module")
    with pytest.raises(LocalEndpointError, match=r"No module named realtime_widgets\.no_such_module"):
        EmbeddedEndpoint().start()


def test_interpreter_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    with pytest.raises(LocalEndpointError, match="cannot start '/no/such/python'"):
        EmbeddedEndpoint().start()


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
        (["--host", "no.such.host.invalid"], "is no address of this machine"),
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
        out, log = server.communicate(timeout=60)
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
        _, log = server.communicate(timeout=60)
    assert len(key) >= 32
    assert key not in log


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


def test_the_shared_endpoint_has_the_brain_that_the_environment_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    script = tmp_path / "talk.toml"
    script.write_text('[[answer]]\nsay = "Hello."\n')
    before = EmbeddedEndpoint.shared()
    monkeypatch.setenv("REALTIME_WIDGETS_BRAIN", f"script:{script}")
    after = EmbeddedEndpoint.shared()
    try:
        assert after.url != before.url
        assert before.alive  # sessions that talk with it go on
        assert after is EmbeddedEndpoint.shared()
        monkeypatch.delenv("REALTIME_WIDGETS_BRAIN")
        assert EmbeddedEndpoint.shared() is before
    finally:
        before.stop()
        after.stop()


def test_a_brain_that_does_not_answer_is_in_the_log_of_a_server_that_starts(
    monkeypatch: pytest.MonkeyPatch, embedded: EmbeddedEndpoint, unused_tcp_port: int
) -> None:
    url = f"http://127.0.0.1:{unused_tcp_port}/v1"
    monkeypatch.setenv("REALTIME_WIDGETS_BRAIN", url)
    embedded.start()
    pause = threading.Event()
    while f"cannot connect to the brain at {url}: Connection refused; is it running?" not in embedded.log:
        pause.wait(0.05)
    assert embedded.alive
