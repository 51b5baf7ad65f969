"""The command line ``realtime-widgets``: which subcommands there are, and what their errors print."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from realtime_widgets.cli import audit, captions, demo, doctor, evaluate, talk
from realtime_widgets.errors import RealtimeWidgetsError
from realtime_widgets.local.server import serve
from realtime_widgets.shown_text import visible

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command ``realtime-widgets``; return the exit code (2 for bad input or a failed session)."""
    parser = argparse.ArgumentParser(
        prog="realtime-widgets", description="Talk with a voice model from a notebook or a terminal."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add(commands, "demo", "open the quickstart in JupyterLab, on the local endpoint", demo)
    _add(commands, "doctor", "find what keeps you from talking, with the cure", doctor)
    _add(commands, "serve", "serve the Realtime protocol from this machine", serve)
    _add(commands, "talk", "talk in a browser tab, or speak a sound file and hear the answer", talk)
    _add(commands, "captions", "write a recording down, as text or subtitles", captions)
    _add(commands, "evaluate", "run scenarios, and report which expectations held", evaluate)
    _add(commands, "audit", "check that nothing in an audit trail was changed", audit)
    given = list(sys.argv[1:] if arguments is None else arguments)
    # JupyterLab's own arguments: argparse does not accept them after options.
    own = given.index("--") if given[:1] == ["demo"] and "--" in given else len(given)
    namespace = parser.parse_args(given[:own])
    if given[own:]:
        namespace.jupyter = given[own + 1 :]
    try:
        return int(namespace.run(namespace))
    except RealtimeWidgetsError as error:
        print(f"realtime-widgets: {visible(str(error))}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _add(commands: Any, name: str, summary: str, module: ModuleType) -> None:
    command = commands.add_parser(name, help=summary)
    module.add_arguments(command)
    command.set_defaults(run=module.run)


if __name__ == "__main__":
    sys.exit(main())
