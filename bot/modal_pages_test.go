package bot_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"foghorn/bot/testenv"
	"foghorn/integrations/emulator"
)

// longTexts fill a page alone: bytes of JSON count.
var longTexts = map[string]string{"CJK": strings.Repeat("障", 2900), "ampersands": strings.Repeat("&", 2900), "emoji": strings.Repeat("🔥", 1450)}

// TestPages_LongTextsOnOnePage submits a complete form whose values would not fit the page: it is accepted at once.
func TestPages_LongTextsOnOnePage(t *testing.T) {
	t.Parallel()
	for name, long := range longTexts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := testenv.New(t).Start()
			form := e.OpenForm(testenv.Alice, testenv.General, "/incident")
			e.Fill(form, "Name", long, "Description", long, "Severity", "Minor", "Visibility", "public")
			e.Submit(form)
			got, _ := e.WaitRun()
			if got["name"] != long || got["description"] != long {
				t.Errorf("Port received %d and %d characters", len(got["name"].(string)), len(got["description"].(string)))
			}
		})
	}
}

// TestPages_LongTextsAndError has the last field be wrong: the error is at it, and the page stays.
func TestPages_LongTextsAndError(t *testing.T) {
	t.Parallel()
	long := longTexts["CJK"]
	e := newEnvWithAction(t, createAction(`"a":{"type":"string"},"b":{"type":"string"},"c":{"type":"object"}`, `,"order":["a","b","c"]`)).Start()
	form := e.OpenForm(testenv.Alice, testenv.General, "/incident")
	e.Fill(form, "a", long, "b", long, "c", "{")
	if r := submit(t, e, form); r.Closed || form.Errors()["c"] == "" || !slices.Equal(form.Labels(), []string{"a", "b", "c"}) {
		t.Fatalf("%v, %v, %v", r, form.Errors(), form.Labels())
	}
	e.Fill(form, "c", `{"x":1}`)
	e.Submit(form)
	if got, _ := e.WaitRun(); got["a"] != long || got["b"] != long || got["c"] == nil {
		t.Errorf("Port received %.100v", got)
	}
}

// TestPages_LongTextsOnFirstPage has values move fields of the first page to a further one. The second press leads to
// the fields that were not shown yet, and to no others.
func TestPages_LongTextsOnFirstPage(t *testing.T) {
	t.Parallel()
	long := longTexts["ampersands"]
	e := newEnvWithAction(t, createAction(`"a":{"type":"string"},"b":{"type":"string"},"c":{"type":"string"}`,
		`,"required":["c"],"steps":[{"title":"One","order":["a","b"]},{"title":"Two","order":["c"]}]`)).Start()
	form := e.OpenForm(testenv.Alice, testenv.General, "/incident")
	e.Fill(form, "a", long, "b", long)
	if r := submit(t, e, form); r.Closed || !slices.Equal(form.Labels(), []string{"c"}) {
		t.Fatalf("then comes %v", form.Labels())
	}
	e.Fill(form, "c", "last")
	e.Submit(form)
	if got, _ := e.WaitRun(); got["a"] != long || got["b"] != long || got["c"] != "last" {
		t.Errorf("Port received %.100v", got)
	}
}

// TestPages_LongTextsRevealField has a field be revealed that is on a further page, and Slack not show it in time.
func TestPages_LongTextsRevealField(t *testing.T) {
	t.Parallel()
	long := longTexts["CJK"]
	e := newEnvWithAction(t, createAction(`"a":{"type":"string"},"b":{"type":"string"},"c":{"type":"string"},
		"d":{"type":"string","visible":{"jqQuery":".form.c == \"on\""}}`, `,"order":["a","b","c","d"]`)).Start()
	form := e.OpenForm(testenv.Alice, testenv.General, "/incident")
	e.Slack.InjectFault(emulator.Fault{Path: "views.update", Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"30"}}})
	e.Fill(form, "a", long, "b", long)
	e.ChangeField(form, "c", "on")
	for range 3 {
		if r := submit(t, e, form); r.Closed {
			t.Fatal("accepted without the revealed field")
		}
		if slices.Contains(form.Labels(), "d") {
			break
		}
	}
	e.Fill(form, "d", "seen")
	e.Submit(form)
	if got, _ := e.WaitRun(); got["a"] != long || got["b"] != long || got["c"] != "on" || got["d"] != "seen" {
		t.Errorf("Port received %.100v", got)
	}
}

// TestPages_LongTextsAndRefresh has the form be rendered again with long values. None of them is lost.
func TestPages_LongTextsAndRefresh(t *testing.T) {
	t.Parallel()
	for name, long := range longTexts {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEnvWithAction(t, createAction(`"a":{"type":"string"},"b":{"type":"string"},"c":{"type":"string"},
				"d":{"type":"string","visible":{"jqQuery":".form.c == \"on\""}}`, `,"order":["c","d","a","b"]`)).Start()
			form := e.OpenForm(testenv.Alice, testenv.General, "/incident")
			e.Fill(form, "a", long, "b", long)
			e.ChangeField(form, "c", "on")
			e.WaitForm(form, "the revealed field", hasLabel("d"))
			e.Fill(form, "d", "seen")
			for range 3 {
				if submit(t, e, form).Closed {
					break
				}
			}
			if got, _ := e.WaitRun(); got["a"] != long || got["b"] != long || got["c"] != "on" || got["d"] != "seen" {
				t.Errorf("Port received %.100v", got)
			}
		})
	}
}
