"""Checkpoints: whole or not there, for one run only; signals wait for a good moment."""

import signal
import threading
from pathlib import Path

import pytest
import torch

from carevoice.errors import InputError
from carevoice.training.checkpoint import Checkpoint, Signals

MADE_OF = {"data": "a", "settings": "b", "start": "c"}


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "out.training"
    kept = Checkpoint.begin(path, MADE_OF, resume=False)
    assert kept.is_empty
    weights = {"w": torch.randn(3, 4), "b": torch.zeros(2, dtype=torch.long)}
    kept.keep({"epoch": 3, "loss": 0.1}, {"network": weights}, {"optimiser": {"steps": [1, 2.5], "t": torch.ones(2)}})
    back = Checkpoint.begin(path, MADE_OF, resume=True)
    assert (back.state["epoch"], back.state["loss"]) == (3, 0.1)
    assert all(torch.equal(value, weights[name]) for name, value in back.tensors("network").items())
    assert back.object("optimiser")["steps"] == [1, 2.5]
    assert "network" in back
    assert "best" not in back
    back.remove()
    assert not path.exists()


def test_files_that_nothing_refers_to_are_deleted(tmp_path: Path) -> None:
    kept = Checkpoint.begin(tmp_path, MADE_OF, resume=False)
    for n in range(4):
        kept.keep({"n": n}, {"network": {"w": torch.full((2,), float(n))}})
    assert sorted(path.name for path in tmp_path.iterdir()) == ["network-5.safetensors", "state.json"]
    kept.keep({"n": 9})  # what is not given anew stays
    assert kept.tensors("network")["w"].tolist() == [3.0, 3.0]


def test_a_kill_while_writing_leaves_the_checkpoint_before(tmp_path: Path) -> None:
    kept = Checkpoint.begin(tmp_path, MADE_OF, resume=False)
    kept.keep({"n": 1}, {"network": {"w": torch.ones(2)}})
    # Files of the next one are there, whole or in part, and state.json was not replaced yet.
    (tmp_path / "network-3.safetensors").write_bytes(b"half")
    (tmp_path / "state.json.new").write_bytes(b'{"n": 2')
    back = Checkpoint.begin(tmp_path, MADE_OF, resume=True)
    assert back.state["n"] == 1
    back.keep({"n": 2}, {"network": {"w": torch.zeros(2)}})
    assert Checkpoint.begin(tmp_path, MADE_OF, resume=True).tensors("network")["w"].tolist() == [0.0, 0.0]


def test_a_checkpoint_that_is_there_wants_a_decision(tmp_path: Path) -> None:
    Checkpoint.begin(tmp_path, MADE_OF, resume=False)
    with pytest.raises(InputError, match=r"--resume.*delete the folder") as raised:
        Checkpoint.begin(tmp_path, MADE_OF, resume=False)
    assert str(tmp_path) in str(raised.value)


def test_a_checkpoint_of_another_run_is_refused(tmp_path: Path) -> None:
    Checkpoint.begin(tmp_path, MADE_OF, resume=False)
    with pytest.raises(InputError, match="another run, its data and start differed"):
        Checkpoint.begin(tmp_path, {**MADE_OF, "data": "x", "start": "y"}, resume=True)


def test_resume_without_a_checkpoint_begins(tmp_path: Path) -> None:
    assert Checkpoint.begin(tmp_path / "new", MADE_OF, resume=True).is_empty


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"fingerprint": {}}'])
def test_damaged_state_is_said(tmp_path: Path, text: str) -> None:
    (tmp_path / "state.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="damaged"):
        Checkpoint.begin(tmp_path, MADE_OF, resume=True)


def test_damaged_files_are_said(tmp_path: Path) -> None:
    kept = Checkpoint.begin(tmp_path, MADE_OF, resume=False)
    kept.keep({}, {"network": {"w": torch.ones(2)}}, {"optimiser": {"a": 1}})
    for name in ("network-2.safetensors", "optimiser-2.pt"):
        (tmp_path / name).write_bytes(b"no")
    with pytest.raises(InputError, match="damaged"):
        kept.tensors("network")
    with pytest.raises(InputError, match="damaged"):
        kept.object("optimiser")


def test_nothing_is_ever_unpickled(tmp_path: Path) -> None:
    kept = Checkpoint.begin(tmp_path, MADE_OF, resume=False)
    kept.keep({}, objects={"optimiser": {"path": Path("x")}})  # no plain value
    with pytest.raises(InputError, match="damaged"):
        kept.object("optimiser")


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match="can't be written"):
        Checkpoint.begin(tmp_path / "file" / "out.training", MADE_OF, resume=False)


def test_signals_wait_until_they_are_let_through() -> None:
    with Signals() as signals:
        signal.raise_signal(signal.SIGINT)
        assert signals.pending == signal.SIGINT
        with pytest.raises(KeyboardInterrupt):
            signals.act()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_signals_that_nothing_let_through_come_at_the_end() -> None:
    signals = Signals()
    signals.__enter__()
    signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        signals.__exit__(None, None, None)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_signals_that_are_ignored_stay_ignored() -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with Signals() as signals:
            signal.raise_signal(signal.SIGTERM)
            assert signals.pending is None
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)


def test_signals_are_left_alone_in_another_thread() -> None:
    failed = []

    def work() -> None:
        try:
            with Signals():
                pass
        except ValueError as error:
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert not failed
