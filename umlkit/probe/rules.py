"""The version of what a measurement means. It imports nothing, so that whoever looks for a measurement can ask it.

A measurement says by which rules it was made. One of older rules is never taken for a present one: in a run directory
it is measured anew, from the models' stored outputs; advice on its document alone says so.
"""

from __future__ import annotations

RULES = 7
"""Raised by whoever changes a number or a verdict that the same stored outputs lead to.

1: up to the first verdicts. 2: redundant is what adds less than the smallest effect, useful what is above 0 and may
reach it; no modality is credited with what two others tell only together; nothing is ruled out that so few samples
could not have seen. 3: the same guard for modalities, weighted and cross-fitted samples counted at
what they are worth; `select` losses of all rungs at cross-validated temperatures, and the temperatures those of the
models as stored; doing without a modality chosen on `select`; interaction only where its part is above 0; the floor
counts in what would settle a gain. 4: the floor a quarter where it was a half, and of weighted samples by what they
are worth; where the recipe's ensemble does not fit its weights A is measured from the better of it and one that does;
weights in intervals over groups, and wider ones where few samples weigh most; averaging a modality out is compared with
the pool by what each loses on `select`; class frequencies are compared between training and `select`, of whole groups
as groups, and where they differ a gain without interaction is not called paired and none ruled out; a rung that surely
loses to UME stands for nothing. 5: what is the same in every sample of training and validation is useless. 6: the
floor is that of M - 1 modalities and grows with groups; what would settle a gain sees it beyond the floor of so many
samples; weights of cross-fitted samples are brought to mean 1 over all folds. 7: labels are shuffled by
group beside a decomposition where intervals go over groups; a modality may be done without by another's model alone,
and not by UME with it averaged out.
"""
