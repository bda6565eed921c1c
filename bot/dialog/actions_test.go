package dialog

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"foghorn/bot/slacktext"
	"foghorn/integrations/port"
)

// fakeActions lists actions, after a delay or with an error.
type fakeActions struct {
	actions []port.ListedAction
	err     error
	delay   time.Duration
	calls   int
}

func (f *fakeActions) ListSelfServiceActions(context.Context) ([]port.ListedAction, error) {
	time.Sleep(f.delay)
	f.calls++
	return slices.Clone(f.actions), f.err
}

func newActionList(f *fakeActions, background *sync.WaitGroup) *actionList {
	return &actionList{
		port: f, background: background, onError: func(error) {},
		offers: func(action string) bool { return !strings.HasPrefix(action, "hidden") },
	}
}

func published(id, title string) port.ListedAction {
	return port.ListedAction{Identifier: id, Title: title, Published: true}
}

func labels(actions []listedAction) (out []string) {
	for _, a := range actions {
		out = append(out, a.label)
	}
	return out
}

// TestActionList_Reads reads the list once a minute while it is used, and sooner after a failure.
func TestActionList_Reads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var background sync.WaitGroup
		f := &fakeActions{err: errors.New("away")}
		l := newActionList(f, &background)
		for range 3 {
			if _, err := l.get(t.Context()); err == nil {
				t.Error("no error")
			}
		}
		if f.calls != 1 {
			t.Errorf("%d calls after a failure", f.calls)
		}
		time.Sleep(actionsRetryDelay + time.Second)
		background.Wait()
		f.err, f.actions, f.delay = nil, []port.ListedAction{published("a", "A"), {Identifier: "draft"}, published("hidden_b", "B")}, time.Second
		if actions, err := l.get(t.Context()); !slices.Equal(labels(actions), []string{"A"}) || err != nil {
			t.Errorf("%v, %v", actions, err)
		}
		background.Wait()
		before := f.calls
		for range 10 * 60 {
			if actions, err := l.get(t.Context()); len(actions) != 1 || err != nil {
				t.Errorf("%v, %v", actions, err)
			}
			time.Sleep(time.Second)
		}
		background.Wait()
		if n := f.calls - before; n < 9 || n > 10 {
			t.Errorf("%d calls in ten minutes", n)
		}
		before, f.err = f.calls, errors.New("away")
		time.Sleep(time.Hour)
		if f.calls != before {
			t.Error("it was read while it was not used")
		}
		if actions, err := l.get(t.Context()); len(actions) != 1 || err != nil {
			t.Errorf("an hour later: %v, %v", actions, err)
		}
		background.Wait()
	})
}

// TestActionList_DoesNotWait ends the wait for the first read when an answer is due.
func TestActionList_DoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var background sync.WaitGroup
		l := newActionList(&fakeActions{delay: time.Minute}, &background)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := l.get(ctx); !errors.Is(err, context.DeadlineExceeded) || l.isKnown() {
			t.Errorf("%v", err)
		}
		background.Wait()
		if actions, err := l.get(t.Context()); len(actions) != 0 || err != nil {
			t.Errorf("%v, %v", actions, err)
		}
	})
}

func TestSearchActions(t *testing.T) {
	l := newActionList(&fakeActions{}, nil)
	all := l.convert([]port.ListedAction{
		{Identifier: "rollback", Title: "Roll back", Description: "Undo a deployment", Blueprint: "service", Published: true},
		published("deploy", "Deploy"), published("redeploy", "Redeploy"), published("twin_1", "Twin"), published("twin_2", "TWIN"),
		published("blank", "\u202e \t"), published("long", strings.Repeat("long title ", 20)),
	})
	for _, c := range []struct {
		query  string
		recent []string
		want   []string
	}{
		{"deploy", nil, []string{"Deploy", "Redeploy", "Roll back"}},
		{" DEPLOY  ", []string{"rollback", "gone", "redeploy"}, []string{"Roll back", "Redeploy", "Deploy"}},
		{"service", nil, []string{"Roll back"}},
		{"back undo", nil, []string{"Roll back"}},
		{"twin", nil, []string{"Twin (twin_1)", "TWIN (twin_2)"}},
		{"twin (twin_2)", nil, []string{"TWIN (twin_2)"}},
		{"blank", nil, []string{"blank"}},
		{"nothing", []string{"deploy"}, nil},
	} {
		if got := labels(searchActions(all, c.query, c.recent)); !slices.Equal(got, c.want) {
			t.Errorf("%q finds %q, want %q", c.query, got, c.want)
		}
	}
	if got := searchActions(all, "", nil); len(got) != len(all) {
		t.Errorf("no text finds %d of %d", len(got), len(all))
	}
	if got := labelWithID(strings.Repeat("t", 100), strings.Repeat("i", 100)); slacktext.Length(got) > 75 || !strings.HasSuffix(got, "…)") {
		t.Errorf("%q", got)
	}
}

// TestDefinitions_Bounded keeps the forms of commands, and a bounded number of others.
func TestDefinitions_Bounded(t *testing.T) {
	f := &fakes{action: oneInput}
	d := newDefinitions(f, &sync.WaitGroup{}, Command{"/incident", "act"})
	if _, err := d.read(t.Context(), "act"); err != nil {
		t.Fatal(err)
	}
	for i := range 3 * maxChosenForms {
		if _, err := d.read(t.Context(), fmt.Sprintf("chosen_%d", i)); err != nil {
			t.Fatal(err)
		}
		d.cached(t.Context(), "chosen_0") // it is used all the time
	}
	_, main := d.cached(t.Context(), "act")
	_, used := d.cached(t.Context(), "chosen_0")
	if n := d.forms.ItemCount(); n != maxChosenForms+1 || len(d.chosen) != maxChosenForms || !main || !used {
		t.Errorf("%d forms, %d chosen, %v, %v", n, len(d.chosen), main, used)
	}
}
