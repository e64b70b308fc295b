"""Labelled comments as people have them: a table in one of four layouts, read into examples and a codebook."""

from carevoice.training.labels.describe import describe
from carevoice.training.labels.labelled import ColumnsUsed, Labelled, LabelOptions, Layout, Problem, Scale
from carevoice.training.labels.read import read_labelled

__all__ = ["ColumnsUsed", "LabelOptions", "Labelled", "Layout", "Problem", "Scale", "describe", "read_labelled"]
