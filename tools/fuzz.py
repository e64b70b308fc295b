#!/usr/bin/env python3
"""Feed readers of tables, or the analysis, with bytes that find their way into every corner (coverage-guided fuzzing).

    pip install atheris
    python tools/fuzz.py tables -max_total_time=600 -rss_limit_mb=2048 -timeout=20
    python tools/fuzz.py analyze -max_total_time=600 -rss_limit_mb=2048 -timeout=20

What comes after the name of the target are options of libFuzzer (https://llvm.org/docs/LibFuzzer.html); a folder among
them keeps the inputs that were found. A crash, a hang or memory beyond the limit ends the run and leaves its input in a
file. Bad input is no crash: readers may raise InputError and nothing else, and all rows are whole.
"""

import io
import sys
import tempfile
from pathlib import Path
from typing import Final

import atheris

with atheris.instrument_imports(include=["carevoice"]):
    import carevoice
    from carevoice.errors import CareVoiceError, InputError
    from carevoice.redaction import Redactor
    from carevoice.tables.chunk import Reject, TableReader
    from carevoice.tables.compressed import open_gz
    from carevoice.tables.encoding import named_encoding
    from carevoice.tables.jsonl import JsonlReader
    from carevoice.tables.parquet import ParquetReader
    from carevoice.tables.reader import CsvReader
    from carevoice.tables.xlsx import XlsxReader

ENCODINGS: Final = (None, "utf-8", "utf-16", "cp1252", "latin-1", "utf-16-be")


def read(table: TableReader, rejects: list[Reject] | None) -> int:
    """Read a table to its end; the number of its rows."""
    rows = 0
    for chunk in table.chunks():
        cells = chunk.rows()
        if any(len(row) != len(table.header) for row in cells) or len(cells) != len(chunk):
            raise AssertionError("a row has another number of cells than the header")
        if not all(isinstance(cell, str) for row in cells for cell in row):
            raise AssertionError("a cell is no text")
        chunk.values()
        rows += len(chunk)
    if rejects is not None and any(reject.line < 1 or not reject.reason for reject in rejects):
        raise AssertionError("a reject has no line or no reason")
    return rows


def tables(data: bytes) -> None:
    """The first byte says which reader gets the others, and how."""
    if not data:
        return
    kind, data = data[0], data[1:]
    rejects: list[Reject] | None = [] if kind & 1 else None
    take = None if rejects is None else rejects.append
    encoding = ENCODINGS[(kind >> 4) % len(ENCODINGS)]
    try:
        match (kind >> 1) % 5:
            case 0:
                named = None if encoding is None else named_encoding(encoding)
                read(CsvReader(io.BytesIO(data), "in", take, encoding=named), rejects)
            case 1:
                read(JsonlReader(io.BytesIO(data), "in", take), rejects)
            case 2:
                read(CsvReader(open_gz(io.BytesIO(data), "in"), "in", take), rejects)
            case 3 | 4 as number:
                with tempfile.NamedTemporaryFile(suffix=".bin") as file:
                    file.write(data)
                    file.flush()
                    reader = XlsxReader if number == 3 else ParquetReader
                    with reader(file.name, take) as table:
                        read(table, rejects)
    except InputError as error:
        if not str(error).strip():
            raise AssertionError("an error says nothing") from error


def analyze(data: bytes) -> None:
    """Any text gets an answer, and can be redacted."""
    text = data.decode("utf-8", "surrogateescape")
    result = ANALYZER.analyze(text)
    if result.status == "ok" and result.sentiment is None:
        raise AssertionError("a comment got no sentiment")
    REDACTOR.redact(text, result.language.code)


TARGETS = {"tables": tables, "analyze": analyze}

if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        sys.exit(f"usage: {Path(sys.argv[0]).name} {'|'.join(TARGETS)} [options of libFuzzer]")
    target = TARGETS[sys.argv.pop(1)]
    if target is analyze:
        ANALYZER, REDACTOR = carevoice.load(), Redactor(names=False)
    atheris.Setup(sys.argv, target)
    try:
        atheris.Fuzz()
    except CareVoiceError as error:
        sys.exit(str(error))
