package main

import (
	"bytes"
	"fmt"
	"os"

	keda "github.com/kedacore/keda/v2/apis/keda/v1alpha1"
	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// A type of an operator's resources: a field that it does not have is an error.
var kinds = map[string]func() any{
	"keda.sh/v1alpha1 ScaledObject":           func() any { return &keda.ScaledObject{} },
	"keda.sh/v1alpha1 TriggerAuthentication":  func() any { return &keda.TriggerAuthentication{} },
	"monitoring.coreos.com/v1 ServiceMonitor": func() any { return &monitoring.ServiceMonitor{} },
	"monitoring.coreos.com/v1 PrometheusRule": func() any { return &monitoring.PrometheusRule{} },
}

func checkResources(file string) (faults []string) {
	text, err := os.ReadFile(file)
	if err != nil {
		return []string{err.Error()}
	}
	checked := 0
	for number, document := range bytes.Split(text, []byte("\n---\n")) {
		var head struct {
			APIVersion string `json:"apiVersion"`
			Kind       string `json:"kind"`
			Metadata   struct {
				Name string `json:"name"`
			} `json:"metadata"`
		}
		if err := yaml.Unmarshal(document, &head); err != nil {
			faults = append(faults, fmt.Sprintf("%s: document %d: %v", file, number, err))
			continue
		}
		kind, known := kinds[head.APIVersion+" "+head.Kind]
		if !known {
			continue
		}
		checked++
		// As the API server reads it: names of fields are case-sensitive.
		text, err := yaml.YAMLToJSON(document)
		strict, failed := json.UnmarshalStrict(text, kind())
		for _, err := range append(strict, err, failed) {
			if err != nil {
				faults = append(faults, fmt.Sprintf("%s: %s %s: %v", file, head.Kind, head.Metadata.Name, err))
			}
		}
	}
	fmt.Printf("%s: %d resources of operators\n", file, checked)
	return faults
}
