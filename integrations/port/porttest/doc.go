// Package porttest is a small Port on loopback: the API, and behind it an engine that really
// executes actions and automations.
//
//	s, err := porttest.Start(porttest.Config{})
//	defer s.Close()
//	err = s.PutAction(definition)
//	s.AddUser("alice@example.com")
//	// run it with s.URL(), s.ClientID and s.ClientSecret, then look:
//	run, err := s.WaitRun(ctx, s.Runs()[0].ID, "SUCCESS")
//
// Modelled: access tokens (three hours, one at a time), actions, blueprints, entities,
// secrets, users and teams as far as a client reads and writes them; runs with run_as,
// checked inputs, defaults, approval, logs, filters, and both versions of their shape;
// webhooks, signed, synchronous and not, with templates under Port's rules; UPSERT_ENTITY;
// automations on runs and entities with their JQ conditions and runs of their own; entities
// checked against their blueprint; a search with the common operators. Faults (429, 5xx, lost
// answers, hangs) come from the embedded emulator.Server.
//
// Not modelled: permissions and policies, other backends than WEBHOOK and UPSERT_ENTITY (their runs
// stay IN_PROGRESS until EndRun), Kafka, agents, scorecards, mirror and calculation
// properties, timers, audit logs, pages, integrations, rate limits of its own, conditions on
// inputs (Port's form evaluates them), decryption.
//
// jq is gojq: it sorts the keys of objects where jq keeps their order.
package porttest
