"""The brain of the local endpoint: decides what to say and which tools to call."""

from __future__ import annotations

from realtime_widgets.local.brain.stand_in import StandInBrain

__all__ = ["StandInBrain"]
