"""``python -m carevoice.training``: build a model folder from labelled comments and a bare encoder."""

import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from carevoice.errors import CareVoiceError
from carevoice.taxonomy import load_taxonomy


def main(
    config: Annotated[
        Path,
        typer.Argument(exists=True, dir_okay=False, help="The recipe, such as configs/carevoice-base.yaml."),
    ],
    data: Annotated[
        list[Path], typer.Option(exists=True, file_okay=False, help="Folder of labelled train*.csv files; repeatable.")
    ],
    encoder: Annotated[
        Path, typer.Option(exists=True, file_okay=False, help="Bare encoder, see tools/build_encoder.py.")
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="Model folder to write.")],
    work: Annotated[Path, typer.Option(help="Keeps finished steps, so that a build can go on.")] = Path("build/work"),
    taxonomy: Annotated[Path | None, typer.Option(help="Another taxonomy than the shipped one.")] = None,
    threads: Annotated[int, typer.Option(min=1, help="Processors to use.")] = 2,
) -> None:
    """Train, average, calibrate and write a model folder.

    Example: python -m carevoice.training configs/carevoice-base.yaml --data examples/corpus
    --encoder build/encoder -o build/model
    """
    import torch

    from carevoice.training.build import build
    from carevoice.training.config import load_config

    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(mode=True)

    def log(message: str) -> None:
        typer.echo(f"{time.strftime('%H:%M:%S')} {message}", err=True)

    try:
        build(load_config(config), load_taxonomy(taxonomy), data, encoder, output, work, log)
    except CareVoiceError as error:
        typer.echo(f"Error: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    typer.run(main)
