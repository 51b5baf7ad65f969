"""Whether a lost connection is tried again, how long each wait is, and when a session moves before its end."""

from __future__ import annotations

import pytest

from realtime_widgets.core.reconnect.policy import HandOver, ReconnectPolicy
from realtime_widgets.errors import ConnectionFailedError


def test_waits_grow_to_a_bound_and_end_with_the_limit() -> None:
    policy = ReconnectPolicy(limit_s=60, first_delay_s=0.5, longest_delay_s=8)
    waits = [policy.delay_s(attempt, 0, 0.999) for attempt in range(8)]
    assert waits == pytest.approx([0, 0.5, 1, 2, 4, 8, 8, 8], rel=1e-2)
    assert policy.delay_s(3, 0, 0.0) == pytest.approx(1.0)
    assert policy.delay_s(9, 59, 0.5) is None


def test_a_lost_embedded_endpoint_is_not_tried_again() -> None:
    policy = ReconnectPolicy()
    lost = ConnectionFailedError("lost", close_code=1006)
    assert policy.recoverable(lost, expired=False, embedded=False)
    assert not policy.recoverable(lost, expired=False, embedded=True)
    assert policy.recoverable(ConnectionFailedError("over", close_code=1001), expired=True, embedded=True)
    assert not ReconnectPolicy(limit_s=0).recoverable(lost, expired=True, embedded=False)
    assert policy.retriable(ConnectionFailedError("busy", http_status=503))
    assert not policy.retriable(ConnectionFailedError("key", http_status=401))


def test_the_move_fits_the_sessions_lifetime() -> None:
    assert HandOver().within(3600) == HandOver(180.0, 10.0)
    short = HandOver().within(20)
    assert (short.window_s, short.latest_s) == (5.0, 1.0)
    assert short.wait_s(20) == 15
