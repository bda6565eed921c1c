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
// [emulator.Server.Plan] adds a fault: an error status, a delay, a lost answer or a closed connection.
// This one answers the next two new runs with 503:
//
//	s.Plan(emulator.Fault{Path: "/runs", Method: http.MethodPost, Times: 2, Status: http.StatusServiceUnavailable})
//
// [emulator.Server.Calls] returns the calls, also those of unknown routes. [Server.RevokeTokens] and
// [Server.SetTokenLifetime] make tokens invalid. [Server.PutActionUnchecked] stores definitions that
// the API rejects, as an old organization may have them.
//
// # What is modeled
//
//   - Access tokens: valid for three hours, one at a time, with or without "Bearer". Every answer has
//     X-Trace-Id and the headers of the rate limit. Errors are 401, 404, 409, 413 beyond 1 MiB, and 422.
//   - Validation of bodies and definitions against Port's OpenAPI document, with the messages of its
//     validator: `"properties/n" must be >= 1`.
//   - Actions, automations, blueprints, secrets, users, teams and the organization.
//   - Permissions to execute an action. A policy is evaluated; users, roles, teams and ownership are stored, and
//     enforced after [Server.EnforcePermissions] only, because Port does not document that it checks them with run_as.
//   - Runs: run_as for members, validation and defaults of inputs, entities that must exist, approval and approvers, logs,
//     filters, versions v1 and v2 of the JSON. A run that has ended cannot change.
//   - WEBHOOK, signed, synchronized or not, with the summaries and logs of Port's agent. A webhook to Port's
//     own API gets a token. UPSERT_ENTITY merges an entity and validates it against the blueprint.
//   - Templates with the rules of Port's engine: a string that is one template keeps the type of its result,
//     others become text, a missing value is null, keys are templates, spreadValue() is a key, only the first
//     output counts, and the environment is hidden.
//   - Automations on runs and entities, with JQ conditions. Their own runs can start automations. A change of
//     the logs, the payload or the response of a run starts none.
//   - Entities: create, upsert, merge, patch, replace, validate. A null removes a property. Search in one
//     blueprint or in all, with nested groups, every operator, pages, include and exclude.
//
// # Events
//
// [emulator.Server.Watch] reports runs ("run": created, then each status), webhooks ("webhook": request, then
// answer), automations ("automation") and entities ("entity"), with their JSON. [emulator.Server.WatchAll] also
// reports each call to the API, each answer, and the lines of logs ("log"). Secrets are masked.
//
// # What is not modeled
//
//   - Other backends than WEBHOOK and UPSERT_ENTITY: their runs stay IN_PROGRESS until [Server.EndRun]. Agents,
//     Kafka, and the payload of actions of the old style, which can be read and run.
//   - jqQuery in inputs (required, enum, default, visible): Port's form evaluates it, and the behavior of the
//     API is not documented.
//   - JSON schemas of inputs and properties that are too expensive for package inputschema, refer to themselves or to
//     other documents: a value for them is rejected with 422. A pattern that is too expensive matches every text.
//   - The condition of a self-service action: Port's form evaluates it, and the behavior of the API is not documented.
//   - Permissions of blueprints, who may approve (it is listed only; a policy is not evaluated), personal tokens, encryption of inputs, rules of scorecards
//     (their results are what [Server.SetScorecards] sets), the entities of users and teams unless they are put, mirror,
//     calculation and aggregation properties, timers, ownership, bulk routes, audit logs, pages, integrations, workflows.
//   - requiredApproval of the type ALL: the first approval decides.
//   - The rate limit: the headers count calls, but no call is rejected.
//   - The direction of relatedTo: relations are followed in both directions.
//
// # What Port does not document
//
// The timeout of a webhook is the 30 seconds of Port's agent. Secrets are masked in the payload of a run. A
// chain of automations ends after 100. Webhooks are not repeated. A list of runs has 50 by default. A DAY-2 or DELETE
// action without a blueprint runs on an entity of any blueprint.
//
// The jq implementation is gojq. It sorts the keys of objects where jq keeps their order, so to_entries,
// keys_unsorted and objects within text can have another order. All other results that are known from Port's
// engine are the same. Programs are evaluated by package jq with its limits: a program that takes more than 40 ms of
// CPU time or 48 MB, has more than 20,000 bytes or a large result, is null. Port allows five seconds. A binary with this
// package starts itself with the argument "jq-worker" for them.
package porttest
