"""Reading a table of labels: from rows of text to examples, their codebook and what was wrong with them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from carevoice.tables.names import short
from carevoice.taxonomy import Taxonomy, load_taxonomy
from carevoice.training.labels.checks import Notes, differing_duplicates, rare_themes, refuse
from carevoice.training.labels.codebook import LONGEST_LABEL, Codebook, Matcher, extended, label_key
from carevoice.training.labels.columns import Roles, find_roles
from carevoice.training.labels.facts import Facts
from carevoice.training.labels.labelled import Labelled, LabelOptions
from carevoice.training.labels.layout import Plan, comment_key, find_layout
from carevoice.training.labels.mentions import Mention
from carevoice.training.labels.rows import mentions_reader, themes_of
from carevoice.training.labels.table import Source, Table, read_table

#: From this number of rows on, a column with more different labels than half the rows is a column of something else.
_MANY_ROWS: Final = 40


@dataclass(frozen=True, slots=True)
class _Comment:
    """The rows of one comment, by their place in the table, and the labels they give it."""

    places: tuple[int, ...]
    mentions: tuple[Mention, ...]


def read_labelled(source: Source, options: LabelOptions | None = None, base: Taxonomy | None = None) -> Labelled:
    """Read labelled comments from a CSV file, a pandas DataFrame or a datasets.Dataset.

    Columns, layout and scales are found unless ``options`` name them. Labels are themes of ``options.taxonomy``; if
    there is none, those of ``base`` (None: the themes that come with CareVoice), and new themes for all others.

    Raises InputError, saying which option helps, for a table that can't be read in one way only, and with
    ``options.strict`` for any problem; otherwise problems are part of what is returned, and the label in doubt, or a
    row without a text, is left out.
    """
    options, base = options or LabelOptions(), base or load_taxonomy()
    table = read_table(source)
    matcher = Matcher(options.taxonomy or base)
    roles = find_roles(table, options)
    plan = find_layout(table, roles, options, matcher)
    notes = Notes()
    facts = Facts(table, options, roles, plan, notes)
    comments = _comments(table, roles, plan, matcher, notes)
    codebook = _codebook(table, plan, comments, matcher, options.taxonomy, base)
    kept, examples = [], []
    for places, mentions in ((comment.places, comment.mentions) for comment in comments):
        themes = themes_of(mentions, codebook, notes, [place + 1 for place in places], row_left_out=plan.single_label)
        # Of several labels, none may be right; of one, it can only be missing.
        if themes or not plan.single_label:
            kept.append(places)
            examples.append(facts.example(places, themes))
    if not examples:
        raise table.error("No row has both a text and a label: check the columns.")
    rows = tuple(places[0] + 1 for places in kept)
    problems = (
        *notes.problems(),
        *rare_themes(codebook.taxonomy, examples, rows),
        *differing_duplicates(examples, rows),
    )
    if options.strict:
        refuse(table.name, problems)
    has_sentiment = any(example.sentiment is not None for example in examples)
    return Labelled(
        examples=tuple(examples),
        rows=rows,
        fields=tuple(map(facts.fields, kept)),
        taxonomy=codebook.taxonomy,
        layout=plan.layout,
        single_label=plan.single_label,
        has_polarity=any(polarity for example in examples for _, polarity in example.themes),
        has_sentiment=has_sentiment,
        has_level=any(example.level is not None for example in examples),
        has_alert=any(example.alert is not None for example in examples),
        problems=problems,
        columns=facts.columns_used,
        scale=facts.scale if has_sentiment else None,
        new_themes=codebook.new,
    )


def _comments(table: Table, roles: Roles, plan: Plan, matcher: Matcher, notes: Notes) -> list[_Comment]:
    """The comments that have a text, in the order of their first rows."""
    mentions_of = mentions_reader(table, roles, plan, matcher, notes)
    groups: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for place, row in enumerate(table.rows):
        if row[roles.text].strip():
            key = comment_key(row, roles) if plan.layout == "long" else (str(place),)
            groups[key].append(place)
        else:
            notes.add("no text: row left out", [place + 1])
    comments = []
    for places in groups.values():
        mentions = tuple(mention for place in places for mention in mentions_of(place))
        if mentions or not plan.single_label:
            comments.append(_Comment(tuple(places), mentions))
        else:
            notes.add("no label: row left out", [place + 1 for place in places])
    return comments


def _codebook(
    table: Table,
    plan: Plan,
    comments: Sequence[_Comment],
    matcher: Matcher,
    own: Taxonomy | None,
    base: Taxonomy,
) -> Codebook:
    """The themes of all labels that can be themes."""
    labels: Counter[str] = Counter()
    for comment in comments:
        labels.update({label for label, _ in comment.mentions})
    labels = Counter({label: n for label, n in labels.items() if len(label) <= LONGEST_LABEL and label_key(label)})
    if plan.layout != "columns":
        _check_variety(table, plan, labels, matcher)
    if own is not None:
        found = {label: theme for label in labels if (theme := matcher.find(label))}
        if labels and not found:
            raise table.error("No label is a theme of the codebook: check the codebook and the column of the labels.")
        return Codebook(own, found, ())
    codebook = extended(base, matcher, labels)
    if codebook is None:
        raise table.error("No row has a theme: check the column of the labels.")
    return codebook


def _check_variety(table: Table, plan: Plan, labels: Iterable[str], matcher: Matcher) -> None:
    """Refuse what must be another column, before its texts become themes or stand in messages."""
    unknown = {label_key(label) for label in labels if matcher.find(label) is None}
    if len(table.rows) >= _MANY_ROWS and 2 * len(unknown) > len(table.rows):
        raise table.error(
            f'The column "{short(table.header[plan.columns[0]])}" holds {len(unknown):,} different labels in '
            f"{len(table.rows):,} rows, too many for themes: name the right one with --themes-column or --label-column."
        )
