"""Windows over long token sequences lose nothing."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from carevoice.model.windows import DEFAULT_WINDOWS, WindowSpec, split

START, QUESTION, END = 0, 7, 2
specs = st.integers(8, 40).flatmap(lambda size: st.builds(WindowSpec, st.just(size), st.integers(0, (size - 3) // 2)))


@given(st.integers(0, 500), specs, st.sampled_from([(START,), (START, QUESTION)]))
def test_split_covers_every_token_in_order(count: int, spec: WindowSpec, lead: tuple[int, ...]) -> None:
    ids = [*lead, *range(10, 10 + count), END]
    windows = split(ids, spec, len(lead))
    assert all(tuple(w[: len(lead)]) == lead and w[-1] == END and len(w) <= spec.size for w in windows)
    seen: list[int] = []
    for window in windows:
        body = list(window[len(lead) : -1])
        overlap = len(set(seen) & set(body))
        assert body[:overlap] == seen[len(seen) - overlap :]
        seen += body[overlap:]
    assert seen == ids[len(lead) : -1]


@given(st.integers(0, 500), specs)
def test_split_shares_the_overlap_between_neighbours(count: int, spec: WindowSpec) -> None:
    windows = split([START, *range(10, 10 + count), END], spec)
    for one, next_one in pairwise(windows):
        assert len(set(one[1:-1]) & set(next_one[1:-1])) == spec.overlap


def test_default_windows_fit_the_encoder() -> None:
    assert DEFAULT_WINDOWS.overlap < DEFAULT_WINDOWS.size <= 512
