package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"

	"foghorn/bot/form"
	"foghorn/integrations/port"
)

// An actionSource is the definition of one action in what a person has: a file can have several, and other things
// around them.
type actionSource struct {
	name       string // for error messages
	definition json.RawMessage
	line       int // of the definition's first character; 0: not known
}

// isAutomation reports that only Port runs it.
func (a actionSource) isAutomation() bool {
	var action port.Action
	return json.Unmarshal(a.definition, &action) == nil && action.Trigger == "automation"
}

// compile compiles a definition. The error is a [SettingError] with the line of the mistake, if it is known.
func (a actionSource) compile() (*form.Form, error) {
	f, err := form.Compile(a.definition)
	if err != nil {
		line := 0
		if a.line > 0 {
			line = a.line - 1 + errorLine(a.definition, err)
		}
		return nil, definitionError(a.name, line, errorReason(err))
	}
	return f, nil
}

// readActions finds the actions in a text: JSON or YAML, one or many, as Port's API or Terraform prints them. The error
// is a [SettingError] that says why there is none.
func readActions(name string, data []byte) ([]actionSource, error) {
	text := []byte(decodeText(data))
	r := actionReader{name: name}
	switch trimmed := bytes.TrimSpace(text); {
	case len(trimmed) == 0:
		return nil, definitionError(name, 1, "it is empty")
	case trimmed[0] == '{' || trimmed[0] == '[':
		r.text = text
		if line, reason := r.findJSON(); reason != "" {
			return nil, definitionError(name, line, reason)
		}
	default:
		documents, line, reason := yamlDocuments(text)
		if reason != "" {
			return nil, definitionError(name, line, reason)
		}
		for _, d := range documents {
			r.find(d, 0)
		}
	}
	if len(r.found) == 0 {
		if r.reason == "" {
			r.reason = "it is not an action: it has no identifier or no trigger"
		}
		return nil, definitionError(name, r.firstLine(), r.reason)
	}
	return r.found, nil
}

// maxWrappers bounds how deep an action is looked for.
const maxWrappers = 6

// wrapperKeys are the keys under which actions are stored: in answers of Port's API, in exports and in files of people.
var wrapperKeys = []string{"action", "actions", "definition", "definitions", "resource", "resources", "items", "data", "body", "spec", "result", "results"}

// An actionReader collects the actions of a text.
type actionReader struct {
	name   string
	text   []byte // the JSON in which lines are counted; nil: not known
	found  []actionSource
	reason string // why what was found last is not an action
}

// findJSON collects the actions in JSON values that follow each other. It returns the line and the reason of a mistake.
func (r *actionReader) findJSON() (line int, reason string) {
	for dec := json.NewDecoder(bytes.NewReader(r.text)); dec.More(); {
		start := dec.InputOffset()
		var raw json.RawMessage
		if dec.Decode(&raw) != nil {
			line, reason := checkSyntax(r.text[start:])
			return bytes.Count(r.text[:start], []byte("\n")) + line, reason
		}
		r.find(raw, 0)
	}
	return 0, ""
}

// find collects the actions in a JSON value.
func (r *actionReader) find(raw json.RawMessage, depth int) {
	if depth > maxWrappers {
		return
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) == nil {
		for _, item := range list {
			r.find(item, depth+1)
		}
		return
	}
	var text string
	if json.Unmarshal(raw, &text) == nil { // JSON within JSON
		if inner := json.RawMessage(text); json.Valid(inner) && depth > 0 {
			r.find(inner, depth+1)
		}
		return
	}
	keys, members, err := decodeMembers(raw)
	if err != nil {
		r.reason = "it is not an object"
		return
	}
	switch {
	case isAction(members):
		r.add(raw)
	case r.findTerraform(raw, members), r.findInputs(raw, members), r.explain(members):
	default:
		r.findWrapped(keys, members, depth)
	}
}

func isAction(members map[string]json.RawMessage) bool {
	return members["identifier"] != nil && members["trigger"] != nil
}

func (r *actionReader) add(definition json.RawMessage) {
	line := 0
	if i := bytes.Index(r.text, definition); i >= 0 && r.text != nil {
		line = lineAtOffset(r.text, int64(i)+1)
	}
	r.found = append(r.found, actionSource{r.name, definition, line})
}

// firstLine is the line for an error about the whole text.
func (r *actionReader) firstLine() int {
	if r.text == nil {
		return 0
	}
	return 1
}

// findInputs takes user inputs alone, which is what Port shows under Edit JSON of an action's form.
func (r *actionReader) findInputs(raw json.RawMessage, members map[string]json.RawMessage) bool {
	if members["properties"] == nil || members["identifier"] != nil || members["schema"] != nil {
		return false
	}
	var properties map[string]struct{ Type any }
	if json.Unmarshal(members["properties"], &properties) != nil || len(properties) == 0 {
		return false
	}
	r.add(json.RawMessage(`{"identifier":"user_inputs","trigger":{"type":"self-service","operation":"CREATE","userInputs":` + string(raw) + `}}`))
	return true
}

// explain notes why an object that Port or others write is not an action.
func (r *actionReader) explain(members map[string]json.RawMessage) bool {
	switch {
	case string(members["ok"]) == "false":
		r.reason = "it is an error that Port answered: " + parseText(members["message"])
	case members["nodes"] != nil && members["connections"] != nil:
		r.reason = "it is a workflow of Port, and Foghorn runs self-service actions"
	case members["schema"] != nil && members["identifier"] != nil:
		r.reason = "it is a blueprint of Port and not an action"
	case members["deployment"] != nil:
		r.reason = "it is the state of Pulumi: name the identifier of the action in Port instead"
	default:
		return false
	}
	return true
}

// findWrapped looks into the members of an object that can contain actions.
func (r *actionReader) findWrapped(keys []string, members map[string]json.RawMessage, depth int) {
	before := len(r.found)
	for _, key := range wrapperKeys {
		if members[key] != nil {
			r.find(members[key], depth+1)
		}
	}
	if len(r.found) > before {
		return
	}
	for _, key := range keys { // actions by name
		if _, inner, err := decodeMembers(members[key]); err == nil && isAction(inner) {
			r.add(members[key])
		}
	}
}

// decodeMembers reads an object and the order of its keys.
func decodeMembers(raw json.RawMessage) (keys []string, members map[string]json.RawMessage, err error) {
	if err := json.Unmarshal(raw, &members); err != nil || members == nil {
		return nil, nil, fmt.Errorf("decode object: %w", err)
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	_, _ = dec.Token()
	for dec.More() {
		key, _ := dec.Token()
		var skipped json.RawMessage
		_ = dec.Decode(&skipped)
		keys = append(keys, fmt.Sprint(key))
	}
	return keys, members, nil
}

// Limits of YAML: its parser is recursive, and the values of aliases multiply.
const (
	maxYAML       = 1 << 20 // bytes
	maxAliases    = 16
	maxAliasBytes = 64 << 10
)

// deepYAML is nesting on one line. Other nesting is bounded by the indentation.
var deepYAML = regexp.MustCompile(`(?m)^\s*(?:[-?:]\s+){50}|[\[{](?:[^\]}]*[\[{]){200}`)

// yamlSeparator is the line between two documents.
var yamlSeparator = regexp.MustCompile(`(?m)^---[ \t]*(?:#.*)?$`)

// hclBlock is how a resource begins in Terraform's own language.
var hclBlock = regexp.MustCompile(`(?m)^\s*(resource|module|provider|terraform|locals|variable)\s*("[^"\n]*"\s*)*\{`)

// yamlDocuments returns the documents of a YAML text as JSON, or the line and the reason of a mistake.
func yamlDocuments(text []byte) (documents []json.RawMessage, line int, reason string) {
	if hclBlock.Match(text) {
		return nil, 1, "it is Terraform's HCL, which is not read: use the output of terraform show -json, a .tf.json file, or the identifier of the action in Port"
	}
	if reason := checkYAMLSize(text); reason != "" {
		return nil, 1, reason
	}
	start := 0
	for _, end := range append(yamlSeparator.FindAllIndex(text, -1), []int{len(text), len(text)}) {
		document := text[start:end[0]]
		data, err := yaml.YAMLToJSON(document)
		if err != nil || !json.Valid(data) {
			return nil, bytes.Count(text[:start], []byte("\n")) + yamlErrorLine(err), "it is neither JSON nor YAML: " + yamlErrorReason(err)
		}
		if start = end[1]; len(bytes.TrimSpace(document)) > 0 {
			documents = append(documents, bytes.TrimSpace(data))
		}
	}
	return documents, 0, ""
}

// checkYAMLSize returns the reason why a YAML text is too large for the parser, or "".
func checkYAMLSize(text []byte) (reason string) {
	if len(text) > maxYAML || deepYAML.Match(text) {
		return "it is YAML that is larger than 1 MiB or nested too deeply"
	}
	aliases := 0
	for _, t := range lexer.Tokenize(string(text)) {
		if t.Type == token.AliasType {
			aliases++
		}
	}
	if aliases > maxAliases || aliases > 0 && len(text) > maxAliasBytes {
		return "it is YAML with too many aliases"
	}
	return ""
}

// yamlErrorLine returns the line of an error of the YAML parser; 1 if it has none.
func yamlErrorLine(err error) int {
	line := 1
	if err != nil {
		_, _ = fmt.Sscanf(err.Error(), "[%d:", &line)
	}
	return line
}

// yamlErrorReason returns the first line of an error of the YAML parser, without the position.
func yamlErrorReason(err error) string {
	if err == nil {
		return "it cannot be converted to JSON"
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	if _, message, ok := strings.Cut(line, "] "); ok {
		return message
	}
	return line
}
