"""Which int8 kernels a processor gets, and that quantised models are opened in precise mode without VNNI."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from realtime_widgets.local.brain.rules.embedding import SentenceEmbedder
from realtime_widgets.local.models import engines
from realtime_widgets.local.models.engines import Int8Kernels, int8_kernels, onnx_session, opening
from realtime_widgets.local.models.weights import MINILM, SMART_TURN
from realtime_widgets.local.speech import load_turn_end

if TYPE_CHECKING:
    from pathlib import Path

HASWELL = "fpu sse4_1 sse4_2 avx fma avx2"
SKYLAKE = f"{HASWELL} avx512f avx512dq avx512cd avx512bw avx512vl"


@pytest.mark.parametrize(
    ("flags", "name", "precise"),
    [
        ("fpu sse4_1 avx", "SSE", True),
        (HASWELL, "AVX2", True),
        (SKYLAKE, "AVX-512", True),
        (f"{HASWELL} avx_vnni", "AVX-VNNI", False),
        (f"{SKYLAKE} avx512_vnni", "AVX-512 VNNI", False),
        (f"{SKYLAKE} avx_vnni avx512_vnni amx_tile amx_int8", "AVX-512 VNNI or AMX", False),
    ],
)
def test_flags_tell_the_kernels(tmp_path: Path, flags: str, name: str, precise: bool) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(
        f"processor\t: 0\nflags\t\t: {flags}\nbugs\t\t: none\n\nprocessor\t: 1\nflags\t\t: {flags}\n"
    )
    assert int8_kernels("x86_64", cpuinfo) == Int8Kernels(name, precise)


@pytest.mark.parametrize(("machine", "precise"), [("AMD64", True), ("x86_64", True), ("arm64", False)])
def test_what_is_unknown_is_said_and_x86_is_careful(tmp_path: Path, machine: str, precise: bool) -> None:
    assert int8_kernels(machine, tmp_path / "nowhere") == Int8Kernels("unknown", precise)
    empty = tmp_path / "cpuinfo"
    empty.write_text("")
    assert int8_kernels(machine, empty) == Int8Kernels("unknown", precise)


@pytest.mark.models
def test_without_vnni_quantised_models_are_opened_in_precise_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "int8_kernels", lambda: Int8Kernels("AVX2", precise=True))
    for description in (SMART_TURN, MINILM):
        with opening(description, None) as found:
            options = onnx_session(found.weights).get_session_options()
        assert options.get_session_config_entry("session.x64quantprecision") == "1"
    assert 0 <= load_turn_end()(np.zeros(16_000, dtype=np.float32)) <= 1
    warm, hot, room = SentenceEmbedder.load()(["It is warm.", "It is hot.", "Book a room."])
    assert warm @ hot > warm @ room


@pytest.mark.models
@pytest.mark.parametrize(
    "load",
    [
        "from realtime_widgets.local.speech import load_turn_end as load",
        "from realtime_widgets.local.speech.voice_activity import SileroModel as load",
        "from realtime_widgets.local.speech.synthesiser import HibariSynthesiser as load",
        "from realtime_widgets.local.brain.rules.embedding import SentenceEmbedder; load = SentenceEmbedder.load",
    ],
    ids=["turn end", "voice activity", "synthesis", "sentences"],
)
def test_whoever_opens_a_model_leaves_nothing_in_the_users_home(tmp_path: Path, load: str) -> None:
    homes = {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path), "LOCALAPPDATA": str(tmp_path)}
    silent = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    subprocess.run([sys.executable, "-c", f"{load}; load()"], env={**silent, **homes}, check=True, timeout=300)
    assert list(tmp_path.rglob("*")) == []
