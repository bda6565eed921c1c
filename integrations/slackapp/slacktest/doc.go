// Package slacktest is a small Slack on loopback: the Web API, Socket Mode, and people who
// type commands, fill modals and press buttons. Apps run against it unchanged but for the
// base address of the API.
//
//	s, err := slacktest.Start(slacktest.Config{})
//	defer s.Close()
//	alice := s.AddUser(slacktest.User{RealName: "Alice", Email: "alice@example.com"})
//	room := s.AddChannel(slacktest.Channel{Name: "ops", BotIn: true})
//	// start the app with s.URL(), s.BotToken and s.AppToken, then:
//	p := s.Person(alice.ID)
//	ack, err := p.Types(ctx, room.ID, "/incident")
//	m, err := p.Modal(ctx)
//	err = m.Fill("Name", "Database down")
//	res, err := m.Submit(ctx)
//	msg, err := s.WaitMessage(ctx, room.ID, nil)
package slacktest
