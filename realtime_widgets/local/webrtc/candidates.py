"""Keeps WebRTC to the one address the endpoint is served on."""

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
    """Return an IP address without the wrapping that a socket for both families puts around it."""
    parsed = ipaddress.ip_address(address)
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return str(mapped or parsed)


def without_candidates(offer: str) -> str:
    """Take the peer's addresses out of its offer.

    It reaches the endpoint, as its request did, and is answered where it came from; so nothing is sent to
    addresses it only names, and no name of it is looked up on the network.
    """
    return _CANDIDATE.sub("", offer)


def gather_only_on(connection: RTCPeerConnection, address: str) -> None:
    """Let a connection that has its remote description offer no address but `address`."""
    transports = {each.receiver.transport for each in connection.getTransceivers()}
    if connection.sctp is not None:
        transports.add(connection.sctp.transport)
    for transport in transports:
        # aiortc has no setting for it, and aioice leaves out loopback by itself.
        ice = transport.transport.iceGatherer._connection
        gather = functools.partial(_gather, ice.get_component_candidates, address)
        ice.get_component_candidates = gather  # type: ignore[method-assign]


async def _gather(gather: Any, address: str, component: int, **_: Any) -> Any:
    return await gather(component=component, addresses=[address])


def offered_addresses(description: str) -> set[str]:
    """Return the addresses of all candidates in a session description."""
    return set(_OFFERED.findall(description))
