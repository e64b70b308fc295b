"""Variants of training comments: short ones joined into a long one, questions left out, the mess of real typing."""

import dataclasses
import random
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Sequence

from carevoice.results import Polarity, SentimentLabel
from carevoice.training.data import Example

_MAX_JOINED_WORDS = 60  # longer comments are long enough
_MIN_UNASKED_WORDS = 6  # shorter ones may mean something only under their question


def join(parts: Sequence[Example], separator: str = " ") -> Example:
    """One comment that says what all ``parts`` say; labels follow the annotation guide.

    A label that one part lacks is unknown of the whole.
    """
    themes: dict[str, Polarity | None] = {}
    for part in parts:
        for theme, polarity in part.themes:
            known = themes.get(theme, "mentioned")
            if known in {"mentioned", polarity}:
                themes[theme] = polarity
            elif polarity != "mentioned":
                themes[theme] = "both" if known and polarity else None
    doubtful = dict.fromkeys(theme for part in parts for theme in part.doubtful if theme not in themes)
    sentiment, level = _joined_sentiment(parts)
    alerts = [part.alert for part in parts]
    return dataclasses.replace(
        parts[0],
        text=separator.join(part.text.strip() for part in parts),
        sentiment=sentiment,
        level=level,
        alert=None if None in alerts else any(alerts),
        themes=tuple(themes.items()),
        doubtful=tuple(doubtful),
    )


def _joined_sentiment(parts: Sequence[Example]) -> tuple[SentimentLabel | None, int | None]:
    labels = {part.sentiment for part in parts}
    if None in labels:
        return None, None
    praise, blame = bool(labels & {"positive", "mixed"}), bool(labels & {"negative", "mixed"})
    label: SentimentLabel = (
        "mixed" if praise and blame else "positive" if praise else "negative" if blame else "neutral"
    )
    levels = [part.level for part in parts if part.level is not None]
    if len(levels) < len(parts):
        return label, None
    # Praise and blame weigh each other out; several points of one kind are as strong as the strongest.
    if label == "mixed":
        return label, max(-1, min(1, round(sum(levels) / len(levels))))
    return label, max(levels) if praise else min(levels)


def join_some(
    examples: Sequence[Example], share: float, rng: random.Random, *, opposites: bool = True
) -> list[Example]:
    """Replace ``share`` of the short comments by joins of two to four of one language and question.

    Survey answers such as "Nothing" mean something only under their question, so that joins stay within one. Without
    ``opposites``, only comments of like sentiment are joined.
    """
    kept: list[Example] = []
    pools: dict[tuple[str, str, str], list[Example]] = defaultdict(list)
    for example in examples:
        if rng.random() < share and 3 <= len(example.text.split()) <= _MAX_JOINED_WORDS:  # noqa: PLR2004
            pools[example.language, example.question, "" if opposites else example.sentiment or ""].append(example)
        else:
            kept.append(example)
    for pool in pools.values():
        rng.shuffle(pool)
        while pool:
            size = rng.choice((2, 2, 3, 3, 4))
            parts, pool[:] = pool[:size], pool[size:]
            kept.append(join(parts, rng.choice((" ", " ", "\n", ". "))))
    return kept


def leave_questions_out(examples: Sequence[Example], share: float, rng: random.Random) -> list[Example]:
    """``share`` of the comments without their question, as in files that don't say it; very short ones keep it."""
    return [
        dataclasses.replace(e, question="") if rng.random() < share and len(e.text.split()) >= _MIN_UNASKED_WORDS else e
        for e in examples
    ]


def _typo(text: str, rng: random.Random) -> str:
    letters = list(text)
    for _ in range(max(1, len(letters) // 40)):
        k = rng.randrange(len(letters))
        action = rng.randrange(3)
        if action == 0:
            letters[k] = ""
        elif action == 1:
            letters[k] *= 2
        elif k:
            letters[k - 1], letters[k] = letters[k], letters[k - 1]
    return "".join(letters)


def unaccented(text: str) -> str:
    """The text without diacritics."""
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


_MESSES: tuple[Callable[[str, random.Random], str], ...] = (
    lambda text, _: text.upper(),
    lambda text, _: text.lower(),
    lambda text, _: unaccented(text),
    lambda text, _: unaccented(text).lower(),
    lambda text, _: text.translate(str.maketrans("", "", ".,;:!?¡¿")),
    _typo,
)


def mess_up(text: str, share: float, rng: random.Random) -> str:
    """With probability ``share``, the text as a hurried person types it: case, accents, typos or stops lost."""
    if rng.random() >= share or not text:
        return text
    return _MESSES[rng.randrange(len(_MESSES))](text, rng)
