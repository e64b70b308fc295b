"""Everything about a comment but its themes: language, question, sentiment, alert, and what else its rows hold."""

from collections.abc import Mapping, Sequence
from functools import cached_property

from carevoice.errors import InputError
from carevoice.questions import QuestionMap, load_questions
from carevoice.results import Polarity
from carevoice.tables.names import short
from carevoice.training.data import Example
from carevoice.training.labels.checks import Notes
from carevoice.training.labels.columns import Roles
from carevoice.training.labels.labelled import ColumnsUsed, LabelOptions, Scale
from carevoice.training.labels.layout import Plan
from carevoice.training.labels.sentiment import Reading, SentimentReader, sentiment_reader
from carevoice.training.labels.table import Table
from carevoice.training.labels.values import language_of, truth_of


class Facts:
    """Reads everything about a comment from its rows, and notes what can't be read."""

    def __init__(self, table: Table, options: LabelOptions, roles: Roles, plan: Plan, notes: Notes) -> None:
        self.table, self.options, self.roles, self.plan, self.notes = table, options, roles, plan, notes
        if options.polarity_column and plan.layout in {"cell", "columns"}:
            raise table.error(
                "--polarity-column goes with one label a row (--label-column); where labels share a cell or are "
                "columns, the polarity stands with each, as in food+ and food-."
            )
        self._sentiment = self._sentiment_reader()
        self._questions: QuestionMap | None = None if roles.question is None else load_questions()

    @property
    def scale(self) -> Scale | None:
        """How sentiment is written."""
        return None if self._sentiment is None else self._sentiment.scale

    @cached_property
    def columns_used(self) -> ColumnsUsed:
        """The columns by name."""
        roles, header = self.roles, self.table.header
        found = {role: getattr(roles, role) for role in ("id", "language", "question", "sentiment", "mixed", "alert")}
        if roles.sentiment is None:
            found["mixed"] = None
        if self.plan.layout in {"long", "single"}:
            found["polarity"] = roles.polarity
        names = {role: None if place is None else header[place] for role, place in found.items()}
        return ColumnsUsed(header[roles.text], tuple(header[place] for place in self.plan.columns), **names)

    def fields(self, places: Sequence[int]) -> Mapping[str, str]:
        """The cells of a comment's first row, but for its text and labels."""
        used = self.columns_used
        skipped = {used.text, used.polarity, *used.labels}
        row = self.table.rows[places[0]]
        return {name: cell for name, cell in zip(self.table.header, row, strict=True) if name not in skipped}

    def example(self, places: Sequence[int], themes: tuple[tuple[str, Polarity | None], ...]) -> Example:
        """The comment with these themes and all that its rows say."""
        rows, roles = [self.table.rows[place] for place in places], self.roles
        question = "" if roles.question is None else rows[0][roles.question]
        reading = self._reading(places)
        return Example(
            id=("" if roles.id is None else rows[0][roles.id].strip()) or f"row {places[0] + 1}",
            language=self._language(places),
            source="",
            text=rows[0][roles.text],
            question="" if self._questions is None else self._questions.canonical(question),
            sentiment=reading.label,
            level=reading.level,
            alert=self._alert(places),
            themes=themes,
        )

    def _sentiment_reader(self) -> SentimentReader | None:
        place, scale = self.roles.sentiment, self.options.sentiment_scale
        if place is None:
            if scale != "auto":
                raise self.table.error("--sentiment-scale needs a column: name it with --sentiment-column.")
            return None
        try:
            reader, doubt = sentiment_reader(self.table.column(place), scale)
        except InputError as error:
            name = short(self.table.header[place])
            raise InputError(f'{self.table.name}, column "{name}": {error}') from None
        if doubt:
            self.notes.add(doubt, ())
        return reader

    def _reading(self, places: Sequence[int]) -> Reading:
        if self._sentiment is None or self.roles.sentiment is None:
            return Reading()
        readings = set()
        for place in places:
            row = self.table.rows[place]
            mixed = False
            if self.roles.mixed is not None and row[self.roles.mixed].strip():
                truth = truth_of(row[self.roles.mixed])
                if truth is None:
                    self.notes.add('the column "mixed" can\'t be read: taken as 0', [place + 1])
                mixed = bool(truth)
            reading = self._sentiment.read(row[self.roles.sentiment], mixed=mixed)
            if reading is None:
                self.notes.add("the sentiment can't be read: left unknown", [place + 1])
            elif reading != Reading():
                readings.add(reading)
        if len(readings) > 1:
            hint = "; if they are about the label of the row, name the column with --polarity-column"
            self.notes.add(f"the rows of one comment have different sentiments: left unknown{hint}", _numbers(places))
        return readings.pop() if len(readings) == 1 else Reading()

    def _language(self, places: Sequence[int]) -> str:
        if self.roles.language is None:
            return ""
        for place in places:
            language = language_of(self.table.rows[place][self.roles.language])
            if language:
                return language
            if language is None:
                self.notes.add("the language is none of en, fr and es: taken as not given", [place + 1])
        return ""

    @cached_property
    def _blank_alert(self) -> bool | None:
        """What an empty cell says: no alert, if the column only ever says yes; otherwise nothing."""
        if self.roles.alert is None:
            return None
        said = {truth_of(cell) for cell in self.table.column(self.roles.alert) if cell.strip()}
        return False if True in said and False not in said else None

    def _alert(self, places: Sequence[int]) -> bool | None:
        if self.roles.alert is None:
            return None
        said: set[bool | None] = set()
        for place in places:
            cell = self.table.rows[place][self.roles.alert]
            truth = truth_of(cell) if cell.strip() else self._blank_alert
            if truth is None and cell.strip():
                self.notes.add("the alert is neither 0 nor 1: left unknown", [place + 1])
            said.add(truth)
        said.discard(None)
        if len(said) > 1:
            self.notes.add("the rows of one comment have different alerts: left unknown", _numbers(places))
        return said.pop() if len(said) == 1 else None


def _numbers(places: Sequence[int]) -> list[int]:
    return [place + 1 for place in places]
