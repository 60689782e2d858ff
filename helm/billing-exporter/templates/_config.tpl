{{/* The configuration file, and where its secrets come from. */}}

{{/* Refuse values that would make a pod that cannot work. */}}
{{- define "billing-exporter.validate" -}}
{{- $names := list -}}
{{- range .Values.config.organizations -}}
  {{- $names = append $names .name -}}
  {{- if not (or (hasKey $.Values.credentials .name) .client_secret .client_secret_file) -}}
    {{- fail (printf "credentials: organization %q has none: set existingSecret, or clientId and clientSecret" .name) -}}
  {{- end -}}
{{- end -}}
{{- if not (or $names .Values.demo.enabled .Values.existingConfigSecret) -}}
  {{- fail "config.organizations: nothing to export: name an organization, set existingConfigSecret, or demo.enabled=true to look around" -}}
{{- end -}}
{{- if and $names .Values.existingConfigSecret -}}
  {{- fail "existingConfigSecret: it is the whole configuration, so config.organizations must be empty" -}}
{{- end -}}
{{- if and (gt (int .Values.shards) 1) (or .Values.demo.enabled .Values.persistence.existingClaim) -}}
  {{- fail "shards: only one with demo.enabled or persistence.existingClaim" -}}
{{- end -}}
{{- range $name, $credentials := .Values.credentials -}}
  {{- if not (has $name $names) -}}
    {{- fail (printf "credentials: %q is not the name of an organization in config.organizations" $name) -}}
  {{- end -}}
  {{- with $credentials.perShard -}}
    {{- if ne (len .) (int $.Values.shards) -}}
      {{- fail (printf "credentials: %q has %d entries in perShard for %d shards" $name (len .) (int $.Values.shards)) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- end -}}

{{/*
The OAuth clients as a list. Each has the index of its organization, its shard where it is for one
alone, the Secret with its keys, the variable that holds its id and the file that holds its secret.
*/}}
{{- define "billing-exporter.clients" -}}
{{- $clients := list -}}
{{- range $index, $organization := .Values.config.organizations -}}
  {{- with get $.Values.credentials $organization.name -}}
    {{- $given := default (list .) .perShard -}}
    {{- range $shard, $one := $given -}}
      {{- $own := gt (len $given) 1 -}}
      {{- $place := ternary (printf "organization-%d.shard-%d" $index $shard) (printf "organization-%d" $index) $own -}}
      {{- $made := printf "%s-credentials" (include "billing-exporter.fullname" $) -}}
      {{- $clients = append $clients (dict
        "organization" $index
        "shard" (ternary $shard -1 $own)
        "secret" (default $made $one.existingSecret)
        "idKey" (ternary (default "client-id" $one.clientIdKey) (printf "%s.client-id" $place) (not (empty $one.existingSecret)))
        "secretKey" (ternary (default "client-secret" $one.clientSecretKey) (printf "%s.client-secret" $place) (not (empty $one.existingSecret)))
        "variable" (printf "%s_CLIENT_ID" ($place | upper | replace "-" "_" | replace "." "_"))
        "path" $place
        "made" (empty $one.existingSecret)
        "clientId" (default "" $one.clientId)
        "clientSecret" (default "" $one.clientSecret)
      ) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- toYaml (dict "clients" $clients) -}}
{{- end -}}

{{/* The configuration file of one shard; takes root and shard. */}}
{{- define "billing-exporter.config" -}}
{{- $config := deepCopy .root.Values.config -}}
{{- $shard := .shard -}}
{{- range (include "billing-exporter.clients" .root | fromYaml).clients -}}
  {{- if has (int .shard) (list -1 $shard) -}}
    {{- $organization := index $config.organizations (int .organization) -}}
    {{- if not $organization.client_id -}}
      {{- $_ := set $organization "client_id" (printf "${%s}" .variable) -}}
    {{- end -}}
    {{- $_ := set $organization "client_secret_file" (printf "/run/billing-exporter/credentials/%s" .path) -}}
  {{- end -}}
{{- end -}}
{{- toYaml $config -}}
{{- end -}}

{{/* The web configuration file, as an object; empty where there is none of the chart's. */}}
{{- define "billing-exporter.webConfig" -}}
{{- $config := deepCopy .Values.web.config -}}
{{- if .Values.web.tlsSecret -}}
  {{- $files := dict "cert_file" "/run/billing-exporter/tls/tls.crt" "key_file" "/run/billing-exporter/tls/tls.key" -}}
  {{- $config = mustMerge $config (dict "tls_server_config" $files) -}}
{{- end -}}
{{- if $config -}}{{ toYaml $config }}{{- end -}}
{{- end -}}

{{/* The name of the Secret that holds the web configuration file; empty where there is none. */}}
{{- define "billing-exporter.webSecret" -}}
{{- if .Values.web.existingSecret -}}
{{ .Values.web.existingSecret }}
{{- else if include "billing-exporter.webConfig" . -}}
{{ include "billing-exporter.fullname" . }}-web
{{- end -}}
{{- end -}}

{{- define "billing-exporter.scheme" -}}
{{- $config := include "billing-exporter.webConfig" . | fromYaml -}}
{{- ternary "https" "http" (or .Values.web.https .Values.web.clientCertificates (hasKey $config "tls_server_config")) -}}
{{- end -}}

{{/* "true" where only clients with a certificate may connect, which the kubelet has none of. */}}
{{- define "billing-exporter.clientCertificates" -}}
{{- $tls := dig "tls_server_config" dict (include "billing-exporter.webConfig" . | fromYaml) -}}
{{- or .Values.web.clientCertificates (hasPrefix "Require" (default "" $tls.client_auth_type)) -}}
{{- end -}}
