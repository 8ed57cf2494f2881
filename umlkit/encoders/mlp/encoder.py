"""The multi-layer perceptron encoder: ``z = V dropout(gelu(norm(U x + a))) + b``.

Pictures and sequences are read as one long vector, tables as numbers and one-hot columns (:mod:`stems`).

What was compared, on halves of digits, columns of breast cancer, wine and two views of handwritten digits (*measured*:
mean held-out log-loss at the temperature of `select`, 2 to 4 splits each): 128 hidden units .227, without the norm
.278 (outliers among the columns), with dropout of .5 .215, that and weight decay of .1 .214, of 1 .218; 256 hidden
units .223, with dropout .215; 64 features .234; two hidden layers .224, with dropout .218. Dropout helps nearly
everywhere but takes twice the epochs.

For tables (*measured* in the same way on five of them, 180 to 1125 training rows, 1 or 2 splits each, without dropout;
logistic regression on one-hot columns first): census income .337, numbers standardised .343, piecewise linear too
.338; a trial's censoring .305, .267, .242; regimes with 186 countries .716, .697, .700; penguins' sex .254, .252, .282;
additive effects on skewed numbers, made, .619, .613, .597. Neither way of reading numbers wins everywhere, so both are
compared on `select`. Learned vectors of up to 16 numbers for categories were no better than one-hot columns: census
.338 against .335, censoring .207 both, regimes .750 against .703 (one split each), additive effects .643 against .613.
For vectors of few columns piecewise numbers mostly lose: morphology of digits .598 without, .617 with (the better of
two regularisations each), Zernike moments .378, .432, wine .073, .135, ecoli .510, .582, breast cancer .084, .085,
houses in California .813, .804; who wants them states ``kind: table``.

Legend of shapes: B samples, P inputs of one sample, H hidden units, D features.
"""

from __future__ import annotations

from torch import Tensor, nn

from umlkit.encoders.base import Encoded, Encoder, SampleSpec
from umlkit.encoders.mlp.options import MlpOptions
from umlkit.encoders.stems import stem_for


class MlpEncoder(Encoder):
    """One hidden layer, then the features.

    The norm is a layer norm over each block of H units of a network ``scale`` times as wide, so that the narrow network
    is exactly a part of the wide one.
    """

    def __init__(self, options: MlpOptions, sample: SampleSpec, scale: int) -> None:
        super().__init__()
        hidden = options.hidden * scale
        self.features = options.features * scale
        self.weight_decay = float(options.weight_decay)
        stem = stem_for(sample, piecewise=options.numeric == "piecewise")
        self.layers = nn.Sequential(
            stem,
            nn.Linear(stem.width, hidden),
            nn.GroupNorm(scale, hidden),
            nn.GELU(),
            nn.Dropout(float(options.dropout)),
            nn.Linear(hidden, self.features),
        )

    def forward(self, x: Tensor) -> Encoded:
        """(B, *sample_shape) -> features (B, D)."""
        return Encoded(self.layers(x))
