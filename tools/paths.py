"""Folders of the repository."""

from pathlib import Path

ROOT = Path(__file__).parent.parent
CHART = ROOT / "helm" / "billing-exporter"
DASHBOARDS = ROOT / "grafana" / "dashboards"
RULES = ROOT / "prometheus" / "rules"
