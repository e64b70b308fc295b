#!/usr/bin/env python3
"""Measure time and memory of CareVoice, beside other methods in the same run; prints Markdown.

    python benchmarks/speed.py -o speed.md
    python benchmarks/speed.py --only help cold classify --rows 20000

A busy machine spoils every figure: run nothing else meanwhile. The report holds the load of the machine at the start
and says so when it was busy. Ratios to the peers suffer less, since the peers run on the same machine in the same
minutes.

Times are of whole processes, from start to exit, unless a line says otherwise: the median of several runs after one
that isn't counted, with the fastest and the slowest. The process and its children keep to two cores (--cores). Comments
are cut, seeded, from the texts of examples/corpus: they begin with a sentence, and no two are the same.
"""

import argparse
import csv
import math
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

import peers
import report

if TYPE_CHECKING:
    from carevoice import Analyzer, Result

LANGUAGES: Final = ("en", "fr", "es")
CORPUS: Final = Path(__file__).parent.parent / "examples" / "corpus"
SHORT, LONG = 13, 67  # words in a comment, on average
COMMAND: Final = (sys.executable, "-m", "carevoice")
SENTENCE_ENDS: Final = (".", "!", "?", "…", ":")
#: Spread of the logarithm of the length: half of real comments have fewer than 8 words when the mean is 13.
SPREAD: Final = {SHORT: 1.0, LONG: 0.5}
#: Starts another process and says how much memory it took at most, in kilobytes. The parent of the measured process
#: must be small: the peak of a process counts, on Linux, what its parent held when it was started.
PEAK: Final = """
import os, sys
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(pid, 0)
print(usage.ru_maxrss // (1024 if sys.platform == "darwin" else 1))
sys.exit(os.waitstatus_to_exitcode(status))
"""
PARTS: Final = ("help", "cold", "classify", "long", "memory", "batches")


# --- comments -----------------------------------------------------------------------------------------


def word_streams(seed: int) -> list[tuple[list[str], list[int]]]:
    """Give the words of the corpus in each language, comments in random order, and where sentences start."""
    streams = []
    for language in LANGUAGES:
        rows = [row for part in ("train", "heldout") for row in peers.read_rows(CORPUS / f"{part}-{language}.csv")]
        random.Random(seed).shuffle(rows)  # noqa: S311
        words: list[str] = []
        starts: list[int] = []
        for row in rows:
            fresh = True
            for word in row["text"].split():
                if fresh:
                    starts.append(len(words))
                words.append(word)
                fresh = word.endswith(SENTENCE_ENDS)
        streams.append((words, starts))
    return streams


def comments(count: int, mean: int, seed: int = 0) -> list[str]:
    """Make different comments with `mean` words on average, the languages in turn, lengths as uneven as real ones."""
    rng = random.Random(seed)  # noqa: S311
    streams = word_streams(seed)
    lengths = [math.exp(rng.gauss(0, SPREAD[mean])) for _ in range(count)]
    scale = mean * count / sum(lengths)
    made: dict[str, None] = {}
    for number, length in enumerate(lengths):
        words, starts = streams[number % len(streams)]
        wanted = max(1, round(length * scale))
        text = ""
        while not text or text in made:
            start = rng.choice(starts)
            text = " ".join(words[start : start + wanted])
            wanted += text in made  # the one-word beginnings run out
        made[text] = None
    return list(made)


def write_csv(path: Path, texts: Sequence[str]) -> None:
    """Write comments as a table with the columns id, question and text."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "question", "text"])
        questions = ("", "good", "improve", "why")
        writer.writerows([f"c{n:06}", questions[n % 4], text] for n, text in enumerate(texts))


def mean_words(texts: Sequence[str]) -> float:
    """Mean length in words."""
    return statistics.mean(len(text.split()) for text in texts)


# --- measuring ----------------------------------------------------------------------------------------


def wall(run: Callable[[], object], times: int) -> list[float]:
    """Seconds of several runs, in order of size, after one that isn't counted."""
    run()
    seconds = []
    for _ in range(times):
        begin = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - begin)
    return sorted(seconds)


def process(*command: str) -> Callable[[], object]:
    """Give what runs a command as a process; a failure ends the benchmark with its message."""

    def run() -> None:
        finished = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
        if finished.returncode:
            raise SystemExit(f"{' '.join(command[1:])}: {finished.stderr.strip()}")

    return run


def classify_command(source: Path, target: Path, model: Path | None) -> list[str]:
    """The command as a user gives it."""
    return [*COMMAND, "classify", str(source), "-o", str(target), *(["--model", str(model)] if model else [])]


def peak_memory(command: Sequence[str]) -> float:
    """Largest resident memory of a command in MB (10^6 bytes)."""
    finished = subprocess.run(
        [sys.executable, "-I", "-S", "-c", PEAK, *command], capture_output=True, encoding="utf-8", check=False
    )
    if finished.returncode:
        raise SystemExit(f"{' '.join(command[1:])}: {finished.stderr.strip()}")
    return int(finished.stdout.split()[-1]) * 1024 / 1e6


def span(values: Sequence[float], digits: int = 2) -> list[str]:
    """Median, then smallest and largest."""
    return [f"{statistics.median(values):,.{digits}f}", f"{min(values):,.{digits}f} to {max(values):,.{digits}f}"]


def rate_line(name: str, count: int, seconds: Sequence[float], own: float | None = None) -> list[str]:
    """A line of comments per second; `own` is CareVoice's median time for as many comments."""
    ratio = "" if own is None else f"{statistics.median(seconds) / own:.2f}"
    return [name, *span([count / s for s in seconds], 0), ratio]


# --- the parts ----------------------------------------------------------------------------------------


def starting(work: Path, options: argparse.Namespace) -> str:
    """Time the help text and a file of one row."""
    bare = wall(process(sys.executable, "-c", "pass"), options.runs)
    lines = [["Python alone (`python -c pass`)", *span(bare, 3), ""]]
    if "help" in options.only:
        report.note("help")
        found = wall(process(*COMMAND, "--help"), options.runs)
        lines.append(["`carevoice --help`", *span(found, 3), "at most 0.4, aim 0.15"])
    if "cold" in options.only:
        report.note("cold start")
        source = work / "one.csv"
        write_csv(source, ["The nurses were lovely, but we waited three hours to be seen."])
        found = wall(process(*classify_command(source, work / "out.csv", options.model)), options.runs)
        lines.append(["`carevoice classify`, one row", *span(found, 3), "at most 1.5, aim 0.6"])
        if options.peers and torch_is_there():
            given = "" if options.model is None else str(options.model)
            code = (
                "import sys, carevoice; carevoice.load(sys.argv[1] or None, engine='torch')"
                ".analyze('The nurses were lovely, but we waited three hours to be seen.')"
            )
            found = wall(process(sys.executable, "-c", code, given), max(2, options.runs // 3))
            lines.append(["the same model and comment with torch, in Python", *span(found, 3), ""])
    return "### Starting\n\n" + report.table(["process", "seconds", "from, to", "target"], lines)


def throughput(work: Path, options: argparse.Namespace, count: int, words: int) -> str:
    """Time the whole command on a file, and the peers on its comments."""
    texts = comments(count, words)
    source, target = work / "comments.csv", work / "out.csv"
    write_csv(source, texts)
    report.note(f"classify {count} comments of {words} words")
    seconds = wall(process(*classify_command(source, target, options.model)), options.runs)
    own = statistics.median(seconds)
    lines = [rate_line("`carevoice classify`, whole command", count, seconds)]
    analyzed = len([row for row in peers.read_rows(target) if row["status"] == "ok"])
    if options.peers:
        if torch_is_there():
            lines.append(torch_line(texts, options, own))
        if words == SHORT and find_spec("sklearn"):
            lines.append(svm_line(source, own))
    aim = " Target: at least 400 a second, aim 800." if words == SHORT else ""
    return (
        f"### {'Throughput' if words == SHORT else 'Long comments'}\n\n{count:,} different comments, "
        f"{mean_words(texts):.1f} words on average; {analyzed:,} were analysed, the others taken for another language."
        f"{aim}\n\n" + report.table(["", "comments/s", "from, to", "CareVoice is faster by"], lines)
    )


def torch_is_there() -> bool:
    """Whether the second engine can run."""
    return find_spec("torch") is not None and find_spec("transformers") is not None


def torch_line(texts: Sequence[str], options: argparse.Namespace, own: float) -> list[str]:
    """Time our model in fp32 on transformers' torch network, in this process and without its start.

    On a tenth of the comments, which would take minutes; batches side by side or each batch on all cores, whichever is
    faster.
    """
    import torch

    import carevoice

    def fastest() -> "tuple[Analyzer, str]":
        tried = []
        for batches, cores, how in (
            (1, report.cores(), "one batch on all cores"),
            (report.cores(), 1, "a batch per core"),
        ):
            torch.set_num_threads(cores)
            analyzer = carevoice.load(options.model, engine="torch", threads=batches)
            tried.append((wall(lambda: drain(analyzer.stream(sample)), 1)[0], cores, analyzer, how))  # noqa: B023
        _, cores, analyzer, how = min(tried, key=lambda t: t[0])
        torch.set_num_threads(cores)
        return analyzer, how

    report.note("torch")
    sample = texts[::10]
    analyzer, how = fastest()
    seconds = wall(lambda: drain(analyzer.stream(sample)), max(2, options.runs // 3))
    name = f"the same model in fp32 on torch and transformers ({how}), a tenth of the comments, without starting"
    return rate_line(name, len(sample), seconds, own * len(sample) / len(texts))


def drain(results: "Iterator[Result]") -> None:
    """Read a stream to its end."""
    for _ in results:
        pass


def svm_line(source: Path, own: float) -> list[str]:
    """Time TF-IDF with linear SVMs, in this process and without its start, on one core: it has no other way.

    Trained on a quarter of the corpus: all of it takes minutes, and predicting takes no longer for it.
    """
    report.note("TF-IDF + linear SVM")
    peer = peers.LinearPeer(peers.training_rows([CORPUS])[::4], peers.Settings())
    rows = peers.read_rows(source)
    seconds = wall(lambda: peer.predict(rows), 3)
    return rate_line("TF-IDF + linear SVM, without starting, on one core", len(rows), seconds, own)


def memory(work: Path, options: argparse.Namespace) -> str:
    """Measure the peak of memory on a small and a large file."""
    lines = [["Python alone", "", f"{peak_memory([sys.executable, '-c', 'pass']):,.0f}", ""]]
    for count in (2000, options.rows):
        report.note(f"memory on {count} rows")
        source, target = work / "rows.csv", work / "out.csv"
        write_csv(source, comments(count, SHORT))
        begin = time.perf_counter()
        peak = peak_memory(classify_command(source, target, options.model))
        lines.append(
            ["`carevoice classify`", f"{count:,}", f"{peak:,.0f}", f"{count / (time.perf_counter() - begin):,.0f}"]
        )
    title = (
        "### Memory\n\nLargest resident memory of the process. Target for 100,000 rows: at most 600 MB, aim 350 MB.\n\n"
    )
    return title + report.table(["process", "rows", "peak, MB", "comments/s"], lines)


def batches(options: argparse.Namespace, count: int = 500) -> str:
    """Compare what comments get alone, in batches of several sizes and in other orders."""
    import carevoice

    report.note("batches")
    analyzer = carevoice.load(options.model)
    texts = comments(count // 2, SHORT, seed=1) + comments(count - count // 2, LONG, seed=2)
    alone = [analyzer.analyze(text) for text in texts]
    lines = []
    ways: dict[str, list[list[int]]] = {"in one go": [list(range(count))]}
    for size in (2, 7, 64):
        ways[f"in batches of {size}"] = [list(range(at, min(at + size, count))) for at in range(0, count, size)]
    ways["in one go, backwards"] = [list(range(count))[::-1]]
    for seed in (1, 2):
        shuffled = list(range(count))
        random.Random(seed).shuffle(shuffled)  # noqa: S311
        ways[f"in one go, shuffled ({seed})"] = [shuffled]
    for name, groups in ways.items():
        same, widest = 0, 0.0
        for group in groups:
            for number, result in zip(group, analyzer.stream([texts[n] for n in group]), strict=True):
                before = alone[number]
                same += set(map(str, result.themes)) == set(map(str, before.themes))
                widest = max(widest, difference(result, before))
        lines.append([name, f"{same / count:.1%}", f"{widest:.2g}"])
    title = (
        f"### Batch neighbours\n\n{count} different comments, short and long, against each of them alone. "
        "Target: at least 99.9 % of theme sets equal and scores within 0.02, aim exactly equal.\n\n"
    )
    return title + report.table(["", "same themes and polarities", "widest gap of a score"], lines)


def difference(a: "Result", b: "Result") -> float:
    """Widest gap between the scores of two results: probabilities of themes, alert, and sentiment."""
    gaps = [abs(p - q) for p, q in zip(a.probabilities, b.probabilities, strict=True)]
    if a.alert and b.alert:
        gaps.append(abs(a.alert.probability - b.alert.probability))
    if a.sentiment and b.sentiment:
        gaps.append(abs(a.sentiment.score - b.sentiment.score))
    return max(gaps, default=0.0)


# --- the report ---------------------------------------------------------------------------------------


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark as a command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, metavar="FOLDER", help="model folder; default: the shipped one")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--no-peers", dest="peers", action="store_false", help="measure CareVoice alone")
    parser.add_argument("--runs", type=int, default=7, help="runs of each measurement; default: 7")
    parser.add_argument("--comments", type=int, default=4000, help="comments to classify; default: 4000")
    parser.add_argument("--rows", type=int, default=100_000, help="rows for the peak of memory; default: 100000")
    parser.add_argument("--cores", type=int, default=2, help="cores to keep to; default: 2")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE.md", help="default: standard output")
    options = parser.parse_args(arguments)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.cores])
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else math.nan
    busy = " **The machine was busy: the figures are worse than they should be.**" if load > 0.5 else ""
    parts = [
        "## Speed and memory\n",
        report.run_lines(report.this_command()) + f"- Load of the machine at the start: {load:.2f}.{busy}\n",
        (
            f"Times of whole processes unless a line says otherwise: median of {options.runs} runs (peers: fewer)\n"
            "after one that isn't counted, then the fastest and the slowest.\n"
        ),
    ]
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        if {"help", "cold"} & set(options.only):
            parts.append(starting(work, options))
        if "classify" in options.only:
            parts.append(throughput(work, options, options.comments, SHORT))
        if "long" in options.only:
            parts.append(throughput(work, options, max(1, options.comments // 4), LONG))
        if "memory" in options.only:
            parts.append(memory(work, options))
        if "batches" in options.only:
            parts.append(batches(options))
    report.emit("\n".join(parts), options.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
