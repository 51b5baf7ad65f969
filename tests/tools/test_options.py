"""How a tool is to run: options that cannot be are refused."""

from __future__ import annotations

from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any

import pytest

from realtime_widgets.errors import ToolDefinitionError
from tests.tools.tool_calls import tool_of, where, where_async


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"run_in": "gpu"}, 'run_in must be "main", "thread" or an executor'),
        ({"run_in": Executor}, "run_in must be"),
        ({"time_limit": 0}, "time_limit must be seconds above 0"),
        ({"time_limit": True}, "time_limit must be seconds above 0"),
        ({"approval_limit": float("nan")}, "approval_limit must be seconds above 0"),
        ({"approval": "sometimes"}, "approval must be"),
        ({"parallel": "no"}, "parallel must be True or False"),
        ({"timeout": 3}, "a tool has no option 'timeout'; there are name, description, run_in, time_limit"),
    ],
)
def test_options_that_cannot_be_are_told(options: dict[str, Any], says: str):
    with pytest.raises(ToolDefinitionError, match=says):
        tool_of(where, **options)


def test_an_async_tool_cannot_run_in_an_executor():
    with ThreadPoolExecutor(1) as pool, pytest.raises(ToolDefinitionError, match="is async and cannot run in"):
        tool_of(where_async, run_in=pool)
