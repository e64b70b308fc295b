"""Where the files that come with CareVoice are, in a wheel and in an editable install."""

import hashlib
from pathlib import Path

_PACKAGE = Path(__file__).parent


def resource(name: str) -> Path:
    """Path of a shipped file or folder such as ``configs/taxonomy.yaml`` or ``models/carevoice-base``.

    A wheel holds them inside the package; a checkout keeps them at its root.
    """
    inside = _PACKAGE / name
    return inside if inside.exists() else _PACKAGE.parent.parent / name


def sha256_of(path: str | Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
