#!/usr/bin/env python
"""Django's command-line entry point."""

import gc
import os
import sys


def main() -> None:
    """Run an administrative command with the project's settings."""
    # A start makes a million objects that stay: to look through them for garbage takes an eighth of its time.
    gc.set_threshold(100_000)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
