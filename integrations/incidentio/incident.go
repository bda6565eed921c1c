package incidentio

import (
	"context"
	"fmt"
	"iter"
	"net/url"
	"strconv"
	"time"

	"foghorn/integrations/rest"
)

// MaxPageSize is the most incidents that one answer is asked for. incident.io's text says
// 250 where its schema says 500.
// https://docs.incident.io/api-reference/incidents-v2/list
const MaxPageSize = 250

// The visibilities of an incident.
const (
	Public  = "public"
	Private = "private"
)

// An Incident is an incident. What incident.io leaves out is zero.
type Incident struct {
	ID               string    `json:"id"`
	Reference        string    `json:"reference"` // such as INC-123
	Name             string    `json:"name"`
	Summary          string    `json:"summary"`
	Permalink        string    `json:"permalink"`
	Visibility       string    `json:"visibility"`
	Mode             string    `json:"mode"` // standard, retrospective, test, tutorial
	Status           Status    `json:"incident_status"`
	Severity         *Severity `json:"severity"` // nil: none yet
	Type             *Type     `json:"incident_type"`
	SlackTeamID      string    `json:"slack_team_id"`
	SlackChannelID   string    `json:"slack_channel_id"` // "" until the channel is made, a moment later
	SlackChannelName string    `json:"slack_channel_name"`
	CreatedAt        time.Time `json:"created_at"`
	UpdatedAt        time.Time `json:"updated_at"`
}

// GetIncident reads an incident by its id or by the number of its reference, 123 for INC-123.
// https://docs.incident.io/api-reference/incidents-v2/show
//
//api:operation GET /v2/incidents/{id}
func (c *Client) GetIncident(ctx context.Context, id string) (Incident, error) {
	op := fmt.Sprintf("read incident %q", id)
	answer, err := get[struct {
		Incident *Incident `json:"incident"`
	}](ctx, c, op, rest.Path("v2", "incidents", id), nil)
	if err != nil {
		return Incident{}, err
	}
	if answer.Incident == nil || answer.Incident.ID == "" {
		return Incident{}, newMissingError(op, "incident")
	}
	return *answer.Incident, nil
}

// An IncidentsQuery says which incidents to list: those that fit every member that is not
// empty.
type IncidentsQuery struct {
	Statuses   []string // ids
	Categories []string // of statuses
	Severities []string // ids
	Modes      []string // empty: standard and retrospective
	PageSize   int      // incidents an answer; 0: MaxPageSize
}

// Incidents goes through incidents, the newest first, and asks for the next page when it
// is needed. An error is the last thing that it gives.
// https://docs.incident.io/api-reference/incidents-v2/list
//
//api:operation GET /v2/incidents
func (c *Client) Incidents(ctx context.Context, q IncidentsQuery) iter.Seq2[Incident, error] {
	const op = "list incidents"
	size := MaxPageSize
	if q.PageSize > 0 {
		size = min(q.PageSize, MaxPageSize)
	}
	return func(yield func(Incident, error) bool) {
		query := url.Values{"page_size": {strconv.Itoa(size)}, "sort_by": {"created_at_newest_first"}}
		query["status[one_of]"] = q.Statuses
		query["status_category[one_of]"] = q.Categories
		query["severity[one_of]"] = q.Severities
		query["mode[one_of]"] = q.Modes
		for {
			page, err := get[struct {
				Incidents rest.List[Incident] `json:"incidents"`
				Meta      struct {
					After string `json:"after"`
				} `json:"pagination_meta"`
			}](ctx, c, op, rest.Path("v2", "incidents"), query)
			if err == nil && page.Incidents.Items == nil {
				err = newMissingError(op, "incidents")
			}
			if err != nil {
				yield(Incident{}, err)
				return
			}
			for _, i := range page.Incidents.Items {
				if !yield(i, nil) {
					return
				}
			}
			// A page that leads back to itself, or an empty one, is the last.
			if len(page.Incidents.Items) == 0 || page.Meta.After == "" || page.Meta.After == query.Get("after") {
				return
			}
			query.Set("after", page.Meta.After)
		}
	}
}
