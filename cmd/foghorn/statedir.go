package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// rootDir is where /proc and the marks of containers are. Tests replace it.
var rootDir = "/"

// memoryFileSystems are in memory. containerFileSystems are those of a container without a volume.
var (
	memoryFileSystems    = []string{"tmpfs", "ramfs"}
	containerFileSystems = []string{"overlay", "aufs", "fuse-overlayfs", "fuse.fuse-overlayfs"}
)

const volumeHint = "use a directory on a disk; in a container, mount a named or a persistent volume and set STATE_DIR to its absolute path"

// checkStateDir returns why the directory of the embedded store is probably lost with the machine or the container;
// nil: no reason is known.
func checkStateDir(cfg Config) *SettingProblem {
	if cfg.Cluster.URL != "" {
		return nil
	}
	dir, err := filepath.Abs(cfg.StateDir)
	if err != nil {
		return nil // the store reports it
	}
	mounts, _ := os.ReadFile(filepath.Join(rootDir, "proc/self/mountinfo")) // only Linux has it
	problem := findMount(string(mounts), resolvePath(dir)).lossReason()
	if problem == "" && inContainer() && !filepath.IsAbs(cfg.StateDir) {
		problem = fmt.Sprintf("is %s, relative to the working directory, inside a container: it is lost with the container if %s is not a volume", cfg.StateDir, dir)
	}
	if problem == "" {
		return nil
	}
	return &SettingProblem{"STATE_DIR", problem, volumeHint}
}

// resolvePath replaces symbolic links in the part of a path that exists.
func resolvePath(path string) string {
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		return resolved
	}
	if parent := filepath.Dir(path); parent != path {
		return filepath.Join(resolvePath(parent), filepath.Base(path))
	}
	return path
}

func inContainer() bool {
	for _, mark := range []string{".dockerenv", "run/.containerenv"} {
		if _, err := os.Stat(filepath.Join(rootDir, mark)); err == nil {
			return true
		}
	}
	return os.Getenv("KUBERNETES_SERVICE_HOST") != ""
}

// mount is an entry of /proc/self/mountinfo.
// https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html
type mount struct {
	source string // the directory of the file system that is mounted
	dir    string
	fsType string
}

// findMount returns the mount that a path is on.
func findMount(mountinfo, path string) (found mount) {
	unescape := strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`)
	for line := range strings.Lines(mountinfo) {
		fields := strings.Fields(line)
		separator := slices.Index(fields, "-")
		if separator < 5 || separator+1 >= len(fields) {
			continue
		}
		m := mount{unescape.Replace(fields[3]), unescape.Replace(fields[4]), fields[separator+1]}
		if strings.HasPrefix(path+"/", strings.TrimSuffix(m.dir, "/")+"/") && len(m.dir) >= len(found.dir) {
			found = m // of two at the same directory, the later one hides the other
		}
	}
	return found
}

// anonymousVolumePattern matches the directory of a volume without a name, which a new container does not get.
var anonymousVolumePattern = regexp.MustCompile(`/volumes/[0-9a-f]{64}/_data(/|$)`)

// lossReason returns why what is on the mount is lost; empty: no reason is known.
func (m mount) lossReason() string {
	switch {
	case slices.Contains(memoryFileSystems, m.fsType):
		return "is in memory (" + m.fsType + "): accepted requests are lost when the machine or the container stops"
	case m.dir == "/" && slices.Contains(containerFileSystems, m.fsType):
		return "is in the container's own file system (" + m.fsType + "): accepted requests are lost when the container is removed"
	case strings.Contains(m.source, "/kubernetes.io~empty-dir/"):
		return "is an emptyDir volume: accepted requests are lost when the pod is removed"
	case anonymousVolumePattern.MatchString(m.source):
		return "is an anonymous volume: a new container does not get it, and accepted requests are lost"
	}
	return ""
}
