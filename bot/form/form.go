// Package form turns the user inputs of a Port self-service action into a form:
// fields in their order, with what is visible, required and allowed for the
// values a person has given so far, and the properties that Port gets in the end.
// It knows nothing of Slack.
package form

import (
	"context"
	"encoding/json"
)

// A Form is one action's inputs, compiled once and safe for concurrent use.
type Form struct {
	Action      string // identifier of the action
	Title       string // title of the action, else its identifier
	Description string
	Button      string // executeActionButtonText, empty when the action has none
	Operation   string // CREATE, DAY-2 or DELETE
	Blueprint   string // of the target entity; empty for CREATE
	Version     string // a short hash of the definition: another one means that the action was changed
	Steps       []Step // at least one; an action without steps has one with an empty title
	UsesUser    bool   // some condition reads .user, so Resolve wants Who.User filled
	UsesEntity  bool   // some condition reads .entity

	// Problems says why the action cannot be run from a chat form.
	// Empty: it can.
	Problems []Problem

	byID        map[string]*Field
	required    expr
	hasPrograms bool // some rule is a program
}

// A Problem is an input (or, with an empty Input, the action) that cannot be mirrored.
type Problem struct {
	Input  string
	Reason string // a phrase for people
}

// A Step is one page of the form. Its items are in the order of the action.
type Step struct {
	Title string
	Items []Item

	visible expr
}

// An Item is either a heading or a field: exactly one is set.
type Item struct {
	Heading *Heading
	Field   *Field
}

// A Heading is one of the action's titles.
type Heading struct {
	ID, Title, Description string

	visible expr
}

// Kind says which sort of value a field takes, and so how a person enters it.
type Kind int

// The kinds. A field with Many set takes a list of them.
const (
	Text      Kind = iota // one line of text
	Multiline             // text of several lines: multi-line, markdown, yaml, proto
	Email
	URL
	IP
	LabeledURL // {url, displayText}: entered as "text url" (see LabeledURL's validation sentence)
	Number
	Integer
	Boolean
	DateTime // RFC 3339 in Values
	Choice   // one of FieldState.Options
	Entity   // identifier of an entity of Field.Blueprint
	User     // e-mail of a person
	Team     // name of a team
	Object   // JSON object, entered as text
	List     // free list of texts or numbers, entered one a line
)

// A Field is one input, as far as it does not depend on values.
type Field struct {
	ID             string // the input's key; TargetID for the entity a DAY-2 or DELETE action works on
	Title          string // title, else the key
	Description    string
	Kind           Kind
	Many           bool   // the value is a list of Kind
	Blueprint      string // for Entity
	MinLength      *int
	MaxLength      *int
	Minimum        *float64
	Maximum        *float64
	Decimal        bool // a Number that may have a fraction
	Hidden         bool // never shown whatever the values: visible is false, or Foghorn fills it (request_id)
	HasDependents  bool // another field's condition reads this one: a change wants a new Resolve
	Secret         bool // encrypted by Port: never logged, stored or shown
	Numbers        bool // a List of numbers
	DynamicOptions bool // its options or its default depend on other values

	defaultExpr, visible, disabled, enum, pattern, minItems, maxItems expr

	dataset   any
	sort      json.RawMessage
	dependsOn []string
	schema    map[string]any // the input as it is defined
}

// TargetID is the id of the field that picks the entity of a DAY-2 or DELETE action.
const TargetID = "$targetEntity"

// Values are what a person gave, by field id. Types are those of JSON as Port
// gets it: string, float64, bool, []any, map[string]any. An Entity's value is its
// identifier, a User's an e-mail. A field without a value is absent.
type Values map[string]any

// EvalContext is the context conditions are evaluated in.
type EvalContext struct {
	User     map[string]any            // .user, as Port gives it; nil when unknown
	Entity   map[string]any            // .entity, the target; nil for CREATE
	Entities map[string]map[string]any // entities by identifier that Values refer to, for .form.<input>.title; may be nil
}

// State is the form as it stands for some values.
type State struct {
	Form  *Form
	Steps []StepState // same length and order as Form.Steps

	byID map[string]*FieldState
}

// StepState is one step of a State.
type StepState struct {
	Title   string
	Visible bool
	Items   []ItemState
}

// ItemState is an Item with what the values make of it.
type ItemState struct {
	Heading *Heading // with Visible
	Field   *FieldState
	Visible bool
}

// FieldState is a field with what the values make of it.
type FieldState struct {
	*Field
	Visible   bool
	Required  bool
	Disabled  bool     // shown and not changed
	Value     any      // the given value, else the default; nil when neither
	Default   any      // what the value is when none is given; nil for none
	Options   []Option // for Choice
	MinItems  *int
	MaxItems  *int
	Pattern   string
	Dataset   json.RawMessage // for Entity: search rules with jqQuery values already resolved; nil for none
	Sort      json.RawMessage // for Entity: {property, order}; nil for none
	DependsOn []string        // ids of fields that need a value first; those without one disable this field
}

// An Option is one allowed value of a Choice.
type Option struct {
	Label string
	Value any // string, float64 or map[string]any, exactly as in the definition
}

// Compile reads an action as GET /v1/actions/{id} gives it (old style included).
// It fails only when the JSON is not an action; what cannot be mirrored is in Problems.
func Compile(action json.RawMessage) (*Form, error) { return compile(action) }

// Resolve evaluates the form's conditions for some values. It never fails: a jq
// program that errs or runs too long counts as null, as in Port.
func (f *Form) Resolve(ctx context.Context, who EvalContext, values Values) *State {
	return f.resolve(ctx, who, values)
}

// Validate says what is wrong with the values of step i (or of all steps with i < 0),
// by field id, each as a sentence for the person. Nil: all is well.
func (s *State) Validate(i int) map[string]string { return s.validate(i) }

// Properties are the inputs that Port gets: given values, defaults, those of hidden
// fields too; fields without a value are left out. The target entity is not among them.
func (s *State) Properties() map[string]any { return s.properties() }
