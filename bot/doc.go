// Package bot is Foghorn's inside: it opens the form of a Port action in Slack, runs the
// action as the person who filled it in, follows the run, and tells people how it ended.
// It loses nothing and does nothing twice, whenever it is killed.
//
// # The way of a request
//
//	/incident            Command   opens the form (dialog.go)
//	Submit               submit    checks it, puts it on disk, and only then acks
//	 └ accepted          advance   finds the person's e-mail (flow.go, from here on)
//	    └ asking         ask       creates the run in Port as that person
//	       └ running     follower  asks Port about all runs in flight at once (follow.go)
//	          └ telling  deliver   posts one message for each who must hear (tell.go)
//	             └ linking         adds the incident's own channel, once it has one
//	                └ told
//
// A submission becomes a [Request], keyed by Slack's id of the view: pressed twice or
// delivered twice it is one request. [Request.Stage] is how far it has come.
//
// # What makes it safe
//
// The journal is a key-value bucket of NATS JetStream, in this process by default, where
// every write is synced to the disk before it counts. Each change of a request is a
// compare-and-set on the record that was read, so two processes cannot both make it.
//
// Before an outside effect the intent is written down, and the outcome after. What is found
// in the journal with an intent and no outcome was begun by a process that did not live to
// write the end: nobody knows whether it was done. It is then looked up, once the call's own
// timeout has passed, and adopted if it is found; only else is it done again. A clear refusal
// is never looked up, and a clear "not now" is only tried again.
//
// The path after a crash is the path of every day: advance reads a record and does what its
// stage asks for. There is no other code for recovery.
//
// # What wakes a request
//
// A stream holds one message for each request that has something to do. The corridor takes
// it, advances the request until it must wait, and gives the message back with that delay,
// or drops it when the request rests: because Port is at work (the follower, or Port's own
// webhook, puts a new message into the stream when the run has ended) or because all is told.
// A message that nobody finished is handed out again: at once when the store is this
// process's own and it starts anew, else after 12 s to another process.
//
// # What is on disk
//
// STATE_DIR is a JetStream store (and a lock file). In it, or in the cluster:
//
//   - the bucket foghorn_requests: a [Request] as JSON by its id, with the version of the format
//     in "v"; run.<run id> names the request that adopted a run; probe.write is /readyz's;
//   - the bucket foghorn_drafts: what was given on earlier pages of an open form, for a day;
//   - the bucket foghorn_leases: who follows the runs, in memory;
//   - the stream FOGHORN: foghorn.work.accepted.<id> carries a new request,
//     foghorn.work.wake.<id> carries nothing.
//
// Fields that a version does not know are kept when it writes a record. A record of a later
// version, or at a stage that is not known, is left as it is and logged: nothing is dropped.
// Records of requests that were told are removed after Config.Retention.
//
// The store in STATE_DIR grows to 4 GiB, some two million requests; then no more are
// accepted until Config.Retention has made room. While nothing can be written, as on a full
// disk, a submission is an error in the form, and /readyz says so; when there is room again
// Run ends with an error, because only a new start mends the store. Files that were damaged
// are refused at the start and left as they are. A last record that a crash cut short is no
// damage: it was never acked.
//
// # Who knows what
//
// form knows Port's inputs and nothing of Slack; modal turns its fields into Block Kit and
// back; card makes the messages, and alone knows what an incident is. Everything else here is
// about actions and runs, so that another action travels in the same way.
package bot
