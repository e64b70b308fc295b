"""Options that several commands share, given to each of them as one argument."""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def with_parameters(
    command: Callable[..., None],
    name: str,
    parameters: Mapping[str, tuple[Any, object]],
    make: Callable[..., object],
) -> Callable[..., None]:
    """Put options in the place of the parameter ``name`` of a command; it gets what ``make`` makes of them.

    ``parameters`` has what each is and its default. typer makes options of what a function's signature says, so that
    the signature is written here.
    """
    signature = []
    for own in inspect.signature(command, eval_str=True).parameters.values():
        if own.name != name:
            signature.append(own.replace(kind=inspect.Parameter.KEYWORD_ONLY))
            continue
        signature += [
            inspect.Parameter(option, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
            for option, (kind, default) in parameters.items()
        ]

    @functools.wraps(command)
    def with_options(**given: Any) -> None:  # noqa: ANN401  # each is checked by its option
        made = make(**{option: given.pop(option) for option in parameters})
        command(**given, **{name: made})

    with_options.__signature__ = inspect.Signature(signature)  # type: ignore[attr-defined]
    with_options.__annotations__ = {parameter.name: parameter.annotation for parameter in signature}
    return with_options
