package main

import (
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const shapeJSON = `{"identifier":"restart","title":"Restart","trigger":{"type":"self-service","operation":"DAY-2","blueprintIdentifier":"service",
	"userInputs":{"properties":{"zone":{"type":"string","title":"Zone","enum":["a","b"]},"count":{"type":"number","title":"Count","minimum":1}},"required":["zone"]}},
	"invocationMethod":{"type":"WEBHOOK","url":"https://example.com"}}`

const shapeOldJSON = `{"id":"action_1","identifier":"restart","title":"Restart","trigger":"DAY-2","blueprint":"service","createdAt":"2023-01-01T00:00:00.000Z",
	"userInputs":{"properties":{"zone":{"type":"string","title":"Zone","enum":["a","b"]},"count":{"type":"number","title":"Count","minimum":1}},"required":["zone"]}}`

const shapeYAML = `# Restarts a service
identifier: restart
title: Restart
description: >-
  Restarts one service,
  and nothing else.
trigger:
  type: self-service
  operation: DAY-2
  blueprintIdentifier: service
  userInputs:
    properties:
      zone: {type: string, title: Zone, enum: &zones [a, b]}
      count:
        type: number
        title: "Count"
        minimum: 1
        visible:
          jqQuery: |
            .form.zone != "x"
            and true
    required: [zone]
invocationMethod:
  type: WEBHOOK
  url: https://example.com
`

// shapeTerraform are the values of a resource as terraform show -json prints them.
const shapeTerraform = `{"id":"restart","identifier":"restart","title":"Restart","description":null,"icon":null,"automation_trigger":null,
	"self_service_trigger":{"operation":"DAY-2","blueprint_identifier":"service","condition":"{\"type\":\"SEARCH\",\"combinator\":\"and\",\"rules\":[]}",
		"order_properties":["zone","count"],"required_jq_query":null,"steps":null,
		"titles":{"some_title":{"title":"Where","description":null,"visible":null,"visible_jq_query":null}},
		"user_properties":{"string_props":{"zone":{"title":"Zone","required":true,"enum":["a","b"],"enum_colors":{"a":"red"},"enum_jq_query":null,"min_length":null,
				"visible":null,"visible_jq_query":".form.count != 0","dataset":null,"format":null}},
			"number_props":{"count":{"title":"Count","minimum":1,"required":false,"default_jq_query":null}},
			"boolean_props":null,"array_props":{},"object_props":null}}}`

// TestPreview_Shapes previews one action in all the shapes in which people have it.
func TestPreview_Shapes(t *testing.T) {
	resources := `[{"address":"port_blueprint.service","mode":"managed","type":"port_blueprint","values":{"identifier":"service"}},
		{"address":"port_action.restart","mode":"managed","type":"port_action","name":"restart","values":` + shapeTerraform + `}]`
	indent := func(text, by string) string { return by + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n"+by) }
	for name, text := range map[string]string{
		"object":                       shapeJSON,
		"list":                         "[" + shapeJSON + "]",
		"answer with one":              `{"ok":true,"action":` + shapeJSON + `}`,
		"answer with many":             `{"ok":true,"actions":[` + shapeJSON + `]}`,
		"definition":                   `{"version":3,"definition":` + shapeJSON + `}`,
		"definition as text":           `{"definition":` + quoteJSON(t, shapeJSON) + `}`,
		"export":                       `{"blueprints":[{"identifier":"service","schema":{}}],"actions":[` + shapeJSON + `],"pages":[]}`,
		"by name":                      `{"restart":` + shapeJSON + `}`,
		"resource with data":           `{"kind":"Action","metadata":{"name":"x"},"spec":` + shapeJSON + `}`,
		"with an automation":           `[{"identifier":"auto","trigger":{"type":"automation","event":{}}},` + shapeJSON + `]`,
		"JSON lines":                   `{"identifier":"auto","trigger":{"type":"automation"}}` + "\n" + strings.ReplaceAll(shapeJSON, "\n", "") + "\n",
		"old style":                    shapeOldJSON,
		"answer with one of old style": `{"ok":true,"action":` + shapeOldJSON + `}`,
		"YAML":                         shapeYAML,
		"YAML list":                    "- " + strings.TrimSpace(indent(shapeYAML[strings.Index(shapeYAML, "identifier"):], "  ")) + "\n",
		"YAML answer":                  "ok: true\nactions:\n  - " + strings.TrimSpace(indent(shapeYAML[strings.Index(shapeYAML, "identifier"):], "    ")) + "\n",
		"YAML with a separator":        "---\n" + shapeYAML,
		"YAML documents":               "---\nidentifier: auto\ntrigger:\n  type: automation\n--- # the action\n" + shapeYAML + "...\n",
		"CRLF":                         strings.ReplaceAll(shapeJSON, "\n", "\r\n"),
		"YAML with CRLF":               strings.ReplaceAll(shapeYAML, "\n", "\r\n"),
		"BOM":                          "\uFEFF" + shapeJSON,
		"YAML with BOM":                "\uFEFF" + shapeYAML,
		"UTF-16 LE":                    encodeUTF16("\uFEFF"+shapeJSON, binary.LittleEndian),
		"UTF-16 BE":                    encodeUTF16("\uFEFF"+shapeYAML, binary.BigEndian),
		"UTF-16 without BOM":           encodeUTF16(shapeJSON, binary.LittleEndian),
		"terraform show of a state":    `{"format_version":"1.0","terraform_version":"1.9.0","values":{"root_module":{"resources":` + resources + `}}}`,
		"terraform show of a plan": `{"format_version":"1.2","terraform_version":"1.9.0","planned_values":{"root_module":{"child_modules":[{"resources":` + resources + `}]}},
			"resource_changes":[{"type":"port_action","change":{"after":{}}}],"prior_state":{"values":{"root_module":{"resources":` + resources + `}}}}`,
		"terraform state":     `{"version":4,"terraform_version":"1.9.0","resources":[{"mode":"managed","type":"port_action","name":"restart","instances":[{"attributes":` + shapeTerraform + `}]}]}`,
		"terraform resources": resources,
		".tf.json":            `{"resource":{"port_action":{"restart":` + shapeTerraform + `}}}`,
		".tf.json with lists": `{"resource":[{"port_action":[{"restart":[` + shapeTerraform + `]}]}]}`,
		"terraform, version 1": `{"resource":{"port_action":{"restart":{"identifier":"restart","title":"Restart","trigger":"DAY-2","blueprint":"service",
			"user_properties":{"string_props":{"zone":{"title":"Zone","required":true,"enum":["a","b"]}},"number_props":{"count":{"title":"Count","minimum":1}}}}}}}`,
	} {
		t.Run(name, func(t *testing.T) {
			o := runPreview(t, nil, text, "-")
			if o.code != 0 || len(o.views(t)) != 1 {
				t.Fatalf("%+v", o)
			}
			for _, want := range []string{`"Restart"`, `"f:$targetEntity"`, `"f:zone"`, `"f:count"`, `"Zone"`} {
				if !strings.Contains(o.stdout, want) {
					t.Errorf("no %s in %s", want, o.stdout)
				}
			}
		})
	}
}

func quoteJSON(t *testing.T, text string) string {
	t.Helper()
	data, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestPreview_ShapesThatAreNotActions gives the reason for other things that people have.
func TestPreview_ShapesThatAreNotActions(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"HCL":                  {"# actions\nresource \"port_action\" \"restart\" {\n  identifier = \"restart\"\n}\n", "it is Terraform's HCL"},
		"Port's error":         {`{"ok":false,"error":"not_found","message":"Action was not found"}`, "an error that Port answered: Action was not found"},
		"workflow":             {`{"identifier":"w","nodes":[],"connections":[]}`, "it is a workflow of Port"},
		"blueprint":            {`{"identifier":"service","schema":{"properties":{}}}`, "it is a blueprint"},
		"Pulumi":               {`{"version":3,"deployment":{"resources":[]}}`, "Pulumi"},
		"terraform, no action": {`{"terraform_version":"1.9.0","values":{"root_module":{"resources":[]}}}`, "without a resource of the type port_action"},
		"no actions":           {`{"ok":true,"actions":[]}`, "it is not an action"},
		"text":                 {"just a text", "it is not an action"},
		"YAML, wrong":          {"identifier: x\ntrigger:\n  type: [a\n", "neither JSON nor YAML"},
		"YAML, second wrong":   {"a: 1\n---\nb: 2\nc: {d\n", "line 4: it is neither JSON nor YAML"},
		"YAML, not an action":  {"services:\n  web:\n    image: x\n", "it is not an action"},
		"many aliases":         {"a: &a [x]\n" + strings.Repeat("- *a\n", 20), "too many aliases"},
		"input, wrong":         {`{"ok":true,` + "\n" + `"action":{"identifier":"x",` + "\n" + `"trigger":{"type":"self-service","userInputs":{"properties":{` + "\n" + `"a":3}}}}}`, `line 4: input "a" is a number`},
		"empty":                {" \n", "line 1: it is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			o := runPreview(t, nil, c.text, "-")
			if o.code != exitUsage || !strings.Contains(o.stderr, c.want) || o.stdout != "" {
				t.Errorf("code %d, want %q: %s%s", o.code, c.want, o.stdout, o.stderr)
			}
		})
	}
}

// TestPreview_InputsAlone previews what Port shows under Edit JSON of an action's form.
func TestPreview_InputsAlone(t *testing.T) {
	o := runPreview(t, nil, `{"properties":{"a":{"type":"string"},"b":{"type":"string","visible":{"jqQuery":".form.a == \"x\""}}},"required":["a"]}`, "-", "--values", "a=x")
	if o.code != 0 || !strings.Contains(o.stdout, `"f:b"`) {
		t.Errorf("%+v", o)
	}
}

func TestPreview_SeveralActions(t *testing.T) {
	two := "[" + selfServiceAction(`{"a":{"type":"string"}}`) + "," + strings.Replace(selfServiceAction(`{"b":{"type":"string","encryption":"aes256-gcm"}}`), `"act"`, `"act2"`, 1) + "]"
	o := runPreview(t, nil, two, "-")
	if o.code != exitFailed || len(o.views(t)) != 1 || !strings.Contains(o.stdout, `"f:a"`) || !strings.Contains(o.stderr, "act2 cannot be run from Slack") {
		t.Errorf("%+v", o)
	}
	if o := runPreview(t, nil, two, "-", "--values", "a=x"); o.code != exitUsage || !strings.Contains(o.stderr, "is for one action") {
		t.Errorf("%+v", o)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"two.json": two, "one.yaml": shapeYAML, "other.yml": "services: {}\n", "x.tf": "not read"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o = runPreview(t, nil, "", "--all", dir)
	want := "ok   one.yaml  restart: 1 view\n" +
		"bad  other.yml  it is not an action: it has no identifier or no trigger\n" +
		"ok   two.json  act: 1 view\n" +
		"no   two.json  b: it is a secret: Slack would show it and keep it, so enter it in Port\n"
	if diff := cmp.Diff(want, o.stdout); diff != "" || o.code != exitUsage {
		t.Errorf("code %d (-want +got):\n%s", o.code, diff)
	}
}

func TestTerraformDefinition_Inputs(t *testing.T) {
	var values map[string]any
	if err := json.Unmarshal([]byte(`{"identifier":"a","self_service_trigger":[{"operation":"CREATE","required_jq_query":"[\"s\"]",
		"steps":[{"title":"One","order":["s"],"visible_jq_query":"true"}],
		"user_properties":[{"string_props":{"s":{"max_length":3,"depends_on":["l"],"pattern_jq_query":".x","sort":{"property":"$title","order":"ASC"},
				"dataset":{"combinator":"and","rules":[{"property":"a","operator":"=","value":{"jq_query":".user.email"}}]}}},
			"object_props":{"o":{"default":"{\"a_b\":1}","disabled":true}},
			"array_props":{"l":{"min_items":1,"string_items":{"format":"entity","blueprint":"b","dataset":"{\"combinator\":\"or\",\"rules\":[]}","default":["x"]}}}}]}]}`), &values); err != nil {
		t.Fatal(err)
	}
	got, ok := terraformDefinition(values)
	want := `{"identifier":"a","trigger":{"operation":"CREATE","type":"self-service","userInputs":{"properties":{
		"l":{"default":["x"],"items":{"blueprint":"b","dataset":{"combinator":"or","rules":[]},"format":"entity","type":"string"},"minItems":1,"type":"array"},
		"o":{"default":{"a_b":1},"disabled":true,"type":"object"},
		"s":{"dataset":{"combinator":"and","rules":[{"operator":"=","property":"a","value":{"jqQuery":".user.email"}}]},"dependsOn":["l"],"maxLength":3,
			"pattern":{"jqQuery":".x"},"sort":{"order":"ASC","property":"$title"},"type":"string"}},
		"required":{"jqQuery":"[\"s\"]"},"steps":[{"order":["s"],"title":"One","visible":{"jqQuery":"true"}}]}}}`
	if diff := cmp.Diff(string(indentJSON([]byte(want))), string(indentJSON(got))); diff != "" || !ok {
		t.Errorf("definition (-want +got):\n%s", diff)
	}
}

// FuzzReadActions reads files of any content. Whatever they are, there are actions or a reason, soon.
func FuzzReadActions(f *testing.F) {
	for _, text := range []string{
		shapeJSON, shapeOldJSON, shapeYAML, "[" + shapeTerraform + "]", `{"resource":{"port_action":{"x":` + shapeTerraform + `}}}`, "--- |\n x\n---\n- a: &b [*b]\n",
		strings.Repeat("[", 5000), strings.Repeat("- ", 5000), strings.Repeat("a: {", 5000), strings.Repeat("? ", 5000), "a: !!binary x", "\xFE\xFF\x00", "%YAML 1.2\n---\n", "? a\n: b",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		begun := time.Now()
		sources, err := readActions("x", data)
		if (err == nil) == (len(sources) == 0) {
			t.Errorf("%d actions, %v", len(sources), err)
		}
		for _, a := range sources {
			_, _ = a.compile()
		}
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

// TestPreview_ProgramThatCannotBeRun checks that preview and doctor name the input, the program and the reason.
func TestPreview_ProgramThatCannotBeRun(t *testing.T) {
	const want = "a: visible is a jq program that cannot be run here (function not defined: nothing/0): .form.b | nothing"
	definition := selfServiceAction(`{"a":{"type":"string","visible":{"jqQuery":".form.b | nothing"}},"b":{"type":"string"}}`)
	if o := runPreview(t, nil, definition, "-"); o.code != exitFailed || len(o.views(t)) != 0 || !strings.Contains(o.stderr, want) {
		t.Errorf("%+v", o)
	}
	e := newGuideEnvironment(t)
	if err := e.Port.PutActionUnchecked([]byte(definition)); err != nil {
		t.Fatal(err)
	}
	if o := runCommand(t, e.botSettings("PORT_ACTION", "act"), "doctor"); o.code != exitFailed || !strings.Contains(o.stdout, want) {
		t.Errorf("%+v", o)
	}
}

// TestPreview_ProgramThatTakesTooLong checks that the program is named although the action has a form.
func TestPreview_ProgramThatTakesTooLong(t *testing.T) {
	t.Parallel()
	o := runPreview(t, nil, selfServiceAction(`{"a":{"type":"string","visible":{"jqQuery":"[range(1e9)]"}},"b":{"type":"string"}}`), "-")
	if o.code != 0 || len(o.views(t)) != 1 || !strings.Contains(o.stderr, "a: visible is a jq program that was stopped") {
		t.Errorf("%+v", o)
	}
}
