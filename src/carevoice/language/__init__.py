"""Which language a comment is written in: English, French, Spanish, another one, or no evidence."""

from typing import Final

from carevoice.errors import InputError, MissingExtraError
from carevoice.language.prior import LanguageDetector, LanguagePrior, PriorEstimator

__all__ = ["DETECTORS", "LanguageDetector", "LanguagePrior", "PriorEstimator", "load_detector"]

#: Names that ``load_detector`` knows.
DETECTORS: Final = ("ngram", "langdetect")


def load_detector(name: str = "ngram") -> LanguageDetector:
    """Return a detector: ``ngram``, the shipped model, or ``langdetect``, the library of that name.

    Raises ModelError when the shipped model is damaged, MissingExtraError when langdetect is not
    installed and InputError for any other name.
    """
    # Imported here: numpy and langdetect cost more than everything else that needs this module.
    if name == "ngram":
        from carevoice.language.ngram import NgramDetector

        return NgramDetector.load()
    if name == "langdetect":
        try:
            from carevoice.language.langdetect_backend import LangdetectDetector
        except ModuleNotFoundError as error:
            raise MissingExtraError("The langdetect detector", "langdetect") from error
        return LangdetectDetector()
    raise InputError(f'No language detector is called "{name}"; choose one of: {", ".join(DETECTORS)}.')
