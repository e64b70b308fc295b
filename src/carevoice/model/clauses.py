"""Clauses of a comment: where one says a thing of its own, it is read once more by itself.

A comment of many words about many things dilutes each; its clauses do not. They are found by punctuation and by the
words that turn a sentence ("but", "mais", "pero"), which comments without punctuation have too.
"""

import re
from dataclasses import dataclass
from typing import Final

#: A clause of fewer words says little without the one before it.
_MIN_CLAUSE_WORDS: Final = 3
_TURNS: Final = "but|however|although|mais|par contre|cependant|pero|aunque|sin embargo"
_BREAK: Final = re.compile(rf"(?<=[.!?…;])\s+|\n+|\s+(?=(?:{_TURNS})\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ClauseSpec:
    """Comments of ``min_words`` or more are also read by clause; ``weight`` is what clauses count beside the whole."""

    min_words: int
    weight: float


#: The weight was chosen on real comments with an earlier model. The least length is a matter of time: clauses win
#: a point of F1 at most, mainly in the longest comments, and what is read twice takes twice as long.
DEFAULT_CLAUSES: Final = ClauseSpec(min_words=120, weight=0.3)


def clauses(text: str, spec: ClauseSpec) -> list[str]:
    """The clauses of a comment; none if it is too short or a single clause."""
    if not spec.weight or len(text.split(None, spec.min_words)) < spec.min_words:
        return []
    parts: list[str] = []
    for part in _BREAK.split(text):
        if parts and len(parts[-1].split(None, _MIN_CLAUSE_WORDS)) < _MIN_CLAUSE_WORDS:
            parts[-1] += " " + part
        elif part.strip():
            parts.append(part)
    if len(parts) > 1 and len(parts[-1].split()) < _MIN_CLAUSE_WORDS:
        last = parts.pop()
        parts[-1] += " " + last
    return parts if len(parts) > 1 else []
