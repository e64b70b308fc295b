"""The loss of a batch: every head's error, each comment weighing the same."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from carevoice.model.network import Logits
from carevoice.training.config import TrainConfig
from carevoice.training.data import Targets

_RARE_POLARITY_WEIGHT = 2.0  # for "both" and "mentioned", which are rare and easily drowned


@dataclass(frozen=True, slots=True)
class Loss:
    """Weighs the heads; positive weights are set from the label counts of the training examples."""

    config: TrainConfig
    theme_positive: Tensor  # [T]
    alert_positive: Tensor  # scalar

    @classmethod
    def of(cls, config: TrainConfig, labels: Targets) -> "Loss":
        def weight(present: np.ndarray) -> Tensor:
            count = np.maximum(present.sum(0), 1.0)
            ratio = np.sqrt((len(present) - count) / count)
            return torch.tensor(np.clip(ratio, 1.0, config.max_positive_weight), dtype=torch.float32)

        return cls(config, weight(labels.themes), weight(labels.alert))

    def __call__(self, logits: Logits, labels: Targets, rows: np.ndarray) -> Tensor:
        """Sum over the batch of each comment's loss."""
        c = self.config
        themes = torch.from_numpy(labels.themes[rows])
        polarity = torch.from_numpy(labels.polarity[rows])
        theme_loss = F.binary_cross_entropy_with_logits(
            logits.themes, themes, pos_weight=self.theme_positive, reduction="sum"
        )
        class_weight = torch.tensor([1.0, 1.0, _RARE_POLARITY_WEIGHT, _RARE_POLARITY_WEIGHT])
        polarity_loss = F.cross_entropy(
            logits.polarity.flatten(0, 1),
            polarity.flatten(),
            class_weight,
            ignore_index=-100,
            reduction="sum",
        )
        sentiment_loss = F.cross_entropy(logits.sentiment, torch.from_numpy(labels.sentiment[rows]), reduction="sum")
        level_loss = F.cross_entropy(logits.level, torch.from_numpy(labels.level[rows]), reduction="sum")
        alert_loss = F.binary_cross_entropy_with_logits(
            logits.alert,
            torch.from_numpy(labels.alert[rows]),
            pos_weight=self.alert_positive,
            reduction="sum",
        )
        return (
            c.theme_weight * theme_loss
            + c.polarity_weight * polarity_loss
            + c.sentiment_weight * sentiment_loss
            + c.level_weight * level_loss
            + c.alert_weight * alert_loss
        )
