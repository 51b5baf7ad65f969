"""Measures what the project promises: ``python -m benchmarks [NAME ...] [--quick] [--json FILE] ...``.

Each figure stands beside its floor or a peer, measured in the same run: times of a shared machine mean little,
their ratios more. Without names all benchmarks run, one after the other; `--list` names them.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
import traceback
from importlib import import_module
from pathlib import Path

from benchmarks.rows import Row, table, worse

#: Module of each benchmark, by its name; a module has `measure(quick: bool) -> list[Row]`.
BENCHMARKS = {
    "mic_to_speaker": "benchmarks.mic_to_speaker",
    "turn_delays": "benchmarks.turn_delays",
    "heard_gap": "benchmarks.heard_gap",
    "imports": "benchmarks.imports",
    "event_cost": "benchmarks.event_cost",
    "duplex_cost": "benchmarks.duplex_cost",
    "client_memory": "benchmarks.client_memory",
    "sessions_per_core": "benchmarks.sessions_per_core",
    "sizes": "benchmarks.sizes",
    "tool_calls": "benchmarks.tool_calls",
    "many_sessions": "benchmarks.many_sessions",
    "endurance": "benchmarks.endurance",
    "spoken_requests": "benchmarks.spoken_requests",
}


def main() -> int:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="which; all without one")
    parser.add_argument("--quick", action="store_true", help="fewer repetitions: all in under 8 minutes")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the result there too")
    parser.add_argument(
        "--against", type=Path, metavar="FILE", help="fail where a ratio is a fifth worse than there"
    )
    parser.add_argument("--list", action="store_true", help="name the benchmarks and end")
    arguments = parser.parse_args()
    if arguments.list:
        for name, module in BENCHMARKS.items():
            print(f"{name:14} {(import_module(module).__doc__ or '').splitlines()[0]}")
        return 0
    if unknown := [name for name in arguments.names if name not in BENCHMARKS]:
        parser.error(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    before = json.loads(arguments.against.read_text())["rows"] if arguments.against else []
    rows, failed = _measure(arguments.names or list(BENCHMARKS), arguments.quick)
    print(f"\n{_machine()}\n\n{table(rows)}")
    if arguments.json:
        result = {"machine": _machine(), "quick": arguments.quick, "rows": [row.as_json() for row in rows]}
        arguments.json.write_text(json.dumps(result, indent=1) + "\n")
    for text in (regressions := worse(rows, before)):
        print(f"WORSE  {text}", file=sys.stderr)
    return 1 if failed or regressions else 0


def _measure(names: list[str], quick: bool) -> tuple[list[Row], list[str]]:
    rows: list[Row] = []
    failed = []
    for name in names:
        started = time.monotonic()
        print(f"{name} ...", file=sys.stderr, flush=True)
        try:
            rows += import_module(BENCHMARKS[name]).measure(quick)
        except Exception:  # the others still count
            traceback.print_exc()
            failed.append(name)
        print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    for name in failed:
        print(f"FAILED {name}", file=sys.stderr)
    return rows, failed


def _machine() -> str:
    load = os.getloadavg()[0]
    return (
        f"Python {platform.python_version()}, {os.cpu_count()} processors ({platform.machine()}), load {load:.1f}"
    )


if __name__ == "__main__":
    sys.exit(main())
