"""The doctor, run as a person runs it: in a process of its own, in whole and in broken environments."""

from __future__ import annotations

import http.server
import json
import os
import re
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = "sk-this-must-never-be-seen-0123456789"


def doctor(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    command = [sys.executable, "-m", "realtime_widgets.cli.main", "doctor", *arguments]
    result = subprocess.run(
        command, env={**kept, **variables}, capture_output=True, text=True, check=False, timeout=300
    )
    for secret in (KEY, KEY[:12], KEY[-10:]):
        assert secret not in result.stdout + result.stderr
    assert "Traceback" not in result.stderr
    return result


def findings(*arguments: str, **variables: str) -> tuple[int, dict[str, dict[str, Any]]]:
    result = doctor("--json", *arguments, **variables)
    return result.returncode, {finding["name"]: finding for finding in json.loads(result.stdout)}


class _Service(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        service = self.server
        assert isinstance(service, _Server)
        service.asked.append((self.path, self.headers.get("Authorization")))
        self.send_response(service.status)
        if service.location:
            self.send_header("Location", service.location)
        self.end_headers()
        self.wfile.write(service.body)

    def log_message(self, format: str, *args: Any) -> None:
        pass


class _Server(http.server.ThreadingHTTPServer):
    status = 200
    body = b'{"data": [{"id": "gpt-realtime-2.1"}, {"id": "other"}]}'
    location = ""
    asked: list[tuple[str, str | None]]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


@pytest.fixture
def service() -> Iterator[_Server]:
    server = _Server(("127.0.0.1", 0), _Service)
    server.asked = []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_whole_installation_without_a_key_can_talk() -> None:
    result = doctor()
    assert result.returncode == 0, result.stdout
    assert "local: a session starts it on this machine" in result.stdout
    assert "OPENAI_API_KEY: not set" in result.stdout
    assert result.stdout.rstrip().endswith("Nothing found that keeps you from talking.")


def test_json_says_the_same_to_programs() -> None:
    code, found = findings()
    assert code == 0
    assert {finding["state"] for finding in found.values()} == {"ok"}
    assert {"Python", "ipykernel", "JupyterLab", "front end", "recognition model"} <= found.keys()
    assert re.search(
        r"(kernels unknown|run on [\w -]+ kernels), precise mode (on|off)", found["int8 models"]["detail"]
    )


def test_a_missing_package_is_named_with_its_cure(tmp_path: Path) -> None:
    shim = tmp_path / "anywidget"
    shim.mkdir()
    (shim / "__init__.py").write_text("raise ImportError('half installed')")
    code, found = findings(PYTHONPATH=str(tmp_path))
    assert code == 1
    assert found["anywidget"]["state"] == "problem"
    assert "half installed" in found["anywidget"]["detail"]
    assert "-m pip install" in found["anywidget"]["cure"]
    assert found["endpoint"]["state"] == "ok"  # the rest is still looked at


@pytest.mark.parametrize(("package", "version"), [("ipykernel", "6.29.5"), ("jupyterlab", "4.3.8")])
def test_an_old_notebook_is_told_what_it_costs(tmp_path: Path, package: str, version: str) -> None:
    info = tmp_path / f"{package}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
    code, found = findings(PYTHONPATH=str(tmp_path))
    finding = found["JupyterLab" if package == "jupyterlab" else package]
    assert code == 0
    assert finding["state"] == "warning"
    assert version in finding["detail"]
    assert "while a cell runs" in finding["detail"]
    assert f'"{package}>=' in finding["cure"]


def test_missing_speech_models_matter_for_the_local_endpoint_only(service: _Server, tmp_path: Path) -> None:
    missing = {"REALTIME_WIDGETS_ASR_MODEL": str(tmp_path / "nowhere")}
    code, found = findings(**missing)
    assert (code, found["recognition model"]["state"]) == (1, "problem")
    assert "nowhere" in found["recognition model"]["detail"]
    code, found = findings("--endpoint", service.url, OPENAI_API_KEY=KEY, **missing)
    assert (code, found["recognition model"]["state"]) == (0, "warning")


def test_pictures_that_cannot_be_read_are_a_warning_with_the_extra_that_helps(tmp_path: Path) -> None:
    assert "reads the text in them" in findings()[1]["pictures"]["detail"]
    code, found = findings(REALTIME_WIDGETS_TEXT_RECOGNITION_MODEL=str(tmp_path / "nowhere"))
    assert (code, found["pictures"]["state"]) == (0, "warning")
    assert "nowhere" in found["pictures"]["detail"]
    assert '[pictures]"' in found["pictures"]["cure"]


def test_an_endpoint_that_takes_the_key_is_well(service: _Server) -> None:
    code, found = findings(OPENAI_BASE_URL=service.url, OPENAI_API_KEY=KEY)
    assert code == 0
    assert found["OPENAI_API_KEY"]["detail"] == "present"
    assert found[f"endpoint 127.0.0.1:{service.server_port}"]["state"] == "ok"
    assert service.asked == [("/v1/models", f"Bearer {KEY}")]


@pytest.mark.parametrize(
    ("status", "body", "state", "detail"),
    [
        (401, b"", "problem", "refuses the key"),
        (500, b"", "problem", "HTTP 500"),
        (404, b"", "warning", "no list of models"),
        (200, b"<html>", "warning", "not with a list of models"),
        (200, b'{"data": [{"id": "other"}]}', "warning", "it lists other"),
    ],
)
def test_what_is_wrong_with_an_endpoint_is_said(
    service: _Server, status: int, body: bytes, state: str, detail: str
) -> None:
    service.status, service.body = status, body
    code, found = findings(OPENAI_BASE_URL=service.url, OPENAI_API_KEY=KEY)
    finding = found[f"endpoint 127.0.0.1:{service.server_port}"]
    assert finding["state"] == state
    assert detail in finding["detail"]
    assert finding["cure"]
    assert code == (state == "problem")


def test_a_list_of_models_that_quotes_the_key_is_told_without_it(service: _Server) -> None:
    service.body = json.dumps({"data": [{"id": f"for-{KEY}"}]}).encode()
    _, found = findings(OPENAI_BASE_URL=service.url, OPENAI_API_KEY=KEY)
    assert "it lists for-…" in found[f"endpoint 127.0.0.1:{service.server_port}"]["detail"]


def test_the_key_is_not_sent_on_to_another_address(service: _Server) -> None:
    service.status, service.location = 302, f"{service.url}/elsewhere"
    code, found = findings(OPENAI_BASE_URL=service.url, OPENAI_API_KEY=KEY)
    assert code == 1
    assert "another address" in found[f"endpoint 127.0.0.1:{service.server_port}"]["detail"]
    assert [path for path, _ in service.asked] == ["/v1/models"]


def test_openais_key_is_not_shown_to_an_address_that_is_only_named(service: _Server) -> None:
    findings("--endpoint", service.url, OPENAI_API_KEY=KEY)
    assert service.asked == [("/v1/models", None)]


def test_an_endpoint_that_is_not_there_is_a_problem(service: _Server) -> None:
    url = service.url
    service.shutdown()
    service.server_close()
    result = doctor("--endpoint", url, OPENAI_API_KEY=KEY)
    assert result.returncode == 1
    assert "cannot be reached: Connection refused" in result.stdout
    assert "1 problem to solve before you can talk." in result.stdout


@pytest.mark.parametrize(
    ("arguments", "variables"),
    [
        (["--endpoint", "http://127.0.0.1:9/v1"], {"OPENAI_API_KEY": KEY + "\n"}),
        (["--endpoint", "http://127.0.0.1:9/v1"], {"OPENAI_API_KEY": KEY + "\u2014"}),
        ([], {"OPENAI_BASE_URL": f"http://user:{KEY}@127.0.0.1:9/v1?key={KEY}", "OPENAI_API_KEY": KEY}),
        ([], {"OPENAI_BASE_URL": f"ftp://{KEY}@host", "OPENAI_API_KEY": KEY}),
        ([], {"OPENAI_BASE_URL": KEY}),
        ([], {"OPENAI_BASE_URL": f"http://127.0.0.1:{KEY}/v1"}),
        (["--endpoint", KEY], {}),
        (["--endpoint", f"azure:{KEY}"], {}),
    ],
)
def test_no_error_shows_a_secret(arguments: list[str], variables: dict[str, str]) -> None:
    assert doctor(*arguments, **variables).returncode == 1


def test_openai_without_a_key_is_a_problem_with_a_cure() -> None:
    code, found = findings("--endpoint", "openai")
    assert code == 1
    assert "needs an API key" in found["endpoint"]["detail"]
    assert "OPENAI_API_KEY" in found["endpoint"]["cure"]


def test_a_server_whose_extension_is_switched_off_is_told_with_the_cure(tmp_path: Path) -> None:
    name = "realtime_widgets.jupyter.server_extension"
    folder = tmp_path / "jupyter_server_config.d"
    folder.mkdir()
    switched_off = {"ServerApp": {"jpserver_extensions": {name: False}}}
    (folder / "off.json").write_text(json.dumps(switched_off))
    code, found = findings(JUPYTER_CONFIG_PATH=str(tmp_path))
    assert code == 0
    assert found["Jupyter server"]["state"] == "warning"
    assert f"jupyter server extension enable {name}" in found["Jupyter server"]["cure"]
