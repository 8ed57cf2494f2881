"""What every knob, family and preset means, in words, for the help and for the options alike. Imports nothing."""

from __future__ import annotations

from collections.abc import Mapping

KNOBS: Mapping[str, str] = {
    "modalities": "modalities in all, 2 or 3",
    "useless": "how many of them, the last ones, tell nothing at all",
    "strengths": "how well each modality shows the label alone, 0 to 1: one number for all, or one a modality",
    "redundancy": "how often modalities copy the strongest, from 0 (independent given the label) to 1 (copies)",
    "sharers": "how many modalities, from the first on, copy one another; default: all but the useless",
    "shared": "how well a latent that all but the useless show alike, beside their own, shows the label, 0 to 1",
    "interaction": "how well the sum of one latent a modality, each telling nothing alone, shows the label, 0 to 1",
    "levels": "levels of an interacting latent; default: as many as classes, with two the gate XOR",
    "suppressor": "how well signal + nuisance (the first modality) less nuisance (the others) shows the label, 0 to 1",
    "spread": "levels of the suppressor's nuisance: the more, the less the first modality shows alone",
    "partners": "how many modalities, from the first on, interact or suppress; default: all but the useless",
    "classes": "classes, 2 to 16",
    "prior": "probability of every class before label noise; default: all the same",
    "label_noise": "how often the label is another class, 0 to 0.5",
    "informative": "dimensions of a level's code; default: as many as it needs",
    "noise_dims": "dimensions of independent noise beside the code",
    "jitter": "spread of a level's points, 1 being where two levels would touch",
    "observation": "what is seen: none (the code itself), monotone (each dimension bent), network (all mixed)",
    "depth": "layers of the network, each invertible",
    "code_noise": "Gaussian noise on the code, which hides its level: no truth is stated",
}
"""Name of a knob -> what it sets, in the order in which the help shows them."""

FAMILIES: Mapping[str, str] = {
    "independent": "views that are independent given the label",
    "copies": "views that are copies of the strongest, blurred where they are weaker",
    "shared": "views that are copies now and then, and a latent that all of them show alike",
    "interaction": "nothing alone, everything together: XOR and its like",
    "suppressor": "signal + nuisance, and the nuisance: a sum, yet only learned together",
    "mixed": "every knob, each off but the strengths",
}

PRESETS: Mapping[str, str] = {
    "independent": "two independent views, one stronger than the other",
    "copies": "two views that show the same",
    "shared": "two views that show the same half of the time",
    "xor": "the gate XOR, one label in twenty wrong",
    "suppressor": "signal + nuisance and the nuisance, one signal in twenty wrong",
    "useless": "one view, and one that tells nothing",
    "mixed": "two views, an interaction and a suppressor",
    "noninvertible": "two views and an interaction, blurred by noise: no truth is stated",
}
