"""The lower bounds of all dependencies are true: an environment with exactly these talks."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from devtools.environments.environments import make_environment
from devtools.environments.lower_bounds import lowest

ROOT = Path(__file__).parents[1]
EXTRAS = ("local", "lab")
TOOL = 'def weather(city: str) -> str:\n    """The weather of a city."""\n    return "sunny"\n'
IMPORTS = "import realtime_widgets.widgets, realtime_widgets.local.webrtc.peer"


def test_a_dependency_without_a_lower_bound_is_named(tmp_path: Path) -> None:
    project = tmp_path / "pyproject.toml"
    project.write_text('[project]\ndependencies = ["numpy>=1.26", "soxr<2"]\noptional-dependencies = {}\n')
    with pytest.raises(ValueError, match="soxr"):
        lowest(project, [])


def test_an_extra_brings_those_that_it_names(tmp_path: Path) -> None:
    project = tmp_path / "pyproject.toml"
    project.write_text(
        '[project]\ndependencies = ["numpy>=1.26"]\n[project.optional-dependencies]\n'
        'all = ["realtime-widgets[lab]", "av>=14,<20"]\nlab = ["ipykernel>=7"]\nother = ["scipy>=1"]\n'
    )
    assert lowest(project, ["all"]) == ["av==14", "ipykernel==7", "numpy==1.26"]


@pytest.mark.nightly
@pytest.mark.models
@pytest.mark.timeout(1800)
def test_the_lowest_versions_talk(tmp_path: Path) -> None:
    requirements = tmp_path / "requirements.txt"
    package = f"realtime-widgets[{','.join(EXTRAS)}] @ {ROOT.as_uri()}"
    requirements.write_text("\n".join([*lowest(ROOT / "pyproject.toml", EXTRAS), package]))
    python = make_environment(tmp_path / "lowest", requirements)
    (tmp_path / "tool.py").write_text(TOOL)

    def run(*arguments: object) -> str:
        command = [str(python), "-I", *map(str, arguments)]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

    run("-c", IMPORTS)
    cli = ("-m", "realtime_widgets.cli.main")
    assert "Nothing found that keeps you from talking" in run(*cli, "doctor", "--endpoint", "local")
    sound = ROOT / "tests" / "sounds" / "goforward.flac"
    said = run(*cli, "talk", sound, "--tools", "tool.py", "--endpoint", "local", "--out", "heard.wav")
    assert "Go forward 10 meters" in said
    assert "I can tell you the weather" in said
    assert (tmp_path / "heard.wav").stat().st_size > 100_000
