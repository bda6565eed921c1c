package ui

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"foghorn/integrations/emulator"
	"foghorn/integrations/incidentio/incidentiotest"
	"foghorn/integrations/port/porttest"
	"foghorn/integrations/slackapp/slacktest"
)

// newTestServer is a page around three services, without a bot.
func newTestServer(t *testing.T) (*Server, *httptest.Server) {
	t.Helper()
	cfg := Config{AppName: "Foghorn", Blueprint: "incident", Preview: func(context.Context, []byte) ([]json.RawMessage, []string, error) { return nil, nil, nil }}
	var err error
	if cfg.Slack, err = slacktest.Start(slacktest.Config{
		Users:    []slacktest.User{{ID: "U1", Name: "ada", RealName: "Ada", TZ: "Europe/Berlin"}, {ID: "U2", Name: "bob", RealName: "Bob"}},
		Channels: []slacktest.Channel{{ID: "C1", Name: "ops", BotIn: true}, {ID: "C2", Name: "secret", Private: true, Members: []string{"U2"}}},
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cfg.Slack.Close)
	if cfg.Port, err = porttest.Start(porttest.Config{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cfg.Port.Close)
	if cfg.Incidents, err = incidentiotest.Start(incidentiotest.Config{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cfg.Incidents.Close)
	p, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	srv := httptest.NewServer(p.Handler())
	t.Cleanup(srv.Close)
	return p, srv
}

// sendRequest sends a request with some headers and gives the status.
func sendRequest(t *testing.T, method, address, body string, header ...string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	return answer.StatusCode
}

// TestHandler_RefusesOtherOrigins refuses other names of this host and the pages of other sites.
func TestHandler_RefusesOtherOrigins(t *testing.T) {
	p, srv := newTestServer(t)
	say := "as=U1&channel=C1&text=hello"
	for _, c := range []struct {
		what   string
		want   int
		header []string
	}{
		{"a name that was rebound", 403, []string{"Host", "evil.example"}},
		{"a name that was rebound to the port", 403, []string{"Host", "evil.example:8080"}},
		{"a name that begins like an address", 403, []string{"Host", "127.0.0.1.evil.example"}},
		{"another site", 403, []string{"Sec-Fetch-Site", "cross-site"}},
		{"another site in an old browser", 403, []string{"Origin", "http://evil.example"}},
		{"another port of this machine", 403, []string{"Origin", "http://127.0.0.1:1"}},
		{"a page of no origin", 403, []string{"Origin", "null"}},
		{"the page itself", 204, []string{"Sec-Fetch-Site", "same-origin", "Origin", srv.URL}},
		{"a program", 204, nil},
	} {
		if got := sendRequest(t, "POST", srv.URL+"/do/type", say, c.header...); got != c.want {
			t.Errorf("%s: %d, want %d", c.what, got, c.want)
		}
	}
	if said := p.cfg.Slack.Messages("C1"); len(said) != 2 {
		t.Errorf("%d messages were sent", len(said))
	}
	for what, header := range map[string][]string{
		"a link of another site": {"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate"},
		"nobody":                 nil,
	} {
		if got := sendRequest(t, "GET", srv.URL, "", header...); got != http.StatusOK {
			t.Errorf("%s: %d", what, got)
		}
	}
	if got := sendRequest(t, "GET", srv.URL+"/live", "", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "cors"); got != http.StatusForbidden {
		t.Errorf("the stream for another site: %d", got)
	}
}

func TestHandler_InvalidRequests(t *testing.T) {
	_, srv := newTestServer(t)
	for path, want := range map[string]int{
		"/?as=U9&channel=C9&tab=x&journey=-7": 200, "/?journey=99999999999999999999": 200, "/?as=U1&channel=C2": 200,
		IncidentPath + "/incidents/x": 404, EntityPath + "x": 404, EntityPath: 404, "/nothing": 404, "/static/none.js": 404, "/static/../page.go": 404,
	} {
		if got := sendRequest(t, "GET", srv.URL+path, ""); got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
	for act, want := range map[string]int{
		"nothing": 404, "type": 204, "click": 422, "field": 422, "search": 422, "press": 422, "submit": 422, "close": 204,
		"decide": 422, "status": 422, "switch": 422, "bot": 422, "choose": 422, "approval": 422, "shortcut": 422, "preview": 200,
	} {
		if got := sendRequest(t, "POST", srv.URL+"/do/"+act, "x=1"); got != want {
			t.Errorf("%s: %d, want %d", act, got, want)
		}
	}
	if got := sendRequest(t, "POST", srv.URL+"/do/type", "text="+strings.Repeat("x", maxFormBytes)); got != http.StatusBadRequest {
		t.Errorf("a form of over 4 MiB: %d", got)
	}
}

// TestViewModel_Visibility keeps rooms and words from those who are not meant.
func TestViewModel_Visibility(t *testing.T) {
	p, srv := newTestServer(t)
	look := func(query string) *viewModel {
		return p.newViewModel(httptest.NewRequest("GET", srv.URL+"/?"+query, nil))
	}
	if l := look("as=U1&channel=C2"); l.Room.ID != "C1" || len(l.Rooms()) != 2 {
		t.Errorf("Ada is in %+v of %+v", l.Room, l.Rooms())
	}
	if l := look("as=U2&channel=C2"); l.Room.ID != "C2" {
		t.Errorf("Bob is in %+v", l.Room)
	}
	p.clientState.addSlackbotMessage("U1", "C1", "only for Ada")
	if a, b := look("as=U1").Notes(), look("as=U2").Notes(); len(a) != 1 || len(b) != 0 || !a[0].Only {
		t.Errorf("Ada sees %v, Bob %v", a, b)
	}
}

// TestStreamUpdates_OnlyChangedParts hears of what others did, and of nothing when nothing changed.
func TestStreamUpdates_OnlyChangedParts(t *testing.T) {
	p, srv := newTestServer(t)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, "GET", srv.URL+"/live?as=U1&channel=C1", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	news := map[string]int{}
	said := false
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		if lines.Text() == ":" && !said { // all parts were sent
			said = true
			if _, err := p.cfg.Slack.Person("U2").Types(ctx, "C1", "good news"); err != nil {
				t.Fatal(err)
			}
		}
		data, ok := strings.CutPrefix(lines.Text(), "data: ")
		if !ok {
			continue
		}
		var part struct{ ID, HTML string }
		if err := json.Unmarshal([]byte(data), &part); err != nil {
			t.Fatal(err)
		}
		news[part.ID]++
		if part.ID == "room" && strings.Contains(part.HTML, "good news") {
			break
		}
	}
	if news["room"] != 2 || news["modal"] != 1 || news["switches"] != 1 {
		t.Errorf("the parts came so often: %v (%v)", news, ctx.Err())
	}
}

// TestTimeline_MergesCallsAndRepeats puts calls and answers together, and counts what repeats.
func TestTimeline_MergesCallsAndRepeats(t *testing.T) {
	w, begun := newTimeline("Foghorn"), time.Now()
	tell := func(from, to, kind, text string, detail bool) {
		w.add(event{Time: begun, From: from, To: to, Kind: kind, Text: text, Body: map[string]any{"n": 1}, Detail: detail})
	}
	tell("foghorn", "port", emulator.KindCall, "GET /before", true) // nobody has begun anything
	tell("person", "slack", "command", "/incident", false)
	tell("foghorn", "slack", emulator.KindCall, "views.open", true) // told as a view
	for range 3 {
		tell("foghorn", "port", emulator.KindCall, "GET /runs", true)
		tell("port", "foghorn", emulator.KindAnswer, "200 OK to GET /runs", true)
	}
	tell("foghorn", "port", emulator.KindCall, "POST /runs", true)
	tell("port", "foghorn", emulator.KindLost, "no answer to POST /runs", true)
	tell("port", "example.com", "webhook", "POST https://example.com", false)
	j, ok := w.findTrace(0)
	if !ok || len(j.Hops) != 4 {
		t.Fatalf("the way is %+v", j.Hops)
	}
	if h := j.Hops[1]; h.Text != "GET /runs → 200 OK" || h.Times != 3 || !strings.Contains(h.Body, "→ 200 OK") {
		t.Errorf("the polls are %+v", h)
	}
	if h := j.Hops[2]; h.Text != "POST /runs → no answer" || h.From != 2 || h.To != 3 {
		t.Errorf("the lost answer is %+v", h)
	}
	if h := j.Hops[3]; h.To != len(w.participants)-1 {
		t.Errorf("a backend stands at %d", h.To)
	}
	for range 2 * maxSpans {
		tell("person", "slack", "click", time.Now().String(), false)
	}
	for range 2 * maxTraces {
		tell("person", "slack", "command", "/incident", false)
	}
	if all := w.listTraces(); len(all) != maxTraces || len(all[maxTraces-1].Hops) > maxSpans {
		t.Errorf("%d journeys are kept", len(all))
	}
}

// TestPreview_BlockKitFixtures draws real views and messages, where they are at hand.
func TestPreview_BlockKitFixtures(t *testing.T) {
	p, _ := newTestServer(t)
	files, err := filepath.Glob("../../../../shared/corpus/blockkit/fixtures/valid/*/*.json")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Log("there are no fixtures here")
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		switch filepath.Base(filepath.Dir(file)) {
		case "blocks", "rich_text":
			data = []byte(`{"blocks": [` + string(data) + `]}`)
		case "elements", "objects", "attachments":
			continue // they are within the others
		}
		f := p.newFormView(testNames, data, nil, time.UTC)
		html, err := p.renderPart("preview", previewView{Forms: []formView{f}})
		if bare := filepath.Base(filepath.Dir(file)) == "messages"; err != nil || len(f.Blocks) == 0 && !bare {
			t.Errorf("%s: %v %s", file, err, html)
		}
	}
}

// TestFormView_EveryInputKind shows each element that holds a value as something to fill.
func TestFormView_EveryInputKind(t *testing.T) {
	p, srv := newTestServer(t)
	l := p.newViewModel(httptest.NewRequest("GET", srv.URL, nil))
	for kind, k := range inputKinds {
		element := object{"type": kind, "action_id": "a", "options": []any{object{"text": object{"type": "plain_text", "text": "One"}, "value": "1"}}}
		view, err := json.Marshal(object{"id": "V1", "title": object{"text": "T"}, "blocks": []any{
			object{"type": "input", "block_id": "b", "label": object{"text": "Label " + kind}, "hint": object{"text": "Hint"}, "element": element},
		}})
		if err != nil {
			t.Fatal(err)
		}
		f := p.newFormView(l.names, view, []slacktest.Field{{BlockID: "b", ActionID: "a", Error: "Wrong"}}, time.UTC)
		if len(f.Blocks) != 1 || f.Blocks[0].Input == nil || f.Blocks[0].Input.Kind != k.kind {
			t.Fatalf("%s becomes %+v", kind, f.Blocks)
		}
		html, err := p.renderPart("input", f.Blocks[0].Input)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"Label " + kind, "Hint", "Wrong", `name="field" value="b"`} {
			if !strings.Contains(string(html), want) {
				t.Errorf("%s lacks %q: %s", kind, want, html)
			}
		}
		if k.kind != "file" && k.kind != "search" && !strings.Contains(string(html), `name="value:b"`) {
			t.Errorf("%s cannot be filled: %s", kind, html)
		}
	}
}

func TestFormView_DateTimeInUserZone(t *testing.T) {
	p, srv := newTestServer(t)
	l := p.newViewModel(httptest.NewRequest("GET", srv.URL+"/?"+url.Values{"as": {"U1"}}.Encode(), nil))
	view := `{"id":"V1","blocks":[{"type":"input","block_id":"b","element":{"type":"datetimepicker","action_id":"a","initial_date_time":1768478400}}]}`
	if got := p.newFormView(l.names, json.RawMessage(view), nil, l.timeZone()).Blocks[0].Input.Value; got != "2026-01-15T13:00" {
		t.Errorf("12:00 UTC is %s in Berlin", got)
	}
}

// TestFormView_TwoInputsInOneBlock fills two elements of an actions block, each by itself.
func TestFormView_TwoInputsInOneBlock(t *testing.T) {
	p, srv := newTestServer(t)
	l := p.newViewModel(httptest.NewRequest("GET", srv.URL, nil))
	pick := func(action string) object {
		return object{"type": "static_select", "action_id": action, "options": []any{object{"text": object{"type": "plain_text", "text": "One"}, "value": "1"}}}
	}
	view, err := json.Marshal(object{"id": "V1", "blocks": []any{object{"type": "actions", "block_id": "b", "elements": []any{pick("a1"), pick("a2")}}}})
	if err != nil {
		t.Fatal(err)
	}
	f := p.newFormView(l.names, view, []slacktest.Field{{BlockID: "b", ActionID: "a1"}, {BlockID: "b", ActionID: "a2"}}, time.UTC)
	if e := f.Blocks[0].Elements; len(e) != 2 || e[0].Input.Name != "a1" || e[1].Input.Name != "a2" {
		t.Errorf("the fields are %+v", e)
	}
}
