package incidentio

import (
	"cmp"
	"context"
	"net/url"
	"slices"
	"strconv"

	"foghorn/integrations/rest"
)

// Values of CustomField.Type.
const (
	FieldSingleSelect = "single_select"
	FieldMultiSelect  = "multi_select"
	FieldText         = "text"
	FieldLink         = "link"
	FieldNumeric      = "numeric"
)

// A CustomField is a field of the organization's own. The API does not say which fields an incident must have.
type CustomField struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Type        string `json:"field_type"`
	CatalogType string `json:"catalog_type_id"` // "": none; else the options are entries of this type of the catalog
}

// ListCustomFields lists the custom fields.
// https://docs.incident.io/api-reference/custom-fields-v2/list
//
//api:operation GET /v2/custom_fields
func (c *Client) ListCustomFields(ctx context.Context) ([]CustomField, error) {
	return list[CustomField](ctx, c, "list custom fields", rest.Path("v2", "custom_fields"), "custom_fields")
}

// A FieldOption is a value of a select field.
type FieldOption struct {
	ID      string `json:"id"`
	Value   string `json:"value"`
	SortKey int    `json:"sort_key"`
}

// Limits of ListFieldOptions.
const (
	optionsPageSize = 250
	maxOptionPages  = 40
)

// ListFieldOptions lists the options of a select field in the order in which incident.io shows them. It reads at most
// 10,000.
// https://docs.incident.io/api-reference/custom-field-options-v1/list
func (c *Client) ListFieldOptions(ctx context.Context, fieldID string) ([]FieldOption, error) {
	const op, member = "list custom field options", "custom_field_options"
	query := url.Values{"custom_field_id": {fieldID}, "page_size": {strconv.Itoa(optionsPageSize)}}
	var all []FieldOption
	for range maxOptionPages {
		res, err := get[struct {
			Options rest.List[FieldOption] `json:"custom_field_options"`
			Page    struct {
				After string `json:"after"`
			} `json:"pagination_meta"`
		}](ctx, c, op, rest.Path("v1", "custom_field_options"), query)
		if err == nil && res.Options.Items == nil {
			err = newMissingError(op, member)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, res.Options.Items...)
		if res.Page.After == "" || res.Page.After == query.Get("after") {
			break
		}
		query.Set("after", res.Page.After)
	}
	slices.SortStableFunc(all, func(a, b FieldOption) int {
		return cmp.Or(cmp.Compare(a.SortKey, b.SortKey), cmp.Compare(a.Value, b.Value))
	})
	return all, nil
}
