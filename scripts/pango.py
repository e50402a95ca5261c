"""Stop at once, with the line to type, where the libraries behind PDF files are missing."""

import sys

try:
    import weasyprint  # noqa: F401
except OSError:
    sys.exit("PDF files need pango, which is not on this machine. Install it with: make system")
