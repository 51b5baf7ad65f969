"""Cures name a command that works for the way in which the package was installed."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from realtime_widgets import installing
from realtime_widgets.errors import LocalEndpointError
from realtime_widgets.local.server.child_process import EmbeddedEndpoint

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Install the package's metadata, as from somewhere."""

    def install(origin: dict[str, object] | None = None, requires: tuple[str, ...] = ()) -> None:
        folder = tmp_path / "realtime_widgets-9.dist-info"
        folder.mkdir()
        lines = ["Metadata-Version: 2.1", "Name: realtime-widgets", "Version: 9"]
        (folder / "METADATA").write_text("\n".join([*lines, *(f"Requires-Dist: {each}" for each in requires)]))
        if origin is not None:
            (folder / "direct_url.json").write_text(json.dumps(origin))
        monkeypatch.syspath_prepend(str(tmp_path))

    return install


@pytest.mark.parametrize(
    ("origin", "what"),
    [
        (None, '"realtime-widgets[local]"'),
        ({"url": "file:///home/ann/my%20work", "dir_info": {}}, '"/home/ann/my work[local]"'),
        ({"url": "file:///home/ann/rw", "dir_info": {"editable": True}}, '-e "/home/ann/rw[local]"'),
        (
            {"url": "https://a.example/rw.whl", "archive_info": {}},
            '"realtime-widgets[local] @ https://a.example/rw.whl"',
        ),
        (
            {"url": "https://a.example/rw.git", "vcs_info": {"vcs": "git", "commit_id": "1"}},
            '"realtime-widgets[local] @ git+https://a.example/rw.git"',
        ),
    ],
)
def test_an_extra_is_installed_from_where_the_package_came(
    installed: Callable[..., None], origin: dict[str, object] | None, what: str
) -> None:
    installed(origin)
    assert installing.install_extra("local") == f"{sys.executable} -m pip install {what}"


def test_an_environment_of_uv_has_no_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installing.importlib.util, "find_spec", lambda _: None)
    assert installing.install("av") == f"uv pip install --python {sys.executable} av"
    again = installing.install("av>=14", reinstall=True)
    assert again == f'uv pip install --python {sys.executable} --reinstall "av>=14"'


def test_an_environment_of_pipx_takes_more_by_inject(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prefix = tmp_path / "realtime-widgets"
    prefix.mkdir()
    (prefix / "pipx_metadata.json").write_text("{}")
    monkeypatch.setattr(sys, "prefix", str(prefix))
    assert installing.install("av") == "pipx inject realtime-widgets av"


def test_a_base_install_says_which_extra_the_local_endpoint_needs(installed: Callable[..., None]) -> None:
    installed(
        requires=(
            "numpy>=1.26",
            'no-such-package>=3; extra == "local"',
            'another-one[x]>=1; extra == "local"',
            'never-asked-for; extra == "mcp"',
        )
    )
    with pytest.raises(LocalEndpointError) as caught:
        EmbeddedEndpoint("rules").start()
    text = str(caught.value)
    assert "needs no-such-package, another-one, which are not installed" in text
    assert installing.install_extra("local") in text
    assert "never-asked-for" not in text
    assert "Traceback" not in text
