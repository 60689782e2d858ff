"""Views: what the exporter holds, as the records that pages show.

A view of all customers uses summaries alone; a view of one customer decodes that one.
"""

from billing_exporter.views.source import Source

__all__ = ["Source"]
