package port_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"foghorn/integrations/port"
	"foghorn/integrations/rest"
	"foghorn/integrations/rest/resttest"
)

const runJSON = `{"ok":true,"run":{"id":"r_1","status":"IN_PROGRESS"}}`

func TestCreateRun_ErrorText(t *testing.T) {
	for name, tc := range map[string]struct {
		status  int
		body    string
		want    string
		message string
	}{
		"code and message": {422, `{"ok":false,"error":"invalid_request","message":"\"severity\" must be equal to one of the allowed values"}`,
			`create run of action "x": 422 invalid_request: "severity" must be equal to one of the allowed values (trace 1234)`,
			`"severity" must be equal to one of the allowed values`},
		"details": {422, `{"ok":false,"error":"invalid_permissions","message":"You cannot","details":{"invalidProperties":[],"invalidRelations":["_x","_y"],"n":{"a":1}}}`,
			`create run of action "x": 422 invalid_permissions: You cannot; invalidRelations: _x, _y; n: {"a":1} (trace 1234)`, "You cannot"},
		"list of details": {422, `{"ok":false,"error":"e","details":["a",{"b":2},null]}`, `create run of action "x": 422 e: a; {"b":2} (trace 1234)`, ""},
		"object": {400, `{"ok":false,"error":{"name":"bad_provider","message":"No such provider","details":{"p":"q"}}}`,
			`create run of action "x": 400 bad_provider: No such provider; p: q (trace 1234)`, "No such provider"},
		"only a code":     {404, `{"ok":false,"error":"not_found"}`, `create run of action "x": 404 not_found (trace 1234)`, ""},
		"nulls":           {404, `{"ok":false,"error":null,"message":null,"details":null}`, `create run of action "x": 404 Not Found (trace 1234)`, ""},
		"wrong types":     {403, `{"ok":false,"error":7,"message":["x"],"details":"y"}`, `create run of action "x": 403 Forbidden (trace 1234)`, ""},
		"page of a proxy": {451, `<html>`, `create run of action "x": 451 Unavailable For Legal Reasons: a proxy or firewall answered instead of Port (text/html)`, ""},
		"HTML":            {502, `<html>`, `create run of action "x": 502 Bad Gateway`, ""},
		"no run":          {202, `{"ok":true}`, `create run of action "x": 202 Accepted: the response has no run`, ""},
		"null run":        {202, `{"ok":true,"run":null}`, `create run of action "x": 202 Accepted: the response has no run`, ""},
		"wrong run type":  {202, `{"ok":true,"run":"r_1"}`, `create run of action "x": 202 Accepted: the response has no run`, ""},
		"incomplete JSON": {202, `{"ok":true,"run":{`, `create run of action "x": 202 Accepted: the response is not valid JSON at byte 18`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStubServer(t)
			s.respond("POST /v1/actions/x/runs", tc.status, tc.body)
			_, err := s.newClient().CreateRun(t.Context(), port.RunRequest{Action: "x"})
			e, ok := errors.AsType[*rest.Error](err)
			if !ok {
				t.Fatalf("not a *rest.Error: %v", err)
			}
			if e.Error() != tc.want || e.Message != tc.message || e.Status != tc.status {
				t.Errorf("got\n%s\nwant\n%s\nmessage %q", e, tc.want, e.Message)
			}
		})
	}
}

// TestCreateRun_ErrorRedactsInputs: Port quotes inputs in errors. A person may read them, a log must not contain them.
func TestCreateRun_ErrorRedactsInputs(t *testing.T) {
	s := newStubServer(t)
	s.respond("POST /v1/actions/x/runs", 422, `{"ok":false,"error":"invalid_request","message":"title \"the vault is open\" is too long"}`)
	_, err := s.newClient().CreateRun(t.Context(), port.RunRequest{Action: "x", Properties: map[string]any{"title": "the vault is open"}})
	e, _ := errors.AsType[*rest.Error](err)
	if want := `create run of action "x": 422 invalid_request: title "[...]" is too long`; e == nil || e.Error() != want+" (trace 1234)" {
		t.Errorf("got %v, want %s", err, want)
	}
	if e.Message != `title "the vault is open" is too long` {
		t.Errorf("the message is %q", e.Message)
	}
}

func TestClient_ErrorsContainNoSecrets(t *testing.T) {
	const path = "/v1/auth/access_token"
	const tokenResponse = `{"ok":true,"accessToken":"t0ken-of-port","expiresIn":10800,"tokenType":"Bearer"}`
	secrets := []string{"t0ken-of-port", "s3cr3t-0f-foghorn"}
	client := func(baseURL string, h *http.Client) *port.Client {
		return port.New(port.Config{BaseURL: baseURL, ClientID: "id", ClientSecret: "s3cr3t-0f-foghorn", HTTP: h})
	}
	t.Run("CreateRun", func(t *testing.T) {
		inputs := []string{"the \"vault\"\nis open", "vault", "deep within", "a b/c?d&e"}
		resttest.CheckNoSecrets(t, path, tokenResponse, append(inputs, secrets...), func(ctx context.Context, baseURL string, h *http.Client) error {
			_, err := client(baseURL, h).CreateRun(ctx, port.RunRequest{Action: "x", Properties: map[string]any{
				"description": inputs[0], "list": []any{inputs[2], 1}, "map": map[string]any{"k": inputs[3]},
			}})
			return err
		})
	})
	t.Run("CreateSecret", func(t *testing.T) {
		resttest.CheckNoSecrets(t, path, tokenResponse, append(secrets, "inc_0123456789"), func(ctx context.Context, baseURL string, h *http.Client) error {
			c := client(baseURL, h)
			err := c.Definitions().CreateSecret(ctx, "KEY", "inc_0123456789", "")
			if err == nil { // the body of the response is ignored
				_, err = c.Definitions().GetSecret(ctx, "KEY")
			}
			return err
		})
	})
	t.Run("UpdateSecret", func(t *testing.T) {
		resttest.CheckNoSecrets(t, path, tokenResponse, append(secrets, "inc_0123456789"), func(ctx context.Context, baseURL string, h *http.Client) error {
			c := client(baseURL, h)
			err := c.Definitions().UpdateSecret(ctx, "KEY", "inc_0123456789")
			if err == nil {
				_, err = c.Definitions().GetSecret(ctx, "KEY")
			}
			return err
		})
	})
	t.Run("Check", func(t *testing.T) {
		resttest.CheckNoSecrets(t, "", "", secrets, func(ctx context.Context, baseURL string, h *http.Client) error {
			return client(baseURL, h).CheckCredentials(ctx)
		})
	})
}

func TestCheckCredentials_Errors(t *testing.T) {
	for name, tc := range map[string]struct {
		status      int
		body        string
		credentials bool // the error is ErrCredentials
		ok          bool
	}{
		"accepted":       {200, `{"accessToken":"t","expiresIn":1,"tokenType":"Bearer"}`, false, true},
		"refused":        {401, `{"ok":false,"error":"invalid_credentials","message":"Invalid credentials"}`, true, false},
		"unknown client": {404, `{"ok":false,"error":"not_found"}`, true, false},
		"malformed":      {422, `{"ok":false,"error":"invalid_request"}`, true, false},
		"wrong base URL": {404, "<html>", false, false},
		"401 of a proxy": {401, "<html>", false, false},
		"403 of a proxy": {403, `{"message":"blocked"}`, false, false},
		"not allowed":    {403, `{"ok":false,"error":"forbidden","message":"IP not whitelisted"}`, false, false},
		"rate limited":   {429, `{"ok":false}`, false, false},
		"down":           {503, "", false, false},
		"no token":       {200, `{"ok":true}`, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStubServer(t)
			s.respond(tokenRoute, tc.status, tc.body)
			c := s.newClient()
			err := c.CheckCredentials(t.Context())
			if (err == nil) != tc.ok || errors.Is(err, port.ErrCredentials) != tc.credentials {
				t.Errorf("Check: %v", err)
			}
			if tc.ok {
				return
			}
			// A run that was not requested must not look rejected: it can be requested later.
			_, err = c.CreateRun(t.Context(), port.RunRequest{Action: "x"})
			if rest.IsRejected(err) || rest.IsRateLimited(err) || !rest.IsNotSent(err) || errors.Is(err, port.ErrCredentials) != tc.credentials {
				t.Errorf("CreateRun: %v", err)
			}
		})
	}
}

// TestClient_SharesOneToken: all callers share one token, and one of them fetches the next when Port rejects it.
func TestClient_SharesOneToken(t *testing.T) {
	s := newStubServer(t)
	s.respond("POST /v1/actions/x/runs", 202, runJSON)
	s.respond("GET /v1/actions/runs/r_1", 200, runJSON)
	c := s.newClient()
	callAll := func() {
		var callers sync.WaitGroup
		for n := range 50 {
			callers.Go(func() {
				var err error
				if n%2 == 0 {
					_, err = c.CreateRun(t.Context(), port.RunRequest{Action: "x"})
				} else {
					_, err = c.GetRun(t.Context(), "r_1")
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
		callers.Wait()
	}
	callAll()
	if _, n := s.calls(); n != 1 {
		t.Errorf("%d token requests, want 1", n)
	}
	s.replaceToken("token-2")
	callAll()
	if _, n := s.calls(); n != 2 {
		t.Errorf("%d token requests after the first token was revoked, want 2", n)
	}
}

// TestClient_TokensRevokedUnderLoad: calls succeed while tokens are revoked all the time.
func TestClient_TokensRevokedUnderLoad(t *testing.T) {
	s := newStubServer(t)
	s.respond("GET /v1/actions/runs/r_1", 200, runJSON)
	c := s.newClient()
	var rejected atomic.Int64
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			for n := range 50 {
				if n%10 == 5 {
					s.replaceToken(fmt.Sprintf("token-%p-%d", &n, n))
				}
				_, err := c.GetRun(t.Context(), "r_1")
				if rest.Status(err) == http.StatusUnauthorized {
					rejected.Add(1) // revoked twice within one call
				} else if err != nil {
					t.Error(err)
				}
			}
		})
	}
	callers.Wait()
	if n := rejected.Load(); n > 100 {
		t.Errorf("%d of 400 calls were rejected", n)
	}
	if _, err := c.GetRun(t.Context(), "r_1"); err != nil {
		t.Errorf("after the load: %v", err)
	}
}

// TestClient_NewTokenRejected: a request is sent at most twice if Port rejects every token.
func TestClient_NewTokenRejected(t *testing.T) {
	s := newStubServer(t)
	n := 0
	s.handlers[tokenRoute] = func(w http.ResponseWriter, _ *http.Request) {
		n++
		_, _ = fmt.Fprintf(w, `{"accessToken":"wrong-%d","expiresIn":100}`, n)
	}
	_, err := s.newClient().CreateRun(t.Context(), port.RunRequest{Action: "x"})
	if requests, n := s.calls(); rest.Status(err) != 401 || len(requests) != 2 || n != 2 {
		t.Errorf("%d requests, %d token requests: %v", len(requests), n, err)
	}
}

// TestClient_ReauthorizeFails: Port rejected the request, so it was not carried out and can be repeated later.
func TestClient_ReauthorizeFails(t *testing.T) {
	s := newStubServer(t)
	s.respond("POST /v1/actions/x/runs", 202, runJSON)
	c := s.newClient()
	if _, err := c.CreateRun(t.Context(), port.RunRequest{Action: "x"}); err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	s.token = "another"
	s.respond(tokenRoute, 401, `{"ok":false,"error":"invalid_credentials"}`)
	s.mu.Unlock()
	_, err := c.CreateRun(t.Context(), port.RunRequest{Action: "x"})
	if !errors.Is(err, port.ErrCredentials) || rest.IsRejected(err) || !rest.IsNotSent(err) {
		t.Error(err)
	}
	if want := `create run of action "x": get an access token: 401 invalid_credentials: invalid client id or secret (trace 1234)`; err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

// TestCreateRun_ResponseLost: the run exists, but its response is lost. The error must not look as if nothing was done.
func TestCreateRun_ResponseLost(t *testing.T) {
	handlers := map[string]http.HandlerFunc{
		"disconnected": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"bad gateway":  func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<html>", http.StatusBadGateway) },
		"disconnected within the body": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			w.WriteHeader(http.StatusAccepted)
			_, _ = fmt.Fprint(w, runJSON[:20])
		},
		"too large": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusAccepted)
			_, _ = fmt.Fprint(w, strings.Repeat(" ", 8<<20+1))
		},
	}
	for name, handler := range handlers {
		t.Run(name, func(t *testing.T) {
			s := newStubServer(t)
			var made atomic.Int64
			s.handlers["POST /v1/actions/x/runs"] = func(w http.ResponseWriter, r *http.Request) { made.Add(1); handler(w, r) }
			_, err := s.newClient().CreateRun(t.Context(), port.RunRequest{Action: "x"})
			if err == nil || rest.IsRejected(err) || rest.IsRateLimited(err) || rest.IsNotSent(err) {
				t.Errorf("the error says that nothing was done: %v", err)
			}
			if made.Load() != 1 {
				t.Errorf("%d requests, want 1", made.Load())
			}
		})
	}
}

func TestClient_ConnectionRefused(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	srv.Close()
	_, err := port.New(port.Config{BaseURL: srv.URL}).GetRun(t.Context(), "r_1")
	if !rest.IsNotSent(err) || !strings.Contains(err.Error(), "connection refused") {
		t.Error(err)
	}
}
