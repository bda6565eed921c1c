package rest_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"foghorn/integrations/rest"
	"foghorn/integrations/rest/resttest"
)

type thing struct {
	Name string `json:"name"`
	Size int    `json:"size"`
}

// parseTestError reads an error body of the form {"error": code, "message": text}.
func parseTestError(_ int, h http.Header, body []byte) *rest.Error {
	var e struct {
		Code    *string `json:"error"`
		Message string  `json:"message"`
	}
	if json.Unmarshal(body, &e) != nil || e.Code == nil {
		return nil
	}
	return &rest.Error{Code: *e.Code, Message: e.Message, RequestID: h.Get("X-Trace-Id")}
}

// newTestClient returns a client of a server with this handler. The base URL has a path.
func newTestClient(t *testing.T, h http.HandlerFunc) *rest.Client {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/base/") {
			t.Errorf("the base path is missing: %s", r.URL)
		}
		h(w, r)
	}))
	t.Cleanup(srv.Close)
	return &rest.Client{Name: "Things", BaseURL: srv.URL + "/base/", HTTP: srv.Client(), ParseError: parseTestError}
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
	var calls []string
	c.OnCall = func(operation string, status int, _ time.Duration, _ error) {
		calls = append(calls, operation+" "+http.StatusText(status))
	}
	got, err := rest.Do[thing](t.Context(), c, `make thing "a/b" now`, http.MethodPost, rest.Path("things", "a/b"),
		url.Values{"q": {"1 2"}}, thing{"x", 2})
	if err != nil || got != (thing{"y", 3}) {
		t.Errorf("got %+v, %v", got, err)
	}
	if len(calls) != 1 || calls[0] != "make thing OK" {
		t.Errorf("OnCall was called with %q", calls)
	}
}

func TestDo_ErrorText(t *testing.T) {
	tooLarge := `{"message":"` + strings.Repeat("x", 1<<20) + `"}`
	for name, tc := range map[string]struct {
		status int
		header map[string]string
		body   string
		want   string // after `read thing "a": `
	}{
		"code and message": {422, map[string]string{"X-Trace-Id": "1234"}, `{"error":"invalid_request","message":"no"}`,
			"422 invalid_request: no (trace 1234)"},
		"no body":             {404, nil, "", "404 Not Found: a proxy or firewall answered instead of Things (no content type)"},
		"page of a proxy":     {407, map[string]string{"Content-Type": "text/html; charset=utf-8"}, "<html>", "407 Proxy Authentication Required: a proxy or firewall answered instead of Things (text/html)"},
		"JSON of a gateway":   {403, map[string]string{"Content-Type": "application/json"}, `{"message":"blocked"}`, "403 Forbidden: a proxy or firewall answered instead of Things (application/json)"},
		"HTML":                {502, nil, "<html>Bad gateway</html>", "502 Bad Gateway"},
		"incomplete JSON":     {500, nil, `{"error":`, "500 Internal Server Error"},
		"not an object":       {400, nil, `[1]`, "400 Bad Request: a proxy or firewall answered instead of Things (text/plain)"},
		"error too large":     {400, nil, tooLarge, "400 Bad Request: a proxy or firewall answered instead of Things (text/plain)"},
		"control characters":  {400, nil, `{"error":"","message":"a\nb\u001b[31m"}`, "400 Bad Request: a b [31m"},
		"unknown status":      {499, nil, "", "499: a proxy or firewall answered instead of Things (no content type)"},
		"rate limited":        {429, nil, "", "429 Too Many Requests"},
		"redirect":            {302, map[string]string{"Location": "/base/other"}, "", "302 Found: redirect refused"},
		"200 with HTML":       {200, nil, "<html>", "200 OK: a proxy or firewall answered instead of Things (text/html)"},
		"200 without body":    {200, nil, "", "200 OK: the response is not valid JSON at byte 0"},
		"200 with wrong type": {200, nil, `{"size":"secret"}`, `200 OK: the response's field "size" is not of type int`},
		"200 with two values": {200, nil, `{} 1`, "200 OK: the response is not valid JSON at byte 4"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := readThing(t.Context(), newTestClient(t, respond(tc.status, tc.header, tc.body)))
			if want := `read thing "a": ` + tc.want; err == nil || err.Error() != want {
				t.Errorf("got\n%v\nwant\n%s", err, want)
			}
			if rest.Status(err) != tc.status {
				t.Errorf("status %d, want %d", rest.Status(err), tc.status)
			}
		})
	}
}

func respond(status int, header map[string]string, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for k, v := range header {
			w.Header().Set(k, v)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// TestError_Predicates checks what callers decide by: whether a request was carried out, and when to retry.
func TestError_Predicates(t *testing.T) {
	type predicates struct {
		notFound, rejected, rateLimited bool
		retryAfter                      time.Duration
	}
	for name, tc := range map[string]struct {
		status int
		header map[string]string
		want   predicates
		body   string // "": the service's format
	}{
		"400":                     {400, nil, predicates{rejected: true}, ""},
		"401":                     {401, nil, predicates{rejected: true}, ""},
		"404":                     {404, nil, predicates{notFound: true, rejected: true}, ""},
		"499":                     {499, nil, predicates{rejected: true}, ""},
		"408":                     {408, nil, predicates{}, ""},
		"425":                     {425, nil, predicates{}, ""},
		"429":                     {429, nil, predicates{rateLimited: true}, ""},
		"429 with Retry-After":    {429, map[string]string{"Retry-After": "7"}, predicates{rateLimited: true, retryAfter: 7 * time.Second}, ""},
		"429 as Port sends it":    {429, map[string]string{"X-RateLimit-Reset": "9"}, predicates{rateLimited: true, retryAfter: 9 * time.Second}, ""},
		"429 with a huge number":  {429, map[string]string{"Retry-After": "1e300"}, predicates{rateLimited: true, retryAfter: 2 * time.Minute}, ""},
		"503 with Retry-After":    {503, map[string]string{"Retry-After": "2"}, predicates{retryAfter: 2 * time.Second}, ""},
		"503 with a long delay":   {503, map[string]string{"Retry-After": "3600"}, predicates{retryAfter: 5 * time.Second}, ""},
		"401 of a proxy":          {401, nil, predicates{}, "<html>"},
		"403 of a gateway":        {403, nil, predicates{}, `{"message":"blocked"}`},
		"404 that is cut":         {404, nil, predicates{}, `{"error":"not_fou`},
		"429 of a proxy":          {429, nil, predicates{rateLimited: true}, "<html>"},
		"451 of a firewall":       {451, nil, predicates{}, "<html>"},
		"500":                     {500, nil, predicates{}, ""},
		"302":                     {302, nil, predicates{}, ""},
		"200 that is not decoded": {200, nil, predicates{}, "{"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := readThing(t.Context(), newTestClient(t, respond(tc.status, tc.header, cmp.Or(tc.body, `{"error":""}`))))
			err = fmt.Errorf("wrapped: %w", err)
			got := predicates{rest.IsNotFound(err), rest.IsRejected(err), rest.IsRateLimited(err), rest.RetryAfter(err)}
			if got != tc.want || rest.IsNotSent(err) || rest.Status(err) != tc.status {
				t.Errorf("got %+v, not sent %v, status %d", got, rest.IsNotSent(err), rest.Status(err))
			}
		})
	}
	c := newTestClient(t, respond(http.StatusTeapot, nil, `{"error":""}`))
	c.Refusals = []int{http.StatusForbidden}
	if _, err := readThing(t.Context(), c); rest.IsRejected(err) {
		t.Errorf("%v is none of the refusals, and is rejected", err)
	}
	for _, err := range []error{nil, io.EOF} {
		if rest.IsNotFound(err) || rest.IsRejected(err) || rest.IsRateLimited(err) || rest.IsNotSent(err) || rest.RetryAfter(err) != 0 {
			t.Errorf("%v is taken for an *Error", err)
		}
	}
}

func TestDo_ResponseTooLarge(t *testing.T) {
	_, err := readThing(t.Context(), newTestClient(t, respond(200, nil, strings.Repeat(" ", 8<<20+1))))
	if want := `read thing "a": 200 OK: the response is too large: more than 8388608 bytes`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestDo_EmptyNeedsNoBody(t *testing.T) {
	c := newTestClient(t, respond(http.StatusNoContent, nil, ""))
	if _, err := rest.Do[rest.Empty](t.Context(), c, "delete thing", http.MethodDelete, rest.Path("things", "a"), nil, nil); err != nil {
		t.Error(err)
	}
}

// TestIsNotSent_Causes: a request that cannot have reached the service is distinguished from one that may have.
func TestIsNotSent_Causes(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	unused := "http://" + ln.Addr().String()
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	unauthorized := errors.New("no key")
	for name, tc := range map[string]struct {
		c    *rest.Client
		path string
		sent bool
	}{
		"connection refused": {c: &rest.Client{BaseURL: unused}, path: "/a"},
		"invalid base URL":   {c: &rest.Client{BaseURL: "http://user:pass word@h"}, path: "/a"},
		"no path":            {c: &rest.Client{BaseURL: unused}, path: rest.Path("things", "")},
		"not authorized":     {c: &rest.Client{BaseURL: unused, Authorize: func(context.Context, *http.Request) error { return unauthorized }}, path: "/a"},
		"connection lost":    {c: newTestClient(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }), path: "/a", sent: true},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := rest.Do[thing](t.Context(), tc.c, "make thing", http.MethodPost, tc.path, nil, thing{})
			if err == nil || rest.IsNotSent(err) == tc.sent || rest.IsRejected(err) || rest.Status(err) != 0 {
				t.Errorf("got %v, not sent %v", err, rest.IsNotSent(err))
			}
			if strings.Contains(err.Error(), "pass word") {
				t.Errorf("the error contains the address: %v", err)
			}
		})
	}
}

// TestDo_ConnectionLostHTTP2: a response that is lost over HTTP/2, which the vendors use, leaves the outcome open too.
func TestDo_ConnectionLostHTTP2(t *testing.T) {
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 {
			t.Errorf("the protocol is %s", r.Proto)
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
	for range 2 { // on a new connection and on a reused one
		_, err := rest.Do[thing](t.Context(), c, "make thing", http.MethodPost, "/lost", nil, thing{})
		if err == nil || rest.IsNotSent(err) || rest.IsRejected(err) || rest.Status(err) != 0 {
			t.Errorf("response lost: %v", err)
		}
		if _, err := rest.Do[thing](t.Context(), c, "make thing", http.MethodPost, "/ok", nil, thing{}); err != nil {
			t.Error(err)
		}
	}
	// The TLS handshake fails, so the request is not sent.
	_, err := readThing(t.Context(), &rest.Client{BaseURL: srv.URL, HTTP: &http.Client{Transport: &http.Transport{}}})
	if !rest.IsNotSent(err) {
		t.Errorf("untrusted certificate: %v", err)
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
		if rest.IsNotSent(err) {
			t.Error("the request was sent and may have been carried out")
		}
	})
	t.Run("timeout", func(t *testing.T) {
		c := newTestClient(t, hang)
		c.HTTP.Timeout = 20 * time.Millisecond
		_, err := readThing(t.Context(), c)
		if !errors.Is(err, context.DeadlineExceeded) || err.Error() != `read thing "a": no response within 20ms: context deadline exceeded` {
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
		reauthorized bool
		failure      error
		rejections   int // how many requests the service answers with 401
		body         string
		calls        int
		status       int
		notSent      bool
	}{
		"new credentials":          {body: `{"error":""}`, reauthorized: true, rejections: 1, calls: 2},
		"new credentials rejected": {body: `{"error":""}`, reauthorized: true, rejections: 9, calls: 2, status: 401},
		"same credentials":         {body: `{"error":""}`, rejections: 1, calls: 1, status: 401},
		"reauthorization fails":    {body: `{"error":""}`, failure: down, rejections: 1, calls: 1, notSent: true},
		"401 of a proxy":           {body: "<html>", reauthorized: true, rejections: 1, calls: 1, status: 401},
	} {
		t.Run(name, func(t *testing.T) {
			calls := 0
			c := newTestClient(t, func(w http.ResponseWriter, r *http.Request) {
				calls++
				if body, _ := io.ReadAll(r.Body); string(body) != `{"name":"x","size":0}` {
					t.Errorf("call %d sent %s", calls, body)
				}
				if calls <= tc.rejections {
					w.WriteHeader(http.StatusUnauthorized)
					_, _ = io.WriteString(w, tc.body)
					return
				}
				_, _ = io.WriteString(w, "{}")
			})
			c.Reauthorize = func(context.Context, *http.Request) (bool, error) { return tc.reauthorized, tc.failure }
			_, err := rest.Do[thing](t.Context(), c, "make thing", http.MethodPost, "/a", nil, thing{Name: "x"})
			if calls != tc.calls || rest.Status(err) != tc.status || !errors.Is(err, tc.failure) && tc.failure != nil {
				t.Errorf("%d calls, %v", calls, err)
			}
			if rest.IsNotSent(err) != tc.notSent {
				t.Errorf("not sent: %v", rest.IsNotSent(err))
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
		t.Error("an empty element and a dot are accepted")
	}
}

func TestDo_ErrorsContainNoSecrets(t *testing.T) {
	resttest.CheckNoSecrets(t, "", "", []string{"t0p-s3cret"}, func(ctx context.Context, baseURL string, h *http.Client) error {
		authorize := func(_ context.Context, r *http.Request) error {
			r.Header.Set("Authorization", "Bearer t0p-s3cret")
			return nil
		}
		c := &rest.Client{BaseURL: baseURL, HTTP: h, ParseError: parseTestError, Authorize: authorize}
		_, err := rest.Do[thing](ctx, c, "make thing", http.MethodPost, "/a", url.Values{"token": {"t0p-s3cret"}}, nil)
		return err
	})
}

// The span of a request has no name from its path, also when the request is sent again.
func TestDo_Span(t *testing.T) {
	recorder := tracetest.NewSpanRecorder()
	ctx, _ := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder)).Tracer("test").Start(t.Context(), "parent")
	c := newTestClient(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"error":"unauthorized","message":"a\"b/ada@example.com"}`)
	})
	c.Reauthorize = func(context.Context, *http.Request) (bool, error) { return true, nil }
	for _, name := range []string{"ada@example.com", `a"b/ä`} {
		_, _ = rest.Do[thing](ctx, c, fmt.Sprintf("read thing %q", name), http.MethodGet, rest.Path("things", name, "parts"), url.Values{"q": {"secret"}}, nil)
	}
	spans := recorder.Ended()
	if len(spans) != 4 {
		t.Fatalf("%d spans", len(spans))
	}
	for i, s := range spans {
		resent := slices.ContainsFunc(s.Attributes(), func(a attribute.KeyValue) bool { return a.Key == "http.request.resend_count" })
		text := fmt.Sprint(s.Name(), s.Attributes(), s.Status(), s.Events())
		if s.Name() != "GET /things/{id}/parts" || resent != (i%2 == 1) || strings.Contains(text, "ada") || strings.Contains(text, "secret") {
			t.Errorf("span %d: %s", i, text)
		}
	}
}
