{{/* A dashboard whose thresholds are those of the values; takes text, marked lines, thresholds. */}}
{{- define "billing-exporter.dashboard" -}}
{{- $root := . -}}
{{- range $number, $line := splitList "\n" .text -}}
  {{- range $name, $marked := index $root.marked (toString $number) -}}
    {{- if hasKey $root.thresholds $name -}}
      {{- $line = replace "@NUMBER@" (get $root.thresholds $name | toString) $marked -}}
    {{- end -}}
  {{- end -}}
  {{- if $number }}{{ "\n" }}{{ end }}{{ $line -}}
{{- end -}}
{{- end -}}
