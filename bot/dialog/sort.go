package dialog

import (
	"cmp"
	"encoding/json"
	"strings"
	"time"

	"foghorn/integrations/port"
)

// sortKey is what an entity is sorted by: a property, or with $ a member such as $updatedAt. It is a float64, bool,
// time.Time or string; nil if the entity has no such value.
func sortKey(e port.Entity, property string) any {
	var members struct {
		Properties map[string]any
	}
	var value any
	if name, isMember := strings.CutPrefix(property, "$"); isMember {
		all := map[string]any{}
		_ = json.Unmarshal(e.Raw, &all) // the client has decoded it before
		value = all[name]
	} else {
		_ = json.Unmarshal(e.Raw, &members)
		value = members.Properties[property]
	}
	switch v := value.(type) {
	case nil, float64, bool:
		return v
	case string:
		if t, err := time.Parse(time.RFC3339, v); err == nil {
			return t
		}
		if v == "" {
			return nil
		}
		return strings.ToLower(v)
	}
	text, _ := json.Marshal(value) // a list or an object
	return string(text)
}

// compareListed compares entities by their keys, and equal ones by label and identifier. Entities without a key are the
// last ones in both directions.
func compareListed(descending bool) func(a, b listedEntity) int {
	return func(a, b listedEntity) int {
		order := compareKeys(a.key, b.key)
		if descending && a.key != nil && b.key != nil {
			order = -order
		}
		return cmp.Or(order, strings.Compare(strings.ToLower(a.label), strings.ToLower(b.label)), strings.Compare(a.id, b.id))
	}
}

// compareKeys compares two keys. Keys of different types are ordered by type.
func compareKeys(a, b any) int {
	switch x := a.(type) {
	case float64:
		if y, ok := b.(float64); ok {
			return cmp.Compare(x, y)
		}
	case bool:
		if y, ok := b.(bool); ok && x != y {
			if y {
				return -1
			}
			return 1
		}
	case time.Time:
		if y, ok := b.(time.Time); ok {
			return x.Compare(y)
		}
	case string:
		if y, ok := b.(string); ok {
			return strings.Compare(x, y)
		}
	}
	return cmp.Compare(keyRank(a), keyRank(b))
}

func keyRank(key any) int {
	switch key.(type) {
	case bool:
		return 0
	case float64:
		return 1
	case time.Time:
		return 2
	case string:
		return 3
	}
	return 4
}
