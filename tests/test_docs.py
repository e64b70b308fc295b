"""The documents keep up with the repository: paths exist, commands are described."""

import re
from itertools import product
from pathlib import Path

import pytest
import typer

from carevoice.cli.app import app
from carevoice.taxonomy import load_taxonomy

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "examples/README.md"])
FOLDERS = ("src", "configs", "docs", "examples", "tests", "tools", "benchmarks", "models", r"\.ci")

# Fenced blocks first, so that their fences aren't taken for inline code.
CODE = re.compile(r"^```.*?^```|`[^`\n]+`", re.MULTILINE | re.DOTALL)
PATH = re.compile(
    rf"(?<![\w./-])(?:(?:{'|'.join(FOLDERS)})/[\w./*{{}},-]*|constraints\.txt|pyproject\.toml|[A-Z]+\.md|NOTICE|LICENSE)"
)
LINK = re.compile(r"\]\((?!\w+:|#)([^)#\s]+)")


def paths_in_code(text: str) -> set[str]:
    """Every path from the root of the repository that stands in code, alternatives written out."""
    found = {match.rstrip(".,") for code in CODE.findall(text) for match in PATH.findall(code)}
    return {path for written in found for path in with_alternatives(written)}


def with_alternatives(path: str) -> list[str]:
    """``train-{en,fr}.csv`` as ``train-en.csv`` and ``train-fr.csv``."""
    parts = re.split(r"\{([^}]*)\}", path)
    choices = [part.split(",") if place % 2 else [part] for place, part in enumerate(parts)]
    return ["".join(choice) for choice in product(*choices)]


def exists(path: str) -> bool:
    return any(ROOT.glob(path)) if "*" in path else (ROOT / path).exists()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_docs_paths_in_code_exist(document: Path) -> None:
    paths = paths_in_code(document.read_text(encoding="utf-8"))
    assert not sorted(path for path in paths if not exists(path))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_docs_relative_links_lead_somewhere(document: Path) -> None:
    links = LINK.findall(document.read_text(encoding="utf-8"))
    assert not [link for link in links if not (document.parent / link).exists()]


def test_docs_paths_are_found_in_inline_and_fenced_code() -> None:
    text = "See `tools/a-{x,y}.py`, not tests/b.py.\n```\nrun examples/c.csv -o out.csv\n```\nand `NOTICE`."
    assert paths_in_code(text) == {"tools/a-x.py", "tools/a-y.py", "examples/c.csv", "NOTICE"}


def test_docs_readme_describes_every_command() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert commands
    assert not [name for name in commands if f"carevoice {name}" not in readme]


def test_docs_every_command_has_help() -> None:
    commands = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert not [name for name, command in commands.items() if not (command.help or "").strip()]


def test_docs_readme_starts_with_the_two_commands() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    first = readme.index("pip install -c constraints.txt . && carevoice classify examples/comments.csv")
    second = readme.index('pip install -c constraints.txt ".[dev]" && pytest')
    assert first < second


def test_docs_annotation_guide_has_every_theme_of_the_taxonomy_in_order() -> None:
    guide = (ROOT / "docs/annotation-guide.md").read_text(encoding="utf-8")
    rows = re.findall(
        r"^\| `([a-z_]+)` \| ([^|]+) \|", guide.split("## The twenty themes")[1].split("\n## ")[0], re.MULTILINE
    )
    assert rows == [(theme.id, theme.text("name", "en")) for theme in load_taxonomy()]
