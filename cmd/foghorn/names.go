package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// ownPrefixes begin the names of settings and hardly any name of another program.
var ownPrefixes = []string{"SLACK_", "PORT_", "INCIDENT_", "INCIDENTIO_", "STATE_", "NATS_", "ANNOUNCE_", "FOGHORN_"}

// sharedPrefixes begin the names of settings and of other programs.
var sharedPrefixes = []string{"HTTP_", "LOG_"}

// serviceVariable matches what Kubernetes sets for each service, such as NATS_PORT for one that is named nats.
// https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
var serviceVariable = regexp.MustCompile(`_SERVICE_(HOST|PORT)|_PORT$|_PORT_[0-9]+_`)

// checkNames returns a warning for each name that seems to be a misspelled setting. Any name may be in .env; in the
// environment, which other programs share, only those with the prefix of a setting that is not set are reported.
func checkNames(env map[string]string, f *dotenvFile) (warnings []SettingProblem) {
	const listed = "the settings are in .env.example and docs/configuration.md"
	for name, line := range f.lines {
		if _, known := traceChecks[name]; known || findSetting(name) != nil {
			continue
		}
		where := fmt.Sprintf("(line %d of %s) is not a setting", line, f.path)
		if near := nearestSetting(name); near != "" {
			warnings = append(warnings, SettingProblem{name, where, "did you mean " + near + "?"})
		} else if hasPrefix(name, ownPrefixes) {
			warnings = append(warnings, SettingProblem{name, where, listed})
		}
	}
	for name := range env {
		if findSetting(name) != nil || serviceVariable.MatchString(name) || !hasPrefix(strings.ToUpper(name), ownPrefixes) && !hasPrefix(strings.ToUpper(name), sharedPrefixes) {
			continue
		}
		near := nearestSetting(name)
		if near == "" || env[near] != "" || f.values[near] != "" {
			continue
		}
		warnings = append(warnings, SettingProblem{name, "(in the environment) is not a setting", "did you mean " + near + "?"})
	}
	slices.SortFunc(warnings, func(a, b SettingProblem) int { return strings.Compare(a.Name, b.Name) })
	return warnings
}

func findSetting(name string) *setting {
	if i := slices.IndexFunc(settings, func(s setting) bool { return s.Name == name }); i >= 0 {
		return &settings[i]
	}
	return nil
}

func hasPrefix(name string, prefixes []string) bool {
	return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(name, p) })
}

// nearestSetting returns the setting whose name differs from name by a spelling mistake; "" if there is none.
func nearestSetting(name string) (nearest string) {
	name = strings.TrimPrefix(normalizeName(name), "FOGHORN")
	best := max(2, (len(name)+1)/4) + 1
	for _, s := range settings {
		if d := editDistance(name, normalizeName(s.Name)); d < best {
			best, nearest = d, s.Name
		}
	}
	return nearest
}

// normalizeName returns the letters and digits of a name, in upper case.
func normalizeName(name string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToUpper(r)
	}, name)
}

// editDistance returns how many letters must be inserted, removed, replaced or swapped with their neighbor to turn a
// into b.
func editDistance(a, b string) int {
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		row, above, twoAbove := rows[i%3], rows[(i+2)%3], rows[(i+1)%3]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			replace := above[j-1]
			if a[i-1] != b[j-1] {
				replace++
			}
			row[j] = min(above[j]+1, row[j-1]+1, replace)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], twoAbove[j-2]+1)
			}
		}
	}
	return rows[len(a)%3][len(b)]
}
