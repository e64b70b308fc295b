"""The commands, their options and their exit codes; the work is done in ``run`` and ``themes``.

Nothing heavy may be imported here: ``carevoice --help`` answers in a tenth of a second.
"""

from __future__ import annotations

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal, NoReturn

import typer

from carevoice.cli import label_options as given
from carevoice.cli import table_options as table
from carevoice.cli.sections import Sectioned
from carevoice.errors import CareVoiceError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType

#: Exit codes, beside 128 + the number of a signal, which is 130 for Ctrl-C. A reader that closes its
#: end of a pipe has seen enough: that is 0 too.
DONE: Final = 0
OUR_FAULT: Final = 1
BAD_INPUT: Final = 2
WITH_REJECTS: Final = 3

_CLASSIFY_EXAMPLES: Final = """\b
Examples:
  carevoice classify comments.csv -o themes.csv
  carevoice classify comments.csv -o themes.jsonl --probabilities
  carevoice classify survey.xlsx --text-column "Your answer" --question-column Question -o out.xlsx
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


class _Stopped(BaseException):
    """A signal asks the process to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.signal = number


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
def classify(
    source: table.Source,
    *,
    output: table.Output = None,
    text_column: given.TextColumn = None,
    question_column: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help='Column of the question that each comment answers; "" for none.',
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
    format_: table.Format = None,
    input_format: table.InputFormat = None,
    encoding: table.Encoding = None,
    delimiter: table.Delimiter = None,
    sheet: table.Sheet = None,
    excel: table.Excel = False,
    redact: table.Redact = False,
    drop_text: table.DropText = False,
    rejects: table.Rejects = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an interrupted run of the same command.")
    ] = False,
    probabilities: Annotated[
        bool, typer.Option("--probabilities", help="Add a column p_<theme> for each theme.")
    ] = False,
    prefix: table.Prefix = "",
) -> None:
    """Add language, sentiment, themes and alert to each comment of a table.

    Every column of the input comes first, unchanged; rows keep their order. Interrupted, by Ctrl-C or otherwise, it
    leaves a file OUT.carevoice-journal; the same command with --resume goes on from there.
    """
    from carevoice.cli.run import TableOptions, run
    from carevoice.cli.tasks import Classify, ClassifyOptions
    from carevoice.tables.formats import read_options

    read = read_options(input_format, encoding, delimiter, sheet)
    columns = (text_column, question_column)
    about = TableOptions(source, output, *columns, read, format_, prefix, excel, rejects, resume, redact, drop_text)
    analysis = ClassifyOptions(model, language, threshold, probabilities)
    if run(about, lambda: Classify(analysis, prefix=prefix)):
        raise typer.Exit(WITH_REJECTS)


@app.command(epilog=_DETECT_EXAMPLES, short_help="Add the language to comments.")
def detect(
    source: table.Source,
    *,
    output: table.Output = None,
    text_column: given.TextColumn = None,
    format_: table.Format = None,
    input_format: table.InputFormat = None,
    encoding: table.Encoding = None,
    delimiter: table.Delimiter = None,
    sheet: table.Sheet = None,
    excel: table.Excel = False,
    redact: table.Redact = False,
    drop_text: table.DropText = False,
    rejects: table.Rejects = None,
    prefix: table.Prefix = "",
) -> None:
    """Add the language of each comment of a table: en, fr, es, other, or und when nothing tells.

    No theme is looked for, so this is fast.
    """
    from carevoice.cli.run import TableOptions, run
    from carevoice.cli.tasks import Detect
    from carevoice.tables.formats import read_options

    read = read_options(input_format, encoding, delimiter, sheet)
    about = TableOptions(
        source, output, text_column, "", read, format_, prefix, excel, rejects, redact=redact, drop_text=drop_text
    )
    if run(about, lambda: Detect(prefix=prefix)):
        raise typer.Exit(WITH_REJECTS)


@app.command(epilog=_THEMES_EXAMPLES, short_help="List the themes.")
def themes(
    *,
    in_: Annotated[Literal["en", "fr", "es"], typer.Option("--in", help="Language of names and definitions.")] = "en",
    model: Annotated[
        str | None,
        typer.Option(metavar="PATH", help="Model folder whose themes to show.", show_default=False),
    ] = None,
) -> None:
    """List the themes: a table on a terminal, tab-separated values in a pipe."""
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
    labels: given.Labels,
) -> None:
    """Train a model on labelled comments of your own, with the themes of CareVoice or of your own codebook.

    What was read is said aloud. OUT is a model folder that classify, evaluate and themes take; its README.md says
    what is in it and how good it is.
    """
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
    labels: given.Labels,
) -> None:
    """Measure how well a model finds what people labelled, each figure with an interval.

    Themes, polarity, sentiment, alerts and calibration, as far as the file has them. The columns of the labels
    are found by their names and contents, and said aloud.
    """
    from carevoice.cli.evaluate import EvaluateOptions, run_evaluation

    run_evaluation(EvaluateOptions(model, source, tuple(by or ()), compare, output), labels)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; arguments default to those of the process."""
    before = {number: signal.signal(number, _stop) for number in _stopping_signals()}
    if sys.stdout is None:
        # It was closed before we started; what is written to it is meant for no one.
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
    code = DONE
    try:
        app(args=None if arguments is None else list(arguments), prog_name="carevoice")
    except SystemExit as exit_:
        # typer exits with 1 for nothing but a closed pipe: every other exception comes through.
        code = _end_quietly() if exit_.code == OUR_FAULT else int(exit_.code or DONE)
    except BrokenPipeError:
        code = _end_quietly()
    except CareVoiceError as error:
        code = _say(f"Error: {error}", BAD_INPUT)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        code = _say(f"Error: {where}{(error.strerror or 'the system refused').lower()}.", BAD_INPUT)
    except _Stopped as stopped:
        code = _say("Interrupted.", 128 + stopped.signal)
    except Exception as error:  # noqa: BLE001  # the last resort: a fault of ours
        code = _fault(error)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return code


def _stopping_signals() -> list[signal.Signals]:
    """Signals to stop at in good order; one that is ignored, as nohup does, stays so."""
    return [number for number in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(number) != signal.SIG_IGN]


def _stop(number: int, _frame: FrameType | None) -> NoReturn:
    # Once is enough: a second Ctrl-C must not stop the cleaning up.
    signal.signal(number, signal.SIG_IGN)
    raise _Stopped(number)


def _say(message: str, code: int) -> int:
    with suppress(OSError):
        typer.echo(message, err=True)
    return code


def _end_quietly() -> int:
    """Drop what is left for a reader that has seen enough, so that Python doesn't complain at exit."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno() if sys.__stdout__ else 1)
    return DONE


def _fault(error: Exception) -> int:
    # Not the text of the exception: a comment may be in it.
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f" in {Path(place.tb_frame.f_code.co_filename).name}, line {place.tb_lineno}" if place else ""
    if os.environ.get("CAREVOICE_DEBUG") == "1":
        import traceback

        traceback.print_exception(error)
    return _say(
        f"Error: a fault of CareVoice, not of your data ({type(error).__name__}{where}). Please report it; "
        "CAREVOICE_DEBUG=1 shows details, which may hold comments.",
        OUR_FAULT,
    )
