package bot

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sirupsen/logrus"

	"foghorn/bot/dialog"
	"foghorn/integrations/port"
)

// definedPort has the definition of every action.
type definedPort struct{ dialog.Port }

func (definedPort) GetAction(context.Context, string) (port.Action, error) {
	return port.Action{Raw: json.RawMessage(`{"identifier":"act","trigger":{"type":"self-service","operation":"CREATE","userInputs":{"properties":{}}}}`)}, nil
}

// callPort makes a call of Port that is answered with a status and a body, and returns its error; "" is no answer.
func callPort(t *testing.T, status int, body string) error {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/v1/auth/access_token" {
			_, _ = w.Write([]byte(`{"ok":true,"accessToken":"t","expiresIn":3600}`))
			return
		}
		if body == "" {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	defer server.Close()
	var result error
	client := port.New(port.Config{BaseURL: server.URL, ClientID: "id", ClientSecret: "secret", OnCall: func(_ string, _ int, _ time.Duration, err error) { result = err }})
	_, _ = client.GetAction(t.Context(), "act")
	return result
}

// TestCheckPort_FailingCalls has calls fail while the definition of the action is known.
func TestCheckPort_FailingCalls(t *testing.T) {
	for name, c := range map[string]struct {
		err    error
		outage bool
	}{
		"503 of Port":     {callPort(t, 503, `{"ok":false,"error":"internal_error","message":"away"}`), true},
		"no answer":       {callPort(t, 0, ""), true},
		"page of a proxy": {callPort(t, 403, "<html>blocked</html>"), true},
		"not found":       {callPort(t, 404, `{"ok":false,"error":"not_found","message":"no run"}`), false},
		"refused inputs":  {callPort(t, 422, `{"ok":false,"error":"invalid_request","message":"severity"}`), false},
		"too many calls":  {callPort(t, 429, `{"ok":false,"error":"rate_limit","message":"slow down"}`), false},
		"canceled":        {context.Canceled, false},
		"timeout":         {context.DeadlineExceeded, true},
	} {
		t.Run(name, func(t *testing.T) {
			if c.err == nil {
				t.Fatal("the call did not fail")
			}
			synctest.Test(t, func(t *testing.T) {
				b := &Bot{cfg: Config{Metrics: NewMetrics()}}
				b.dialog = dialog.New(dialog.Config{Port: definedPort{}, Action: "act", Log: logrus.NewEntry(logrus.New())})
				ctx, stop := context.WithCancel(t.Context())
				defer stop()
				go func() { _ = b.dialog.Run(ctx) }()
				synctest.Wait()
				fail := func() { b.cfg.Metrics.PortCall("create run of action", 0, 10*time.Second, c.err) }
				expect := func(when string, want bool) {
					t.Helper()
					if err := b.checkPort(); (err != nil) != want || want && !errors.Is(err, c.err) {
						t.Errorf("%s: %v, want an outage: %v", when, err, want)
					}
				}
				fail()
				expect("after one failure", false)
				time.Sleep(time.Minute)
				expect("after one failure and a minute without a call", false)
				b.cfg.Metrics.PortCall("read run", 200, time.Second, nil)
				fail()
				time.Sleep(20 * time.Second)
				fail()
				expect("after 30 seconds", false)
				time.Sleep(31 * time.Second)
				fail()
				expect("after a minute", c.outage)
				b.cfg.Metrics.PortCall("read run", 200, time.Second, nil)
				expect("after a success", false)
			})
		})
	}
}
