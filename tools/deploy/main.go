// Command deploy checks what newswire is run with, by the libraries of the programs that read it: compose.yaml as `docker compose`
// loads it, and the resources that operators of Kubernetes define. Exits with 1 if something is wrong.
//
//	deploy compose FILE        the file with each set of its profiles
//	deploy resources FILE...   ScaledObject, TriggerAuthentication, ServiceMonitor and PrometheusRule of rendered manifests
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "deploy compose FILE | deploy resources FILE...")
		os.Exit(64)
	}
	var faults []string
	switch os.Args[1] {
	case "compose":
		faults = checkCompose(os.Args[2])
	case "resources":
		for _, file := range os.Args[2:] {
			faults = append(faults, checkResources(file)...)
		}
	default:
		faults = []string{"unknown command " + os.Args[1]}
	}
	for _, fault := range faults {
		fmt.Fprintln(os.Stderr, fault)
	}
	if len(faults) > 0 {
		os.Exit(1)
	}
}
