"""The version of what a measurement means. It imports nothing, so that whoever looks for a measurement can ask it.

A measurement says by which rules it was made. One of older rules is never taken for a present one: in a run directory
it is measured anew, from the models' stored outputs; advice on its document alone says so.
"""

from __future__ import annotations

RULES = 2
"""Raised by whoever changes a number or a verdict that the same stored outputs lead to.

1: up to the first verdicts. 2: redundant is what adds less than the smallest effect, useful what is above 0 and may
reach it; no modality is credited with what two others tell only together; nothing is ruled out that so few samples
could not have seen.
"""
