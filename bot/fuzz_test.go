package bot

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/patrickmn/go-cache"
	"github.com/sirupsen/logrus"
	"github.com/slack-go/slack"

	"foghorn/bot/modal"
	"foghorn/integrations/port"
	"foghorn/integrations/slackapp"
)

// FuzzInteraction hands the bot the payloads that a link carries, as slack-go decodes them.
// Neither Slack nor Port answers. Whatever arrives is answered in the time that Slack waits,
// with an ack that Slack takes, and only a form of this bot becomes a request.
func FuzzInteraction(f *testing.F) {
	page := `{\"a\":\"act\",\"v\":\"1\",\"s\":0,\"p\":0}`
	for _, payload := range []string{
		`{}`, `{"type":"view_submission"}`,
		`{"type":"view_submission","user":{"id":"U1"},"view":{"id":"V1","callback_id":"` + modal.CallbackID + `","private_metadata":"` + page + `"}}`,
		`{"type":"view_submission","user":{"id":"U1"},"view":{"id":"V2","callback_id":"` + modal.CallbackID + `","private_metadata":"` + page + `","state":{"values":{"f:name":{"plain_text_input":{"type":"plain_text_input","value":"It burns"}}}}}}`,
		`{"type":"view_submission","user":{"id":"U1"},"view":{"id":"V.*>","callback_id":"` + modal.CallbackID + `","private_metadata":"{"}}`,
		`{"type":"block_actions","user":{"id":"U1"},"view":{"id":"V3","callback_id":"` + modal.CallbackID + `","private_metadata":"` + page + `"},"actions":[{"block_id":"f:name","action_id":"x"}]}`,
		`{"type":"block_suggestion","action_id":"x","block_id":"f:name","value":"a","view":{"id":"V4","callback_id":"` + modal.CallbackID + `","private_metadata":"` + page + `"}}`,
		`{"type":"message_action","callback_id":"` + ShortcutDeclareMessage + `","message":{"text":"x"}}`,
	} {
		f.Add([]byte(payload))
	}
	b := lonelyBot(f)
	f.Fuzz(func(t *testing.T, payload []byte) {
		var cb slack.InteractionCallback
		if json.Unmarshal(payload, &cb) != nil {
			return // slack-go drops it
		}
		begun := time.Now()
		ack := b.Interaction(t.Context(), cb)
		if took := time.Since(begun); took > slackapp.TriggerLife {
			t.Errorf("it took %v", took)
		}
		data, err := json.Marshal(ack)
		if err != nil || len(data) > 20<<10 {
			t.Fatalf("an ack of %d bytes, %v", len(data), err)
		}
		if view := cb.View; cb.Type == slack.InteractionTypeViewSubmission && view.CallbackID != modal.CallbackID {
			if _, err := b.journal.requests.Get(t.Context(), requestID(view.ID)); err == nil {
				t.Errorf("a foreign view became a request")
			}
		}
	})
}

// FuzzPush sends bodies and headers to the webhook, and then the same body with the
// signature that it should have. No body without one gets past it.
func FuzzPush(f *testing.F) {
	const secret = "a secret that Port shares"
	f.Add([]byte(`{"runId":"r_1"}`), "v1,c2lnbmF0dXJl", "1700000000")
	f.Add([]byte(`{"runId":{}}`), "", "-9223372036854775808")
	f.Add([]byte(`[`), "v1,", "now")
	f.Add(bytes.Repeat([]byte(" "), maxPush+1), "v2", "")
	b := lonelyBot(f)
	f.Fuzz(func(t *testing.T, body []byte, signature, stamp string) {
		seen := cache.New(pushTolerance, 0)
		push := func(signature, stamp string) (string, int) {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/port/runs", bytes.NewReader(body))
			r.Header["X-Port-Signature"], r.Header["X-Port-Timestamp"] = []string{signature}, []string{stamp}
			return b.pushed(r, secret, seen)
		}
		if outcome, status := push(signature, stamp); outcome != "forged" && outcome != "too_large" || status < 400 {
			t.Errorf("without the secret: %s, %d", outcome, status)
		}
		stamp = strconv.FormatInt(time.Now().Unix(), 10)
		outcome, status := push(sign(secret, stamp, body), stamp)
		if len(body) > maxPush {
			if outcome != "too_large" {
				t.Errorf("%d bytes are %s", len(body), outcome)
			}
			return
		}
		if outcome != "unreadable" && outcome != "unknown_run" || status >= 500 {
			t.Errorf("with the secret: %s, %d", outcome, status)
		}
		if outcome, _ := push(sign(secret, stamp, body), stamp); outcome != "replayed" {
			t.Errorf("the second time: %s", outcome)
		}
	})
}

// FuzzRecord reads what is on disk. What is read and written again is read the same.
func FuzzRecord(f *testing.F) {
	f.Add([]byte(`{"v":1,"id":"V1","stage":"running","properties":{"name":"x"},"run":"r_1","mood":{"is":"calm"}}`))
	f.Add([]byte(`{"v":2}`))
	f.Add([]byte(`{"v":1,"posts":{"end":null},"outcome":{"status":""}}`))
	f.Fuzz(func(t *testing.T, record []byte) {
		r, err := decode(record)
		if err != nil {
			return
		}
		data, err := r.encode()
		if err != nil {
			return // such as one larger than a record may be
		}
		again, err := decode(data)
		if err != nil {
			t.Fatalf("%s became %s, which gives %v", record, data, err)
		}
		if twice, err := again.encode(); err != nil || !bytes.Equal(twice, data) {
			t.Fatalf("%s became %s, %v", data, twice, err)
		}
		b := Bot{cfg: Config{Log: logrus.NewEntry(logrus.New())}}
		_ = b.room.End(again.facts()) // what would be told of it
	})
}

// FuzzBlock reads files of records that are not JetStream's. A walk ends, and what it
// reads lies within the file.
func FuzzBlock(f *testing.F) {
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{0}, 100))
	f.Add(append([]byte{0xff, 0xff, 0, 0}, bytes.Repeat([]byte{1}, 100)...))
	f.Add(append([]byte{30, 0, 0, 0x80}, make([]byte, 60)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		b := block{data: data}
		if _, end := b.walk(); end > len(data) {
			t.Errorf("%d bytes were read to %d", len(data), end)
		} else {
			b.goesOn(end)
		}
	})
}

// lonelyBot is a bot with a store and a form, and with nobody to talk to.
func lonelyBot(f *testing.F) *Bot {
	f.Helper()
	nobody := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "access_token") {
			_, _ = io.WriteString(w, `{"ok":true,"accessToken":"t","expiresIn":3600,"tokenType":"Bearer"}`)
			return
		}
		if strings.HasSuffix(r.URL.Path, "/actions/act") {
			_, _ = io.WriteString(w, `{"ok":true,"action":{"identifier":"act","trigger":{"type":"self-service","operation":"CREATE","userInputs":{"properties":{"name":{"type":"string"}},"required":["name"]}}}}`)
			return
		}
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"ok":false,"error":"not_found"}`)
	}))
	f.Cleanup(nobody.Close)
	log := logrus.New()
	log.SetOutput(io.Discard)
	client := port.New(port.Config{BaseURL: nobody.URL, ClientID: "id", ClientSecret: "secret"})
	f.Cleanup(client.Close)
	b, err := Open(f.Context(), Config{
		Action: "act", Command: "/incident", PortURL: nobody.URL, StateDir: f.TempDir(), Log: logrus.NewEntry(log),
	}, slackapp.New(slackapp.Config{AppToken: "xapp-1", BotToken: "xoxb-1", APIURL: nobody.URL}), client)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { b.tasks.Wait(); b.Close() })
	if form, err := b.defs.read(f.Context(), "act"); err != nil || len(form.Problems) > 0 {
		f.Fatal(errors.Join(err, errors.New("the form has problems")))
	}
	return b
}
