"""CareVoice in one page: analyse a single comment, then a whole file as a stream.

python examples/quickstart.py
"""

import csv
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import carevoice

COMMENTS = Path(__file__).parent / "comments.csv"


def column(name: str) -> Iterator[str]:
    """The cells of a column, one row at a time."""
    with COMMENTS.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield row[name]


def main() -> None:
    """Show what an analysis holds, then count over many of them."""
    out = sys.stdout.write
    analyzer = carevoice.load()

    result = analyzer.analyze("Médecin à l'écoute mais 3 h d'attente")
    out(f"language: {result.language.code} ({result.language.confidence:.2f})\n")
    if result.sentiment is not None:
        out(f"sentiment: {result.sentiment.label} ({result.sentiment.score:+.2f})\n")
    for theme in result.themes:
        name = analyzer.taxonomy[theme.id].text("name", "fr")
        out(f"theme: {name}, {theme.polarity} ({theme.probability:.2f})\n")

    # Results come one by one, in the order of the input; a file of any length needs little memory.
    criticised: Counter[str] = Counter()
    for result in analyzer.stream(column("text"), column("question")):
        criticised.update(theme.id for theme in result.themes if theme.polarity in ("criticised", "both"))
    out("\nmost criticised:\n")
    for theme_id, count in criticised.most_common(5):
        out(f"  {analyzer.taxonomy[theme_id].text('name', 'en')}: {count}\n")


if __name__ == "__main__":
    main()
