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
// Tests in other languages use the control API: see [emulator.Server.ControlURL] and README.md, which says what is
// emulated, what is not, and where the emulator differs from Slack.
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
package slacktest
