"""What an interrupted run leaves, and how it is told to stop.

A checkpoint is a folder beside the output. ``state.json`` names the files that belong to it: weights in safetensors;
the optimiser, the schedule and torch's generators in torch's own format, which is only ever read with
``weights_only``. New files get new names and ``state.json`` is replaced last, in one step, so that a run that is killed
while it writes leaves the checkpoint before.
"""

import json
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Final, Self

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from carevoice.errors import InputError
from carevoice.training.config import Recipe
from carevoice.training.trainer import Loop

SECONDS_BETWEEN: Final = 300.0
_STATE: Final = "state.json"
NETWORK: Final = "network"
BEST: Final = "best"
_OPTIMISER: Final = "optimiser"
_STOPPING: Final = (signal.SIGINT, signal.SIGTERM)
State = Mapping[str, Tensor]


class Checkpoint:
    """A folder with the state of one run; made by ``begin``."""

    def __init__(self, path: Path, state: dict[str, Any]) -> None:
        self.path = path
        self.state = state

    @classmethod
    def begin(cls, path: Path, fingerprint: Mapping[str, str], *, resume: bool) -> Self:
        """Make the folder, or open the one that an interrupted run left if it is to go on.

        ``fingerprint`` says what the run is made of, by a word for each part. Raises InputError if there is a
        checkpoint and it is not to be used, if it is that of another run, or if nothing can be written there.
        """
        found = _read_state(path) if (path / _STATE).exists() else None
        if found is None:
            checkpoint = cls(path, {"fingerprint": dict(fingerprint), "written": 0, "files": {}, "seconds": 0.0})
            try:
                path.mkdir(parents=True, exist_ok=True)
                checkpoint.keep({})
            except OSError as error:
                raise InputError(f"{path}: can't be written ({error.strerror}): choose another output") from error
            return checkpoint
        if not resume:
            raise InputError(
                f"{path}: an interrupted run left this; go on with --resume (resume=True), or delete the folder to "
                "start anew"
            )
        other = [part for part, value in fingerprint.items() if found["fingerprint"].get(part) != value]
        if other:
            raise InputError(
                f"{path}: this checkpoint is that of another run, its {' and '.join(other)} differed; give what that "
                "run was given, or delete the folder to start anew"
            )
        return cls(path, found)

    def keep(
        self,
        values: Mapping[str, Any],
        tensors: Mapping[str, State] | None = None,
        objects: Mapping[str, Any] | None = None,
    ) -> None:
        """Add to the state, or replace in it: plain values, tensors by file, and what only torch can write."""
        number = int(self.state["written"]) + 1
        files = dict(self.state["files"])
        for name, named in (tensors or {}).items():
            files[name] = f"{name}-{number}.safetensors"
            _write(self.path / files[name], save({key: value.contiguous() for key, value in named.items()}))
        for name, thing in (objects or {}).items():
            files[name] = f"{name}-{number}.pt"
            buffer = BytesIO()
            torch.save(thing, buffer)
            _write(self.path / files[name], buffer.getvalue())
        state = {**self.state, **values, "written": number, "files": files}
        unfinished = self.path / f"{_STATE}.new"
        _write(unfinished, json.dumps(state).encode())
        unfinished.replace(self.path / _STATE)
        for file in set(self.state["files"].values()) - set(files.values()):
            (self.path / file).unlink(missing_ok=True)
        self.state = state

    @property
    def is_empty(self) -> bool:
        """Whether nothing was kept since it was begun."""
        return not self.state["files"]

    def __contains__(self, name: str) -> bool:
        return name in self.state["files"]

    def tensors(self, name: str) -> dict[str, Tensor]:
        """Tensors that were kept under a name. Raises InputError if their file is damaged."""
        try:
            return dict(load_file(self._file(name)))
        except (OSError, SafetensorError) as error:
            raise self._damaged(name) from error

    def object(self, name: str) -> Any:  # noqa: ANN401  # whatever was kept
        """What was kept under a name. Raises InputError if its file is damaged."""
        try:
            return torch.load(self._file(name), map_location="cpu", weights_only=True)
        except Exception as error:  # torch raises whatever its parts raise
            raise self._damaged(name) from error

    def remove(self) -> None:
        """Delete the folder."""
        shutil.rmtree(self.path)

    def _file(self, name: str) -> Path:
        return self.path / str(self.state["files"][name])

    def _damaged(self, name: str) -> InputError:
        return InputError(f"{self._file(name)}: damaged or missing; delete the folder {self.path} to start anew")


def _read_state(path: Path) -> dict[str, Any]:
    try:
        state = json.loads((path / _STATE).read_bytes())
        state["fingerprint"], state["written"], state["files"], state["seconds"]  # are they there?
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path / _STATE}: damaged; delete the folder {path} to start anew") from error
    return dict(state)


def _write(path: Path, data: bytes) -> None:
    """Write a file and see it on the disk before anything refers to it."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


class Signals:
    """Holds SIGINT and SIGTERM back while its block runs, until ``act`` lets them do what they would have done.

    Only the main thread gets signals; elsewhere this does nothing.
    """

    def __init__(self) -> None:
        self.pending: int | None = None
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in _STOPPING:
                # One that is ignored, as nohup does, stays so; None is a handler that was not set from Python.
                if signal.getsignal(number) not in (signal.SIG_IGN, None):
                    self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None and self.pending is not None:
            self.act()
        self._give_back()

    def act(self) -> None:
        """Put the former handlers back and send them the signal that was held back."""
        number, self.pending = self.pending, None
        self._give_back()
        if number is not None:
            signal.raise_signal(number)

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self.pending = number

    def _give_back(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()


class LoopCheckpoints:
    """Keeps the state of a training loop every few minutes, at the end of each epoch and when told to stop.

    ``extra`` gives what else belongs to the state, as plain values and the best weights so far if they are new.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        signals: Signals,
        extra: Callable[[], tuple[Mapping[str, Any], State | None]],
        every: float = SECONDS_BETWEEN,
    ) -> None:
        self._checkpoint, self._signals, self._extra, self._every = checkpoint, signals, extra, every
        self._kept_at = self._began = time.monotonic()
        self._seconds = float(checkpoint.state["seconds"])

    def between_steps(self, loop: Loop) -> None:
        told_to_stop = self._signals.pending is not None
        if told_to_stop or loop.steps == 0 or time.monotonic() - self._kept_at >= self._every:
            self._keep(loop)
        if told_to_stop:
            self._signals.act()

    def restore(self, loop: Loop, config: Recipe) -> None:
        kept = self._checkpoint.state.get("loop")
        if kept is None:
            return
        load_trained(loop.network, self._checkpoint.tensors(NETWORK))
        rest = self._checkpoint.object(_OPTIMISER)
        loop.start_schedules(kept["total_steps"], config.warm_up_share)
        for optimiser, state in zip(loop.optimisers, rest["optimisers"], strict=True):
            optimiser.load_state_dict(state)
        for schedule, state in zip(loop.schedules, rest["schedules"], strict=True):
            schedule.load_state_dict(state)
        version, words, gauss = kept["rng"]
        loop.rng.setstate((version, tuple(words), gauss))
        loop.epoch, loop.steps, loop.loss, loop.rows = (kept[name] for name in ("epoch", "steps", "loss", "rows"))
        torch.set_rng_state(rest["torch"])
        if rest["cuda"]:
            torch.cuda.set_rng_state_all(rest["cuda"])

    def _keep(self, loop: Loop) -> None:
        extra, best = self._extra()
        now = time.monotonic()
        values = {
            **extra,
            "seconds": self._seconds + now - self._began,
            "loop": {
                "epoch": loop.epoch,
                "steps": loop.steps,
                "total_steps": loop.total_steps,
                "loss": loop.loss,
                "rows": loop.rows,
                "rng": loop.rng_state,
            },
        }
        tensors = {NETWORK: trained_state(loop.network)}
        if best is not None:
            tensors[BEST] = dict(best)
        rest = {
            "optimisers": [optimiser.state_dict() for optimiser in loop.optimisers],
            "schedules": [schedule.state_dict() for schedule in loop.schedules],
            "torch": torch.get_rng_state(),
            "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        }
        self._checkpoint.keep(values, tensors, {_OPTIMISER: rest})
        self._kept_at = time.monotonic()


def trained_state(network: torch.nn.Module) -> dict[str, Tensor]:
    """A copy of a network's weights but those that are not trained, such as its word embeddings."""
    left_out = {name for name, value in network.named_parameters() if not value.requires_grad}
    state = network.state_dict()
    return {name: value.detach().to("cpu", copy=True) for name, value in state.items() if name not in left_out}


def load_trained(network: torch.nn.Module, state: State) -> None:
    """Put weights of ``trained_state`` into a network that has the same start."""
    network.load_state_dict({**network.state_dict(), **state})
