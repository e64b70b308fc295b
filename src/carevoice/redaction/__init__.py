"""Masking what identifies people in comments: addresses, phone numbers, identifiers, names."""

from carevoice.redaction.redactor import Redactor
from carevoice.redaction.spans import KINDS, Span, mask

__all__ = ["KINDS", "Redactor", "Span", "mask"]
