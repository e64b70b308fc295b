"""Runs the command line with ``python -m carevoice``."""

import sys

from carevoice.cli.app import main

sys.exit(main())
