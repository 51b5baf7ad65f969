"""The notebook around the sessions: which cell runs, and what the user's names refer to."""

from __future__ import annotations

import asyncio
import inspect
import re
import sys
import types
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from realtime_widgets.concurrency.io_thread import shared_engine
from realtime_widgets.reply import Reply
from realtime_widgets.session.lifetime.life import session_life

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from realtime_widgets.session.lifetime.life import LivingSession

#: IPython's own names, which are not the user's.
_IPYTHON = re.compile(r"_{1,3}|_i{1,3}|_i?\d+|_ih|_oh|_dh|In|Out|exit|quit|get_ipython|open")
#: Values that refer to nothing.
_ATOMS = (str, bytes, int, float, complex, bool, type(None), range, slice)
#: Containers longer than this are data: only what is in them directly counts.
_DATA = 10_000
#: Objects that are looked at; if there are more, the user may refer to the session.
_MOST = 20_000


class Notebook:
    """Tells the sessions' life of the cells of one IPython shell.

    Parameters
    ----------
    shell
        The shell, an ``InteractiveShell``.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._engine = shared_engine()
        self._life = session_life()
        self._life.refers = self._refers
        #: Called on the main thread after each cell, with the user's names.
        self.on_cell: list[Callable[[Mapping[str, Any]], object]] = []
        #: The names before each cell that runs, the innermost last.
        self._before: list[dict[str, int]] = []
        self._engine.run(self._life.began, "", True)
        shell.events.register("pre_run_cell", self._begin)
        shell.events.register("post_run_cell", self._end)

    def _begin(self, info: Any) -> None:
        self._before.append(self._names())
        self._engine.run(self._life.began, _cell(info))

    def _end(self, result: Any) -> None:
        before = self._before.pop() if self._before else {}
        self._engine.run(self._life.ran, _cell(getattr(result, "info", None)), before, self._names())
        for look in list(self.on_cell):
            look(self._shell.user_ns)

    @property
    def names(self) -> Mapping[str, Any]:
        """The user's names and what they refer to."""
        return own_names(self._shell.user_ns)

    def _names(self) -> dict[str, int]:
        numbers = ((name, self._life.number_of(value)) for name, value in own_names(self._shell.user_ns).items())
        return {name: number for name, number in numbers if number is not None}

    def _refers(self, session: LivingSession) -> bool:
        parts = (session, session.runtime, session.tools, session.mcp)
        wanted = tuple(part for part in parts if part is not None)
        return refers(own_names(self._shell.user_ns).values(), wanted)


_notebooks: WeakKeyDictionary[Any, Notebook] = WeakKeyDictionary()


def watch_notebook() -> Notebook | None:
    """Watch the notebook of the calling code, if it is not watched yet; returns None if there is none."""
    get_ipython: Callable[[], Any] | None = getattr(sys.modules.get("IPython"), "get_ipython", None)
    shell = get_ipython() if get_ipython else None
    if shell is None:
        return None
    if shell not in _notebooks:
        _notebooks[shell] = Notebook(shell)
    return _notebooks[shell]


def own_names(namespace: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a notebook's names refer to, without IPython's history of outputs."""
    return {name: value for name, value in list(namespace.items()) if not _IPYTHON.fullmatch(name)}


def refers(values: Iterable[object], wanted: tuple[object, ...]) -> bool:
    """Whether some of the user's values refers to one of some objects, through containers and objects of the user.

    Running frames do not count, and neither does a `Reply`. If there is too much to look at, this says yes.
    """
    ids = {id(each) for each in wanted}
    waiting = deque(values)
    seen: set[int] = set()
    while waiting:
        value = waiting.popleft()
        if id(value) in ids:
            return True
        if isinstance(value, _ATOMS) or id(value) in seen:
            continue
        seen.add(id(value))
        if len(seen) > _MOST:
            return True
        try:
            inside = list(_referred(value))
        except Exception:  # it changes meanwhile, or is an object that raises whatever it is asked for
            continue
        if len(inside) <= _DATA:
            waiting += inside
        elif not ids.isdisjoint(map(id, inside)):
            return True
    return False


def _referred(value: Any) -> Iterator[object]:
    """Yield what a value refers to directly."""
    match value:
        case dict():
            yield from list(value.values())
        case list() | tuple() | set() | frozenset() | deque():
            yield from list(value)
        case types.MethodType():
            yield value.__self__
        case partial():
            yield from (value.func, *value.args, *value.keywords.values())
        case types.FunctionType():
            yield from (cell.cell_contents for cell in value.__closure__ or ())
            yield from value.__defaults__ or ()
        case asyncio.Task():
            yield value.get_coro()
        case types.CoroutineType():
            yield from inspect.getcoroutinelocals(value).values()
        case types.ModuleType() | type():
            if not _is_of_package(value):
                yield from (each for each in vars(value).values() if _is_of_package(type(each)))
        case Reply():
            pass
        case _ if _is_of_package(type(value)):
            yield getattr(value, "session", None)  # a console's; the rest leads to what all sessions share
        case _ if not isinstance(value, types.BuiltinFunctionType):
            yield from list(getattr(value, "__dict__", {}).values())


def _is_of_package(value: Any) -> bool:
    name = getattr(value, "__module__", None) or getattr(value, "__name__", "")
    return str(name).split(".")[0] == __name__.split(".")[0]


def _cell(info: Any) -> str:
    return str(getattr(info, "cell_id", None) or "")
