"""A language model of a few kilobytes with random weights, for servers that must be given one.

Its alphabet is the 256 bytes and its words are those of our own instructions, so it can write any JSON in any
script. What it writes is chance, steered only so far that strings and lists come to an end.
"""

from collections import Counter
from itertools import pairwise
from pathlib import Path

import gguf
import numpy as np

_WIDTH = 32
_HEADS = 4
_CONTEXT = 131072  # what the model claims; how much of it is used is for the server to say
_END = "<|end|>"

_TEMPLATE = (
    "{% for message in messages %}{{ message.role }}: {{ message.content }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant: {% endif %}"
)

_CLOSING = {'"': 4.0, "}": 3.0, "]": 3.0}
"""Favour, in logits, of the bytes that end something over those that go on."""

_NAMES = "ABCDE"
"""Names of points: those that the texts name, since answers without any of them are unfit."""


def write_model(path: Path, text: str, merges: int = 500, seed: int = 7) -> Path:
    """Write the model, its vocabulary fitted to `text`."""
    pairs = _merges(text, merges)
    tokens = [*_LETTERS.values(), *(left + right for left, right in pairs), _END]
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("tiny")
    writer.add_context_length(_CONTEXT)
    writer.add_embedding_length(_WIDTH)
    writer.add_feed_forward_length(_WIDTH)
    writer.add_block_count(1)
    writer.add_head_count(_HEADS)
    writer.add_head_count_kv(1)
    writer.add_rope_dimension_count(_WIDTH // _HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    kinds = [gguf.TokenType.NORMAL] * (len(tokens) - 1) + [gguf.TokenType.CONTROL]
    writer.add_token_types(kinds)
    writer.add_token_merges([f"{left} {right}" for left, right in pairs])
    writer.add_bos_token_id(len(tokens) - 1)
    writer.add_eos_token_id(len(tokens) - 1)
    writer.add_add_bos_token(value=False)
    writer.add_chat_template(_TEMPLATE)
    for name, values in _weights(tokens, np.random.default_rng(seed)).items():
        writer.add_tensor(name, values.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _weights(tokens: list[str], rng: np.random.Generator) -> dict[str, "np.ndarray"]:
    """Chance; but the first dimension is the same for every token, and there the output holds its favours."""
    size, shared = len(tokens), _WIDTH // _HEADS
    embedding = rng.normal(0, 0.3, (size, _WIDTH))
    embedding[:, 0] = 3.0
    output = rng.normal(0, 0.1, (size, _WIDTH))
    output[:, 0] = [_favour(token) / (_WIDTH**0.5) for token in tokens]
    small = {
        "attn_q": (_WIDTH, _WIDTH),
        "attn_k": (shared, _WIDTH),
        "attn_v": (shared, _WIDTH),
        "attn_output": (_WIDTH, _WIDTH),
        "ffn_gate": (_WIDTH, _WIDTH),
        "ffn_up": (_WIDTH, _WIDTH),
        "ffn_down": (_WIDTH, _WIDTH),
    }
    return {
        "token_embd.weight": embedding,
        "output_norm.weight": np.ones(_WIDTH),
        "output.weight": output,
        "blk.0.attn_norm.weight": np.ones(_WIDTH),
        "blk.0.ffn_norm.weight": np.ones(_WIDTH),
        **{f"blk.0.{name}.weight": rng.normal(0, 0.05, shape) for name, shape in small.items()},
    }


def _favour(token: str) -> float:
    if token in _NAMES:
        return 4.0
    blank = token.strip(_LETTERS[ord(" ")] + _LETTERS[ord("\n")] + _LETTERS[ord("\t")]) == ""
    return -2.0 if blank else _CLOSING.get(token, 0.0)


def _letters() -> dict[int, str]:
    """The printable character that stands for each byte in a byte-level vocabulary."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    rest = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {byte: chr(256 + place) for place, byte in enumerate(rest)}


_LETTERS = _letters()


def _merges(text: str, most: int) -> list[tuple[str, str]]:
    """The most frequent pairs of `text`, one after the other, as byte pair encoding finds them."""
    words = Counter(tuple(_LETTERS[byte] for byte in (" " + word).encode()) for word in text.split())
    found: list[tuple[str, str]] = []
    for _ in range(most):
        counts: Counter[tuple[str, str]] = Counter()
        for word, times in words.items():
            for pair in pairwise(word):
                counts[pair] += times
        if not counts:
            break
        best = max(counts, key=lambda pair: (counts[pair], pair))
        found.append(best)
        words = Counter({_joined(word, best): times for word, times in words.items()})
    return found


def _joined(word: tuple[str, ...], pair: tuple[str, str]) -> tuple[str, ...]:
    joined: list[str] = []
    for letter in word:
        if joined and (joined[-1], letter) == pair:
            joined[-1] += letter
        else:
            joined.append(letter)
    return tuple(joined)
