"""Telephone sound keeps to the standard and survives the round trip."""

from __future__ import annotations

import numpy as np
import pytest

from realtime_widgets.local.api import g711


@pytest.mark.parametrize("encoding", ["audio/pcmu", "audio/pcma"])
def test_telephone_codes_survive_the_round_trip(encoding: str) -> None:
    codes = bytes(range(256))
    samples = g711.decode(codes, encoding)
    again = g711.decode(g711.encode(samples, encoding), encoding)
    assert np.array_equal(samples, again)  # mu-law has two codes for 0
    speech_like = (np.sin(np.arange(8000) / 5) * 12_000).astype(np.int16)
    back = g711.decode(g711.encode(speech_like, encoding), encoding).astype(float)
    noise = np.sum((back - speech_like) ** 2) / np.sum(speech_like.astype(float) ** 2)
    assert 10 * np.log10(1 / noise) > 33  # dB, what 8 bits on a logarithmic scale give


def test_telephone_codes_are_those_of_the_standard() -> None:
    assert g711.decode(b"\x80\x00\xff\x7f", "audio/pcmu").tolist() == [32124, -32124, 0, 0]
    assert g711.decode(b"\xaa\x2a\xd5\x55", "audio/pcma").tolist() == [32256, -32256, 8, -8]
