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
{{- include "billing-exporter.validateDemo" . -}}
{{- include "billing-exporter.validateServing" . -}}
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

{{/* The demo serves plain HTTP and brings its own organization: refuse what it would not use. */}}
{{- define "billing-exporter.validateDemo" -}}
{{- if .Values.demo.enabled -}}
  {{- range $name := list "tlsSecret" "config" "existingSecret" "https" "clientCertificates" "externalUrl" "routePrefix" -}}
    {{- if get $.Values.web $name -}}
      {{- fail (printf "web.%s: the demo serves plain HTTP at the root, without a password; leave it out, or set demo.enabled=false" $name) -}}
    {{- end -}}
  {{- end -}}
  {{- if .Values.config.organizations -}}
    {{- fail "config.organizations: the demo has an organization of its own; leave them out, or set demo.enabled=false" -}}
  {{- end -}}
  {{- if .Values.existingConfigSecret -}}
    {{- fail "existingConfigSecret: the demo reads no configuration; leave it out, or set demo.enabled=false" -}}
  {{- end -}}
{{- end -}}
{{- end -}}

{{/* Refuse what probes, scrapes and notes would not follow. */}}
{{- define "billing-exporter.validateServing" -}}
{{- $values := dict
  "web.listen-address" "service.port"
  "web.telemetry-path" "web.telemetryPath"
  "web.config.file" "web.config or web.existingSecret"
  "web.systemd-socket" "service.port; a pod has no socket of systemd"
  "web.external-url" "web.externalUrl"
  "web.route-prefix" "web.routePrefix"
-}}
{{- range $argument := .Values.extraArgs -}}
  {{- range $flag, $value := $values -}}
    {{- if eq (splitList "=" $argument | first) (printf "--%s" $flag) -}}
      {{- fail (printf "extraArgs: --%s would leave probes and scrapes behind; set %s" $flag $value) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- if and (ne .Values.service.type "ClusterIP") (gt (int .Values.shards) 1) -}}
  {{- fail (printf "service.type: %s balances between shards, so that a scrape finds now this one, now that; use ClusterIP" .Values.service.type) -}}
{{- end -}}
{{- if and .Values.podMonitor.enabled (eq (toString .Values.serviceMonitor.enabled) "true") -}}
  {{- fail "podMonitor.enabled: every sample would be scraped twice; set serviceMonitor.enabled=false" -}}
{{- end -}}
{{- end -}}

{{/* The path before all others, without a slash at its end; empty at the root. */}}
{{- define "billing-exporter.routePrefix" -}}
{{- $prefix := .Values.web.routePrefix -}}
{{- if and .Values.web.externalUrl (not $prefix) -}}
  {{- $prefix = (urlParse .Values.web.externalUrl).path -}}
{{- end -}}
{{- with trimAll "/" $prefix }}/{{ . }}{{ end -}}
{{- end -}}

{{/* The name by which a shard is reached; takes root and shard. */}}
{{- define "billing-exporter.host" -}}
{{- $service := printf "%s.%s.svc" (include "billing-exporter.fullname" .root) (include "billing-exporter.namespace" .root) -}}
{{- if eq .root.Values.service.type "ClusterIP" -}}
{{ include "billing-exporter.fullname" .root }}-{{ .shard }}.{{ $service }}
{{- else -}}
{{ $service }}
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
{{- $series := min 5000000 (mul 400 (int (include "billing-exporter.customersPerShard" .root))) -}}
{{- if gt (int $series) 4000000 -}}
  {{- range $organization := $config.organizations -}}
    {{- $collectors := $organization.collectors -}}
    {{- if hasKey (default dict $collectors) "trustors" -}}
      {{- $trustors := default dict $collectors.trustors -}}
      {{- if not (hasKey $trustors "max_series") -}}
        {{- $_ := set $collectors "trustors" (set $trustors "max_series" (int $series)) -}}
      {{- end -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- toYaml $config -}}
{{- end -}}

{{/* The web configuration file, as an object; empty where there is none of the chart's. */}}
{{- define "billing-exporter.webConfig" -}}
{{- $config := deepCopy .Values.web.config -}}
{{- if .Values.web.tlsSecret -}}
  {{- $files := dict "cert_file" "/run/billing-exporter/tls/tls.crt" "key_file" "/run/billing-exporter/tls/tls.key" -}}
  {{- $given := default dict $config.tls_server_config -}}
  {{- range $name := list "cert" "key" -}}
    {{- if hasKey $given $name }}{{ $files = omit $files (printf "%s_file" $name) }}{{ end -}}
  {{- end -}}
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
