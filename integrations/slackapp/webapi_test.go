package slackapp_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"foghorn/integrations/emulator"
	"foghorn/integrations/slackapp"
	"foghorn/integrations/slackapp/slacktest"
)

// expectNoSecrets checks that an error shows nothing that must not be seen.
func expectNoSecrets(t *testing.T, s *slacktest.Server, err error) {
	t.Helper()
	if err == nil {
		t.Fatal("no error to look at")
	}
	for e := err; e != nil; e = errors.Unwrap(e) {
		for _, secret := range []string{s.AppToken, s.BotToken, "ticket=", "xoxb-", "xapp-", "form value"} {
			if strings.Contains(e.Error(), secret) {
				t.Errorf("an error shows %q: %v", secret, e)
			}
		}
	}
}

func TestError_Classification(t *testing.T) {
	s, _, channel := newWorkspace(t)
	client := slackapp.New(slackapp.Config{AppToken: s.AppToken, BotToken: s.BotToken, APIURL: s.URL()})
	post := func() error {
		_, err := client.PostMessage(testContext(t), channel, slackapp.Message{Text: "form value"})
		return err
	}
	for _, c := range []struct {
		name                    string
		fault                   emulator.Fault
		rejected, undone, fatal bool
	}{
		{name: "429", fault: emulator.Fault{Status: 429, Header: map[string][]string{"Retry-After": {"7"}}}, undone: true},
		{name: "500", fault: emulator.Fault{Status: 500, Body: "<html>oh</html>"}},
		{name: "page of a proxy", fault: emulator.Fault{Status: 403, Body: "<html>blocked</html>"}},
		{name: "JSON of a gateway", fault: emulator.Fault{Status: 200, Body: `{"message":"blocked"}`}},
		{name: "empty", fault: emulator.Fault{Status: 200}},
		{name: "cut", fault: emulator.Fault{Status: 200, Body: `{"ok":tr`}},
		{name: "html", fault: emulator.Fault{Status: 200, Body: "<html>oh</html>"}},
		{name: "internal_error", fault: emulator.Fault{Status: 200, Body: `{"ok":false,"error":"internal_error"}`}},
		{name: "not_in_channel", fault: emulator.Fault{Status: 200, Body: `{"ok":false,"error":"not_in_channel"}`}, rejected: true},
		{name: "invalid_auth", fault: emulator.Fault{Status: 200, Body: `{"ok":false,"error":"invalid_auth"}`}, undone: true, fatal: true},
		{name: "token_revoked", fault: emulator.Fault{Status: 200, Body: `{"ok":false,"error":"token_revoked"}`}, undone: true, fatal: true},
		{name: "missing_scope", fault: emulator.Fault{Status: 200, Body: `{"ok":false,"error":"missing_scope"}`}, rejected: true},
		{name: "lost", fault: emulator.Fault{DropResponse: true}},
		{name: "redirect", fault: emulator.Fault{Status: 302, Header: map[string][]string{"Location": {"https://evil.example/"}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.fault.Path, c.fault.Times = "chat.postMessage", 1
			s.InjectFault(c.fault)
			err := post()
			expectNoSecrets(t, s, err)
			got := [...]bool{slackapp.IsRejected(err), slackapp.IsUndone(err), slackapp.IsFatal(err)}
			if want := [...]bool{c.rejected, c.undone, c.fatal}; got != want {
				t.Errorf("%v: rejected, undone, fatal = %v, want %v", err, got, want)
			}
			if c.fault.Status == 429 && slackapp.RetryAfter(err) != 7*time.Second {
				t.Errorf("retry after %v", slackapp.RetryAfter(err))
			}
		})
	}
	s.Close()
	_ = post() // on a kept connection, which may have carried it
	err := post()
	expectNoSecrets(t, s, err)
	if !slackapp.IsUndone(err) {
		t.Errorf("the server is closed, and %v is not IsUndone", err)
	}
}

func TestFindMessage_ByMetadata(t *testing.T) {
	s, _, channel := newWorkspace(t)
	client := slackapp.New(slackapp.Config{AppToken: s.AppToken, BotToken: s.BotToken, APIURL: s.URL()})
	message := slackapp.Message{Text: "hello", Metadata: slackapp.Metadata{EventType: "foghorn_notification", Key: "V1.channel"}}
	other := message
	other.Metadata.Key = "V2.channel"
	if _, err := client.PostMessage(testContext(t), channel, other); err != nil {
		t.Fatal(err)
	}
	since := time.Now().Add(-time.Second)
	if _, found, err := client.FindMessage(testContext(t), channel, message, since, since.Add(time.Minute)); err != nil || found {
		t.Fatalf("found %v, %v", found, err)
	}
	first, err := client.PostMessage(testContext(t), channel, message)
	if err != nil {
		t.Fatal(err)
	}
	if got, found, err := client.FindMessage(testContext(t), channel, message, since, since.Add(time.Minute)); err != nil || !found || got != first.TS {
		t.Errorf("found %q (%v, %v), want %q", got, found, err, first.TS)
	}
	noMetadata := slackapp.Message{Text: "metadata that was lost"}
	second, err := client.PostMessage(testContext(t), channel, noMetadata)
	if err != nil {
		t.Fatal(err)
	}
	noMetadata.Metadata = message.Metadata
	noMetadata.Metadata.Key = "V3.channel"
	if got, found, err := client.FindMessage(testContext(t), channel, noMetadata, since, since.Add(time.Minute)); err != nil || !found || got != second.TS {
		t.Errorf("without metadata: found %q (%v, %v), want %q", got, found, err, second.TS)
	}
	reply := slackapp.Message{Text: "hello again", ThreadTS: second.TS, Metadata: slackapp.Metadata{EventType: "foghorn_notification", Key: "V4.channel"}}
	if _, found, err := client.FindMessage(testContext(t), channel, reply, since, since.Add(time.Minute)); err != nil || found {
		t.Errorf("found a reply that was not posted: %v, %v", found, err)
	}
	posted, err := client.PostMessage(testContext(t), channel, reply)
	if err != nil || posted.Conversation != channel {
		t.Fatalf("posted %+v, %v", posted, err)
	}
	if got, found, err := client.FindMessage(testContext(t), channel, reply, since, since.Add(time.Minute)); err != nil || !found || got != posted.TS {
		t.Errorf("in a thread: found %q (%v, %v), want %q", got, found, err, posted.TS)
	}
	s.SetScopes("chat:write")
	if _, _, err := client.FindMessage(testContext(t), channel, message, since, since.Add(time.Minute)); slackapp.ErrorCode(err) != "missing_scope" {
		t.Errorf("without the scope: %v", err)
	}
}

// TestFindMessage_HistoryWithoutEnd reads a history that always has a next page.
func TestFindMessage_HistoryWithoutEnd(t *testing.T) {
	for name, cursor := range map[string]func(call int) string{
		"the same cursor":   func(int) string { return "again" },
		"another each time": strconv.Itoa,
	} {
		t.Run(name, func(t *testing.T) {
			calls := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				calls++
				_, _ = fmt.Fprintf(w, `{"ok":true,"messages":[],"has_more":true,"response_metadata":{"next_cursor":%q}}`, cursor(calls))
			}))
			defer server.Close()
			client := slackapp.New(slackapp.Config{BotToken: "xoxb-1", APIURL: server.URL + "/"})
			_, found, err := client.FindMessage(testContext(t), "C1", slackapp.Message{Text: "x"}, time.Now(), time.Now())
			if found || err == nil || slackapp.IsRejected(err) || calls > 100 {
				t.Errorf("%d calls: %v, %v", calls, found, err)
			}
		})
	}
}
