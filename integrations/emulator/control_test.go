package emulator_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"foghorn/integrations/emulator"
)

// control sends a request to the control API, after change has changed it.
func control(t *testing.T, s *emulator.Server, method, path, body string, change func(*http.Request)) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.ControlURL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if change != nil {
		change(r)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || !json.Valid(text) {
		t.Fatalf("%s %s: %v, body %q", method, path, err, text)
	}
	return res.StatusCode, strings.TrimSpace(string(text))
}

func TestControl_Routes(t *testing.T) {
	s, _ := startServer(t, http.NotFound)
	resets := 0
	s.EnableControl(func() any { return map[string]int{"resets": resets} }, func() { resets++ })
	if err := post(t, s.URL+"/json", "application/json", `{"token":"x","a":"hunter2"}`); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string // a part of the response
	}{
		{"POST", "faults", `{"path":"/x","times":2,"delay_ms":10,"status":429,"header":{"Retry-After":"1"},"body":"slow"}`, 200, `{}`},
		{"GET", "faults", "", 200, `{"faults":[{"path":"/x","method":"","times":2,"delay_ms":10,"status":429,` +
			`"header":{"Retry-After":"1"},"body":"slow","drop_response":false,"drop_connection":false}]}`},
		{"POST", "faults", `{"status":99}`, 422, `{"error":"status must be`},
		{"POST", "faults", `{"times":-1}`, 422, `must not be negative`},
		{"POST", "faults", `{"delay_ms":9223372036854775807}`, 422, `delay_ms must be`},
		{"POST", "faults", `{"method":"get"}`, 422, `upper case`},
		{"POST", "faults", `{"status":500,"header":{"A B":"1"}}`, 422, `cannot be sent`},
		{"POST", "clock", `{"offset_ms":9223372036854775807}`, 422, `offset_ms must be`},
		{"POST", "clock", `{"offset_ms":-9223372036854775807}`, 422, `offset_ms must be`},
		{"POST", "clock", `null`, 400, `null`},
		{"POST", "clock", `{"offset_ms":1}{}`, 400, `decode body`},
		{"POST", "clock", `{"offset_ms":1,"offset_ms":2}`, 400, `duplicate object member`},
		{"POST", "clock", `{"offset_ms":1e400}`, 400, `decode body`},
		{"POST", "faults", `{"path":"\ud800"}`, 400, `surrogate`},
		{"POST", "faults", "{\"path\":\"\xff\"}", 400, `UTF-8`},
		{"POST", "faults", strings.Repeat("[", 100_000), 400, `decode body`},
		{"GET", "calls?path=%zz", "", 400, `invalid`},
		{"POST", "faults", `{"unknown":1}`, 400, `unknown is not known`},
		{"GET", "state", "", 200, `{"state":{"resets":0}}`},
		{"GET", "calls?path=/json", "", 200, `"body":{"a":"***","token":"•••"}`},
		{"POST", "reset", "", 200, `{}`},
		{"GET", "state", "", 200, `{"state":{"resets":1}}`},
		{"GET", "faults", "", 200, `{"faults":[]}`},
		{"POST", "faults", `{"drop_connection":true}`, 200, `{}`}, // does not apply to the control API
		{"DELETE", "faults", "", 200, `{}`},
		{"GET", "faults", "", 200, `{"faults":[]}`},
		{"GET", "calls?path=/json", "", 200, `{"calls":[]}`},
		{"GET", "calls?path=/state", "", 200, `{"calls":[]}`},
		{"GET", "nothing", "", 404, `{"error":"unknown route`},
	} {
		status, body := control(t, s, c.method, c.path, c.body, nil)
		if status != c.status || !strings.Contains(body, c.want) {
			t.Errorf("%s %s %s: status %d, %s; want %d, %s", c.method, c.path, c.body, status, body, c.status, c.want)
		}
	}
}

func TestControl_LocalRequestsOnly(t *testing.T) {
	s, _ := startServer(t, http.NotFound)
	for name, change := range map[string]func(*http.Request){
		"another host name": func(r *http.Request) { r.Host = "attacker.example" },
		"another origin":    func(r *http.Request) { r.Header.Set("Origin", "https://attacker.example") },
		"null origin":       func(r *http.Request) { r.Header.Set("Origin", "null") },
		"another site":      func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") },
	} {
		if status, _ := control(t, s, http.MethodGet, "faults", "", change); status != http.StatusForbidden {
			t.Errorf("%s: status %d", name, status)
		}
	}
	plainText := func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }
	if status, _ := control(t, s, http.MethodPost, "faults", "{}", plainText); status != http.StatusUnsupportedMediaType {
		t.Errorf("status %d for text/plain", status)
	}
}
