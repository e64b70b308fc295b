"""Where the files that come with CareVoice are, in a wheel and in an editable install."""

from pathlib import Path

_PACKAGE = Path(__file__).parent


def resource(name: str) -> Path:
    """Path of a shipped file or folder such as ``configs/taxonomy.yaml`` or ``models/carevoice-base``.

    A wheel holds them inside the package; a checkout keeps them at its root.
    """
    inside = _PACKAGE / name
    return inside if inside.exists() else _PACKAGE.parent.parent / name
