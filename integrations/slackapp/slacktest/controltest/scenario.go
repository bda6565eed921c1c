package controltest

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
