// Package validate checks what kustomize makes of the manifests against the types of Kubernetes and of the Prometheus
// operator. It is a module of its own, so that the program does not depend on them.
package validate

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// objects are the objects of one rendered directory that the tests look into.
type objects struct {
	deployment apps.Deployment
	service    core.Service
	volume     core.PersistentVolumeClaim
	disruption policy.PodDisruptionBudget
	monitor    monitoring.ServiceMonitor
	rules      monitoring.PrometheusRule
	policies   []networking.NetworkPolicy
}

// render runs kustomize on a directory and decodes each object strictly: unknown and repeated fields, and values of
// another type are errors. kinds are the kinds of all objects.
func render(t *testing.T, dir string) (o objects, kinds []string) {
	t.Helper()
	rendered, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), "../"+dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rendered.Resources() {
		kinds = append(kinds, r.GetApiVersion()+" "+r.GetKind())
		data, err := r.AsYAML()
		if err == nil {
			err = o.decode(r.GetApiVersion()+" "+r.GetKind(), data)
		}
		if err != nil {
			t.Errorf("%s: %s %s: %v", dir, r.GetKind(), r.GetName(), err)
		}
		if r.GetLabels()["app.kubernetes.io/name"] != "foghorn" {
			t.Errorf("%s: %s %s has the labels %v", dir, r.GetKind(), r.GetName(), r.GetLabels())
		}
	}
	slices.Sort(kinds)
	return o, kinds
}

func (o *objects) decode(kind string, data []byte) error {
	if kind == "networking.k8s.io/v1 NetworkPolicy" {
		o.policies = append(o.policies, networking.NetworkPolicy{})
	}
	target := map[string]any{
		"apps/v1 Deployment": &o.deployment, "v1 Service": &o.service, "v1 PersistentVolumeClaim": &o.volume,
		"policy/v1 PodDisruptionBudget": &o.disruption, "monitoring.coreos.com/v1 ServiceMonitor": &o.monitor,
		"monitoring.coreos.com/v1 PrometheusRule": &o.rules,
	}[kind]
	if n := len(o.policies); n > 0 && target == nil {
		target = &o.policies[n-1]
	}
	if target == nil {
		return errors.New("unexpected kind")
	}
	return yaml.UnmarshalStrict(data, target)
}

const (
	deployment = "apps/v1 Deployment"
	service    = "v1 Service"
	volume     = "v1 PersistentVolumeClaim"
	network    = "networking.k8s.io/v1 NetworkPolicy"
	disruption = "policy/v1 PodDisruptionBudget"
	monitor    = "monitoring.coreos.com/v1 ServiceMonitor"
	rules      = "monitoring.coreos.com/v1 PrometheusRule"
)

func TestKubernetes_Rendered(t *testing.T) {
	for dir, want := range map[string][]string{
		"base":       {deployment, network, service, volume},
		"nats":       {deployment, network, network, disruption, service},
		"monitoring": {deployment, rules, monitor, network, service, volume},
	} {
		o, kinds := render(t, dir)
		slices.Sort(want)
		if !slices.Equal(kinds, want) {
			t.Errorf("%s has %v, want %v", dir, kinds, want)
		}
		checkDeployment(t, dir, o)
		checkSelectors(t, dir, o)
	}
}

// checkDeployment checks that the image runs with the least privileges, and that one process writes to the volume.
func checkDeployment(t *testing.T, dir string, o objects) {
	t.Helper()
	spec := o.deployment.Spec
	pod := spec.Template.Spec
	c := pod.Containers[0]
	onVolume := pod.Volumes[0].PersistentVolumeClaim != nil
	for problem, found := range map[string]bool{
		"the pod runs as root":                           !*pod.SecurityContext.RunAsNonRoot,
		"the pod has a token of the cluster":             *pod.AutomountServiceAccountToken,
		"the pod has no seccomp profile":                 pod.SecurityContext.SeccompProfile.Type != core.SeccompProfileTypeRuntimeDefault,
		"the root file system is writable":               !*c.SecurityContext.ReadOnlyRootFilesystem,
		"a process can gain privileges":                  *c.SecurityContext.AllowPrivilegeEscalation,
		"a process has capabilities":                     !slices.Equal(c.SecurityContext.Capabilities.Drop, []core.Capability{"ALL"}),
		"a probe is missing":                             c.LivenessProbe.HTTPGet.Path != "/healthz" || c.ReadinessProbe.HTTPGet.Path != "/readyz",
		"resources have no limit":                        c.Resources.Limits.Memory().IsZero() || c.Resources.Requests.Cpu().IsZero(),
		"the state has no volume":                        len(c.VolumeMounts) != 1 || c.VolumeMounts[0].MountPath != "/state" || c.VolumeMounts[0].Name != pod.Volumes[0].Name,
		"the volume is not the one that is claimed":      onVolume && pod.Volumes[0].PersistentVolumeClaim.ClaimName != o.volume.Name,
		"two processes could use the volume at one time": onVolume && (*spec.Replicas != 1 || spec.Strategy.Type != apps.RecreateDeploymentStrategyType),
		"the replicas have no volume of their own":       !onVolume && (pod.Volumes[0].EmptyDir == nil || *spec.Replicas < 2),
		"the image has a tag that names no release":      strings.Contains(c.Image, ":latest"),
	} {
		if found {
			t.Errorf("%s: %s", dir, problem)
		}
	}
}

// checkSelectors checks that each selector selects the pod or the service, and that named ports exist.
func checkSelectors(t *testing.T, dir string, o objects) {
	t.Helper()
	labels := o.deployment.Spec.Template.Labels
	selectors := []map[string]string{o.deployment.Spec.Selector.MatchLabels, o.service.Spec.Selector}
	for _, p := range o.policies {
		selectors = append(selectors, p.Spec.PodSelector.MatchLabels)
	}
	if o.disruption.Name != "" {
		selectors = append(selectors, o.disruption.Spec.Selector.MatchLabels)
	}
	for _, s := range selectors {
		if !maps.Equal(s, labels) {
			t.Errorf("%s: a selector is %v, and the pods have the labels %v", dir, s, labels)
		}
	}
	port := o.service.Spec.Ports[0]
	if have := o.deployment.Spec.Template.Spec.Containers[0].Ports[0].Name; port.TargetPort.String() != have {
		t.Errorf("%s: the service has the port %s, and the container %s", dir, port.TargetPort.String(), have)
	}
	if o.monitor.Name == "" {
		return
	}
	for key, value := range o.monitor.Spec.Selector.MatchLabels {
		if o.service.Labels[key] != value {
			t.Errorf("%s: the monitor selects %s=%s, and the service has the labels %v", dir, key, value, o.service.Labels)
		}
	}
	if o.monitor.Spec.Endpoints[0].Port != port.Name {
		t.Errorf("%s: the monitor reads the port %s of the service, which has %s", dir, o.monitor.Spec.Endpoints[0].Port, port.Name)
	}
	if len(o.rules.Spec.Groups) == 0 || len(o.rules.Spec.Groups[0].Rules) < 10 {
		t.Errorf("%s: there are no rules", dir)
	}
	if len(o.deployment.Spec.Template.Annotations) > 0 {
		t.Errorf("%s: the pods are scraped twice: %v", dir, o.deployment.Spec.Template.Annotations)
	}
}
