"""SUPPORT.md is true: every event and field has a row, and what each row claims is so on a running endpoint."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import realtime_widgets.local
from tests.local import support_probes as probes
from tests.local import vocabulary

if TYPE_CHECKING:
    from tests.local.conftest import Client, Endpoint, StartEndpoint

SUPPORTED, SIMPLER, CALLS_ONLY, NOT_SUPPORTED = "supported", "simpler", "calls only", "not supported"
_ROW = re.compile(r"^\| `(?P<name>[^`]+)` \| (?P<here>[a-z ]+) \| ?(?P<remark>.*?) ?\|$")


@dataclass(frozen=True)
class Row:
    name: str
    here: str
    remark: str

    @property
    def codes(self) -> list[str]:
        return re.findall(r"`([a-z_]+)`", self.remark)


def read_table() -> dict[str, list[Row]]:
    assert realtime_widgets.local.__file__ is not None
    text = (Path(realtime_widgets.local.__file__).parent / "SUPPORT.md").read_text(encoding="utf-8")
    sections: dict[str, list[Row]] = {}
    rows: list[Row] = []
    for line in text.splitlines():
        if line.startswith("## "):
            rows = sections.setdefault(line[3:], [])
        elif match := _ROW.match(line):
            rows.append(Row(match["name"], match["here"], match["remark"]))
    return sections


TABLE = read_table()
CLIENT, SERVER, SESSION = TABLE["Client events"], TABLE["Server events"], TABLE["Session fields"]
CREATE, RESPONSE, ITEMS = (
    TABLE["Fields of response.create"],
    TABLE["Fields of a response"],
    TABLE["Items and their content"],
)


#: Items that a client may not add, or not unasked.
FROM_THE_ENDPOINT = ("output_audio", "mcp_list_tools", "mcp_approval_request", "mcp_approval_response")


def by_name(row: Row) -> str:
    return row.name


@pytest.mark.parametrize(
    ("rows", "known"),
    [
        (CLIENT, vocabulary.client_events()),
        (SERVER, vocabulary.server_events()),
        (SESSION, vocabulary.session_fields()),
        (SESSION, vocabulary.transcription_fields()),
        (CREATE, vocabulary.response_create_fields()),
        (RESPONSE, vocabulary.response_fields()),
        (ITEMS, vocabulary.items()),
    ],
    ids=["client", "server", "session", "transcription", "create", "response", "items"],
)
def test_everything_of_the_protocol_has_a_row(rows: list[Row], known: list[str]) -> None:
    assert set(known) - {row.name for row in rows} == set()
    assert len({row.name for row in rows}) == len(rows)
    assert {row.here for row in rows} <= {SUPPORTED, SIMPLER, CALLS_ONLY, NOT_SUPPORTED}


@pytest.mark.parametrize("row", CLIENT, ids=by_name)
async def test_client_event(row: Row, client: Client, endpoint: Endpoint) -> None:
    if row.here == CALLS_ONLY:
        await client.send(row.name)
        assert (await client.refused())["code"] in row.codes
    else:
        await probes.CLIENT_EVENTS[row.name](client, endpoint)
        assert row.here == SUPPORTED


async def test_server_events(start_endpoint: StartEndpoint) -> None:
    seen = set()
    for scene in probes.SCENES:
        endpoint = await start_endpoint()
        client = await endpoint.connect()
        await scene(client, endpoint)
        seen |= {event["type"] for event in client.events}
    assert seen == {row.name for row in SERVER if row.here in (SUPPORTED, SIMPLER)}


@pytest.mark.parametrize("row", SESSION, ids=by_name)
async def test_session_field(row: Row, client: Client, endpoint: Endpoint) -> None:
    await _check_field(row, client, endpoint, probes.SESSION_FIELDS, probes.SHOWN_SESSION_FIELDS)


@pytest.mark.parametrize("row", CREATE, ids=by_name)
async def test_field_of_response_create(row: Row, client: Client, endpoint: Endpoint) -> None:
    await _check_field(row, client, endpoint, probes.CREATE_FIELDS, probes.TAKEN_CREATE_FIELDS)


async def _check_field(
    row: Row, client: Client, endpoint: Endpoint, works: dict[str, probes.Probe], shown: dict[str, probes.Probe]
) -> None:
    if row.here == SUPPORTED:
        await works[row.name](client, endpoint)
    elif row.here == SIMPLER:
        await {**works, **shown}[row.name](client, endpoint)
    else:
        in_response = shown is probes.TAKEN_CREATE_FIELDS
        refused = probes.REFUSED_CREATE_FIELDS if in_response else probes.REFUSED_SESSION_FIELDS
        await client.socket.send_json(refused[row.name])
        error = await client.refused()
        assert error["code"] in row.codes
        assert row.name.partition("[")[0] in error["param"]


@pytest.mark.parametrize("row", [row for row in SESSION if row.name.startswith("audio.input")], ids=by_name)
async def test_transcription_sessions_take_the_same_of_the_input(row: Row, endpoint: Endpoint) -> None:
    client = await endpoint.connect("?intent=transcription")
    if (probe := probes.SHOWN_SESSION_FIELDS.get(row.name)) is not None:
        client.session_type = "transcription"
        await probe(client, endpoint)


async def test_fields_of_a_response(client: Client, endpoint: Endpoint) -> None:
    responses = await probes.all_kinds_of_responses(client, endpoint)
    for row in RESPONSE:
        found = [value for response in responses if (value := probes.at(response, row.name)) is not None]
        assert found, row.name


@pytest.mark.parametrize("row", ITEMS, ids=by_name)
async def test_item(row: Row, client: Client, endpoint: Endpoint) -> None:
    item = probes.item(row.name, base64.b64encode(b"\0" * 48_000).decode())
    if row.name == "function_call_output":
        call = {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"}
        await client.send("conversation.item.create", item=call)
        await client.until("conversation.item.done")
    if row.name == "output_audio":
        await client.say("hi")
        [answer] = (await client.until("response.done"))["response"]["output"]
        assert answer["content"][0]["type"] == "output_audio"
    await client.send("conversation.item.create", item=item)
    if row.here == NOT_SUPPORTED or row.name in FROM_THE_ENDPOINT:
        assert (await client.refused())["code"] in row.codes
        return
    added: Any = (await client.until("conversation.item.added"))["item"]
    assert added["type"] == item["type"]
    await client.until("conversation.item.done")
    await client.send("response.create", response={"output_modalities": ["text"]})
    await client.until("response.done")
    assert endpoint.brain.requests[-1].items[-1]["id"] == added["id"]
