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
		u, _ := url.Parse(address) // it was dialed
		return took, missed, fmt.Errorf("the websocket to %s is open, but no hello came in time: %w", u.Host, ctx.Err())
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
			return envelopes, disconnectCause(e.Reason)
		}
	}
}
