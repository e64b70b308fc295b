"""Token ids of comments, each with the question that it answers in front.

The question is one known word of the encoder, so that it means something to it before any training, and every token
can attend to it.
"""

from collections.abc import Sequence
from typing import Final

from tokenizers import Tokenizer

from carevoice.errors import ModelError
from carevoice.questions import QUESTIONS

#: The word piece that stands for each of QUESTIONS.
_MARKS: Final = {"good": "▁good", "improve": "▁improve", "why": "▁why"}


class Pieces:
    """Turns comments into token ids: start mark, question if there is one, word pieces, end mark."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        """Raises ModelError if the tokenizer lacks the words that stand for the questions."""
        self._tokenizer = tokenizer
        self._marks: list[list[int]] = []
        for question in QUESTIONS:
            mark = tokenizer.token_to_id(_MARKS[question]) if question else None
            if question and mark is None:
                raise ModelError(f"the tokenizer has no piece {_MARKS[question]!r}: it is not one of this model")
            self._marks.append([] if mark is None else [mark])

    def lead(self, question: int) -> int:
        """How many tokens come before the text; ``question`` is an index in QUESTIONS."""
        return 1 + len(self._marks[question])

    def ids(self, texts: Sequence[str], questions: Sequence[int]) -> list[list[int]]:
        """Token ids of each text under its question (index in QUESTIONS), whatever the length."""
        encoded = self._tokenizer.encode_batch_fast(list(texts))
        return [
            [*encoding.ids[:1], *self._marks[question], *encoding.ids[1:]]
            for encoding, question in zip(encoded, questions, strict=True)
        ]
