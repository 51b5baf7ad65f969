"""An MCP server of the handshake's time, by hand and over stdio, which logs what it is sent to a file."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

tools = ["wait", "grow"]
requests: dict[str, Any] = {}


def send(**message: Any) -> None:
    print(json.dumps({"jsonrpc": "2.0", **message}), flush=True)


def listed(name: str) -> dict[str, Any]:
    schema = {
        "type": "object",
        "properties": {"number": {"type": "integer", "minimum": 1}},
        "required": ["number"],
    }
    return {"name": name, "description": f"{name} it", "inputSchema": schema}


def call(request_id: Any, params: dict[str, Any]) -> None:
    token = params.get("_meta", {}).get("progressToken")
    if params["name"] == "grow":
        tools.append("grown")
        send(method="notifications/tools/list_changed")
        send(id=request_id, result={"content": [{"type": "text", "text": "grew"}]})
    else:  # "wait": for ever
        send(method="notifications/progress", params={"progressToken": token, "progress": 1, "total": 2})


with Path(sys.argv[1]).open("a") as log:
    for line in sys.stdin:
        message = json.loads(line)
        print(json.dumps(message), file=log, flush=True)
        match message:
            case {"method": "initialize", "id": request_id}:
                result = {
                    "protocolVersion": message["params"]["protocolVersion"],
                    "capabilities": {"tools": {"listChanged": True}},
                    "serverInfo": {"name": "old", "version": "1"},
                }
                send(id=request_id, result=result)
            case {"method": "tools/list", "id": request_id}:
                send(id=request_id, result={"tools": [listed(name) for name in tools]})
            case {"method": "tools/call", "id": request_id, "params": params}:
                call(request_id, params)
            case {"method": method, "id": request_id}:
                send(id=request_id, error={"code": -32601, "message": f"Method not found: {method}"})
