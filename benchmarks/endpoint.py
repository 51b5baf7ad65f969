"""All figures of the local endpoint by one command: ``python -m benchmarks.endpoint [FOLDER] [--quick]``.

Word errors over the recordings of FOLDER (`benchmarks.recordings`; the test suite's own where none is given),
the wait from the end of speech to the first sound over the shipped recordings (`benchmarks.endpoint_gap`),
and what the built-in brain makes of spoken requests (`benchmarks.spoken_requests`).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import endpoint_gap, recordings, spoken_requests
from benchmarks.clips import SHIPPED
from benchmarks.rows import table
from realtime_widgets.local.speech import load_recogniser

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure one thing after the other: none may disturb the other's times."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.endpoint",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", nargs="?", type=Path, default=SHIPPED, help="recordings with a manifest.json")
    parser.add_argument(
        "--quick", action="store_true", help="short recordings, and requests in one voice at one speed"
    )
    options = parser.parse_args(arguments)
    if not (options.folder / "manifest.json").is_file():
        parser.error(f"{options.folder} holds no manifest.json")
    print("## Recognition\n")
    print(recordings.table(recordings.measure(load_recogniser(), options.folder)), flush=True)
    print("\n## From the end of speech to the first sound\n", flush=True)
    print(table(endpoint_gap.measure(options.quick)), flush=True)
    print("\n## Spoken requests\n", flush=True)
    spoken_requests.run(options.quick)
    return 0


if __name__ == "__main__":
    sys.exit(main())
