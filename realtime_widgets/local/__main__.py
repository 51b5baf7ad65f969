"""Runs the embedded endpoint: `python -m realtime_widgets.local`."""

from __future__ import annotations

import argparse
import sys

from realtime_widgets.local.server.serve import add_arguments, run


def main() -> int:
    """Parse the command line and serve."""
    parser = argparse.ArgumentParser(
        prog="python -m realtime_widgets.local", description="Serve the Realtime protocol from this machine."
    )
    add_arguments(parser)
    return run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
