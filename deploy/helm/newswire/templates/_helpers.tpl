{{/* Labels of everything. */}}
{{- define "newswire.labels" -}}
app.kubernetes.io/part-of: newswire
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{/* Labels that select the pods of a component: (list $ "poller"). They never change. */}}
{{- define "newswire.selector" -}}
app.kubernetes.io/name: newswire
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{- define "newswire.name" -}}
{{- $release := .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- if contains "newswire" $release }}{{ $release }}{{ else }}{{ $release }}-newswire{{ end }}
{{- end }}

{{/* (list $ "newswire-poller") */}}
{{- define "newswire.image" -}}
{{- $root := index . 0 -}}
{{ $root.Values.image.repository }}{{ index . 1 }}:{{ $root.Values.image.tag | default $root.Chart.AppVersion }}
{{- end }}

{{/* The restricted profile of Pod Security. */}}
{{- define "newswire.podSecurity" -}}
runAsNonRoot: true
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
seccompProfile: { type: RuntimeDefault }
{{- end }}
{{- define "newswire.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{/* The user and the Secret of a component: (list $ .Values.poller.kafka). A part that it does not have is the common one. */}}
{{- define "newswire.kafkaUser" -}}
{{- $root := index . 0 }}{{ (index . 1).username | default $root.Values.kafka.username }}
{{- end }}
{{- define "newswire.kafkaSecret" -}}
{{- $root := index . 0 }}{{ (index . 1).secret | default $root.Values.kafka.secret }}
{{- end }}

{{/* Settings of a component: (list $ kafka settings). Names in the order of the alphabet, so that a pod changes only when they do. */}}
{{- define "newswire.environment" -}}
{{- $root := index . 0 }}{{ $kafka := $root.Values.kafka }}{{ $own := index . 1 }}
{{- $set := dict "NEWSWIRE_KAFKA" $kafka.brokers "NEWSWIRE_TOPIC_PREFIX" $kafka.topicPrefix "NEWSWIRE_PARTITIONS" $kafka.partitions }}
{{- if ne $kafka.security "plaintext" }}
{{- $_ := set $set "NEWSWIRE_KAFKA_SECURITY" $kafka.security }}
{{- range $file, $name := dict "ca" "NEWSWIRE_KAFKA_CA" "certificate" "NEWSWIRE_KAFKA_CERTIFICATE" "key" "NEWSWIRE_KAFKA_KEY" "keyPassword" "NEWSWIRE_KAFKA_KEY_PASSWORD_FILE" }}
{{- with get $kafka.files $file }}{{ $_ := set $set $name (printf "/etc/newswire/kafka/%s" .) }}{{ end }}
{{- end }}
{{- end }}
{{- if eq $kafka.security "sasl-ssl" }}
{{- $user := include "newswire.kafkaUser" (list $root $own) | required "kafka.username, or one of each service, is needed with kafka.security sasl-ssl" }}
{{- $_ := set $set "NEWSWIRE_KAFKA_MECHANISM" $kafka.mechanism }}
{{- $password := printf "/etc/newswire/kafka/%s" $kafka.files.password }}
{{- if eq $kafka.mechanism "OAUTHBEARER" }}
{{- $_ := set $set "NEWSWIRE_KAFKA_OAUTH_URL" (required "kafka.oauth.url is needed with kafka.mechanism OAUTHBEARER" $kafka.oauth.url) }}
{{- with $kafka.oauth.scope }}{{ $_ := set $set "NEWSWIRE_KAFKA_OAUTH_SCOPE" . }}{{ end }}
{{- $_ := set $set "NEWSWIRE_KAFKA_OAUTH_CLIENT" $user }}
{{- $_ := set $set "NEWSWIRE_KAFKA_OAUTH_SECRET_FILE" $password }}
{{- else }}
{{- $_ := set $set "NEWSWIRE_KAFKA_USERNAME" $user }}
{{- $_ := set $set "NEWSWIRE_KAFKA_PASSWORD_FILE" $password }}
{{- end }}
{{- end }}
{{- $set = mergeOverwrite $set (deepCopy $root.Values.settings) (deepCopy (index . 2)) }}
{{- range $name := keys $set | sortAlpha }}
- { name: {{ $name }}, value: {{ get $set $name | toString | quote }} }
{{- end }}
{{- end }}

{{/* The volume with the files of Kafka's Secret, and where it is mounted: (list $ kafka). Empty without security. */}}
{{- define "newswire.kafkaVolume" -}}
{{- $root := index . 0 }}{{ $kafka := $root.Values.kafka }}
{{- $secret := include "newswire.kafkaSecret" . }}
{{- $needed := or (eq $kafka.security "sasl-ssl") (and (eq $kafka.security "ssl") (or $kafka.files.ca $kafka.files.certificate)) }}
{{- if or $needed (and $secret (ne $kafka.security "plaintext")) }}
- name: kafka
  secret:
    secretName: {{ $secret | required "kafka.secret, or one of each service, is needed with kafka.security" }}
    defaultMode: 0440
{{- end }}
{{- end }}
{{- define "newswire.kafkaMount" -}}
{{- if include "newswire.kafkaVolume" . }}
- { name: kafka, mountPath: /etc/newswire/kafka, readOnly: true }
{{- end }}
{{- end }}

{{/* What every pod has: (list $ component values). */}}
{{- define "newswire.pod" -}}
{{- $root := index . 0 }}{{ $values := index . 1 -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext: {{- include "newswire.podSecurity" $root | nindent 2 }}
{{- with $root.Values.image.pullSecrets }}
imagePullSecrets:
{{- range . }}
  - { name: {{ . }} }
{{- end }}
{{- end }}
{{- with $values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with $values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
