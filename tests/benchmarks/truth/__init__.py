"""Does the measurement say what is true? ``umlkit probe`` on tasks whose truth is known, thousands of them.

    python -m tests.benchmarks.truth alarms [--tasks 1000] [--budget quick] [--file alarms.jsonl]

A design (:mod:`~tests.benchmarks.truth.designs`) names tasks, :mod:`~tests.benchmarks.truth.measuring` probes one of
them with the product's own pipeline and reads its models on fresh samples, :mod:`~tests.benchmarks.truth.reports`
counts. What is finished is in the file and is not done again.
"""
