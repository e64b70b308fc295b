"""The commands and their options; the work is done in the modules that they import.

Nothing heavy may be imported here: ``carevoice --help`` answers in a tenth of a second.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from carevoice.cli import label_options as given
from carevoice.cli import table_options as table
from carevoice.cli.sections import Sectioned
from carevoice.cli.session import WITH_REJECTS, Debug

_CLASSIFY_EXAMPLES: Final = """\b
Examples:
  carevoice classify comments.csv -o themes.csv
  carevoice classify comments.csv -o themes.jsonl --probabilities
  carevoice classify survey.xlsx --text-column "Your answer" --question-column Question -o out.xlsx
  carevoice classify wide.csv --text-column "What was good?" --text-column "What could be better?" -o out.csv
  carevoice classify export.csv --encoding windows-1252 --rejects bad-rows.csv -o out.parquet
  cat comments.csv | carevoice classify - | head
"""
_DETECT_EXAMPLES: Final = """\b
Examples:
  carevoice detect comments.csv -o languages.csv
  cat comments.csv | carevoice detect - --format jsonl
"""
_THEMES_EXAMPLES: Final = """\b
Examples:
  carevoice themes
  carevoice themes --in fr
  carevoice themes --model path/to/model > themes.tsv
"""
_TRAIN_EXAMPLES: Final = """\b
Examples:
  carevoice train labelled.csv -o models/ours
  carevoice train labelled.csv -o models/ours --taxonomy themes.yaml --prefer recall
  carevoice train codes.csv -o models/ours --label-column code --from build/encoder --effort head
  carevoice train labelled.csv -o models/ours --resume
\b
Interrupted, by Ctrl-C or otherwise, it leaves a folder OUT.training; the same command with --resume goes on from there.
"""
_EVALUATE_EXAMPLES: Final = """\b
Examples:
  carevoice evaluate models/ours held_out.csv --by language --by site -o report.json
  carevoice evaluate models/ours held_out.csv --compare carevoice-base
  carevoice evaluate carevoice-base scores.csv --themes-column codes --sentiment-scale stars
"""
_APP_EXAMPLES: Final = """\b
Examples:
  carevoice classify comments.csv -o themes.csv
  carevoice detect comments.csv
  carevoice themes --in es
  carevoice train labelled.csv -o models/ours
  carevoice evaluate models/ours held_out.csv
\b
Exit codes: 0 done, 1 a fault of CareVoice, 2 wrong usage or bad input, 3 done, but for rejected rows, 130 interrupted.
"""

app = typer.Typer(
    name="carevoice",
    help="Language, themes and sentiment of patient comments in English, French and Spanish, offline.",
    epilog=_APP_EXAMPLES,
    add_completion=False,
    no_args_is_help=True,
    # Both would import rich, for looks alone.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _show_version(value: bool) -> None:  # noqa: FBT001  # the shape that typer calls
    if value:
        from carevoice import __version__

        typer.echo(f"carevoice {__version__}")
        raise typer.Exit


@app.callback()
def _carevoice(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit."),
    ] = False,
) -> None:
    del version


@app.command(epilog=_CLASSIFY_EXAMPLES, short_help="Add language, sentiment, themes and alert to comments.")
@table.takes_table
def classify(
    *,
    about: table.About,
    question_column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help='Column of the question that each comment answers; "" for none. One for each --text-column.',
            show_default=False,
        ),
    ] = None,
    question: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TEXT",
            help="Question that all comments answer, if the name of their column is not the question; "
            '"" for none. One for each --text-column.',
            show_default=False,
        ),
    ] = None,
    language: Annotated[
        Literal["auto", "en", "fr", "es"], typer.Option(help="Language of all comments, if known.")
    ] = "auto",
    model: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="Model folder, if not the one that comes along.", show_default=False),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            metavar="NUMBER",
            min=0,
            max=1,
            help="Probability from which a theme counts, in place of the tuned ones.",
            show_default=False,
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an interrupted run of the same command.")
    ] = False,
    probabilities: Annotated[
        bool, typer.Option("--probabilities", help="Add a column p_<theme> for each theme.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Add language, sentiment, themes and alert to each comment of a table.

    Every column of the input comes first, unchanged; rows keep their order. Interrupted, by Ctrl-C or otherwise, it
    leaves a file OUT.carevoice-journal; the same command with --resume goes on from there.
    """
    del debug
    from carevoice.cli.run import run
    from carevoice.cli.tasks import Classify, ClassifyOptions

    named = replace(about.named, question_columns=tuple(question_column or ()), questions=tuple(question or ()))
    about = replace(about, named=named, resume=resume)
    analysis = ClassifyOptions(model, language, threshold, probabilities)
    if run(about, lambda: Classify(analysis)):
        raise typer.Exit(WITH_REJECTS)


@app.command(epilog=_DETECT_EXAMPLES, short_help="Add the language to comments.")
@table.takes_table
def detect(
    *,
    about: table.About,
    debug: Debug = False,
) -> None:
    """Add the language of each comment of a table: en, fr, es, other, or und when nothing tells.

    No theme is looked for, so this is fast.
    """
    del debug
    from carevoice.cli.run import run
    from carevoice.cli.tasks import Detect

    if run(replace(about, takes_questions=False), Detect):
        raise typer.Exit(WITH_REJECTS)


@app.command(epilog=_THEMES_EXAMPLES, short_help="List the themes.")
def themes(
    *,
    in_: Annotated[Literal["en", "fr", "es"], typer.Option("--in", help="Language of names and definitions.")] = "en",
    model: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="Model folder whose themes to show.", show_default=False),
    ] = None,
    debug: Debug = False,
) -> None:
    """List the themes: a table on a terminal, tab-separated values in a pipe."""
    del debug
    from carevoice.cli.themes import show_themes

    show_themes(in_, model)


@app.command(cls=Sectioned, epilog=_TRAIN_EXAMPLES, short_help="Train a model on labelled comments.")
@given.takes_labels
def train(
    source: Annotated[
        str,
        typer.Argument(metavar="LABELLED", help='Table with labels, as classify takes them; "-" is standard input.'),
    ],
    *,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="OUT", help="Model folder to write; must not be there yet.")
    ],
    start: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="FOLDER",
            help="CareVoice model, or encoder of transformers, to start from; else the model that comes along.",
            show_default=False,
        ),
    ] = None,
    effort: Annotated[
        Literal["auto", "head", "full"],
        typer.Option(help="Train the heads alone (few examples), all layers, or what suits the data."),
    ] = "auto",
    prefer: Annotated[Literal["f1", "recall", "precision"], typer.Option(help="What thresholds are tuned for.")] = "f1",
    config: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Recipe, a changed copy of configs/finetune.yaml; else that.", show_default=False
        ),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an interrupted run.")] = False,
    debug: Debug = False,
    labels: given.Labels,
) -> None:
    """Train a model on labelled comments of your own, with the themes of CareVoice or of your own codebook.

    What was read is said aloud. OUT is a model folder that classify, evaluate and themes take; its README.md says
    what is in it and how good it is.
    """
    del debug
    from carevoice.cli.train import TrainOptions, run_training

    run_training(TrainOptions(source, output, config, start, effort, prefer, resume), labels)


@app.command(epilog=_EVALUATE_EXAMPLES, short_help="Measure a model on labelled comments.")
@given.takes_labels
def evaluate(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="Model folder, or carevoice-base for the one that comes along.")
    ],
    source: Annotated[
        str,
        typer.Argument(metavar="LABELLED", help='Table with labels, as classify takes them; "-" is standard input.'),
    ],
    *,
    by: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Column to report apart by, or language, question or length; may be repeated.",
            show_default=False,
        ),
    ] = None,
    compare: Annotated[
        str | None,
        typer.Option(metavar="MODEL", help="Other model, to measure on the same comments.", show_default=False),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            "-o",
            metavar="OUT",
            help='JSON file to write beside the table; "-" is standard output, without the table.',
        ),
    ] = None,
    debug: Debug = False,
    labels: given.Labels,
) -> None:
    """Measure how well a model finds what people labelled, each figure with an interval.

    Themes, polarity, sentiment, alerts and calibration, as far as the file has them. The columns of the labels
    are found by their names and contents, and said aloud.
    """
    del debug
    from carevoice.cli.evaluate import EvaluateOptions, run_evaluation

    run_evaluation(EvaluateOptions(model, source, tuple(by or ()), compare, output), labels)
