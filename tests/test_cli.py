"""The command as a real process: help, versions, ``detect`` and ``themes``, pipes and signals."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import COMMAND, COMMENTS, RunCli
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from carevoice.cli.main import main
from carevoice.resources import resource

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and pipes as on POSIX")
COMMANDS = ("classify", "detect", "themes", "train", "evaluate")
ADDED = ["language", "language_confidence"]


def rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def wait_for(pattern: str, folder: Path) -> None:
    deadline = time.monotonic() + 30
    while not list(folder.glob(pattern)):
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)])
def test_help_of_every_command_has_examples(cli: RunCli, command: tuple[str, ...]) -> None:
    finished = cli(*command, "--help")
    assert (finished.code, finished.err) == (0, "")
    assert f"Usage: carevoice {' '.join(command)}".strip() in finished.out
    assert f"  carevoice {' '.join(command) or 'classify'}" in finished.out.split("Examples:")[1]
    assert "completion" not in finished.out


def test_help_lists_every_command_and_exit_code(cli: RunCli) -> None:
    text = cli("-h").out
    assert [name for name in COMMANDS if f"\n  {name}  " not in text] == []
    assert (
        "0 done, 1 a fault of CareVoice, 2 wrong usage or bad input, 3 done, but for rejected rows, 130 interrupted"
        in text
    )


def test_help_loads_nothing_heavy() -> None:
    code = "import sys, carevoice.cli.app; print(sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    heavy = ("rich", "numpy", "yaml", "onnxruntime", "tokenizers", "torch")
    assert [name for name in heavy if repr(name) in loaded] == []


def test_version(cli: RunCli) -> None:
    import carevoice

    finished = cli("--version")
    assert (finished.code, finished.out) == (0, f"carevoice {carevoice.__version__}\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("detect",),
        ("detect", "a.csv", "b.csv"),
        ("detect", "a.csv", "--format", "xlsx"),
        ("classify", "a.csv", "--threshold", "1.5"),
        ("classify", "a.csv", "--language", "de"),
        ("themes", "--in", "de"),
        (),
    ],
)
def test_wrong_usage_exits_with_2(cli: RunCli, arguments: tuple[str, ...]) -> None:
    finished = cli(*arguments)
    assert (finished.code, finished.out) == (2, "")
    assert "Traceback" not in finished.err
    assert finished.err


def test_detect_adds_two_columns_to_untouched_cells(cli: RunCli, comments: Path) -> None:
    finished = cli("detect", comments)
    assert (finished.code, finished.err) == (0, "")
    header, *body = rows(finished.out)
    given_header, *given = rows(COMMENTS)
    assert header == given_header + ADDED
    assert [row[:-2] for row in body] == given
    assert [row[-2] for row in body][::2] == ["en", "fr", "und"]
    assert [row[-2] for row in body][3::2] == ["es", "other"]
    assert body[4][-1] == ""
    assert all(len(row[-1]) == len("0.1234") for row in body if row[-2] != "und")
    assert finished.out.count("\r\n") == len(body) + 1


def test_detect_from_standard_input_to_standard_output(cli: RunCli, comments: Path) -> None:
    finished = cli("detect", "-", "-o", "-", stdin=comments.read_bytes())
    assert (finished.code, finished.err) == (0, "")
    assert [row[:-2] for row in rows(finished.out)] == rows(COMMENTS)


def test_detect_to_a_file_sums_up_on_standard_error(cli: RunCli, comments: Path, tmp_path: Path) -> None:
    (tmp_path / "out.csv").write_text("an older file")
    finished = cli("detect", comments, "-o", "out.csv")
    assert (finished.code, finished.out) == (0, "")
    assert "6 rows in " in finished.err
    assert "written to out.csv" in finished.err
    assert "Language   en " in finished.err
    assert (tmp_path / "out.csv").read_bytes().decode() == cli("detect", comments).out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["comments.csv", "out.csv"]


@pytest.mark.parametrize("options", [("--format", "jsonl"), ("-o", "out.jsonl"), ("-o", "x.csv", "--format", "jsonl")])
def test_detect_writes_jsonl(cli: RunCli, comments: Path, tmp_path: Path, options: tuple[str, ...]) -> None:
    finished = cli("detect", comments, *options)
    text = (tmp_path / options[1]).read_bytes().decode() if "-o" in options else finished.out
    header, *given = rows(COMMENTS)
    answers = [json.loads(line) for line in text.splitlines()]
    assert [list(answer) for answer in answers] == [header + ADDED] * len(given)
    assert [[answer[name] for name in header] for answer in answers] == given
    assert isinstance(answers[0]["language_confidence"], float)
    assert answers[4]["language_confidence"] is None


def test_detect_uses_the_mix_of_a_file_whatever_the_order(cli: RunCli, tmp_path: Path) -> None:
    texts = [
        "Todo muy bien y gracias a las enfermeras",
        "No",
        "Los médicos me explicaron la operación",
        "Normal",
    ] * 20
    (tmp_path / "a.csv").write_text("text\n" + "\n".join(texts) + "\n")
    (tmp_path / "b.csv").write_text("text\n" + "\n".join(reversed(texts)) + "\n")
    there, back = (rows(cli("detect", name).out)[1:] for name in ("a.csv", "b.csv"))
    assert there == [[f"{text}", *answer] for text, *answer in reversed(back)]
    assert {row[1] for row in there} == {"es"}


def test_prefix_goes_before_every_added_column(cli: RunCli) -> None:
    data = "text,language\nThank you all,fr\n"
    refused = cli("detect", "-", stdin=data)
    assert (refused.code, refused.out) == (2, "")
    assert '"language": use --prefix cv_' in refused.err
    assert rows(cli("detect", "-", "--prefix", "cv_", stdin=data).out)[0] == [
        "text", "language", "cv_language", "cv_language_confidence",
    ]  # fmt: skip


def test_semicolons_are_kept_and_said(cli: RunCli) -> None:
    finished = cli("detect", "-", stdin="id;avis\n1;Très bien, merci\n")
    assert finished.code == 0
    assert finished.out.startswith("id;avis;language;language_confidence\n1;Très bien, merci;fr;")
    assert 'standard input: Columns are separated by ";".' in finished.err


def test_header_alone_gives_a_header(cli: RunCli) -> None:
    finished = cli("detect", "-", stdin="\ufeffid,text")
    assert (finished.code, finished.out) == (0, "id,text,language,language_confidence\n")


def test_long_cells_are_read(cli: RunCli) -> None:
    text = "Tout était parfait et propre. " * 10_000
    finished = cli("detect", "-", stdin=f'text,id\n"{text}",1\n')
    assert finished.code == 0
    assert finished.out.split("\n")[1].startswith(f"{text},1,fr,")


def test_themes_lists_twenty_in_each_language(cli: RunCli) -> None:
    lists = {}
    for language in ("en", "fr", "es"):
        finished = cli("themes", "--in", language)
        assert (finished.code, finished.err) == (0, "")
        lists[language] = [line.split("\t") for line in finished.out.splitlines()]
    assert lists["en"] == [line.split("\t") for line in cli("themes").out.splitlines()]
    for listed in lists.values():
        assert listed[0] == ["id", "name", "definition", "boundary"]
        assert len(listed) == 21
        assert [row[0] for row in listed] == [row[0] for row in lists["en"]]
    assert lists["fr"][1][1] != lists["en"][1][1]


def test_themes_of_a_model_folder(cli: RunCli) -> None:
    shipped = cli("themes", "--in", "fr", "--model", resource("models/carevoice-base"))
    assert (shipped.code, shipped.out) == (0, cli("themes", "--in", "fr").out)


@pytest.mark.parametrize("content", [None, "{", "[]", "{}", '{"taxonomy": {"version": "1", "themes": []}}'])
def test_themes_of_a_foreign_folder_is_an_error(cli: RunCli, tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "config.json").write_text(content)
    finished = cli("themes", "--model", tmp_path)
    assert (finished.code, finished.out) == (2, "")
    assert finished.err.startswith("Error: ")
    assert "Traceback" not in finished.err


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])), min_size=3, max_size=3)
    ),
    st.sampled_from(["\n", "\r\n"]),
)
def test_detect_gives_every_cell_back(tmp_path: Path, cells: list[list[str]], newline: str) -> None:
    table = [["id", "text", '\ufeff "a", b'], *cells]
    lines = (",".join('"' + cell.replace('"', '""') + '"' for cell in row) + newline for row in table)
    (tmp_path / "in.csv").write_bytes("".join(lines).encode())
    assert main(["detect", str(tmp_path / "in.csv"), "-o", str(tmp_path / "out.csv")]) == 0
    assert [row[:-2] for row in rows((tmp_path / "out.csv").read_bytes().decode())] == table


@posix
@pytest.mark.parametrize("arguments", [("detect", "many.csv"), ("themes",), ("--help",)])
def test_closed_pipe_ends_quietly(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "many.csv").write_text("id,text\n" + "1,Thank you\n" * 20_000)
    read, write = os.pipe()
    process = subprocess.Popen([*COMMAND, *arguments], stdout=write, stderr=subprocess.PIPE, cwd=tmp_path)
    os.close(write)
    if arguments[0] == "detect":
        assert os.read(read, 10).startswith(b"id,text")
    os.close(read)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, b"")


@posix
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("exists", [True, False])
def test_interrupted_run_leaves_no_output(tmp_path: Path, number: int, code: int, *, exists: bool) -> None:
    output = tmp_path / "out.csv"
    if exists:
        output.write_text("an older file")
    process = subprocess.Popen(
        [*COMMAND, "detect", "-", "-o", "out.csv"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
    )
    assert process.stdin is not None
    process.stdin.write(b"id,text\n" + b"1,Thank you\n" * 20_000)
    process.stdin.flush()
    wait_for(".out.csv.*.tmp", tmp_path)
    process.send_signal(number)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (code, b"Interrupted.\n")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["an older file"] * exists


def test_full_disk_is_an_error_of_the_output(comments: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    with Path("/dev/full").open("wb") as full:
        finished = subprocess.run(
            [*COMMAND, "detect", str(comments)], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert finished.returncode == 2
    assert finished.stderr == "Error: standard output can't be written: no space left on device.\n"


def test_fault_of_ours_is_one_line_without_the_comment(comments: Path, tmp_path: Path) -> None:
    broken = (
        "import sys, carevoice.cli.run as run\n"
        "def fail(*_, **__): raise RuntimeError('The nurses were lovely')\n"
        "run.find_comment_columns = fail\n"
        "from carevoice.cli.main import main\n"
        "sys.exit(main(['detect', *sys.argv[1:]]))\n"
    )
    for debug in ((), ("--debug",)):
        finished = subprocess.run(
            [sys.executable, "-c", broken, str(comments), *debug],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert finished.returncode == 1
        assert "a fault of CareVoice" in finished.stderr.splitlines()[-1]
        assert ("Traceback" in finished.stderr, "lovely" in finished.stderr) == (bool(debug), bool(debug))
        assert debug or len(finished.stderr.splitlines()) == 1
