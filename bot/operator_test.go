package bot_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"foghorn/bot"
	"foghorn/bot/request"
	"foghorn/bot/store"
	"foghorn/bot/testenv"
	"foghorn/integrations/emulator"
)

// openRecords opens the records of an environment, as foghorn requests does.
func openRecords(t *testing.T, e *testenv.Env) *store.Records {
	t.Helper()
	records, err := store.OpenRecords(e.Context(), store.Config{Dir: e.StateDir, Log: e.Config().Log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(records.Close)
	return records
}

// onlyRequest is the only open request.
func onlyRequest(t *testing.T, e *testenv.Env, records *store.Records) store.Record {
	t.Helper()
	open, err := records.Open(e.Context())
	if err != nil || len(open) != 1 {
		t.Fatalf("%d open requests, %v", len(open), err)
	}
	return open[0]
}

// ask asks the bot of an environment for something about its only open request, as foghorn requests does.
func ask(t *testing.T, e *testenv.Env, i request.Intervention) {
	t.Helper()
	records := openRecords(t, e)
	i.At = time.Now().UTC()
	if err := records.Ask(e.Context(), onlyRequest(t, e, records).ID, i); err != nil {
		t.Fatal(err)
	}
}

// TestOperator_AbandonAtAnyCrash abandons a request whose run does not end, with bots that stop at each point from then on.
// The reporter gets the reason once, and nothing else happens.
func TestOperator_AbandonAtAnyCrash(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	points := crashAtEach(t, 9, func(t *testing.T, nth int) string {
		r := &crasher{nth: nth, from: "saving notifying", crashed: make(chan struct{})}
		e := testenv.New(t)
		e.KeepRunsInProgress()
		e.EditConfig = func(c *bot.Config) { c.CrashPoint = r.reach }
		e.Start()
		e.Declare(testenv.Alice, testenv.General, "It burns", "Major", "public")
		e.WaitFor("the run is known", func() bool { return e.Bot.Pending() == 1 && len(e.Port.Runs()) == 1 })
		ask(t, e, request.Intervention{Kind: request.Abandon, By: "carol", Reason: "It was a drill."})
		if e.WaitCrash(r.crashed) {
			_ = e.Stop()
			e.EditConfig = func(*bot.Config) {}
			e.Start()
		}
		direct := e.Slack.Person(testenv.Alice).DM()
		e.ExpectMessage(direct, "It was a drill.")
		e.WaitIdle()
		if ms := e.Slack.Messages(direct); len(ms) != 1 || !ms[0].Contains("was not stopped") {
			t.Errorf("stopped %s: the messages are %v", r.where, testenv.MessageTexts(ms))
		}
		e.ExpectNoMessages(testenv.General)
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.where
	})
	for _, where := range []string{"before saving notifying", "after saving notifying", "after posting to reporter"} {
		if !points[where] {
			t.Errorf("%q was not reached: %v", where, points)
		}
	}
}

// TestOperator_RetryWhileWorking has eight operators ask to continue a request whose message is being posted, and whose bot
// cannot look for it. It is posted once. Each operator is accepted, or is answered that another one was before.
func TestOperator_RetryWhileWorking(t *testing.T) {
	t.Parallel()
	e := testenv.New(t).Start()
	form := e.OpenForm(testenv.Alice, testenv.General, "/incident")
	e.Fill(form, "Name", "It burns", "Severity", "Minor", "Visibility", "public")
	e.Slack.InjectFault(emulator.Fault{Path: "chat.postMessage", Times: 1, Delay: 4 * time.Second})
	e.Submit(form)
	e.WaitFor("the run exists", func() bool { return len(e.Port.Runs()) == 1 })
	records := openRecords(t, e)
	id := onlyRequest(t, e, records).ID
	var asking sync.WaitGroup
	var accepted atomic.Int32
	for i := range 8 {
		asking.Go(func() {
			err := records.Ask(e.Context(), id, request.Intervention{Kind: request.Retry, By: fmt.Sprint("operator ", i), At: time.Now().UTC()})
			if err == nil {
				accepted.Add(1)
			} else if !errors.Is(err, store.ErrPending) {
				t.Error(err)
			}
		})
	}
	asking.Wait()
	e.ExpectMessage(testenv.General, "It burns")
	e.WaitIdle()
	for r, err := range records.Ended(e.Context()) { // it may have ended before the bot could continue it
		if err != nil || accepted.Load() == 0 || len(r.Interventions) > int(accepted.Load()) {
			t.Errorf("%d were accepted, recorded are %+v, %v", accepted.Load(), r.Interventions, err)
		}
	}
	if runs, messages := e.Port.Runs(), e.Slack.Messages(testenv.General); len(runs) != 1 || len(messages) != 1 {
		t.Errorf("%d runs, %d messages", len(runs), len(messages))
	}
}

// TestOperator_AbandonTwice abandons a request again while Slack refuses the message that says so. The reporter gets the
// first reason, and only the first operator is recorded.
func TestOperator_AbandonTwice(t *testing.T) {
	t.Parallel()
	e := testenv.New(t)
	e.KeepRunsInProgress()
	e.Start()
	e.Declare(testenv.Alice, testenv.General, "It burns", "Major", "public")
	e.WaitFor("the run exists", func() bool { return len(e.Port.Runs()) == 1 })
	e.Slack.InjectFault(emulator.Fault{Path: "chat.postMessage", Status: 429, Header: map[string][]string{"Retry-After": {"1"}}})
	records := openRecords(t, e)
	id := onlyRequest(t, e, records).ID
	load := func() (r store.Record) {
		r, err := records.Load(e.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	ask(t, e, request.Intervention{Kind: request.Abandon, By: "carol", Reason: "It was a drill."})
	e.WaitFor("it is abandoned", func() bool { return len(load().Interventions) == 1 })
	ask(t, e, request.Intervention{Kind: request.Abandon, By: "dave", Reason: "It was nothing."})
	ask(t, e, request.Intervention{Kind: request.Retry, By: "erin"})
	e.WaitFor("it is continued", func() bool { return len(load().Interventions) == 2 })
	e.Slack.ClearFaults()
	direct := e.Slack.Person(testenv.Alice).DM()
	e.ExpectMessage(direct, "It was a drill.")
	e.WaitIdle()
	if ms := e.Slack.Messages(direct); len(ms) != 1 {
		t.Errorf("the messages are %v", testenv.MessageTexts(ms))
	}
	for r, err := range records.Ended(e.Context()) {
		if err != nil || len(r.Interventions) != 2 || r.Interventions[0].By != "carol" || r.Interventions[1].By != "erin" {
			t.Errorf("recorded is %+v, %v", r.Interventions, err)
		}
	}
}

// TestOperator_LostVolume starts a bot with an empty store while a run of the one before is in progress. It accepts new
// requests, and knows nothing of the old one.
func TestOperator_LostVolume(t *testing.T) {
	t.Parallel()
	e := testenv.New(t)
	e.KeepRunsInProgress()
	e.Start()
	e.Declare(testenv.Alice, testenv.General, "Before the loss", "Major", "public")
	e.WaitFor("the run exists", func() bool { return len(e.Port.Runs()) == 1 })
	if err := e.Stop(); err != nil {
		t.Fatal(err)
	}
	e.StateDir = t.TempDir()
	e.Start()
	e.Declare(testenv.Alice, testenv.General, "After the loss", "Major", "public")
	e.WaitFor("both runs exist", func() bool { return len(e.Port.Runs()) == 2 })
	if pending := e.Bot.Pending(); pending != 1 {
		t.Errorf("%d requests are pending", pending)
	}
}
