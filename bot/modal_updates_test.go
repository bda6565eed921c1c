package bot_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"foghorn/bot/testenv"
	"foghorn/integrations/emulator"
)

// TestModal_ChangesCross types faster than the form is updated: the form shows the conditions of the last text.
func TestModal_ChangesCross(t *testing.T) {
	t.Parallel()
	e := newEnvWithAction(t, createAction(`"language":{"type":"string"},"arguments":{"type":"string","visible":{"jqQuery":".form.language == \"python\""}}`, "")).Start()
	form := e.OpenForm(testenv.Alice, testenv.General, "/incident")
	e.Slack.InjectFault(emulator.Fault{Path: "/api/views.update", Times: 20, Delay: 300 * time.Millisecond})
	var typing sync.WaitGroup
	for n := range "python" {
		typed := "python"[:n+1]
		typing.Go(func() {
			if _, err := form.Change(e.Context(), "language", typed); err != nil {
				t.Errorf("type %q: %v", typed, err)
			}
		})
		e.WaitFor("it is typed", func() bool {
			v, err := form.Value("language")
			return err == nil && len(v) == 1 && v[0] == typed
		})
	}
	typing.Wait()
	e.WaitForm(form, "the field for python", hasLabel("arguments"))
	if v, err := form.Value("language"); err != nil || v[0] != "python" {
		t.Errorf("the text is %v, %v", v, err)
	}
}

// TestModal_UpdateCrossesSubmission turns a page while the update for a change on it is on its way, and turns to pages
// that are as large as they can be: the form always shows the next page.
func TestModal_UpdateCrossesSubmission(t *testing.T) {
	t.Parallel()
	var large []string
	for i := range 60 {
		large = append(large, fmt.Sprintf(`"n%02d":{"type":"string","title":"Number %d","description":%q}`, i, i, strings.Repeat("long ", 30)))
	}
	e := newEnvWithAction(t, createAction(`"kind":{"type":"string"},"more":{"type":"string","visible":{"jqQuery":".form.kind == \"b\""}},`+strings.Join(large, ","),
		`,"steps":[{"title":"One","order":["kind","more"]},{"title":"Two","order":["n00","n01"]}]`)).Start()
	form := e.OpenForm(testenv.Alice, testenv.General, "/incident first")
	e.Slack.InjectFault(emulator.Fault{Path: "/api/views.update", Times: 1, Delay: 300 * time.Millisecond})
	changed := make(chan error, 1)
	go func() {
		_, err := form.Change(e.Context(), "kind", "a")
		changed <- err
	}()
	e.WaitFor("the change is made", func() bool { v, _ := form.Value("kind"); return len(v) == 1 && v[0] == "a" })
	pages := 1
	for ; !submit(t, e, form).Closed; pages++ {
		if pages == 1 {
			if err := <-changed; err != nil {
				t.Fatal(err)
			}
		}
		if labels := form.Labels(); hasLabel("kind")(form) || len(labels) == 0 {
			t.Fatalf("page %d has the fields %v", pages+1, labels)
		}
	}
	if pages < 3 {
		t.Errorf("the form had %d pages", pages)
	}
	if got, _ := e.WaitRun(); got["kind"] != "a" {
		t.Errorf("Port received %v", got)
	}
}
