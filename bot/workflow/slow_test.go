package workflow

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"foghorn/bot/request"
	"foghorn/integrations/slackapp"
)

// inbox records the texts that are sent to each recipient.
type inbox struct {
	*fakes
	texts map[string][]string
}

func (i *inbox) PostMessage(ctx context.Context, channel string, m slackapp.Message) (slackapp.Posted, error) {
	i.texts[channel] = append(i.texts[channel], m.Text)
	return i.fakes.PostMessage(ctx, channel, m)
}

// TestRun_Slow informs the reporter once that a run takes longer than five minutes, with its status label.
func TestRun_Slow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakes{}
		w, j := newWorkflow(f)
		sent := &inbox{fakes: f, texts: map[string][]string{}}
		w.cfg.Slack = sent
		advanceUntilWait(t, w, j)
		f.runs[0].StatusLabel = "Waiting for the pipeline"
		for range 4 {
			time.Sleep(2 * time.Minute)
			advanceUntilWait(t, w, j)
		}
		slow := slices.DeleteFunc(sent.texts["U1"], func(text string) bool { return !strings.Contains(text, "still running") })
		if len(slow) != 1 || !strings.Contains(slow[0], "(status: Waiting for the pipeline)") || j.Stage != request.Running || len(sent.texts) != 1 {
			t.Errorf("stage %s, sent %q", j.Stage, sent.texts)
		}
	})
}
