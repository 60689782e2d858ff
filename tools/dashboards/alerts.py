"""Alerts of the rules: a list of those that fire, and marks at the times at which they did."""

from tools.dashboards.panels import DATASOURCE, DATE
from tools.dashboards.queries import milliseconds, renamed
from tools.dashboards.sdk import dashboard
from tools.dashboards.tables import Column, Label, grid
from tools.dashboards.thresholds import BAD, NOTICE

_OURS = 'alertname=~"GenesysBilling.+"'
_WHAT = "organization, trustor, contract, wallet, charge, invoice, collector, currency"
_ALERT = f"alertname, severity, {_WHAT}"
_COLORS = {"critical": BAD, "warning": NOTICE, "info": "text"}


def firing() -> dashboard.Panel:
    """List the alerts that fire now, the newest first."""
    now = f"max by ({_ALERT}) ({_alerts('ALERTS', 'firing')})"
    since = f"max by ({_ALERT}) ({_alerts('ALERTS_FOR_STATE')}) and on ({_ALERT}) {now}"
    named = renamed(f"({since})", "alertname", "alert", "GenesysBilling(.+)")
    return grid(
        "Alerts that fire",
        "From the alert rules. Since: when the condition began to hold. The runbook that an alert "
        "links to says what to do.",
        [
            Label("severity", "Severity", width=90, colors=_COLORS),
            Label("alert", "Alert", width=225),
            Label("trustor", "Customer", width=200),
            Label("contract", "Contract", width=120),
            Label("charge", "Charge", width=200),
            Label("invoice", "Invoice", width=180),
            Label("currency", "Currency", width=80),
            *(Label(name) for name in ("alertname", "organization", "wallet", "collector")),
        ],
        [Column("Since", milliseconds(named), DATE, width=105)],
        sort="Since",
    )


def marks() -> dashboard.AnnotationQuery:
    """Mark the times at which critical alerts and warnings fired."""
    matchers = 'severity=~"critical|warning"'
    return dashboard.AnnotationQuery(
        name="Alerts",
        datasource=DATASOURCE,
        enable=True,
        expr=f"max by (alertname, organization) ({_alerts('ALERTS', 'firing', matchers)})",
        icon_color="orange",
        step="1h",
        title_format="{{alertname}}",
        text_format="{{organization}}",
        use_value_for_time=False,
    )


def _alerts(name: str, state: str = "", *matchers: str) -> str:
    states = (f'alertstate="{state}"',) if state else ()
    chosen = (_OURS, 'organization=~"$organization"', *states, *matchers)
    return f"{name}{{{', '.join(chosen)}}}"
