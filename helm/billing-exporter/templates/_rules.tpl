{{/* A rule as the values want it: its threshold, labels and runbook; takes rule and settings. */}}
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
{{- end -}}
{{- toYaml $rule -}}
{{- end -}}
