"""Measures what the project promises: ``python -m benchmarks [NAME ...] [--quick] [--json FILE] ...``.

Each figure stands beside its floor or a peer, measured in the same run: times of a shared machine mean little,
their ratios more. Without names all benchmarks run, one after the other; `--list` names them.
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

from benchmarks.results import Results
from benchmarks.rows import Row, table

#: Module of each benchmark, by its name; a module has `measure(quick: bool) -> list[Row]`.
BENCHMARKS = {
    "mic_to_speaker": "benchmarks.mic_to_speaker",
    "browser_peers": "benchmarks.browser_peers",
    "turn_delays": "benchmarks.turn_delays",
    "heard_gap": "benchmarks.heard_gap",
    "jitter": "benchmarks.jitter",
    "imports": "benchmarks.imports",
    "event_cost": "benchmarks.event_cost",
    "duplex_cost": "benchmarks.duplex_cost",
    "client_memory": "benchmarks.client_memory",
    "sessions_per_core": "benchmarks.sessions_per_core",
    "sizes": "benchmarks.sizes",
    "tool_calls": "benchmarks.tool_calls",
    "endpoint_gap": "benchmarks.endpoint_gap",
    "real_time_factor": "benchmarks.real_time_factor",
    "many_sessions": "benchmarks.many_sessions",
    "endurance": "benchmarks.endurance",
    "spoken_requests": "benchmarks.spoken_requests",
}


def main() -> int:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="which; all without one")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions: all in under 8 minutes")
    parser.add_argument(
        "--json",
        type=Path,
        metavar="FILE",
        help="write the result there too; what it has of other benchmarks stays",
    )
    parser.add_argument(
        "--against",
        type=Path,
        metavar="FILE",
        help="fail where a ratio is a fifth worse than there, or a target is not reached any more",
    )
    parser.add_argument("--list", action="store_true", help="name the benchmarks and end")
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
    kept = arguments.json and arguments.json.exists() and Results.read(arguments.json)
    results = Results(_machine(), arguments.quick, kept.rows if kept and kept.quick == arguments.quick else ())
    rows: list[Row] = []
    complaints: list[str] = []
    for name in arguments.names or BENCHMARKS:
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
