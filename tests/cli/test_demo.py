"""The demo command: notebooks in a folder of the person's, JupyterLab on the first of them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import nbformat
import pytest

from devtools.browser.notebooks import write_notebook
from devtools.environments.tracing import read_trace, traced
from realtime_widgets.cli.demo import FIRST_NOTEBOOK, copy_notebooks, notebooks_folder
from realtime_widgets.errors import ConfigurationError
from realtime_widgets.installing import install_extra

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def _folder(path: Path, source: str) -> Path:
    path.mkdir()
    write_notebook(path / "a.ipynb", [source])
    (path / "sound.wav").write_bytes(b"RIFF")
    (path / ".ipynb_checkpoints").mkdir()
    write_notebook(path / ".ipynb_checkpoints" / "a.ipynb", [source])
    return path


def test_notebooks_come_with_what_lies_beside_them(tmp_path: Path) -> None:
    target = tmp_path / "deep" / "mine"
    said = copy_notebooks(_folder(tmp_path / "ours", "1 + 1"), target)
    assert sorted(path.name for path in target.iterdir()) == ["a.ipynb", "sound.wav"]
    assert said == [f"The notebooks are in {target} (2 new)."]


def test_a_notebook_that_was_only_run_is_left_alone(tmp_path: Path) -> None:
    ours, target = _folder(tmp_path / "ours", "1 + 1"), tmp_path / "mine"
    copy_notebooks(ours, target)
    notebook = nbformat.read(target / "a.ipynb", 4)
    notebook.cells[0].execution_count = 1
    notebook.cells[0].outputs = [nbformat.v4.new_output("stream", text="2")]
    nbformat.write(notebook, target / "a.ipynb")
    ran = (target / "a.ipynb").read_bytes()
    assert copy_notebooks(ours, target) == [f"The notebooks are in {target}."]
    assert (target / "a.ipynb").read_bytes() == ran


def test_a_changed_notebook_is_kept_and_ours_put_beside_it(tmp_path: Path) -> None:
    ours, target = _folder(tmp_path / "ours", "1 + 1"), tmp_path / "mine"
    copy_notebooks(ours, target)
    write_notebook(target / "a.ipynb", ["my own work"])
    mine = (target / "a.ipynb").read_bytes()
    said = copy_notebooks(ours, target)
    assert (target / "a.ipynb").read_bytes() == mine
    assert (target / "a.original.ipynb").read_bytes() == (ours / "a.ipynb").read_bytes()
    assert "a.ipynb; it stays as it is" in said[1]
    assert len(copy_notebooks(ours, target)) == 1, "a second time there is nothing to do"
    write_notebook(target / "a.original.ipynb", ["work on the copy"])
    copy_notebooks(ours, target)
    assert nbformat.read(target / "a.original.ipynb", 4).cells[0].source == "work on the copy"
    assert (target / "a.original-2.ipynb").exists()


def test_a_file_that_is_no_notebook_any_more_is_kept_too(tmp_path: Path) -> None:
    ours, target = _folder(tmp_path / "ours", "1 + 1"), tmp_path / "mine"
    target.mkdir()
    (target / "a.ipynb").write_text("{ not JSON")
    copy_notebooks(ours, target)
    assert (target / "a.ipynb").read_text() == "{ not JSON"
    assert (target / "a.original.ipynb").exists()


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(ConfigurationError, match="name another folder"):
        copy_notebooks(_folder(tmp_path / "ours", "1"), tmp_path / "taken")


def test_every_notebook_starts_without_a_question(tmp_path: Path) -> None:
    notebooks = list(notebooks_folder().glob("*.ipynb"))
    assert notebooks
    for path in notebooks:
        notebook = nbformat.read(path, 4)
        nbformat.validate(notebook)
        assert notebook.metadata.kernelspec.name == "python3", path.name


def _environment(folder: Path) -> dict[str, str]:
    own = {name: str(folder / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")}
    return {**os.environ, **own, "JUPYTER_TOKEN": "demo"}


@contextmanager
def _demo(folder: Path, before: Callable[[list[str]], list[str]] = lambda command: command) -> Iterator[_Demo]:
    """Run the demo on a free port; `before` may put another program before the command."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "realtime_widgets.cli.main", "demo", str(folder / "mine")]
    log = folder / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            before([*command, "--no-browser", f"--port={port}", "--", "--ip=127.0.0.1"]),
            env=_environment(folder),
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield _Demo(f"http://127.0.0.1:{port}", process, log)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


class _Demo(NamedTuple):
    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def get(self, path: str) -> Any:
        return _wait_for_json(self.url + path, self.process, self.log)


def test_jupyterlab_opens_on_the_first_notebook(tmp_path: Path) -> None:
    with _demo(tmp_path) as demo:
        assert demo.get(f"/api/contents/{FIRST_NOTEBOOK}")["type"] == "notebook"
        assert f"The notebooks are in {tmp_path / 'mine'}" in demo.log.read_text()
        assert f"/lab/tree/{FIRST_NOTEBOOK}" in demo.log.read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="strace is a program of Linux; there it is needed")
def test_jupyterlab_is_asked_for_news_and_versions_and_asks_nobody(tmp_path: Path) -> None:
    traces = tmp_path / "traces"
    with _demo(tmp_path, lambda command: traced(command, traces)) as demo:
        # What the page asks for when it opens.
        assert demo.get("/lab/api/update") == {"notification": None}
        assert demo.get("/lab/api/news") == {"news": []}
    seen = read_trace(traces)
    assert seen.reached == set()
    # Whoever looks up "localhost" reads the files of this machine.
    assert {each for each in seen.lookups if not each.startswith("/")} == set()


def _wait_for_json(url: str, process: subprocess.Popen[bytes], log: Path) -> Any:
    request = urllib.request.Request(url, headers={"Authorization": "token demo"})
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer)
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"JupyterLab did not come up:\n{log.read_text()}")


def test_without_jupyterlab_the_cure_is_named_and_nothing_copied(tmp_path: Path) -> None:
    # A Python that sees this package and what it needs, but no JupyterLab.
    lines = [
        "import sys",
        "sys.modules['jupyterlab'] = None",
        "from realtime_widgets.cli import main",
        "sys.exit(main.main())",
    ]
    blocker = "\n".join(lines)
    result = subprocess.run(
        [sys.executable, "-c", blocker, "demo", str(tmp_path / "mine")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert install_extra("all") in result.stderr
    assert not (tmp_path / "mine").exists()
