package testenv

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"time"
)

// WebhookSecret signs the calls of SendWebhook.
const WebhookSecret = "a secret that Port shares"

// ServeHTTP runs the bot's HTTP server until the test ends, and returns its address.
func (e *Env) ServeHTTP() string { return e.ServeHTTPWithSecret(WebhookSecret) }

// ServeHTTPWithSecret is ServeHTTP with another secret of the webhook.
func (e *Env) ServeHTTPWithSecret(secret string) string {
	e.t.Helper()
	listener := httptest.NewServer(e.Bot.HTTPHandler(secret))
	e.t.Cleanup(listener.Close)
	return listener.URL
}

// SendWebhook calls the webhook as Port does, signed at a time, and returns the status.
func (e *Env) SendWebhook(base, body, secret string, at time.Time) int {
	e.t.Helper()
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp + "." + body))
	req, err := http.NewRequestWithContext(e.t.Context(), http.MethodPost, base+"/port/runs", strings.NewReader(body))
	if err != nil {
		e.t.Fatal(err)
	}
	req.Header.Set("X-Port-Timestamp", stamp)
	req.Header.Set("X-Port-Signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		e.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	return res.StatusCode
}

// Get is the status and the body of a page.
func (e *Env) Get(url string) (int, string) {
	e.t.Helper()
	req, err := http.NewRequestWithContext(e.t.Context(), http.MethodGet, url, nil)
	if err != nil {
		e.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		e.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		e.t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// Readiness reads /readyz, and checks that its status and its JSON agree.
func (e *Env) Readiness(base string) (ok bool, problems, warnings map[string]string) {
	e.t.Helper()
	status, body := e.Get(base + "/readyz")
	var answer struct {
		OK       bool
		Errors   map[string]string
		Warnings map[string]string
	}
	if err := json.Unmarshal([]byte(body), &answer); err != nil {
		e.t.Fatalf("%v: %s", err, body)
	}
	if answer.OK != (status == http.StatusOK) || answer.OK != (len(answer.Errors) == 0) || !answer.OK && status != http.StatusServiceUnavailable {
		e.t.Fatalf("/readyz: %d %s", status, body)
	}
	return answer.OK, answer.Errors, answer.Warnings
}

// ExpectHealthy checks /healthz.
func (e *Env) ExpectHealthy(base string) {
	e.t.Helper()
	if status, body := e.Get(base + "/healthz"); status != http.StatusOK {
		e.t.Errorf("/healthz: %d %s", status, body)
	}
}

// WaitReady waits until /readyz reports that the bot is ready.
func (e *Env) WaitReady(base string) {
	e.t.Helper()
	e.WaitFor("the bot is ready", func() bool { ok, _, _ := e.Readiness(base); return ok })
}
