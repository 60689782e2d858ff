// Monitoring mixin: the rules and dashboards of this repository, as they are, for those who build
// their monitoring with jsonnet. std.parseYaml needs jsonnet 0.20 or go-jsonnet 0.18.
local groups(files) = std.flatMap(function(file) std.parseYaml(file).groups, files);

{
  prometheusAlerts+:: {
    groups+: groups([
      importstr 'rules/alerts_budgets.yml',
      importstr 'rules/alerts_contracts.yml',
      importstr 'rules/alerts_exporter.yml',
      importstr 'rules/alerts_fleet.yml',
      importstr 'rules/alerts_forecast.yml',
      importstr 'rules/alerts_invoices.yml',
      importstr 'rules/alerts_reconciliation.yml',
      importstr 'rules/alerts_trustors.yml',
      importstr 'rules/alerts_usage.yml',
    ]),
  },
  prometheusRules+:: {
    groups+: groups([
      importstr 'rules/changes_trustors.yml',
      importstr 'rules/records_budgets.yml',
      importstr 'rules/records_contracts.yml',
      importstr 'rules/records_exporter.yml',
      importstr 'rules/records_invoices.yml',
      importstr 'rules/records_readings.yml',
      importstr 'rules/records_thresholds.yml',
      importstr 'rules/records_trustors.yml',
      importstr 'rules/records_usage.yml',
      importstr 'rules/thresholds.yml',
    ]),
  },
  grafanaDashboardFolder:: 'Genesys Cloud billing',
  grafanaDashboards+:: {
    'genesyscloud-billing-contracts.json': import '../grafana/dashboards/contracts.json',
    'genesyscloud-billing-customers.json': import '../grafana/dashboards/customers.json',
    'genesyscloud-billing-forecast.json': import '../grafana/dashboards/forecast.json',
    'genesyscloud-billing-health.json': import '../grafana/dashboards/health.json',
    'genesyscloud-billing-invoices.json': import '../grafana/dashboards/invoices.json',
    'genesyscloud-billing-overview.json': import '../grafana/dashboards/overview.json',
    'genesyscloud-billing-truth.json': import '../grafana/dashboards/truth.json',
  },
}
