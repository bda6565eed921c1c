package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// The linker sets these for a release: -ldflags "-X main.version=v1.2.3 -X main.commit=… -X main.date=…". The date is
// that of the commit, so that two builds of one commit are equal.
var version, commit, date string

type versionCmd struct{}

func (versionCmd) Run(c *console) error {
	info, _ := debug.ReadBuildInfo()
	b := describeBuild(info)
	_, err := fmt.Fprintf(c.stdout, "foghorn %s %s %s/%s\ncommit: %s\ndate: %s\n",
		b.version, runtime.Version(), runtime.GOOS, runtime.GOARCH, cmp.Or(b.commit, "unknown"), cmp.Or(b.date, "unknown"))
	return err
}

// versionText returns the release, else what Go knows of the commit, else "devel".
func versionText() string {
	info, _ := debug.ReadBuildInfo()
	return describeBuild(info).version
}

// build says what a program was built from. Without a release or a clone of the repository, commit and date are empty.
type build struct{ version, commit, date string }

// describeBuild returns what the linker was given, and for the rest what Go recorded; info may be nil.
func describeBuild(info *debug.BuildInfo) build {
	b := build{version, commit, date}
	if info == nil {
		info = &debug.BuildInfo{}
	}
	changed := ""
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.commit = cmp.Or(b.commit, s.Value)
		case "vcs.time":
			b.date = cmp.Or(b.date, s.Value)
		case "vcs.modified":
			if s.Value == "true" {
				changed = "+changes"
			}
		}
	}
	if commit == "" && b.commit != "" {
		b.commit += changed
	}
	recorded := strings.TrimSuffix(info.Main.Version, "+dirty")
	if recorded == "(devel)" {
		recorded = ""
	} else if recorded != "" {
		recorded += changed
	}
	b.version = cmp.Or(b.version, recorded, "devel")
	return b
}
