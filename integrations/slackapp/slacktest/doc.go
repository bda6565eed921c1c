// Package slacktest is a small Slack on loopback: the Web API, Socket Mode, and people who
// type commands, fill modals and press buttons. Apps run against it unchanged but for the
// base address of the API.
//
//	s, err := slacktest.Start(slacktest.Config{})
//	defer s.Close()
//	alice := s.AddUser(slacktest.User{RealName: "Alice", Email: "alice@example.com"})
//	room := s.AddChannel(slacktest.Channel{Name: "ops", BotIsMember: true})
//	// start the app with s.URL(), s.BotToken and s.AppToken, then:
//	p := s.Person(alice.ID)
//	ack, err := p.SendMessage(ctx, room.ID, "/incident")
//	m, err := p.WaitTopModal(ctx)
//	err = m.Fill("Name", "Database down")
//	res, err := m.Submit(ctx)
//	msg, err := s.WaitMessage(ctx, room.ID, nil)
//
// Tests in other languages do the same over HTTP: see [Server.ControlURL].
//
// # What is modelled
//
// Web API: JSON, urlencoded and multipart bodies, the token in the header or as a field, the two kinds of
// token, scopes, Slack's error words, always status 200. The methods are api.test, apps.connections.open, auth.test, blocks.validate,
// bots.info, chat.delete, chat.getPermalink, chat.postEphemeral, chat.postMessage, chat.update,
// conversations.{history,info,join,list,members,open,replies}, team.info, users.{info,list,lookupByEmail},
// views.{open,publish,push,update}. Others answer unknown_method; [emulator.Server.Calls] has them all.
//
// Socket Mode: tickets for one use, hello, pings, up to ten sockets, each envelope to one of them at
// random, acks within 3 s and 20,480 bytes, disconnect with its reasons. What can go wrong is done on request:
// [Server.Disconnect], [Server.RefuseConnections], [Server.DropConnections], [Server.SetHalfOpen], [Server.SetPings],
// [Server.SendRaw], [Server.SetDuplicates], [Server.SetRedeliverOnConnect], and for HTTP [Server.RateLimit], [Server.FailMethod]
// and [emulator.Server.InjectFault].
//
// Views: triggers of 3 s and one use, the stack of three, hashes, external ids, values that survive an
// update, the shapes of state.values, what Slack's client checks before it submits, every response_action,
// block_actions, block_suggestion, view_closed, the home tab.
//
// Block Kit: every block and element of today with its limits in code points; unknown properties are refused;
// the sentences are Slack's where they are known.
//
// Messages: membership, chat:write.public, archived and private channels, direct messages by user id, threads,
// metadata, edits, ephemeral messages, response_url with five uses in 30 minutes.
//
// # Events
//
// [emulator.Server.Subscribe] tells what happens. Kinds from person to slack: command, shortcut, click, change,
// submission, close, message; from slack to the app: envelope, disconnect, refused (an API call); from the app to slack:
// ack (with its time), view (with the labels of its fields), message, ephemeral; from slack to person: error. The app's name
// is Config.AppName in lower case. [emulator.Server.SubscribeAll] also tells of each call to the API and its
// answer, of sockets that come and go ("socket"), of fields that are filled ("fill") and of modals that close or
// show errors ("view", to the person), so that a page can follow what a person sees ([Person.VisibleMessages],
// [Person.TopModal]). Bodies hold no token, trigger_id, response_url or ticket.
//
// # What is not
//
//   - rate limits: [Server.RateLimit] plays one;
//   - retries of events, the Events API over HTTP, signatures of requests, OAuth, several workspaces, Enterprise Grid;
//   - events that follow from what happens here (message, member_joined_channel): [Server.SendEvent] sends one;
//   - reactions, files, search, reminders, bookmarks, canvases, workflows, user groups, Slack Connect;
//   - fragmented frames of the app, which Slack does not put together: here they are;
//   - unfurling: the flags are kept, nothing is fetched; images are not fetched either, so that no image is refused;
//   - text over 40,000 characters is refused with msg_too_long, where Slack may cut it;
//   - input blocks in messages are accepted, but nobody can fill them;
//   - mrkdwn is not parsed: text is kept as it came, without escaping;
//   - the words for a second use of a block_id, an initial_option that is no option, and most of what the
//     client says below a field are made up, because Slack's own are not known;
//   - views.open while another modal is open puts the new one in its place, without view_closed.
package slacktest
