package port_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"foghorn/integrations/port"
	"foghorn/integrations/rest"
)

func TestRun_UnmarshalJSON(t *testing.T) {
	at := time.Date(2024, 5, 1, 10, 11, 12, 345e6, time.UTC)
	for name, tc := range map[string]struct {
		data string
		want port.Run
	}{
		"v2": {`{"id":"r_1","action":{"identifier":"a","title":"A","deleted":false},"blueprint":{"identifier":"b"},"entity":{"identifier":"e","title":null},
			"properties":{"severity":"Major","n":1},"rawProperties":{"severity":"Major"},"requiredApproval":{"type":"ANY"},"source":{"type":"API"},"status":"SUCCESS","statusLabel":null,
			"link":["https://l/1","",null,7,"https://l/2"],"summary":"done","approval":null,"payload":{"headers":{"Authorization":"x"}},
			"response":{"incident":{"id":"1"}},"createdBy":"c@clients","impersonatedBy":"auth0|1","createdAt":"2024-05-01T10:11:12.345Z","endedAt":"2024-05-01T12:11:12.345+02:00","future":{}}`,
			port.Run{ID: "r_1", Action: "a", Status: port.StatusSuccess, Summary: "done", Links: []string{"https://l/1", "https://l/2"},
				Properties: map[string]any{"severity": "Major", "n": 1.0}, RawInputs: map[string]any{"severity": "Major"}, Response: json.RawMessage(`{"incident":{"id":"1"}}`),
				Entity: &port.EntityReference{Blueprint: "b", Identifier: "e"}, CreatedAt: at, EndedAt: at}},
		"v1": {`{"id":"r_1","action":"a","blueprint":"b","entity":"e","relatedEntityExists":false,"endedAt":null,"source":"UI","requiredApproval":false,
			"status":"IN_PROGRESS","link":"https://l/1","properties":{},"response":"text"}`,
			port.Run{ID: "r_1", Action: "a", Status: "IN_PROGRESS", Links: []string{"https://l/1"}, Entity: &port.EntityReference{Blueprint: "b", Identifier: "e"},
				Properties: map[string]any{}, Response: json.RawMessage(`"text"`)}},
		"nulls": {`{"id":"r_1","action":null,"blueprint":null,"entity":null,"properties":null,"status":null,"link":null,"response":null,"source":null,"createdAt":null,"requiredApproval":null}`,
			port.Run{ID: "r_1"}},
		"wrong types": {`{"id":"r_1","action":7,"properties":[],"status":{},"link":{"a":1},"summary":[],"response":[1],"source":[],"createdAt":7,"endedAt":"yesterday","requiredApproval":"yes"}`,
			port.Run{ID: "r_1", Response: json.RawMessage(`[1]`)}},
		"few members":   {`{"id":"r_1","status":"DECLINED"}`, port.Run{ID: "r_1", Status: port.StatusDeclined}},
		"null":          {`null`, port.Run{}},
		"not an object": {`"r_1"`, port.Run{}},
		"a list":        {`[{"id":"r_1"}]`, port.Run{}},
	} {
		t.Run(name, func(t *testing.T) {
			var got port.Run
			if err := json.Unmarshal([]byte(tc.data), &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestRun_HasEnded(t *testing.T) {
	for status, want := range map[string]bool{
		"IN_PROGRESS": false, port.StatusWaitingForApproval: false, "": false, "QUEUED": false,
		port.StatusSuccess: true, port.StatusFailure: true, port.StatusDeclined: true, port.StatusCancelled: true,
	} {
		if got := (port.Run{Status: status}).HasEnded(); got != want {
			t.Errorf("%q ended: %v", status, got)
		}
	}
}

// FuzzDecode checks that decoding never fails for valid JSON, and that what is kept is valid JSON.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		`{"id":"r_1","action":{"identifier":"a"},"link":["x"],"response":{"a":[1]},"source":{"type":"API"},"createdAt":"2024-05-01T10:11:12Z"}`,
		`{"id":1,"action":"a","link":"x","properties":{"a":null},"requiredApproval":{}}`, `null`, `[]`, `"x"`, `{"identifier":"a","trigger":{"type":"automation"},"publish":false}`,
		`{"email":"a@b","roles":[{"name":"Admin"},null,7],"teams":["t"]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var run port.Run
		var action port.Action
		for _, v := range []json.Unmarshaler{&run, &action, &port.User{}, &port.Team{}, &port.Entity{}, &port.Blueprint{}} {
			if err := json.Unmarshal(data, v); err != nil && json.Valid(data) {
				t.Errorf("%T: %v", v, err)
			}
		}
		if run.Response != nil && !json.Valid(run.Response) || action.Raw != nil && !json.Valid(action.Raw) {
			t.Errorf("response %q, action %q", run.Response, action.Raw)
		}
		_, _ = port.StripAudit(data)
	})
}

// FuzzErrorBody checks that every error is one line of bounded length.
func FuzzErrorBody(f *testing.F) {
	for _, s := range []string{
		`{"ok":false,"error":"invalid_request","message":"no","details":{"a":["b"],"c":null}}`,
		`{"error":{"name":"n","code":"c","message":"m","details":[1,"x"]}}`, `{"error":[],"message":{}}`, `{`, `<html>`, `null`,
	} {
		f.Add([]byte(s), 422, "the vault")
	}
	f.Fuzz(func(t *testing.T, body []byte, status int, input string) {
		c := port.New(port.Config{BaseURL: "http://h", ClientID: "id", ClientSecret: "secret", HTTP: &http.Client{Transport: fixedResponse{body, 200 + max(status, -status)%400}}})
		_, err := c.CreateRun(t.Context(), port.RunRequest{Action: "x", Properties: map[string]any{"title": input}})
		if err == nil {
			return
		}
		e, ok := errors.AsType[*rest.Error](err)
		if !ok || len(e.Error()) > 1<<16 || strings.ContainsAny(e.Error(), "\n\r\x1b\x00") {
			t.Errorf("%q", err)
		}
	})
}

// A fixedResponse is a transport that returns a token, and the same response to every other request.
type fixedResponse struct {
	body   []byte
	status int
}

func (f fixedResponse) RoundTrip(r *http.Request) (*http.Response, error) {
	status, body := f.status, f.body
	if r.URL.Path == "/v1/auth/access_token" {
		status, body = http.StatusOK, []byte(`{"accessToken":"a-token-of-port","expiresIn":10800}`)
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(body)), Request: r}, nil
}
