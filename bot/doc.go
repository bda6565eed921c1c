// Package bot is Foghorn's bot: it wires the packages below it together and serves health, metrics and
// Port's webhook.
//
// A request passes through them in this order:
//
//	Slack --> slackapp      receives the envelope of a command, a click or a submission
//	          dialog        opens the form; stores the submission before it is acked
//	          store         keeps the request on disk
//	          workflow      creates the run in Port, follows it, posts the result in Slack
//	Slack <-- message       renders what people read
//
// # What is guaranteed
//
//   - A submission is on disk (fsync) before it is acked. What cannot be stored is an error in the form.
//   - Each accepted submission results in one run and one message, also when the process is
//     killed at any moment and started again. package workflow says how, and docs/guarantees.md which two
//     cases depend on the permissions that the app and the action have.
//   - An action always runs as the person who submitted the form.
//
// # What is on disk
//
// STATE_DIR is a JetStream store; package store describes it. Fields of later versions are
// kept when a record is written. Records of a later version, and stages that are not known, are
// left as they are and logged. Ended requests are in a log without what people entered, for Config.Retention.
//
// While nothing can be written, such as on a full disk, a submission gets an error in the form, and /readyz
// reports it. When there is free space again, Run returns an error, because only a restart makes the store
// usable. Damaged files are refused at the start and not changed.
package bot
