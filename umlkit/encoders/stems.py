"""From a sample to the inputs of a linear map: all numbers side by side, or the columns of a table one-hot.

A stem has a ``width``, the number of its outputs, which does not grow with the encoder's ``scale``: a network behind it
that is the leading block of a wider one stays so. It has no weights: the linear map behind it holds a vector for every
category, which is an embedding as wide as its outputs.

Legend of shapes: B samples, K numeric columns, T bins of each, Q columns of categories, n_q categories of one with
`unknown` among them, W width.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from umlkit.encoders.base import SampleSpec
from umlkit.encoders.flattening import Flattening

TABLE = "table"


class OneHot(nn.Module):
    """A table's numbers, standardised and if wanted piecewise linear too, and a column of 0 and 1 for every category.

    `unknown` has no column: it is 0 in all of them, so that a category which training did not see adds nothing, rather
    than a vector that nothing has trained. A number's piecewise-linear embedding has T components,
    ``clip(place - t, 0, 1)`` for t = 0, ..., T - 1 (Gorishniy et al., *On Embeddings for Numerical Features in Tabular
    Deep Learning*, arXiv 2203.05556, equation 1): a linear map of them is a function of the number that is linear
    between its training quantiles. W = K + sum (n_q - 1), and K T more.
    """

    starts: Tensor

    def __init__(self, sample: SampleSpec, *, piecewise: bool = False) -> None:
        super().__init__()
        self.numbers, self.bins, *cardinalities = sample.shape
        self.piecewise = piecewise
        self.categories = sum(cardinalities) - len(cardinalities)
        self.width = self.numbers * (1 + self.bins * piecewise) + self.categories
        starts = torch.tensor([0, *(size - 1 for size in cardinalities)]).cumsum(0)[:-1]
        self.register_buffer("starts", starts, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, 2 K + Q) -> (B, W)."""
        parts = [x[:, : self.numbers], self._categories(x[:, 2 * self.numbers :].long())]
        if self.piecewise:
            parts.append(self._pieces(x[:, self.numbers : 2 * self.numbers]))
        return torch.cat(parts, dim=1)

    def _categories(self, codes: Tensor) -> Tensor:
        """(B, Q) -> (B, sum (n_q - 1)) of 0 and 1, through one column more that takes what is unknown."""
        out = torch.zeros(len(codes), self.categories + 1, device=codes.device)
        at = torch.where(codes > 0, self.starts + codes - 1, self.categories)
        return out.scatter_(1, at, 1.0)[:, : self.categories]

    def _pieces(self, places: Tensor) -> Tensor:
        """(B, K) in [0, T] -> (B, K T) in [0, 1]."""
        steps = torch.arange(self.bins, device=places.device, dtype=places.dtype)
        return (places[:, :, None] - steps).clamp(0, 1).flatten(1)


def stem_for(sample: SampleSpec, *, piecewise: bool = False) -> OneHot | Flattening:
    """What stands before the first linear map of an encoder that reads samples as one long vector."""
    return OneHot(sample, piecewise=piecewise) if sample.kind == TABLE else Flattening(sample)
