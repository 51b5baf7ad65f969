"""Measures what the project promises: ``python -m benchmarks [NAME ...] [--quick] [--json FILE] ...``.

Each figure is compared with a floor or a peer measured in the same run, because times on a shared machine mean
less than their ratios. Without names all benchmarks run, one after the other; `--list` names them.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
import traceback
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from benchmarks.results import Results
from benchmarks.rows import Row, table

#: Folders of the benchmarks, in the order in which they run.
ROOMS = ("sound", "client", "endpoint")
#: Module of each benchmark, by its name: every module of those folders. It has `measure(quick: bool) -> list[Row]`
#: and, if it needs more than this Python, `prepare(quick: bool) -> None`, which installs that or raises a
#: RuntimeError that says what to do.
BENCHMARKS = {
    module.name: f"benchmarks.{room}.{module.name}"
    for room in ROOMS
    for module in iter_modules([str(Path(__file__).with_name(room))])
}


def main() -> int:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="benchmarks to run; default: all")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions: all in under 8 minutes")
    parser.add_argument(
        "--json",
        type=Path,
        metavar="FILE",
        help="also write the results to this file; its results of other benchmarks are kept",
    )
    parser.add_argument(
        "--against",
        type=Path,
        metavar="FILE",
        help="fail if a ratio is a fifth worse than in this file, or a target is no longer reached",
    )
    parser.add_argument("--list", action="store_true", help="list the benchmarks and exit")
    arguments = parser.parse_args()
    if arguments.list:
        wide = max(map(len, BENCHMARKS))
        for name, module in BENCHMARKS.items():
            print(f"{name:{wide}}  {(import_module(module).__doc__ or '').splitlines()[0]}")
        return 0
    if unknown := [name for name in arguments.names if name not in BENCHMARKS]:
        parser.error(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    before = Results.read(arguments.against) if arguments.against else Results("", arguments.quick)
    if before.quick != arguments.quick:
        parser.error(
            f"{arguments.against} is {'not ' * (not before.quick)}of a --quick run, and this one is otherwise"
        )
    names = arguments.names or list(BENCHMARKS)
    if missing := _prepare(names, arguments.quick):
        for text, who in missing.items():
            print(f"nothing was measured: {', '.join(who)}: {text}", file=sys.stderr)
        return 1
    kept = arguments.json and arguments.json.exists() and Results.read(arguments.json)
    results = Results(_machine(), arguments.quick, kept.rows if kept and kept.quick == arguments.quick else ())
    rows: list[Row] = []
    complaints: list[str] = []
    for name in names:
        try:
            found = _measure(name, arguments.quick)
        except Exception:  # the others still count
            traceback.print_exc()
            complaints.append(f"FAILED {name}")
            continue
        rows += found
        complaints += [f"WORSE  {text}" for text in before.worse(name, found)]
        results.add(name, found)
        if arguments.json:
            results.write(arguments.json)
    print(f"\n{results.machine}\n\n{table(rows)}")
    for text in complaints:
        print(text, file=sys.stderr)
    return 1 if complaints else 0


def _prepare(names: list[str], quick: bool) -> dict[str, list[str]]:
    """Install what the benchmarks need. Return the errors, and the names of the benchmarks that cannot run."""
    missing: dict[str, list[str]] = {}
    for name in names:
        try:
            module = import_module(BENCHMARKS[name])
            if hasattr(module, "prepare"):
                module.prepare(quick)
        except ImportError as error:
            missing.setdefault(f"{error}; make setup installs what they need", []).append(name)
        except RuntimeError as error:
            missing.setdefault(str(error), []).append(name)
    return missing


def _measure(name: str, quick: bool) -> list[Row]:
    started = time.monotonic()
    print(f"{name} ...", file=sys.stderr, flush=True)
    rows: list[Row] = import_module(BENCHMARKS[name]).measure(quick)
    print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    return rows


def _machine() -> str:
    load = os.getloadavg()[0]
    return (
        f"Python {platform.python_version()}, {os.cpu_count()} processors ({platform.machine()}), load {load:.1f}"
    )


if __name__ == "__main__":
    sys.exit(main())
