"""A frozen sentence encoder, an ONNX export with its tokenizer: texts to unit vectors."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal, TypeAlias

import numpy as np

from ..errors import InputError
from ..quiet import quiet_native
from .encoder_files import EncoderFiles

Pooling: TypeAlias = Literal["mean", "first"]
_INPUTS = ("input_ids", "attention_mask", "token_type_ids")
_WHOLE = {"tensor(int64)": np.int64, "tensor(int32)": np.int32}
_OUTPUTS = ("sentence_embedding", "last_hidden_state", "token_embeddings")
_ERRORS_ONLY = 3


class SentenceEncoder:
    """Texts to vectors of length 1, float32 [N, width].

    A text is cut to `length` tokens, its special ones among them. What the export gives as
    `sentence_embedding` is taken as it is; of vectors of tokens, the mean or the first. Each text
    runs alone, so that its vector depends on nothing else: exports with int8 activations scale
    them by the whole batch. Raises InputError for files that are no such encoder, and where
    onnxruntime or tokenizers is not installed.
    """

    def __init__(self, files: EncoderFiles, length: int, pooling: Pooling) -> None:
        self.title = str(files.model_path)
        self._pooling = pooling
        self._tokenizer = _tokenizer(files, length)
        self._session = _session(files)
        self._types = _input_types(self._session, self.title)
        self._output = _output_name(self._session, self.title)
        self.width = len(self._vector("a", None))

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """float32 [N, width]; a text without any token is all 0."""
        with ThreadPoolExecutor(_cores()) as pool:
            rows = list(pool.map(lambda text: self._vector(text, self.width), texts))
        return np.stack(rows) if rows else np.zeros((0, self.width), np.float32)

    def words(self) -> list[str]:
        """Whole words of letters that are one token each, in the order of the tokens."""
        found = []
        for token in range(self._tokenizer.get_vocab_size()):
            word = self._tokenizer.decode([token]).strip()
            if len(word) > 1 and word.isalpha() and self._ids(word) == [token]:
                found.append(word)
        return found

    def _ids(self, text: str) -> list[int]:
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def _vector(self, text: str, width: int | None) -> np.ndarray:
        """The vector of one text; `width` None: the one that the model turns out to have."""
        plain = text.encode("utf-8", "replace").decode("utf-8")
        tokens = self._tokenizer.encode(plain)
        if not tokens.ids:
            return np.zeros(width or 0, np.float32)
        given = {"input_ids": tokens.ids, "attention_mask": tokens.attention_mask,
                 "token_type_ids": tokens.type_ids}  # fmt: skip
        answer = self._run(
            {name: np.array([given[name]], kind) for name, kind in self._types.items()}
        )
        vector = answer if answer.ndim == 1 else self._pooled(answer)
        if width not in (None, len(vector)) or not np.isfinite(vector).all():
            raise InputError(f"{self.title}: its answer to a text is no vector of finite numbers")
        return (vector / max(float(np.linalg.norm(vector)), 1e-12)).astype(np.float32)

    def _run(self, feed: dict[str, np.ndarray]) -> np.ndarray:
        try:
            (answer,) = self._session.run([self._output], feed)
        except Exception as error:  # onnxruntime has an exception of its own for each status
            raise InputError(f"{self.title}: the encoder fails on a text: {_line(error)}") from None
        found = np.asarray(answer, np.float64)
        if found.ndim not in (2, 3) or len(found) != 1 or not found.size:
            raise InputError(
                f"{self.title}: output {self._output} must be [texts, width] or "
                f"[texts, tokens, width], got {found.shape} for one text"
            )
        return np.asarray(found[0])

    def _pooled(self, tokens: np.ndarray) -> np.ndarray:
        """Of a text alone no token is padding, so that the mask is all 1."""
        return np.asarray(tokens[0] if self._pooling == "first" else tokens.mean(axis=0))


def _tokenizer(files: EncoderFiles, length: int) -> Any:
    try:
        from tokenizers import Tokenizer
    except ModuleNotFoundError as error:
        raise missing(error) from None
    try:
        found = Tokenizer.from_str(files.tokenizer.decode("utf-8"))
        found.no_padding()
        found.enable_truncation(length)
        found.encode("a")
    except Exception as error:  # tokenizers raises bare Exceptions
        raise InputError(
            f"{files.tokenizer_path}: damaged or no tokenizer.json of the package tokenizers "
            f"({_line(error)})"
        ) from None
    return found


def _session(files: EncoderFiles) -> Any:
    """A session of one thread a run, as `embed` runs texts side by side; no operators but ONNX's.

    Threads of its own would spin on the cores that TensorFlow trains with.
    """
    try:
        import onnxruntime
    except ModuleNotFoundError as error:
        raise missing(error) from None
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    try:
        with quiet_native():
            return onnxruntime.InferenceSession(
                files.model, options, providers=["CPUExecutionProvider"]
            )
    except Exception as error:  # onnxruntime has an exception of its own for each status
        raise InputError(
            f"{files.model_path}: damaged, or no ONNX model in one file ({_line(error)})"
        ) from None


def _input_types(session: Any, title: str) -> dict[str, Any]:
    """Type of each input by its name; raises InputError for inputs that no tokenizer gives."""
    found = {item.name: item for item in session.get_inputs()}
    fitting = [
        name in _INPUTS and item.type in _WHOLE and len(item.shape) == 2
        for name, item in found.items()
    ]
    if not all(fitting) or "input_ids" not in found:
        has = ", ".join(f"{name} {item.type} {item.shape}" for name, item in found.items())
        raise InputError(
            f"{title}: inputs must be whole numbers [texts, tokens], input_ids and maybe "
            f"attention_mask and token_type_ids, got {has[:300] or 'none'}"
        )
    return {name: _WHOLE[item.type] for name, item in found.items()}


def _output_name(session: Any, title: str) -> str:
    """The vector of the text where the export has one, else those of its tokens."""
    names = [item.name for item in session.get_outputs() if "float" in item.type]
    if not names:
        raise InputError(f"{title}: no output of real numbers, which an encoder has")
    return str(next((name for name in _OUTPUTS if name in names), names[0]))


def missing(error: ModuleNotFoundError) -> InputError:
    """What to say where a package of the extra is not installed."""
    return InputError(
        f"the trainer encoder needs the package {error.name}, which is not installed; "
        "install pnet-tf[encoder]"
    )


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _line(error: Exception) -> str:
    text = str(error).strip().splitlines()
    return (text[0] if text else type(error).__name__)[:200]
