package slacktest_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack/socketmode"

	"foghorn/integrations/slackapp/slacktest"
)

// openConnectionURL returns the address of a new connection.
func (w *env) openConnectionURL() string {
	w.t.Helper()
	a, _ := w.sendRaw("apps.connections.open", w.AppToken, "application/json", strings.NewReader(""))
	w.expectError(a, "")
	return a["url"].(string)
}

// dialConnection opens a connection. readFrame reads its frames.
func (w *env) dialConnection() *websocket.Conn {
	w.t.Helper()
	conn, _, err := websocket.DefaultDialer.DialContext(w.ctx, w.openConnectionURL(), http.Header{"Origin": {"https://api.slack.com"}})
	w.noError(err)
	w.t.Cleanup(func() { conn.Close() })
	w.noError(conn.SetReadDeadline(time.Now().Add(10 * time.Second)))
	return conn
}

func (w *env) readFrame(conn *websocket.Conn) response {
	w.t.Helper()
	var a response
	w.noError(conn.ReadJSON(&a))
	return a
}

// dialHello dials and reads the first frame.
func (w *env) dialHello() *websocket.Conn {
	w.t.Helper()
	conn := w.dialConnection()
	if a := w.readFrame(conn); a["type"] != "hello" {
		w.t.Fatalf("first frame = %v", a)
	}
	return conn
}

// sendAsync lets alice use a command; the result comes on the channel.
func (w *env) sendAsync(text string) <-chan result {
	done := make(chan result, 1)
	go func() { // ends with w.ctx
		ack, err := w.alice.SlashCommand(w.ctx, w.channel.ID, text)
		done <- result{ack, err}
	}()
	return done
}

type result struct {
	ack slacktest.Ack
	err error
}

func TestConnection_Hello(t *testing.T) {
	w := newEnv(t, slacktest.Config{}, nil)
	for n := 1; n <= slacktest.MaxConnections; n++ {
		a := w.readFrame(w.dialConnection())
		if a["type"] != "hello" || a["num_connections"] != float64(n) {
			t.Fatalf("frame of connection %d = %v", n, a)
		}
	}
	conn := w.dialConnection()
	if a := w.readFrame(conn); a["type"] != "disconnect" || a["reason"] != "too_many_websockets" {
		t.Errorf("one connection too many: %v", a)
	}
	if _, _, err := conn.ReadMessage(); !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
		t.Errorf("then: %v", err)
	}
	if w.Connections() != slacktest.MaxConnections {
		t.Errorf("%d sockets", w.Connections())
	}
}

func TestConnection_TicketSingleUse(t *testing.T) {
	w := newEnv(t, slacktest.Config{}, nil)
	url := w.openConnectionURL()
	conn, _, err := websocket.DefaultDialer.DialContext(w.ctx, url, nil)
	w.noError(err)
	defer conn.Close()
	if _, res, err := websocket.DefaultDialer.DialContext(w.ctx, url, nil); err == nil || res.StatusCode != http.StatusForbidden {
		t.Errorf("second use: %v", err)
	}
}

func TestConnection_Acks(t *testing.T) {
	w := newEnv(t, slacktest.Config{AckTimeout: 100 * time.Millisecond}, nil)
	if r := <-w.sendAsync("/incident"); r.err != slacktest.ErrDispatchFailed {
		t.Errorf("without a connection: %v", r.err)
	}
	conn := w.dialHello()
	send := func(id, rest string) {
		w.noError(conn.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, `{"envelope_id":%q%s}`, id, rest)))
	}
	for _, tc := range []struct {
		name, rest, payload string
		err                 error
	}{
		{"no payload", ``, ``, nil},
		{"empty payload of bolt", `,"payload":{}`, ``, nil},
		{"null", `,"payload":null`, ``, nil},
		{"a message", `,"payload":{"text":"working"}`, `{"text":"working"}`, nil},
		{"none", "-", ``, slacktest.ErrOperationTimeout},
	} {
		done := w.sendAsync("/incident " + tc.name)
		env := w.readFrame(conn)
		if env["type"] != "slash_commands" || env["accepts_response_payload"] != true {
			t.Errorf("envelope = %v", env)
		}
		send("00000000-unknown", "")
		w.noError(conn.WriteMessage(websocket.TextMessage, []byte("not JSON")))
		if tc.rest != "-" {
			send(env["envelope_id"].(string), tc.rest)
			send(env["envelope_id"].(string), `,"payload":{"text":"twice"}`)
		}
		if r := <-done; !errors.Is(r.err, tc.err) || string(r.ack.Payload) != tc.payload {
			t.Errorf("%s: payload %s, error %v", tc.name, r.ack.Payload, r.err)
		}
	}
	if got := w.Ephemerals("U0ALICE"); len(got) != 1 || got[0].Text != "working" || got[0].Via != "ack" {
		t.Errorf("ephemeral messages = %+v", got)
	}
	if acks := w.Acks(); len(acks) != 6 || acks[5].Took < 100*time.Millisecond || acks[1].Kind != "/incident" {
		t.Errorf("acks = %+v", acks)
	}
}

func TestConnection_FrameTooLarge(t *testing.T) {
	w := newEnv(t, slacktest.Config{}, nil)
	for _, n := range []int{slacktest.MaxFrame, slacktest.MaxFrame + 1} {
		conn := w.dialHello()
		w.noError(conn.WriteMessage(websocket.TextMessage, []byte(strings.Repeat("x", n))))
		if n == slacktest.MaxFrame {
			done := w.sendAsync("/x") // the socket lives
			env := w.readFrame(conn)
			w.noError(conn.WriteJSON(map[string]any{"envelope_id": env["envelope_id"]}))
			w.noError((<-done).err)
			conn.Close()
			w.noError(w.WaitConnections(w.ctx, 0))
			continue
		}
		_, _, err := conn.ReadMessage()
		closed, ok := errors.AsType[*websocket.CloseError](err)
		if !ok || closed.Code != websocket.CloseMessageTooBig || closed.Text != "Max frame length of 20480 has been exceeded" {
			t.Errorf("error = %v", err)
		}
	}
}

func TestConnection_Disconnect(t *testing.T) {
	w := newEnv(t, slacktest.Config{WarningPeriod: 200 * time.Millisecond}, nil)
	conn := w.dialHello()
	w.Disconnect("warning")
	if a := w.readFrame(conn); a["reason"] != "warning" {
		t.Fatalf("frame = %v", a)
	}
	done := w.sendAsync("/still here")
	env := w.readFrame(conn)
	w.noError(conn.WriteJSON(map[string]any{"envelope_id": env["envelope_id"]}))
	w.noError((<-done).err)
	if a := w.readFrame(conn); a["reason"] != "refresh_requested" {
		t.Errorf("frame = %v", a)
	}
	if _, _, err := conn.ReadMessage(); err == nil {
		t.Error("the connection stays open")
	}
	w.noError(w.WaitConnections(w.ctx, 0))

	w.Set(func(o *slacktest.Settings) { o.RefuseReason = "link_disabled" })
	conn = w.dialHello()
	if a := w.readFrame(conn); a["reason"] != "link_disabled" {
		t.Errorf("frame = %v", a)
	}
	w.Set(func(o *slacktest.Settings) { o.RefuseReason = "" })
	conn = w.dialHello()
	w.SendRaw([]byte("not JSON"))
	if _, text, err := conn.ReadMessage(); err != nil || string(text) != "not JSON" {
		t.Errorf("frame = %q, %v", text, err)
	}
	w.DropConnections()
	if _, _, err := conn.ReadMessage(); err == nil || websocket.IsCloseError(err, websocket.CloseNormalClosure) {
		t.Errorf("dropped: %v", err)
	}
}

func TestConnection_HalfOpen(t *testing.T) {
	w := newEnv(t, slacktest.Config{PingInterval: 10 * time.Millisecond, AckTimeout: 50 * time.Millisecond}, nil)
	conn := w.dialHello()
	pinged := make(chan string, 1000)
	conn.SetPingHandler(func(data string) error { pinged <- data; return nil })
	read := make(chan struct{})
	go func() { // ends when the socket does
		defer close(read)
		_, _, _ = conn.ReadMessage()
	}()
	if data := <-pinged; !strings.HasPrefix(data, "Ping from") {
		t.Errorf("ping = %q", data)
	}
	w.Set(func(o *slacktest.Settings) { o.HalfOpen = true })
	if r := <-w.sendAsync("/x"); r.err != slacktest.ErrOperationTimeout {
		t.Errorf("half-open: %v", r.err)
	}
	conn.Close()
	<-read
}

func TestConnection_Redelivery(t *testing.T) {
	w := newEnv(t, slacktest.Config{AckTimeout: 50 * time.Millisecond}, nil)
	w.Set(func(o *slacktest.Settings) { o.Duplicates = 1 })
	conn := w.dialHello()
	done := w.sendAsync("/x")
	one, two := w.readFrame(conn), w.readFrame(conn)
	if one["envelope_id"] != two["envelope_id"] {
		t.Errorf("envelopes %v and %v", one, two)
	}
	w.noError(conn.WriteJSON(map[string]any{"envelope_id": one["envelope_id"]}))
	w.noError((<-done).err)
	w.Set(func(o *slacktest.Settings) { o.Duplicates = 0 })

	w.Set(func(o *slacktest.Settings) { o.Redeliver = true })
	done = w.sendAsync("/y")
	one = w.readFrame(conn)
	w.DropConnections()
	if r := <-done; r.err != slacktest.ErrOperationTimeout {
		t.Errorf("error = %v", r.err)
	}
	conn = w.dialHello()
	if again := w.readFrame(conn); again["envelope_id"] != one["envelope_id"] {
		t.Errorf("after the reconnect came %v", again)
	}
}

func TestConnection_SlackGoReconnects(t *testing.T) {
	w := newEnv(t, slacktest.Config{}, func(*env, socketmode.Event) any { return nil })
	w.Disconnect("refresh_requested")
	w.noError(w.WaitConnections(w.ctx, 1))
	r := <-w.sendAsync("/x")
	w.noError(r.err)
}
