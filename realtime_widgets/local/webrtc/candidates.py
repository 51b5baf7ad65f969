"""Restricts WebRTC to the one address on which the endpoint is served."""

from __future__ import annotations

import functools
import ipaddress
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aiortc import RTCPeerConnection

_CANDIDATE = re.compile(r"^a=(candidate:.*|end-of-candidates)\r?\n?", re.MULTILINE)
_OFFERED = re.compile(r"^a=candidate:\S+ \d+ \S+ \d+ (\S+) ", re.MULTILINE)


def plain_address(address: str) -> str:
    """Return an IP address without its IPv6 mapping, if it has one."""
    parsed = ipaddress.ip_address(address)
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return str(mapped or parsed)


def without_candidates(offer: str) -> str:
    """Remove the peer's addresses from its offer.

    The peer can reach the endpoint, as its request did, and is answered where its packets come from. So nothing is
    sent to addresses that it only names, and no name is looked up on the network.
    """
    return _CANDIDATE.sub("", offer)


def gather_only_on(connection: RTCPeerConnection, address: str) -> None:
    """Let a connection that has its remote description offer only `address`."""
    transports = {each.receiver.transport for each in connection.getTransceivers()}
    if connection.sctp is not None:
        transports.add(connection.sctp.transport)
    for transport in transports:
        # aiortc has no setting for this, and aioice leaves out loopback addresses.
        ice = transport.transport.iceGatherer._connection
        gather = functools.partial(_gather, ice.get_component_candidates, address)
        ice.get_component_candidates = gather  # type: ignore[method-assign]


async def _gather(gather: Any, address: str, component: int, **_: Any) -> Any:
    return await gather(component=component, addresses=[address])


def offered_addresses(description: str) -> set[str]:
    """Return the addresses of all candidates in a session description."""
    return set(_OFFERED.findall(description))
