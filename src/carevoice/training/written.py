"""The model folder of a training run, as long as nothing is calibrated."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from carevoice.model.clauses import DEFAULT_CLAUSES
from carevoice.model.folder import TOKENIZER, ModelConfig, ModelFolder
from carevoice.model.network import CommentNetwork
from carevoice.model.windows import DEFAULT_WINDOWS
from carevoice.training.build import encoder_settings, made_with, write_folder
from carevoice.training.calibrate import neutral_calibration

if TYPE_CHECKING:
    from carevoice.training.efforts import Run


def write_model(run: "Run", network: CommentNetwork, folder: Path) -> ModelFolder:
    """Write a network, on the CPU, as the int8 model that ``carevoice.load`` takes; what is there is replaced."""
    if folder.exists():  # a run that was interrupted at this point
        shutil.rmtree(folder)
    config = ModelConfig(
        run.name,
        run.config.version,
        run.taxonomy,
        run.outputs,
        neutral_calibration(len(run.taxonomy)),
        DEFAULT_WINDOWS,
        DEFAULT_CLAUSES,
        encoder_settings(network),
        run.config.as_dict(),
        made_with(),
    )
    tokenizer = run.checkpoint.path / TOKENIZER
    run.start.tokenizer.save(str(tokenizer))
    write_folder(folder, network.state_dict(), tokenizer, config)
    return ModelFolder(folder, config)
