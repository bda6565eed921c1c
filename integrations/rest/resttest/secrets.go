// Package resttest holds what the tests of every client of a service share: proof that
// nothing secret is in an error, and that the routes are the vendor's.
package resttest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// CheckNoSecrets calls a service that answers in the worst ways it can, repeating in its errors
// all that it was sent, and fails t when one of the secrets is in an error's text.
//
// call makes one call to the service at baseURL; with a server that gives access tokens,
// path is where, and grant is the body that gives one.
func CheckNoSecrets(t *testing.T, path, grant string, secrets []string, call func(ctx context.Context, baseURL string, h *http.Client) error) {
	t.Helper()
	answers := maps.Clone(hostileHandlers)
	answers["cut off"] = echoTruncated(secrets)
	for name, answer := range answers {
		for _, onGrant := range []bool{false, true} {
			if onGrant && path == "" {
				continue
			}
			t.Run(fmt.Sprintf("%s/grant=%v", name, onGrant), func(t *testing.T) {
				srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if path != "" && r.URL.Path == path && !onGrant {
						_, _ = io.WriteString(w, grant)
						return
					}
					answer(w, r)
				}))
				defer srv.Close()
				h := srv.Client()
				h.Timeout = 200 * time.Millisecond
				err := call(t.Context(), srv.URL, h)
				if err == nil {
					t.Fatal("no error")
				}
				for _, text := range []string{err.Error(), fmt.Sprintf("%v", err), fmt.Sprintf("%+v", err), fmt.Sprintf("%q", err)} {
					for _, secret := range secrets {
						if part := secret[:min(minLeakBytes(secret), len(secret))]; strings.Contains(text, part) {
							t.Errorf("the error holds %q of %q:\n%s", part, secret, text)
						}
					}
				}
			})
		}
	}
}

// dumpRequest is all that a request holds.
func dumpRequest(r *http.Request) string {
	body, _ := io.ReadAll(r.Body)
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %v %s", r.Method, r.URL, r.Header, body)
	return b.String()
}

// rejectWithEcho repeats the request in every member of an error body that a vendor has.
func rejectWithEcho(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		said := dumpRequest(r)
		body, _ := json.Marshal(map[string]any{
			"ok": false, "error": said, "type": said, "message": said, "request_id": said,
			"details": map[string]any{"field": said},
			"errors":  []any{map[string]any{"code": said, "message": said, "source": map[string]any{"field": said}}},
		})
		w.Header().Set("X-Trace-Id", strings.ReplaceAll(said, "\n", " "))
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write(body)
	}
}

var hostileHandlers = map[string]http.HandlerFunc{
	"400": rejectWithEcho(http.StatusBadRequest),
	"401": rejectWithEcho(http.StatusUnauthorized),
	"422": rejectWithEcho(http.StatusUnprocessableEntity),
	"500": rejectWithEcho(http.StatusInternalServerError),
	"HTML": func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "<html>"+dumpRequest(r), http.StatusBadGateway)
	},
	"not JSON": func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, dumpRequest(r)) },
	"a number": func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "12345678901234567890") },
	"a string": func(w http.ResponseWriter, r *http.Request) { _ = json.NewEncoder(w).Encode(dumpRequest(r)) },
	"redirect": func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://127.0.0.1:1/?"+r.URL.RawQuery, http.StatusTemporaryRedirect)
	},
	"cut": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	"cut half-way": func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "100000")
		_, _ = io.WriteString(w, dumpRequest(r))
		panic(http.ErrAbortHandler)
	},
	"too large": func(w http.ResponseWriter, r *http.Request) {
		said := []byte(dumpRequest(r))
		_, _ = w.Write(bytes.Repeat(said, 1+(9<<20)/len(said)))
	},
	"hang": func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // else the caller's leaving is not noticed
		<-r.Context().Done()
	},
	"odd status": rejectWithEcho(599),
}

// echoTruncated repeats the request in sentences that are too long to keep and end, where they are
// cut, in the middle of the first secret that they hold.
func echoTruncated(secrets []string) http.HandlerFunc {
	const kept = 2000 // runes of a sentence that rest keeps
	return func(w http.ResponseWriter, r *http.Request) {
		said := dumpRequest(r)
		for _, secret := range secrets {
			if at := strings.Index(said, secret); at >= 0 {
				said = strings.Repeat("x", kept-at-minLeakBytes(secret)) + said + strings.Repeat("x", kept)
				break
			}
		}
		w.WriteHeader(http.StatusUnprocessableEntity)
		_ = json.NewEncoder(w).Encode(map[string]any{
			"error": "too_long", "message": said, "details": map[string]any{"field": "and " + said[4:]}, "errors": []any{map[string]any{"message": said}},
		})
	}
}

// minLeakBytes is how much of a secret tells something.
func minLeakBytes(secret string) int { return max(6, len(secret)/2) }
