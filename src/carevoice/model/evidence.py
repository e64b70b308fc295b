"""What says how a comment as a whole feels: its own sentiment heads, and the themes that it praises and criticises.

The heads for sentiment read the whole comment; those for polarity read it theme by theme, and now and then know better,
above all when praise and blame meet. A linear model over both (stacking, Wolpert 1992) decides.
"""

from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from carevoice.results import POLARITIES, SENTIMENTS

if TYPE_CHECKING:
    from carevoice.model.engine import RawOutputs

FloatArray = npt.NDArray[np.floating]
_LEVELS: Final = 5
#: Columns of ``sentiment_evidence``: logits of the classes and the levels, then for each polarity how many themes have
#: it and how surely one has, and whether praise and blame are both there.
EVIDENCE: Final = len(SENTIMENTS) + _LEVELS + 2 * len(POLARITIES) + 1


def sentiment_evidence(raw: "RawOutputs", themes: FloatArray, polarity: FloatArray) -> FloatArray:
    """Evidence [N, EVIDENCE] from the raw outputs and the probabilities of themes [N, T] and polarities [N, T, 4]."""
    said = themes[:, :, None] * polarity
    surest = said.max(1)
    praise, blame = (surest[:, [POLARITIES.index(name)]] for name in ("praised", "criticised"))
    parts = (_centred(raw.sentiment), _centred(raw.level), np.log1p(said.sum(1)), surest, praise * blame)
    return np.concatenate(parts, axis=1, dtype=np.float64)


def _centred(logits: FloatArray) -> FloatArray:
    """Logits without what is common to all classes, which says nothing."""
    return np.asarray(logits - logits.mean(1, keepdims=True))
