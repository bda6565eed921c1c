package workflow

import (
	"cmp"
	"maps"
	"slices"

	"foghorn/bot/message"
	"foghorn/bot/request"
	"foghorn/integrations/port"
)

// titleMember is the title of an entity among the values of its properties. Port calls it so too.
const titleMember = "$title"

// Properties of the blueprint that "foghorn apply" writes.
const (
	statusProperty     = "status"
	severityProperty   = "severity"
	leadProperty       = "lead"
	visibilityProperty = "visibility"
	channelURLProperty = "slackChannelUrl"
)

// privateProperties have no value for an incident that is not public, as in the automation that creates the entity:
// manifests/README.md.
var privateProperties = []string{"url", "description", "declaredBy", leadProperty, "slackChannel", channelURLProperty}

// noChange is the property whose value alone is no reason for a call: incident.io creates the channel of each incident
// shortly after it.
const noChange = channelURLProperty

// A catalogIncident is what the entity of an incident is made of.
type catalogIncident struct {
	request.Incident
	private bool // it is not public, or was not for a time
	gone    bool // the key cannot read the incident: only its id and reference are known
}

// values returns what the entity shows of the incident, by its members; nil as a value: none.
func (i catalogIncident) values() map[string]any {
	values := map[string]any{}
	if !i.gone {
		values[statusProperty], values[severityProperty] = noneIfEmpty(i.Status), noneIfEmpty(i.Severity)
	}
	switch {
	case i.private:
		values[titleMember] = "Private incident " + cmp.Or(i.Reference, i.ID)
		values[visibilityProperty] = "private"
		for _, name := range privateProperties {
			values[name] = nil
		}
	case !i.gone:
		values[leadProperty] = noneIfEmpty(i.Lead)
		if i.Name != "" {
			values[titleMember] = i.Name
		}
		if i.Channel != "" {
			values[channelURLProperty] = message.ChannelURL(i.Channel)
		}
	}
	return values
}

// declaredValues are what the automation has given the entity of an incident, as the run's response describes it.
func declaredValues(i request.Incident) map[string]any {
	declared := catalogIncident{Incident: i, private: i.Visibility != "public"}
	return declared.values()
}

func noneIfEmpty(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// changedMembers lists the members of an entity whose values differ from what was written. It is empty if they are no
// reason for a call.
func changedMembers(values map[string]any, written map[string]string) []string {
	var changed []string
	isReason := false
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if written[name] != digest(values[name]) {
			changed = append(changed, name)
			isReason = isReason || name != noChange
		}
	}
	if !isReason {
		return nil
	}
	return changed
}

// planChange returns what to write of the changed members. Members that the blueprint has no property for are left out,
// because Port would reject the whole change; lacking are those whose value the blueprint does not allow.
func planChange(properties map[string]port.Property, values map[string]any, changed []string) (change port.EntityChange, writable, lacking []string) {
	change.Properties = map[string]any{}
	for _, name := range changed {
		if name == titleMember {
			change.Title = values[name].(string) // values has no other title
			writable = append(writable, name)
			continue
		}
		p, exists := properties[name]
		if !exists || p.Type != "string" {
			continue
		}
		value, allowed := fit(p, values[name])
		if !allowed {
			lacking = append(lacking, name)
			continue
		}
		change.Properties[name] = value
		writable = append(writable, name)
	}
	return change, writable, lacking
}

// fit returns the value as the property can have it.
func fit(p port.Property, value any) (_ any, allowed bool) {
	text, isText := value.(string)
	switch {
	case isText:
		return value, p.Enum == nil || slices.Contains(p.Enum, text)
	case p.Required: // a text can be empty, but not missing
		return "", p.Enum == nil && p.Format == ""
	}
	return nil, true
}

// recordWritten adds the digests of members to those of earlier ones.
func recordWritten(e *request.CatalogEntry, values map[string]any, members []string) {
	if e.Written == nil {
		e.Written = make(map[string]string, len(members))
	}
	for _, name := range members {
		e.Written[name] = digest(values[name])
	}
}
