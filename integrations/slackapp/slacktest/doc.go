// Package slacktest emulates Slack for one app on the loopback interface: the Web API, Socket Mode,
// and users who send commands, fill in modals and click buttons. The app only needs the base address
// of the API.
//
//	s := slacktest.New(t, slacktest.Config{})
//	ops := s.AddChannel(slacktest.Channel{Name: "ops", BotIsMember: true})
//	ana := s.Person(s.AddUser(slacktest.User{Name: "ana"}).ID)
//	// start the app with s.URL(), s.BotToken and s.AppToken, then:
//	ack, err := ana.SlashCommand(ctx, ops.ID, "/incident")
//	m, err := ana.WaitTopModal(ctx)
//	err = m.Fill("Name", "Database down")
//	res, err := m.Submit(ctx)
//	msg, err := s.WaitMessage(ctx, ops.ID, nil)
//
// Tests in other languages use the control API: see [emulator.Server.ControlURL] and README.md, which
// lists the methods, blocks and elements.
//
// # What is emulated
//
// Web API: JSON, urlencoded and multipart bodies, the token in the header or in the body, bot token
// and app-level token, scopes, Slack's error codes, always with status 200. A request that is malformed or has an
// argument twice is refused, also where Slack takes the last one. Another method fails with unknown_method. [emulator.Server.Calls] returns all calls.
//
// Socket Mode: tickets for one use, hello, pings, up to ten connections, each envelope to one of them
// at random, acks within 3 s and 20,480 bytes, disconnect with its reasons. Failures on request:
// [Settings], [Server.Disconnect], [Server.DropConnections] and [Server.SendRaw]; for HTTP,
// [Server.RateLimit], [Server.FailMethod], [emulator.Clock] and [emulator.Server.InjectFault].
//
// Views: triggers for one use within 3 s, a stack of three modals, hashes, external ids, values that
// stay after an update, state.values, the validation of Slack's client, every response_action,
// block_actions, block_suggestion, view_closed, the Home tab with app_home_opened and its buttons.
//
// Block Kit: the limits of blocks and elements in code points. Unknown properties are errors. The
// error messages are Slack's where they are known.
//
// Messages: selects, menus, pickers and buttons in blocks and in attachments, with their state.values; membership, chat:write.public, archived and private channels, direct messages by user id,
// threads, metadata, edits, ephemeral messages, response_url with five uses in 30 minutes.
//
// Events API: message (also message_changed, message_deleted and thread_broadcast), app_mention, app_home_opened and
// member_joined_channel (of the bot), for what happens in channels of which the bot is a member, if the app subscribes to
// them (Config.BotEvents, Config.Manifest, [Server.SetManifest]) and has the scopes. Without an ack, an event is sent
// again three times. The text of a person arrives with a rich_text block, in which mentions, channels and URLs are parsed.
//
// # Events
//
// [emulator.Server.Subscribe] reports what happens. Kinds from person to slack: command, shortcut,
// click, change, submission, close, message, home; from slack to the app: envelope, disconnect, refused (a
// failed call); from the app to slack: ack (with its duration), view (with the labels of its fields),
// message, ephemeral; from slack to person: error. The name of the app is Config.AppName in lower
// case. [emulator.Server.SubscribeAll] adds calls and responses, opened and closed connections
// ("socket"), filled fields ("fill"), and modals that close or show errors ("view", to the person).
// After each event, [Person.VisibleMessages] and [Person.TopModal] return what a person sees. Bodies
// contain no token, trigger_id, response_url or ticket.
//
// # State of a modal
//
// As in Slack, the state of a modal lacks what apps often expect in it: initial values that the user has not touched
// (Settings.UntouchedState includes them), and everything in a block_suggestion (Settings.SuggestionState).
// Settings.StaleStates makes submissions carry the state of the blocks before an update, as Slack does at times. A
// date, a time and radio buttons cannot be emptied.
//
// # What is not emulated
//
//   - rate limits: [Server.RateLimit] causes one;
//   - the Events API over HTTP, request signatures, OAuth, several workspaces, Enterprise Grid;
//   - other events than those above: [Server.SendEvent] sends any;
//   - reactions, files, search, reminders, bookmarks, canvases, workflows, user groups, Slack Connect;
//   - fragmented frames of the app: Slack does not join the fragments, the emulator does;
//   - unfurling: the flags are stored, and nothing is fetched; images are not fetched either;
//   - text over 40,000 characters fails with msg_too_long, where Slack may truncate it;
//   - markdown_text is stored as the text of the message, without the blocks that Slack makes of it;
//   - mrkdwn is not parsed: text is stored unchanged, without escaping;
//   - the error messages for a second use of a block_id, for an initial_option that is not an option, and most texts
//     that the client shows below a field are our own, because Slack's are not known;
//   - views.open while a modal is open replaces it, without view_closed.
package slacktest
