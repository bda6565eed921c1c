// Package incidentiotest is a small incident.io on loopback: the API that declares incidents
// and tells what an organisation has, with the vendor's bodies, codes and error envelope.
//
//	s, err := incidentiotest.Start(incidentiotest.Config{})
//	defer s.Close()
//	// declare with s.URL() and s.APIKey, then look:
//	incidents := s.Incidents()
//
// # What is modelled
//
//   - POST and GET /v2/incidents, GET /v2/incidents/{id} (or the number of the reference, but not
//     INC-1), severities, incident_statuses, incident_types, incident_roles, identity;
//   - the bearer key with both of its 401s; an empty 404 for unknown routes and methods, before the key is
//     looked at; 422 with every wrong field; the rate-limit headers; 429s on request: [Server.Limit],
//     [Server.LimitIncidents];
//   - a repeated idempotency_key gives the incident there is, whatever else the repeat says, without a
//     second event. Foghorn relies on it; the vendor says only that the key removes duplicates;
//   - Triage as the first status; the Slack channel, known only a moment after the incident;
//     absent keys left out; role assignments; pages; tests and tutorials hidden from lists.
//
// Other faults (5xx, lost answers, silence) are those of the embedded emulator.Server.
//
// # Events
//
// [emulator.Server.Watch] tells of every new incident, once: Kind "incident", from incident.io to port; and of
// every change of status, from incident.io to itself. [emulator.Server.WatchAll] also tells of what is read.
//
// # What is not
//
//   - editing, incident updates, custom fields, timestamps, escalations, webhooks, users, memberships;
//   - filters and order of lists;
//   - roles of keys, and so 403s; a private incident is shown to the one key there is;
//   - the numbers in the rate-limit headers, which never change;
//   - limits on the length of names and summaries, as none are published;
//   - moves of status by rule: [Server.SetStatus] moves as told.
//
// The default organisation has the severities Minor, Major and Critical with the ids that
// Port's guide writes into its action, so that the guide works to the letter.
package incidentiotest
