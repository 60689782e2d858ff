{{/* The thresholds as text: the numbers of the rules, and those of the values before them. */}}
{{- define "billing-exporter.thresholds" -}}
{{- $texts := dict -}}
{{- range (.Files.Get "files/rules/thresholds.yml" | fromYaml).groups -}}
  {{- range .rules -}}
    {{- if .labels -}}{{- continue -}}{{- end -}}
    {{- $name := regexReplaceAll "^genesyscloud_billing:threshold_(.+):value$" .record "${1}" -}}
    {{- $_ := set $texts $name (.expr | trimPrefix "vector(" | trimSuffix ")") -}}
  {{- end -}}
{{- end -}}
{{- range $name, $number := .Values.prometheusRule.thresholds -}}
  {{- $_ := set $texts $name (toJson $number) -}}
{{- end -}}
{{- toYaml $texts -}}
{{- end -}}

{{/* A dashboard with the values in the place of its tokens; takes text, thresholds, suffix and title. */}}
{{- define "billing-exporter.dashboard" -}}
{{- $text := .text -}}
{{- range $name, $number := .thresholds -}}
  {{- $token := printf "@threshold.%s@" $name -}}
  {{- $text = replace (printf "%q" $token) $number $text -}}
  {{- $text = replace (printf "\"-%s\"" $token) (printf "-%s" $number) $text -}}
  {{- $text = replace $token $number $text -}}
{{- end -}}
{{- $text | replace "@suffix@" .suffix | replace "@title@" .title -}}
{{- end -}}
