"""Sets that umlkit makes, from equations or from what is installed, for the bundled recipes: ``made:NAME``."""
