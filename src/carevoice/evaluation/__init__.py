"""Measuring a model on labelled comments: figures with intervals, by any column, and beside another model."""

from carevoice.evaluation.gold import Gold, gold_of
from carevoice.evaluation.measure import Answers, report_of
from carevoice.evaluation.report import (
    Bin,
    Comparison,
    Confusion,
    Difference,
    Figure,
    Group,
    Report,
    ThemeScore,
)
from carevoice.evaluation.run import evaluate

__all__ = [
    "Answers",
    "Bin",
    "Comparison",
    "Confusion",
    "Difference",
    "Figure",
    "Gold",
    "Group",
    "Report",
    "ThemeScore",
    "evaluate",
    "gold_of",
    "report_of",
]
