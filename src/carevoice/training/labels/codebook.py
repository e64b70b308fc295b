"""Labels and themes: which theme a label means, and new themes for labels that the taxonomy does not have."""

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from carevoice.questions import normalised
from carevoice.taxonomy import TEXT_LANGUAGES, Taxonomy, Theme

#: What is longer is a comment or a remark that strayed into a column of labels.
LONGEST_LABEL: Final = 100
_LONGEST_ID: Final = 48


class Matcher:
    """Finds themes by id or by name in any language, whatever the case, accents and punctuation."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        names: dict[str, set[str]] = {}
        exact: set[str] = set()
        for theme in taxonomy:
            for name in theme.name.values():
                names.setdefault(label_key(name), set()).add(theme.id)
            exact.update(text.casefold() for text in (theme.id, *theme.name.values()))
        # A name that two themes share in different languages says nothing.
        self._themes = {label_key(theme): theme for theme in taxonomy.ids}
        self._themes |= {key: min(ids) for key, ids in names.items() if len(ids) == 1}
        self._exact = frozenset(exact)
        #: An id to the letter is right whatever the names; the rest is filled as labels are looked for.
        self._found: dict[str, str | None] = {theme: theme for theme in taxonomy.ids}

    def find(self, label: str) -> str | None:
        """Id of the theme that a label means, None if it means none."""
        if label not in self._found:
            self._found[label] = self._themes.get(label_key(label))
        return self._found[label]

    def is_name(self, label: str) -> bool:
        """Whether this is an id or a name to the letter, the sign at its end included."""
        return label.strip().casefold() in self._exact


def label_key(label: str) -> str:
    """What two spellings of a label have in common; nothing for one without a letter or digit."""
    return normalised(label)


@dataclass(frozen=True, slots=True)
class Codebook:
    """A taxonomy for some labels, the theme of each label as it is written, and the themes that were made for them."""

    taxonomy: Taxonomy
    themes: Mapping[str, str]
    new: tuple[str, ...]


def extended(base: Taxonomy, matcher: Matcher, labels: Counter[str]) -> Codebook | None:
    """A codebook of the themes of ``base`` that occur in ``labels``, then new ones for all other labels by frequency.

    ``labels`` are counted, and each has a ``label_key``. None when there is nothing to make one from.
    """
    known = {label: theme for label in labels if (theme := matcher.find(label))}
    spellings: dict[str, Counter[str]] = {}
    keys = {label: label_key(label) for label in labels if label not in known}
    for label, key in keys.items():
        spellings.setdefault(key, Counter())[" ".join(label.split())] += labels[label]
    taken = set(base.ids)
    themes = [theme for theme in base if theme.id in set(known.values())]
    new: dict[str, str] = {}
    for key in sorted(spellings, key=lambda key: (-spellings[key].total(), key)):
        name = min(spellings[key], key=lambda name: (-spellings[key][name], name))
        made = new_theme(name, taken)
        taken.add(made.id)
        new[key] = made.id
        themes.append(made)
    if not themes:
        return None
    if len(themes) == len(base) and not new:
        return Codebook(base, known, ())
    version = f"{base.version}+local" if known else "local"
    made_for = {label: new[key] for label, key in keys.items()}
    return Codebook(Taxonomy(tuple(themes), version), known | made_for, tuple(new.values()))


def new_theme(name: str, taken: Collection[str]) -> Theme:
    """A theme named by its label in every language, with an id made from it that is not ``taken``."""
    texts = dict.fromkeys(TEXT_LANGUAGES, name)
    theme_id = _id_of(name)
    free, number = theme_id, 2
    while free in taken:
        free, number = f"{theme_id}_{number}", number + 1
    return Theme(free, texts, texts, texts)


def _id_of(name: str) -> str:
    words = normalised(name).encode("ascii", "ignore").decode().split()
    if not words:
        # Another script: a digest is the same wherever the label occurs.
        return "theme_" + hashlib.sha256(label_key(name).encode()).hexdigest()[:8]
    if not words[0][0].isalpha():
        words.insert(0, "theme")
    while len(words) > 1 and len("_".join(words)) > _LONGEST_ID:
        words.pop()
    return "_".join(words)[:_LONGEST_ID]


def column_labels(names: Sequence[str], matcher: Matcher) -> tuple[str, ...]:
    """The labels of 0/1 columns: their names, without a prefix such as ``theme_`` that they all share."""
    matches = [PREFIX.match(name) for name in names]
    shared = {match and match[0].casefold() for match in matches}
    if len(names) > 1 and len(shared) == 1 and not any(map(matcher.find, names)):
        return tuple(name[match.end() if match else 0 :] for name, match in zip(names, matches, strict=True))
    return tuple(names)


#: How columns that hold a theme each are often called, before the name of the theme.
PREFIX: Final = re.compile(r"(?:themes?|labels?|topics?|tags?|codes?|categor(?:y|ies))[_.:/](?=.)", re.IGNORECASE)
