"""The ``carevoice`` command."""
