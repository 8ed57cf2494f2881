"""The one output sink: nothing else in umlkit writes to stdout or stderr."""

from umlkit.output.progress import Step
from umlkit.output.sink import Output, discard
from umlkit.output.text import duration, printable, wrapped

__all__ = ["Output", "Step", "discard", "duration", "printable", "wrapped"]
