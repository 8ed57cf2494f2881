"""The kinds of modality, one file each: how their samples are recognised, checked, and made into numbers.

A new kind is a file here with a :class:`~umlkit.data.kinds.base.Kind`, its line in
:data:`~umlkit.data.kinds.infer.KINDS`, its name in the recipe's schema, and at least two encoders that read it.
"""

from umlkit.data.kinds.base import Kind, Packed, Preprocess, RaggedPreprocess, Settled
from umlkit.data.kinds.infer import KINDS, settle

__all__ = ["KINDS", "Kind", "Packed", "Preprocess", "RaggedPreprocess", "Settled", "settle"]
