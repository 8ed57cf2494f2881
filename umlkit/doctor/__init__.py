"""Looking at an installation and a machine: what umlkit needs, what is broken, and how to mend it."""
