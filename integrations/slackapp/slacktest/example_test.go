package slacktest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log"

	"github.com/slack-go/slack"

	"foghorn/integrations/slackapp/slacktest"
)

func ExampleValidateView() {
	view := json.RawMessage(`{
		"type": "modal",
		"title": {"type": "plain_text", "text": "A title that is rather too long"},
		"blocks": [{"type": "section"}]
	}`)
	for _, p := range slacktest.ValidateView(view) {
		fmt.Println(p)
	}
	// Output:
	// must define either `text` or `fields` [json-pointer:/view/blocks/0/type]
	// must be less than 25 characters [json-pointer:/view/title/text]
}

func ExampleServer() {
	ctx := context.Background()
	s, err := slacktest.Start(slacktest.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()
	room := s.AddChannel(slacktest.Channel{Name: "ops", BotIsMember: true})

	app := slack.New(s.BotToken, slack.OptionAPIURL(s.URL()))
	if _, _, err := app.PostMessageContext(ctx, room.ID, slack.MsgOptionText("all is well", false)); err != nil {
		log.Fatal(err)
	}
	m, err := s.WaitMessage(ctx, room.ID, nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(m.Text)
	// Output: all is well
}
