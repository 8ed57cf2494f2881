"""A text as its place along the directions in which the training texts differ most (latent semantic analysis).

    shown = r V / |r V|,     r (V',) the TF-IDF weights of a text,  R ~ U diag(s) V' of the training texts

(Deerwester et al., *Indexing by latent semantic analysis*, 1990; Halko, Martinsson & Tropp, *Finding structure with
randomness*, 2011, arXiv 0909.4061, for the decomposition of a sparse matrix.) Whole rows tell little: any two texts
share next to nothing, so that all of them lie equally far from each other.

*Measured*: nats gained by the kernel machine with the product kernel over chance (.693), 1,500 pairs that match or do
not, one draw each. A text of 60 words has 60 of its own for each of four topics; of its words .2 or .4 are of the topic
(beside numbers that tell the topic), .1 or .2 (beside a text of other words):

                                          numbers, .2   .4     text, .1   .2
    whole rows                              .041       .122
    a random projection to 384              .013       .128
    signs of n-grams hashed to 4,096        .035       .113
    64 directions, standardised             .321       .352
    64 directions                           .442       .492
    64 directions, of unit length           .459       .498
    8 directions, not of unit length                            .453     .678
    16 directions                           .506       .533     .323     .656
    16 directions, of unit length                               .350     .663      taken
    32 directions, of unit length                               .099     .655
    128 directions, of unit length                              .000     .035

With ten topics, .1 or .15 of the words, beside numbers: 8 directions .013 and .383, 16 .027 and .370, 32 .064 and .329,
64 .081 and .250. Pictures and names of emoji, of one class or of two, three draws: whole rows .002, .000, .001, 8
directions .016, .013, .010, 16 .012, .013, .007, 32 .013, .015, .010. Directions among hashed n-grams, which would take
a tenth of the 3 MB that those of 50,000 n-grams take, gained .02 less.

Legend of shapes: B texts, L steps, N n-grams with 0 for none, W directions.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from scipy.sparse import csr_array, vstack
from sklearn.utils.extmath import randomized_svd
from torch import Tensor
from torch.nn import functional

from umlkit.encoders.ngrams.bag import matrix
from umlkit.methods.base import ModalityPlan
from umlkit.methods.kernel.views.base import View

WIDTH = 16
SMALLEST = 1e-6
"""What is shorter holds no n-gram that training knew, and rounding."""


class WordsView(View):
    """N-grams projected on the leading directions of the training texts, and of unit length; 0 for an empty text."""

    directions: Tensor

    def __init__(self, plan: ModalityPlan) -> None:
        super().__init__()
        self.register_buffer("directions", torch.zeros(plan.sample_shape[0], WIDTH))

    def forward(self, x: Tensor, z: Tensor) -> Tensor:  # noqa: ARG002
        """(B, L, 3) of n-grams, weights and tokens -> (B, W)."""
        placed = functional.embedding_bag(
            x[..., 0].long(), self.directions, per_sample_weights=x[..., 1].to(self.directions.dtype), mode="sum"
        )
        return functional.normalize(placed, dim=1, eps=SMALLEST)

    def fit(self, batches: Iterator[tuple[Tensor, Tensor]]) -> None:
        """Take the leading right singular vectors of the texts' weights; there may be fewer than W."""
        inputs = len(self.directions)
        rows = csr_array(vstack([matrix(x, inputs=inputs) for x, _ in batches], format="csr"))
        count = min(WIDTH, *rows.shape)
        _, _, found = randomized_svd(rows, n_components=count, random_state=0)
        self.directions.zero_()
        self.directions[:, :count] = torch.from_numpy(np.ascontiguousarray(found.T)).to(self.directions)
