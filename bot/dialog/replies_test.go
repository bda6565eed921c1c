package dialog

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"foghorn/bot/form"
	"foghorn/bot/identity"
	"foghorn/bot/slacktext"
	"foghorn/integrations/rest"
	"foghorn/integrations/slackapp"
)

// noHistory cannot list runs.
type noHistory struct{}

func (noHistory) ListText(context.Context, string) (slacktext.Text, error) {
	return "", errors.New("the store is away")
}

var update = flag.Bool("update", false, "write the golden file")

// TestReplies_Golden compares all replies with testdata/replies.golden.txt, where an editor can read them.
func TestReplies_Golden(t *testing.T) {
	d := newTestDialog(t, &fakes{action: oneInput})
	withChoice := newTestDialog(t, &fakes{action: oneInput})
	withChoice.cfg.RunCommand, withChoice.cfg.History = "/run", &noHistory{}
	var got strings.Builder
	for _, reply := range []struct {
		when string
		text slacktext.Text
	}{
		{"help", d.helpText(t.Context(), "act")},
		{"another command of the app", d.wrongCommandText()},
		{"incomplete command", d.invalidCommandText("/incident")},
		{"trigger expired", openErrorText("/incident", &slackapp.Error{Code: "expired_trigger_id"})},
		{"view not opened", openErrorText("/incident", errors.New("timeout"))},
		{"Port has no such action", d.portErrorText("act", &rest.Error{Status: http.StatusNotFound})},
		{"Port does not answer", d.portErrorText("act", errors.New("timeout"))},
		{"action not supported", d.unsupportedText(&form.Form{Title: "Rotate key", Action: "rotate_key", Problems: []form.Problem{
			{Input: "key", Reason: "the input is encrypted"},
		}})},
		{"form cannot be rendered", renderErrorText(errors.New("the field is too large"))},
		{"submission not stored", notSavedText},
		{"page not stored", pageNotSavedText},
		{"state of another page", staleText},
		{"earlier pages lost", draftLostText},
		{"form changed since the page was shown", formChangedText},
		{"submission not checked", checkFailedText},
		{"definition not readable", d.portErrorText("act", fmt.Errorf("%w: %w", errDefinition, errors.New(`input "x" is not an object`)))},
		{"submission not checked, no field to show it", checkFailedRestartText("/incident")},
		{"not permitted", d.deniedText(t.Context(), "act", &identity.Denial{Reason: "Only members of Acme can run it; your account belongs to another organization."})},
		{"form expired", expiredText("/incident")},
		{"help for the choice of an action", withChoice.runHelpText()},
		{"actions not listed", withChoice.actionsErrorText()},
		{"action not offered", withChoice.notOfferedText()},
		{"no action permitted", withChoice.deniedChoiceText(&identity.Denial{Reason: "Your Slack account is deactivated."})},
		{"several actions match", slacktext.Literal(matchText("restart"))},
		{"no action matches", slacktext.Literal(noMatchText("restart"))},
		{"no action chosen", noActionText},
		{"runs not listed", withChoice.listText(t.Context(), "U1")},
	} {
		fmt.Fprintf(&got, "## %s\n%s\n\n", reply.when, reply.text.Mrkdwn())
	}
	const golden = "testdata/replies.golden.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("replies (-want +got):\n%s", diff)
	}
}
