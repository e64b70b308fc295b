"""The model card: the whole of one, what is left out, the limits, names that look like Markdown, and the use."""

import copy
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from carevoice.errors import ModelError
from carevoice.evaluation import Gold, report_of
from carevoice.results import Language, Result, Sentiment, ThemeMention
from carevoice.training.card import write_card


def figure(value: float, half: float = 0.05) -> dict[str, float]:
    return {"value": value, "low": value - half, "high": value + half}


CONFIG: dict[str, Any] = {
    "name": "ours",
    "version": "1.0.0",
    "outputs": {"single_label": False, "polarity": True, "sentiment": True, "alert": True},
    "calibration": {"thresholds": [0.3, 0.45], "alert_threshold": 0.11},
    "encoder": {"num_hidden_layers": 12, "hidden_size": 384, "vocab_size": 56808},
    "taxonomy": {
        "version": "1",
        "themes": [
            {"id": "wait_time", "name": {"en": "Waiting"}, "definition": {}, "boundary": {}},
            {"id": "food", "name": {"en": "Food & drink"}, "definition": {}, "boundary": {}},
        ],
    },
}
METRICS: dict[str, Any] = {
    "data": {
        "comments": 1234,
        "train": 1110,
        "held_out": 124,
        "groups": 1190,
        "languages": {"fr": 34, "en": 1200},
        "themes": {"wait_time": 500, "food": 12},
        "problems": 2,
    },
    "results": {
        "model": "ours",
        "comments": 124,
        "unanswered": 3,
        "unknown_themes": [],
        "unjudged_themes": [],
        "interval": {"confidence": 0.95, "rounds": 1000, "seed": 0},
        "figures": {
            "theme_polarity_micro_f1": figure(0.701),
            "theme_micro_f1": figure(0.75),
            "polarity_accuracy": figure(0.9),
            "sentiment_macro_f1": figure(0.8),
            "alert_precision": figure(0.55),
            "alert_recall": figure(0.8),
            "calibration_error": figure(0.06, 0.01),
        },
        "themes": {
            "wait_time": {"precision": 0.5, "recall": 0.4, "f1": figure(0.45), "support": 50},
            "food": {"precision": 0.8, "recall": 0.7, "f1": figure(0.75), "support": 4},
        },
        "polarity": {
            "labels": ["praised", "criticised"],
            "answers": ["praised", "criticised"],
            "counts": [[20, 1], [4, 25]],
        },
        "sentiment": {
            "labels": ["negative", "positive"],
            "answers": ["negative", "positive", "none"],
            "counts": [[30, 1, 2], [2, 88, 1]],
        },
        "reliability": [{"low": 0.0, "high": 1 / 15, "count": 1300, "probability": 0.01, "frequency": 0.02}],
        "by": {
            "language": {
                "en": {"comments": 120, "figures": {"theme_micro_f1": figure(0.76)}},
                "fr": {"comments": 4, "figures": {"theme_micro_f1": figure(0.5)}},
            }
        },
    },
    "measured": "held out",
    "calibration": {},
    "epochs": {"head_epochs": 9, "epochs": 3, "history": [{}, {}, {}, {}]},
    "settings": {"seed": 42, "head_learning_rate": 0.003, "losses": {"themes": 0.3, "unset": None}, "mixed": False},
    "effort": "full",
    "prefer": "recall",
    "environment": {"carevoice": "0.1.0", "platform": "Linux-6.1-x86_64"},
    "seed": 42,
    "seconds": 4350.2,
    "start": {"name": "carevoice-base", "version": "1.0.0"},
    "inherited": True,
    "created": "2026-11-28T14:00:00+00:00",
}

CARD = r"""# ours 1.0.0

A CareVoice model, trained from carevoice-base 1.0.0 on 2026-11-28.
Languages of the comments that it was trained on: English and French.

For each comment it says which of 2 themes it is about, each praised, criticised, both or only mentioned; its overall sentiment (negative, neutral, mixed or positive, and a score from -1 to 1); and whether a responsible person should read it today.

## Intended use

Made for free-text comments of patients, relatives and carers after care that resemble those it was trained on: to count
what they are about, and to find the ones to read first. Not made for clinical notes, for judging persons, or for deciding
anything without a person who reads.

## How to use

In the folder that holds `ours`, on the command line:

```sh
printf 'comment\nThe nurses were lovely but we waited five hours\n' | carevoice classify - --model ours
```

In Python:

```python
import carevoice

analyzer = carevoice.load("ours")
result = analyzer.analyze("The nurses were lovely but we waited five hours")
print(result.sentiment.label, *result.themes)
```

## Data

1,234 labelled comments, 1,110 to train on, 124 held out.
Duplicates and near-duplicates stay together wherever comments are divided: 1,190 groups.

| language | comments |
| --- | ---: |
| English | 1,200 |
| French | 34 |

## Themes

| theme | name | comments |
| --- | --- | ---: |
| `wait_time` | Waiting | 500 |
| `food` | Food \& drink | 12 |

## Method

Encoder: 12 layers of 384 units, 56,808 word pieces.
The heads were trained first, on token vectors of the frozen encoder, then all layers.
Of 4 epochs of these, epoch 3 was best on the held-out comments, and was kept.
Thresholds were chosen for recall before precision.
The random seed was 42.
It took 1 h 13 min.

## Results

Measured on 124 held-out comments.
For these figures, calibration and thresholds were fitted on the others among them, in turn.
Intervals cover 95 % of 1,000 bootstrap rounds over comments.

| measure | value | 95 % interval |
| --- | ---: | ---: |
| theme and polarity, micro-F1 | 0.701 | 0.651 to 0.751 |
| theme, micro-F1 | 0.750 | 0.700 to 0.800 |
| polarity of found themes, accuracy | 0.900 | 0.850 to 0.950 |
| sentiment, macro-F1 over three classes | 0.800 | 0.750 to 0.850 |
| alert, precision | 0.550 | 0.500 to 0.600 |
| alert, recall | 0.800 | 0.750 to 0.850 |
| theme probabilities, calibration error | 0.060 | 0.050 to 0.070 |

### By language

| language | comments | theme, micro-F1 |
| --- | ---: | ---: |
| English | 120 | 0.76 (0.71 to 0.81) |
| French | 4 | 0.50 (0.45 to 0.55) |

### By theme

Whether a theme is found, whatever its polarity. The last column counts the comments that people gave the theme.

| theme | precision | recall | F1 | 95 % interval | comments |
| --- | ---: | ---: | ---: | ---: | ---: |
| `wait_time` | 0.50 | 0.40 | 0.45 | 0.40 to 0.50 | 50 |
| `food` | 0.80 | 0.70 | 0.75 | 0.70 to 0.80 | 4 |

### Polarity

Themes that were found: in rows the polarity that people gave, in columns that of the model.

| labelled | praised | criticised |
| --- | ---: | ---: |
| praised | 20 | 1 |
| criticised | 4 | 25 |

### Sentiment

Comments: in rows the sentiment that people gave, in columns that of the model.

| labelled | negative | positive | none |
| --- | ---: | ---: | ---: |
| negative | 30 | 1 | 2 |
| positive | 2 | 88 | 1 |

### Alerts

Of the comments that people marked, 0.800 (0.750 to 0.850) were found; of the alerts given, 0.550 (0.500 to 0.600) were right.

## Calibration

Expected calibration error of the theme probabilities: 0.060 (0.050 to 0.070).
An alert is given from a probability of 0.11.

Probabilities of themes, and how often those themes were there:

| probability | number | mean | share right |
| --- | ---: | ---: | ---: |
| 0.00 to 0.07 | 1,300 | 0.01 | 0.02 |

Probability from which each theme counts:

| theme | threshold |
| --- | ---: |
| `wait_time` | 0.30 |
| `food` | 0.45 |

## Limits

- Measured on 124 comments only: differences within the intervals may be chance.
- The best epoch was chosen by the comments that the figures come from, so new ones may be read a little less well: `carevoice evaluate` measures it on comments of your own.
- Training started from carevoice-base 1.0.0: if that had learnt from some of these comments before, the figures flatter.
- 3 of the 124 comments that it was measured on got no answer (blank, or in another language): such a comment counts as without themes, neutral and without an alert.
- How well it reads one place or one group of patients beside another was not measured.
- Taught by fewer than 30 examples: `food` (12).
- Measured on fewer than 30 examples, so that the figures of these themes are rough: `food` (4).
- Fewer than 50 comments in the data: French (34).
- No comment in the data was in Spanish: comments in it get an answer, but how good it is was not measured.
- Measured on fewer than 50 comments: French (4).
- Found badly, with an F1 below 0.5: `wait_time` (0.45).
- Alerts miss 20 % of the comments that a person marked, and 45 % of those given are needless: they don't replace reading.
- The labels had 2 problems that training went on with.

## Settings

| setting | value |
| --- | --- |
| `seed` | 42 |
| `head_learning_rate` | 0.003 |
| `losses.themes` | 0.3 |
| `mixed` | false |

## Environment

| part | version |
| --- | --- |
| `carevoice` | 0.1.0 |
| `platform` | Linux-6.1-x86\_64 |

## Licence

What was taken from carevoice-base 1.0.0 stays under the licence of that model (the one that comes with CareVoice: MIT).
The folder holds no comment, but weights can carry traces of what they were trained on: before passing the model on, see
whether the terms of the comments allow it, and say here under which licence.
"""  # noqa: E501  # as it stands in the card


def folder_of(
    tmp_path: Path, config: dict[str, Any] | None = None, metrics: dict[str, Any] | None = None, name: str = "ours"
) -> Path:
    folder = tmp_path / name
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(CONFIG if config is None else config), encoding="utf-8")
    (folder / "metrics.json").write_text(json.dumps(METRICS if metrics is None else metrics), encoding="utf-8")
    return folder


def card_of(tmp_path: Path, config: dict[str, Any] | None = None, metrics: dict[str, Any] | None = None) -> str:
    folder = folder_of(tmp_path, config, metrics)
    write_card(folder)
    return (folder / "README.md").read_text(encoding="utf-8")


def changed(original: dict[str, Any], **parts: Any) -> dict[str, Any]:
    """A copy with other values at paths such as ``data__themes``; ... takes the part out."""
    copied = copy.deepcopy(original)
    for path, value in parts.items():
        *above, last = path.split("__")
        place = copied
        for key in above:
            place = place[key]
        if value is ...:
            del place[last]
        else:
            place[last] = value
    return copied


def section(card: str, title: str) -> str:
    """What stands under a heading, up to the next of its kind."""
    found = re.search(rf"^(#+) {title}\n(.*?)(?=^\1 |\Z)", card, re.MULTILINE | re.DOTALL)
    assert found, title
    return found[2].strip()


def block(card: str, language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```$", card, re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def test_card_is_filled_from_config_and_metrics(tmp_path: Path) -> None:
    assert card_of(tmp_path) == CARD


def test_card_has_only_what_is_known(tmp_path: Path) -> None:
    card = card_of(tmp_path, {**CONFIG, "calibration": {}, "encoder": {}}, {})
    headings = re.findall(r"^#+ (.*)", card, re.MULTILINE)
    assert headings == ["ours 1.0.0", "Intended use", "How to use", "Themes", "Limits", "Licence"]
    assert section(card, "Limits") == (
        "- Nothing was measured. Run `carevoice evaluate` on labelled comments before relying on it."
    )


@pytest.mark.parametrize("part", ["data", "results", "settings", "effort", "prefer", "environment", "seed", "seconds"])
@pytest.mark.parametrize("value", [None, ...])
def test_card_leaves_out_a_part_without_data(tmp_path: Path, part: str, value: object) -> None:
    card = card_of(tmp_path, metrics=changed(METRICS, **{part: value}))
    assert "None" not in card
    assert "null" not in card
    assert "\n\n\n" not in card
    # No heading without anything under it.
    assert not re.search(r"^(#+) .*\n\n(?=\1 |\Z)", card, re.MULTILINE)


def test_card_of_a_model_without_polarity_sentiment_and_alerts(tmp_path: Path) -> None:
    outputs = {"single_label": True, "polarity": False, "sentiment": False, "alert": False}
    card = card_of(tmp_path, {**CONFIG, "outputs": outputs})
    assert "For each comment it says which one of 2 themes it is about.\n" in card
    assert "print(*result.themes)\n" in card
    assert "threshold" not in section(card, "Calibration")
    assert "alert" not in section(card, "Calibration")
    limits = section(card, "Limits")
    assert "- Every comment gets exactly one theme, even if it is about none or several." in limits
    assert "doesn't say: whether a theme is praised or criticised, sentiment and alerts." in limits


def test_card_says_which_epochs_were_averaged(tmp_path: Path) -> None:
    card = card_of(tmp_path, metrics=changed(METRICS, epochs__averaged=[2, 3]))
    assert "Of 4 epochs of these, the mean of the weights after epochs 2, 3 was best on" in section(card, "Method")


def test_card_names_a_threshold_that_all_themes_share(tmp_path: Path) -> None:
    card = card_of(tmp_path, changed(CONFIG, calibration__thresholds=[0.28, 0.28]))
    assert "A theme counts from a probability of 0.28.\n" in section(card, "Calibration")
    assert "| threshold |" not in card


def test_card_says_how_heads_alone_were_trained_and_measured(tmp_path: Path) -> None:
    epochs = {"head_epochs": 7, "head_epochs_of_folds": [6, 7, 9]}
    card = card_of(tmp_path, metrics=changed(METRICS, effort="head", epochs=epochs, measured="out of fold"))
    method = "on token vectors of the frozen encoder, in 7 epochs: the median of what suited 3 folds best.\n"
    assert method in section(card, "Method")
    assert "124 comments, each read by heads that were trained without it.\n" in section(card, "Results")


@pytest.mark.parametrize(
    ("change", "limit"),
    [
        ({"results": None}, "Nothing was measured."),
        ({"results__comments": 50}, "The best epoch was chosen by the comments that the figures come from"),
        ({"results__comments": 49}, "The number of epochs, calibration and thresholds were chosen by"),
        ({"measured": "out of fold"}, "The number of epochs was chosen by"),
        ({"results__comments": 199}, "Measured on 199 comments only"),
        ({"data__train": 40}, "Taught by 40 comments only."),
        ({"data__themes": {"wait_time": 500}}, "Without a single example to learn from: `food`."),
        ({"data__themes": {"food": 29, "wait_time": 30}}, "Taught by fewer than 30 examples: `food` (29)."),
        ({"results__themes__wait_time__support": 0}, "Not measured for want of examples: `wait_time`."),
        ({"results__themes__food__support": 29}, "the figures of these themes are rough: `food` (29)."),
        ({"data__languages": {"en": 49, "fr": 50, "es": 50}}, "Fewer than 50 comments in the data: English (49)."),
        ({"data__languages": {"en": 49}}, "No comment in the data was in French and Spanish: comments in them"),
        ({"results__by__language__fr__comments": 49}, "Measured on fewer than 50 comments: French (49)."),
        ({"results__figures__alert_recall": ...}, "nobody measured on these data: alerts."),
        ({"results__figures__polarity_accuracy": ...}, "nobody measured on these data: polarity."),
        ({"results__figures__calibration_error": figure(0.12)}, "Probabilities are off by 0.12 on average"),
        ({"results__figures__alert_recall": figure(0.84)}, "Alerts miss 16 % of the comments"),
        (
            {"results__themes__food": {"f1": figure(0.2), "support": 30}},
            "F1 below 0.5: `wait_time` (0.45), `food` (0.20).",
        ),
        ({"data__problems": 1}, "The labels had 1 problem that training went on with."),
    ],
)
def test_card_tells_limits_from_the_numbers(tmp_path: Path, change: dict[str, Any], limit: str) -> None:
    assert limit in section(card_of(tmp_path, metrics=changed(METRICS, **change)), "Limits")


def test_card_names_no_limit_that_the_numbers_do_not_show(tmp_path: Path) -> None:
    good = {"precision": 0.9, "recall": 0.9, "f1": figure(0.9), "support": 100}
    language = {"comments": 400, "figures": {}}
    metrics = changed(
        METRICS,
        data__themes={"wait_time": 900, "food": 900},
        data__languages={"en": 400, "fr": 400, "es": 400},
        data__problems=0,
        results__comments=1200,
        results__unanswered=0,
        results__themes={"wait_time": good, "food": good},
        results__by={"language": {"en": language, "fr": language, "es": language}, "site": {"A": language}},
    )
    limits = section(card_of(tmp_path, metrics=metrics), "Limits").splitlines()
    assert [limit.split()[1:3] for limit in limits] == [["The", "best"], ["Training", "started"], ["Alerts", "miss"]]


NASTY = "a|b *c* _d_ `e` <b>f</b> [g](h) &amp; ~~i~~ \\ $j$ #\n\n# k"
PLAIN = "a|b *c* _d_ `e` <b>f</b> [g](h) &amp; ~~i~~ \\ $j$ # # k"


def test_card_shows_names_that_look_like_markdown_as_they_are(tmp_path: Path) -> None:
    config = changed(CONFIG, name=NASTY)
    config["taxonomy"]["themes"][0]["name"]["en"] = NASTY
    metrics = changed(METRICS, start=NASTY, settings={NASTY: NASTY}, data__languages={NASTY: 60})
    metrics["results"]["by"] = {NASTY: {NASTY: {"comments": 60, "figures": {}}}}
    metrics["results"]["themes"] = {NASTY: {"f1": figure(0.5), "support": 3}}
    card = card_of(tmp_path, config, metrics)
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(card)
    inline = [token for token in tokens if token.type == "inline"]
    shown = ["".join(child.content for child in token.children or []) for token in inline if "a" in token.content]
    kinds = {child.type for token in inline for child in token.children or []}
    assert kinds <= {"text", "code_inline", "softbreak", "text_special"}
    cells = [text for text in shown if text == PLAIN]
    assert len(cells) == 7  # theme's name, setting and its value, language, column, its value, theme's scores
    assert f"{PLAIN} 1.0.0" in shown
    assert f"By {PLAIN}" in shown
    assert any(f"trained from {PLAIN} on" in text for text in shown)


STUB = """
class _Said:
    label = "mixed"

class _Result:
    sentiment = _Said()
    themes = ("empathy+", "wait_time-")

class _Analyzer:
    def analyze(self, text):
        assert text
        return _Result()

def load(path):
    from pathlib import Path
    assert (Path(path) / "config.json").is_file(), path
    return _Analyzer()
"""


@pytest.mark.parametrize("name", ["ours", 'our model\'s "2"', "modèle", "$HOME"])
def test_card_use_in_python_runs_as_it_stands(tmp_path: Path, name: str) -> None:
    write_card(folder_of(tmp_path, name=name))
    (tmp_path / "carevoice.py").write_text(STUB, encoding="utf-8")
    use = block((tmp_path / name / "README.md").read_text(encoding="utf-8"), "python")
    ran = subprocess.run(
        [sys.executable, "-c", use],
        cwd=tmp_path,
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONPATH": "."},
    )
    assert (ran.returncode, ran.stdout.decode(), ran.stderr.decode()) == (0, "mixed empathy+ wait_time-\n", "")


@pytest.mark.skipif(shutil.which("sh") is None, reason="needs a POSIX shell")
@pytest.mark.parametrize("name", ["ours", 'our model\'s "2"', "modèle", "$HOME"])
def test_card_use_on_the_command_line_runs_as_it_stands(tmp_path: Path, name: str) -> None:
    write_card(folder_of(tmp_path, metrics=changed(METRICS, data__languages={"fr": 9, "en": 1}), name=name))
    command = tmp_path / "carevoice"
    command.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\ncat\n', encoding="utf-8")
    command.chmod(0o755)
    use = block((tmp_path / name / "README.md").read_text(encoding="utf-8"), "sh")
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    ran = subprocess.run(["sh", "-c", use], cwd=tmp_path, capture_output=True, check=True, env={"PATH": path})
    *arguments, header, comment = ran.stdout.decode().splitlines()
    assert arguments == ["classify", "-", "--model", name]
    assert header == "comment"
    assert comment.startswith("Les infirmières")


def test_card_takes_the_name_that_the_folder_will_have(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, name=".ours.unfinished")
    write_card(folder, name="ours")
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert 'carevoice.load("ours")' in card
    assert "unfinished" not in card


def test_card_takes_the_report_of_an_evaluation(tmp_path: Path) -> None:
    gold = [Gold((("food", "praised"),), sentiment="positive", level=1), Gold((), sentiment="neutral", level=0)]
    english = Language("en", 1.0)
    said = [
        Result(english, "ok", Sentiment("positive", 0.5), (ThemeMention("food", "criticised", 0.8),), None, (0.1, 0.8)),
        Result(english, "ok", Sentiment("mixed", 0.0), (), None, (0.1, 0.2)),
    ]
    report = report_of(gold, said, ("wait_time", "food"), by={"site": ["A", "B"]}).as_dict()
    card = card_of(tmp_path, metrics={"results": json.loads(json.dumps(report))})
    assert "| theme, micro-F1 | 1.000 | 0.000 to 1.000 |" in card
    assert "| `food` | 1.00 | 1.00 | 1.00 | 0.00 to 1.00 | 1 |" in section(card, "By theme")
    assert "| praised | 0 | 1 | 0 | 0 |" in section(card, "Polarity")
    assert "| neutral | 0 | 0 | 1 | 0 |" in section(card, "Sentiment")
    assert "| A | 1 |" in section(card, "By site")
    assert "| 0.80 to 0.87 | 1 | 0.80 | 1.00 |" in section(card, "Calibration")


def test_card_wants_both_files(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    (folder / "metrics.json").unlink()
    with pytest.raises(ModelError, match=r"metrics\.json is missing.*train the model again"):
        write_card(folder)


@pytest.mark.parametrize("content", ["{", "[]", '{"data": {"languages": {"en": "many"}}}'])
def test_card_refuses_files_that_training_does_not_write(tmp_path: Path, content: str) -> None:
    folder = folder_of(tmp_path)
    (folder / "metrics.json").write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match=r"metrics\.json.*train the model again"):
        write_card(folder)
    assert not (folder / "README.md").exists()
