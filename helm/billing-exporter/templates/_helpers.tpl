{{/* Names, labels, and what several objects need to agree on. */}}

{{- define "billing-exporter.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* Short enough that the ordinal of a pod still fits. */}}
{{- define "billing-exporter.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- $full := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- default $full .Values.fullnameOverride | trunc 47 | trimSuffix "-" -}}
{{- end -}}

{{- define "billing-exporter.selectorLabels" -}}
app.kubernetes.io/name: {{ include "billing-exporter.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* Not those of the exporter, whose Service would take the pod of `helm test` in. */}}
{{- define "billing-exporter.testLabels" -}}
app.kubernetes.io/name: {{ include "billing-exporter.name" . }}-test
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "billing-exporter.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 }}
{{ include "billing-exporter.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Name, namespace and labels; takes the root and, as `suffix`, what the name ends with. */}}
{{- define "billing-exporter.metadata" -}}
name: {{ include "billing-exporter.fullname" .root }}{{ with .suffix }}-{{ . }}{{ end }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "billing-exporter.labels" .root | nindent 2 }}
  {{- with .labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .annotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "billing-exporter.serviceAccountName" -}}
{{- $made := ternary (include "billing-exporter.fullname" .) "default" .Values.serviceAccount.create -}}
{{- default $made .Values.serviceAccount.name -}}
{{- end -}}

{{- define "billing-exporter.image" -}}
{{- $version := printf ":%s" (default .Chart.AppVersion .Values.image.tag) -}}
{{- with .Values.image.digest }}{{ $version = printf "@%s" . }}{{ end -}}
{{ .Values.image.repository }}{{ $version }}
{{- end -}}

{{/* "true" where an object of the Prometheus operator is wanted; takes root, enabled and kind. */}}
{{- define "billing-exporter.operator" -}}
{{- if eq (toString .enabled) "auto" -}}
{{ .root.Capabilities.APIVersions.Has (printf "monitoring.coreos.com/v1/%s" .kind) }}
{{- else -}}
{{ .enabled }}
{{- end -}}
{{- end -}}
