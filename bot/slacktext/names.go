package slacktext

import (
	"maps"
	"regexp"
	"slices"
)

// names are the names of users, channels and groups that are known, by their ids.
type names map[string]string

// Terms for what has no known name.
const unknownUser, unknownChannel, unknownGroup = "someone", "channel", "group"

var (
	// labelPattern is a mention of a user, a channel or a group with its name.
	labelPattern = regexp.MustCompile(`<(?:@|#|!subteam\^)([A-Z0-9]+)\|[@#]?([^<>|]+)>`)
	// namedPattern is the id of what can be mentioned.
	namedPattern = regexp.MustCompile(`^[BCDGSUW][A-Z0-9]+$`)
)

// name is the label of an id, else its known name, else the term for what is unknown.
func (n names) name(id, label, unknown string) string {
	switch name := n[id]; {
	case label != "" && label != id:
		return label
	case name != "":
		return name
	case id == "" || namedPattern.MatchString(id):
		return unknown
	}
	return id
}

func (n names) add(id, name string) {
	if name = SingleLine(decodeEntities(name)); namedPattern.MatchString(id) && name != "" && name != id {
		n[id] = name
	}
}

// collect collects the names that a message has for ids: in labels of mentions, and beside ids. Labels take precedence.
func (n names) collect(v any, depth int) {
	labels := names{}
	n.collectInto(labels, v, depth)
	maps.Copy(n, labels)
}

func (n names) collectInto(labels names, v any, depth int) {
	if depth > maxDepth {
		return
	}
	switch v := v.(type) {
	case string:
		for _, m := range labelPattern.FindAllStringSubmatch(v, -1) {
			labels.add(m[1], m[2])
		}
	case []any:
		for _, item := range v {
			n.collectInto(labels, item, depth+1)
		}
	case map[string]any:
		n.addMember(v)
		for _, key := range slices.Sorted(maps.Keys(v)) {
			n.collectInto(labels, v[key], depth+1)
		}
	}
}

// addMember adds the names that stand beside ids in an object.
func (n names) addMember(m map[string]any) {
	n.add(text(m["id"]), firstText(m, "display_name", "real_name", "name"))
	n.add(text(m["author_id"]), firstText(m, "author_subname", "author_name"))
	n.add(text(m["channel_id"]), text(m["channel_name"]))
	if profile, ok := m["user_profile"].(map[string]any); ok {
		n.add(text(m["user"]), firstText(profile, "display_name", "real_name", "name"))
	}
}
