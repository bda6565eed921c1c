package porttest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"foghorn/integrations/port/porttest"
	"foghorn/manifests"
)

// regexp2 ends its clock a second after the last match.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(shapeRun{m}, goleak.IgnoreAnyFunction("github.com/dlclark/regexp2.runClock"))
}

// A fixture is an emulator with the user alice@example.com, and a client of its API.
type fixture struct {
	*porttest.Server
	t     *testing.T
	http  *http.Client
	token string
}

func newFixture(t *testing.T, cfg porttest.Config) *fixture {
	t.Helper()
	d := &fixture{Server: porttest.New(t, cfg), t: t, http: &http.Client{Transport: &http.Transport{}, Timeout: 10 * time.Second}}
	t.Cleanup(d.http.CloseIdleConnections)
	d.AddUser("alice@example.com", "sre")
	d.login()
	return d
}

func (d *fixture) login() {
	d.t.Helper()
	_, _, body := d.do("POST", "/v1/auth/access_token", fmt.Sprintf(`{"clientId":%q,"clientSecret":%q}`, d.ClientID, d.ClientSecret))
	d.token, _ = body["accessToken"].(string)
	if d.token == "" || body["tokenType"] != "Bearer" || body["ok"] != true {
		d.t.Fatalf("no token: %v", body)
	}
}

func (d *fixture) do(method, path, body string) (int, http.Header, map[string]any) {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), method, d.URL()+path, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	if d.token != "" {
		r.Header.Set("Authorization", d.token)
	}
	res, err := d.http.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	data, _ := io.ReadAll(res.Body)
	var out map[string]any
	if err := json.Unmarshal(data, &out); err != nil {
		d.t.Fatalf("%s %s: %d %q is not JSON", method, path, res.StatusCode, data)
	}
	if res.Header.Get("X-Trace-Id") == "" || res.Header.Get("X-Ratelimit-Remaining") == "" {
		d.t.Errorf("%s %s: headers %v", method, path, res.Header)
	}
	if out["ok"] != (res.StatusCode < 400) {
		d.t.Errorf("%s %s: %d says ok: %v", method, path, res.StatusCode, out["ok"])
	}
	checkShape(d.t, method, path, res.StatusCode, out)
	return res.StatusCode, res.Header, out
}

func toJSON(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// expectStatus calls the API, checks the status and returns the value at a path of keys in the answer.
func (d *fixture) expectStatus(method, path, body string, want int, keys ...string) any {
	d.t.Helper()
	status, _, out := d.do(method, path, body)
	if status != want {
		d.t.Fatalf("%s %s %s: %d %v, want %d", method, path, body, status, out, want)
	}
	return valueAt(out, keys...)
}

// expectError calls the API and checks the error: its status, its code and a part of its message.
func (d *fixture) expectError(method, path, body string, want int, code, text string) {
	d.t.Helper()
	status, _, out := d.do(method, path, body)
	message, _ := out["message"].(string)
	if status != want || out["error"] != code || !strings.Contains(message, text) {
		d.t.Errorf("%s %s %s: %d %v; want %d %s %q", method, path, body, status, out, want, code, text)
	}
}

func (d *fixture) must(errs ...error) {
	d.t.Helper()
	for _, err := range errs {
		if err != nil {
			d.t.Fatal(err)
		}
	}
}

// runAction starts a run and waits until it has a status.
func (d *fixture) runAction(action, body, status string) porttest.Run {
	d.t.Helper()
	id, _ := d.expectStatus("POST", "/v1/actions/"+action+"/runs?run_as=alice@example.com", body, 202, "run", "id").(string)
	r, err := d.WaitRun(withTimeout(d.t), id, status)
	if err != nil {
		now, _ := d.Run(id)
		d.t.Fatalf("%v: %+v", err, now)
	}
	return r
}

// withTimeout returns a context that ends before the timeout of the test, so that the test reports where it waits.
func withTimeout(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// valueAt returns the value at a path of keys, or nil.
func valueAt(v any, keys ...string) any {
	for _, k := range keys {
		m, _ := v.(map[string]any)
		v = m[k]
	}
	return v
}

// expectFields compares the values at dotted paths of a JSON value.
func expectFields(t *testing.T, got any, want map[string]any) {
	t.Helper()
	for path, value := range want {
		if v := valueAt(got, strings.Split(path, ".")...); !reflect.DeepEqual(v, value) {
			t.Errorf("%s is %v, want %v, in %v", path, v, value, got)
		}
	}
}

// A backend answers every webhook with the same answer, and sends the requests to a channel.
type backend struct {
	*httptest.Server
	requests chan receivedRequest
}

type receivedRequest struct {
	*http.Request
	body []byte
}

func (r receivedRequest) json(t *testing.T) (out map[string]any) {
	t.Helper()
	if err := json.Unmarshal(r.body, &out); err != nil {
		t.Fatalf("%v in %q", err, r.body)
	}
	return out
}

func newBackend(t *testing.T, status int, body string) *backend {
	t.Helper()
	b := &backend{requests: make(chan receivedRequest, 100)}
	b.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(data))
		b.requests <- receivedRequest{r, data}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(b.Close)
	return b
}

func rawJSON(format string, args ...any) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(format, args...))
}

const incidentResponse = `{"incident":{"id":"01J","name":"API down","permalink":"https://app.incident.io/acme/incidents/01J","created_at":"2026-01-02T03:04:05Z",
	"incident_status":{"name":"Investigating"},"severity":{"name":"Major"},"visibility":"public","creator":{"api_key":{"name":"Port"}}}}`

// newGuideFixture has the definitions of Port's guide, and a backend in place of incident.io.
func newGuideFixture(t *testing.T, status int, body string) (*fixture, *backend) {
	t.Helper()
	b := newBackend(t, status, body)
	d := newFixture(t, porttest.Config{RewriteURL: func(url string) string { return strings.Replace(url, "https://api.incident.io", b.URL, 1) }})
	set := manifests.Guide()
	d.must(d.PutBlueprint(set.Blueprint), d.PutAction(set.Action), d.PutAction(set.Automation))
	d.SetSecret(manifests.SecretName, "inc-secret-value")
	return d, b
}

const serviceBlueprint = `{"identifier":"service","schema":{"properties":{"tier":{"type":"number"}}},"relations":{"on":{"target":"service","many":true}}}`
