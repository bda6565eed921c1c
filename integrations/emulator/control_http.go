package emulator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxWait is the largest value of the parameter wait.
const maxWait = time.Minute

// HandleGet is a route of the control API that reads: f receives the query. Its context ends
// after the duration in the parameter wait, such as 5s, or after 10 ms without it. If the context
// ends first, the status is 408; for another error it is 422.
func HandleGet(f func(context.Context, url.Values) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		q, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil {
			writeControlError(w, http.StatusBadRequest, err)
			return
		}
		wait := 10 * time.Millisecond
		if text := q.Get("wait"); text != "" {
			d, err := time.ParseDuration(text)
			if err != nil || d < 0 || d > maxWait {
				writeControlError(w, http.StatusBadRequest, fmt.Errorf("wait must be between 0s and %s", maxWait))
				return
			}
			wait = max(wait, d)
		}
		ctx, cancel := context.WithTimeout(r.Context(), wait)
		defer cancel()
		out, err := f(ctx, q)
		writeControlResponse(w, out, err)
	}
}

// HandlePost is a route of the control API that changes something: f receives the JSON body. The
// status of a body that cannot be decoded is 400, and of an error of f 422.
func HandlePost[T any](f func(context.Context, T) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		// A browser sends this content type to another site only after a preflight request, which fails.
		if kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";"); kind != "application/json" {
			writeControlError(w, http.StatusUnsupportedMediaType, errors.New("Content-Type must be application/json"))
			return
		}
		var in T
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
		if err == nil {
			err = Decode(body, &in)
		}
		if err != nil {
			writeControlError(w, http.StatusBadRequest, fmt.Errorf("decode body: %w", err))
			return
		}
		out, err := f(r.Context(), in)
		writeControlResponse(w, out, err)
	}
}

func writeControlResponse(w http.ResponseWriter, out any, err error) {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		writeControlError(w, http.StatusRequestTimeout, err)
	case err != nil:
		writeControlError(w, http.StatusUnprocessableEntity, err)
	default:
		writeControlJSON(w, http.StatusOK, out)
	}
}

func writeControlError(w http.ResponseWriter, status int, err error) {
	writeControlJSON(w, status, map[string]string{"error": err.Error()})
}

func writeControlJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false) // <@U1> stays readable
	_ = out.Encode(v)
}
