package slackapp

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/gorilla/websocket"
)

// CheckSocketMode opens a connection, waits for hello and closes it. It returns how long hello took.
//
// Slack may send an envelope on any connection of the app. One that arrives before Slack has read the close frame is
// not acked, because nothing handles it: Slack then reports to the person that the app did not respond, a form stays
// open with its input, and nothing is lost unnoticed. missed counts these envelopes.
func (c *Client) CheckSocketMode(ctx context.Context) (took time.Duration, missed int, err error) {
	begun := time.Now()
	address, err := c.requestConnectionURL(ctx)
	if err != nil {
		return 0, 0, err
	}
	ws, err := c.dialer.dialWebSocket(ctx, address)
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = ws.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = ws.Close() })
	defer stop()
	ws.SetReadLimit(maxFrameBytes)
	missed, err = readUntil(ws, typeHello)
	took = time.Since(begun)
	if err != nil && ctx.Err() != nil {
		return took, missed, fmt.Errorf("the websocket to %s is open, but no hello came in time: %w", websocketHost(address), ctx.Err())
	} else if err != nil {
		return took, missed, err
	}
	goodbye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	_ = ws.WriteControl(websocket.CloseMessage, goodbye, time.Now().Add(writeTimeout))
	_ = ws.SetReadDeadline(time.Now().Add(closeReplyTimeout))
	late, err := readUntil(ws, "") // it ends with Slack's close frame
	if _, refused := errors.AsType[*DisconnectError](err); !refused {
		err = nil
	}
	return took, missed + late, err
}

// readUntil reads frames until one of a type has arrived; empty: until the connection ends. It returns the number of
// envelopes among them.
func readUntil(ws *websocket.Conn, frameType string) (envelopes int, err error) {
	for {
		_, frame, err := ws.ReadMessage()
		if err != nil {
			return envelopes, fmt.Errorf("read: %w", redactError(err))
		}
		switch e, _ := decodeEnvelope(frame); {
		case e.ID != "":
			envelopes++
		case e.Type == frameType && frameType != "":
			return envelopes, nil
		case e.Type == typeDisconnect && disconnectCause(e.Reason) != nil:
			return envelopes, &DisconnectError{Reason: sanitize(e.Reason)}
		}
	}
}

// DisconnectError reports that Slack does not accept a connection.
type DisconnectError struct {
	Reason string // such as link_disabled (Socket Mode is off) or too_many_websockets
}

func (e *DisconnectError) Error() string { return "disconnected by Slack: " + e.Reason }

// websocketHost returns the host of an address, which contains a ticket.
func websocketHost(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "Slack"
	}
	return u.Host
}
