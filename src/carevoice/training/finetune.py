"""From labelled comments to a model folder of one's own."""

import hashlib
import json
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from math import ceil
from pathlib import Path
from statistics import median
from typing import Any, Final, get_args

import torch

import carevoice
from carevoice.errors import CareVoiceError, InputError
from carevoice.language import PriorEstimator, load_detector
from carevoice.model.engine import OnnxEngine
from carevoice.model.folder import Outputs, write_config
from carevoice.model.network import CommentNetwork
from carevoice.resources import resource
from carevoice.taxonomy import Taxonomy, load_taxonomy, taxonomy_to_dict
from carevoice.training.calibrate import Prefer
from carevoice.training.card import METRICS, write_card
from carevoice.training.checkpoint import Checkpoint
from carevoice.training.config import FineTuneConfig, read_recipe
from carevoice.training.data import Example, targets
from carevoice.training.device import Device, best_device, reproducible
from carevoice.training.disputes import undisputed
from carevoice.training.efforts import FEWEST_HELD_OUT, Effort, Run, Trained, logits, train_heads, train_layers
from carevoice.training.grouping import groups
from carevoice.training.inherit import with_levels
from carevoice.training.labels import Labelled, LabelOptions, describe, read_labelled
from carevoice.training.labels.table import Source
from carevoice.training.outcome import data_summary, environment, fitted, now, results, scored
from carevoice.training.place import check_output, check_space
from carevoice.training.start import Start, open_start
from carevoice.training.trainer import Log, Watch
from carevoice.training.written import write_model

DEFAULT_RECIPE: Final = "configs/finetune.yaml"
#: With fewer comments there is nothing to hold out.
_FEWEST_COMMENTS: Final = 16
#: F1 of themes that a model hardly reaches on comments that are new to it.
_KNOWN_BY_HEART: Final = 0.985


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A model folder that training has written, and what is in its ``metrics.json``."""

    path: Path
    report: Mapping[str, Any]


def train(
    data: Source,
    output: str | Path,
    *,
    config: str | Path | None = None,
    taxonomy: str | Path | Taxonomy | None = None,
    start: str | Path | None = None,
    effort: Effort = "auto",
    prefer: Prefer = "f1",
    resume: bool = False,
    labels: LabelOptions | None = None,
    log: Log | None = None,
    tick: Watch | None = None,
) -> TrainedModel:
    """Train a model on labelled comments and write its folder, which ``carevoice.load`` takes.

    ``data`` is a CSV file, a pandas DataFrame or a datasets.Dataset, and ``labels`` says how to read it where that is
    not plain. ``taxonomy`` is a codebook of one's own: a file like ``configs/taxonomy.yaml``, or a Taxonomy. ``start``
    is a CareVoice model or a bare encoder folder (None: the model that comes along), ``config`` a recipe like
    ``configs/finetune.yaml``, the default. ``effort`` trains the ``head`` alone or the ``full`` network; ``auto`` looks
    at the number of examples. Thresholds ``prefer`` recall, precision or the balance of both, f1.

    What an interrupted run has done is kept in a folder beside the output, from where ``resume`` goes on to the same
    end. ``log`` gets lines about what is done, ``tick`` how far it is. The same data, settings and machine give the
    same model.

    Raises InputError, before it trains, for data, options and paths that can't be used, and ModelError for a start that
    can't.
    """
    began = time.monotonic()
    say: Log = log or (lambda _line: None)
    output = Path(output)
    _check_choices(effort=(effort, get_args(Effort)), prefer=(prefer, get_args(Prefer)))
    work = check_output(output)
    recipe = read_recipe(resource(DEFAULT_RECIPE) if config is None else Path(config), FineTuneConfig)
    origin = open_start(None if start is None else Path(start))
    labelled = read_labelled(data, _options(labels, taxonomy), origin.inherited.taxonomy if origin.inherited else None)
    for line in describe(labelled).splitlines():
        say(line)
    examples = _examples(labelled, origin)
    grouped = groups([e.text for e in examples])
    if (distinct := len(set(grouped.tolist()))) < _FEWEST_COMMENTS:
        raise InputError(
            f"{distinct} different comments are too few to train on (near copies count once): give "
            f"{_FEWEST_COMMENTS} or more"
        )
    size = _size(effort, examples, distinct, recipe, say)
    device = best_device()
    _say_start(origin, labelled.taxonomy, device, say)
    with reproducible(device, recipe.seed):
        network = origin.network(labelled.taxonomy)
        check_space(output, network, layers=size == "full", words=recipe.word_learning_rate > 0)
        checkpoint = Checkpoint.begin(
            work, _fingerprint(examples, labelled, recipe, origin, size, prefer), resume=resume
        )
        before = float(checkpoint.state["seconds"])
        outputs = _outputs(labelled, origin)
        run = Run(
            output.name, examples, grouped, labelled.taxonomy, outputs, recipe, origin, device, checkpoint, say, tick
        )
        try:
            trained = (train_layers if size == "full" else train_heads)(run, network)
            folder = work / "model"
            metrics = _finish(run, network.to("cpu"), trained, folder, prefer)
            metrics |= {"effort": size, "seconds": round(before + time.monotonic() - began, 1), "created": now()}
            metrics["data"]["problems"] = len(labelled.problems)
            (folder / METRICS).write_text(json.dumps(metrics, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
            write_card(folder, name=output.name)
            folder.rename(output)
        except CareVoiceError:
            if checkpoint.is_empty:
                checkpoint.remove()
            raise
        except BaseException as stop:
            if not isinstance(stop, Exception):
                say(f"stopped; {work} keeps what was done, and the same with --resume (resume=True) goes on from there")
            raise
        checkpoint.remove()
    return TrainedModel(output, metrics)


def _check_choices(**choices: tuple[str, tuple[str, ...]]) -> None:
    for name, (value, known) in choices.items():
        if value not in known:
            raise InputError(f"{name} {value!r} is not known: use {', '.join(known)}")


def _options(labels: LabelOptions | None, taxonomy: str | Path | Taxonomy | None) -> LabelOptions:
    options = labels or LabelOptions()
    if taxonomy is None:
        return options
    return replace(options, taxonomy=taxonomy if isinstance(taxonomy, Taxonomy) else load_taxonomy(Path(taxonomy)))


def _examples(labelled: Labelled, origin: Start) -> tuple[Example, ...]:
    """The comments with a language and, unless the start can tell, with a level each.

    Raises InputError where there is too little to learn from.
    """
    known = set(labelled.taxonomy.ids)
    examples = tuple(undisputed(e, cells, known) for e, cells in zip(labelled.examples, labelled.fields, strict=True))
    present = targets(examples, labelled.taxonomy).themes
    if not labelled.single_label and (present == present[:1]).all():
        raise InputError("every comment has the same themes, so that there is nothing to tell apart: check the labels")
    if labelled.single_label and len({theme for e in examples for theme, _ in e.themes}) == 1:
        raise InputError("every comment has the same label, so that there is nothing to tell apart: check the labels")
    if not (origin.inherited and origin.inherited.outputs.sentiment):
        examples = with_levels(examples)
    if all(e.language for e in examples):
        return examples
    detector = load_detector()
    estimator = PriorEstimator(detector)
    texts = [e.text for e in examples]
    estimator.add(texts)
    found = detector.detect_batch(texts, estimator.result())
    return tuple(
        e if e.language else replace(e, language=language.code) for e, language in zip(examples, found, strict=True)
    )


def _size(effort: Effort, examples: tuple[Example, ...], distinct: int, recipe: FineTuneConfig, say: Log) -> Effort:
    """The effort that suits the data, unless it was named; ``distinct`` comments are no near copies."""
    size, why = effort, ""
    if effort == "auto":
        count = Counter(theme for e in examples for theme, _ in e.themes)
        middle = median(count.values())
        size = "full" if middle >= recipe.full_from else "head"
        why = f", since half of the themes have {middle:g} examples or {'more' if size == 'full' else 'fewer'}"
        if size == "full" and ceil(recipe.held_out * distinct) < FEWEST_HELD_OUT:
            size, why = "head", f", since {distinct} comments are too few to hold some out"
    say(f"effort: {size} ({'all layers are' if size == 'full' else 'the heads alone are'} trained){why}")
    return size


def _say_start(origin: Start, taxonomy: Taxonomy, device: Device, say: Log) -> None:
    known = f"it knows {len(origin.known(taxonomy))} of the {len(taxonomy)} themes"
    say(f"start: {origin.name} {origin.version}, {known}" if origin.inherited else f"start: encoder {origin.name}")
    say(f"device: {device}")


def _outputs(labelled: Labelled, origin: Start) -> Outputs:
    known = origin.inherited.outputs if origin.inherited else Outputs(polarity=False, sentiment=False, alert=False)
    return Outputs(
        single_label=labelled.single_label,
        polarity=labelled.has_polarity or known.polarity,
        sentiment=labelled.has_sentiment or known.sentiment,
        alert=labelled.has_alert or known.alert,
    )


def _fingerprint(
    examples: tuple[Example, ...],
    labelled: Labelled,
    recipe: FineTuneConfig,
    origin: Start,
    size: Effort,
    prefer: Prefer,
) -> dict[str, str]:
    """What has to be the same for a run to go on."""

    def digest(value: object) -> str:
        return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()

    return {
        "data": digest([[asdict(e) for e in examples], taxonomy_to_dict(labelled.taxonomy), labelled.single_label]),
        "settings": digest([recipe.as_dict(), size, prefer]),
        "start": origin.sha256,
        "version of CareVoice or torch": f"{carevoice.__version__}, {torch.__version__}",
    }


def _say_known(run: Run, measured: Mapping[str, Any]) -> None:
    """Hint at held-out comments that the start seems to know already."""
    found = measured["figures"].get("theme_micro_f1")
    if found and found["value"] >= _KNOWN_BY_HEART:
        run.log(
            f"hint: themes of held-out comments have F1 {found['value']:.3f}, which is seldom so unless "
            f"{run.start.name} has been trained on them; then the figures flatter, and comments new to it teach more"
        )


def _finish(run: Run, network: CommentNetwork, trained: Trained, folder: Path, prefer: Prefer) -> dict[str, Any]:
    """Write the model, calibrate it and say how good it is."""
    model = write_model(run, network, folder)
    raw = trained.raw
    if raw is None:
        raw = logits(run, trained.measured, OnnxEngine(model), threads=torch.get_num_threads())
    labels = targets([run.examples[n] for n in trained.measured.tolist()], run.taxonomy)
    calibration, chosen = fitted(run, raw, labels, prefer)
    write_config(folder, replace(model.config, calibration=calibration))
    run.log("calibrated; measuring")
    scores = scored(run, trained, raw, calibration, prefer)
    measured = results(run, trained, scores, f"{run.name} {run.config.version}")
    if run.start.inherited:
        _say_known(run, measured)
    return {
        "data": data_summary(run, trained),
        "measured": "out of fold" if trained.raw is not None else "held out",
        "results": measured,
        "calibration": chosen,
        "epochs": trained.epochs,
        "settings": run.config.as_dict(),
        "prefer": prefer,
        "environment": environment(run),
        "seed": run.config.seed,
        "start": {"name": run.start.name, "version": run.start.version},
        "inherited": run.start.inherited is not None,
    }
