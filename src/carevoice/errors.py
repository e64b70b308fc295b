"""Errors that a user of CareVoice may meet; each message says what, where and what to do."""


class CareVoiceError(Exception):
    """Base of every error raised on purpose by CareVoice."""


class InputError(CareVoiceError):
    """The user's file, column, text or option can't be used as given."""


class RowError(InputError):
    """A row of a table can't be read; ``raw`` is what stands there, which the message doesn't show."""

    def __init__(self, message: str, raw: str) -> None:
        super().__init__(message)
        self.raw = raw


class TaxonomyError(CareVoiceError):
    """A taxonomy file or mapping is not valid."""


class ModelError(CareVoiceError):
    """A model folder is damaged, foreign or made for another version."""


class MissingExtraError(CareVoiceError):
    """An optional dependency is needed; the message names the extra to install."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(f'{feature} needs the extra "{extra}": pip install "carevoice[{extra}]"')
        self.extra = extra
