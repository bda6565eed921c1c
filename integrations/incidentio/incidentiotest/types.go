package incidentiotest

import "net/http"

// defaultTypeID is the id of the only incident type.
const defaultTypeID = "01K0A8JQ2V3XTYPE0000000000"

type apiType struct {
	ID                   string `json:"id"`
	Name                 string `json:"name"`
	Description          string `json:"description"`
	IsDefault            bool   `json:"is_default"`
	PrivateIncidentsOnly bool   `json:"private_incidents_only"`
	CreateInTriage       string `json:"create_in_triage"`
	CreatedAt            string `json:"created_at"`
	UpdatedAt            string `json:"updated_at"`
}

func defaultType() apiType {
	return apiType{
		ID: defaultTypeID, Name: "Default", IsDefault: true, CreateInTriage: "optional", CreatedAt: seededAt, UpdatedAt: seededAt,
	}
}

func listTypes(*http.Request) (int, any) {
	return http.StatusOK, map[string]any{"incident_types": []apiType{defaultType()}}
}
