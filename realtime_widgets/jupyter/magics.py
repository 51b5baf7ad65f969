"""Magics for notebooks, after ``%load_ext realtime_widgets``: ``%%tool`` and ``%realtime``."""

from __future__ import annotations

import argparse
import ast
import shlex
from typing import TYPE_CHECKING, Any, NoReturn

from IPython.core.error import UsageError
from IPython.core.magic import Magics, cell_magic, line_cell_magic, magics_class, no_var_expand

from realtime_widgets.session.session import RealtimeSession, latest_session
from realtime_widgets.shown_text import visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from IPython.core.interactiveshell import InteractiveShell


def load(shell: InteractiveShell) -> None:
    """Register the magics in a shell."""
    shell.register_magics(RealtimeMagics)


def _seconds(text: str) -> float | None:
    return None if text.lower() == "none" else float(text)


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError as error:
        raise UsageError(f"%%tool: the options cannot be read: {error}") from None


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"%%tool: {message}")


def _tool_parser() -> _Parser:
    parser = _Parser("%%tool", add_help=False, allow_abbrev=False, argument_default=argparse.SUPPRESS)
    parser.add_argument("--name")
    parser.add_argument("--description")
    parser.add_argument("--approval", choices=["never", "always"])
    parser.add_argument("--approval-limit", type=_seconds)
    parser.add_argument("--approve-by-voice", action="store_true")
    parser.add_argument("--time-limit", type=_seconds)
    parser.add_argument("--run-in", choices=["main", "thread"])
    parser.add_argument("--one-at-a-time", dest="parallel", action="store_false")
    parser.add_argument("--session", default="")
    return parser


@magics_class
class RealtimeMagics(Magics):
    """The magics of one shell, and the session that they act on."""

    def __init__(self, shell: InteractiveShell) -> None:
        super().__init__(shell)
        self._notebook = shell
        self._chosen = ""

    @no_var_expand
    @cell_magic
    def tool(self, line: str, cell: str) -> None:
        """Run the cell, and let the model call the functions that it defines.

        Functions whose names begin with an underscore stay the notebook's own. Running the cell again replaces
        the tools. Options, all after ``%%tool`` on its line:

        --name NAME --description "TEXT"    what the model is told, if the cell defines only one function
        --approval always                   the user is asked before each call
        --approval-limit 60                 seconds without an answer that count as refused, or none
        --approve-by-voice                  a spoken or typed yes or no answers too
        --time-limit 5                      seconds after which a call is given up, or none
        --run-in main                       where it runs: main or thread
        --one-at-a-time                     calls wait for each other
        --session NAME                      the session in this variable, otherwise the most recent one
        """
        options = vars(_tool_parser().parse_args(_words(line)))
        session = self._session(options.pop("session"))
        names = self._run(cell)
        if not names:
            raise UsageError("this cell defines no function at its top level (def name(...): ...)")
        if len(names) > 1 and options.keys() & {"name", "description"}:
            raise UsageError(f"--name and --description are for one function; here are {', '.join(names)}")
        for name in names:
            session.tools.add(self._notebook.user_ns[name], **options)

    @no_var_expand
    @line_cell_magic
    def realtime(self, line: str, cell: str | None = None) -> Any:
        """Talk with the session, or look at it, in few keystrokes.

        %realtime                   what it is doing
        %realtime ask "WORDS"       ask and wait; in quotes, for a ? at the end asks IPython for help
        %realtime say WORDS         say something and go on
        %realtime stop              stop what is being said
        %realtime tools             the tools; likewise: calls, usage, mcp, transcript
        %realtime close             end the session
        %%realtime ask              the same with the words in the cell; likewise: say
        %realtime session NAME      act on the session in this variable from now on; without a name the latest
        """
        command, _, rest = line.strip().partition(" ")
        rest = f"{rest}\n{cell or ''}".strip()
        if len(rest) > 1 and rest[0] == rest[-1] and rest[0] in "\"'":
            rest = rest[1:-1]
        if command == "session":
            return self._choose(rest)
        session = self._session()
        looks: dict[str, Callable[[], Any]] = {
            "": lambda: print(session),
            "stop": session.interrupt,
            "tools": lambda: session.tools,
            "calls": lambda: session.calls,
            "usage": lambda: session.usage,
            "mcp": lambda: session.mcp,
            "transcript": lambda: print(visible(session.transcript)),
            "close": session.close_sync,
        }
        says: dict[str, Callable[[str], Any]] = {"ask": session.ask_sync, "say": session.say}
        if command in says:
            if not rest:
                raise UsageError(f"what to {command}? %realtime {command} WORDS")
            return says[command](rest)
        if command not in looks:
            known = ", ".join([*says, *filter(None, looks), "session"])
            raise UsageError(f"%realtime knows no {command!r}; there are {known}")
        if rest:
            raise UsageError(f"%realtime {command} takes nothing more, not {rest!r}")
        return looks[command]()

    def _choose(self, name: str) -> None:
        before, self._chosen = self._chosen, name
        try:
            print(f"{name or 'the latest'}: {self._session()}")
        except UsageError:
            self._chosen = before
            raise

    def _session(self, name: str = "") -> RealtimeSession:
        name = name or self._chosen
        if name:
            session = self._notebook.user_ns.get(name)
            if not isinstance(session, RealtimeSession):
                raise UsageError(
                    f"there is no session in a variable {name!r}; make one: {name} = RealtimeSession()"
                )
            return session
        latest = latest_session()
        if latest is None:
            raise UsageError("there is no session yet; make one: session = RealtimeSession()")
        return latest

    def _run(self, cell: str) -> list[str]:
        """Run a cell in the notebook's namespace; return the names of the functions that it defines."""
        source: str = self._notebook.transform_cell(cell)  # type: ignore[no-untyped-call]
        file = self._notebook.compile.cache(source, raw_code=cell)  # for tracebacks and inspect.getsource
        tree = ast.parse(source, file)
        exec(self._notebook.compile(source, file, "exec"), self._notebook.user_global_ns, self._notebook.user_ns)
        functions = (node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
        return list(dict.fromkeys(node.name for node in functions if not node.name.startswith("_")))
