package slacktest

import (
	"foghorn/integrations/emulator"
)

// addControlRoutes adds what users do, and what a test reads, to the control API. See
// [emulator.Server.ControlURL] for its common part. The routes, below /control/, are:
//
//	GET  {$}             api_url, tokens, users and channels; ?connections=1&wait=5s waits for the app
//	POST users           {"id","name","real_name","email","bot","guest"}
//	POST channels        {"id","name","private","archived","members","bot_is_member"}
//	POST scopes          {"scopes": ["chat:write"]}
//	POST manifest        {"manifest": {…}}: the app's manifest: commands, scopes, events and Home tab
//	POST event           {"event": {"type", …}}: sends an event, whatever the app subscribes to
//	POST send            {"user","channel","text","thread_ts"}: a command, or a message or reply, whose ts it returns
//	POST shortcut        {"user","callback_id"}, on a message also {"channel","ts"}
//	POST click           {"user","channel","ts","action_id","value"}: a button of a message, or another element with a
//	                     value: the text or value of an option, a date, or the name of a user or channel; "values" for several
//	POST search          {"user","channel","ts","action_id","query"}: a query of an external select of a message
//	GET  modal           ?user=U1&wait=5s&title=Declare: the top modal, its fields and the view
//	POST modal/fill      {"user","values": {"Name": "x", "Teams": ["a","b"]}}
//	POST modal/change    {"user","label","values": ["x"]}: a field with "dispatches"
//	POST modal/search    {"user","label","query"}: a query of an external select
//	POST modal/click     {"user","label"}: a button
//	POST modal/submit    {"user"}
//	POST modal/close     {"user","all": false}
//	POST home/open       {"user"}: the Home tab; the app receives app_home_opened
//	POST home/click      {"user","label","value"}: a button of the Home tab, or another element with a value
//	GET  home            ?user=U1&contains=text&wait=5s: the text and the view of the Home tab
//	POST modal/state     {"untouched","suggestions": as Config.UntouchedState and SuggestionState, "stale": as SendStaleState}
//	GET  messages        ?channel=C1&contains=text&wait=5s; with the id of a user as channel, their direct messages;
//	                     with &user=U1, the messages that this user sees, ephemeral ones included
//	GET  ephemerals      ?user=U1&contains=text&wait=5s
//	GET  acks            the acks of the app
//	POST connections     {"action": "disconnect"|"drop"|"refuse"|"half_open"|"pings"|"duplicate"|"redeliver"|"raw"|"limit_history", "reason","on","n","text"}
func (s *Server) addControlRoutes() {
	s.EnableControl(s.State, s.Reset)
	s.HandleControl("GET {$}", emulator.HandleGet(s.controlWorkspace))
	s.HandleControl("POST users", emulator.HandlePost(s.controlAddUser))
	s.HandleControl("POST channels", emulator.HandlePost(s.controlAddChannel))
	s.HandleControl("POST scopes", emulator.HandlePost(s.controlSetScopes))
	s.HandleControl("POST send", emulator.HandlePost(s.controlSend))
	s.HandleControl("POST shortcut", emulator.HandlePost(s.controlShortcut))
	s.HandleControl("POST manifest", emulator.HandlePost(s.controlManifest))
	s.HandleControl("POST event", emulator.HandlePost(s.controlEvent))
	s.HandleControl("POST click", emulator.HandlePost(s.controlUse("message")))
	s.HandleControl("POST search", emulator.HandlePost(s.controlSearch("message")))
	s.HandleControl("GET modal", emulator.HandleGet(s.controlModal))
	s.HandleControl("POST modal/fill", emulator.HandlePost(s.controlFill))
	s.HandleControl("POST modal/change", emulator.HandlePost(s.controlUse("modal")))
	s.HandleControl("POST modal/search", emulator.HandlePost(s.controlSearch("modal")))
	s.HandleControl("POST modal/click", emulator.HandlePost(s.controlUse("modal")))
	s.HandleControl("POST modal/submit", emulator.HandlePost(s.controlSubmit))
	s.HandleControl("POST modal/close", emulator.HandlePost(s.controlClose))
	s.HandleControl("POST home/open", emulator.HandlePost(s.controlOpenHome))
	s.HandleControl("POST home/click", emulator.HandlePost(s.controlUse("home")))
	s.HandleControl("GET home", emulator.HandleGet(s.controlHome))
	s.HandleControl("POST modal/state", emulator.HandlePost(s.controlViewState))
	s.HandleControl("GET messages", emulator.HandleGet(s.controlMessages))
	s.HandleControl("GET ephemerals", emulator.HandleGet(s.controlEphemerals))
	s.HandleControl("GET acks", emulator.HandleGet(s.controlAcks))
	s.HandleControl("POST connections", emulator.HandlePost(s.controlConnections))
}
