package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"

	"foghorn/integrations/port"
	"foghorn/integrations/rest"
)

// A definition is one that Port should have, and how it is read and written.
type definition struct {
	kind, id string
	want     json.RawMessage
	read     func(context.Context) (json.RawMessage, error)
	create   func(context.Context, json.RawMessage) error
	replace  func(context.Context, json.RawMessage) error
}

func blueprintDefinition(client *port.Client, want json.RawMessage) definition {
	id := definitionID(want)
	return definition{
		kind: "blueprint", id: id, want: want,
		read: func(ctx context.Context) (json.RawMessage, error) {
			b, err := client.Definitions().GetBlueprint(ctx, id)
			return b.Raw, err
		},
		create: func(ctx context.Context, d json.RawMessage) error {
			_, err := client.Definitions().CreateBlueprint(ctx, d)
			return err
		},
		replace: func(ctx context.Context, d json.RawMessage) error {
			_, err := client.Definitions().UpdateBlueprint(ctx, id, d)
			return err
		},
	}
}

func actionDefinition(client *port.Client, want json.RawMessage) definition {
	id := definitionID(want)
	return definition{
		kind: "action", id: id, want: want,
		read: func(ctx context.Context) (json.RawMessage, error) {
			a, err := client.GetAction(ctx, id)
			return a.Raw, err
		},
		create: func(ctx context.Context, d json.RawMessage) error {
			_, err := client.Definitions().CreateAction(ctx, d)
			return err
		},
		replace: func(ctx context.Context, d json.RawMessage) error {
			_, err := client.Definitions().UpdateAction(ctx, id, d)
			return err
		},
	}
}

func definitionID(d json.RawMessage) string {
	var v struct {
		Identifier string `json:"identifier"`
	}
	_ = json.Unmarshal(d, &v) // it is ours
	return v.Identifier
}

// planChange is what to do about a definition; nil for nothing.
func (d definition) planChange(ctx context.Context) (*change, error) {
	what := fmt.Sprintf("%s %s", d.kind, d.id)
	raw, err := d.read(ctx)
	if rest.Status(err) == http.StatusNotFound {
		return &change{"create", what, diffJSON(json.RawMessage("{}"), d.want), func(ctx context.Context) error { return d.create(ctx, d.want) }}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", what, err)
	}
	have, err := port.StripAudit(raw)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", what, err)
	}
	merged, err := mergeJSON(have, d.want)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", what, err)
	}
	if bytes.Equal(indentJSON(have), indentJSON(merged)) {
		return nil, nil
	}
	return &change{"update", what, diffJSON(have, merged), func(ctx context.Context) error { return d.replace(ctx, merged) }}, nil
}

// managedFields are the parts of a definition that are Foghorn's altogether. Everywhere else what
// Port or a person has added is kept.
var managedFields = map[string]bool{
	"trigger.userInputs": true, "trigger.condition": true, "trigger.event": true,
	"invocationMethod.body": true, "invocationMethod.headers": true, "invocationMethod.mapping": true,
}

// mergeJSON puts what is wanted over what Port has.
func mergeJSON(have, want json.RawMessage) (json.RawMessage, error) {
	var h, w map[string]any
	if err := json.Unmarshal(have, &h); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(want, &w); err != nil {
		return nil, err
	}
	return json.Marshal(mergeObjects(h, w, ""))
}

func mergeObjects(have, want map[string]any, path string) map[string]any {
	out := maps.Clone(have)
	for k, w := range want {
		h, hadObject := out[k].(map[string]any)
		o, wantsObject := w.(map[string]any)
		if place := path + k; hadObject && wantsObject && !managedFields[place] && k != "enumColors" {
			out[k] = mergeObjects(h, o, place+".")
			continue
		}
		out[k] = w
	}
	return out
}

// indentJSON is JSON with its keys sorted, a member a line.
func indentJSON(data json.RawMessage) []byte {
	var v any
	if json.Unmarshal(data, &v) != nil {
		return data
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if enc.Encode(v) != nil {
		return data
	}
	return b.Bytes()
}
