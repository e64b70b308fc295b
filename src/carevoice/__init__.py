"""CareVoice: what patient comments say, in English, French and Spanish, on your own machine.

>>> import carevoice
>>> analyzer = carevoice.load()
>>> analyzer.analyze("The nurses were lovely").themes[0].id
'empathy'
"""

from typing import TYPE_CHECKING, Any

from carevoice.errors import CareVoiceError, InputError, MissingExtraError, ModelError, TaxonomyError
from carevoice.results import Alert, Language, Result, Sentiment, ThemeMention

if TYPE_CHECKING:
    from carevoice.analysis import Analyzer, load

__version__ = "0.1.0"
__all__ = [
    "Alert",
    "Analyzer",
    "CareVoiceError",
    "InputError",
    "Language",
    "MissingExtraError",
    "ModelError",
    "Result",
    "Sentiment",
    "TaxonomyError",
    "ThemeMention",
    "__version__",
    "load",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401
    """Import the heavy part (numpy, ONNX Runtime) only when it is asked for."""
    if name in {"Analyzer", "load"}:
        from carevoice import analysis

        return getattr(analysis, name)
    raise AttributeError(f"module 'carevoice' has no attribute {name!r}")
