"""Whether what training needs is installed; this module itself needs nothing."""

from importlib.util import find_spec
from typing import Final

from carevoice.errors import MissingExtraError

_NEEDED: Final = ("torch", "transformers", "sklearn", "scipy", "onnx", "jinja2")


def check_extra() -> None:
    """Raise MissingExtraError unless the extra "train" is installed: at the start, not when an hour has gone by."""
    if not all(map(find_spec, _NEEDED)):
        raise MissingExtraError("Training", "train")
