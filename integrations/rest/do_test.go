package rest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"foghorn/integrations/rest"
	"foghorn/integrations/rest/resttest"
)

type thing struct {
	Name string `json:"name"`
	Size int    `json:"size"`
}

// parseTestError reads {error, message} as a service might send them.
func parseTestError(_ int, h http.Header, body []byte) *rest.Error {
	var e struct {
		Code    string `json:"error"`
		Message string `json:"message"`
	}
	_ = json.Unmarshal(body, &e)
	return &rest.Error{Code: e.Code, Message: e.Message, RequestID: h.Get("X-Trace-Id")}
}

// newTestClient is a client of a server with this handler, below a path of its own.
func newTestClient(t *testing.T, h http.HandlerFunc) *rest.Client {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/base/") {
			t.Errorf("the base path is lost: %s", r.URL)
		}
		h(w, r)
	}))
	t.Cleanup(srv.Close)
	return &rest.Client{BaseURL: srv.URL + "/base/", HTTP: srv.Client(), ParseError: parseTestError}
}

func readThing(ctx context.Context, c *rest.Client) (thing, error) {
	return rest.Do[thing](ctx, c, `read thing "a"`, http.MethodGet, rest.Path("things", "a"), nil, nil)
}

func TestDo_RequestAndResponse(t *testing.T) {
	c := newTestClient(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if got, want := r.Method+" "+r.RequestURI+" "+string(body), `POST /base/things/a%2Fb?q=1+2 {"name":"x","size":2}`; got != want {
			t.Errorf("sent %s, want %s", got, want)
		}
		for k, want := range map[string]string{"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "foghorn", "Authorization": "Bearer t"} {
			if got := r.Header.Get(k); got != want {
				t.Errorf("%s: %q, want %q", k, got, want)
			}
		}
		_, _ = io.WriteString(w, `{"name":"y","size":3,"more":null}`)
	})
	c.Authorize = func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer t")
		return nil
	}
	var heard []string
	c.OnCall = func(purpose string, status int, _ time.Duration) {
		heard = append(heard, purpose+" "+http.StatusText(status))
	}
	got, err := rest.Do[thing](t.Context(), c, `make thing "a/b" at once`, http.MethodPost, rest.Path("things", "a/b"), url.Values{"q": {"1 2"}}, thing{"x", 2})
	if err != nil || got != (thing{"y", 3}) {
		t.Errorf("got %+v, %v", got, err)
	}
	if len(heard) != 1 || heard[0] != "make thing OK" {
		t.Errorf("OnCall heard %q", heard)
	}
}

func TestDo_ErrorText(t *testing.T) {
	big := strings.Repeat("x", rest.MaxErrorBytes)
	for name, tc := range map[string]struct {
		status           int
		header           map[string]string
		body             string
		want             string
		refused, limited bool
		retry            time.Duration
	}{
		"words": {status: 422, body: `{"error":"invalid_request","message":"no"}`, header: map[string]string{"X-Trace-Id": "1234"},
			want: `read thing "a": 422 invalid_request: no (trace 1234)`, refused: true},
		"no body":           {status: 404, want: `read thing "a": 404 Not Found`, refused: true},
		"HTML":              {status: 502, body: "<html>Bad gateway</html>", want: `read thing "a": 502 Bad Gateway`},
		"broken":            {status: 500, body: `{"error":`, want: `read thing "a": 500 Internal Server Error`},
		"not an object":     {status: 400, body: `[1]`, want: `read thing "a": 400 Bad Request`, refused: true},
		"too large":         {status: 400, body: `{"message":"` + big + `"}`, want: `read thing "a": 400 Bad Request`, refused: true},
		"control":           {status: 400, body: `{"message":"a\nb\u001b[31m"}`, want: `read thing "a": 400 Bad Request: a b [31m`, refused: true},
		"unknown status":    {status: 499, want: `read thing "a": 499`, refused: true},
		"limited":           {status: 429, header: map[string]string{"Retry-After": "7"}, want: `read thing "a": 429 Too Many Requests`, limited: true, retry: 7 * time.Second},
		"limited by Port":   {status: 429, header: map[string]string{"X-RateLimit-Reset": "9"}, want: `read thing "a": 429 Too Many Requests`, limited: true, retry: 9 * time.Second},
		"limited for ever":  {status: 429, header: map[string]string{"Retry-After": "1e300"}, want: `read thing "a": 429 Too Many Requests`, limited: true, retry: rest.MaxRetryAfter},
		"timed out there":   {status: 408, want: `read thing "a": 408 Request Timeout`},
		"too early":         {status: 425, want: `read thing "a": 425 Too Early`},
		"away":              {status: 503, header: map[string]string{"Retry-After": "2"}, want: `read thing "a": 503 Service Unavailable`, retry: 2 * time.Second},
		"redirect":          {status: 302, header: map[string]string{"Location": "/base/other"}, want: `read thing "a": 302 Found: redirect refused`},
		"not JSON":          {status: 200, body: "<html>", want: `read thing "a": 200 OK: the answer is not JSON, from byte 1 on`},
		"empty":             {status: 200, want: `read thing "a": 200 OK: the answer is not JSON, from byte 0 on`},
		"of another kind":   {status: 200, body: `{"size":"secret"}`, want: `read thing "a": 200 OK: the answer's field "size" is not a int`},
		"a number too many": {status: 200, body: `{} 1`, want: `read thing "a": 200 OK: the answer is not JSON, from byte 4 on`},
	} {
		t.Run(name, func(t *testing.T) {
			c := newTestClient(t, func(w http.ResponseWriter, _ *http.Request) {
				for k, v := range tc.header {
					w.Header().Set(k, v)
				}
				w.WriteHeader(tc.status)
				_, _ = io.WriteString(w, tc.body)
			})
			_, err := readThing(t.Context(), c)
			e, ok := errors.AsType[*rest.Error](err)
			if !ok {
				t.Fatalf("not a *rest.Error: %v", err)
			}
			if e.Error() != tc.want {
				t.Errorf("text\n%s\nwant\n%s", e, tc.want)
			}
			if e.Status != tc.status || rest.Status(err) != tc.status || e.Rejected() != tc.refused || e.RateLimited() != tc.limited || e.NotSent() || e.RetryAfter != tc.retry {
				t.Errorf("status %d refused %v limited %v not sent %v retry after %v", e.Status, e.Rejected(), e.RateLimited(), e.NotSent(), e.RetryAfter)
			}
		})
	}
}

func TestDo_ResponseTooLarge(t *testing.T) {
	c := newTestClient(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(bytes.Repeat([]byte(" "), 101))
	})
	c.MaxBody = 100
	_, err := readThing(t.Context(), c)
	if want := `read thing "a": 200 OK: the answer is larger than 100 bytes`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestDo_EmptyNeedsNoBody(t *testing.T) {
	c := newTestClient(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	if _, err := rest.Do[rest.Empty](t.Context(), c, "forget", http.MethodDelete, rest.Path("things", "a"), nil, nil); err != nil {
		t.Error(err)
	}
}

// What cannot have reached the service is told from what may have.
func TestIsNotSent_Causes(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := "http://" + ln.Addr().String()
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	unauthorized := errors.New("no key")
	for name, tc := range map[string]struct {
		c    *rest.Client
		path string
		sent bool
	}{
		"nobody listens":  {c: &rest.Client{BaseURL: gone}, path: "/a"},
		"not an address":  {c: &rest.Client{BaseURL: "http://user:pass word@h"}, path: "/a"},
		"no path":         {c: &rest.Client{BaseURL: gone}, path: rest.Path("things", "")},
		"not authorized":  {c: &rest.Client{BaseURL: gone, Authorize: func(context.Context, *http.Request) error { return unauthorized }}, path: "/a"},
		"connection lost": {c: newTestClient(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), path: "/a", sent: true},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := rest.Do[thing](t.Context(), tc.c, "make thing", http.MethodPost, tc.path, nil, thing{})
			e, ok := errors.AsType[*rest.Error](err)
			if !ok || e.NotSent() == tc.sent || e.Rejected() || e.Status != 0 {
				t.Errorf("got %v, not sent %v", err, ok && e.NotSent())
			}
			if strings.Contains(err.Error(), "pass word") {
				t.Errorf("the error holds the address: %v", err)
			}
		})
	}
}

// Over HTTP/2, which the real services speak, a lost answer is no less ambiguous.
func TestDo_ConnectionLostHTTP2(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 {
			t.Errorf("spoke %s", r.Proto)
		}
		if r.URL.Path == "/lost" {
			panic(http.ErrAbortHandler)
		}
		_, _ = io.WriteString(w, "{}")
	}))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	t.Cleanup(srv.Close)
	h := rest.NewHTTPClient()
	h.Transport.(*http.Transport).TLSClientConfig = srv.Client().Transport.(*http.Transport).TLSClientConfig
	t.Cleanup(h.CloseIdleConnections)
	c := &rest.Client{BaseURL: srv.URL, HTTP: h}
	for range 2 { // on a new connection, and on one that was used before
		_, err := rest.Do[thing](t.Context(), c, "make thing", http.MethodPost, "/lost", nil, thing{})
		if e, ok := errors.AsType[*rest.Error](err); !ok || e.NotSent() || e.Rejected() || e.Status != 0 {
			t.Errorf("lost: %v", err)
		}
		if _, err := rest.Do[thing](t.Context(), c, "make thing", http.MethodPost, "/made", nil, thing{}); err != nil {
			t.Error(err)
		}
	}
	// A certificate that nobody vouches for: the request never left.
	_, err := readThing(t.Context(), &rest.Client{BaseURL: srv.URL, HTTP: &http.Client{Transport: &http.Transport{}}})
	if e, ok := errors.AsType[*rest.Error](err); !ok || !e.NotSent() {
		t.Errorf("untrusted: %v", err)
	}
}

func TestDo_ContextErrors(t *testing.T) {
	begun := make(chan struct{}, 1)
	hang := func(_ http.ResponseWriter, r *http.Request) {
		begun <- struct{}{}
		<-r.Context().Done()
	}
	t.Run("canceled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-begun; cancel() }()
		_, err := readThing(ctx, newTestClient(t, hang))
		if !errors.Is(err, context.Canceled) || err.Error() != `read thing "a": context canceled` {
			t.Error(err)
		}
		if e, _ := errors.AsType[*rest.Error](err); e.NotSent() {
			t.Error("a request that was sent may have been done")
		}
	})
	t.Run("timeout", func(t *testing.T) {
		c := newTestClient(t, hang)
		c.HTTP.Timeout = 20 * time.Millisecond
		_, err := readThing(t.Context(), c)
		if !errors.Is(err, context.DeadlineExceeded) || err.Error() != `read thing "a": no answer in 20ms: context deadline exceeded` {
			t.Error(err)
		}
		<-begun
	})
	t.Run("before", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := readThing(ctx, newTestClient(t, hang)); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
}

func TestDo_ReauthorizesOnce(t *testing.T) {
	down := errors.New("down")
	for name, tc := range map[string]struct {
		better  bool
		failure error
		takes   int // how many refusals before the service takes the request
		calls   int
		status  int
		unsent  bool
	}{
		"renewed":         {better: true, takes: 1, calls: 2},
		"refused again":   {better: true, takes: 9, calls: 2, status: 401},
		"nothing better":  {takes: 1, calls: 1, status: 401},
		"cannot find out": {failure: down, takes: 1, calls: 1, unsent: true},
	} {
		t.Run(name, func(t *testing.T) {
			calls := 0
			c := newTestClient(t, func(w http.ResponseWriter, r *http.Request) {
				calls++
				if body, _ := io.ReadAll(r.Body); string(body) != `{"name":"x","size":0}` {
					t.Errorf("call %d sent %s", calls, body)
				}
				if calls <= tc.takes {
					w.WriteHeader(http.StatusUnauthorized)
					return
				}
				_, _ = io.WriteString(w, "{}")
			})
			c.Reauthorize = func(context.Context, *http.Request) (bool, error) { return tc.better, tc.failure }
			_, err := rest.Do[thing](t.Context(), c, "make thing", http.MethodPost, "/a", nil, thing{Name: "x"})
			if calls != tc.calls || rest.Status(err) != tc.status || !errors.Is(err, tc.failure) && tc.failure != nil {
				t.Errorf("%d calls, %v", calls, err)
			}
			if e, ok := errors.AsType[*rest.Error](err); ok && e.NotSent() != tc.unsent {
				t.Errorf("not sent: %v", e.NotSent())
			}
		})
	}
}

func TestPath_Escapes(t *testing.T) {
	for want, elems := range map[string][]string{
		"/v1/a%20b/%3Fc%23": {"v1", "a b", "?c#"},
		"/v1/..%2Fetc":      {"v1", "../etc"},
		"":                  {"v1", ".."},
	} {
		if got := rest.Path(elems...); got != want {
			t.Errorf("Path(%q) = %q, want %q", elems, got, want)
		}
	}
	if rest.Path("a", "") != "" || rest.Path(".") != "" {
		t.Error("an element that names nothing makes a path")
	}
}

func TestDo_ErrorsContainNoSecrets(t *testing.T) {
	resttest.CheckNoSecrets(t, "", "", []string{"t0p-s3cret"}, func(ctx context.Context, baseURL string, h *http.Client) error {
		c := &rest.Client{BaseURL: baseURL, HTTP: h, ParseError: parseTestError, Authorize: func(_ context.Context, r *http.Request) error {
			r.Header.Set("Authorization", "Bearer t0p-s3cret")
			return nil
		}}
		_, err := rest.Do[thing](ctx, c, "make thing", http.MethodPost, "/a", url.Values{"token": {"t0p-s3cret"}}, nil)
		return err
	})
}
