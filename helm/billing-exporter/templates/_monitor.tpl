{{/* What ServiceMonitor and PodMonitor have in common. */}}

{{/* "true" where the ServiceMonitor is wanted. */}}
{{- define "billing-exporter.serviceMonitor" -}}
{{- if .Values.podMonitor.enabled -}}
false
{{- else -}}
{{ include "billing-exporter.operator" (dict "root" . "enabled" .Values.serviceMonitor.enabled "kind" "ServiceMonitor") }}
{{- end -}}
{{- end -}}

{{/* What is selected, where, and its labels and limits. */}}
{{- define "billing-exporter.monitored" -}}
{{- $monitor := .Values.serviceMonitor -}}
# Shards of one release are one job, and another release is another: its shards do not count.
jobLabel: app.kubernetes.io/instance
{{- with $monitor.podTargetLabels }}
podTargetLabels:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $monitor.sampleLimit }}
sampleLimit: {{ int64 . }}
{{- end }}
{{- if $monitor.namespace }}
namespaceSelector:
  matchNames: [{{ include "billing-exporter.namespace" . }}]
{{- end }}
selector:
  matchLabels:
    {{- if $monitor.selector }}
    {{- toYaml $monitor.selector | nindent 4 }}
    {{- else }}
    {{- include "billing-exporter.selectorLabels" . | nindent 4 }}
    {{- end }}
{{- end -}}

{{/* How one endpoint is scraped. */}}
{{- define "billing-exporter.endpoint" -}}
{{- $monitor := .Values.serviceMonitor -}}
port: metrics
path: {{ include "billing-exporter.routePrefix" . }}{{ .Values.web.telemetryPath }}
scheme: {{ include "billing-exporter.scheme" . }}
interval: {{ $monitor.interval }}
{{- with $monitor.scrapeTimeout }}
scrapeTimeout: {{ . }}
{{- end }}
# `endpoint` is a label of the exporter's own: the operation that was called.
honorLabels: true
{{- range $key := list "tlsConfig" "basicAuth" "relabelings" "metricRelabelings" }}
{{- with get $monitor $key }}
{{ $key }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end -}}
