// Package resttest has what the tests of several clients share: [CheckNoSecrets] proves that errors contain no secrets,
// and a [Spec] compares requests and responses with a vendor's OpenAPI document.
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

// CheckNoSecrets calls a service that fails in many ways and repeats the request in its errors. It fails t if the text
// of an error contains one of the secrets.
//
// call makes one call to the service at baseURL. If the service issues access tokens, tokenPath is where, and
// tokenResponse is the body that contains one; otherwise both are empty.
func CheckNoSecrets(t *testing.T, tokenPath, tokenResponse string, secrets []string, call func(ctx context.Context, baseURL string, h *http.Client) error) {
	t.Helper()
	handlers := maps.Clone(hostileHandlers)
	handlers["secret cut in half"] = echoTruncated(secrets)
	for name, handler := range handlers {
		for _, failToken := range []bool{false, true} {
			if failToken && tokenPath == "" {
				continue
			}
			t.Run(fmt.Sprintf("%s/token=%v", name, failToken), func(t *testing.T) {
				srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if tokenPath != "" && r.URL.Path == tokenPath && !failToken {
						_, _ = io.WriteString(w, tokenResponse)
						return
					}
					handler(w, r)
				}))
				defer srv.Close()
				h := srv.Client()
				h.Timeout = 200 * time.Millisecond
				err := call(t.Context(), srv.URL, h)
				if err == nil {
					t.Fatal("no error")
				}
				checkText(t, err, secrets)
			})
		}
	}
}

// checkText checks that no form of err's text contains one of the secrets.
func checkText(t *testing.T, err error, secrets []string) {
	t.Helper()
	for _, text := range []string{err.Error(), fmt.Sprintf("%v", err), fmt.Sprintf("%+v", err), fmt.Sprintf("%q", err)} {
		for _, secret := range secrets {
			if part := secret[:min(minLeakBytes(secret), len(secret))]; strings.Contains(text, part) {
				t.Errorf("the error contains %q of %q:\n%s", part, secret, text)
			}
		}
	}
}

// hostileHandlers repeat the request wherever a response can hold it, or break off.
var hostileHandlers = map[string]http.HandlerFunc{
	"400": rejectWithEcho(http.StatusBadRequest),
	"401": rejectWithEcho(http.StatusUnauthorized),
	"422": rejectWithEcho(http.StatusUnprocessableEntity),
	"500": rejectWithEcho(http.StatusInternalServerError),
	"599": rejectWithEcho(599),
	"HTML": func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "<html>"+dumpRequest(r), http.StatusBadGateway)
	},
	"not JSON":     func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, dumpRequest(r)) },
	"JSON number":  func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, "12345678901234567890") },
	"JSON string":  func(w http.ResponseWriter, r *http.Request) { _ = json.NewEncoder(w).Encode(dumpRequest(r)) },
	"disconnected": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	"redirect": func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://127.0.0.1:1/?"+r.URL.RawQuery, http.StatusTemporaryRedirect)
	},
	"disconnected within the body": func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "100000")
		_, _ = io.WriteString(w, dumpRequest(r))
		panic(http.ErrAbortHandler)
	},
	"too large": func(w http.ResponseWriter, r *http.Request) {
		text := []byte(dumpRequest(r))
		_, _ = w.Write(bytes.Repeat(text, 1+(9<<20)/len(text)))
	},
	"no response": func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // the server notices a closed connection only after it has read the body
		<-r.Context().Done()
	},
}

// rejectWithEcho repeats the request in every member of an error body that a vendor has.
func rejectWithEcho(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		text := dumpRequest(r)
		body, _ := json.Marshal(map[string]any{
			"ok": false, "error": text, "type": text, "message": text, "request_id": text,
			"details": map[string]any{"field": text},
			"errors":  []any{map[string]any{"code": text, "message": text, "source": map[string]any{"field": text}}},
		})
		w.Header().Set("X-Trace-Id", strings.ReplaceAll(text, "\n", " "))
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write(body)
	}
}

// echoTruncated repeats the request in messages that package rest cuts in the middle of the first secret in them.
func echoTruncated(secrets []string) http.HandlerFunc {
	const maxMessageRunes = 2000 // of package rest
	return func(w http.ResponseWriter, r *http.Request) {
		text := dumpRequest(r)
		for _, secret := range secrets {
			if at := strings.Index(text, secret); at >= 0 {
				text = strings.Repeat("x", maxMessageRunes-at-minLeakBytes(secret)) + text + strings.Repeat("x", maxMessageRunes)
				break
			}
		}
		w.WriteHeader(http.StatusUnprocessableEntity)
		_ = json.NewEncoder(w).Encode(map[string]any{
			"error": "too_long", "message": text,
			"details": map[string]any{"field": "and " + text[4:]}, "errors": []any{map[string]any{"message": text}},
		})
	}
}

// dumpRequest returns everything a request contains.
func dumpRequest(r *http.Request) string {
	body, _ := io.ReadAll(r.Body)
	return fmt.Sprintf("%s %s %v %s", r.Method, r.URL, r.Header, body)
}

// minLeakBytes is the length of the shortest beginning of a secret that counts as a leak.
func minLeakBytes(secret string) int { return max(6, len(secret)/2) }
