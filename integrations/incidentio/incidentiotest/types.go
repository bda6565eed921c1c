package incidentiotest

import (
	"cmp"
	"slices"
)

// A Type is an incident type of the organization. One of them is the default.
type Type struct {
	ID, Name    string
	Default     bool // the type of an incident whose request names none
	PrivateOnly bool // its incidents are private whatever the request says
}

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

// SetTypes replaces the incident types; none means the one of a new organization. A type without an ID gets one.
func (s *Server) SetTypes(list ...Type) {
	if len(list) == 0 {
		list = []Type{{ID: "01K0A8JQ2V3XTYPE0000000000", Name: "Default", Default: true}}
	}
	list = slices.Clone(list)
	for i := range list {
		list[i].ID = cmp.Or(list[i].ID, newID())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.types = list
}

func (s *Server) typesLocked() []apiType {
	out := []apiType{}
	for _, t := range s.types {
		out = append(out, typeToAPI(t))
	}
	return out
}

// typeLocked returns the type with an id, the default type for nil; or nil if there is none.
func (s *Server) typeLocked(id *string) *Type {
	for _, t := range s.types {
		if id == nil && t.Default || id != nil && t.ID == *id {
			return &t
		}
	}
	return nil
}

func typeToAPI(t Type) apiType {
	return apiType{
		ID: t.ID, Name: t.Name, IsDefault: t.Default, PrivateIncidentsOnly: t.PrivateOnly, CreateInTriage: "optional",
		CreatedAt: seededAt, UpdatedAt: seededAt,
	}
}
