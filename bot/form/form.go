// Package form turns the user inputs of a Port self-service action into a form. It knows nothing of
// Slack.
//
//	f, err := form.Compile(action)          // once for a definition
//	state := f.Resolve(ctx, user, values)   // after each change: what is visible, required and allowed
//	problems := state.Validate(-1)          // texts by field
//	inputs := state.Properties()            // of the run
//
// Conditions are jq programs, evaluated as Port's own form does (expr.go).
package form

import "encoding/json"

// A Form is one action's inputs, compiled once and safe for concurrent use.
type Form struct {
	Action      string // identifier of the action
	Title       string // title of the action, else its identifier
	Description string
	Button      string // executeActionButtonText, empty when the action has none
	Operation   string // CREATE, DAY-2 or DELETE
	Blueprint   string // of the target entity; empty for CREATE
	Version     string // a short hash of the definition, to recognize that the action was changed
	Steps       []Step // at least one; an action without steps has one with an empty title
	UsesUser    bool   // a condition reads .user: Resolve needs EvalContext.User
	UsesEntity  bool   // a condition reads .entity: Resolve needs EvalContext.Entity

	// Problems are the reasons why the action cannot be run from a chat form; empty: it can.
	Problems []Problem

	// Unchecked are the parts of inputs that only Port checks, because they are too large.
	Unchecked []Problem

	byID     map[string]*Field
	required expr
	programs []expr // those of required and of the fields and headings, in their order
	defaults []expr // the programs among the fields' defaults
}

// A Problem is an input, or with an empty Input the action, that a form cannot show.
type Problem struct {
	Input  string
	Reason string // a phrase for people
	Cost   string // of a jq program, the label of a metric (jq.Cost); else empty
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

// Kind is the type of a field's value, and so how a person enters it.
type Kind int

// The kinds. A field with Many set takes a list of them.
const (
	Text      Kind = iota // one line of text
	Multiline             // text of several lines: multi-line, markdown, yaml, proto
	Email
	URL
	IP
	LabeledURL // {url, displayText}
	Number
	Integer
	Boolean
	DateTime // RFC 3339 in Values
	Choice   // one of FieldState.Options
	Entity   // identifier of an entity of Field.Blueprint
	User     // email address of a person
	Team     // name of a team
	Object   // JSON object, entered as text
	List     // free list of texts or numbers, entered one per line
)

// A Field is the part of an input that does not depend on values.
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
	Conditional    bool // it, or its step, can be hidden or disabled
	HasDependents  bool // a condition of another field reads this one: a change needs a new Resolve
	ReadsEntity    bool // conditions read more of the chosen entities than identifier and title: EvalContext.Entities has them
	Secret         bool // encrypted by Port: never logged, stored or shown
	Numbers        bool // a List of numbers
	DynamicOptions bool // its options or its default depend on other values

	defaultExpr, visible, disabled, enum, pattern, minItems, maxItems expr

	dataset   any
	sort      json.RawMessage
	dependsOn []string
	schema    map[string]any // the input as it is defined

	checks *checks // of values
}

// TargetID is the id of the field that picks the entity of a DAY-2 or DELETE action.
const TargetID = "$targetEntity"

// Values are the values that were entered, by field id. Their types are those of encoding/json:
// string, float64, bool, []any, map[string]any. The value of an Entity is its identifier, of a User
// the email address. A field without a value is absent.
type Values map[string]any

// An EvalContext is what conditions can read besides the form.
type EvalContext struct {
	User     map[string]any            // .user; nil: unknown
	Entity   map[string]any            // .entity, the target; nil: none
	Entities map[string]map[string]any // by identifier: what .form.<input>.title reads; may be nil
}

// A State is the form for some values.
type State struct {
	Form  *Form
	Steps []StepState // same length and order as Form.Steps

	// Problems are the programs that exceeded their limits. Their values are null, so the form may differ from Port's.
	Problems []Problem
	Busy     bool // a program was not evaluated, because the machine is busy: Resolve again

	byID map[string]*FieldState
}

// StepState is one step of a State.
type StepState struct {
	Title   string
	Visible bool
	Items   []ItemState
}

// ItemState is one item of a State: exactly one of Heading and Field is set.
type ItemState struct {
	Heading *Heading
	Field   *FieldState
	Visible bool
}

// FieldState is a field of a State.
type FieldState struct {
	*Field
	Visible   bool
	Required  bool
	Disabled  bool     // shown, cannot be changed
	Value     any      // the given value, else the default; nil: neither
	Default   any      // nil: none
	Options   []Option // for Choice
	MinItems  *int
	MaxItems  *int
	Pattern   string
	Dataset   json.RawMessage // for Entity: search rules, evaluated; nil: none
	Sort      json.RawMessage // for Entity: {property, order}; nil: none
	DependsOn []string        // ids of fields that need a value first; until then this field is disabled
}

// An Option is one allowed value of a Choice.
type Option struct {
	Label string
	Value any // string, float64 or map[string]any, exactly as in the definition
}
