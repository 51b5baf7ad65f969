"""Opens the inference engines, with one error for everything that can go wrong."""

from __future__ import annotations

import os
import platform
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from realtime_widgets.errors import LocalEndpointError
from realtime_widgets.installing import install_extra
from realtime_widgets.local.models.weights import FoundModel, check_weights, find_model

if TYPE_CHECKING:
    from collections.abc import Iterator

    from realtime_widgets.local.models.weights import ModelDescription

_X86 = ("x86_64", "amd64")
#: Flags in /proc/cpuinfo, best first: the kernels that ONNX Runtime chooses, and whether they add up exactly.
_X86_KERNELS = (
    ({"avx512_vnni", "amx_int8"}, "AVX-512 VNNI or AMX", True),
    ({"avx512_vnni"}, "AVX-512 VNNI", True),
    ({"avx_vnni"}, "AVX-VNNI", True),
    ({"avx512bw"}, "AVX-512", False),
    ({"avx2"}, "AVX2", False),
    (set[str](), "SSE", False),
)


@dataclass(frozen=True)
class Int8Kernels:
    """How ONNX Runtime multiplies int8 on a processor.

    Attributes
    ----------
    name
        The instructions that its kernels use, such as ``AVX2``; ``unknown`` if the processor does not report them.
    precise
        Whether models are opened in ONNX Runtime's precise mode: without VNNI, sums of two products saturate at
        16 bits and a model answers worse. The mode prevents that; with VNNI it changes no answer and costs time.
    """

    name: str
    precise: bool


def int8_kernels(machine: str | None = None, cpuinfo: Path = Path("/proc/cpuinfo")) -> Int8Kernels:
    """Find out which int8 kernels a processor gets.

    Parameters
    ----------
    machine
        The architecture, as `platform.machine` names it; None takes this machine's.
    cpuinfo
        Linux's description of the processor; without it an x86 processor counts as one without VNNI.
    """
    if (machine or platform.machine()).lower() not in _X86:
        return Int8Kernels("unknown", precise=False)  # only x86 adds up products in 16 bits
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    flags = next((set(line.split(":", 1)[1].split()) for line in lines if line.startswith("flags")), None)
    if flags is None:
        return Int8Kernels("unknown", precise=True)
    return next(Int8Kernels(name, not exact) for needed, name, exact in _X86_KERNELS if needed <= flags)


#: What libraries that open models are told before they are imported. ONNX Runtime would write a device id and a
#: database of events to the user's cache, and send them to its maker; its own switch in Python comes too late.
_SILENT = {"ORT_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_TELEMETRY": "1"}


@contextmanager
def opening(description: ModelDescription, path: str | os.PathLike[str] | None) -> Iterator[FoundModel]:
    """Find and check a model; turn failures while it is being opened into `LocalEndpointError`.

    Everything that imports an engine does so in here, so that no engine tells its maker of its use.
    """
    os.environ.update(_SILENT)
    found = find_model(description, path)
    check_weights(found)
    try:
        yield found
    except ImportError as error:
        raise LocalEndpointError(
            f"the {description.purpose} model {description.name} needs the package {error.name}; "
            f"run {install_extra(description.extra)}"
        ) from error
    except Exception as error:  # each engine has its own errors, without a common base
        raise LocalEndpointError(
            f"the {description.purpose} model at {found.weights} ({found.origin}) cannot be used: {error}"
        ) from error


def onnx_session(weights: Path, *, keeps_memory: bool = True) -> Any:
    """Open an ONNX file for the CPU with one thread for each call; safe to run from several threads.

    Parameters
    ----------
    weights
        The file.
    keeps_memory
        Whether what a run needed is kept for the next one: quicker, but with inputs of many sizes it grows.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.enable_cpu_mem_arena = keeps_memory
    if int8_kernels().precise:
        options.add_session_config_entry("session.x64quantprecision", "1")
    return onnxruntime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])
