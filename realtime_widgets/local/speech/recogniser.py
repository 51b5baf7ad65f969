"""Speech recognition with Whisper on CTranslate2."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from realtime_widgets.errors import AudioError, ConfigurationError
from realtime_widgets.local.models.engines import opening
from realtime_widgets.local.models.interfaces import RECOGNITION_RATE, Recognition
from realtime_widgets.local.models.weights import WHISPER_TINY_EN
from realtime_widgets.local.speech.features import HOP_SAMPLES, log_mel

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    import numpy.typing as npt

#: Seconds of audio that Whisper receives: it was trained on 30, but 16 keep its accuracy at a third of the cost.
_WINDOW_S = 16.0
_WINDOW_FRAMES = int(_WINDOW_S * RECOGNITION_RATE / HOP_SAMPLES)
#: Longest piece recognised at once, and the earliest place to cut a longer utterance, in seconds: the
#: window needs a second of silence at its end, and in a longer one the model tends to stop at a pause.
_LONGEST_PIECE_S, _EARLIEST_CUT_S = 15.0, 8.0
#: Length of the quiet stretch at which a long utterance is cut, in seconds.
_QUIET_S = 0.2
#: Shortest audio worth recognising, in seconds.
_SHORTEST_S = 0.05
#: Probability above which nobody spoke; real utterances stay below 0.35.
NO_SPEECH_LIMIT = 0.6
#: Largest number of tokens: a few for the start, and per second as many as the fastest speaker needs.
_TOKENS_AT_LEAST, _TOKENS_A_SECOND = 20, 7
#: Number of repetitions in a row, and of tokens in them, that show that the model is caught in a loop.
_LOOP_REPETITIONS, _LOOP_TOKENS = 4, 12
#: A loop is broken by recognising again while no sequence of this many tokens may occur twice.
_NO_REPEAT_TOKENS = 6


class WhisperRecogniser:
    """Recogniser (`interfaces.Recogniser`) with a Whisper model; safe to call from several threads.

    Parameters
    ----------
    path
        Folder of a Whisper model for CTranslate2, or its ``model.bin``; None finds Whisper tiny.en
        (see `weights.find_model`).
    workers
        Number of utterances that are recognised at the same time, each on a core of its own; more wait.

    Attributes
    ----------
    languages : tuple of str
        Language codes that the model understands.

    Raises
    ------
    LocalEndpointError
        If the model is missing, not genuine or unusable.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None, workers: int = 2) -> None:
        with opening(WHISPER_TINY_EN, path) as found:
            import ctranslate2
            from tokenizers import Tokenizer

            folder = found.weights.parent
            self._storage: Any = ctranslate2.StorageView
            self._model: Any = ctranslate2.models.Whisper(
                str(folder), device="cpu", compute_type="int8", intra_threads=1, inter_threads=workers
            )
            self._tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
            self.languages = self._known_languages()
            self(np.zeros(RECOGNITION_RATE, dtype=np.float32))

    def _known_languages(self) -> tuple[str, ...]:
        if not self._model.is_multilingual:
            return ("en",)
        tokens = (re.fullmatch(r"<\|([a-z]{2,3})\|>", token) for token in self._tokenizer.get_vocab())
        return tuple(sorted(match[1] for match in tokens if match))

    def __call__(self, samples: npt.NDArray[np.float32], language: str = "en") -> Recognition:
        """Recognise one utterance.

        Parameters
        ----------
        samples
            Mono float32 of shape (n,) at 16 kHz in [-1, 1], of any length.
        language
            Language code, one of `languages`; a region (``en-GB``) is ignored.

        Returns
        -------
        Recognition
            Its text is empty if nobody spoke.

        Raises
        ------
        AudioError
            If the samples have another shape.
        ConfigurationError
            If the model does not know the language.
        """
        if samples.ndim != 1:
            raise AudioError(f"the recogniser takes mono samples of shape (n,), not {samples.shape}")
        prompt = self._prompt(language)
        if samples.size < _SHORTEST_S * RECOGNITION_RATE:
            return Recognition("", 1.0)
        pieces = [self._recognise(piece, prompt) for piece in quiet_pieces(samples)]
        text = " ".join(piece.text for piece in pieces if piece.text)
        return Recognition(text, min(piece.no_speech_probability for piece in pieces))

    def _prompt(self, language: str) -> list[int]:
        code = language.lower().partition("-")[0]
        if code not in self.languages:
            raise ConfigurationError(
                f"the recognition model does not know the language {language!r}; "
                f"it knows {', '.join(self.languages)}"
            )
        spoken = (f"<|{code}|>", "<|transcribe|>") if self._model.is_multilingual else ()
        tokens = ("<|startoftranscript|>", *spoken, "<|notimestamps|>")
        return [self._tokenizer.token_to_id(token) for token in tokens]

    def _recognise(self, samples: npt.NDArray[np.float32], prompt: list[int]) -> Recognition:
        seconds = samples.size / RECOGNITION_RATE
        features = log_mel(samples, _WINDOW_FRAMES, self._model.n_mels)
        longest = int(_TOKENS_AT_LEAST + _TOKENS_A_SECOND * seconds)
        for no_repeat in (0, _NO_REPEAT_TOKENS):
            (result,) = self._model.generate(
                self._storage.from_array(features),
                [prompt],
                beam_size=1,
                max_length=longest,
                no_repeat_ngram_size=no_repeat,
                return_no_speech_prob=True,
            )
            if result.no_speech_prob > NO_SPEECH_LIMIT:
                return Recognition("", float(result.no_speech_prob))
            tokens = result.sequences_ids[0]
            if not _is_loop(tokens):
                break
        text: str = self._tokenizer.decode(tokens, skip_special_tokens=True)
        return Recognition(text.strip(), float(result.no_speech_prob))


def _is_loop(tokens: list[int]) -> bool:
    """Return whether a short sequence of tokens repeats too often for human speech."""
    for length in range(1, 13):
        repetitions = max(_LOOP_REPETITIONS, -(-_LOOP_TOKENS // length))
        run = 0
        for token, earlier in zip(tokens[length:], tokens, strict=False):
            run = run + 1 if token == earlier else 0
            if run >= length * (repetitions - 1):
                return True
    return False


def quiet_pieces(samples: npt.NDArray[np.float32]) -> Iterator[npt.NDArray[np.float32]]:
    """Yield the pieces of an utterance, cut at its quietest places if it is longer than the window."""
    longest, earliest = (int(seconds * RECOGNITION_RATE) for seconds in (_LONGEST_PIECE_S, _EARLIEST_CUT_S))
    quiet = int(_QUIET_S * RECOGNITION_RATE)
    while samples.size > longest:
        energy = np.cumsum(np.square(samples[earliest:longest], dtype=np.float64))
        cut = earliest + int(np.argmin(energy[quiet:] - energy[:-quiet])) + quiet // 2
        yield samples[:cut]
        samples = samples[cut:]
    yield samples
