// Package porttest is a small Port on loopback: the API, and behind it an engine that really
// executes actions and automations.
//
//	s, err := porttest.Start(porttest.Config{})
//	defer s.Close()
//	err = s.PutAction(definition)
//	s.AddUser("alice@example.com")
//	// run it with s.URL(), s.ClientID and s.ClientSecret, then look:
//	run, err := s.WaitRun(ctx, s.Runs()[0].ID, porttest.Success)
//
// # What is modelled
//
//   - access tokens: three hours or [Server.SetTokenLife], one at a time (asking again gives the same),
//     with or without "Bearer", revoked by [Server.RevokeTokens]; X-Trace-Id and the headers of the rate
//     limit on every answer; 401, 404, 409, 413 beyond 1 MiB, 422, in Port's envelope;
//   - bodies and definitions to the letter of Port's OpenAPI document, refused in the words of its
//     validator: `"properties/n" must be >= 1`. [Server.PutRaw] lets odd and old definitions in;
//   - actions and automations, their permissions (kept, not enforced), blueprints, secrets (written,
//     used, never shown), users, teams, the organization;
//   - runs: run_as for members, inputs checked and defaults filled in, entities that must exist, approval,
//     logs, filters, both versions of the shape; a run that has ended cannot be changed;
//   - WEBHOOK, signed, synchronized or not, with the summaries and logs of Port's agent; Port's own API as
//     a target, which needs no token; UPSERT_ENTITY, merged and checked against the blueprint;
//   - templates under the rules of Port's engine: a whole template keeps its type, others are text, what
//     is missing is null, keys are templates, spreadValue(), the first output only, no environment;
//   - automations on runs and entities, with JQ conditions and runs of their own, which may trigger
//     further ones. A change of a run's logs, payload or response triggers none;
//   - entities: create, upsert, merge, patch, replace, validate; a null takes a property away; search in one
//     blueprint or all with nested groups, every operator, pages, include and exclude.
//
// Faults (429, 5xx, lost answers, hangs) come from the embedded emulator.Server, which also
// keeps every call, those to unknown routes too.
//
// # Events
//
// Watch tells of runs ("run": created, then each status), their webhooks ("webhook": sent, then
// answered), automations ("automation") and entities ("entity"), with the JSON of each. WatchAll
// also tells of each call to the API and its answer, and of lines of logs ("log"). Secrets are masked.
//
// # What is not
//
//   - other backends than WEBHOOK and UPSERT_ENTITY: their runs stay IN_PROGRESS until [Server.EndRun];
//     agents, Kafka, and old-style actions, which can be read and run but call nobody by Port's old payload;
//   - jqQuery in inputs (required, enum, default, visible): Port's form evaluates them, and what its API does
//     is not published; a pattern that only JavaScript understands is not checked either;
//   - permissions, policies, personal tokens, encryption of inputs, scorecards, mirror, calculation and
//     aggregation properties, timers, ownership, bulk routes, audit logs, pages, integrations, workflows;
//   - a rate limit of its own: the headers count, nothing is refused;
//   - the direction of relatedTo: relations are followed both ways.
//
// # Where Port says nothing
//
// The webhook's timeout is the agent's 30 seconds. Secrets are masked in a run's payload. A chain
// of automations ends after 100. Webhooks are not sent again. Lists of runs hold 50 by default.
//
// jq is gojq. It sorts the keys of objects where jq keeps their order, so that to_entries, keys_unsorted
// and objects within text may come out in another order; everything else that Port's own engine was seen
// to render comes out the same. A program has one second, where Port gives five, and 64 KiB.
package porttest
