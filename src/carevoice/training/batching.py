"""Batches of similar length under a budget of tokens, so that little is padding."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

PAD = 1


@dataclass(frozen=True, slots=True)
class Batch:
    """Token ids and mask of some examples, and their row numbers."""

    rows: npt.NDArray[np.int64]  # [B]
    ids: Tensor  # [B, L]
    mask: Tensor  # [B, L]


def batches(ids: Sequence[Sequence[int]], budget: int, rng: random.Random | None = None) -> Iterator[Batch]:
    """All examples in batches of at most ``budget`` tokens, padding included; shuffled if ``rng`` is given.

    Lengths are blurred before sorting when shuffling, so that the same comments do not always meet.
    """
    blur = (lambda n: n * rng.uniform(0.9, 1.1)) if rng else float
    order = sorted(range(len(ids)), key=lambda n: blur(len(ids[n])))
    groups: list[list[int]] = [[]]
    longest = 0
    for n in order:
        longest = max(longest, len(ids[n]))
        if groups[-1] and longest * (len(groups[-1]) + 1) > budget:
            groups.append([])
            longest = len(ids[n])
        groups[-1].append(n)
    if rng:
        rng.shuffle(groups)
    for group in groups:
        length = max(len(ids[n]) for n in group)
        padded = torch.full((len(group), length), PAD)
        mask = torch.zeros((len(group), length), dtype=torch.long)
        for k, n in enumerate(group):
            padded[k, : len(ids[n])] = torch.tensor(ids[n])
            mask[k, : len(ids[n])] = 1
        yield Batch(np.array(group), padded, mask)
