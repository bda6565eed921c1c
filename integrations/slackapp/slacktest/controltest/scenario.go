package controltest

import "fmt"

// RunScenario acts as a user of an app that declares incidents, and checks the app:
//
//   - /incident and the global shortcut "declare" open the modal "Declare" with the fields Name
//     and Service, an external select with payments, paging and search;
//   - a name of less than three letters has an error below the field;
//   - the submission posts "<name> (<service>), says <@user>" with a button "resolve", in the channel
//     of the command or, for the shortcut, in the direct conversation;
//   - the button changes the message to "<name> is resolved".
//
// The app uses the api_url and the tokens that the control API returns.
func (d *Client) RunScenario() {
	d.Get("", "connections", "1", "wait", waitTime) // the app is connected
	who, _ := d.Post("users", Object{"name": "ana", "real_name": "Ana", "email": "ana@example.com"})["id"].(string)
	where, _ := d.Post("channels", Object{"name": "ops", "bot_is_member": true})["id"].(string)
	me := func(more Object) Object {
		more["user"] = who
		return more
	}

	typed := d.Post("send", me(Object{"channel": where, "text": "/incident"}))
	d.expect(typed, "/incident", "kind")
	d.expect(typed, nil, "error")
	modal := d.Get("modal", "user", who, "title", "Declare", "wait", waitTime)
	d.expect(modal, "Name", "fields", 0, "label")
	d.expect(modal, "external_select", "fields", 1, "kind")

	// An error of Slack's client: nothing is sent.
	blank := d.Post("modal/submit", me(Object{}))
	d.expect(blank, false, "sent")
	d.expect(blank, "Please complete this required field.", "errors", "Name")

	// The options of an external select.
	d.expect(d.Post("modal/search", me(Object{"label": "Service", "query": "zz"})), "[]", "options")
	found := d.Post("modal/search", me(Object{"label": "Service", "query": "pa"}))
	d.expect(found, "payments", "options", 0, "text")
	d.expect(found, "paging", "options", 1, "value")

	// An error of the app: it is shown below the field, and the values stay.
	d.Post("modal/fill", me(Object{"values": Object{"Name": "x", "Service": "payments"}}))
	short := d.Post("modal/submit", me(Object{}))
	d.expect(short, true, "sent")
	d.expect(short, "", "connection_error")
	d.expect(short, "Say more than that.", "errors", "Name")
	again := d.Post("modal/fill", me(Object{"values": Object{"Name": "All down"}}))
	d.expect(again, "[payments]", "fields", 1, "value")
	d.expect(d.Post("modal/submit", me(Object{})), true, "closed")

	// The message, and the effect of its button.
	d.clickResolve(who, where)

	// The global shortcut has no channel.
	d.expect(d.Post("shortcut", me(Object{"callback_id": "declare"})), nil, "error")
	d.Get("modal", "user", who, "title", "Declare", "wait", waitTime)
	d.Post("modal/search", me(Object{"label": "Service", "query": "s"}))
	d.Post("modal/fill", me(Object{"values": Object{"Name": "All down", "Service": "search"}}))
	d.expect(d.Post("modal/submit", me(Object{})), true, "closed")
	d.clickResolve(who, who)

	acks, _ := d.Get("acks")["acks"].([]any)
	for i, a := range acks {
		if lookup(a, "error") != nil {
			d.t.Errorf("ack %d: %v", i, a)
		}
	}
	if len(acks) < 10 {
		d.t.Errorf("%d acks", len(acks))
	}
}

// RunEvents acts as a user who writes messages, and checks the app:
//
//   - a mention is answered in its thread, with a menu of the services; the choice is answered in the thread;
//   - "status" is answered in a thread, and in the channel;
//   - the Home tab welcomes the user.
func (d *Client) RunEvents() {
	d.Get("", "connections", "1", "wait", waitTime) // the app is connected
	d.Post("manifest", Object{"manifest": Object{
		"features":     Object{"app_home": Object{"home_tab_enabled": true}},
		"oauth_config": Object{"scopes": Object{"bot": []string{"chat:write", "app_mentions:read", "channels:history"}}},
		"settings": Object{"socket_mode_enabled": true, "event_subscriptions": Object{
			"bot_events": []string{"app_mention", "message.channels", "app_home_opened"},
		}},
	}})
	bot := d.Get("")["bot_user"]
	who, _ := d.Post("users", Object{"name": "eve"})["id"].(string)
	where, _ := d.Post("channels", Object{"name": "events", "bot_is_member": true})["id"].(string)

	asked := d.Post("send", Object{"user": who, "channel": where, "text": fmt.Sprintf("help <@%s>", bot)})
	menu := d.Get("messages", "channel", where, "contains", "What is down", "wait", waitTime)
	d.expect(menu, asked["ts"], "messages", 0, "thread_ts")
	used := d.Post("click", Object{"user": who, "channel": where, "ts": lookup(menu, "messages", 0, "ts"), "action_id": "down", "value": "paging"})
	d.expect(used, nil, "error")
	answer := d.Get("messages", "channel", where, "contains", "paging is down", "wait", waitTime)
	d.expect(answer, asked["ts"], "messages", 0, "thread_ts")

	d.Post("send", Object{"user": who, "channel": where, "text": "status", "thread_ts": asked["ts"]})
	well := d.Get("messages", "channel", where, "contains", "all is well", "wait", waitTime)
	d.expect(well, true, "messages", 0, "broadcast")

	d.expect(d.Post("home/open", Object{"user": who}), nil, "error")
	d.Get("home", "user", who, "contains", "Welcome, <@"+who+">", "wait", waitTime)
}

// clickResolve waits for a message of the app and clicks its button.
func (d *Client) clickResolve(who, where string) {
	d.t.Helper()
	seen := d.Get("messages", "channel", where, "contains", "says <@"+who+">", "wait", waitTime)
	d.expect(seen, true, "messages", 0, "bot")
	ts := lookup(seen, "messages", 0, "ts")
	pressed := d.Post("click", Object{"user": who, "channel": where, "ts": ts, "action_id": "resolve"})
	d.expect(pressed, nil, "error")
	after := d.Get("messages", "channel", where, "contains", "All down is resolved", "wait", waitTime)
	d.expect(after, ts, "messages", 0, "ts")
	d.expect(after, 1, "messages", 0, "edited")
}
