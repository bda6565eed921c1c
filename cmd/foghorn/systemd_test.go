package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const unitFile = "manifests/systemd/foghorn.service"

// TestSystemd_Limits compares the unit with the program and with the manifests of Kubernetes.
func TestSystemd_Limits(t *testing.T) {
	container := readManifest(t, "base/deployment.yaml").Spec.Template.Spec.Containers[0]
	limit := submatches(t, unitFile, `(?m)^MemoryMax=(\d+)M$`)[0]
	if want := container.Resources.Limits.Memory; fmt.Sprint(limit, "Mi") != want {
		t.Errorf("the unit has %v MB of memory, and the container %s", limit, want)
	}
	if code := submatches(t, unitFile, `(?m)^RestartPreventExitStatus=(\d+)$`)[0]; code != exitUsage {
		t.Errorf("the unit is not restarted after exit code %v, and a wrong setting has %d", code, exitUsage)
	}
	grace := submatches(t, "manifests/kubernetes/base/deployment.yaml", `terminationGracePeriodSeconds: (\d+)`)[0]
	if stop := submatches(t, unitFile, `(?m)^TimeoutStopSec=(\d+)$`)[0]; stop != grace {
		t.Errorf("the unit waits %v s for the stop, and Kubernetes %v s", stop, grace)
	}
}

// TestSystemd_Unit checks the unit with systemd's own tools.
func TestSystemd_Unit(t *testing.T) {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		requireTool(t, "systemd-analyze", "apt install systemd")
	}
	unit, err := os.ReadFile(filepath.Join(repoRoot, filepath.FromSlash(unitFile)))
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "foghorn.service")
	installed := strings.Replace(string(unit), "=/usr/local/bin/foghorn ", "="+self+" ", 1)
	if err := os.WriteFile(file, []byte(installed), 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("systemd-analyze", "verify", "--man=no", "--recursive-errors=no", file).CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("verify: %v\n%s", err, out)
	}
	// The threshold is a tenth of the exposure, from 0 to 10: a unit without hardening has 9.6.
	out, err = exec.Command("systemd-analyze", "security", "--no-pager", "--offline=true", "--threshold=15", file).CombinedOutput()
	if err != nil {
		t.Errorf("security: %v\n%s", err, out)
	}
}
