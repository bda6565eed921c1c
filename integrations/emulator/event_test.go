package emulator_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"foghorn/integrations/emulator"
)

// startServer serves h and returns all its events.
func startServer(t *testing.T, h http.HandlerFunc) (*emulator.Server, <-chan emulator.Event) {
	t.Helper()
	s, err := emulator.Start("", h)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	s.SetDescriber(emulator.CallDescriber{
		Name: "vendor",
		Describe: func(c emulator.Call) (string, string) {
			if c.Path == "/quiet" {
				return "", ""
			}
			return "app", c.Method + " " + c.Path
		},
		SecretKeys: []string{"token", "deep"},
		Mask:       func(text string) string { return strings.ReplaceAll(text, "hunter2", "***") },
	})
	events := make(chan emulator.Event, 100)
	t.Cleanup(s.SubscribeAll(func(e emulator.Event) { events <- e }))
	return s, events
}

func post(t *testing.T, url, kind, body string) error {
	t.Helper()
	res, err := http.Post(url, kind, strings.NewReader(body))
	if err != nil {
		return err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return err
}

// formatEvent is an event in one line.
func formatEvent(e emulator.Event) string {
	body, _ := json.Marshal(e.Body)
	return fmt.Sprintf("%s > %s %s: %s %s", e.From, e.To, e.Kind, e.Text, body)
}

func TestEvents_Calls(t *testing.T) {
	s, events := startServer(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusAccepted)
		_, _ = io.WriteString(w, `{"ok":true,"list":[{"deep":"x","said":"hunter2"}]}`)
	})
	story := make(chan emulator.Event, 100)
	defer s.Subscribe(func(e emulator.Event) { story <- e })()
	s.InjectFault(emulator.Fault{Path: "/limited", Status: http.StatusTooManyRequests, Body: "slow down"})
	s.InjectFault(emulator.Fault{Path: "/lost", DropResponse: true})
	for _, c := range []struct{ path, kind, body, call, answer string }{
		{"/json", "application/json", `{"token":"x","a":1}`,
			`app > vendor call: POST /json {"a":1,"token":"•••"}`,
			`vendor > app answer: 202 Accepted to POST /json {"list":[{"deep":"•••","said":"***"}],"ok":true}`},
		{"/form", "application/x-www-form-urlencoded", "token=x&blocks=%5B1%5D&text=hi",
			`app > vendor call: POST /form {"blocks":[1],"text":"hi","token":"•••"}`,
			`vendor > app answer: 202 Accepted to POST /form {"list":[{"deep":"•••","said":"***"}],"ok":true}`},
		{"/limited", "text/plain", "plain",
			`app > vendor call: POST /limited "plain"`,
			`vendor > app answer: 429 Too Many Requests to POST /limited "slow down"`},
		{"/lost", "text/plain", "",
			`app > vendor call: POST /lost null`,
			`vendor > app lost: no answer to POST /lost null`},
	} {
		err := post(t, s.URL+c.path, c.kind, c.body)
		if lost := c.path == "/lost"; (err != nil) != lost {
			t.Errorf("%s: error %v", c.path, err)
		}
		if got := formatEvent(<-events); got != c.call {
			t.Errorf("got   %s\nwant  %s", got, c.call)
		}
		if got := formatEvent(<-events); got != c.answer {
			t.Errorf("got   %s\nwant  %s", got, c.answer)
		}
	}
	if err := post(t, s.URL+"/quiet", "text/plain", "x"); err != nil {
		t.Fatal(err)
	}
	s.Emit(emulator.Event{Kind: "news"})
	if e := <-events; e.Kind != "news" || e.Time.IsZero() {
		t.Errorf("a call without a caller was emitted: %+v", e)
	}
	if e := <-story; e.Kind != "news" {
		t.Errorf("the story has a detail: %+v", e)
	}
}

func TestEvents_BodySize(t *testing.T) {
	s, events := startServer(t, http.NotFound)
	s.Emit(emulator.Event{Body: map[string]any{"text": strings.Repeat("ä", emulator.MaxEventBody)}})
	text, cut := (<-events).Body.(string)
	if !cut || len(text) > emulator.MaxEventBody+len("…") || !strings.HasPrefix(text, `{"text":"ää`) {
		t.Errorf("a body of %d bytes", len(text))
	}
	s.SetDescriber(emulator.CallDescriber{Mask: func(text string) string { return strings.ReplaceAll(text, "null", "***") }})
	s.Emit(emulator.Event{Body: map[string]any{"nothing": nil}})
	if text := (<-events).Body; text != `{"nothing":***}` {
		t.Errorf("body %v", text)
	}
	s.Emit(emulator.Event{Body: func() {}})
	if text, _ := (<-events).Body.(string); !strings.Contains(text, "cannot be encoded as JSON") {
		t.Errorf("body %q", text)
	}
}
