"""``python -m devtools.endpoints.fetch_recordings DIR`` gets recordings of services that pydantic-ai publishes.

They are MIT-licensed and belong to that project: they stay out of this repository.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

REPOSITORY = "https://github.com/pydantic/pydantic-ai"
FOLDER = "tests/realtime/cassettes"


def fetch_recordings(target: Path, repository: str = REPOSITORY) -> int:
    """Copy the recordings of the newest commit into a folder. Return how many there are.

    Raises
    ------
    RuntimeError
        If git cannot get them, with what it says, or there are none.
    """
    with tempfile.TemporaryDirectory() as made:
        clone = Path(made) / "clone"
        narrow = ["--depth=1", "--filter=blob:none", "--sparse", "--quiet"]
        for command in (
            ["git", "clone", *narrow, repository, str(clone)],
            ["git", "-C", str(clone), "sparse-checkout", "set", FOLDER],
        ):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise RuntimeError(
                    f"the recordings cannot be fetched; {' '.join(command)}:\n{done.stderr.strip()}"
                )
        found = sorted((clone / FOLDER).rglob("*.yaml"))
        if not found:
            raise RuntimeError(f"{repository} has no recordings in {FOLDER} any more: look where they are now")
        shutil.copytree(clone / FOLDER, target, dirs_exist_ok=True)
    return len(found)


def main() -> int:
    """Fetch them. Return 1 if that fails, otherwise 0."""
    parser = argparse.ArgumentParser(prog="python -m devtools.endpoints.fetch_recordings", description=__doc__)
    parser.add_argument("target", metavar="DIR", type=Path, help="folder to put them into")
    target = parser.parse_args().target
    try:
        count = fetch_recordings(target)
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{count} recordings in {target}: REALTIME_RECORDINGS={target} pytest tests/recorded")
    return 0


if __name__ == "__main__":
    sys.exit(main())
