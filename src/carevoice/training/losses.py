"""The loss of a batch: every head's error, each comment weighing the same."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from carevoice.model.network import Logits
from carevoice.training.config import Recipe
from carevoice.training.data import UNKNOWN, Targets

_RARE_POLARITY_WEIGHT = 2.0  # for "both" and "mentioned", which are rare and easily drowned


@dataclass(frozen=True, slots=True)
class Loss:
    """Weighs the heads; positive weights are set from the label counts of the training examples.

    Where every comment has exactly one theme, themes compete: their error is the cross-entropy of a softmax.
    """

    config: Recipe
    theme_positive: Tensor  # [T]
    alert_positive: Tensor  # scalar
    single_label: bool = False

    @classmethod
    def of(cls, config: Recipe, labels: Targets, *, single_label: bool = False) -> "Loss":
        def weight(present: np.ndarray) -> Tensor:
            count, absent = np.nansum(present, 0), (present == 0).sum(0)
            ratio = np.sqrt(absent / np.maximum(count, 1.0))
            return torch.tensor(np.clip(ratio, 1.0, config.max_positive_weight), dtype=torch.float32)

        return cls(config, weight(labels.themes), weight(labels.alert), single_label)

    def __call__(self, logits: Logits, labels: Targets, rows: np.ndarray) -> Tensor:
        """Sum over the batch of each comment's loss."""
        c = self.config
        device = logits.themes.device

        def known(values: np.ndarray) -> Tensor:
            return torch.from_numpy(values[rows]).to(device)

        theme_loss = self._themes(logits.themes, known(labels.themes))
        class_weight = torch.tensor([1.0, 1.0, _RARE_POLARITY_WEIGHT, _RARE_POLARITY_WEIGHT], device=device)
        polarity_loss = F.cross_entropy(
            logits.polarity.flatten(0, 1),
            known(labels.polarity).flatten(),
            class_weight,
            ignore_index=UNKNOWN,
            reduction="sum",
        )
        sentiment_loss = F.cross_entropy(logits.sentiment, known(labels.sentiment), reduction="sum")
        level_loss = F.cross_entropy(logits.level, known(labels.level), reduction="sum")
        alert = known(labels.alert)
        told = ~alert.isnan()
        alert_loss = F.binary_cross_entropy_with_logits(
            logits.alert[told], alert[told], pos_weight=self.alert_positive.to(device), reduction="sum"
        )
        return (
            c.theme_weight * theme_loss
            + c.polarity_weight * polarity_loss
            + c.sentiment_weight * sentiment_loss
            + c.level_weight * level_loss
            + c.alert_weight * alert_loss
        )

    def _themes(self, logits: Tensor, present: Tensor) -> Tensor:
        if self.single_label:
            return F.cross_entropy(logits, present.argmax(1), reduction="sum")
        known = ~present.isnan()
        return F.binary_cross_entropy_with_logits(
            logits,
            present.nan_to_num(),
            weight=known.to(logits.dtype),
            pos_weight=self.theme_positive.to(logits.device),
            reduction="sum",
        )
