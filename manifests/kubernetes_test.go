package manifests_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// The structs below have exactly the fields that the manifests use, so that a strict decode finds misspelled fields.
// Field names and their meaning: https://kubernetes.io/docs/reference/kubernetes-api/

type Object struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string
	Metadata   struct{ Name string }
}

type deployment struct {
	Object `yaml:",inline"`
	Spec   struct {
		Replicas int
		Strategy struct {
			Type          string
			RollingUpdate struct {
				MaxSurge       int `yaml:"maxSurge"`
				MaxUnavailable int `yaml:"maxUnavailable"`
			} `yaml:"rollingUpdate"`
		}
		Template struct {
			Metadata struct{ Annotations map[string]string }
			Spec     pod
		}
	}
}

type pod struct {
	AutomountServiceAccountToken  bool `yaml:"automountServiceAccountToken"`
	TerminationGracePeriodSeconds int  `yaml:"terminationGracePeriodSeconds"`
	SecurityContext               struct {
		RunAsNonRoot   bool                  `yaml:"runAsNonRoot"`
		RunAsUser      int                   `yaml:"runAsUser"`
		RunAsGroup     int                   `yaml:"runAsGroup"`
		FSGroup        int                   `yaml:"fsGroup"`
		SeccompProfile struct{ Type string } `yaml:"seccompProfile"`
	} `yaml:"securityContext"`
	TopologySpreadConstraints []struct {
		MaxSkew           int    `yaml:"maxSkew"`
		TopologyKey       string `yaml:"topologyKey"`
		WhenUnsatisfiable string `yaml:"whenUnsatisfiable"`
		LabelSelector     struct {
			MatchLabels map[string]string `yaml:"matchLabels"`
		} `yaml:"labelSelector"`
	} `yaml:"topologySpreadConstraints"`
	Containers []container
	Volumes    []struct {
		Name                  string
		PersistentVolumeClaim struct {
			ClaimName string `yaml:"claimName"`
		} `yaml:"persistentVolumeClaim"`
		EmptyDir struct{} `yaml:"emptyDir"`
	}
}

type container struct {
	Name, Image string
	Args        []string
	Env         []struct {
		Name, Value string
		ValueFrom   struct {
			SecretKeyRef struct{ Name, Key string } `yaml:"secretKeyRef"`
		} `yaml:"valueFrom"`
	}
	EnvFrom []struct {
		SecretRef struct{ Name string } `yaml:"secretRef"`
	} `yaml:"envFrom"`
	Ports []struct {
		Name          string
		ContainerPort int `yaml:"containerPort"`
	}
	StartupProbe    probe `yaml:"startupProbe"`
	LivenessProbe   probe `yaml:"livenessProbe"`
	ReadinessProbe  probe `yaml:"readinessProbe"`
	Resources       struct{ Requests, Limits struct{ CPU, Memory string } }
	SecurityContext struct {
		AllowPrivilegeEscalation bool `yaml:"allowPrivilegeEscalation"`
		ReadOnlyRootFilesystem   bool `yaml:"readOnlyRootFilesystem"`
		Capabilities             struct{ Drop []string }
	} `yaml:"securityContext"`
	VolumeMounts []struct {
		Name      string
		MountPath string `yaml:"mountPath"`
	} `yaml:"volumeMounts"`
}

type probe struct {
	HTTPGet          struct{ Path, Port string } `yaml:"httpGet"`
	PeriodSeconds    int                         `yaml:"periodSeconds"`
	FailureThreshold int                         `yaml:"failureThreshold"`
}

type service struct {
	Object `yaml:",inline"`
	Spec   struct {
		Ports []struct {
			Name       string
			Port       int
			TargetPort string `yaml:"targetPort"`
		}
	}
}

type volumeClaim struct {
	Object `yaml:",inline"`
	Spec   struct {
		AccessModes []string `yaml:"accessModes"`
		Resources   struct{ Requests struct{ Storage string } }
	}
}

type disruptionBudget struct {
	Object `yaml:",inline"`
	Spec   struct {
		MinAvailable int `yaml:"minAvailable"`
		Selector     struct {
			MatchLabels map[string]string `yaml:"matchLabels"`
		}
	}
}

type networkPolicy struct {
	Object `yaml:",inline"`
	Spec   struct {
		PodSelector struct {
			MatchLabels map[string]string `yaml:"matchLabels"`
		} `yaml:"podSelector"`
		PolicyTypes     []string `yaml:"policyTypes"`
		Ingress, Egress []struct {
			Ports []struct {
				Protocol string
				Port     int
			}
		}
	}
}

type kustomization struct {
	Object    `yaml:",inline"`
	Resources []string
	Labels    []struct {
		Pairs            map[string]string
		IncludeSelectors bool `yaml:"includeSelectors"`
	}
	Patches []struct{ Path, Patch string }
}

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
		var head Object
		if err := yaml.Unmarshal(data, &head); err != nil {
			t.Fatal(err)
		}
		decoded := map[string]any{
			"Deployment": &deployment{}, "PersistentVolumeClaim": &volumeClaim{}, "Service": &service{},
			"PodDisruptionBudget": &disruptionBudget{}, "NetworkPolicy": &networkPolicy{}, "Kustomization": &kustomization{},
		}[head.Kind]
		if decoded == nil {
			t.Errorf("%s: unexpected kind %q", file, head.Kind)
			continue
		}
		if err := yaml.UnmarshalWithOptions(data, decoded, yaml.Strict()); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		switch v := decoded.(type) {
		case *kustomization:
			for _, r := range v.Resources {
				if _, err := os.Stat(filepath.Join(filepath.Dir(file), r)); err != nil {
					t.Errorf("%s: %v", file, err)
				}
			}
		case *deployment:
			if filepath.Base(file) == "deployment.yaml" {
				checkHardening(t, v)
			}
		}
	}
}

// checkHardening checks that the deployment runs the image with the least privileges and a single writer of the state.
func checkHardening(t *testing.T, d *deployment) {
	t.Helper()
	pod := d.Spec.Template.Spec
	c := pod.Containers[0]
	for problem, found := range map[string]bool{
		"the pod runs as root":                             !pod.SecurityContext.RunAsNonRoot,
		"the root file system is writable":                 !c.SecurityContext.ReadOnlyRootFilesystem,
		"a process can gain privileges":                    c.SecurityContext.AllowPrivilegeEscalation,
		"a probe is missing":                               c.LivenessProbe.HTTPGet.Path == "" || c.ReadinessProbe.HTTPGet.Path != "/readyz",
		"resources have no limit":                          c.Resources.Limits.Memory == "" || c.Resources.Requests.CPU == "",
		"the state has no volume":                          len(c.VolumeMounts) != 1 || c.VolumeMounts[0].MountPath != "/state",
		"two processes could use the volume at one time":   d.Spec.Replicas != 1 || d.Spec.Strategy.Type != "Recreate",
		"the image has a tag that does not name a release": strings.Contains(c.Image, ":latest"),
	} {
		if found {
			t.Error(problem)
		}
	}
}
