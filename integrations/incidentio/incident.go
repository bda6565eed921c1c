package incidentio

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"foghorn/integrations/rest"
)

// maxTextBytes is the length to which the texts of an incident are cut, so that many incidents fit in memory.
const maxTextBytes = 3000

// An Incident is an incident. Members that incident.io did not send are zero; texts are cut after 3,000 bytes.
type Incident struct {
	ID             string    `json:"id"`
	Reference      string    `json:"reference"` // such as INC-123
	Name           string    `json:"name"`
	Summary        string    `json:"summary"`
	Permalink      string    `json:"permalink"`
	Visibility     string    `json:"visibility"` // public or private
	Mode           string    `json:"mode"`       // standard, retrospective, test or tutorial
	Status         Status    `json:"incident_status"`
	Severity       *Severity `json:"severity"`         // nil: none
	Lead           Person    `json:"-"`                // the zero Person: none
	Reporter       Person    `json:"-"`                // the zero Person: none; the user who declared it if no other is named
	SlackChannelID string    `json:"slack_channel_id"` // "" until the channel exists, shortly after the incident
	CreatedAt      time.Time `json:"created_at"`
	UpdatedAt      time.Time `json:"updated_at"`
	EndedAt        time.Time `json:"-"` // the organization's timestamp of the end, as Closed at; zero: none, or it has not ended
}

// endTimestamps are the names of the timestamps that say when an incident has ended, by the category of its status, the
// exact one first. They are those of a new organization, which can rename and remove them.
// https://docs.incident.io/api-reference/incident-timestamps-v2/list
var endTimestamps = map[string][]string{
	"closed": {"Closed at", "Resolved at"}, "merged": {"Merged at"}, "declined": {"Declined at"}, "canceled": {"Canceled at"},
}

// A Person is a user of incident.io.
type Person struct {
	Name        string `json:"name"`
	SlackUserID string `json:"slack_user_id"` // "": unknown to incident.io
}

// UnmarshalJSON decodes an incident of the API.
func (i *Incident) UnmarshalJSON(data []byte) error {
	type members Incident // without this method
	var in struct {
		members
		Roles rest.List[struct {
			Role     Role   `json:"role"`
			Assignee Person `json:"assignee"`
		}] `json:"incident_role_assignments"`
		Creator struct {
			User Person `json:"user"` // an API key, a workflow or an alert is no user
		} `json:"creator"`
		Timestamps rest.List[timestamp] `json:"incident_timestamp_values"`
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	*i = Incident(in.members)
	i.EndedAt = endOf(i.Status.Category, in.Timestamps.Items)
	i.Reporter = in.Creator.User
	for _, assignment := range in.Roles.Items {
		switch {
		case assignment.Role.Type == roleLead:
			i.Lead = assignment.Assignee
		case assignment.Role.Type == roleReporter && assignment.Assignee != Person{}:
			i.Reporter = assignment.Assignee
		}
	}
	texts := []*string{
		&i.ID, &i.Reference, &i.Name, &i.Summary, &i.Permalink, &i.Visibility, &i.Mode, &i.SlackChannelID, &i.Lead.Name, &i.Lead.SlackUserID,
		&i.Reporter.Name, &i.Reporter.SlackUserID,
		&i.Status.ID, &i.Status.Name, &i.Status.Description, &i.Status.Category,
	}
	if i.Severity != nil {
		texts = append(texts, &i.Severity.ID, &i.Severity.Name, &i.Severity.Description)
	}
	for _, text := range texts {
		if len(*text) > maxTextBytes {
			*text = strings.Clone(strings.ToValidUTF8((*text)[:maxTextBytes], ""))
		}
	}
	return nil
}

// A timestamp is one of the organization's timestamps with its value for an incident.
type timestamp struct {
	Info struct {
		Name string `json:"name"`
	} `json:"incident_timestamp"`
	Value struct {
		Value string `json:"value"` // "": not reached
	} `json:"value"`
}

// endOf is when an incident whose status has a category has ended; zero: that is not known, or it has not.
func endOf(category string, timestamps []timestamp) time.Time {
	for _, name := range endTimestamps[category] {
		for _, t := range timestamps {
			if at, err := time.Parse(time.RFC3339, t.Value.Value); err == nil && strings.EqualFold(t.Info.Name, name) {
				return at
			}
		}
	}
	return time.Time{}
}

// GetIncident reads an incident by its id or by the number of its reference, 123 for INC-123.
// https://docs.incident.io/api-reference/incidents-v2/show
//
//api:operation GET /v2/incidents/{id}
func (c *Client) GetIncident(ctx context.Context, id string) (Incident, error) {
	op := fmt.Sprintf("read incident %q", id)
	res, err := getOnce[struct {
		Incident Incident `json:"incident"`
	}](ctx, c, op, rest.Path("v2", "incidents", id), nil)
	if err == nil && res.Incident.ID == "" {
		err = newMissingError(op, "incident")
	}
	return res.Incident, err
}

// maxPageSize is the most incidents of a page.
const maxPageSize = 250

// An IncidentsQuery says which incidents ListIncidents returns. The zero value stands for the newest of all incidents.
type IncidentsQuery struct {
	Categories   []string  // values of Status.Category; nil: all
	UpdatedSince time.Time // the day before it, in UTC, is the first one whose updates count; zero: all
	After        string    // the After of the previous page; "": the first page
	PageSize     int       // 0: 250, which is the most
}

// An IncidentPage is a part of a list of incidents.
type IncidentPage struct {
	Incidents []Incident
	After     string // for the next page; "": this is the last one
}

// ListIncidents reads a page of the incidents that the key can see, the newest first, with tests and tutorials.
// https://docs.incident.io/api-reference/incidents-v2/list
//
//api:operation GET /v2/incidents
func (c *Client) ListIncidents(ctx context.Context, q IncidentsQuery) (IncidentPage, error) {
	const op = "list incidents"
	query := url.Values{
		"page_size": {strconv.Itoa(cmp.Or(q.PageSize, maxPageSize))}, "sort_by": {"created_at_newest_first"},
		"mode[one_of]": {"standard", "retrospective", "test", "tutorial"},
	}
	if len(q.Categories) > 0 {
		query["status_category[one_of]"] = q.Categories
	}
	if !q.UpdatedSince.IsZero() { // a filter has dates, of a time zone that is not documented
		query.Set("updated_at[gte]", q.UpdatedSince.UTC().AddDate(0, 0, -1).Format(time.DateOnly))
	}
	if q.After != "" {
		query.Set("after", q.After)
	}
	res, err := getOnce[struct {
		Incidents rest.List[Incident] `json:"incidents"`
		Page      struct {
			After string `json:"after"`
		} `json:"pagination_meta"`
	}](ctx, c, op, rest.Path("v2", "incidents"), query)
	if err == nil && res.Incidents.Items == nil {
		err = newMissingError(op, "incidents")
	}
	if err != nil {
		return IncidentPage{}, err
	}
	page := IncidentPage{Incidents: res.Incidents.Items, After: res.Page.After}
	if len(page.Incidents) == 0 || page.After == q.After {
		page.After = "" // a list without an end
	}
	return page, nil
}
