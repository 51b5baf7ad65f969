"""`python -m realtime_widgets.local`: run the embedded endpoint."""

from __future__ import annotations

import argparse
import sys

from realtime_widgets.local.serve import add_arguments, run


def main() -> int:
    """Parse the command line and serve."""
    parser = argparse.ArgumentParser(
        prog="python -m realtime_widgets.local", description="Serve the Realtime protocol from this machine."
    )
    add_arguments(parser)
    return run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
