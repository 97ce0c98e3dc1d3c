{{/* The image, by digest if one is given. */}}
{{- define "birdstatus.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end -}}
{{- end }}

{{/* What pods are found by. It never changes, for a selector cannot be changed: (dict "name" NAME "root" .) */}}
{{- define "birdstatus.selector" -}}
app.kubernetes.io/name: {{ .name }}
{{- end }}

{{/* The labels of an object: (dict "name" NAME "root" .) */}}
{{- define "birdstatus.labels" -}}
{{ include "birdstatus.selector" . }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: birdstatus
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version | replace "+" "_" }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Labels and annotations of an object: (dict "name" NAME "root" .) */}}
{{- define "birdstatus.metadata" -}}
labels: {{- include "birdstatus.labels" . | nindent 2 }}
{{- with .root.Values.commonAnnotations }}
annotations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Labels and annotations of a pod: (dict "name" NAME "root" . "values" VALUES) */}}
{{- define "birdstatus.podMetadata" -}}
labels: {{- include "birdstatus.labels" . | nindent 2 }}
{{- with .values.podLabels }}
{{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.podAnnotations }}
annotations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Where a pod runs: its values */}}
{{- define "birdstatus.scheduling" -}}
{{- with .priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations: {{- toYaml . | nindent 0 }}
{{- end }}
{{- with .affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .topologySpreadConstraints }}
topologySpreadConstraints: {{- toYaml . | nindent 0 }}
{{- end }}
{{- end }}
