"""Opens the inference engines, with one error for whatever goes wrong on the way."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from realtime_widgets.errors import LocalEndpointError
from realtime_widgets.local.weights import INSTALL_COMMAND, FoundModel, check_weights, find_model

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator
    from pathlib import Path

    from realtime_widgets.local.weights import ModelDescription


@contextmanager
def opening(description: ModelDescription, path: str | os.PathLike[str] | None) -> Iterator[FoundModel]:
    """Find and check a model, and turn what fails while it is being opened into `LocalEndpointError`."""
    found = find_model(description, path)
    check_weights(found)
    try:
        yield found
    except ImportError as error:
        raise LocalEndpointError(
            f"the {description.purpose} model {description.name} needs the package {error.name}; "
            f"run {INSTALL_COMMAND}"
        ) from error
    except Exception as error:  # each engine has errors of its own, with no base in common
        raise LocalEndpointError(
            f"the {description.purpose} model at {found.weights} ({found.origin}) cannot be used: {error}"
        ) from error


def onnx_session(weights: Path) -> Any:
    """Open an ONNX file for the CPU with one thread a call; sessions may be run from several threads."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])
