#!/usr/bin/env python
"""Django's command-line entry point."""

import os
import sys

import config  # noqa: F401 - sets up when to look for garbage, before anything large is made


def main() -> None:
    """Run an administrative command with the project's settings."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
