"""Runs the command line with ``python -m carevoice``."""

import sys

from carevoice.cli.main import main

sys.exit(main())
