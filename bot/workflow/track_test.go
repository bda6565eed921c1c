package workflow

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"foghorn/bot/request"
	"foghorn/integrations/incidentio"
	"foghorn/integrations/port"
	"foghorn/integrations/rest"
	"foghorn/integrations/slackapp"
)

var minor, major, critical = incidentio.Severity{ID: "1", Name: "Minor"}, incidentio.Severity{ID: "2", Name: "Major", Rank: 1}, incidentio.Severity{ID: "3", Name: "Critical", Rank: 2}

// newTracked makes a request whose messages follow an incident of the severity Minor.
func newTracked(t *testing.T, f *fakes) (*Workflow, *job) {
	t.Helper()
	f.channel = "C0INC"
	f.severities = []incidentio.Severity{minor, major, critical}
	w, j := newWorkflow(f)
	w.cfg.Renderer.AnnounceChannel = "C2"
	w.follower.severities.list = f.severities
	f.incident = func(i *incidentio.Incident) { i.Severity = &minor }
	advanceUntilWait(t, w, j)
	f.runs[0].Status = port.StatusSuccess
	f.runs[0].Response = []byte(`{"incident":{"id":"01","name":"API is slow","visibility":"public","permalink":"https://app.incident.io/x/1","slack_channel_id":"C0INC",` +
		`"severity":{"id":"1","name":"Minor"}}}`)
	advanceToEnd(t, w, j)
	if j.Stage != request.Tracking || len(f.updates) > 0 || j.Tracked.State == "" {
		t.Fatalf("at %s, updated %v, %+v", j.Stage, f.updates, j.Tracked)
	}
	f.posts = nil
	return w, j
}

// change changes the incident and advances the request. The change keeps what earlier ones did only if it repeats it.
func change(t *testing.T, w *Workflow, f *fakes, j *job, edit func(*incidentio.Incident)) {
	t.Helper()
	setIncident(w, f, edit)
	advanceToEnd(t, w, j)
}

func TestTrack_EditsOnChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakes{}
		w, j := newTracked(t, f)
		change(t, w, f, j, func(i *incidentio.Incident) { i.Severity = &minor })
		if len(f.updates) > 0 {
			t.Errorf("nothing changed, and %v was updated", f.updates)
		}
		fixing := func(i *incidentio.Incident) {
			i.Severity, i.Status, i.Lead = &major, incidentio.Status{Name: "Fixing", Category: "live"}, incidentio.Person{SlackUserID: "U9"}
		}
		change(t, w, f, j, fixing)
		if !slices.Equal(f.updates, []string{"C1", "C2"}) || len(f.posts) > 0 {
			t.Errorf("updated %v, posted to %v", f.updates, f.posts)
		}
		begun := time.Now()
		change(t, w, f, j, func(i *incidentio.Incident) { fixing(i); i.Status.Name = "Monitoring" })
		if waited := time.Since(begun); waited < minEditInterval || len(f.updates) != 4 {
			t.Errorf("updated %v again after %v", f.updates, waited)
		}
		time.Sleep(time.Hour)
		change(t, w, f, j, func(i *incidentio.Incident) {
			i.Status = incidentio.Status{Name: "Closed", Category: "closed"}
			i.CreatedAt, i.EndedAt, i.UpdatedAt = time.Now().Add(-100*time.Minute), time.Now().Add(-28*time.Minute), time.Now() // edited after it was closed
		})
		if j.Stage != request.Done || len(f.updates) != 6 || !slices.Equal(f.archived, []string{"V1"}) {
			t.Errorf("closed: at %s, updated %v", j.Stage, f.updates)
		}
		if text := blocksText(f.shown[5]); !strings.Contains(text, "Closed after 1 h 12 min") || f.shown[5].Text == "" {
			t.Errorf("the last message is %s", text)
		}
	})
}

func blocksText(m slackapp.Message) string {
	var texts []string
	for _, b := range m.Blocks {
		data, _ := json.Marshal(b)
		texts = append(texts, string(data))
	}
	return strings.Join(texts, "\n")
}

// TestTrack_EndsInAnyWay ends incidents otherwise than closed. One that merely rests is followed further.
func TestTrack_EndsInAnyWay(t *testing.T) {
	if i := describe(incidentio.Incident{Status: incidentio.Status{Category: "closed"}, UpdatedAt: time.Time{}.Add(time.Hour)}); i.EndedAfter != time.Hour {
		t.Errorf("without a timestamp of the end: %v", i.EndedAfter)
	}
	for category, ends := range map[string]bool{"merged": true, "declined": true, "canceled": true, "paused": false, "learning": false, "a_new_one": false} {
		synctest.Test(t, func(t *testing.T) {
			f := &fakes{}
			w, j := newTracked(t, f)
			change(t, w, f, j, func(i *incidentio.Incident) { i.Status = incidentio.Status{Name: "Any name", Category: category} })
			if len(f.updates) != 2 || (j.Stage == request.Done) != ends || !strings.Contains(blocksText(f.shown[1]), "Any name") {
				t.Errorf("%s: at %s, updated %v", category, j.Stage, f.updates)
			}
		})
	}
}

// TestTrack_SeverityRemoved has an organization remove the severity of an incident, which then has it still, or none.
func TestTrack_SeverityRemoved(t *testing.T) {
	for name, severity := range map[string]*incidentio.Severity{"the incident keeps it": &minor, "the incident has none": nil} {
		synctest.Test(t, func(t *testing.T) {
			f := &fakes{}
			w, j := newTracked(t, f)
			f.severities = []incidentio.Severity{major, critical}
			w.follower.severities.list = f.severities
			setIncident(w, f, func(i *incidentio.Incident) { i.Severity, i.Name = severity, "renamed" })
			for range 10 {
				if n := advanceUntilWait(t, w, j); n.event {
					break
				} else {
					time.Sleep(n.delay)
				}
				if err := w.follower.refreshSeverities(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if len(f.updates) < 2 || len(f.posts) > 0 || j.Tracked.Level != 0 || !strings.Contains(blocksText(f.shown[len(f.shown)-1]), "renamed") {
				t.Errorf("%s: updated %v, posted to %v, %+v", name, f.updates, f.posts, j.Tracked)
			}
		})
	}
}

func TestTrack_EscalationOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakes{}
		w, j := newTracked(t, f)
		for _, severity := range []*incidentio.Severity{&major, &critical, &minor, &critical} {
			change(t, w, f, j, func(i *incidentio.Incident) { i.Severity = severity })
		}
		if !slices.Equal(f.posts, []string{"C1", "C2"}) {
			t.Errorf("posted to %v", f.posts)
		}
	})
}

// TestTrack_EscalationWithoutSeverities has the severity rise while the organization's are not known.
func TestTrack_EscalationWithoutSeverities(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakes{}
		w, j := newTracked(t, f)
		known := &w.follower.severities
		list := known.list
		known.list, known.known = nil, false
		state := j.Tracked.State
		setIncident(w, f, func(i *incidentio.Incident) { i.Severity = &critical })
		for begun := time.Now(); time.Since(begun) < 10*time.Minute; {
			n, err := w.advance(t.Context(), j)
			if n.event || err != nil {
				t.Fatalf("the request does not wait for the severities: %+v, %v", n, err)
			}
			time.Sleep(n.delay)
		}
		if len(f.posts) > 0 || j.Tracked.State != state {
			t.Errorf("posted to %v, %+v", f.posts, j.Tracked)
		}
		known.list, known.known, known.missing = list, true, false
		advanceToEnd(t, w, j)
		if !slices.Equal(f.posts, []string{"C1", "C2"}) || j.Tracked.State == state {
			t.Errorf("posted to %v, %+v", f.posts, j.Tracked)
		}
	})
}

// TestTrack_NewSeverity has the severity rise to one that was added to the organization after its severities were read.
func TestTrack_NewSeverity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakes{}
		w, j := newTracked(t, f)
		time.Sleep(5 * time.Minute)
		added := incidentio.Severity{ID: "4", Name: "Fatal", Rank: 3}
		f.severities = append(f.severities, added)
		setIncident(w, f, func(i *incidentio.Incident) { i.Severity = &added })
		for range 5 {
			n := advanceUntilWait(t, w, j)
			if n.event {
				break
			}
			time.Sleep(n.delay)
			if err := w.follower.refreshSeverities(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if !slices.Equal(f.posts, []string{"C1", "C2"}) || j.Tracked.Level != 1 {
			t.Errorf("posted to %v, %+v", f.posts, j.Tracked)
		}
	})
}

func TestTrack_BecomesPrivate(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(*incidentio.Incident)
		err  error
		ends bool
	}{
		"the key still sees it":   {func(i *incidentio.Incident) { i.Visibility, i.Severity = "private", &critical }, nil, false},
		"the key sees it no more": {nil, &rest.Error{Status: http.StatusNotFound}, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fakes{}
				w, j := newTracked(t, f)
				f.updateErr = &slackapp.Error{Code: "edit_window_closed"}
				change(t, w, f, j, func(i *incidentio.Incident) { i.Name = "renamed" })
				f.updateErr, f.incidentErr = nil, c.err
				f.updates, f.shown = nil, nil
				change(t, w, f, j, c.edit)
				if !slices.Equal(f.updates, []string{"C1", "C2"}) || len(f.posts) > 0 || (j.Stage == request.Done) != c.ends {
					t.Errorf("at %s, updated %v, posted to %v", j.Stage, f.updates, f.posts)
				}
				for _, m := range f.shown {
					for _, secret := range []string{"API", "renamed", "incident.io", "C0INC"} {
						if strings.Contains(m.Text+blocksText(m), secret) {
							t.Errorf("the message still shows %q: %s", secret, blocksText(m))
						}
					}
				}
				f.updates = nil
				if j.Stage == request.Tracking {
					change(t, w, f, j, func(i *incidentio.Incident) { i.Name = "public again" })
				}
				if len(f.updates) > 0 {
					t.Errorf("updated %v afterwards", f.updates)
				}
			})
		})
	}
}

// TestTrack_NeverVisible has the key read nothing of an incident, such as another organization's: its messages stay.
func TestTrack_NeverVisible(t *testing.T) {
	for _, status := range []int{http.StatusNotFound, http.StatusUnprocessableEntity} {
		synctest.Test(t, func(t *testing.T) {
			f := &fakes{incidentErr: &rest.Error{Status: status}}
			w, j := newWorkflow(f)
			advanceUntilWait(t, w, j)
			f.endRun(port.StatusSuccess)
			advanceToEnd(t, w, j)
			if j.Stage != request.Done || len(f.updates) > 0 {
				t.Errorf("%d: at %s, updated %v", status, j.Stage, f.updates)
			}
		})
	}
}

func TestTrack_EditFails(t *testing.T) {
	for _, c := range []struct {
		err   error
		final bool
	}{
		{&slackapp.Error{Code: "message_not_found"}, true}, {&slackapp.Error{Code: "cant_update_message"}, true},
		{&slackapp.Error{Code: "edit_window_closed"}, true}, {&slackapp.Error{Code: "is_archived"}, true},
		{&slackapp.Error{Code: "is_inactive"}, true}, {&slackapp.Error{Code: "channel_not_found"}, true},
		{&slackapp.Error{Code: "a_code_of_2030"}, true},
		{&slackapp.Error{Code: "ratelimited", RetryAfter: time.Minute}, false}, {&slackapp.Error{Code: "internal_error"}, false},
		{&slackapp.Error{Code: "token_revoked"}, false}, {errors.New("timeout"), false},
	} {
		t.Run(c.err.Error(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &fakes{}
				w, j := newTracked(t, f)
				f.updateErr = c.err
				setIncident(w, f, func(i *incidentio.Incident) { i.Name = "renamed" })
				begun := time.Now()
				for {
					n, _ := w.advance(t.Context(), j)
					if n.event || time.Since(begun) > 5*time.Minute {
						break
					}
					time.Sleep(n.delay)
				}
				if ended := j.Tracked.State == stateOf(mustRead(t, w)); ended != c.final {
					t.Fatalf("the edits ended: %v; updated %v", ended, f.updates)
				}
				if limit := 2 * 31; len(f.updates) > limit {
					t.Errorf("%d edits in 5 minutes", len(f.updates))
				}
				f.updates, f.updateErr = nil, nil
				setIncident(w, f, func(i *incidentio.Incident) { i.Name = "renamed again" })
				advanceToEnd(t, w, j)
				if want := 2; !c.final && len(f.updates) != want || c.final && len(f.updates) > 0 {
					t.Errorf("afterwards: updated %v", f.updates)
				}
			})
		})
	}
}

func mustRead(t *testing.T, w *Workflow) request.Incident {
	t.Helper()
	s, ok := w.follower.get("01")
	if !ok {
		t.Fatal("the incident is not known")
	}
	return s.incident
}

// TestTrack_Ends checks that an incident is followed for 30 days, and no longer once the key was removed.
func TestTrack_Ends(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fakes{}
		w, j := newTracked(t, f)
		time.Sleep(maxTracking + time.Second)
		advanceToEnd(t, w, j)
		if j.Stage != request.Done || len(f.updates) > 0 {
			t.Errorf("after 30 days: at %s", j.Stage)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		f := &fakes{}
		w, j := newTracked(t, f)
		w.cfg.Incidents = nil
		advanceToEnd(t, w, j)
		if j.Stage != request.Done || len(f.updates) > 0 {
			t.Errorf("without a key: at %s", j.Stage)
		}
	})
}
