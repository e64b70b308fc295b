#!/usr/bin/env python3
"""Measure the masking of personal data on labelled comments; prints Markdown.

    python benchmarks/redaction.py                   # the comments of examples/redaction
    python benchmarks/redaction.py --names           # with spaCy's recognisers, where they are installed
    python benchmarks/redaction.py --errors dev      # lists what differs in the first half of the file

Needs the extra "redact". A span is right if its kind is and, strictly, both of its ends are; "overlap"
counts every span that shares a character with one of its kind.
"""

import argparse
import csv
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from report import emit, run_lines, table, this_command

from carevoice.redaction import KINDS, Redactor, Span

LANGUAGES: Final = ("en", "fr", "es")
#: The rules were corrected on the comments up to this one.
LAST_FOR_DEVELOPMENT: Final = "r100"
LIBRARIES: Final = ("carevoice", "phonenumbers", "python-stdnum", "spacy")
TIMED: Final = 20_000
NOTE: Final = """## Redaction

Precision and recall of the masks on invented comments. The rules were corrected on the first half of the
file only. One author wrote both halves and then the rules, so the figures flatter even on the second half:
they say what the rules do with the forms that they know. "Any kind" takes a masked span for right whatever
its label.
"""


@dataclass(frozen=True)
class Comment:
    """A comment with the spans that should be masked."""

    name: str
    language: str
    text: str
    gold: tuple[Span, ...]


@dataclass(frozen=True)
class Counts:
    """Gold spans and found spans, and how many of each are matched by the other."""

    gold: int
    found: int
    gold_matched: int
    found_matched: int

    def cells(self) -> list[str]:
        """Precision, recall and F1 with the numbers behind them."""
        precision = self.found_matched / self.found if self.found else float("nan")
        recall = self.gold_matched / self.gold if self.gold else float("nan")
        both = precision + recall
        f1 = 2 * precision * recall / both if both > 0 else 0.0 if both == 0 else float("nan")
        return [
            f"{precision:.3f} ({self.found_matched}/{self.found})",
            f"{recall:.3f} ({self.gold_matched}/{self.gold})",
            f"{f1:.3f}",
        ]


def read_comments(path: Path) -> list[Comment]:
    """Read the labelled comments."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, strict=True))
    return [Comment(row["id"], row["language"], row["text"], tuple(read_spans(row["spans"]))) for row in rows]


def read_spans(cell: str) -> Iterable[Span]:
    """Read spans such as `12-25:PHONE;40-60:EMAIL`."""
    for part in filter(None, cell.split(";")):
        place, _, kind = part.partition(":")
        start, _, end = place.partition("-")
        yield Span(int(start), int(end), kind)


def same(one: Span, other: Span) -> bool:
    """Both ends and the kind are the same."""
    return one == other


def overlapping(one: Span, other: Span) -> bool:
    """The kind is the same, and a character is shared."""
    return one.kind == other.kind and sharing(one, other)


def sharing(one: Span, other: Span) -> bool:
    """A character is shared, whatever the kinds."""
    return one.start < other.end and other.start < one.end


def count(
    comments: Sequence[Comment],
    found: Sequence[Sequence[Span]],
    kinds: Sequence[str],
    match: Callable[[Span, Span], bool],
) -> Counts:
    """Count matches of spans of the given kinds; a span may match one of any kind if `match` allows it."""
    totals: Counter[str] = Counter()
    for comment, spans in zip(comments, found, strict=True):
        gold = [span for span in comment.gold if span.kind in kinds]
        chosen = [span for span in spans if span.kind in kinds]
        totals["gold"] += len(gold)
        totals["found"] += len(chosen)
        totals["gold_matched"] += sum(any(match(span, other) for other in spans) for span in gold)
        totals["found_matched"] += sum(any(match(span, other) for other in comment.gold) for span in chosen)
    return Counts(totals["gold"], totals["found"], totals["gold_matched"], totals["found_matched"])


def figures(title: str, comments: Sequence[Comment], found: Sequence[Sequence[Span]]) -> str:
    """Write the table of a set of comments, by kind."""
    groups = [("all", KINDS), ("all but NAME", tuple(kind for kind in KINDS if kind != "NAME"))]
    groups += [(kind, (kind,)) for kind in KINDS]
    lines = []
    for name, kinds in groups:
        exact = count(comments, found, kinds, same)
        if exact.gold or exact.found:
            lines.append([name, *exact.cells(), *count(comments, found, kinds, overlapping).cells()])
    any_kind = count(comments, found, KINDS, sharing)
    lines.append(["any kind", "", "", "", *any_kind.cells()])
    clean = [spans for comment, spans in zip(comments, found, strict=True) if not comment.gold]
    spared = sum(not spans for spans in clean)
    header = ["kind", "precision", "recall", "F1", "precision, overlap", "recall, overlap", "F1, overlap"]
    tail = f"\n{spared} of {len(clean)} comments with nothing to mask were left as they are.\n"
    return f"### {title} ({len(comments)} comments)\n\n" + table(header, lines) + tail


def differences(comments: Sequence[Comment], found: Sequence[Sequence[Span]]) -> str:
    """List spans that were missed and spans that were found without being there."""
    lines = []
    for comment, spans in zip(comments, found, strict=True):
        for mark, some, others in (("missed", comment.gold, spans), ("extra", spans, comment.gold)):
            lines += [
                f"- {comment.name} {mark} {span.kind}: `{comment.text[span.start : span.end]}`"
                for span in some
                if span not in others
            ]
    return "### Differences\n\n" + "\n".join(lines) + "\n"


def rate(redactor: Redactor, comments: Sequence[Comment]) -> float:
    """Comments masked per second of processor time."""
    repeated = [comments[place % len(comments)] for place in range(TIMED)]
    begin = time.process_time()
    for comment in repeated:
        redactor.redact(comment.text, comment.language)
    return TIMED / (time.process_time() - begin)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark as a command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--data", type=Path, default=Path("examples/redaction/comments.csv"), help="labelled comments")
    parser.add_argument("--names", action="store_true", help="recognise names with spaCy where a pipeline is installed")
    parser.add_argument("--errors", choices=("dev", "test"), help="list what differs in the first or the second half")
    parser.add_argument("--output", type=Path, help="file for the tables; default: standard output")
    options = parser.parse_args(arguments)
    comments = read_comments(options.data)
    redactor = Redactor(names=None if options.names else False)
    found = [redactor.find(comment.text, comment.language) for comment in comments]
    half = sum(comment.name <= LAST_FOR_DEVELOPMENT for comment in comments)
    halves = {"dev": slice(half), "test": slice(half, None)}
    if options.errors:
        chosen = halves[options.errors]
        emit(differences(comments[chosen], found[chosen]), options.output)
        return 0
    sections = [
        NOTE,
        run_lines(this_command(), LIBRARIES),
        figures("Second half, not used for correcting the rules", comments[halves["test"]], found[halves["test"]]),
        figures("First half, used for correcting the rules", comments[halves["dev"]], found[halves["dev"]]),
        figures("Whole file", comments, found),
    ]
    for language in LANGUAGES:
        places = [place for place, comment in enumerate(comments) if comment.language == language]
        chosen_comments, chosen_found = [comments[n] for n in places], [found[n] for n in places]
        sections.append(figures(f"Whole file, {language}", chosen_comments, chosen_found))
    if not options.names:
        words = sum(len(comment.text.split()) for comment in comments) / len(comments)
        speed = f"{rate(redactor, comments):,.0f} comments per second of processor time, {words:.0f} words on average."
        sections.append(f"### Speed\n\n{speed}\n")
    emit("\n".join(sections), options.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
