"""Long texts are read whole, in windows that overlap."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

START, PAD, END = 0, 1, 2  # token ids


@dataclass(frozen=True, slots=True)
class WindowSpec:
    """``size`` tokens per window, start and end marks included; neighbours share ``overlap`` tokens."""

    size: int
    overlap: int


#: Room in the encoder for 512 tokens; shorter windows keep every window near what training has seen.
DEFAULT_WINDOWS: Final = WindowSpec(size=384, overlap=64)


def split(ids: Sequence[int], spec: WindowSpec) -> list[Sequence[int]]:
    """Windows over token ids that begin with START and finish with END; one window if they fit in it.

    Every token is in at least one window, and every window has both marks.
    """
    if len(ids) <= spec.size:
        return [ids]
    body = ids[1:-1]
    room = spec.size - 2
    step = room - spec.overlap
    count = 1 + -(-(len(body) - room) // step)
    return [[START, *body[k * step : k * step + room], END] for k in range(count)]
