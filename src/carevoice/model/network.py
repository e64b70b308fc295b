"""The network: a multilingual transformer encoder with heads for themes, polarity, sentiment and alert.

One pass over the encoder serves all heads. Every theme has an attention query of its own over the tokens (label-wise
attention, Mullenbach et al. 2018, https://aclanthology.org/N18-1100/), so that one clause of a long review can carry
a theme although the rest of the text is about something else.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel

from carevoice.results import POLARITIES, SENTIMENTS

#: Annotated sentiment levels, from very negative to very positive.
LEVELS = (-2, -1, 0, 1, 2)
#: Of the heads; inside the encoder, where it costs a third of the training speed on CPUs, recipes decide.
_DROPOUT = 0.1


@dataclass(frozen=True, slots=True)
class Logits:
    """Raw outputs for a batch of B windows and T themes."""

    themes: Tensor  # [B, T]
    polarity: Tensor  # [B, T, 4], in the order of POLARITIES
    sentiment: Tensor  # [B, 4], in the order of SENTIMENTS
    level: Tensor  # [B, 5], in the order of LEVELS
    alert: Tensor  # [B]


class Heads(nn.Module):
    """Linear heads on attention-pooled token vectors; attention starts at zero, so that pooling starts as the mean."""

    def __init__(self, hidden: int, themes: int) -> None:
        super().__init__()
        self.themes = themes
        self.token_mean: Tensor
        self.token_scale: Tensor
        self.register_buffer("token_mean", torch.zeros(hidden))
        self.register_buffer("token_scale", torch.ones(hidden))
        self.dropout = nn.Dropout(_DROPOUT)
        self.query = nn.Parameter(torch.zeros(themes + 2, hidden))  # themes, then sentiment and alert
        small = hidden**-0.5 / 10
        self.theme_local = nn.Parameter(torch.randn(themes, hidden) * small)
        self.theme_global = nn.Linear(hidden, themes)
        self.polarity_shared = nn.Linear(hidden, len(POLARITIES))
        self.polarity_theme = nn.Parameter(torch.zeros(themes, len(POLARITIES), hidden))
        self.polarity_bias = nn.Parameter(torch.zeros(themes, len(POLARITIES)))
        outputs = len(SENTIMENTS) + len(LEVELS)
        self.sentiment = nn.Linear(2 * hidden, outputs)
        self.alert = nn.Linear(2 * hidden, 1)
        for module in self.modules():
            if isinstance(module, nn.Linear):
                nn.init.normal_(module.weight, std=small)
                nn.init.zeros_(module.bias)

    def forward(self, tokens: Tensor, mask: Tensor) -> Logits:
        """Logits from the encoder's last states.

        ``tokens`` is [B, L, H], ``mask`` [B, L] is 1 on real tokens.
        """
        tokens = self.dropout((tokens.float() - self.token_mean) * self.token_scale)
        scores = tokens @ self.query.T  # [B, L, T+2]
        scores = scores.masked_fill(mask[:, :, None] == 0, -1e4)
        pooled = scores.softmax(1).transpose(1, 2) @ tokens  # [B, T+2, H]
        weights = mask.to(tokens.dtype)
        mean = (tokens * weights[:, :, None]).sum(1) / weights.sum(1, keepdim=True)  # [B, H]
        local = pooled[:, : self.themes]
        themes = (local * self.theme_local).sum(-1) + self.theme_global(mean)
        polarity = (
            self.polarity_shared(local) + torch.einsum("bth,tph->btp", local, self.polarity_theme) + self.polarity_bias
        )
        sentiment = self.sentiment(torch.cat([pooled[:, self.themes], mean], -1))
        alert = self.alert(torch.cat([pooled[:, self.themes + 1], mean], -1))[:, 0]
        cut = len(SENTIMENTS)
        return Logits(themes, polarity, sentiment[:, :cut], sentiment[:, cut:], alert)


class CommentNetwork(nn.Module):
    """Encoder and heads."""

    def __init__(self, config: BertConfig, themes: int) -> None:
        super().__init__()
        self.encoder = BertModel(config, add_pooling_layer=False)
        self.heads = Heads(config.hidden_size, themes)
        self.train_words(trained=False)

    @classmethod
    def from_encoder(cls, folder: str, themes: int) -> "CommentNetwork":
        """Start from a bare encoder folder of transformers."""
        bare = BertModel.from_pretrained(folder, add_pooling_layer=False, local_files_only=True)
        config = BertConfig.from_pretrained(folder, local_files_only=True)
        config.hidden_dropout_prob = config.attention_probs_dropout_prob = 0.0
        network = cls(config, themes)
        network.encoder.load_state_dict(bare.state_dict())
        return network

    @property
    def words(self) -> Tensor:
        """The word embeddings [V, H]."""
        return self.encoder.embeddings.word_embeddings.weight

    def train_words(self, *, trained: bool) -> None:
        """Train the word embeddings too, or leave them as they are; their gradients are sparse."""
        self.words.requires_grad = trained
        self.encoder.embeddings.word_embeddings.sparse = trained

    def drop_out(self, share: float) -> None:
        """Leave this share of the encoder's units out at random in each step of training."""
        for module in self.encoder.modules():
            if isinstance(module, nn.Dropout):
                module.p = share

    def encode(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Last hidden states [B, L, H] of token ids [B, L]."""
        states: Tensor = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        return states

    def forward(self, ids: Tensor, mask: Tensor) -> Logits:
        logits: Logits = self.heads(self.encode(ids, mask), mask)
        return logits
