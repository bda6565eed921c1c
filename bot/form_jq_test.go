package bot_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sirupsen/logrus"
	"github.com/sirupsen/logrus/hooks/test"

	"foghorn/bot"
	"foghorn/bot/testenv"
)

// TestForm_LookAround has conditions with regular expressions that Go lacks.
func TestForm_LookAround(t *testing.T) {
	e := newEnvWithAction(t, `{"type":"self-service","operation":"CREATE","userInputs":{
		"properties":{
			"stage":{"type":"string","title":"Stage","enum":["staging","production"],"default":"staging"},
			"reason":{"type":"string","title":"Reason","visible":{"jqQuery":".form.stage | test(\"^(?!stag)\")"}},
			"slug":{"type":"string","title":"Slug","default":{"jqQuery":".form.stage | gsub(\"(?<=s)t\"; \"T\")"}}
		},"required":{"jqQuery":"if .form.stage | test(\"(?<!stag)ing|tion$\") then [\"reason\"] else [] end"},"order":["stage","reason","slug"]}}`).Start()
	form := e.OpenForm(testenv.Alice, testenv.General, "/incident")
	if v, err := form.Value("Slug"); slices.Contains(form.Labels(), "Reason") || err != nil || !slices.Equal(v, []string{"sTaging"}) {
		t.Errorf("%v, %v, %v", form.Labels(), v, err)
	}
	e.ChangeField(form, "Stage", "production")
	e.WaitForm(form, "the field for production", hasLabel("Reason"))
	if r, err := form.Submit(e.Context()); err != nil || r.Errors["Reason"] == "" {
		t.Errorf("the required field has no error: %+v, %v", r, err)
	}
}

func TestForm_ProgramThatCannotBeRun(t *testing.T) {
	e := newEnvWithAction(t, `{"type":"self-service","operation":"CREATE","userInputs":{"properties":{
		"stage":{"type":"string","title":"Stage","visible":{"jqQuery":"$__prog_args < 1"}}},"required":[]}}`).Start()
	// The answer is a message, or a view if the definition is not known yet.
	text := strings.NewReplacer("&lt;", "<").Replace(e.AnswerTo(testenv.Alice, testenv.General, "/incident"))
	for _, want := range []string{"visible is a jq program that cannot be run here (variable not defined: $__prog_args): $__prog_args < 1", "Run it in Port"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
}

// TestForm_ExpensiveProgram has conditions that would take gigabytes and never end. People get their forms meanwhile.
func TestForm_ExpensiveProgram(t *testing.T) {
	log, lines := test.NewNullLogger()
	e := newEnvWithAction(t, `{"type":"self-service","operation":"CREATE","userInputs":{"properties":{
		"stage":{"type":"string","title":"Stage","default":"staging"},
		"reason":{"type":"string","title":"Reason","default":{"jqQuery":".form.stage + \"!\""}},
		"a":{"type":"string","title":"A","visible":{"jqQuery":"reduce range(60) as $i (0; [.,.]) | tojson"}},
		"b":{"type":"string","title":"B","disabled":{"jqQuery":"\"a\" * 2000000000"}},
		"c":{"type":"string","title":"C","visible":{"jqQuery":".form.stage | test(\"stag\")"}}
		},"required":[]}}`)
	edit := e.EditConfig
	e.EditConfig = func(c *bot.Config) { edit(c); c.Log = logrus.NewEntry(log) }
	e.Start()
	var forms sync.WaitGroup
	for _, person := range []string{testenv.Alice, testenv.Bob} {
		forms.Go(func() {
			shown := false
			for range 3 {
				form := e.OpenForm(person, testenv.General, "/incident")
				if v, err := form.Value("Reason"); err != nil || !slices.Equal(v, []string{"staging!"}) {
					t.Errorf("Reason is %q, %v", v, err)
				}
				labels := form.Labels()
				if shown = shown || slices.Contains(labels, "C"); slices.Contains(labels, "A") {
					t.Errorf("labels are %q", labels)
				}
			}
			if !shown { // on a busy machine, some programs are not evaluated
				t.Error("C is never shown")
			}
		})
	}
	forms.Wait()
	logged := ""
	for _, line := range lines.AllEntries() {
		logged += line.Message + "\n"
	}
	for _, want := range []string{"visible is a jq program that was stopped", "disabled is a jq program that was stopped"} {
		if !strings.Contains(logged, "failed to evaluate a condition: "+want) {
			t.Errorf("no %q in the log:\n%s", want, logged)
		}
	}
}

// TestForm_HostileSchema has an input whose JSON schema would take minutes: the form opens, and Port's answer ends the
// request.
func TestForm_HostileSchema(t *testing.T) {
	t.Parallel()
	definitions := `"last":{"minLength":1}`
	for i := range 60 {
		next := fmt.Sprintf(`{"$ref":"#/$defs/d%d"}`, i+1)
		definitions += fmt.Sprintf(`,"d%d":{"anyOf":[%s,%s]}`, i, next, next)
	}
	e := newEnvWithAction(t, createAction(`"x":{"type":"object","additionalProperties":{"$ref":"#/$defs/d0"},"$defs":{`+definitions+`,"d60":{"$ref":"#/$defs/last"}}}`, "")).Start()
	form := e.OpenForm(testenv.Alice, testenv.General, "/incident")
	e.Fill(form, "x", `{"a":"b"}`)
	e.Submit(form)
	e.ExpectMessage(testenv.Alice, "cannot be checked by this emulator of Port: its JSON schema is too large")
}
