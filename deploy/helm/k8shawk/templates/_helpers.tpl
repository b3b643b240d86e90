{{- define "k8shawk.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 50 | trimSuffix "-" -}}
{{- end }}

{{- define "k8shawk.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains (include "k8shawk.name" .) .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "k8shawk.name" .) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end }}

{{- define "k8shawk.selector" -}}
app.kubernetes.io/name: {{ include "k8shawk.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "k8shawk.labels" -}}
{{ include "k8shawk.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "k8shawk.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end }}

{{- define "k8shawk.claim" -}}
{{- .Values.persistence.existingClaim | default (printf "%s-state" (include "k8shawk.fullname" .)) -}}
{{- end }}

{{/* The volume of a plugin, and where of it the plugin is. */}}
{{- define "k8shawk.volume" -}}
{{- if .configMap -}}
configMap: { name: {{ .configMap }} }
{{- else if .image -}}
image: { reference: {{ .image | quote }}, pullPolicy: IfNotPresent }
{{- else -}}
persistentVolumeClaim: { claimName: {{ .claim }}, readOnly: true }
{{- end -}}
{{- end }}

{{- define "k8shawk.subPath" -}}
{{- with .path }}, subPath: {{ . | quote }}{{ end -}}
{{- end }}

{{- define "k8shawk.secret" -}}
{{- if .Values.secret.existing -}}
{{- .Values.secret.existing -}}
{{- else if .Values.secret.values -}}
{{- include "k8shawk.fullname" . -}}
{{- end -}}
{{- end }}

{{/* k8shawk.toml: what the chart decides, and .Values.config beside it. */}}
{{- define "k8shawk.config" -}}
{{- include "k8shawk.knownFixes" . -}}
{{- include "k8shawk.compileMemory" . -}}
{{- $cluster := dict "reader" (printf "%s/%s-reader" .Release.Namespace (include "k8shawk.fullname" .)) -}}
{{- with .Values.cluster.name }}{{ $_ := set $cluster "name" . }}{{ end -}}
{{- $decided := dict
  "cluster" $cluster
  "watch" (dict "namespace" .Values.watch.namespace)
  "plugins" (dict "grants" "/etc/k8shawk/grants")
  "approval" (dict "approvers" .Values.approval.approvers)
  "fix" (dict "enabled" .Values.fix.enabled "namespaces" .Values.fix.namespaces)
  "state" (dict "directory" "/var/lib/k8shawk" "socket" "/run/k8shawk/k8shawk.sock")
  "http" (dict "port" 8081) -}}
{{- $registry := dict -}}
{{- with .Values.registry }}
{{- with .plugins }}{{ $_ := set $registry "plugins" . }}{{ end -}}
{{- with .policies }}{{ $_ := set $registry "policies" . }}{{ end -}}
{{- with .keys }}
{{- $files := list -}}
{{- range $name := keys . | sortAlpha }}{{ $files = append $files (printf "/etc/k8shawk/keys/%s.pub" $name) }}{{ end -}}
{{- $_ := set $registry "keys" $files -}}
{{- end -}}
{{- if .credentials }}{{ $_ := set $registry "credentials" "/etc/k8shawk/registry/config.json" }}{{ end -}}
{{- end -}}
{{- if $registry }}{{ $_ := set $decided "registry" $registry }}{{ end -}}
{{- $all := merge $decided (deepCopy .Values.config) -}}
{{- range $section := keys $all | sortAlpha }}
[{{ $section }}]
{{- range $key, $value := index $all $section }}
{{ $key }} = {{ if kindIs "float64" $value }}{{ $value | int64 }}{{ else }}{{ $value | toJson }}{{ end }}
{{- end }}
{{ end -}}
{{- end }}

{{/* A quantity of memory in MiB, rounded down. */}}
{{- define "k8shawk.mebibytes" -}}
{{- $text := toString . -}}
{{- $units := dict "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 "k" 1000 "M" 1000000 "G" 1000000000 "T" 1000000000000 "" 1 -}}
{{- $unit := regexFind "[A-Za-z]*$" $text -}}
{{- if not (hasKey $units $unit) }}{{ fail (printf "resources.limits.memory: %q is not in Ki, Mi, Gi, Ti, k, M, G or T" $text) }}{{ end -}}
{{- div (mulf (trimSuffix $unit $text | float64) (get $units $unit)) 1048576 -}}
{{- end }}

{{/* Refuses a limit of memory that the host and its compilations together could pass: the kernel would end both. */}}
{{- define "k8shawk.compileMemory" -}}
{{- $host := 256 -}}
{{- $compiling := (.Values.config.plugins | default dict).compile_memory_mib | default 512 | int -}}
{{- with ((.Values.resources | default dict).limits | default dict).memory -}}
{{- $limit := include "k8shawk.mebibytes" . | int -}}
{{- if lt $limit (add $host $compiling | int) -}}
{{- fail (printf "resources.limits.memory is %d MiB: the host needs %d and its compilations config.plugins.compile_memory_mib = %d" $limit $host $compiling) -}}
{{- end -}}
{{- end -}}
{{- end }}

{{/* Refuses what is none of the actions that rights are known for. */}}
{{- define "k8shawk.knownFixes" -}}
{{- $known := list "*" -}}
{{- range (include "k8shawk.rights" . | fromJson).executor }}{{ $known = concat $known .fixes }}{{ end -}}
{{- range .Values.fix.enabled -}}
{{- if not (has . $known) }}{{ fail (printf "fix.enabled: %q is not an action of the catalogue" .) }}{{ end -}}
{{- end -}}
{{- end }}

{{/* Rules of the executor of one scope, as a JSON list: those that an enabled fix needs. Without a
namespace there are none; with named ones a fix that targets objects in namespaces stays in them. */}}
{{- define "k8shawk.executorRules" -}}
{{- $rules := list -}}
{{- $enabled := .root.Values.fix.enabled -}}
{{- $namespaces := .root.Values.fix.namespaces -}}
{{- range (include "k8shawk.rights" .root | fromJson).executor -}}
{{- $wanted := false -}}
{{- $everywhere := .everywhere | default list -}}
{{- range .fixes -}}
{{- $reached := or (has "*" $namespaces) (and $namespaces (not (has . $everywhere))) -}}
{{- if and $reached (or (has "*" $enabled) (has . $enabled)) }}{{ $wanted = true }}{{ end -}}
{{- end -}}
{{- if and $wanted (has .namespaced $.scopes) -}}
{{- $rules = append $rules .rule -}}
{{- end -}}
{{- end -}}
{{- $rules | toJson -}}
{{- end }}

{{- define "k8shawk.rights" -}}
{{- .Values.rights | default (.Files.Get "files/rights.yaml" | fromYaml) | toJson -}}
{{- end }}

{{/* A role and its binding: name, namespace (empty for the cluster), rules, account, root. */}}
{{- define "k8shawk.role" -}}
{{- $kind := ternary "Role" "ClusterRole" (ne .namespace "") -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $kind }}
metadata:
  name: {{ .name }}
  {{- with .namespace }}
  namespace: {{ . }}
  {{- end }}
  labels: {{- include "k8shawk.labels" .root | nindent 4 }}
rules:
{{- range .rules }}
  - {{ . | toJson }}
{{- end }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: {{ $kind }}Binding
metadata:
  name: {{ .name }}
  {{- with .namespace }}
  namespace: {{ . }}
  {{- end }}
  labels: {{- include "k8shawk.labels" .root | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: {{ $kind }}
  name: {{ .name }}
subjects:
  - kind: ServiceAccount
    name: {{ .account }}
    namespace: {{ .root.Release.Namespace }}
{{- end }}
