"""``python -m umlkit`` is ``umlkit``."""

import sys

from umlkit.cli.main import main

sys.exit(main())
