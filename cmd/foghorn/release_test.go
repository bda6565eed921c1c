package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/licensecheck"
)

func readYAML(t *testing.T, name string, v any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(repoRoot, filepath.FromSlash(name)))
	if err == nil {
		err = yaml.Unmarshal(data, v)
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// TestRelease_Configuration checks what .ci/run cannot see in a snapshot for one system.
func TestRelease_Configuration(t *testing.T) {
	var c struct {
		Builds []struct {
			Goos, Goarch, Env, Flags, Ldflags []string
			ModTimestamp                      string `yaml:"mod_timestamp"`
		}
		Dockers []struct {
			Platforms []string
			BuildArgs map[string]string `yaml:"build_args"`
		} `yaml:"dockers_v2"`
	}
	readYAML(t, ".goreleaser.yaml", &c)
	b := c.Builds[0]
	for name, list := range map[string]struct{ have, want []string }{
		"systems":    {b.Goos, []string{"linux", "darwin", "windows"}},
		"processors": {b.Goarch, []string{"amd64", "arm64"}},
		"variables":  {b.Env, []string{"CGO_ENABLED=0"}},
		"flags":      {b.Flags, []string{"-trimpath"}},
		"images":     {c.Dockers[0].Platforms, []string{"linux/amd64", "linux/arm64"}},
	} {
		if !slices.Equal(list.have, list.want) {
			t.Errorf("%s: %v, want %v", name, list.have, list.want)
		}
	}
	if !strings.Contains(b.ModTimestamp, "CommitTimestamp") {
		t.Errorf("the time of the binary is %q, and not that of the commit", b.ModTimestamp)
	}
	dockerfile, err := os.ReadFile(filepath.Join(repoRoot, "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	if stage := c.Dockers[0].BuildArgs["BINARY"]; !strings.Contains(string(dockerfile), "FROM scratch AS "+stage+"\n") {
		t.Errorf("the Dockerfile has no stage %q", stage)
	}
	for name, flags := range map[string]string{"the release": strings.Join(b.Ldflags, " "), "the Dockerfile": string(dockerfile)} {
		for _, flag := range []string{"-s -w", "-X main.version=", "-X main.commit=", "-X main.date="} {
			if !strings.Contains(flags, flag) {
				t.Errorf("%s is not linked with %s", name, flag)
			}
		}
	}
}

// workflowFile is what the test needs of a workflow of GitHub; actionlint checks the rest.
type workflowFile struct {
	Permissions any
	Jobs        map[string]struct {
		Permissions map[string]string
		Timeout     int `yaml:"timeout-minutes"`
		Steps       []struct {
			Uses, Run string
			With      map[string]any
		}
	}
}

// TestRelease_Workflows checks that workflows run .ci/run, with actions that cannot change and the least permissions.
func TestRelease_Workflows(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(repoRoot, ".github", "workflows", "*"))
	if err != nil || len(files) < 3 {
		t.Fatalf("%v, %v", files, err)
	}
	goVersion := submatches(t, "Dockerfile", `FROM golang:(1\.\d+) `)[0]
	pinned := regexp.MustCompile(`^[\w-]+/[\w./-]+@[0-9a-f]{40}$`)
	for _, file := range files {
		var w workflowFile
		name := filepath.Base(file)
		readYAML(t, ".github/workflows/"+name, &w)
		if shared := fmt.Sprint(w.Permissions); shared != "map[]" && shared != "map[contents:read]" {
			t.Errorf("%s gives each job the permissions %s", name, shared)
		}
		for id, job := range w.Jobs {
			var runs []string
			for _, step := range job.Steps {
				runs = append(runs, step.Run)
				if step.Uses != "" && !pinned.MatchString(step.Uses) {
					t.Errorf("%s, %s: %s has no commit", name, id, step.Uses)
				}
				if v, ok := step.With["go-version"]; ok && v != fmt.Sprint(goVersion) {
					t.Errorf("%s, %s: Go %v, and the Dockerfile has %v", name, id, v, goVersion)
				}
				if v := step.With["persist-credentials"]; strings.HasPrefix(step.Uses, "actions/checkout@") && v != false {
					t.Errorf("%s, %s: later steps can read the token of the checkout", name, id)
				}
			}
			if !slices.ContainsFunc(runs, func(run string) bool { return strings.Contains(run, "bash .ci/run") }) {
				t.Errorf("%s, %s does not call .ci/run", name, id)
			}
			if job.Timeout == 0 {
				t.Errorf("%s, %s has no time limit", name, id)
			}
			if len(job.Permissions) > 1 && id != "publish" {
				t.Errorf("%s, %s has the permissions %v", name, id, job.Permissions)
			}
		}
	}
}

// allowedLicenses are licenses that let others use, change and sell a program without publishing its source.
var allowedLicenses = []string{"MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT-0"}

// TestRelease_Licenses recognizes the licenses of all modules that the program and its tests consist of.
func TestRelease_Licenses(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-deps", "-test", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Dir}}{{end}}{{end}}", "foghorn/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Fields(strings.ReplaceAll(string(out), "\t", "="))
	slices.Sort(lines)
	lines = slices.Compact(lines)
	if len(lines) < 20 {
		t.Fatalf("only %d modules: %v", len(lines), lines)
	}
	for _, line := range lines {
		path, dir, _ := strings.Cut(line, "=")
		names, err := filepath.Glob(filepath.Join(dir, "[LC][IO][CP][EY][NI]*"))
		if err != nil || len(names) == 0 {
			t.Errorf("%s has no license file", path)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			found := licensecheck.Scan(text)
			if found.Percent < 75 {
				t.Errorf("%s: %s is not a known license (%.0f %%)", path, filepath.Base(name), found.Percent)
			}
			for _, m := range found.Match {
				if !slices.Contains(allowedLicenses, m.ID) {
					t.Errorf("%s: the license %s is not allowed", path, m.ID)
				}
			}
		}
	}
}
