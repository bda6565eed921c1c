package dialog

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"foghorn/integrations/slackapp"
)

// updatedView is a view in Slack; an update takes a second. It records the titles that the view had.
type updatedView struct {
	fakes
	hash   string
	titles []string
}

func (v *updatedView) UpdateView(_ context.Context, of slackapp.View, content slack.ModalViewRequest) (slackapp.View, error) {
	time.Sleep(time.Second)
	if of.Hash != v.hash {
		return slackapp.View{}, &slackapp.Error{Code: "hash_conflict"}
	}
	v.hash += "+"
	v.titles = append(v.titles, content.Title.Text)
	return slackapp.View{ID: of.ID, Hash: v.hash}, nil
}

func TestViewUpdates_NewestChangeWins(t *testing.T) {
	for name, c := range map[string]struct {
		changes string // each is shown as it is; all of them saw the first version
		turned  bool   // a submission turns the page before the first update
		want    []string
	}{
		"one":                     {"1", false, []string{"1"}},
		"two cross":               {"1 2", false, []string{"1", "2"}},
		"the newer arrives first": {"2 1", false, []string{"2"}},
		"those in between":        {"1 2 3 4", false, []string{"1", "4"}},
		"in any order":            {"2 4 3 1", false, []string{"2", "4"}},
		"after a page turn":       {"1 2", true, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := &updatedView{hash: "h"}
				u := newViewUpdates(v)
				if c.turned {
					v.hash = "another"
				}
				for _, change := range strings.Fields(c.changes) {
					go func() {
						err := u.update(t.Context(), slackapp.View{ID: "V1", Hash: "h"}, change, slack.ModalViewRequest{Title: &slack.TextBlockObject{Text: change}})
						if err != nil && !c.turned {
							t.Errorf("change %s: %v", change, err)
						}
					}()
					synctest.Wait()
				}
				time.Sleep(time.Minute)
				synctest.Wait()
				if diff := cmp.Diff(c.want, v.titles); diff != "" {
					t.Errorf("the view showed (-want +got):\n%s", diff)
				}
			})
		})
	}
}
