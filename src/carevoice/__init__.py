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
    from carevoice.evaluation import evaluate
    from carevoice.training.finetune import train

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
    "evaluate",
    "load",
    "train",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401
    """Import the heavy part (numpy, ONNX Runtime) only when it is asked for."""
    if name in {"Analyzer", "load"}:
        from carevoice import analysis

        return getattr(analysis, name)
    if name == "evaluate":
        from carevoice import evaluation

        return evaluation.evaluate
    if name == "train":
        from carevoice.training.extra import check_extra

        check_extra()
        from carevoice.training import finetune

        return finetune.train
    raise AttributeError(f"module 'carevoice' has no attribute {name!r}")
