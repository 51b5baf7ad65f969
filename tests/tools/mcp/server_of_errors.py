"""An MCP server by hand and over stdio whose answers are legal and unusual; it counts what it is asked."""

from __future__ import annotations

import json
import sys
from typing import Any

OUTPUT = {"type": "object", "properties": {"answer": {"type": "integer"}}, "required": ["answer"]}


def send(**message: Any) -> None:
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)


def listed(name: str) -> dict[str, Any]:
    tool: dict[str, Any] = {"name": name, "inputSchema": {"type": "object", "properties": {}}}
    return tool if name in ("fail", "count") else {**tool, "outputSchema": OUTPUT}


def answer(request_id: Any, name: str, count: int) -> None:
    match name:
        case "fail":
            send(id=request_id, error={"code": -32000, "message": "the table is locked"})
        case "count":
            send(id=request_id, result={"content": [{"type": "text", "text": str(count)}]})
        case "say":
            send(id=request_id, result={"content": [{"type": "text", "text": "42, and it is done"}]})
        case "misfit":
            content = [{"type": "text", "text": "42, more or less"}]
            send(id=request_id, result={"content": content, "structuredContent": {"answer": "42"}})


calls = 0
for line in sys.stdin:
    message = json.loads(line)
    match message:
        case {"method": "initialize", "id": request_id}:
            result = {
                "protocolVersion": message["params"]["protocolVersion"],
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "errors", "version": "1"},
            }
            send(id=request_id, result=result)
        case {"method": "tools/list", "id": request_id}:
            send(id=request_id, result={"tools": [listed(name) for name in ("fail", "count", "say", "misfit")]})
        case {"method": "tools/call", "id": request_id, "params": {"name": name}}:
            calls += 1
            answer(request_id, name, calls)
        case {"method": method, "id": request_id}:
            send(id=request_id, error={"code": -32601, "message": f"Method not found: {method}"})
