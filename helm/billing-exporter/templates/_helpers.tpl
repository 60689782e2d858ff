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

{{- define "billing-exporter.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride -}}
{{- end -}}

{{- define "billing-exporter.selectorLabels" -}}
app.kubernetes.io/name: {{ include "billing-exporter.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{/* Not those of the exporter, whose Service would take the pod of `helm test` in. */}}
{{- define "billing-exporter.testLabels" -}}
app.kubernetes.io/name: {{ include "billing-exporter.name" . | printf "%s-test" | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{/*
Labels of an object; takes root, as `labels` more of them, and as `fixed` the template of those that
nothing may change: unless given, the ones that selectors look for.
*/}}
{{- define "billing-exporter.labels" -}}
{{- $fixed := include (default "billing-exporter.selectorLabels" .fixed) .root | fromYaml -}}
{{- $chart := dict
  "helm.sh/chart" (printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63)
  "app.kubernetes.io/version" .root.Chart.AppVersion
  "app.kubernetes.io/managed-by" .root.Release.Service
-}}
{{- toYaml (mustMerge $fixed (default dict .labels) (default dict .root.Values.commonLabels) $chart) -}}
{{- end -}}

{{/* Name, namespace and labels; takes root and may take suffix, labels, annotations, namespace. */}}
{{- define "billing-exporter.metadata" -}}
name: {{ include "billing-exporter.fullname" .root }}{{ with .suffix }}-{{ . }}{{ end }}
namespace: {{ default (include "billing-exporter.namespace" .root) .namespace }}
labels:
  {{- include "billing-exporter.labels" (dict "root" .root "labels" .labels) | nindent 2 }}
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
{{- with default .Values.image.registry .Values.global.imageRegistry }}{{ trimSuffix "/" . }}/{{ end -}}
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
