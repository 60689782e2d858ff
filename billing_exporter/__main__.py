"""``python -m billing_exporter`` is the command ``billing-exporter``."""

import sys

from billing_exporter.cli import main

if __name__ == "__main__":
    sys.exit(main())
