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

func TestClient_OperationsDocumented(t *testing.T) {
	resttest.CheckOperations(t, "../../../shared/spec/port-openapi.json", 22)
}

func TestCreateRun_ErrorText(t *testing.T) {
	for name, tc := range map[string]struct {
		status  int
		body    string
		want    string
		message string
	}{
		"words": {422, `{"ok":false,"error":"invalid_request","message":"\"severity\" must be equal to one of the allowed values"}`,
			`create run of action "x": 422 invalid_request: "severity" must be equal to one of the allowed values (trace 1234)`,
			`"severity" must be equal to one of the allowed values`},
		"details": {422, `{"ok":false,"error":"invalid_permissions","message":"You cannot","details":{"invalidProperties":[],"invalidRelations":["_x","_y"],"n":{"a":1}}}`,
			`create run of action "x": 422 invalid_permissions: You cannot; invalidRelations: _x, _y; n: {"a":1} (trace 1234)`, "You cannot"},
		"list of details": {422, `{"error":"e","details":["a",{"b":2},null]}`, `create run of action "x": 422 e: a; {"b":2} (trace 1234)`, ""},
		"object": {400, `{"ok":false,"error":{"name":"bad_provider","message":"No such provider","details":{"p":"q"}}}`,
			`create run of action "x": 400 bad_provider: No such provider; p: q (trace 1234)`, "No such provider"},
		"code alone":  {404, `{"ok":false,"error":"not_found"}`, `create run of action "x": 404 not_found (trace 1234)`, ""},
		"nulls":       {404, `{"ok":false,"error":null,"message":null,"details":null}`, `create run of action "x": 404 Not Found (trace 1234)`, ""},
		"other kinds": {403, `{"error":7,"message":["x"],"details":"y"}`, `create run of action "x": 403 Forbidden (trace 1234)`, ""},
		"HTML":        {502, `<html>`, `create run of action "x": 502 Bad Gateway`, ""},
		"no run":      {202, `{"ok":true}`, `create run of action "x": 202 Accepted: the answer holds no run`, ""},
		"null run":    {202, `{"ok":true,"run":null}`, `create run of action "x": 202 Accepted: the answer holds no run`, ""},
		"odd run":     {202, `{"ok":true,"run":"r_1"}`, `create run of action "x": 202 Accepted: the answer holds no run`, ""},
		"broken":      {202, `{"ok":true,"run":{`, `create run of action "x": 202 Accepted: the answer is not JSON, from byte 18 on`, ""},
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

// Port quotes what a person typed: the person may read it, a log may not.
func TestCreateRun_ErrorRedactsInputs(t *testing.T) {
	s := newStubServer(t)
	s.respond("POST /v1/actions/x/runs", 422, `{"ok":false,"error":"invalid_request","message":"title \"the vault is open\" is too long"}`)
	_, err := s.newClient().CreateRun(t.Context(), port.RunRequest{Action: "x", Properties: map[string]any{"title": "the vault is open"}})
	e, _ := errors.AsType[*rest.Error](err)
	if want := `create run of action "x": 422 invalid_request: title "[...]" is too long`; e == nil || e.Error() != want+" (trace 1234)" {
		t.Errorf("got %v, want %s", err, want)
	}
	if e.Message != `title "the vault is open" is too long` {
		t.Errorf("the person reads %q", e.Message)
	}
}

func TestClient_ErrorsContainNoSecrets(t *testing.T) {
	const path = "/v1/auth/access_token"
	const grant = `{"ok":true,"accessToken":"t0ken-of-port","expiresIn":10800,"tokenType":"Bearer"}`
	secrets := []string{"t0ken-of-port", "s3cr3t-0f-foghorn"}
	client := func(baseURL string, h *http.Client) *port.Client {
		return port.New(port.Config{BaseURL: baseURL, ClientID: "id", ClientSecret: "s3cr3t-0f-foghorn", HTTP: h})
	}
	t.Run("CreateRun", func(t *testing.T) {
		typed := []string{"the \"vault\"\nis open", "vault", "deep within", "a b/c?d&e"}
		resttest.CheckNoSecrets(t, path, grant, append(typed, secrets...), func(ctx context.Context, baseURL string, h *http.Client) error {
			_, err := client(baseURL, h).CreateRun(ctx, port.RunRequest{Action: "x", Properties: map[string]any{
				"description": typed[0], "list": []any{typed[2], 1}, "map": map[string]any{"k": typed[3]},
			}})
			return err
		})
	})
	t.Run("CreateSecret", func(t *testing.T) {
		resttest.CheckNoSecrets(t, path, grant, append(secrets, "inc_0123456789"), func(ctx context.Context, baseURL string, h *http.Client) error {
			c := client(baseURL, h)
			err := c.CreateSecret(ctx, "KEY", "inc_0123456789", "")
			if err == nil { // nobody reads the answer
				_, err = c.GetSecret(ctx, "KEY")
			}
			return err
		})
	})
	t.Run("UpdateSecret", func(t *testing.T) {
		resttest.CheckNoSecrets(t, path, grant, append(secrets, "inc_0123456789"), func(ctx context.Context, baseURL string, h *http.Client) error {
			c := client(baseURL, h)
			err := c.UpdateSecret(ctx, "KEY", "inc_0123456789")
			if err == nil {
				_, err = c.GetSecret(ctx, "KEY")
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
		credentials bool // they are wrong
		ok          bool
	}{
		"right":         {200, `{"accessToken":"t","expiresIn":1,"tokenType":"Bearer"}`, false, true},
		"wrong":         {401, `{"ok":false,"error":"invalid_credentials","message":"Invalid credentials"}`, true, false},
		"unknown":       {404, `{"ok":false,"error":"not_found"}`, true, false},
		"malformed":     {422, `{"ok":false,"error":"invalid_request"}`, true, false},
		"wrong address": {404, "<html>", false, false},
		"not allowed":   {403, `{"ok":false,"error":"forbidden","message":"IP not whitelisted"}`, false, false},
		"limited":       {429, `{"ok":false}`, false, false},
		"down":          {503, "", false, false},
		"no token":      {200, `{"ok":true}`, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStubServer(t)
			s.respond("POST /v1/auth/access_token", tc.status, tc.body)
			c := s.newClient()
			err := c.CheckCredentials(t.Context())
			if (err == nil) != tc.ok || errors.Is(err, port.ErrCredentials) != tc.credentials {
				t.Errorf("Check: %v", err)
			}
			if tc.ok {
				return
			}
			// A run that was not asked for must not look refused: it can be asked for later.
			_, err = c.CreateRun(t.Context(), port.RunRequest{Action: "x"})
			e, ok := errors.AsType[*rest.Error](err)
			if !ok || e.Rejected() || e.RateLimited() || !e.NotSent() || errors.Is(err, port.ErrCredentials) != tc.credentials {
				t.Errorf("CreateRun: %v", err)
			}
		})
	}
}

// A token is fetched once for all, and once more when Port takes it back.
func TestClient_SharesOneToken(t *testing.T) {
	s := newStubServer(t)
	s.respond("POST /v1/actions/x/runs", 202, runJSON)
	s.respond("GET /v1/actions/runs/r_1", 200, runJSON)
	c := s.newClient()
	all := func() {
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
	all()
	if _, granted := s.calls(); granted != 1 {
		t.Errorf("asked for a token %d times, want 1", granted)
	}
	s.replaceToken("token-2")
	all()
	if _, granted := s.calls(); granted != 2 {
		t.Errorf("after it was revoked: asked for a token %d times, want 2", granted)
	}
}

// Tokens are revoked all the time while many call.
func TestClient_TokensRevokedUnderLoad(t *testing.T) {
	s := newStubServer(t)
	s.respond("GET /v1/actions/runs/r_1", 200, runJSON)
	c := s.newClient()
	var refused atomic.Int64
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			for n := range 50 {
				if n%10 == 5 {
					s.replaceToken(fmt.Sprintf("token-%p-%d", &n, n))
				}
				_, err := c.GetRun(t.Context(), "r_1")
				if rest.Status(err) == http.StatusUnauthorized {
					refused.Add(1) // revoked twice within one call
				} else if err != nil {
					t.Error(err)
				}
			}
		})
	}
	callers.Wait()
	if n := refused.Load(); n > 100 {
		t.Errorf("%d of 400 calls refused", n)
	}
	if _, err := c.GetRun(t.Context(), "r_1"); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// A 401 that another token does not mend is asked once more and no oftener.
func TestClient_NewTokenRejected(t *testing.T) {
	s := newStubServer(t)
	n := 0
	s.handlers["POST /v1/auth/access_token"] = func(w http.ResponseWriter, _ *http.Request) {
		n++
		_, _ = fmt.Fprintf(w, `{"accessToken":"wrong-%d","expiresIn":100}`, n)
	}
	_, err := s.newClient().CreateRun(t.Context(), port.RunRequest{Action: "x"})
	if calls, granted := s.calls(); rest.Status(err) != 401 || len(calls) != 2 || granted != 2 {
		t.Errorf("%d calls, %d tokens: %v", len(calls), granted, err)
	}
}

// The renewal fails: the run was turned away, so it can be asked for later.
func TestClient_ReauthorizeFails(t *testing.T) {
	s := newStubServer(t)
	s.respond("POST /v1/actions/x/runs", 202, runJSON)
	c := s.newClient()
	if _, err := c.CreateRun(t.Context(), port.RunRequest{Action: "x"}); err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	s.token = "another"
	s.respond("POST /v1/auth/access_token", 401, `{"ok":false,"error":"invalid_credentials"}`)
	s.mu.Unlock()
	_, err := c.CreateRun(t.Context(), port.RunRequest{Action: "x"})
	e, ok := errors.AsType[*rest.Error](err)
	if !ok || !errors.Is(err, port.ErrCredentials) || e.Rejected() || !e.NotSent() {
		t.Error(err)
	}
	if want := `create run of action "x": get an access token: 401 invalid_credentials: the client id and secret are refused (trace 1234)`; err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

// The run is made, and the answer is lost: nobody may take that for a refusal.
func TestCreateRun_ResponseLost(t *testing.T) {
	lose := map[string]http.HandlerFunc{
		"cut":         func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"bad gateway": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "<html>", http.StatusBadGateway) },
		"half": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			w.WriteHeader(http.StatusAccepted)
			_, _ = fmt.Fprint(w, runJSON[:20])
		},
		"huge": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusAccepted)
			_, _ = fmt.Fprint(w, strings.Repeat(" ", rest.MaxResponseBytes+1))
		},
	}
	for name, answer := range lose {
		t.Run(name, func(t *testing.T) {
			s := newStubServer(t)
			var made atomic.Int64
			s.handlers["POST /v1/actions/x/runs"] = func(w http.ResponseWriter, r *http.Request) { made.Add(1); answer(w, r) }
			_, err := s.newClient().CreateRun(t.Context(), port.RunRequest{Action: "x"})
			e, ok := errors.AsType[*rest.Error](err)
			if !ok || e.Rejected() || e.RateLimited() || e.NotSent() {
				t.Errorf("looks as if nothing was done: %v", err)
			}
			if made.Load() != 1 {
				t.Errorf("the run was asked for %d times", made.Load())
			}
		})
	}
}

func TestClient_ConnectionRefused(t *testing.T) {
	srv := httptest.NewServer(http.NotFoundHandler())
	srv.Close()
	_, err := port.New(port.Config{BaseURL: srv.URL}).GetRun(t.Context(), "r_1")
	if e, ok := errors.AsType[*rest.Error](err); !ok || !e.NotSent() || !strings.Contains(err.Error(), "connection refused") {
		t.Error(err)
	}
}
