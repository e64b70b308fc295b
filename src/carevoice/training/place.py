"""Whether what training will write can be written, found out before it trains."""

import os
import shutil
from pathlib import Path
from typing import Final

import torch

from carevoice.errors import InputError
from carevoice.model.weights import WORDS

#: What is beside the output while a run goes on, and after it was interrupted.
WORK_SUFFIX: Final = ".training"
_FLOAT, _MEGABYTE = 4, 1_000_000
_FOLDER_BYTES: Final = 1.2  # per weight: int8 and scales, and what the graph holds
_SPARE: Final = 50 * _MEGABYTE


def check_output(output: Path) -> Path:
    """The work folder beside an output that may be written.

    Raises InputError if there is something at the output, or if its folder can't be written to.
    """
    if not output.name:
        raise InputError(f"{output}: not the name of a folder; name the one that the model is to be written to")
    if output.exists() or output.is_symlink():
        raise InputError(f"{output}: is there already; choose another output, or delete it first")
    parent = _first_there(output.parent)
    if not parent.is_dir():
        raise InputError(f"{output}: can't be made, {parent} is no folder; choose another output")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise InputError(f"{output}: can't be made, the folder {parent} is not writable; choose another output")
    return output.with_name(output.name + WORK_SUFFIX)


def check_space(output: Path, network: torch.nn.Module, *, layers: bool, words: bool) -> None:
    """Raise InputError if the disk has no room for the model and, when all ``layers`` are trained, for checkpoints.

    ``words`` says whether word embeddings are among what is trained then.
    """
    sizes = {name: value.numel() for name, value in network.state_dict().items()}
    trained = sum(sizes.values()) - (0 if words else sizes[WORDS])
    # Weights, the best ones and the optimiser's two moments, twice over while new ones are written.
    checkpoints = 2 * 4 * trained * _FLOAT if layers else 0
    needed = round(_FOLDER_BYTES * sum(sizes.values())) + checkpoints + _SPARE
    free = shutil.disk_usage(_first_there(output.parent)).free
    if free < needed:
        raise InputError(
            f"{output}: the disk has {free / _MEGABYTE:,.0f} MB left, and training needs "
            f"{needed / _MEGABYTE:,.0f} MB there; make room, or choose another output"
        )


def _first_there(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    folder = folder.absolute()
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder
