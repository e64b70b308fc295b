"""Long texts are read whole, in windows that overlap."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

PAD: Final = 1  # token id


@dataclass(frozen=True, slots=True)
class WindowSpec:
    """``size`` tokens per window, marks included; neighbours share ``overlap`` tokens."""

    size: int
    overlap: int


#: Room in the encoder for 512 tokens; shorter windows keep every window near what training has seen.
DEFAULT_WINDOWS: Final = WindowSpec(size=384, overlap=64)


def split(ids: Sequence[int], spec: WindowSpec, lead: int = 1) -> list[Sequence[int]]:
    """Windows over token ids; one window if they fit in it.

    The first ``lead`` tokens (start mark and question) and the last (end mark) are in every window, every other token
    in at least one.
    """
    if len(ids) <= spec.size:
        return [ids]
    body = ids[lead:-1]
    room = spec.size - lead - 1
    step = room - spec.overlap
    count = 1 + -(-(len(body) - room) // step)
    return [[*ids[:lead], *body[k * step : k * step + room], ids[-1]] for k in range(count)]
