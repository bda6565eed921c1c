package request

import "time"

// A CatalogEntry is how far the entity of an incident in Port's catalog follows the incident. It contains nothing of
// what the incident says.
type CatalogEntry struct {
	Written map[string]string `json:"written,omitempty"` // digests of what the entity was given, by its members
	Stopped string            `json:"stopped,omitempty"` // visibility of the incident at which Port refused the changes; empty: it did not

	// The attempts since the last one that succeeded.
	Tries   int       `json:"tries,omitempty"`
	RetryAt time.Time `json:"retry_at,omitzero"`
}
