package incidentio

import (
	"context"
	"fmt"
	"time"

	"foghorn/integrations/rest"
)

// An Incident is an incident. Members that incident.io did not send are zero.
type Incident struct {
	ID             string    `json:"id"`
	Reference      string    `json:"reference"` // such as INC-123
	Name           string    `json:"name"`
	Permalink      string    `json:"permalink"`
	Visibility     string    `json:"visibility"` // public or private
	Status         Status    `json:"incident_status"`
	Severity       *Severity `json:"severity"`         // nil: none
	SlackChannelID string    `json:"slack_channel_id"` // "" until the channel exists, shortly after the incident
	CreatedAt      time.Time `json:"created_at"`
}

// GetIncident reads an incident by its id or by the number of its reference, 123 for INC-123.
// https://docs.incident.io/api-reference/incidents-v2/show
//
//api:operation GET /v2/incidents/{id}
func (c *Client) GetIncident(ctx context.Context, id string) (Incident, error) {
	op := fmt.Sprintf("read incident %q", id)
	res, err := get[struct {
		Incident Incident `json:"incident"`
	}](ctx, c, op, rest.Path("v2", "incidents", id))
	if err == nil && res.Incident.ID == "" {
		err = newMissingError(op, "incident")
	}
	return res.Incident, err
}
