// Package incidentiotest is a small incident.io on loopback: the API that declares incidents
// and tells what an organisation has, with the vendor's bodies, codes and error envelope.
//
//	s, err := incidentiotest.Start(incidentiotest.Config{})
//	defer s.Close()
//	// declare with s.URL() and s.APIKey, then look:
//	incidents := s.Incidents()
//
// Modelled: POST and GET /v2/incidents (the reference's number as an id too), GET of
// severities, incident_statuses, incident_types, incident_roles and identity; the bearer key
// with both of its 401s; an empty 404 for unknown routes, before the key is looked at; a
// validation error for each wrong field; a repeated idempotency_key that gives the incident
// there is; Triage as the first status; the incident's Slack channel, which is known only a
// moment after the incident; absent keys left out; rate-limit headers; private incidents.
// Faults (429, 5xx, lost answers) come from the embedded emulator.Server.
//
// Not modelled: editing, updates, custom fields, escalations, webhooks, users, the hourly
// limit of new incidents, roles of API keys.
//
// The default organisation has the severities Minor, Major and Critical with the ids that
// Port's guide writes into its action, so that the guide works to the letter.
package incidentiotest
