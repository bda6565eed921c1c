package form

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// definition is an action as Port gives it, both styles.
// https://docs.port.io/api-reference/create-an-action-automation
type definition struct {
	Identifier          string          `json:"identifier"`
	Title               string          `json:"title"`
	Description         string          `json:"description"`
	Trigger             json.RawMessage `json:"trigger"`    // an object, or in the old style the operation
	UserInputs          json.RawMessage `json:"userInputs"` // in the old style
	Blueprint           string          `json:"blueprint"`  // in the old style
	BlueprintIdentifier string          `json:"blueprintIdentifier"`

	trigger trigger // decoded from Trigger
}

type trigger struct {
	Type                string          `json:"type"`
	Operation           string          `json:"operation"`
	BlueprintIdentifier string          `json:"blueprintIdentifier"`
	ButtonText          string          `json:"executeActionButtonText"`
	UserInputs          json.RawMessage `json:"userInputs"`
	Condition           any             `json:"condition"` // which entities it is for
}

type userInputs struct {
	Properties json.RawMessage  `json:"properties"`
	Required   any              `json:"required"`
	Order      []string         `json:"order"`
	Steps      []step           `json:"steps"`
	Titles     map[string]title `json:"titles"`
}

type step struct {
	Title   string   `json:"title"`
	Order   []string `json:"order"`
	Visible any      `json:"visible"`
}

type title struct {
	Title       string `json:"title"`
	Description string `json:"description"`
	Visible     any    `json:"visible"`
}

// A DefinitionError reports where a definition is not that of an action.
type DefinitionError struct {
	Path []string // keys from the action to the mistake, such as trigger, userInputs, properties, name; empty: the action
	Err  error
}

func (e *DefinitionError) Error() string { return e.Err.Error() }

// Unwrap makes the cause available to errors.As.
func (e *DefinitionError) Unwrap() error { return e.Err }

// newDefinitionError makes an error of one from encoding/json, which names the key of a wrong type.
func newDefinitionError(err error) *DefinitionError {
	e := &DefinitionError{Err: err}
	if typeError, ok := errors.AsType[*json.UnmarshalTypeError](err); ok && typeError.Field != "" {
		e.Path = strings.Split(typeError.Field, ".")
	}
	return e
}

// wrap adds what was read and the path to it.
func (e *DefinitionError) wrap(action string, path ...string) *DefinitionError {
	return &DefinitionError{Path: slices.Concat(path, e.Path), Err: fmt.Errorf("%s: %w", action, e.Err)}
}

var errNotAction = errors.New("it is not an action: it has no identifier or no trigger")

// decodeDefinition reads an action without its inputs.
func decodeDefinition(action json.RawMessage) (definition, error) {
	var d definition
	if err := json.Unmarshal(action, &d); err != nil {
		return d, newDefinitionError(err).wrap("read action")
	}
	if d.Identifier == "" || len(d.Trigger) == 0 {
		return d, newDefinitionError(errNotAction).wrap("read action")
	}
	if json.Unmarshal(d.Trigger, &d.trigger.Operation) != nil {
		if err := json.Unmarshal(d.Trigger, &d.trigger); err != nil {
			return d, newDefinitionError(err).wrap(fmt.Sprintf("read trigger of action %q", d.Identifier), "trigger")
		}
	}
	return d, nil
}

// decodeOrdered reads an object and the order of its keys, which is the order of the inputs where
// the action gives none.
func decodeOrdered(raw json.RawMessage) (keys []string, values map[string]map[string]any, err *DefinitionError) {
	values = map[string]map[string]any{}
	if len(raw) == 0 || bytes.Equal(bytes.TrimSpace(raw), []byte("null")) {
		return nil, values, nil
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, nil, &DefinitionError{Path: []string{"properties"}, Err: errors.New(`"properties" is not an object`)}
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, nil, &DefinitionError{Path: []string{"properties"}, Err: err}
		}
		id, _ := key.(string)
		var value map[string]any
		if err := dec.Decode(&value); err != nil {
			return nil, nil, &DefinitionError{Path: []string{"properties", id}, Err: fmt.Errorf("input %q: %w", id, err)}
		}
		if _, twice := values[id]; !twice {
			keys = append(keys, id)
		}
		values[id] = value
	}
	return keys, values, nil
}
