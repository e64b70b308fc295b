#!/usr/bin/env python3
"""Write what benchmarks print: Markdown sections that say how and on which machine they were made.

    python benchmarks/report.py python benchmarks/language.py --data ../shared/data

prints, for a script that doesn't write it itself, the lines about a run of the given command.
"""

import os
import platform
import shlex
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

#: What is named with its version, where it is installed.
LIBRARIES: Final = (
    "carevoice",
    "numpy",
    "onnxruntime",
    "tokenizers",
    "torch",
    "transformers",
    "scikit-learn",
    "pandas",
    "vaderSentiment",
    "langdetect",
    "lingua-language-detector",
    "py3langid",
    "eld",
    "langidentify",
)


def processor() -> str:
    """Name of the processor."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def versions(libraries: Sequence[str]) -> str:
    """Versions of the libraries that are installed; a checkout that isn't installed tells its own."""
    found = []
    for name in libraries:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            if name == "carevoice":
                from carevoice import __version__

                found.append(f"{name} {__version__}")
    return ", ".join(found)


def run_lines(command: Sequence[str], libraries: Sequence[str] = LIBRARIES) -> str:
    """Say in Markdown which command was run, when, and on what."""
    memory = ""
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        memory = f", {os.sysconf('SC_PHYS_PAGES') * os.sysconf('SC_PAGE_SIZE') / 2**30:.0f} GB of memory"
    used = "1 core" if cores() == 1 else f"{cores()} cores"
    return "\n".join(
        [
            f"- Command: `{shlex.join(command)}`",
            f"- Date: {datetime.now(UTC):%Y-%m-%d}",
            f"- Machine: {processor()}, {used}{memory}, {platform.system()} {platform.machine()}",
            f"- Software: Python {platform.python_version()}, {versions(libraries)}",
            "",
        ]
    )


def this_command() -> list[str]:
    """The command of this process, as it would be typed to see its output."""
    words = ["python", *sys.argv]
    for option in ("-o", "--output"):
        # Where the section went is no part of how it was made.
        if option in words[:-1]:
            at = words.index(option)
            del words[at : at + 2]
    return words


def table(header: Sequence[str], lines: Sequence[Sequence[str]], left: int = 1) -> str:
    """Write a Markdown table; the first `left` columns are text, the others figures."""
    marks = [*["---"] * left, *["---:"] * (len(header) - left)]
    return "\n".join("| " + " | ".join(line) + " |" for line in (header, marks, *lines)) + "\n"


def emit(section: str, output: Path | None) -> None:
    """Write a section to a file, or to standard output when there is none."""
    if output is None:
        sys.stdout.write(section)
    else:
        output.write_text(section, encoding="utf-8")


def note(message: str) -> None:
    """Tell how far a run has got, on standard error."""
    sys.stderr.write(message + "\n")


if __name__ == "__main__":
    sys.stdout.write(run_lines(sys.argv[1:]))
