"""JSON texts that lose nothing: numbers as they are written, and values that JSON doesn't have as texts."""

from __future__ import annotations

import json
from decimal import Decimal
from math import isfinite
from typing import Final

#: A JSON string, with characters as they are rather than escaped.
quoted: Final = json.JSONEncoder(ensure_ascii=False).encode


class Number(str):
    """A number as it stands in the file, which no float could give back: 1.10, 1E400."""

    __slots__ = ()


class Nested(str):
    """A list or an object as compact JSON text."""

    __slots__ = ()


def json_text(value: object) -> str:
    """The value as compact JSON; dates are texts in ISO form, and so are NaN and infinities texts."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return str(value) if isinstance(value, Number | Nested) else quoted(value)
    if isinstance(value, list | tuple):
        return f"[{','.join([json_text(item) for item in value])}]"
    if isinstance(value, dict):
        return f"{{{','.join([f'{quoted(str(key))}:{json_text(item)}' for key, item in value.items()])}}}"
    return plain_text(value) if _is_number(value) else quoted(plain_text(value))


def plain_text(value: object) -> str:
    """The value as a text that isn't quoted: a str as it is, nothing for None, ISO dates, JSON for the rest."""
    if value is None:
        return ""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bytes):
        return value.decode(errors="backslashreplace")
    if isinstance(value, bool | list | tuple | dict):
        return json_text(value)
    iso = getattr(value, "isoformat", None)
    return str(value) if iso is None else str(iso())


def number_value(text: str) -> int | Decimal | str:
    """An int where it has the same digits, else a Decimal, or the text if the exponent is beyond any arithmetic."""
    try:
        if str(whole := int(text)) == text:
            return whole
    except ValueError:
        # A fraction, or longer than ints may be.
        pass
    try:
        return Decimal(text)
    except ArithmeticError:
        return str(text)


def _is_number(value: object) -> bool:
    if isinstance(value, float):
        return isfinite(value)
    return isinstance(value, int) or (isinstance(value, Decimal) and value.is_finite())
