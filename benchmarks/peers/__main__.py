"""``python -m benchmarks.peers`` makes the environments of the peers that `browser_peers` measures."""

from __future__ import annotations

import sys

from benchmarks.peers.peer import PEERS


def main() -> int:
    """Make each environment that does not exist yet. Return 1 if one cannot be made, otherwise 0."""
    failed = 0
    for peer in PEERS:
        print(f"{peer.name} ...", file=sys.stderr, flush=True)
        try:
            peer.make()
        except RuntimeError as error:
            failed = 1
            print(error, file=sys.stderr)
    return failed


if __name__ == "__main__":
    sys.exit(main())
