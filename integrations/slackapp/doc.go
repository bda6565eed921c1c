// Package slackapp connects an app to Slack: it receives commands, interactions and events in Socket Mode and calls
// the methods of the Web API that Foghorn needs. Types of Slack and the Web API are those of slack-go; the
// Socket Mode connection is implemented here, on gorilla/websocket.
//
// # Receiving
//
// [Client.Run] keeps two connections open and passes each envelope to a [Handler]. The return value of the
// handler is the ack. An envelope takes this path:
//
//	dial.go        a websocket is opened, also through a proxy
//	run.go         two connections are kept open, until the context ends
//	connection.go  one connection: read frames, answer pings, write acks, drain
//	receiver.go    dispatch to the handler, once for all deliveries; choose a connection for the ack
//	envelope.go    decode the envelope, encode the ack
//	home.go        the only event that is passed on: a user has opened Home; all others are acked alone
//
// What is guaranteed:
//
//   - Every envelope that is read is handled once in ten minutes, however often Slack delivers it and on
//     whichever connection. Each delivery is acked with the answer of the first.
//   - Every envelope that is read is acked, also one that cannot be decoded, except if its handler panics,
//     or returns more than an ack can hold (20,480 bytes). Both are reported to Config.OnError.
//   - When Slack refreshes a connection, the next one is opened first, and the old one is read until Slack
//     closes it. An ack that the old connection may not have delivered is sent on another one.
//   - Within 15 s after the end of any outage a connection is open again. Connections that end within a
//     second, without an envelope, are opened at most ten times in a minute.
//   - Run ends only with its context, or if Slack rejects the app token without a break: for 3 seconds at the
//     start, or for 5 minutes later. No other response of apps.connections.open ends it.
//
// Slack has no request to stop sending. When the context of Run ends, each connection is closed in a moment
// when no envelope is being handled: Run sends a close frame, and reads until Slack closes its side. An
// envelope that Slack sends in between is handled, and acked if another connection is open. On the last
// connection it cannot be acked: RFC 6455 allows no data after a close frame, and Slack shows the user that
// the app did not answer. If Slack discards an envelope that it had assigned to the connection, the app
// never sees it; Slack shows the user the same, who can repeat the command or press the button again. To keep
// that rare, start the next process before this one stops.
//
// # Errors
//
// The errors of Web API calls are of type [*Error]. [IsRejected], [IsUndone], [RetryLimit] and [IsFatal] say what
// a caller can do about them; errorcodes.go has the table of Slack's error codes. Only a response with Slack's "ok" is
// an answer of Slack: pages of proxies and firewalls say nothing about the call. The package logs nothing, and its
// errors contain no tokens, tickets, response URLs or form values.
package slackapp
