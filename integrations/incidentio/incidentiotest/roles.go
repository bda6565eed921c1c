package incidentiotest

// The ids of the roles that every organization has.
const (
	reporterRoleID = "01K0A8JQ2V3XREP0RTER0000AA"
	leadRoleID     = "01K0A8JQ2V3X1EAD00000000AA"
)

type apiRole struct {
	ID           string `json:"id"`
	Name         string `json:"name"`
	RoleType     string `json:"role_type"`
	Shortform    string `json:"shortform"`
	Description  string `json:"description"`
	Instructions string `json:"instructions"`
	Required     bool   `json:"required"`
	CreatedAt    string `json:"created_at"`
	UpdatedAt    string `json:"updated_at"`
}

func roles() []apiRole { return []apiRole{roleToAPI(leadRoleID), roleToAPI(reporterRoleID)} }

func roleToAPI(id string) apiRole {
	if id == leadRoleID {
		return apiRole{
			ID: leadRoleID, Name: "Incident Lead", RoleType: "lead", Shortform: "lead", Description: "Coordinates the incident.",
			Instructions: "Make sure that every task has an owner.", CreatedAt: seededAt, UpdatedAt: seededAt,
		}
	}
	return apiRole{
		ID: reporterRoleID, Name: "Reporter", RoleType: "reporter", Description: "Reported the incident.", CreatedAt: seededAt, UpdatedAt: seededAt,
	}
}
