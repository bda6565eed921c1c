// Package porttest is an emulator of Port on 127.0.0.1: its API, and an engine that executes
// actions and automations.
//
//	s := porttest.New(t, porttest.Config{})
//	if err := s.PutAction(definition); err != nil {
//		t.Fatal(err)
//	}
//	s.AddUser("alice@example.com")
//	// Start a run with s.URL(), s.ClientID and s.ClientSecret. Then wait for its end:
//	run, err := s.WaitRun(t.Context(), s.Runs()[0].ID, porttest.Success)
//
// A program that is not a test calls [Start] and [Server.Close]. [Server.State] returns everything
// that is stored, and [Server.Reset] removes it.
//
// # Faults
//
// [emulator.Server.InjectFault] adds a fault: an error status, a delay, a lost answer or a closed connection.
// This one answers the next two new runs with 503:
//
//	s.InjectFault(emulator.Fault{Path: "/runs", Method: http.MethodPost, Times: 2, Status: http.StatusServiceUnavailable})
//
// [emulator.Server.Calls] returns the calls, also those of unknown routes. [Server.RevokeTokens] and
// [Server.SetTokenLifetime] make tokens invalid. [Server.PutActionUnchecked] stores definitions that
// the API rejects, as an old organization may have them.
//
// # What is modeled
//
// [Coverage] lists every route of the API with what is not modeled of it. An absent route answers as Port answers an
// unknown one. A query parameter or a member of a body whose effect is not modeled is an error.
//
//   - Access tokens are valid for three hours, one at a time, with or without "Bearer". Every answer has X-Trace-Id and
//     the headers of the rate limit, which is not enforced.
//   - Bodies and definitions are validated against Port's OpenAPI document, with the messages of its validator.
//   - Runs: run_as for members, approval, versions v1 and v2 of the JSON. A run that has ended cannot change. A policy of an
//     action is evaluated; users, roles, teams and ownership are stored only, because Port does not document that it checks
//     them with run_as.
//   - WEBHOOK, signed, synchronized or not, with the summaries and logs of Port's agent. A webhook to Port's own API gets a
//     token. UPSERT_ENTITY merges an entity. Runs of other backends stay IN_PROGRESS until [Server.EndRun].
//   - Templates with the rules of Port's engine: a string that is one template keeps the type of its result, others become
//     text, a missing value is null, keys are templates, spreadValue() is a key, only the first output counts.
//   - Automations on runs and entities, with JQ conditions. Their own runs can start automations. A change of the logs, the
//     payload or the response of a run starts none. There are no timers.
//   - Entities: mirror and calculation properties, required relations, renames, dependents, search with every operator.
//
// # Events
//
// [emulator.Server.Subscribe] reports runs ("run": created, then each status), webhooks ("webhook": request, then
// answer), automations ("automation") and entities ("entity"), with their JSON. [emulator.Server.SubscribeAll] also
// reports each call to the API, each answer, and the lines of logs ("log"). Secrets are masked.
//
// # What Port does not document
//
// The timeout of a webhook is the 30 seconds of Port's agent. Secrets are masked in the payload of a run. A
// chain of automations ends after 100. Webhooks are not repeated. A list of runs has 50 by default. A DAY-2 or DELETE
// action without a blueprint runs on an entity of any blueprint. An unknown query parameter is an error. The error
// has_dependents has the status 422. Relations are followed in both directions by relatedTo without a direction. The
// ranges of days in a search begin at midnight UTC. JSON schemas of inputs and properties that are too expensive for
// package inputschema are rejected with 422.
//
// The jq implementation is gojq. It sorts the keys of objects where jq keeps their order, so to_entries,
// keys_unsorted and objects within text can have another order. All other results that are known from Port's
// engine are the same. Programs are evaluated by package jq with its limits: a program that takes more than 40 ms of
// CPU time or 48 MB, has more than 20,000 bytes or a large result, is null. Port allows five seconds. A binary with this
// package starts itself with the argument "jq-worker" for them.
package porttest
