package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/slack-go/slack"

	"foghorn/bot/form"
	"foghorn/bot/modal"
	"foghorn/integrations/emulator"
	"foghorn/integrations/slackapp"
	"foghorn/integrations/slackapp/slacktest"
	"foghorn/manifests"
)

// The benchmarks measure foghorn serve in a process of its own; the emulators run in this process. Each benchmark is a
// complete experiment, so one iteration is enough:
//
//	go test ./cmd/foghorn -run - -bench . -benchtime 1x

// addPeople adds n people, each with a channel: Slack accepts one message a second for a channel.
func (e *environment) addPeople(n int) {
	for i := range n {
		email := fmt.Sprintf("person%d@example.com", i)
		e.Slack.AddUser(slacktest.User{ID: benchUserID(i), Name: email, Email: email})
		e.Slack.AddChannel(slacktest.Channel{ID: channelID(i), Name: "channel-" + strconv.Itoa(i), BotIsMember: true})
		e.Port.AddUser(email)
	}
}

func benchUserID(i int) string { return "U0PERSON" + strconv.Itoa(i) }

// openModal sends the command and fills in the form.
func (e *environment) openModal(b *testing.B, i int, name string) *slacktest.Modal {
	p := e.Slack.Person(benchUserID(i))
	if _, err := p.SlashCommand(b.Context(), channelID(i), "/incident"); err != nil {
		b.Error(err)
		return nil
	}
	form, err := p.WaitTopModal(b.Context())
	if err != nil {
		b.Error(err)
		return nil
	}
	for label, value := range map[string]string{"Name": name, "Severity": "Major", "Visibility": "public"} {
		if err := form.Fill(label, value); err != nil {
			b.Error(err)
		}
	}
	return form
}

// submitModal submits the form and returns the time until the ack.
func submitModal(b *testing.B, form *slacktest.Modal) time.Duration {
	if form == nil {
		return 0
	}
	r, err := form.Submit(b.Context())
	if err != nil || !r.Closed {
		b.Errorf("submit: %+v, %v", r, err)
	}
	return r.Ack.Took
}

// reportQuantiles reports quantiles of durations in milliseconds: "p50-ack-ms".
func reportQuantiles(b *testing.B, took []time.Duration, what string, names ...string) {
	slices.Sort(took)
	for _, name := range names {
		q := map[string]float64{"p50": .5, "p99": .99, "worst": 1}[name]
		at := took[min(int(q*float64(len(took))), len(took)-1)]
		b.ReportMetric(float64(at.Microseconds())/1000, name+"-"+what+"-ms")
	}
}

// baseline is a handler that opens a constant modal, the guide's. It measures the cost of the emulator and of slack-go.
// It is a program of the test binary.
type baseline struct {
	app  *slackapp.Client
	view slack.ModalViewRequest
}

func (p baseline) Command(ctx context.Context, cmd slack.SlashCommand) any {
	_, _ = p.app.OpenView(ctx, cmd.TriggerID, p.view)
	return nil
}

func (baseline) Interaction(context.Context, slackapp.Interaction) any { return nil }
func (baseline) HomeOpened(context.Context, slackapp.HomeOpened)       {}

func runBaseline() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	guide, err := form.Compile(manifests.Guide().Action)
	if err == nil {
		f := baseline{app: slackapp.New(slackapp.Config{
			AppToken: os.Getenv("SLACK_APP_TOKEN"), BotToken: os.Getenv("SLACK_BOT_TOKEN"), APIURL: os.Getenv("SLACK_API_URL"),
		})}
		f.view, err = modal.Render(guide.Resolve(ctx, form.EvalContext{}, nil), modal.Page{Action: guide.Action})
		if err == nil {
			err = f.app.Run(ctx, f)
		}
	}
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "baseline:", err)
		os.Exit(1)
	}
}

// startBaseline starts the baseline instead of foghorn.
func (e *environment) startBaseline(b *testing.B) {
	b.Helper()
	path, err := exec.LookPath("baseline")
	if err != nil {
		b.Fatal(err)
	}
	e.launchCommand(b, exec.Command(path))
	e.waitConnections(b, 2)
}

// BenchmarkCommandToModal measures from the command to the modal, alternating between foghorn, the baseline, a foghorn
// that exports traces, and one whose form shows recent incidents.
func BenchmarkCommandToModal(b *testing.B) {
	const rounds = 1000
	bot, bare, traced, listing := newGuideEnvironment(b), newGuideEnvironment(b), newGuideEnvironment(b), newGuideEnvironment(b)
	for _, e := range []*environment{bot, bare, traced, listing} {
		e.addPeople(5)
	}
	bot.startBotProcess(b)
	bare.startBaseline(b)
	traced.startBotProcess(b, "OTEL_EXPORTER_OTLP_ENDPOINT", newReceiver(b).url)
	listing.startBotProcess(b, "INCIDENT_IO_API_KEY", listing.IncidentIO.APIKey, "INCIDENT_IO_BASE_URL", listing.IncidentIO.URL())
	listing.addRecentIncidents(b, 5)
	var ours, theirs, withTraces, withList []time.Duration
	for b.Loop() {
		for range rounds {
			ours = append(ours, bot.measureCommandToModal(b))
			theirs = append(theirs, bare.measureCommandToModal(b))
			withTraces = append(withTraces, traced.measureCommandToModal(b))
			withList = append(withList, listing.measureCommandToModal(b))
		}
	}
	reportQuantiles(b, ours, "modal", "p50", "p99")
	reportQuantiles(b, theirs, "baseline", "p50", "p99")
	reportQuantiles(b, withTraces, "traced", "p50", "p99")
	reportQuantiles(b, withList, "listing", "p50", "p99")
	b.ReportMetric(float64(ours[len(ours)/2])/float64(theirs[len(theirs)/2]), "x-baseline")
}

// addRecentIncidents declares n incidents, and waits until the form shows them.
func (e *environment) addRecentIncidents(b *testing.B, n int) {
	b.Helper()
	for i := range n {
		submitModal(b, e.openModal(b, i, fmt.Sprintf("incident %d", i)))
	}
	if lost, doubled := e.countLostAndDoubled(b, n); lost+doubled > 0 {
		b.Fatalf("%d lost, %d doubled", lost, doubled)
	}
	p := e.Slack.Person(benchUserID(0))
	for shown := false; !shown; time.Sleep(time.Second) {
		if _, err := p.SlashCommand(b.Context(), channelID(0), "/incident"); err != nil {
			b.Fatal(err)
		}
		m, err := p.WaitTopModal(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		shown = strings.Contains(m.Text(), "INC-"+strconv.Itoa(n))
		if err := m.Dismiss(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

func (e *environment) measureCommandToModal(b *testing.B) time.Duration {
	p := e.Slack.Person(benchUserID(0))
	begun := time.Now()
	if _, err := p.SlashCommand(b.Context(), channelID(0), "/incident"); err != nil {
		b.Fatal(err)
	}
	m, err := p.WaitTopModal(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	took := time.Since(begun)
	if err := m.Dismiss(b.Context()); err != nil {
		b.Fatal(err)
	}
	return took
}

// BenchmarkSubmissionAck submits 20 forms a second, independent of the responses.
func BenchmarkSubmissionAck(b *testing.B) {
	const forms, every = 400, time.Second / 20
	e := newGuideEnvironment(b)
	e.addPeople(forms)
	e.startBotProcess(b)
	took := make([]time.Duration, forms)
	for b.Loop() {
		tick := time.NewTicker(every)
		var writing sync.WaitGroup
		for i := range forms {
			<-tick.C
			writing.Go(func() { took[i] = submitModal(b, e.openModal(b, i, fmt.Sprintf("incident %d", i))) })
		}
		writing.Wait()
		tick.Stop()
	}
	reportQuantiles(b, took, "ack", "p50", "p99")
}

// BenchmarkEndToMessage measures from the end of a run to its message.
func BenchmarkEndToMessage(b *testing.B) {
	const incidents = 60
	measure := func(b *testing.B, e *environment) {
		var took []time.Duration
		for b.Loop() {
			for i := range incidents {
				// Runs end at random times between two polls.
				e.IncidentIO.InjectFault(emulator.Fault{Path: "/v2/incidents", Delay: time.Duration(200+rand.IntN(800)) * time.Millisecond, Times: 1})
				submitModal(b, e.openModal(b, i, "measured"))
				if _, err := e.Slack.WaitMessage(b.Context(), channelID(i), nil); err != nil {
					b.Fatal(err)
				}
				posted, runs := time.Now(), e.Port.Runs()
				took = append(took, posted.Sub(runs[len(runs)-1].EndedAt))
			}
		}
		reportQuantiles(b, took, "message", "p50", "p99")
	}
	b.Run("polling", func(b *testing.B) {
		e := newGuideEnvironment(b)
		e.addPeople(incidents)
		e.startBotProcess(b)
		measure(b, e)
	})
	b.Run("webhook", func(b *testing.B) {
		e := newGuideEnvironment(b)
		e.addPeople(incidents)
		addr := freeAddr(b)
		set, _ := manifests.Render(manifests.Organization{}, manifests.Options{BotURL: "http://" + addr})
		if err := e.Port.PutAction(set.Webhook); err != nil {
			b.Fatal(err)
		}
		e.startBotProcess(b, "HTTP_ADDR", addr, "PORT_WEBHOOK_SECRET", e.Port.ClientSecret)
		measure(b, e)
	})
}

// freeAddr returns an unused loopback address.
func freeAddr(t testing.TB) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	return ln.Addr().String()
}

// BenchmarkColdStart measures from the start of the process until /readyz returns 200.
func BenchmarkColdStart(b *testing.B) {
	const starts = 15
	var took []time.Duration
	for b.Loop() {
		for range starts {
			e, addr := newGuideEnvironment(b), freeAddr(b)
			begun := time.Now()
			p := e.launchBot(b, "HTTP_ADDR", addr)
			for !isReady(b, "http://"+addr+"/readyz") {
				time.Sleep(time.Millisecond)
			}
			took = append(took, time.Since(begun))
			p.kill()
		}
	}
	reportQuantiles(b, took, "ready", "p50", "worst")
}

func isReady(b *testing.B, url string) bool {
	req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, url, nil)
	if err != nil {
		b.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	defer func() { _ = res.Body.Close() }()
	return res.StatusCode == http.StatusOK
}

// residentMemory returns the resident memory of the process in MB.
func (p *process) residentMemory(b *testing.B) float64 { return p.memory(b, "VmRSS:") }

// peakMemory returns the largest resident memory that the process has had, in MB.
func (p *process) peakMemory(b *testing.B) float64 { return p.memory(b, "VmHWM:") }

func (p *process) memory(b *testing.B, name string) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		b.Skipf("cannot read /proc: %v", err)
	}
	for line := range strings.Lines(string(status)) {
		if kb, ok := strings.CutPrefix(line, name); ok {
			n, err := strconv.ParseFloat(strings.Fields(kb)[0], 64)
			if err != nil {
				b.Fatal(err)
			}
			return n / 1024
		}
	}
	b.Fatalf("no %s in /proc", name)
	return 0
}
