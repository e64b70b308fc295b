"""The question comes in front of the comment."""

import pytest
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from carevoice.errors import ModelError
from carevoice.model.folder import TOKENIZER, open_folder
from carevoice.model.pieces import Pieces
from carevoice.questions import QUESTIONS


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer.from_file(str(open_folder().file(TOKENIZER)))


def test_each_question_is_one_token_of_its_own_in_front(tokenizer: Tokenizer) -> None:
    pieces = Pieces(tokenizer)
    plain, *asked = pieces.ids(["Nada"] * len(QUESTIONS), range(len(QUESTIONS)))
    assert plain == tokenizer.encode("Nada").ids
    assert pieces.lead(0) == 1
    for question, ids in enumerate(asked, 1):
        assert pieces.lead(question) == 2
        assert [ids[0], *ids[2:]] == plain
    assert len({ids[1] for ids in asked}) == len(asked)


def test_a_tokenizer_without_the_words_is_refused() -> None:
    with pytest.raises(ModelError, match="no piece '▁good'"):
        Pieces(Tokenizer(WordLevel({"a": 0}, "a")))
