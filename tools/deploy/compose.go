package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

// Each set of profiles that the file documents; the empty one is what .env selects.
var profileSets = [][]string{
	{}, {"one-broker"}, {"three-brokers"}, {"single"},
	{"one-broker", "metrics", "canary"}, {"three-brokers", "metrics", "canary"},
}

// load reads the file as `docker compose --profile ...` does: schema, .env next to it, interpolation, dependencies.
func load(file string, profiles []string) (*types.Project, error) {
	options, err := cli.NewProjectOptions([]string{file},
		cli.WithEnvFiles(), cli.WithDotEnv, cli.WithDefaultProfiles(profiles...), cli.WithResolvedPaths(true))
	if err != nil {
		return nil, err
	}
	return options.LoadProject(context.Background())
}

func checkCompose(file string) (faults []string) {
	for _, profiles := range profileSets {
		name := "profiles " + strings.Join(profiles, ", ")
		if len(profiles) == 0 {
			name = "without a profile"
		}
		project, err := load(file, profiles)
		if err != nil {
			faults = append(faults, fmt.Sprintf("%s: %v", name, err))
			continue
		}
		if len(project.Services) == 0 {
			faults = append(faults, name+": nothing would start")
		}
		for _, service := range project.Services {
			for _, fault := range checkService(project, service) {
				faults = append(faults, fmt.Sprintf("%s: %s: %s", name, service.Name, fault))
			}
		}
		names := project.ServiceNames()
		slices.Sort(names)
		fmt.Printf("%s: %s\n", name, strings.Join(names, " "))
	}
	return faults
}

func checkService(project *types.Project, service types.ServiceConfig) (faults []string) {
	if service.Deploy == nil || service.Deploy.Resources.Limits == nil {
		faults = append(faults, "no limits")
	} else if limits := service.Deploy.Resources.Limits; limits.NanoCPUs <= 0 || limits.MemoryBytes <= 0 {
		faults = append(faults, "no limit of processors, or of memory")
	}
	for _, port := range service.Ports {
		if port.HostIP != "127.0.0.1" {
			faults = append(faults, "port "+port.Published+" is published beyond this machine")
		}
	}
	for name, dependency := range service.DependsOn {
		on, active := project.Services[name]
		if !active {
			continue
		}
		healthy := on.HealthCheck != nil && !on.HealthCheck.Disable && len(on.HealthCheck.Test) > 0
		if dependency.Condition == types.ServiceConditionHealthy && !healthy {
			faults = append(faults, "waits for the health of "+name+", which has no check")
		}
		if dependency.Condition == types.ServiceConditionCompletedSuccessfully && on.Restart != "no" {
			faults = append(faults, "waits for the end of "+name+", which is restarted")
		}
	}
	newswire := strings.HasPrefix(service.Image, "newswire")
	if newswire && (!service.ReadOnly || !slices.Contains(service.CapDrop, "ALL")) {
		faults = append(faults, "the root is not read-only, or capabilities are not dropped")
	}
	if newswire && service.Restart != "no" && (service.HealthCheck == nil || service.HealthCheck.Disable) {
		faults = append(faults, "no health check")
	}
	return faults
}
