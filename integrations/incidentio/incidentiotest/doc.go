// Package incidentiotest is an emulator of incident.io on 127.0.0.1: the API that creates incidents and
// lists what an organization has, with the vendor's bodies, codes and errors.
//
//	s := incidentiotest.New(t, incidentiotest.Config{})
//	// Create an incident with s.URL() and s.APIKey. Then look at the result:
//	incidents := s.Incidents()
//
// A program that is not a test calls [Start] and [Server.Close]. [Server.State] returns everything that is
// stored, and [Server.Reset] removes the incidents.
//
// The default severities Minor, Major and Critical have the ids that Port's guide writes into its action, so
// the guide works unchanged.
//
// # Faults
//
// [Server.RateLimit] and [Server.RateLimitIncidents] answer with the vendor's two 429s.
// [emulator.Server.Plan] adds other faults: an error status, a delay, a lost answer or a closed connection.
// With this one, the next new incident is created but its answer is lost:
//
//	s.Plan(emulator.Fault{Path: "/v2/incidents", Method: http.MethodPost, Times: 1, Lose: true})
//
// # What is modeled
//
//   - POST and GET /v2/incidents, GET /v2/incidents/{id} by id or by the number of the reference (1, not
//     INC-1), severities, incident_statuses, incident_types, incident_roles, identity,
//     custom_fields, custom_field_options.
//   - The bearer key with its two 401s. An empty 404 for unknown routes and methods, before the key is checked.
//     A 403 for a
//     call that the key has no role for. A 422 with every invalid field. The headers of the rate limit.
//   - A repeated idempotency_key returns the existing incident, whatever the rest of the request is, without a
//     second event. Foghorn relies on it; the vendor documents only that the key prevents duplicates.
//   - Triage as the first status. The Slack channel, present only some time after the creation. Absent keys for
//     values that do not exist. Role assignments. Pages. Lists without tests and tutorials.
//
// # Events
//
// [emulator.Server.Watch] reports every new incident once, from incident.io to Port, and every change of a
// status, from incident.io to itself. [emulator.Server.WatchAll] also reports calls that read.
//
// # What is not modeled
//
//   - Edits, incident updates, timestamps, the catalog, escalations, webhooks, users, memberships.
//   - Filters and the order of lists.
//   - Keys that cannot read private incidents.
//   - The texts of the vendor's errors about custom fields and roles, which are not documented.
//   - Other numbers in the headers of the rate limit: they never change.
//   - Limits on the length of names and summaries, because none are documented.
//   - Rules for changes of a status: [Server.SetStatus] accepts every change.
package incidentiotest
