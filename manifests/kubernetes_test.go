package manifests_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"sigs.k8s.io/yaml"
)

// kustomization is as much of kustomize's own file as the base uses.
type kustomization struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Resources  []string `json:"resources"`
	Labels     []struct {
		Pairs            map[string]string `json:"pairs"`
		IncludeSelectors bool              `json:"includeSelectors"`
	} `json:"labels"`
	Patches []struct {
		Path  string `json:"path"`
		Patch string `json:"patch"`
	} `json:"patches"`
}

// TestKubernetes_Manifests decodes the definitions as Kubernetes does, and refuses what it does not know.
func TestKubernetes_Manifests(t *testing.T) {
	files, err := filepath.Glob("kubernetes/*/*.yaml")
	if err != nil || len(files) < 6 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var head struct{ Kind string }
		if err := yaml.Unmarshal(data, &head); err != nil {
			t.Fatal(err)
		}
		var into any
		switch head.Kind {
		case "Deployment":
			into = &appsv1.Deployment{}
		case "PersistentVolumeClaim":
			into = &corev1.PersistentVolumeClaim{}
		case "Service":
			into = &corev1.Service{}
		case "PodDisruptionBudget":
			into = &policyv1.PodDisruptionBudget{}
		case "Kustomization":
			into = &kustomization{}
		default:
			t.Errorf("%s: the kind %q", file, head.Kind)
			continue
		}
		if err := yaml.UnmarshalStrict(data, into); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		switch v := into.(type) {
		case *kustomization:
			for _, r := range v.Resources {
				if _, err := os.Stat(filepath.Join(filepath.Dir(file), r)); err != nil {
					t.Errorf("%s: %v", file, err)
				}
			}
		case *appsv1.Deployment:
			if filepath.Base(file) == "deployment.yaml" {
				checkHardening(t, v)
			}
		}
	}
}

// checkHardening checks what the image is made for.
func checkHardening(t *testing.T, d *appsv1.Deployment) {
	t.Helper()
	pod := d.Spec.Template.Spec
	c := pod.Containers[0]
	switch {
	case pod.SecurityContext == nil || pod.SecurityContext.RunAsNonRoot == nil || !*pod.SecurityContext.RunAsNonRoot:
		t.Error("it runs as root")
	case c.SecurityContext == nil || c.SecurityContext.ReadOnlyRootFilesystem == nil || !*c.SecurityContext.ReadOnlyRootFilesystem:
		t.Error("its root can be written")
	case c.LivenessProbe == nil || c.ReadinessProbe == nil || c.ReadinessProbe.HTTPGet.Path != "/readyz":
		t.Error("it is not probed")
	case c.Resources.Limits.Memory().IsZero() || c.Resources.Requests.Cpu().IsZero():
		t.Error("it has no bounds")
	case len(c.VolumeMounts) != 1 || c.VolumeMounts[0].MountPath != "/state":
		t.Error("its state has no place")
	case *d.Spec.Replicas != 1 || d.Spec.Strategy.Type != appsv1.RecreateDeploymentStrategyType:
		t.Error("two processes could meet on one volume")
	}
	if bytes.Contains([]byte(c.Image), []byte(":latest")) {
		t.Error("its image moves")
	}
}
