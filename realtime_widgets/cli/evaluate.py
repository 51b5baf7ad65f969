"""``realtime-widgets evaluate``: runs scenarios and reports what held; exit code 1 if something did not."""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from realtime_widgets import evaluation as ev
from realtime_widgets.errors import ConfigurationError
from realtime_widgets.installing import install_extra
from realtime_widgets.shown_text import visible
from realtime_widgets.tools.from_file import load_tools

if TYPE_CHECKING:
    import argparse

    from realtime_widgets.evaluation import ChatModel, Evaluation, Run


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describe the command's arguments."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE.toml", help="files with scenarios")
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="run each scenario N times")
    parser.add_argument("--html", type=Path, metavar="FILE.html", help="write a page with all that was said here")
    parser.add_argument("--junit", type=Path, metavar="FILE.xml", help="write a report for continuous integration")
    parser.add_argument(
        "--tools", type=Path, metavar="FILE.py", help="Python file; its public functions are tools"
    )
    parser.add_argument("--endpoint", help='"local", "openai" or a base URL, in place of that of the scenarios')
    parser.add_argument(
        "--model", action="append", default=[], help="model name; several are compared with one another"
    )
    parser.add_argument("--key-variable", metavar="NAME", help="environment variable with the key")
    limits = parser.add_argument_group("limits")
    limits.add_argument("--sessions", type=int, default=4, help="sessions at once (default: %(default)s)")
    limits.add_argument("--money", type=float, metavar="DOLLARS", help="begin no run once this is spent")
    limits.add_argument("--per-minute", type=float, metavar="N", help="sessions that begin within a minute")
    limits.add_argument("--retries", type=int, default=2, help="after a failure of the network (default: 2)")
    cluster = parser.add_argument_group("a Dask cluster")
    cluster.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask scheduler, such as tcp://10.0.0.5:8786")
    models = parser.add_argument_group("chat models")
    for name, job in (("judge", "judges what 'holds' says"), ("caller", "plays the callers")):
        models.add_argument(f"--{name}", metavar="URL", help=f'endpoint that {job}: "openai" or a base URL')
        models.add_argument(f"--{name}-model", metavar="NAME", help="its model")
        models.add_argument(f"--{name}-key-variable", default="", metavar="NAME", help="variable with its key")


def run(namespace: argparse.Namespace) -> int:
    """Run the command; 0 if everything held, 1 if not, 2 if a scenario cannot be."""
    # An error is in the report; the log would say it a second time.
    logging.getLogger("realtime_widgets").addHandler(logging.NullHandler())
    for file in (namespace.html, namespace.junit):
        if file is not None and not file.absolute().parent.is_dir():
            raise ConfigurationError(f"there is no folder {file.parent} to write {file.name} to; make it first")
    done: list[Run] = []

    def note(run: Run) -> None:
        done.append(run)
        print(visible(f"{run.scenario} [{run.number}] {run.configuration}: {run.status}"), file=sys.stderr)

    try:
        evaluation = asyncio.run(_evaluated(namespace, note))
    except KeyboardInterrupt:  # what was paid for is not lost
        _report(ev.Evaluation(done), namespace)
        raise
    _report(evaluation, namespace)
    if any(run.status == "invalid" for run in evaluation):
        return 2
    return 0 if evaluation.passed else 1


async def _evaluated(namespace: argparse.Namespace, note: Any) -> Evaluation:
    options: dict[str, Any] = {
        "configurations": _configurations(namespace),
        "tools": load_tools(namespace.tools) if namespace.tools else [],
        "repeat": namespace.repeat,
        "limits": ev.Limits(namespace.sessions, namespace.money, namespace.per_minute, namespace.retries),
        "judge": _model(namespace.judge, namespace.judge_model, namespace.judge_key_variable),
        "caller": _model(namespace.caller, namespace.caller_model, namespace.caller_key_variable),
        "on_run": note,
    }
    if namespace.scheduler is None:
        return await ev.evaluate(namespace.files, **options)
    try:
        from distributed import Client
    except ImportError:
        raise ConfigurationError(f"--scheduler needs Dask: {install_extra('evaluate')}") from None
    try:
        client: Any = await Client(namespace.scheduler, asynchronous=True)  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"there is no Dask scheduler at {namespace.scheduler}: {str(error) or type(error).__name__}"
        ) from None
    async with client:
        return await ev.evaluate(namespace.files, client=client, **options)


def _configurations(namespace: argparse.Namespace) -> dict[str, dict[str, str]] | None:
    common = {"endpoint": namespace.endpoint, "key_variable": namespace.key_variable}
    given = {name: value for name, value in common.items() if value}
    if namespace.model:
        return {model: {**given, "model": model} for model in namespace.model}
    return {namespace.endpoint or "": given} if given else None


def _model(endpoint: str | None, model: str | None, variable: str) -> ChatModel | None:
    if endpoint is None:
        if model or variable:
            raise ConfigurationError("a model that judges or calls needs its endpoint: --judge URL, --caller URL")
        return None
    return ev.ChatModel(endpoint, model, variable)


def _report(evaluation: Evaluation, namespace: argparse.Namespace) -> None:
    """Print the table, and write the files; one that cannot be written does not keep the other."""
    print(evaluation.table())
    failed = ""
    for path, save in ((namespace.html, evaluation.save_html), (namespace.junit, evaluation.save_junit)):
        try:
            if path is not None:
                save(path)
        except ConfigurationError as error:
            failed = failed or str(error)
    if failed:
        raise ConfigurationError(failed)
