package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"foghorn/integrations/incidentio"
	"foghorn/integrations/rest"
	"foghorn/manifests"
)

// inputs is what the action shall have besides the inputs of the guide.
type inputs struct {
	types    bool
	fields   []string // names or ids of custom fields
	reporter bool
	inPort   manifests.Optional // what the action has already
}

// readOrganization reads the severities and statuses of the organization, and what the wanted inputs need. Without an
// API key all of it is unknown. It prints warnings to warn.
func readOrganization(ctx context.Context, cfg Config, wanted inputs, warn io.Writer) (org manifests.Organization, err error) {
	if cfg.IncidentIOKey == "" {
		if wanted.types || len(wanted.fields) > 0 {
			return org, settingError("INCIDENT_IO_API_KEY", "is not set, and --incident-types and --custom-field need it",
				"create a key with the role viewer in incident.io under Settings, API keys")
		}
		return org, nil
	}
	client := cfg.newIncidentIOClient()
	defer client.Close()
	if org.Severities, err = nonNil(client.ListSeverities(ctx)); err != nil {
		return org, apiKeyError(err)
	}
	if org.Statuses, err = nonNil(client.ListStatuses(ctx)); err != nil {
		return org, apiKeyError(err)
	}
	if wanted.types || wanted.inPort.Types {
		if org.Types, err = nonNil(client.ListTypes(ctx)); err != nil {
			return org, apiKeyError(err)
		}
	}
	if len(wanted.fields) > 0 || wanted.inPort.Fields {
		if org.Fields, err = readFields(ctx, client, wanted, warn); err != nil {
			return org, err
		}
	}
	if wanted.reporter {
		org.ReporterRole, err = readReporterRole(ctx, client)
	}
	return org, err
}

// readReporterRole returns the id of the role of the type reporter; "" if there is none.
func readReporterRole(ctx context.Context, client *incidentio.Client) (string, error) {
	roles, err := client.ListRoles(ctx)
	if err != nil {
		return "", apiKeyError(err)
	}
	for _, r := range roles {
		if r.Type == incidentio.RoleReporter {
			return r.ID, nil
		}
	}
	return "", nil
}

// nonNil makes an empty list one that is known to be empty.
func nonNil[T any](list []T, err error) ([]T, error) { return append([]T{}, list...), err }

// readFields reads the custom fields that are wanted or that the action has already, with their options. A field that
// the action has and that cannot be filled any more is left out with a warning.
func readFields(ctx context.Context, client *incidentio.Client, wanted inputs, warn io.Writer) ([]manifests.Field, error) {
	all, err := client.ListCustomFields(ctx)
	if err != nil {
		return nil, apiKeyError(err)
	}
	chosen := map[string]bool{}
	for _, name := range wanted.fields {
		f, err := findField(all, name)
		if err != nil {
			return nil, err
		}
		chosen[f.ID] = true
	}
	fields := []manifests.Field{}
	for _, f := range all { // in incident.io's order, so that the order of the options does not matter
		if !chosen[f.ID] && !wanted.inPort.HasField(f.ID) {
			continue
		}
		field, problem, err := readField(ctx, client, f)
		switch {
		case err != nil:
			return nil, err
		case problem != "" && chosen[f.ID]:
			return nil, fmt.Errorf("the custom field %q cannot be added: %s\n  hint: incident.io can use a default value, or the field can be optional there", f.Name, problem)
		case problem != "":
			_, _ = fmt.Fprintf(warn, "warning: the input for the custom field %q is removed: %s\n", f.Name, problem)
		default:
			fields = append(fields, field)
		}
	}
	return fields, nil
}

// readField reads the options of a custom field. problem says why a form cannot fill it.
func readField(ctx context.Context, client *incidentio.Client, f incidentio.CustomField) (field manifests.Field, problem string, err error) {
	field.CustomField = f
	switch f.Type {
	case incidentio.FieldText, incidentio.FieldLink, incidentio.FieldNumeric:
		return field, "", nil
	case incidentio.FieldSingleSelect, incidentio.FieldMultiSelect:
	default:
		return field, fmt.Sprintf("fields of the type %q are unknown", f.Type), nil
	}
	if f.CatalogType != "" {
		return field, "its options are entries of incident.io's catalog, which foghorn does not read", nil
	}
	if field.Options, err = client.ListFieldOptions(ctx, f.ID); err != nil {
		return field, "", apiKeyError(err)
	}
	if len(field.Options) == 0 {
		return field, "it has no options", nil
	}
	return field, "", nil
}

// findField finds a custom field by its name, whatever the case of its letters, or by its id.
func findField(all []incidentio.CustomField, name string) (incidentio.CustomField, error) {
	var found []incidentio.CustomField
	for _, fits := range []func(incidentio.CustomField) bool{
		func(f incidentio.CustomField) bool { return f.ID == name },
		func(f incidentio.CustomField) bool { return f.Name == name },
		func(f incidentio.CustomField) bool { return strings.EqualFold(normalName(f.Name), normalName(name)) },
	} {
		for _, f := range all {
			if fits(f) {
				found = append(found, f)
			}
		}
		if len(found) > 0 {
			break
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return incidentio.CustomField{}, fmt.Errorf("incident.io has no custom field %q\n  hint: %s", name, listFields("its custom fields are", all, false))
	}
	return incidentio.CustomField{}, fmt.Errorf("incident.io has %d custom fields %q\n  hint: %s", len(found), name, listFields("use the id instead:", found, true))
}

func normalName(s string) string { return norm.NFKC.String(strings.Join(strings.Fields(s), " ")) }

// listFields lists the names of custom fields.
func listFields(intro string, all []incidentio.CustomField, withID bool) string {
	if len(all) == 0 {
		return "the organization has no custom fields"
	}
	texts := make([]string, len(all))
	for i, f := range all {
		if texts[i] = fmt.Sprintf("%q", f.Name); withID {
			texts[i] = fmt.Sprintf("%s (%q, %s)", f.ID, f.Name, f.Type)
		}
	}
	slices.Sort(texts)
	return intro + " " + strings.Join(texts, ", ")
}

// warnRoles warns that Port cannot declare incidents with the API key.
func warnRoles(ctx context.Context, cfg Config, warn io.Writer) {
	client := cfg.newIncidentIOClient()
	defer client.Close()
	if id, err := client.GetIdentity(ctx); err == nil && !slices.Contains(id.Roles, roleCreator) {
		_, _ = fmt.Fprintf(warn, "warning: the key INCIDENT_IO_API_KEY lacks the role %s: Port cannot declare incidents with it\n", roleCreator)
	}
}

// Roles of an API key. https://docs.incident.io/api-reference/api-keys-v1/create
const (
	roleViewer  = "viewer"           // reads severities, statuses, incident types and custom fields
	roleCreator = "incident_creator" // declares incidents
)

func apiKeyError(err error) error {
	switch s := rest.Status(err); s {
	case http.StatusForbidden:
		return settingError("INCIDENT_IO_API_KEY", "lacks the role viewer ("+err.Error()+")",
			"create a key with the role viewer under Settings, API keys, or leave it empty to keep what Port has")
	case http.StatusUnauthorized:
		return settingError("INCIDENT_IO_API_KEY", fmt.Sprintf("was rejected by incident.io (%d)", s),
			"create a key with the role viewer under Settings, API keys, or leave it empty to keep what Port has")
	}
	return fmt.Errorf("read the incident.io organization: %w", err)
}
