{{/* The parts of the pod. */}}

{{/* What a running pod cannot take up by itself: a change of it makes new pods. */}}
{{- define "billing-exporter.checksums" -}}
{{- $ids := list -}}
{{- range (include "billing-exporter.clients" . | fromYaml).clients -}}{{- $ids = append $ids .clientId -}}{{- end -}}
checksum/client-ids: {{ toJson $ids | sha256sum }}
{{- if not .Values.reload }}
checksum/config: {{ include (print $.Template.BasePath "/configmap.yaml") . | sha256sum }}
checksum/credentials: {{ include (print $.Template.BasePath "/secret-credentials.yaml") . | sha256sum }}
checksum/web: {{ include (print $.Template.BasePath "/secret-web.yaml") . | sha256sum }}
{{- end }}
{{- end -}}

{{- define "billing-exporter.args" -}}
{{- if .Values.demo.enabled -}}
- demo
- --trustors={{ int .Values.demo.trustors }}
- --time-scale={{ toJson .Values.demo.timeScale }}
{{- else -}}
- serve
{{- if .Values.existingConfigSecret }}
- --config.file=/etc/billing-exporter/config.yml
{{- else }}
- --config.file=/etc/billing-exporter/shard-$(SHARD_INDEX).yml
{{- end }}
{{- if .Values.reload }}
- --config.auto-reload
{{- end }}
- --state.dir=/var/lib/billing-exporter
{{- if include "billing-exporter.webSecret" . }}
- --web.config.file=/run/billing-exporter/web/web.yml
{{- end }}
{{- if gt (int .Values.shards) 1 }}
- --shard.count={{ int .Values.shards }}
- --shard.index=$(SHARD_INDEX)
{{- end }}
{{- end }}
- --web.listen-address=:{{ .Values.service.port }}
- --web.telemetry-path={{ .Values.web.telemetryPath }}
{{- with .Values.web.externalUrl }}
- --web.external-url={{ . }}
{{- end }}
{{- with .Values.web.routePrefix }}
- --web.route-prefix={{ . }}
{{- end }}
- --log.level={{ .Values.log.level }}
- --log.format={{ .Values.log.format }}
{{- with .Values.extraArgs }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "billing-exporter.env" -}}
- name: SHARD_INDEX
  valueFrom:
    fieldRef:
      fieldPath: metadata.labels['apps.kubernetes.io/pod-index']
{{- range (include "billing-exporter.clients" . | fromYaml).clients }}
- name: {{ .variable }}
  valueFrom:
    secretKeyRef:
      name: {{ .secret }}
      key: {{ .idKey }}
      # The id may be in the configuration instead.
      optional: true
{{- end }}
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* How many customers a shard may have: they are divided by chance, so some more than their share. */}}
{{- define "billing-exporter.customersPerShard" -}}
{{- $share := div (int .Values.customers) (int .Values.shards) -}}
{{- if gt (int .Values.shards) 1 }}{{ $share = div (mul $share 11) 10 }}{{ end -}}
{{ $share }}
{{- end -}}

{{/* The state folder's size by the number of customers: 40 kB for each. */}}
{{- define "billing-exporter.stateSize" -}}
{{- printf "%dMi" (max 256 (div (int (include "billing-exporter.customersPerShard" .)) 24)) -}}
{{- end -}}

{{/* A claim's size: as given, else as it is already, for an upgrade cannot change it, else by customers. */}}
{{- define "billing-exporter.claimSize" -}}
{{- $size := include "billing-exporter.stateSize" . -}}
{{- $set := lookup "apps/v1" "StatefulSet" (include "billing-exporter.namespace" .) (include "billing-exporter.fullname" .) -}}
{{- range dig "spec" "volumeClaimTemplates" list $set -}}
{{- if eq .metadata.name "state" }}{{ $size = .spec.resources.requests.storage }}{{ end -}}
{{- end -}}
{{- default $size .Values.persistence.size -}}
{{- end -}}

{{/* What a pod gets: memory by the number of customers, unless it is given. */}}
{{- define "billing-exporter.resources" -}}
{{- $customers := int (include "billing-exporter.customersPerShard" .) -}}
{{- $memory := dict
  "requests" (dict "memory" (printf "%dMi" (add 96 (div $customers 40))))
  "limits" (dict "memory" (printf "%dMi" (add 384 (div $customers 16))))
-}}
{{- if kindIs "invalid" .Values.resources }}{}{{ else -}}
{{- toYaml (mustMergeOverwrite $memory (deepCopy .Values.resources)) -}}
{{- end -}}
{{- end -}}

{{/* A security context without what OpenShift assigns; takes root and context. */}}
{{- define "billing-exporter.securityContext" -}}
{{- $context := default dict .context -}}
{{- if .root.Values.openshift -}}
  {{- $context = omit $context "runAsUser" "runAsGroup" "fsGroup" "supplementalGroups" "fsGroupChangePolicy" -}}
{{- end -}}
{{- toYaml $context -}}
{{- end -}}

{{/* A probe; takes root, path and timing. */}}
{{- define "billing-exporter.probe" -}}
{{- if eq (include "billing-exporter.clientCertificates" .root) "true" -}}
tcpSocket:
  port: metrics
{{- else -}}
httpGet:
  path: {{ .path }}
  port: metrics
  scheme: {{ include "billing-exporter.scheme" .root | upper }}
{{- end }}
{{ toYaml .timing }}
{{- end -}}

{{- define "billing-exporter.mounts" -}}
- name: state
  mountPath: /var/lib/billing-exporter
{{- if not .Values.demo.enabled }}
- name: config
  mountPath: /etc/billing-exporter
  readOnly: true
{{- end }}
{{- if .Values.credentials }}
- name: credentials
  mountPath: /run/billing-exporter/credentials
  readOnly: true
{{- end }}
{{- if include "billing-exporter.webSecret" . }}
- name: web
  mountPath: /run/billing-exporter/web
  readOnly: true
{{- end }}
{{- if .Values.web.tlsSecret }}
- name: tls
  mountPath: /run/billing-exporter/tls
  readOnly: true
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* Whole volumes, not single files of them: only those follow a change. */}}
{{- define "billing-exporter.volumes" -}}
{{- if .Values.existingConfigSecret -}}
- name: config
  secret:
    secretName: {{ .Values.existingConfigSecret }}
    defaultMode: 0440
{{- else if not .Values.demo.enabled -}}
- name: config
  configMap:
    name: {{ include "billing-exporter.fullname" . }}-config
{{- end }}
{{- with (include "billing-exporter.clients" . | fromYaml).clients }}
- name: credentials
  projected:
    defaultMode: 0440
    sources:
      {{- range . }}
      - secret:
          name: {{ .secret }}
          items:
            - key: {{ .secretKey }}
              path: {{ .path }}
      {{- end }}
{{- end }}
{{- with include "billing-exporter.webSecret" . }}
- name: web
  secret:
    secretName: {{ . }}
    defaultMode: 0440
{{- end }}
{{- with .Values.web.tlsSecret }}
- name: tls
  secret:
    secretName: {{ . }}
    defaultMode: 0440
{{- end }}
{{- if .Values.persistence.existingClaim }}
- name: state
  persistentVolumeClaim:
    claimName: {{ .Values.persistence.existingClaim }}
{{- else if not .Values.persistence.enabled }}
- name: state
  emptyDir:
    {{- /* 256Mi was the default: values kept from then mean a size by customers. */}}
    {{- $given := ternary "" .Values.persistence.size (eq (toString .Values.persistence.size) "256Mi") }}
    sizeLimit: {{ default (include "billing-exporter.stateSize" .) $given }}
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}
