package main

import (
	"runtime/debug"
	"testing"
)

func TestVersion_Build(t *testing.T) {
	vcs := func(module, modified string) *debug.BuildInfo {
		return &debug.BuildInfo{Main: debug.Module{Version: module}, Settings: []debug.BuildSetting{
			{Key: "vcs.revision", Value: "0123456789abcdef"}, {Key: "vcs.time", Value: "2026-01-05T09:00:00Z"}, {Key: "vcs.modified", Value: modified},
		}}
	}
	release := build{"v1.2.3", "fedcba9876543210", "2026-02-06T10:00:00Z"}
	for name, c := range map[string]struct {
		linked build
		info   *debug.BuildInfo
		want   build
	}{
		"release":               {release, vcs("v1.2.2+dirty", "true"), release},
		"clone at a tag":        {build{}, vcs("v1.2.3", "false"), build{"v1.2.3", "0123456789abcdef", "2026-01-05T09:00:00Z"}},
		"clone with changes":    {build{}, vcs("v1.2.4-0.20260105090000-0123456789ab+dirty", "true"), build{"v1.2.4-0.20260105090000-0123456789ab+changes", "0123456789abcdef+changes", "2026-01-05T09:00:00Z"}},
		"without version data":  {build{}, &debug.BuildInfo{Main: debug.Module{Version: "(devel)"}}, build{version: "devel"}},
		"image with its commit": {build{commit: "fedcba9876543210"}, &debug.BuildInfo{}, build{"devel", "fedcba9876543210", ""}},
		"without build data":    {build{}, nil, build{version: "devel"}},
	} {
		version, commit, date = c.linked.version, c.linked.commit, c.linked.date
		if got := describeBuild(c.info); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	version, commit, date = "", "", ""
}
