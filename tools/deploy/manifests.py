"""Checks rendered manifests of the chart. Exits with 1 if something is wrong.

    manifests.py VERSION[,VERSION...] FILE...   versions of Kubernetes

Each resource is validated against the schemas of those versions, and: pods keep to the restricted profile of Pod Security and have
probes and limits; each setting is one that the services know; secrets come by reference; only the poller reaches the outside.
"""
import ipaddress
import sys
from pathlib import Path

import kubernetes_validate
import yaml

ROOT = Path(__file__).resolve().parents[2]
KNOWN = {line for line in (ROOT / "crates/chassis/src/config/variables.txt").read_text().splitlines() if line.startswith("NEWSWIRE_")}
# Defined by operators; `deploy resources` checks them.
OPERATORS = ("keda.sh/", "monitoring.coreos.com/")
# What no pod may reach, each with an address.
NOT_PUBLIC = ["10.0.0.1", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1", "192.168.0.1", "0.0.0.0", "224.0.0.1",
              "fd00::1", "fe80::1", "::1"]
SERVICES = {"poller", "normaliser", "enricher", "gateway"}


def pod_of(resource):
    return resource["spec"]["template"] if resource["kind"] in ("StatefulSet", "Deployment", "Job") else None


def component(labels):
    return labels.get("app.kubernetes.io/component")


def check_pod(resource):
    """The restricted profile, as kubernetes.io/docs/concepts/security/pod-security-standards lists it, and the project's rules."""
    pod = pod_of(resource)["spec"]
    security = pod.get("securityContext", {})
    if not security.get("runAsNonRoot") or security.get("seccompProfile", {}).get("type") != "RuntimeDefault":
        yield "not the restricted profile: runAsNonRoot, seccompProfile"
    if any(pod.get(name) for name in ("hostNetwork", "hostPID", "hostIPC")):
        yield "shares a namespace with its node"
    if pod.get("automountServiceAccountToken") is not False:
        yield "has a token of the cluster that it does not need"
    for volume in pod.get("volumes", ()):
        if not {"emptyDir", "secret", "configMap"} & set(volume):
            yield f"volume {volume['name']} is not of a kind that the restricted profile allows"
        if "emptyDir" in volume and "sizeLimit" not in volume["emptyDir"]:
            yield f"volume {volume['name']} has no limit"
    mounts = {mount["name"] for container in pod["containers"] for mount in container["volumeMounts"]}
    if mounts != {volume["name"] for volume in pod.get("volumes", ())}:
        yield "mounts and volumes differ"
    for container in pod["containers"]:
        security = container.get("securityContext", {})
        restricted = security.get("allowPrivilegeEscalation") is False and security.get("capabilities", {}).get("drop") == ["ALL"]
        if not restricted or not security.get("readOnlyRootFilesystem"):
            yield "not the restricted profile, or a root that can be written"
        if "memory" not in container["resources"].get("limits", {}) or "cpu" not in container["resources"].get("requests", {}):
            yield "no limit of memory, or no request of processors"
        names = [variable["name"] for variable in container["env"]]
        yield from (f"{name} is no setting of the services" for name in names if name not in KNOWN)
        if len(set(names)) != len(names):
            yield f"a setting is given twice: {sorted(names)}"
        paths = [value for variable in container["env"] if (value := variable.get("value", "")).startswith("/etc/newswire/")]
        below = [mount["mountPath"] for mount in container["volumeMounts"]]
        yield from (f"{path} is not mounted" for path in paths if not any(path.startswith(folder + "/") for folder in below))
        if resource["kind"] == "StatefulSet":
            probes = {name: container.get(f"{name}Probe", {}).get("httpGet", {}).get("path") for name in ("liveness", "readiness")}
            if probes != {"liveness": "/healthz", "readiness": "/readyz"}:
                yield f"probes {probes}"
            replica = [variable for variable in container["env"] if variable["name"] == "NEWSWIRE_REPLICA"]
            if not replica or "pod-index" not in str(replica[0].get("valueFrom")):
                yield "the replica's name is not the pod's ordinal"


def reachable(policy, address):
    """True if the policy lets a pod reach the address."""
    address = ipaddress.ip_address(address)
    within = lambda block: address.version == ipaddress.ip_network(block).version and address in ipaddress.ip_network(block)
    for rule in policy["spec"]["egress"]:
        for peer in rule.get("to", ()):
            block = peer.get("ipBlock")
            if block and within(block["cidr"]) and not any(within(part) for part in block.get("except", ())):
                return True
    return False


def check_policies(resources, pods):
    policies = {component(one["spec"]["podSelector"]["matchLabels"]): one for one in resources if one["kind"] == "NetworkPolicy"}
    yield from (f"no NetworkPolicy selects the pods of {name}" for name in pods if name not in policies)
    for name, policy in policies.items():
        # Rules without peers, of names and of Kafka where its address is not known, are limited by their ports.
        open_ports = {port["port"] for rule in policy["spec"]["egress"] if "to" not in rule for port in rule["ports"]}
        if {80, 443} & open_ports:
            yield f"{name} reaches every address"
        if reachable(policy, "8.8.8.8") != (name == "poller"):
            yield f"{name}: reaches the outside, or the poller does not"
        allowed = [address for address in NOT_PUBLIC if name == "poller" and reachable(policy, address)]
        if allowed:
            yield f"{name} reaches {allowed}"


def check(path, versions):
    resources = [document for document in yaml.safe_load_all(path.read_text("utf-8")) if document]
    checked = 0
    names = [(resource["kind"], resource["metadata"]["name"]) for resource in resources]
    yield from (f"{kind} {name} is there twice" for kind, name in sorted({one for one in names if names.count(one) > 1}))
    for resource in resources:
        where = f"{resource['kind']} {resource['metadata']['name']}"
        if resource["kind"] == "Secret":
            yield f"{where}: a secret is part of the chart"
        if pod_of(resource):
            yield from (f"{where}: {fault}" for fault in check_pod(resource))
        if resource["apiVersion"].startswith(OPERATORS):
            continue
        checked += 1
        for version in versions:
            try:
                kubernetes_validate.validate(resource, version, strict=True)
            except kubernetes_validate.ValidationError as error:
                yield f"{where}: Kubernetes {version}: {error.message}"
    pods = {component(pod_of(one)["metadata"]["labels"]) for one in resources if pod_of(one)}
    if not SERVICES <= pods:
        yield f"services are missing: {SERVICES - pods}"
    yield from check_policies(resources, pods)
    budgets = {component(one["spec"]["selector"]["matchLabels"]) for one in resources if one["kind"] == "PodDisruptionBudget"}
    sets = {component(pod_of(one)["metadata"]["labels"]): one for one in resources if one["kind"] == "StatefulSet"}
    replicated = {name for name, one in sets.items() if one["spec"].get("replicas", 2) > 1}
    if budgets != replicated:
        yield f"PodDisruptionBudgets of {budgets}, and replicas of {replicated}"
    rules = [one["spec"] for one in resources if one["kind"] == "PrometheusRule"]
    if any(spec != yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text("utf-8")) for spec in rules):
        yield "the PrometheusRule is not deploy/prometheus/alerts.yml"
    print(f"{path}: {checked} resources valid for Kubernetes {', '.join(versions)} or reported, {len(pods)} kinds of pods")


faults = [f"{path}: {fault}" for path in map(Path, sys.argv[2:]) for fault in check(path, sys.argv[1].split(","))]
print("\n".join(faults), file=sys.stderr, end="\n" if faults else "")
sys.exit(bool(faults))
