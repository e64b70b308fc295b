"""What a person at a terminal sees, in a pseudo-terminal."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import COMMAND

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals as on POSIX")


def on_terminal(folder: Path, *arguments: str, stdin: bytes = b"") -> tuple[int, str]:
    """Exit code and what a terminal 100 columns wide would have been sent, less colours and the like."""
    main, terminal = os.openpty()
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        stdin=subprocess.PIPE,
        stdout=terminal,
        stderr=terminal,
        cwd=folder,
        env={**os.environ, "COLUMNS": "100", "TERM": "xterm"},
    )
    os.close(terminal)
    assert process.stdin is not None
    process.stdin.write(stdin)
    process.stdin.close()
    seen = b""
    try:
        while piece := os.read(main, 1 << 16):
            seen += piece
    except OSError:
        # Linux says "input/output error" when the other side is gone.
        pass
    os.close(main)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen.decode())
    return process.wait(timeout=60), re.sub(r"\r+\n?", "\n", text)


def test_terminal_gets_first_rows_and_summary(comments: Path) -> None:
    code, text = on_terminal(comments.parent, "detect", "comments.csv")
    assert code == 0
    assert "The first 6 rows" in text
    assert "The nurses were lovely" in text
    assert "Language   en " in text
    assert "nothing was written" in text
    assert "007,2024" not in text
    assert list(comments.parent.iterdir()) == [comments]


def test_terminal_gets_themes_in_the_table(comments: Path) -> None:
    code, text = on_terminal(comments.parent, "classify", "comments.csv")
    assert code == 0
    assert "empathy+" in text
    assert "praised" in text


def test_terminal_gets_ten_rows_at_most(tmp_path: Path) -> None:
    data = "text,id\n" + "".join(f"Thank you number{number},1\n" for number in range(1000))
    code, text = on_terminal(tmp_path, "detect", "-", stdin=data.encode())
    assert code == 0
    assert "1,000 rows" in text
    assert "number9" in text
    assert "number10" not in text


def test_terminal_gets_progress_and_summary_when_a_file_is_written(comments: Path) -> None:
    code, text = on_terminal(comments.parent, "detect", "comments.csv", "-o", "out.csv")
    assert code == 0
    assert "Detecting" in text
    assert "6 of 6 rows" in text
    assert "written to out.csv" in text
    assert "nurses" not in text
    assert (comments.parent / "out.csv").read_bytes().startswith(b"id,visited,")


def test_terminal_gets_the_data_when_it_is_asked_for(comments: Path) -> None:
    code, text = on_terminal(comments.parent, "detect", "comments.csv", "-o", "-")
    assert code == 0
    assert "id,visited,site,question,comment,language,language_confidence\n007,2024" in text
    assert "Language   " not in text
    assert "Reading" not in text


def test_terminal_is_not_steered_by_a_comment(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("text,id\nRed \x1b]0;owned\x07 [bold]alert[/bold] \u202e,1\n", encoding="utf-8")
    code, text = on_terminal(tmp_path, "detect", "in.csv")
    assert code == 0
    assert "Red �]0;owned� [bold]alert[/bold] �" in text


def test_terminal_gets_a_table_of_themes(tmp_path: Path) -> None:
    code, text = on_terminal(tmp_path, "themes", "--in", "es")
    assert code == 0
    assert "20 themes" in text
    assert "wait_time" in text
    assert "\t" not in text


def test_terminal_gets_no_table_after_a_bad_row(tmp_path: Path) -> None:
    code, text = on_terminal(tmp_path, "detect", "-", stdin=b"id,text\n1,a\n2\n")
    assert code == 2
    assert "Error: standard input, line 3" in text
    assert "first" not in text
