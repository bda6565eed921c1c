package slackapp_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"foghorn/integrations/slackapp"
)

// fakeSlack is a Slack that only opens connections. The test writes and reads their frames.
type fakeSlack struct {
	url   string
	conns chan *websocket.Conn // after hello
}

func newFakeSlack(t *testing.T) *fakeSlack {
	t.Helper()
	f := &fakeSlack{conns: make(chan *websocket.Conn, 10)}
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	f.url = server.URL + "/"
	mux.HandleFunc("/apps.connections.open", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `{"ok":true,"url":"ws%s/link"}`, strings.TrimPrefix(server.URL, "http"))
	})
	mux.HandleFunc("/link", func(w http.ResponseWriter, r *http.Request) {
		conn, err := (&websocket.Upgrader{}).Upgrade(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		t.Cleanup(func() { _ = conn.Close() })
		send(t, conn, `{"type":"hello","num_connections":1}`)
		f.conns <- conn
	})
	return f
}

// start runs a client and returns its two connections.
func (f *fakeSlack) start(t *testing.T, h slackapp.Handler, onError func(slackapp.ConnectionError)) (conns [2]*websocket.Conn, client *slackapp.Client, stop func() error) {
	t.Helper()
	client, stop = runClient(t, slackapp.Config{AppToken: "xapp-1", BotToken: "xoxb-1", APIURL: f.url, OnError: onError}, h)
	for i := range conns {
		conns[i] = <-f.conns
	}
	waitConnects(t, client, 2)
	return conns, client, stop
}

func send(t *testing.T, conn *websocket.Conn, frame string) {
	t.Helper()
	if err := conn.WriteMessage(websocket.TextMessage, []byte(frame)); err != nil {
		t.Errorf("send %s: %v", frame, err)
	}
}

func sendCommand(t *testing.T, conn *websocket.Conn, id string) {
	t.Helper()
	send(t, conn, fmt.Sprintf(`{"type":"slash_commands","envelope_id":%q,"payload":{"command":"/echo","text":%q}}`, id, id))
}

type ackFrame struct {
	ID      string          `json:"envelope_id"`
	Payload json.RawMessage `json:"payload"`
}

// readAcks reads acks until the connection ends.
func readAcks(conn *websocket.Conn) <-chan ackFrame {
	acks := make(chan ackFrame, 1000)
	go func() {
		defer close(acks)
		for {
			_, frame, err := conn.ReadMessage()
			var ack ackFrame
			if err != nil || json.Unmarshal(frame, &ack) != nil {
				return
			}
			acks <- ack
		}
	}()
	return acks
}

func expectAck(t *testing.T, acks <-chan ackFrame, id string) ackFrame {
	t.Helper()
	ack := expectAnyAck(t, acks)
	if ack.ID != id {
		t.Errorf("ack of %q, want %q", ack.ID, id)
	}
	return ack
}

func expectAnyAck(t *testing.T, acks <-chan ackFrame) ackFrame {
	t.Helper()
	select {
	case ack := <-acks:
		return ack
	case <-testContext(t).Done():
		t.Fatal("no ack")
		return ackFrame{}
	}
}

// TestConnection_AfterDisconnect sends envelopes after a disconnect frame. They are acked, by now on the
// connection that is not about to end, and a replacement is opened although Slack has not closed the old one.
func TestConnection_AfterDisconnect(t *testing.T) {
	f := newFakeSlack(t)
	h := &echo{}
	conns, client, _ := f.start(t, h, nil)
	acks := readAcks(conns[1])
	for _, reason := range []string{"warning", "refresh_requested"} {
		send(t, conns[0], fmt.Sprintf(`{"type":"disconnect","reason":%q}`, reason))
		sendCommand(t, conns[0], reason)
		expectAck(t, acks, reason)
	}
	<-f.conns // the replacement
	sendCommand(t, conns[0], "after the replacement")
	waitUntil(t, "three commands", func() bool { return h.commands.Load() == 3 })
	waitUntil(t, "two connections", func() bool { return client.Connections() == 2 })
	if client.Connects() != 3 {
		t.Errorf("%d connects, want 3", client.Connects())
	}
}

// TestConnection_DuplicateOnOther delivers an envelope on both connections while it is handled.
func TestConnection_DuplicateOnOther(t *testing.T) {
	f := newFakeSlack(t)
	h := &echo{delay: 50 * time.Millisecond}
	conns, _, _ := f.start(t, h, nil)
	for _, conn := range conns {
		sendCommand(t, conn, "twice")
	}
	for _, conn := range conns {
		if ack := expectAck(t, readAcks(conn), "twice"); string(ack.Payload) != `{"text":"twice"}` {
			t.Errorf("answer %s", ack.Payload)
		}
	}
	if n := h.commands.Load(); n != 1 {
		t.Errorf("handled %d times", n)
	}
}

// TestConnection_Lost ends a connection before an ack was written: it is written to the other one.
func TestConnection_Lost(t *testing.T) {
	f := newFakeSlack(t)
	h := &echo{hold: make(chan struct{})}
	conns, client, _ := f.start(t, h, nil)
	send(t, conns[0], `{"type":"slash_commands","envelope_id":"1","payload":{"command":"/echo","text":"hold"}}`)
	h.hold <- struct{}{}
	_ = conns[0].NetConn().Close()
	waitConnects(t, client, 3)
	close(h.hold)
	expectAck(t, readAcks(conns[1]), "1")
}

// TestConnection_ClosedBeforeRead closes a connection on which envelopes have arrived that the client has not read yet.
// Its acks and pongs fail, and it reads on: every envelope is handled, and acked on the other connection.
func TestConnection_ClosedBeforeRead(t *testing.T) {
	f := newFakeSlack(t)
	h := &echo{hold: make(chan struct{})}
	reading := make(chan struct{})
	conns, _, _ := f.start(t, h, func(e slackapp.ConnectionError) {
		if e.Kind == "frame" {
			<-reading // nothing more is read
		}
	})
	acks := readAcks(conns[1])
	want := map[string]bool{"late": true}
	for _, id := range []string{"1", "2", "3"} {
		send(t, conns[0], fmt.Sprintf(`{"type":"slash_commands","envelope_id":%q,"payload":{"command":"/echo","text":"hold"}}`, id))
		h.hold <- struct{}{}
		want[id] = true
	}
	send(t, conns[0], `{}`)
	if err := conns[0].WriteControl(websocket.PingMessage, nil, time.Now().Add(time.Second)); err != nil {
		t.Error(err)
	}
	sendCommand(t, conns[0], "late")
	_ = conns[0].NetConn().Close()
	for range 3 {
		h.hold <- struct{}{}
	}
	for range 2 { // the first write may succeed; its ack is repeated when reading has ended
		delete(want, expectAnyAck(t, acks).ID)
	}
	close(reading)
	for len(want) > 0 {
		delete(want, expectAnyAck(t, acks).ID)
	}
}

// TestConnection_Drain ends Run while Slack sends another envelope on each connection after it has received
// the close frame. Both are handled. The first is acked on the other connection, the last cannot be acked.
func TestConnection_Drain(t *testing.T) {
	f := newFakeSlack(t)
	h := &echo{delay: 50 * time.Millisecond}
	conns, _, stop := f.start(t, h, nil)
	var acks [2]<-chan ackFrame
	for i, conn := range conns {
		conn.SetCloseHandler(func(code int, _ string) error {
			sendCommand(t, conn, fmt.Sprint("crossing ", i))
			return conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), time.Now().Add(time.Second))
		})
		acks[i] = readAcks(conn)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if n := h.commands.Load(); n != 2 {
		t.Errorf("handled %d envelopes, want 2", n)
	}
	n := 0
	for _, a := range acks {
		for range a {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d acks, want 1", n)
	}
}

// TestConnection_UnreadableFrames checks that a frame with an envelope_id is acked, whatever it contains.
func TestConnection_UnreadableFrames(t *testing.T) {
	f := newFakeSlack(t)
	h := &echo{}
	reported := make(chan slackapp.ConnectionError, 100)
	conns, _, _ := f.start(t, h, func(e slackapp.ConnectionError) { reported <- e })
	acks := readAcks(conns[0])
	for i, c := range []struct {
		frame   string
		payload string
		handled bool
	}{
		{frame: `{"envelope_id":"%s","type":`},
		{frame: `{"envelope_id":"%s","type":7,"payload":{}}`},
		{frame: `{"envelope_id":"%s","type":"unknown"}`},
		{frame: `{"envelope_id":"%s"}`},
		{frame: `{"envelope_id":"%s","type":"slash_commands","payload":7}`},
		{frame: `{"envelope_id":"%s","type":"interactive"}`},
		{frame: `{"envelope_id":"%s","type":"interactive","payload":{"type":"view_submission","view":{"blocks":[{"type":7}]}}}`, payload: "unreadable"},
		{frame: `{"envelope_id":"%s","type":"interactive","payload":{"type":"message_action","trigger_id":"1","message":{"attachments":[{"id":"1","color":3066993}]}}}`, handled: true},
		{frame: `{"envelope_id":"%s","type":"interactive","payload":{"type":"shortcut","user":7}}`, handled: true},
	} {
		id, before := fmt.Sprint("E", i), h.interactions.Load()
		send(t, conns[0], strings.Replace(c.frame, "%s", id, 1))
		ack := expectAck(t, acks, id)
		if !strings.Contains(string(ack.Payload), c.payload) || c.payload == "" && ack.Payload != nil {
			t.Errorf("%s: ack %s, want %q", c.frame, ack.Payload, c.payload)
		}
		if handled := h.interactions.Load() > before; handled != c.handled {
			t.Errorf("%s: handled %v", c.frame, handled)
		}
		select {
		case e := <-reported:
			if e.Kind != "frame" {
				t.Errorf("%s: reported %+v", c.frame, e)
			}
		case <-testContext(t).Done():
			t.Fatalf("%s: not reported", c.frame)
		}
	}
	for _, frame := range []string{``, `{`, `[]`, `null`, `"x"`, `{}`} {
		send(t, conns[0], frame)
	}
	sendCommand(t, conns[0], "next")
	expectAck(t, acks, "next")
}

// TestConnection_AckTooLarge does not write an ack that Slack would not accept.
func TestConnection_AckTooLarge(t *testing.T) {
	f := newFakeSlack(t)
	reported := make(chan slackapp.ConnectionError, 1)
	conns, _, _ := f.start(t, &echo{}, func(e slackapp.ConnectionError) { reported <- e })
	acks := readAcks(conns[0])
	sendEcho := func(id string, ackBytes int) {
		text := strings.Repeat("x", ackBytes-len(`{"envelope_id":"1","payload":{"text":""}}`))
		send(t, conns[0], fmt.Sprintf(`{"type":"slash_commands","envelope_id":%q,"payload":{"command":"/echo","text":%q}}`, id, text))
	}
	sendEcho("1", 20480)
	if e := <-reported; e.Kind != "write" || !strings.Contains(e.Err.Error(), "20480") {
		t.Errorf("reported %+v", e)
	}
	sendEcho("2", 20479)
	expectAck(t, acks, "2")
}

// TestConnection_SlackStaysSilent ends Run although Slack does not answer the close frame.
func TestConnection_SlackStaysSilent(t *testing.T) {
	t.Parallel()
	f := newFakeSlack(t)
	conns, _, stop := f.start(t, &echo{}, nil)
	for _, conn := range conns {
		conn.SetCloseHandler(func(int, string) error { return nil })
		go func() { _, _ = io.Copy(io.Discard, conn.NetConn()) }()
	}
	begun := time.Now()
	if err := stop(); err != nil || time.Since(begun) > 5*time.Second {
		t.Errorf("Run returned %v after %v", err, time.Since(begun))
	}
}
