"""Where training runs, how precisely, and the same way every time."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

import torch


@dataclass(frozen=True, slots=True)
class Device:
    """A device of torch, and whether the encoder computes in bf16 there."""

    name: str = "cpu"
    bf16: bool = False

    def precision(self) -> AbstractContextManager[object]:
        """Inside of it, matrix products are taken in the device's precision; weights stay fp32."""
        return torch.autocast(self.name, torch.bfloat16) if self.bf16 else nullcontext()

    def __str__(self) -> str:
        return f"{self.name}, {'bf16' if self.bf16 else 'fp32'}"


CPU = Device()


def best_device() -> Device:
    """A GPU if there is one, else the processor.

    bf16 pays on a GPU and on processors with AMX. With AVX-512 alone, which knows bf16 too, training was measured to be
    slower than in fp32.
    """
    if torch.cuda.is_available():
        return Device("cuda", torch.cuda.is_bf16_supported())
    return Device("cpu", bool(torch.cpu.get_capabilities().get("amx_bf16", False)))


@contextmanager
def reproducible(device: Device, seed: int) -> Iterator[None]:
    """Inside of it, equal runs on one machine give equal weights; torch's settings and generators come back after."""
    before, lenient = (
        torch.are_deterministic_algorithms_enabled(),
        torch.is_deterministic_algorithms_warn_only_enabled(),
    )
    gpu = device.name != "cpu"
    if gpu:  # read by cuBLAS when it starts
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        try:
            # On a GPU, an operation without a reproducible form is no reason to fail.
            torch.use_deterministic_algorithms(mode=True, warn_only=gpu)
            yield
        finally:
            torch.use_deterministic_algorithms(mode=before, warn_only=lenient)
