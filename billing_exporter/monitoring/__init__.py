"""Rules for Prometheus and dashboards for Grafana, as they ship with the package."""
