"""Sentence embeddings by MiniLM-L6 on the CPU, with a cache; nothing is downloaded."""

from __future__ import annotations

import importlib.resources
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

import numpy as np

from realtime_widgets.local.models.engines import onnx_session, opening
from realtime_widgets.local.models.weights import MINILM

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy.typing as npt
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

VOCABULARY_FILE = "bert_base_uncased_vocab.txt"
DIMENSIONS = 384
_MAX_TOKENS = 128
_BATCH = 16
_CACHED_TEXTS = 4096


class SentenceEmbedder:
    """Turns sentences into vectors whose dot product says how alike they are; safe from several threads."""

    def __init__(self, model: InferenceSession, tokenizer: Tokenizer) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._cache: OrderedDict[str, npt.NDArray[np.float32]] = OrderedDict()
        self._lock = threading.Lock()

    @classmethod
    def load(cls, model_file: Path | None = None) -> SentenceEmbedder:
        """Load the model; `model_file` stands in for the installed package's.

        Raises
        ------
        LocalEndpointError
            When the model or a library it needs is missing, or the package's file is not the one we know.
        """
        with opening(MINILM, model_file) as found:
            return cls(onnx_session(found.weights), _tokenizer())

    def __call__(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Embed `texts`; returns unit vectors, float32 of shape (len(texts), 384)."""
        with self._lock:
            known = {text: self._cache[text] for text in texts if text in self._cache}
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        # Alike lengths side by side: a batch is padded to its longest text.
        missing.sort(key=len)
        for start in range(0, len(missing), _BATCH):
            batch = missing[start : start + _BATCH]
            known.update(zip(batch, self._run(batch), strict=True))
        with self._lock:
            for text, vector in known.items():
                self._cache[text] = vector
                self._cache.move_to_end(text)
            while len(self._cache) > _CACHED_TEXTS:
                self._cache.popitem(last=False)
        if not texts:
            return np.zeros((0, DIMENSIONS), np.float32)
        return np.stack([known[text] for text in texts])

    def _run(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        encodings = self._tokenizer.encode_batch(list(texts))
        ids = np.array([encoding.ids for encoding in encodings], np.int64)
        mask = np.array([encoding.attention_mask for encoding in encodings], np.int64)
        feeds = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        hidden = np.asarray(self._model.run(["last_hidden_state"], feeds)[0], np.float32)
        weights = mask[:, :, None].astype(np.float32)
        mean = (hidden * weights).sum(axis=1) / weights.sum(axis=1)
        norms = np.linalg.norm(mean, axis=1, keepdims=True)
        return np.asarray(mean / np.maximum(norms, 1e-9), np.float32)


def _tokenizer() -> Tokenizer:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    text = (importlib.resources.files(__package__) / VOCABULARY_FILE).read_text("utf-8")
    vocabulary = {piece: index for index, piece in enumerate(text.splitlines())}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(
        ("[SEP]", vocabulary["[SEP]"]), ("[CLS]", vocabulary["[CLS]"])
    )
    tokenizer.enable_truncation(_MAX_TOKENS)
    tokenizer.enable_padding(pad_id=vocabulary["[PAD]"], pad_token="[PAD]")
    return tokenizer
