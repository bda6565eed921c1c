package rest_test

import (
	"testing"
	"time"

	"foghorn/integrations/rest"
)

const maxRetryAfter = 2 * time.Minute

func TestParseRetryAfter_Formats(t *testing.T) {
	now := time.Date(2025, 4, 17, 11, 17, 18, 0, time.UTC)
	for s, want := range map[string]time.Duration{
		"":                              0,
		"3":                             3 * time.Second,
		" 0.5 ":                         500 * time.Millisecond,
		"-1":                            0,
		"NaN":                           0,
		"Inf":                           maxRetryAfter,
		"1e400":                         0, // not a number
		"121":                           maxRetryAfter,
		"1744888648":                    10 * time.Second,
		"1744888638":                    0,
		"1744888000":                    0,
		"99999999999999":                maxRetryAfter,
		"Thu, 17 Apr 2025 11:17:28 GMT": 10 * time.Second,
		"Thu, 17 Apr 2025 11:17:28 UTC": 10 * time.Second,
		"2025-04-17T11:17:28Z":          10 * time.Second,
		"2025-04-17T13:17:28.5+02:00":   10*time.Second + 500*time.Millisecond,
		"2024-04-17T11:17:28Z":          0,
		"2035-04-17T11:17:28Z":          maxRetryAfter,
		"soon":                          0,
	} {
		if got := rest.ParseRetryAfter(s, now); got != want {
			t.Errorf("ParseRetryAfter(%q) = %v, want %v", s, got, want)
		}
	}
}

func FuzzParseRetryAfter(f *testing.F) {
	for _, s := range []string{"3", "1744888648", "Thu, 17 Apr 2025 11:17:28 GMT", "2025-04-17T11:17:28Z", "-0x1p-2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d := rest.ParseRetryAfter(s, time.Now()); d < 0 || d > maxRetryAfter {
			t.Errorf("ParseRetryAfter(%q) = %v", s, d)
		}
	})
}
