// Package controltest acts as a user through the control API of a Slack emulator. It uses only JSON
// over HTTP, as a test in any language can, so the app can be written in any language.
package controltest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// waitTime is how long the control API waits for the app, as a Go duration.
const waitTime = "20s"

// A Client is a client of the control API of an emulator.
type Client struct {
	t    *testing.T
	base string // ends in /control/
	http *http.Client
}

// An Object is a JSON object.
type Object = map[string]any

// NewClient returns a Client for an address such as http://127.0.0.1:4390/control/, which
// slacktest.Server.ControlURL returns and foghorn demo --no-bot prints.
func NewClient(t *testing.T, address string) *Client {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &Client{t: t, base: address, http: &http.Client{Transport: transport, Timeout: time.Minute}}
}

// Get sends a GET request. pairs are the names and values of the query.
func (d *Client) Get(path string, pairs ...string) Object {
	d.t.Helper()
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return d.Do(http.MethodGet, path+"?"+q.Encode(), "")
}

// Post sends a POST request.
func (d *Client) Post(path string, body Object) Object {
	d.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		d.t.Fatal(err)
	}
	return d.Do(http.MethodPost, path, string(text))
}

// Do sends a request with a JSON body, or with none, to a path below the address. It fails the test if
// the status is not 200.
func (d *Client) Do(method, path, body string) Object {
	d.t.Helper()
	r, err := http.NewRequestWithContext(d.t.Context(), method, d.base+path, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	res, err := d.http.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	var out Object
	if err := json.Unmarshal(text, &out); err != nil || res.StatusCode != http.StatusOK {
		d.t.Fatalf("%s %s %s: %s %s", method, path, body, res.Status, text)
	}
	return out
}

// lookup returns the value at a path of keys and indices, nil if there is none.
func lookup(v any, path ...any) any {
	for _, step := range path {
		switch step := step.(type) {
		case string:
			o, _ := v.(Object)
			v = o[step]
		case int:
			list, _ := v.([]any)
			if step >= len(list) {
				return nil
			}
			v = list[step]
		}
	}
	return v
}

// expect compares the value at a path, as it is printed.
func (d *Client) expect(in Object, want any, path ...any) {
	d.t.Helper()
	if got := lookup(in, path...); fmt.Sprint(got) != fmt.Sprint(want) {
		d.t.Fatalf("%v is %v, want %v, in %v", path, got, want, in)
	}
}
