"""Import rules of the product and its tools, and the table of them in ``docs/architecture.md``.

``python -m tools.architecture`` writes the table into the page; a test compares the two, and
another holds every module to them.
"""

import re

from tools.paths import ROOT

PAGE = ROOT / "docs" / "architecture.md"
_MARKS = "<!-- import rules -->\n", "<!-- end of import rules -->\n"

# Module or folder -> the modules and folders of ours that it may import, besides itself.
# The longest name that fits a module decides. "*" is everything; "version" is the package itself.
PRODUCT: dict[str, tuple[str, ...]] = {
    "version": (),
    "__main__": ("cli",),
    "cli": ("commands", "version"),
    "accounts": (),
    # What takes in readings, and what shows statements.
    "accounts.billed": ("accounts", "reconciliation"),
    "accounts.books": ("accounts", "budgets", "collectors.sharding", "metrics", "reconciliation"),
    "accounts.change": ("accounts", "reconciliation"),
    "accounts.comparison": ("accounts", "reconciliation"),
    "accounts.gaps": ("budgets.unread",),
    "accounts.kept": (
        "accounts",
        "collectors",
        "genesys.records",
        "history",
        "metrics.samples",
        "reconciliation",
    ),
    "accounts.ledger": (
        "accounts",
        "budgets.unread",
        "collectors",
        "genesys.records",
        "history",
        "metrics.samples",
        "reconciliation",
        "settlement",
        "state_files",
    ),
    "accounts.making": ("accounts", "budgets", "metrics", "reconciliation"),
    "accounts.records": ("reconciliation", "state_files"),
    "accounts.statement": ("accounts", "metrics", "reconciliation"),
    "budgets": ("accounts.records", "metrics", "reconciliation"),
    "budgets.matching": (),
    "budgets.settings": (),
    # Bounds are made as those of forecasts are.
    "budgets.spending": ("accounts.records", "budgets", "forecasting.forecast", "reconciliation"),
    "commands": (
        "app",
        "collectors",
        "atomic_file",
        "config",
        "export",
        "exporter",
        "genesys",
        "history",
        "logs",
        "malloc",
        "metrics",
        "monitoring",
        "polling",
        "reconciliation",
        "redaction",
        "signals",
        "simulator",
        "telemetry",
        "web.negotiation",
        "web.protection",
        "web.route_prefix",
        "httpd.address",
    ),
    "commands.demo_plan": ("budgets.settings",),
    "commands.errors": (),
    "commands.flags": (),
    "commands.health": ("commands.errors",),
    "commands.progress": (),
    "app": ("*",),
    "exporter": (
        "accounts",
        "collectors",
        "config",
        "forecasting",
        "genesys",
        "httpd.response",
        "metrics",
        "polling",
        "state_files",
        "telemetry",
        "version",
        "views",
        "web.negotiation",
    ),
    "config": (
        "budgets.settings",
        "collectors.durations",
        "collectors.settings",
        "genesys.regions",
    ),
    # The web configuration becomes what the server is guarded by: web itself reads no files.
    "config.web": ("config", "httpd", "web.protection", "web.settings"),
    "config.web_reload": ("config", "web.protection"),
    "config.file_watch": (),
    "logs": ("redaction",),
    "malloc": (),
    "atomic_file": (),
    "monitoring": (),
    "redaction": (),
    "signals": (),
    "forecasting": ("settlement", "state_files"),
    # What turns readings of collectors into forecasts, and forecasts into samples.
    "forecasting.collector": (
        "accounts.records",
        "collectors",
        "forecasting",
        "metrics",
        "reconciliation.records",
    ),
    "forecasting.contracts": ("collectors", "forecasting", "genesys.records", "metrics"),
    "forecasting.exposure": ("forecasting", "metrics"),
    "forecasting.forecasts": ("collectors", "forecasting", "metrics"),
    "forecasting.history": ("collectors", "forecasting"),
    "forecasting.running": ("accounts.records", "forecasting"),
    "forecasting.trustors": ("collectors", "forecasting", "genesys.records", "metrics"),
    "genesys": (),
    "collectors": ("genesys", "metrics", "settlement"),
    "collectors.durations": (),
    "collectors.settings": ("collectors.durations",),
    "metrics": (),
    "telemetry": ("metrics", "version"),
    "polling": (
        "accounts",
        "collectors",
        "config",
        "forecasting",
        "genesys",
        "metrics",
        "state_files",
        "summaries",
        "telemetry",
        "version",
    ),
    "summaries": ("collectors", "metrics"),
    "httpd": (),
    "web": ("httpd",),
    # What the exporter holds, as the records of the pages.
    "views": (
        "collectors",
        "forecasting",
        "metrics",
        "polling",
        "reconciliation",
        "summaries",
        "telemetry",
        "web.humanize",
        "web.records",
    ),
    "history": ("collectors", "genesys", "metrics", "reconciliation"),
    "reconciliation": (),
    "settlement": (),
    "state_files": (),
    "export": (
        "atomic_file",
        "collectors",
        "genesys",
        "history",
        "metrics",
        "reconciliation",
        "settlement",
        "version",
    ),
    "simulator": (),
}

# Folder or module of tools -> the tools that it may import; all of them may import the product.
TOOLS: dict[str, tuple[str, ...]] = {
    "alert_rules": ("paths",),
    "architecture": ("paths",),
    "bench": ("paths", "testkit"),
    "chart": ("alert_rules", "dashboards", "paths"),
    "dashboards": ("alert_rules", "paths", "testkit"),
    "demo_stack": ("dashboards", "paths", "testkit"),
    "forecast_report": ("paths",),
    "page_pictures": ("paths", "testkit"),
    "paths": (),
    "release": ("paths",),
    "reliability": ("paths", "testkit"),
    "testkit": ("paths",),
}


def table() -> str:
    """Return the rules as Markdown tables."""
    return "\n".join(
        [
            *("| module of `billing_exporter` | may import |", "|---|---|"),
            *(_row(module, allowed) for module, allowed in PRODUCT.items()),
            "",
            *("| module of `tools` | may import, besides the product |", "|---|---|"),
            *(_row(module, allowed) for module, allowed in TOOLS.items()),
            "",
        ]
    )


def page(text: str) -> str:
    """Return the page with the table put between its marks."""
    begin, end = _MARKS
    pattern = re.escape(begin) + ".*" + re.escape(end)
    return re.sub(pattern, lambda _: f"{begin}\n{table()}\n{end}", text, flags=re.DOTALL)


def _row(module: str, allowed: tuple[str, ...]) -> str:
    names = {"*": "everything", "version": "`__init__`"}
    shown = [names.get(name, f"`{name}`") for name in allowed]
    return f"| {names.get(module, f'`{module}`')} | {', '.join(shown) or 'nothing'} |"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
