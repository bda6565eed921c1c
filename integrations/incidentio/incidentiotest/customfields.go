package incidentiotest

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
)

// A CustomField of the organization.
type CustomField struct {
	ID          string   `json:"id"` // "" generates one
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Type        string   `json:"field_type"`      // single_select, multi_select, text, link or numeric
	Options     []string `json:"options"`         // of a select; the id of an option is [CustomField.OptionID]
	CatalogType string   `json:"catalog_type_id"` // of the catalog whose entries are the options; empty for none
	Required    bool     `json:"required"`        // a new incident must have a value; the API does not show it
}

func (f CustomField) itemID() string { return f.ID }
func (f apiField) itemID() string    { return f.ID }
func (o apiOption) itemID() string   { return o.ID }

var fieldTypes = []string{"single_select", "multi_select", "text", "link", "numeric"}

// OptionID is the id of the n-th option.
func (f CustomField) OptionID(n int) string { return fmt.Sprintf("%s-option-%d", f.ID, n) }

type apiField struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Type        string `json:"field_type"`
	CatalogType string `json:"catalog_type_id,omitempty"`
	dates
}

// An apiFieldInfo is a custom field within an incident.
type apiFieldInfo struct {
	ID          string      `json:"id"`
	Name        string      `json:"name"`
	Description string      `json:"description"`
	Type        string      `json:"field_type"`
	Options     []apiOption `json:"options"`
}

type apiOption struct {
	ID      string `json:"id"`
	FieldID string `json:"custom_field_id"`
	Value   string `json:"value"`
	SortKey int    `json:"sort_key"`
}

type apiEntry struct {
	Field  apiFieldInfo    `json:"custom_field"`
	Values []apiEntryValue `json:"values"`
}

type apiEntryValue struct {
	Text    string     `json:"value_text,omitempty"`
	Link    string     `json:"value_link,omitempty"`
	Numeric string     `json:"value_numeric,omitempty"`
	Option  *apiOption `json:"value_option,omitempty"`
}

// A fieldEntry is the value of a custom field in a request.
// https://docs.incident.io/api-reference/incidents-v2/create
type fieldEntry struct {
	FieldID string       `json:"custom_field_id"`
	Values  []fieldValue `json:"values"`
}

type fieldValue struct {
	ID             string  `json:"id"` // has no effect
	Text           *string `json:"value_text"`
	Link           *string `json:"value_link"`
	Numeric        *string `json:"value_numeric"`
	OptionID       *string `json:"value_option_id"`
	CatalogEntryID *string `json:"value_catalog_entry_id"` // not modeled
}

func (s *Server) fieldsLocked() []apiField {
	return convert(s.organization.CustomFields, func(f CustomField) apiField {
		return apiField{f.ID, f.Name, f.Description, f.Type, f.CatalogType, seeded}
	})
}

func (s *Server) optionsLocked() (out []apiOption) {
	for _, f := range s.organization.CustomFields {
		out = append(out, f.options()...)
	}
	return out
}

// listOptions returns a page of the options of a field, not in their order.
// https://docs.incident.io/api-reference/custom-field-options-v1/list
func (s *Server) listOptions(c *call) (int, any) {
	f := find(s.organization.CustomFields, c.query.Get("custom_field_id"))
	if f == nil {
		return invalid(newFieldError("custom_field_id", "invalid_value", "Custom field not found"))
	}
	all := f.options()
	slices.Reverse(all)
	return page(c.query, "custom_field_options", maxPageSize, all, apiOption.itemID, func(apiOption) bool { return true }, func(o apiOption) apiOption { return o })
}

func (f CustomField) options() []apiOption {
	out := []apiOption{}
	for n, value := range f.Options {
		out = append(out, apiOption{f.OptionID(n), f.ID, value, n})
	}
	return out
}

// checkEntryLocked returns the error message of a custom field in a request, or "".
func (s *Server) checkEntryLocked(e fieldEntry) string {
	if f := find(s.organization.CustomFields, e.FieldID); f != nil {
		return f.checkValues(e.Values)
	}
	return "Custom field not found"
}

// checkValues returns the error message of the values of a field, or "".
func (f CustomField) checkValues(values []fieldValue) string {
	if len(values) > 1 && f.Type != "multi_select" {
		return fmt.Sprintf("The custom field %q takes one value", f.Name)
	}
	for _, v := range values {
		valid := find(f.options(), deref(v.OptionID)) != nil
		switch f.Type {
		case "text":
			valid = v.Text != nil
		case "link":
			valid = isURL(deref(v.Link))
		case "numeric":
			valid = number.MatchString(deref(v.Numeric))
		}
		if !valid || v.members() != 1 {
			return fmt.Sprintf("A value of the custom field %q is not valid", f.Name)
		}
	}
	return ""
}

// number matches the text of a number.
var number = regexp.MustCompile(`^-?\d{1,300}(\.\d{1,300})?$`)

func isURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme != "" && u.Host != ""
}

// members returns how many members of a value are present.
func (v fieldValue) members() (n int) {
	for _, member := range []*string{v.Text, v.Link, v.Numeric, v.OptionID} {
		if member != nil {
			n++
		}
	}
	return n
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// entriesToAPILocked returns the custom fields of an incident as the API shows them.
func (s *Server) entriesToAPILocked(entries []fieldEntry) []apiEntry {
	out := []apiEntry{}
	for _, e := range entries {
		f := find(s.organization.CustomFields, e.FieldID)
		if f == nil {
			continue // the organization has removed the field
		}
		entry := apiEntry{apiFieldInfo{f.ID, f.Name, f.Description, f.Type, f.options()}, []apiEntryValue{}}
		for _, v := range e.Values {
			value := apiEntryValue{Text: deref(v.Text), Link: deref(v.Link), Numeric: deref(v.Numeric)}
			for _, o := range f.options() {
				if o.ID == deref(v.OptionID) {
					value.Option = &o
				}
			}
			entry.Values = append(entry.Values, value)
		}
		out = append(out, entry)
	}
	return out
}

// valuesByNameLocked returns the values of custom fields by the name of the field, options by their name.
func (s *Server) valuesByNameLocked(entries []fieldEntry) map[string][]string {
	out := map[string][]string{}
	for _, e := range s.entriesToAPILocked(entries) {
		for _, v := range e.Values {
			text := v.Text + v.Link + v.Numeric
			if v.Option != nil {
				text = v.Option.Value
			}
			out[e.Field.Name] = append(out[e.Field.Name], text)
		}
	}
	return out
}
