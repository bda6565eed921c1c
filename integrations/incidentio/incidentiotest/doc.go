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
// [emulator.Server.InjectFault] adds other faults: an error status, a delay, a lost answer or a closed connection.
// With this one, the next new incident is created but its answer is lost:
//
//	s.InjectFault(emulator.Fault{Path: "/v2/incidents", Method: http.MethodPost, Times: 1, DropResponse: true})
//
// # What is modeled
//
// [Coverage] lists the routes. Of them:
//
//   - GET /v2/incidents/{id} by id or by the number of the reference (1, not INC-1).
//   - The filters of GET /v2/incidents, filter_mode, sort_by and pages. A list without a filter by mode has no tests and
//     tutorials.
//   - A parameter or a member of a body that is unknown or not modeled gets a 422, and not an answer that leaves it out.
//     So does a parameter or an id that is there twice, except for the values of a filter. A body or a query that can be
//     read only in part gets a 400. The vendor documents none of these. [emulator.Server.Refused] returns what is not
//     modeled.
//   - The Slack teams of [Config]; another slack_team_id gets a 422.
//   - [Server.SetOrganization] refuses lists that the vendor could not have or that lack what an incident has.
//   - Users: those of [Config], else everyone to whom a role was assigned.
//   - The moves of a status that the API documents. To close an open incident, a key needs the role
//     post_incident_flow_opt_out, if the organization has statuses after an incident. [Server.Edit] allows every move.
//   - API keys with their roles and the two 401s; [Server.AddKey] and [Server.RevokeKey]. A 403 for a call that the key
//     has no role for. A key without the role global_access does not see private incidents: a 404.
//   - An empty 404 for unknown routes and methods, before the key is checked. A 422 with every invalid field. The
//     headers of the rate limit.
//   - A repeated idempotency_key returns the existing incident, whatever the rest of the request is, without a
//     second event. Foghorn relies on it; the vendor documents only that the key prevents duplicates.
//   - Triage as the first status. The Slack channel, present only some time after the creation. Absent keys for
//     values that do not exist. Role assignments, custom fields, timestamps.
//
// # Events
//
// [emulator.Server.Subscribe] reports every new incident once, from incident.io to Port, and every change of an
// incident, from incident.io to itself. [emulator.Server.SubscribeAll] also reports calls that read.
//
// # What is not modeled
//
//   - The catalog, with the entries of a custom field, escalations, alerts, webhooks, memberships, and changes of what an organization has.
//   - Timestamps of single statuses, such as "Fixed at". Those of categories are set, such as "Accepted at" and "Closed at".
//   - Updates by a person, and updates with a message: every update is by the API's key.
//   - The texts of the vendor's errors about custom fields, roles, filters and moves, which are not documented.
//   - Other numbers in the headers of the rate limit: they never change.
//   - Limits on the length of names and summaries, because none are documented.
package incidentiotest
