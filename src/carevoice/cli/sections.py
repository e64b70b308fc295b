"""Help of commands with many options, in sections; plain text, since rich would double the time to start."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Final

from typer.core import TyperCommand

from carevoice.cli.label_options import PARAMETERS

_ARGUMENTS: Final = "Arguments"
_LABELS: Final = "Labels, if their columns are not found by themselves"
_OTHERS: Final = "Options"


class Sectioned(TyperCommand):
    """A command that lists the options about labels by themselves, after its own."""

    # The types are those of click, which typer brings along under a name that depends on its version.
    def format_options(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401
        """Write the arguments, then each section of options."""
        records: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                about_labels = _LABELS if parameter.name in PARAMETERS else _OTHERS
                records[_ARGUMENTS if parameter.param_type_name == "argument" else about_labels].append(record)
        for section in (_ARGUMENTS, _OTHERS, _LABELS):
            with formatter.section(section):
                formatter.write_dl(records[section])
