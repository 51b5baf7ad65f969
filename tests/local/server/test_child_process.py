"""The endpoint as a child process: it listens, it ends with its parent, it says why it cannot start."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import threading
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jupyter_client.manager import start_new_kernel

from realtime_widgets.errors import LocalEndpointError
from realtime_widgets.local.server import child_process as process_module
from realtime_widgets.local.server.child_process import EmbeddedEndpoint, needed_variables

if TYPE_CHECKING:
    from collections.abc import Iterator


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
    connection = HTTPConnection(host, int(port), timeout=120)
    connection.request("GET", "/v1/models")
    answer = connection.getresponse()
    assert answer.status == 401
    assert json.loads(answer.read())["error"]["code"] == "invalid_api_key"
    connection.close()
    if sys.platform == "linux":
        with open(f"/proc/{embedded.pid}/cmdline") as shown:  # noqa: PTH123
            assert embedded.api_key not in shown.read()


GIVEN = {
    "PATH": "/bin",
    "HOME": "/root",
    "LC_ALL": "C.UTF-8",
    "https_proxy": "http://127.0.0.1:3128",
    "REALTIME_WIDGETS_ASR_MODEL": "/models/asr",
}
OTHERS = {"AWS_SECRET_ACCESS_KEY": "aws", "OPENAI_API_KEY": "open", "HF_TOKEN": "hub", "JPY_API_TOKEN": "lab"}


@pytest.mark.parametrize(
    ("brain", "own", "key"),
    [
        ("", "", None),
        ("built-in", "mine", None),
        ("script:talk.toml", "mine", None),
        ("http://localhost:11434/v1", "mine", "mine"),
        ("http://localhost:11434/v1", "", None),
        ("https://api.openai.com/v1", "", "open"),
        ("http://api.openai.com/v1", "", None),
    ],
)
def test_the_server_gets_the_variables_that_it_needs_and_no_key_but_its_brains(
    brain: str, own: str, key: str | None
) -> None:
    chosen = {"REALTIME_WIDGETS_BRAIN": brain} | ({"REALTIME_WIDGETS_BRAIN_KEY": own} if own else {})
    wanted = {**GIVEN, "REALTIME_WIDGETS_BRAIN": brain} | ({"REALTIME_WIDGETS_BRAIN_KEY": key} if key else {})
    assert needed_variables({**GIVEN, **OTHERS, **chosen}) == wanted


@pytest.mark.skipif(sys.platform != "linux", reason="Linux shows the variables of a process in /proc")
def test_no_key_of_the_parent_is_in_the_servers_environment(
    monkeypatch: pytest.MonkeyPatch, embedded: EmbeddedEndpoint
) -> None:
    for name, value in OTHERS.items():
        monkeypatch.setenv(name, value)
    embedded.start()
    variables = Path(f"/proc/{embedded.pid}/environ").read_text().split("\0")
    assert "REALTIME_WIDGETS_API_KEY=" + embedded.api_key in variables
    assert not {name.partition("=")[0] for name in variables} & OTHERS.keys()


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
    from realtime_widgets.local.server.child_process import EmbeddedEndpoint
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
        start = "from realtime_widgets.local.server.child_process import EmbeddedEndpoint as E; import threading\n"
        started: list[str] = []

        def keep(message: dict[str, Any]) -> None:
            if message["msg_type"] == "stream":
                started.append(message["content"]["text"])

        reply = client.execute_interactive(
            start + "t = threading.Thread(target=E.shared); t.start(); t.join(); print(E.shared().pid)",
            output_hook=keep,
            timeout=120,
        )
        assert reply["content"]["status"] == "ok"
        pid = int("".join(started))
        # Interrupted before user code runs, a kernel drops the interrupt: the cell says that it runs.
        cell = "import time; print('running', flush=True); time.sleep(600)"
        busy = client.execute(cell, stop_on_error=False)  # else the kernel drops what comes right after it
        while client.get_iopub_msg(timeout=120)["msg_type"] != "stream":
            pass
        manager.interrupt_kernel()
        while (reply := client.get_shell_msg(timeout=120))["parent_header"]["msg_id"] != busy:
            pass
        assert reply["content"]["ename"] == "KeyboardInterrupt"
        check = f"assert E.shared().pid == {pid} and E.shared().status()"
        reply = client.execute_interactive(check, timeout=120)
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
