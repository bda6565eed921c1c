package dialog

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"foghorn/bot/form"
	"foghorn/integrations/port"
)

func TestCompareListed_Orders(t *testing.T) {
	entities := map[string]string{ // members by identifier
		"a": `{"properties":{"n":-2,"d":"2026-01-02T10:00:00+02:00","b":true,"s":"beta","mixed":"x","list":[2]},"createdAt":"2026-01-01T00:00:00.000Z","team":["t"]}`,
		"b": `{"properties":{"n":10,"d":"2026-01-02T09:00:00Z","b":false,"s":"Alpha","mixed":3,"list":[1]},"createdAt":"2025-01-01T00:00:00.000Z","team":[]}`,
		"c": `{"properties":{"n":-10.5,"d":"2025-12-31T00:00:00Z","b":true,"s":"alpha","mixed":true},"createdAt":"2026-06-01T00:00:00.000Z"}`,
		"d": `{"properties":{"n":null,"s":""}}`,
	}
	for _, c := range []struct {
		property, order string
		want            []string
	}{
		{"n", "ASC", []string{"c", "a", "b", "d"}},
		{"n", "DESC", []string{"b", "a", "c", "d"}},
		{"d", "ASC", []string{"c", "a", "b", "d"}}, // a is at 08:00 UTC
		{"d", "desc", []string{"b", "a", "c", "d"}},
		{"b", "ASC", []string{"b", "a", "c", "d"}},
		{"b", "DESC", []string{"a", "c", "b", "d"}},
		{"s", "ASC", []string{"b", "c", "a", "d"}},
		{"s", "DESC", []string{"a", "b", "c", "d"}},
		{"mixed", "ASC", []string{"c", "b", "a", "d"}},
		{"list", "ASC", []string{"b", "a", "c", "d"}},
		{"nothing", "DESC", []string{"a", "b", "c", "d"}},
		{"$createdAt", "DESC", []string{"c", "a", "b", "d"}},
		{"$identifier", "DESC", []string{"d", "c", "b", "a"}},
		{"", "", []string{"d", "c", "b", "a"}},
		{"$title", "DESC", []string{"a", "b", "c", "d"}},
	} {
		field := newEntityField(t, c.property, c.order)
		l := newEntityList(field, "")
		var page []port.Entity
		for id, members := range entities {
			title := string('z' - id[0] + 'a')
			raw, err := json.Marshal(mergeMembers(t, members, id, title))
			if err != nil {
				t.Fatal(err)
			}
			page = append(page, port.Entity{Identifier: id, Title: title, Raw: raw})
		}
		if c.property != "" && c.property[0] != '$' { // ties are by label
			for i := range page {
				page[i].Title = page[i].Identifier
			}
		}
		l.add(page, true, nil)
		var got []string
		for _, e := range l.entities {
			got = append(got, e.id)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s %s (-want +got):\n%s", c.property, c.order, diff)
		}
		if c.property != "" && !slices.Contains(l.query.Include, c.property) {
			t.Errorf("%s is not read: %v", c.property, l.query.Include)
		}
	}
}

func newEntityField(t *testing.T, property, order string) *form.FieldState {
	t.Helper()
	sort, err := json.Marshal(map[string]any{"property": property, "order": order})
	if err != nil {
		t.Fatal(err)
	}
	return &form.FieldState{Field: &form.Field{Kind: form.Entity, Blueprint: "service"}, Sort: sort}
}

func mergeMembers(t *testing.T, members, id, title string) map[string]any {
	t.Helper()
	out := map[string]any{}
	if err := json.Unmarshal([]byte(members), &out); err != nil {
		t.Fatal(err)
	}
	out["identifier"], out["title"] = id, title
	return out
}
