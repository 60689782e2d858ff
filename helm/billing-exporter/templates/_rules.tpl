{{/* A rule as the values want it: its threshold, labels and links; takes rule, settings and suffix. */}}
{{- define "billing-exporter.rule" -}}
{{- $rule := .rule -}}
{{- $settings := .settings -}}
{{- if $rule.record -}}
  {{- $name := regexReplaceAll "^genesyscloud_billing:threshold_(.+):value$" $rule.record "${1}" -}}
  {{- if and (hasKey $settings.thresholds $name) (not $rule.labels) -}}
    {{- $_ := set $rule "expr" (get $settings.thresholds $name | toJson | printf "vector(%s)") -}}
  {{- end -}}
{{- else -}}
  {{- $_ := set $rule "labels" (mustMergeOverwrite (default dict $rule.labels) $settings.alertLabels) -}}
  {{- if and $settings.runbookBaseUrl (dig "annotations" "runbook_url" "" $rule) -}}
    {{- $base := trimSuffix "/" $settings.runbookBaseUrl -}}
    {{- $_ := set $rule.annotations "runbook_url" (printf "%s/%s" $base $rule.annotations.runbook_url) -}}
  {{- end -}}
  {{- with dig "annotations" "dashboard_url" "" $rule -}}
    {{- $ending := empty $.suffix | ternary "" (printf "-%s" $.suffix) -}}
    {{- $path := regexReplaceAll "^(d/genesyscloud-billing-[a-z]+)" . (printf "${1}%s" $ending) -}}
    {{- $base := trimSuffix "/" $settings.dashboardBaseUrl -}}
    {{- $_ := set $rule.annotations "dashboard_url" (empty $base | ternary $path (printf "%s/%s" $base $path)) -}}
  {{- end -}}
{{- end -}}
{{- toYaml $rule -}}
{{- end -}}
