// Package controltest plays a person through the door of a Slack emulator: JSON over HTTP and
// nothing else, as a test in any language would do it. The app may be written in anything.
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

// waitTime is how long the door waits for the app, in its own words.
const waitTime = "20s"

// A Client is the second door of an emulator.
type Client struct {
	t    *testing.T
	base string // ends in /control/
	http *http.Client
}

// An Object is a JSON object.
type Object = map[string]any

// NewClient gives the door at an address such as http://127.0.0.1:4390/control/, which is what
// slacktest.Server.ControlURL gives and what foghorn demo --no-bot prints.
func NewClient(t *testing.T, address string) *Client {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &Client{t: t, base: address, http: &http.Client{Transport: transport, Timeout: time.Minute}}
}

// Get reads; pairs are the names and values of the query.
func (d *Client) Get(path string, pairs ...string) Object {
	d.t.Helper()
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return d.Do(http.MethodGet, path+"?"+q.Encode(), "")
}

// Post does something.
func (d *Client) Post(path string, body Object) Object {
	d.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		d.t.Fatal(err)
	}
	return d.Do(http.MethodPost, path, string(text))
}

// Do asks for a path, below the door, with a body of JSON or none.
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

// lookup is what lies at a path of keys and indices; nil when there is nothing.
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

// expect wants a value at a path, compared as it is printed.
func (d *Client) expect(in Object, want any, path ...any) {
	d.t.Helper()
	if got := lookup(in, path...); fmt.Sprint(got) != fmt.Sprint(want) {
		d.t.Fatalf("%v is %v, want %v, in %v", path, got, want, in)
	}
}
