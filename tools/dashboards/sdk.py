"""The models of grafana-foundation-sdk that the dashboards are made of.

Every other module takes them from here: the library warns, when it is imported, that there is a
newer form of dashboard. The classic form is meant, for every supported Grafana imports it.
"""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from grafana_foundation_sdk.cog import plugins
    from grafana_foundation_sdk.cog.encoder import JSONEncoder
    from grafana_foundation_sdk.models import (
        bargauge,
        common,
        dashboard,
        prometheus,
        stat,
        table,
        timeseries,
    )

__all__ = [
    "JSONEncoder",
    "bargauge",
    "common",
    "dashboard",
    "plugins",
    "prometheus",
    "stat",
    "table",
    "timeseries",
]
