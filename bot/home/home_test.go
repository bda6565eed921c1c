package home

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/sirupsen/logrus"
	"github.com/slack-go/slack"
	"go.uber.org/goleak"

	"foghorn/bot/request"
	"foghorn/bot/slacktext"
	"foghorn/integrations/slackapp"
	"foghorn/integrations/slackapp/slacktest"
)

var update = flag.Bool("update", false, "write the golden files in testdata")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const portApp = "https://app.port.io"

var noon = time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)

// openRequests has a request in each stage.
func openRequests() (all []*request.Request) {
	for i, stage := range request.OpenStages {
		r := &request.Request{ID: fmt.Sprintf("V%d", i), Stage: stage, CreatedAt: noon, Title: "Restart a service", Entity: "checkout"}
		if stage != request.Accepted && stage != request.CreatingRun {
			r.RunID = fmt.Sprintf("r_%d", i)
		}
		all = append(all, r)
	}
	approval := &request.Request{ID: "VA", Stage: request.Running, CreatedAt: noon, Title: "Delete *everything*", RunID: "r_a"}
	approval.Deliveries = map[string]*request.Delivery{request.AwaitingApproval: {TS: "1.2"}}
	return append(all, approval)
}

// endedRequests has a request with each result.
func endedRequests() (all []*request.Request) {
	for i, status := range []string{
		request.Success, request.Failure, request.Declined, request.Cancelled, request.Rejected, request.NotStarted, request.NoEmail,
		request.Denied, request.Unknown, "FUTURE",
	} {
		r := &request.Request{ID: fmt.Sprintf("E%d", i), Stage: request.Done, StageEnteredAt: noon, Title: "Restart a service", Outcome: &request.Outcome{Status: status}}
		if i < 4 {
			r.RunID, r.Outcome.EndedAt = fmt.Sprintf("r_e%d", i), noon.Add(time.Hour)
		}
		all = append(all, r)
	}
	incident := func(i request.Incident) {
		all = append(all, &request.Request{
			ID: "EI", Title: "Create incident", RunID: "r_i", Outcome: &request.Outcome{Status: request.Success, Incident: &i, EndedAt: noon},
		})
	}
	incident(request.Incident{Reference: "INC-7", Severity: "Major", Visibility: "public", Permalink: "https://app.incident.io/acme/incidents/7"})
	incident(request.Incident{Reference: "INC-8", Severity: "Critical", Visibility: "private", Permalink: "https://app.incident.io/acme/incidents/8"})
	incident(request.Incident{Permalink: "javascript:alert(1)"})
	return append(all, &request.Request{ID: "EX", Action: "x", Outcome: &request.Outcome{Status: request.Success}})
}

// TestHome_Golden renders the tab and the list, for a reader who reviews the wording.
func TestHome_Golden(t *testing.T) {
	buttons := []button{{"/incident", "Create incident"}, {"/run", ""}, {"/long", strings.Repeat("long ", 40)}}
	var b strings.Builder
	for _, c := range []struct {
		name    string
		content content
	}{
		{"nothing yet", content{buttons: buttons}},
		{"open and ended requests", content{buttons: buttons, open: openRequests(), ended: endedRequests()}},
		{"the store cannot be read", content{buttons: buttons, unreadable: true}},
	} {
		blocks := renderHome(c.content, portApp)
		checkHome(t, blocks)
		fmt.Fprintf(&b, "== Home: %s\n%s\n", c.name, describe(t, blocks))
	}
	fmt.Fprintf(&b, "== list: nothing\n%s\n\n", renderList(nil, nil, portApp).Mrkdwn())
	fmt.Fprintf(&b, "== list\n%s\n", renderList(openRequests()[:3], endedRequests(), portApp).Mrkdwn())
	const file = "testdata/home.golden.txt"
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("%s (-want +got); -update writes it:\n%s", file, diff)
	}
}

// describe lists the texts of blocks, one per line.
func describe(t *testing.T, blocks []slack.Block) string {
	t.Helper()
	data, err := json.Marshal(blocks)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(slacktest.Message{Blocks: data}.PlainText())
}

// checkHome validates the tab as Slack does.
func checkHome(t *testing.T, blocks []slack.Block) {
	t.Helper()
	view, err := json.Marshal(slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: blocks}})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range slacktest.ValidateView(view) {
		t.Error(p)
	}
}

// hostileRequests have names and links as long and as odd as they can be.
func hostileRequests(n int) (all []*request.Request) {
	for i := range n {
		all = append(all, &request.Request{
			ID: fmt.Sprintf("V%d", i), Stage: request.Running, CreatedAt: noon, RunID: strings.Repeat("&", 300),
			Title: strings.Repeat("*<@U1>\u202e`", 100), Entity: strings.Repeat("😀\n", 500),
			Outcome: &request.Outcome{Status: request.Success, EndedAt: noon, Incident: &request.Incident{
				Reference: strings.Repeat("<", 5000), Severity: strings.Repeat(">", 5000), Visibility: "private",
				Permalink: "https://x.example/" + strings.Repeat("&", 450),
			}},
		})
	}
	return all
}

// TestHome_HostileRequests renders names and links that are too long: the tab is valid, and the list fits an answer.
func TestHome_HostileRequests(t *testing.T) {
	all := hostileRequests(maxOpen)
	var buttons []button
	for i := range 50 {
		buttons = append(buttons, button{fmt.Sprintf("/%031d", i), strings.Repeat("<>&*", 1000)})
	}
	checkHome(t, renderHome(content{buttons: buttons, open: all, ended: all}, portApp))
	text := renderList(all, all, portApp)
	if n := answerSize(text); n > maxListBytes || !strings.Contains(text.Mrkdwn(), "\n") {
		t.Errorf("the list has %d bytes", n)
	}
}

// A fakeStore has the same requests for each user.
type fakeStore struct {
	open, ended []*request.Request
	err         error
}

func (s fakeStore) ListOpen(context.Context, string, int) ([]*request.Request, error) {
	return s.open, s.err
}

func (s fakeStore) ListEnded(context.Context, string, int) ([]*request.Request, error) {
	return s.ended, s.err
}

// A fakeSlack passes on who a tab is published for.
type fakeSlack struct{ published chan string }

func (s fakeSlack) Publish(_ context.Context, user string, _ []slack.Block) error {
	s.published <- user
	return nil
}

func newTestHome(t *testing.T, published chan string, store fakeStore) *Home {
	log := logrus.New()
	log.SetOutput(t.Output())
	return New(Config{
		Slack: fakeSlack{published}, Store: store, Commands: []Command{{"/incident", "a"}, {Name: "/run"}},
		Title: func(string) string { return "Title" }, PortAppURL: portApp, Log: logrus.NewEntry(log),
	})
}

// TestHome_OnlyViewers publishes for users who have opened the tab within an hour, and no others.
func TestHome_OnlyViewers(t *testing.T) {
	published := make(chan string)
	h := newTestHome(t, published, fakeStore{})
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = h.Run(ctx) })
	defer running.Wait()
	defer cancel()
	h.RequestChanged("U0BOB")
	h.Opened("U0ALICE")
	if user := <-published; user != "U0ALICE" {
		t.Errorf("published for %s", user)
	}
	h.RequestChanged("U0ALICE")
	if user := <-published; user != "U0ALICE" {
		t.Errorf("published for %s", user)
	}
	h.Opened("U0OLD")
	<-published
	for released := false; !released; time.Sleep(time.Millisecond) {
		h.mu.Lock()
		released = !h.viewers["U0OLD"].queued
		h.mu.Unlock()
	}
	h.mu.Lock()
	h.viewers["U0OLD"].openedAt = time.Now().Add(-watchTime)
	h.mu.Unlock()
	h.RequestChanged("U0OLD")
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.viewers) != 1 || h.viewers["U0ALICE"] == nil || len(h.queue) != 0 {
		t.Errorf("%d users are remembered, %d tabs wait", len(h.viewers), len(h.queue))
	}
}

// TestHome_BoundedViewers has more users open the tab than are remembered.
func TestHome_BoundedViewers(t *testing.T) {
	published := make(chan string, 10*maxViewers)
	h := newTestHome(t, published, fakeStore{})
	for i := range 3 * maxViewers { // nothing is published yet
		h.Opened(fmt.Sprintf("U%d", i))
	}
	if n := len(h.viewers); n > maxViewers {
		t.Errorf("%d users are remembered", n)
	}
	for range maxViewers / 2 {
		user := <-h.queue
		h.release(user, false)
	}
	for i := range 3 * maxViewers {
		h.Opened(fmt.Sprintf("U0%d", i))
		h.RequestChanged(fmt.Sprintf("U0%d", i))
	}
	if n := len(h.viewers); n > maxViewers {
		t.Errorf("%d users are remembered", n)
	}
}

// TestListText_Errors says that the requests cannot be read.
func TestListText_Errors(t *testing.T) {
	h := newTestHome(t, nil, fakeStore{err: errors.New("the store is away")})
	if text, err := h.ListText(t.Context(), "U0ALICE"); err == nil {
		t.Errorf("the list is %s", text)
	}
	blocks, err := h.render(t.Context(), "U0ALICE")
	checkHome(t, blocks)
	if err == nil {
		t.Error("the tab is complete")
	}
	h = newTestHome(t, nil, fakeStore{open: openRequests()[2:3], ended: endedRequests()})
	text, err := h.ListText(t.Context(), "U0ALICE")
	if err != nil || strings.Count(text.Mrkdwn(), "\n") != maxListed || slacktext.IsBlank(text.Fallback()) {
		t.Errorf("the list is %s, %v", text, err)
	}
}

// TestHome_Published publishes odd content to the emulated Slack: the client understands the answer, which has the blocks.
func TestHome_Published(t *testing.T) {
	s := slacktest.New(t, slacktest.Config{Users: []slacktest.User{{ID: "U0ALICE"}}})
	client := slackapp.HomeTabs{Client: slackapp.New(slackapp.Config{BotToken: s.BotToken, APIURL: s.URL()})}
	for name, c := range map[string]content{
		"all":     {buttons: []button{{"/incident", "a"}}, open: openRequests(), ended: endedRequests()},
		"hostile": {buttons: []button{{"/incident", "*"}}, open: hostileRequests(maxOpen), ended: hostileRequests(maxEnded)},
	} {
		if err := client.Publish(t.Context(), "U0ALICE", renderHome(c, portApp)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
