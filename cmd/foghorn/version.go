package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is the release, set by the linker: -ldflags "-X main.version=v1.2.3".
var version string

type versionCmd struct{}

func (versionCmd) Run(c *console) error {
	_, err := fmt.Fprintln(c.stdout, "foghorn", versionText(), runtime.Version(), runtime.GOOS+"/"+runtime.GOARCH)
	return err
}

// versionText returns the release, else the commit, else "devel".
func versionText() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "devel"
	}
	commit, dirty := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision" && len(s.Value) >= 12:
			commit = s.Value[:12]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+changes"
		}
	}
	if commit != "" {
		return commit + dirty
	}
	return "devel"
}
