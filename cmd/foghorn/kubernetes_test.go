package main

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// manifest is what the test needs of the manifests of Kubernetes; manifests/kubernetes/validate checks their form.
type manifest struct {
	Spec struct {
		Template struct {
			Spec struct {
				Containers []struct {
					Env   []struct{ Name, Value string }
					Ports []struct {
						ContainerPort int `yaml:"containerPort"`
					}
					Resources struct{ Requests, Limits struct{ Memory string } }
				}
			}
		}
		Resources       struct{ Requests struct{ Storage string } }
		Ingress, Egress []struct {
			Ports []struct {
				Protocol string
				Port     int
			}
		}
	}
}

func readManifest(t *testing.T, name string) (m manifest) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(repoRoot, "manifests", "kubernetes", filepath.FromSlash(name)))
	if err == nil {
		err = yaml.Unmarshal(data, &m)
	}
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// bytesOf is a quantity of Kubernetes in bytes.
func bytesOf(t *testing.T, quantity string) float64 {
	t.Helper()
	for suffix, unit := range map[string]float64{"Mi": 1 << 20, "Gi": 1 << 30} {
		if digits, ok := strings.CutSuffix(quantity, suffix); ok {
			if n, err := strconv.ParseFloat(digits, 64); err == nil {
				return n * unit
			}
		}
	}
	t.Fatalf("the quantity is %q", quantity)
	return 0
}

// constantOf is the value of a numeric constant in the source of another package.
func constantOf(t *testing.T, file, name string) (value float64) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(repoRoot, filepath.FromSlash(file)), nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && spec.Names[0].Name == name && len(spec.Values) == 1 {
			result, err := types.Eval(token.NewFileSet(), nil, token.NoPos, types.ExprString(spec.Values[0]))
			if err != nil {
				t.Fatal(err)
			}
			value, _ = constant.Float64Val(constant.ToFloat(result.Value))
		}
		return true
	})
	if value == 0 {
		t.Fatalf("%s has no constant %s", file, name)
	}
	return value
}

// submatches are the numbers in the first match of a pattern in a file.
func submatches(t *testing.T, file, pattern string) (numbers []float64) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(repoRoot, filepath.FromSlash(file)))
	if err != nil {
		t.Fatal(err)
	}
	match := regexp.MustCompile(pattern).FindStringSubmatch(string(data))
	if match == nil {
		t.Fatalf("%s has nothing like %s", file, pattern)
	}
	for _, digits := range match[1:] {
		n, err := strconv.ParseFloat(digits, 64)
		if err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, n)
	}
	return numbers
}

// TestKubernetes_Memory compares the memory of the container with what was measured and with the limits of the program.
func TestKubernetes_Memory(t *testing.T) {
	const idleWorker = 2e6 // bytes of its own; docs/operations.md
	resources := readManifest(t, "base/deployment.yaml").Spec.Template.Spec.Containers[0].Resources
	request, limit := bytesOf(t, resources.Requests.Memory), bytesOf(t, resources.Limits.Memory)
	measured := submatches(t, "docs/benchmarks.md", `memory: idle / with 10,000 runs in flight \| (\d+) / (\d+) MB`)
	idle, loaded := measured[0]*1e6, measured[1]*1e6
	workers := constantOf(t, "integrations/jq/pool.go", "maxWorkers")
	evaluations := workers*(constantOf(t, "integrations/jq/jq.go", "maxMemory")+idleWorker) + idleWorker // and a spare
	for problem, found := range map[string]bool{
		"the request is below what the idle process takes":                      request < idle+(workers+1)*idleWorker,
		"the share of the heap is below what was measured with runs in flight":  limit*memoryShare < loaded,
		"the limit leaves too little beside the heap for expensive jq programs": limit*(1-memoryShare) < evaluations,
	} {
		if found {
			t.Errorf("%s: request %.0f, limit %.0f MB; measured %.0f and %.0f; jq %.0f", problem, request/1e6, limit/1e6, idle/1e6, loaded/1e6, evaluations/1e6)
		}
	}
}

// TestKubernetes_Volume compares the volume with the size limit of the store, and the alert with both.
func TestKubernetes_Volume(t *testing.T) {
	volume := bytesOf(t, readManifest(t, "base/volume.yaml").Spec.Resources.Requests.Storage)
	smallest, largest := constantOf(t, "bot/store/disk.go", "minSize"), constantOf(t, "bot/store/disk.go", "maxSize")
	limit := min(max(volume/2, smallest), largest)
	if limit != volume/2 {
		t.Errorf("the store does not take half of the volume of %.0f MB, but %.0f", volume/1e6, limit/1e6)
	}
	factors := submatches(t, "manifests/observability/alerts.yaml", `foghorn_store_bytes\) > (\d+) \* (\d+) \* (\d+)`)
	if alert := factors[0] * factors[1] * factors[2]; alert > 0.8*limit || alert < limit/2 {
		t.Errorf("the alert is at %.0f MB, and the store accepts nothing above %.0f MB", alert/1e6, limit/1e6)
	}
	if stated := submatches(t, "manifests/kubernetes/base/volume.yaml", `half of the volume: (\d+) GiB`); stated[0]*(1<<30) != limit {
		t.Errorf("the comment says %v GiB, and the limit is %.0f MB", stated[0], limit/1e6)
	}
}

// TestKubernetes_Network compares the ports of the manifests with each other and with the settings.
func TestKubernetes_Network(t *testing.T) {
	ports := func(name string, egress bool) (all []string) {
		spec := readManifest(t, name).Spec
		rules := spec.Ingress
		if egress {
			rules = spec.Egress
		}
		for _, rule := range rules {
			for _, p := range rule.Ports {
				all = append(all, fmt.Sprint(p.Protocol, " ", p.Port))
			}
		}
		return all
	}
	container := readManifest(t, "base/deployment.yaml").Spec.Template.Spec.Containers[0]
	names := map[string]string{}
	for _, s := range settings {
		names[s.Name] = s.Default
	}
	for _, variable := range container.Env {
		if _, known := names[variable.Name]; !known {
			t.Errorf("%s is not a setting", variable.Name)
		}
	}
	if got := fmt.Sprint(":", container.Ports[0].ContainerPort); got != names["HTTP_ADDR"] {
		t.Errorf("the container's port is %s, and HTTP_ADDR is %s", got, names["HTTP_ADDR"])
	}
	for _, c := range []struct{ have, want []string }{
		{ports("base/network.yaml", false), []string{fmt.Sprint("TCP ", container.Ports[0].ContainerPort)}},
		{ports("base/network.yaml", true), []string{"UDP 53", "TCP 53", "TCP 443"}},
		{ports("nats/network.yaml", true), []string{"TCP 4222"}},
	} {
		if !slices.Equal(c.have, c.want) {
			t.Errorf("the ports are %v, want %v", c.have, c.want)
		}
	}
}

// TestKubernetes_Rules compares the rules of the Prometheus operator with the rule file that they are made from.
func TestKubernetes_Rules(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(repoRoot, "manifests", "observability", "alerts.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	_, groups, _ := strings.Cut(string(data), "\ngroups:\n")
	checkFile(t, "manifests/kubernetes/monitoring/rules.yaml", `# Made from manifests/observability/alerts.yaml: go test ./cmd/foghorn -run TestKubernetes_Rules -update
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: foghorn
spec:
  groups:
`+regexp.MustCompile("(?m)^(.)").ReplaceAllString(groups, "  $1"))
}
