package bot_test

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/slack-go/slack"

	"foghorn/bot"
	"foghorn/bot/form"
	"foghorn/bot/modal"
	"foghorn/integrations/incidentio/incidentiotest"
	"foghorn/integrations/port"
	"foghorn/integrations/port/porttest"
	"foghorn/integrations/slackapp"
	"foghorn/integrations/slackapp/slacktest"
	"foghorn/manifests"
)

// floor answers commands with the guide's modal, made once, and does nothing else: what
// Slack's side and slack-go cost by themselves.
type floor struct {
	app  *slackapp.App
	view slack.ModalViewRequest
}

func (f floor) Command(ctx context.Context, cmd slack.SlashCommand) any {
	_, _ = f.app.OpenView(ctx, cmd.TriggerID, f.view)
	return nil
}

func (floor) Interaction(context.Context, slack.InteractionCallback) any { return nil }

// benched is a bot between emulators, for a benchmark.
func benched(b *testing.B, rooms int) *house {
	b.Helper()
	h := &house{dir: b.TempDir()}
	var err error
	must := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	h.incident, err = incidentiotest.Start(incidentiotest.Config{})
	must(err)
	b.Cleanup(h.incident.Close)
	h.port, err = porttest.Start(porttest.Config{Outbound: func(string) string { return h.incident.URL() + "/v2/incidents" }})
	must(err)
	b.Cleanup(h.port.Close)
	h.slack, err = slacktest.Start(slacktest.Config{})
	must(err)
	b.Cleanup(h.slack.Close)
	guide := manifests.Guide()
	must(h.port.PutBlueprint(guide.Blueprint))
	must(h.port.PutAction(guide.Action))
	h.port.SetSecret(manifests.SecretName, h.incident.APIKey)
	for i := range rooms {
		email := fmt.Sprintf("p%d@example.com", i)
		h.port.AddUser(email)
		h.slack.AddUser(slacktest.User{ID: fmt.Sprintf("U0P%d", i), Email: email, RealName: email})
		h.slack.AddChannel(slacktest.Channel{ID: fmt.Sprintf("C0R%d", i), Name: fmt.Sprintf("room-%d", i), BotIn: true})
	}
	log := logrus.New()
	log.SetOutput(io.Discard)
	app := slackapp.New(slackapp.Config{AppToken: h.slack.AppToken, BotToken: h.slack.BotToken, APIURL: h.slack.URL()})
	client := port.New(port.Config{BaseURL: h.port.URL(), ClientID: h.port.ClientID, ClientSecret: h.port.ClientSecret})
	begun := time.Now()
	h.bot, err = bot.Open(b.Context(), bot.Config{
		Action: manifests.ActionID, Command: "/incident", PortURL: h.port.URL(), StateDir: h.dir, Log: logrus.NewEntry(log),
	}, app, client)
	must(err)
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan error, 1)
	go func() { done <- h.bot.Run(ctx) }()
	b.Cleanup(func() { cancel(); <-done; h.bot.Close() })
	must(h.slack.WaitSockets(ctx, 2))
	for len(h.bot.Unready()) > 0 {
		time.Sleep(time.Millisecond)
	}
	b.ReportMetric(float64(time.Since(begun).Milliseconds()), "start-ms")
	return h
}

func quantiles(b *testing.B, what string, took []time.Duration) {
	b.Helper()
	slices.Sort(took)
	for name, q := range map[string]float64{"p50": .5, "p99": .99, "max": 1} {
		i := min(int(q*float64(len(took))), len(took)-1)
		b.ReportMetric(float64(took[i].Microseconds())/1000, what+"-"+name+"-ms")
	}
}

// BenchmarkCommandToModal compares the bot with a bare handler in the same run.
func BenchmarkCommandToModal(b *testing.B) {
	b.Run("floor", func(b *testing.B) {
		s, err := slacktest.Start(slacktest.Config{})
		if err != nil {
			b.Fatal(err)
		}
		defer s.Close()
		s.AddUser(slacktest.User{ID: "U0P0"})
		s.AddChannel(slacktest.Channel{ID: "C0R0", Name: "room", BotIn: true})
		guide, err := form.Compile(manifests.Guide().Action)
		if err != nil {
			b.Fatal(err)
		}
		view, err := modal.Render(guide.Resolve(b.Context(), form.Who{}, nil), modal.Page{Action: guide.Action})
		if err != nil {
			b.Fatal(err)
		}
		f := floor{slackapp.New(slackapp.Config{AppToken: s.AppToken, BotToken: s.BotToken, APIURL: s.URL()}), view}
		ctx, cancel := context.WithCancel(b.Context())
		done := make(chan error, 1)
		go func() { done <- f.app.Run(ctx, f) }()
		defer func() { cancel(); <-done }()
		if err := s.WaitSockets(ctx, 2); err != nil {
			b.Fatal(err)
		}
		commands(b, s)
	})
	b.Run("foghorn", func(b *testing.B) { commands(b, benched(b, 1).slack) })
}

func commands(b *testing.B, s *slacktest.Server) {
	p := s.Person("U0P0")
	var took []time.Duration
	for b.Loop() {
		begun := time.Now()
		if _, err := p.Types(b.Context(), "C0R0", "/incident"); err != nil {
			b.Fatal(err)
		}
		m, err := p.Modal(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(begun))
		if err := m.Dismiss(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	quantiles(b, "modal", took)
}

// BenchmarkBurst declares many incidents as fast as 32 people can, each in a channel of
// their own, and reports the acks of the submissions and what was lost or doubled.
// go test ./bot -run - -bench Burst -benchtime 500x
func BenchmarkBurst(b *testing.B) {
	const people = 32
	rooms := max(people, min(b.N, 2000))
	h := benched(b, rooms)
	var mu sync.Mutex
	var took []time.Duration
	next := make(chan int)
	var working sync.WaitGroup
	for range people {
		working.Go(func() {
			for i := range next {
				room := i % rooms
				p := h.slack.Person(fmt.Sprintf("U0P%d", room))
				if _, err := p.Types(b.Context(), fmt.Sprintf("C0R%d", room), "/incident"); err != nil {
					b.Error(err)
					continue
				}
				m, err := p.Modal(b.Context())
				if err != nil {
					b.Error(err)
					continue
				}
				for label, value := range map[string]string{"Name": fmt.Sprintf("incident %d", i), "Severity": "Major", "Visibility": "public"} {
					if err := m.Fill(label, value); err != nil {
						b.Error(err)
					}
				}
				r, err := m.Submit(b.Context())
				if err != nil || !r.Closed {
					b.Errorf("%+v, %v", r, err)
				}
				mu.Lock()
				took = append(took, r.Ack.Took)
				mu.Unlock()
			}
		})
	}
	b.ResetTimer()
	for i := range b.N {
		next <- i
	}
	close(next)
	working.Wait()
	for h.bot.Pending() > 0 || len(h.port.Runs()) < b.N {
		time.Sleep(5 * time.Millisecond)
	}
	b.StopTimer()
	messages := 0
	for i := range rooms {
		messages += len(h.slack.Messages(fmt.Sprintf("C0R%d", i)))
	}
	quantiles(b, "ack", took)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "incidents/s")
	b.ReportMetric(float64(b.N-messages), "lost")
	b.ReportMetric(float64(len(h.port.Runs())-b.N), "double-runs")
	b.ReportMetric(float64(len(h.port.Calls("")))/float64(b.N), "port-calls/incident")
}
