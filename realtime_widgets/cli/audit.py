"""``realtime-widgets audit``: whether an audit trail is whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from realtime_widgets.safety.audit import GENESIS, read_trail

if TYPE_CHECKING:
    import argparse


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    command.add_argument("file", help="the trail, a file of AuditTrail")
    command.add_argument(
        "--head", help="the last hash that you kept: shows whether records were removed from the end"
    )


def run(arguments: argparse.Namespace) -> int:
    """Check the trail; a failure is an `AuditError`, whose text says where."""
    records = read_trail(arguments.file, arguments.head)
    head = records[-1].hash if records else GENESIS
    print(f"{arguments.file} is whole: {len(records):,} records, head {head}")
    return 0
