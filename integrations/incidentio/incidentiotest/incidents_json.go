package incidentiotest

import (
	"fmt"
	"time"

	"github.com/oklog/ulid/v2"
)

// An incidentBody is the body of an answer with one incident.
type incidentBody struct {
	Incident apiIncident `json:"incident"`
}

// An apiIncident is an incident as the API shows it. Keys without a value are absent.
type apiIncident struct {
	ID             string              `json:"id"`
	Reference      string              `json:"reference"`
	Name           string              `json:"name"`
	Summary        string              `json:"summary,omitempty"`
	Mode           string              `json:"mode"`
	Visibility     string              `json:"visibility"`
	Permalink      string              `json:"permalink"`
	Severity       *apiSeverity        `json:"severity,omitempty"`
	Status         apiStatus           `json:"incident_status"`
	Type           apiType             `json:"incident_type"`
	Roles          []apiRoleAssignment `json:"incident_role_assignments"`
	CustomFields   []apiEntry          `json:"custom_field_entries"`
	Timestamps     []apiTimestamp      `json:"incident_timestamp_values"`
	Creator        creator             `json:"creator"`
	SlackTeamID    string              `json:"slack_team_id"`
	SlackChannelID string              `json:"slack_channel_id"`
	SlackChannel   string              `json:"slack_channel_name,omitempty"`
	CallURL        string              `json:"call_url,omitempty"`
	Postmortem     string              `json:"postmortem_document_url,omitempty"`
	HasDebrief     bool                `json:"has_debrief"`
	CreatedAt      string              `json:"created_at"`
	UpdatedAt      string              `json:"updated_at"`

	WorkloadTotal    float64 `json:"workload_minutes_total"`
	WorkloadWorking  float64 `json:"workload_minutes_working"`
	WorkloadLate     float64 `json:"workload_minutes_late"`
	WorkloadSleeping float64 `json:"workload_minutes_sleeping"`
}

// timestamps are those of a new organization. The emulator sets the first, and those of reachedTimestamps.
var timestamps = newTimestamps("Reported at", "Accepted at", "Declined at", "Merged at", "Canceled at", "Resolved at", "Impact started at",
	"Identified at", "Fixed at", "Documented at", "Reviewed at", "Closed at")

func newTimestamps(names ...string) (out []apiTimestampInfo) {
	for n, name := range names {
		out = append(out, apiTimestampInfo{fmt.Sprintf("01K0A8JQ2V3XT1MEST%08d", n), name, n})
	}
	return out
}

type apiTimestamp struct {
	Timestamp apiTimestampInfo  `json:"incident_timestamp"`
	Value     map[string]string `json:"value,omitempty"`
}

func (t apiTimestampInfo) itemID() string { return t.ID }

type apiTimestampInfo struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Rank int    `json:"rank"`
}

type creator struct {
	APIKey apiKey `json:"api_key"`
}

type apiKey struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type apiRoleAssignment struct {
	Role     apiRole     `json:"role"`
	Assignee apiAssignee `json:"assignee"`
}

type apiAssignee struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Role        string `json:"role"`
	Email       string `json:"email,omitempty"`
	SlackUserID string `json:"slack_user_id,omitempty"`
}

func (s *Server) toAPILocked(i *Incident) apiIncident {
	out := apiIncident{
		ID: i.ID, Reference: i.Reference, Name: i.Name, Summary: i.Summary, Mode: i.Mode, Visibility: i.Visibility, Permalink: i.Permalink,
		Status: apiStatus{i.status, seeded}, Type: apiType{i.incidentType, "optional", seeded}, Roles: append([]apiRoleAssignment{}, i.roleAssignments...),
		CustomFields: s.entriesToAPILocked(i.fields), Timestamps: []apiTimestamp{}, CallURL: i.callURL, Postmortem: i.postmortem, Creator: creator{apiKey{ID: "01FCNDV6P870EA6S7TK1DSYDG0", Name: "Port"}},
		SlackTeamID: i.SlackTeam, CreatedAt: i.CreatedAt.Format(timeLayout), UpdatedAt: i.UpdatedAt.Format(timeLayout),
	}
	for _, info := range timestamps {
		timestamp := apiTimestamp{Timestamp: info}
		if t, ok := i.timestamps[info.ID]; ok {
			timestamp.Value = map[string]string{"value": t.Format(timeLayout)}
		}
		out.Timestamps = append(out.Timestamps, timestamp)
	}
	if i.severity != nil {
		out.Severity = &apiSeverity{*i.severity, seeded}
	}
	if time.Since(i.CreatedAt) >= s.cfg.ChannelDelay {
		out.SlackChannelID, out.SlackChannel = i.channelID, i.channelName
	}
	return out
}

func newID() string { return ulid.Make().String() }
