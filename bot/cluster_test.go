package bot_test

import (
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"foghorn/bot"
	"foghorn/bot/testenv"
	"foghorn/integrations/incidentio/incidentiotest"
	"foghorn/integrations/slackapp/slacktest"
)

// A node is a server of a JetStream cluster on loopback.
type node struct {
	opts   *server.Options
	server *server.Server
}

func (n *node) start(t *testing.T) {
	t.Helper()
	opts := *n.opts // the server changes them
	s, err := server.NewServer(&opts)
	if err != nil {
		t.Fatal(err)
	}
	n.server = s
	s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("a node of the cluster did not start")
	}
}

func (n *node) stop() {
	n.server.Shutdown()
	n.server.WaitForShutdown()
}

func freePort(t *testing.T) int {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	return ln.Addr().(*net.TCPAddr).Port
}

// clusters is held by the test that has a cluster. Nodes elect a leader within seconds: those of several clusters, with
// the bots that use them, take so much of the machine that they begin again and again.
var clusters sync.Mutex

// startCluster starts three nodes, once no other test has a cluster, and returns them with their addresses.
func startCluster(t *testing.T) (nodes []*node, url string) {
	t.Helper()
	clusters.Lock()
	t.Cleanup(clusters.Unlock)
	var routes, urls []string
	var clients, peers []int
	for range 3 {
		clients, peers = append(clients, freePort(t)), append(peers, freePort(t))
		routes = append(routes, fmt.Sprintf("nats://127.0.0.1:%d", peers[len(peers)-1]))
		urls = append(urls, fmt.Sprintf("nats://127.0.0.1:%d", clients[len(clients)-1]))
	}
	for i := range 3 {
		n := &node{opts: &server.Options{
			ServerName: fmt.Sprintf("n%d", i), Host: "127.0.0.1", Port: clients[i], NoLog: true, NoSigs: true,
			JetStream: true, StoreDir: t.TempDir(), SyncAlways: true,
			Cluster: server.ClusterOpts{Name: "foghorn", Host: "127.0.0.1", Port: peers[i]},
			Routes:  server.RoutesFromStr(strings.Join(routes, ",")),
		}}
		n.start(t)
		nodes = append(nodes, n)
	}
	t.Cleanup(func() {
		for _, n := range nodes {
			n.stop()
		}
	})
	deadline := time.Now().Add(20 * time.Second)
	for !nodes[0].server.JetStreamIsLeader() && !nodes[1].server.JetStreamIsLeader() && !nodes[2].server.JetStreamIsLeader() {
		if time.Now().After(deadline) {
			t.Fatal("the cluster has no leader")
		}
		time.Sleep(20 * time.Millisecond)
	}
	return nodes, strings.Join(urls, ",")
}

// TestCluster_ThreeReplicas stops a bot at a crash point and a node of the cluster while
// incidents are declared. The remaining replicas complete each of them exactly once.
func TestCluster_ThreeReplicas(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	for _, nth := range []int{1, 4, 6} { // before the run, after it, and while telling
		t.Run(strconv.Itoa(nth), func(t *testing.T) {
			t.Parallel()
			testReplicaCrash(t, nth)
		})
	}
}

func testReplicaCrash(t *testing.T, nth int) {
	nodes, url := startCluster(t)
	e := testenv.New(t)
	r := &crasher{nth: nth, crashed: make(chan struct{})}
	spans := tracetest.NewSpanRecorder() // of all replicas
	e.EditConfig = func(c *bot.Config) {
		c.Traces = sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(spans))
	}
	_, stopFirst := e.StartReplica(url, r.reach)
	second, _ := e.StartReplica(url, nil)
	e.StartReplica(url, nil)
	e.Bot = second
	if err := e.Slack.WaitConnections(e.Context(), 6); err != nil {
		t.Fatal(err)
	}
	const incidents = 9
	for i := range incidents {
		e.Slack.AddChannel(slacktest.Channel{ID: fmt.Sprintf("C0N%d", i), Name: fmt.Sprintf("n%d", i), BotIsMember: true})
		e.DeclareUntilAccepted(testenv.Alice, fmt.Sprintf("C0N%d", i), fmt.Sprintf("incident %d.", i))
		switch i {
		case 3:
			select {
			case <-r.crashed:
			case <-time.After(5 * time.Second):
				t.Log("the first bot received no task")
			}
			stopFirst()
			if err := e.Slack.WaitConnections(e.Context(), 4); err != nil {
				t.Fatal(err)
			}
		case 5:
			nodes[0].stop()
		case 7:
			nodes[0].start(t)
		}
	}
	for i := range incidents {
		e.ExpectMessage(fmt.Sprintf("C0N%d", i), fmt.Sprintf("incident %d.", i))
	}
	e.WaitIdle()
	t.Logf("a bot was stopped %s", r.where)
	runs := map[any]int{}
	for _, r := range e.Port.Runs() {
		runs[r.Properties["name"]]++
	}
	for i := range incidents {
		name := fmt.Sprintf("incident %d.", i)
		if ms := e.Slack.Messages(fmt.Sprintf("C0N%d", i)); len(ms) != 1 || runs[name] != 1 {
			t.Errorf("%s: %d runs, %d messages", name, runs[name], len(ms))
		}
	}
	expectOneTraceEach(t, spans.Ended(), incidents)
}

// expectOneTraceEach checks that each of the requests has one trace, whichever replicas worked on it.
func expectOneTraceEach(t *testing.T, spans []sdktrace.ReadOnlySpan, requests int) {
	t.Helper()
	traces := map[string]trace.TraceID{} // by request
	for _, s := range spans {
		for _, a := range s.Attributes() {
			if id := a.Value.AsString(); a.Key == "foghorn.request.id" {
				if other, ok := traces[id]; ok && other != s.SpanContext().TraceID() {
					t.Errorf("the request %s has a second trace, with the span %q", id, s.Name())
				}
				traces[id] = s.SpanContext().TraceID()
			}
		}
	}
	if len(traces) < requests {
		t.Errorf("%d requests have a trace, want %d", len(traces), requests)
	}
}

// TestCluster_Home opens the Home tab while two replicas share the work: the tab follows the request, whichever replica
// works on it.
func TestCluster_Home(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	_, url := startCluster(t)
	e := testenv.New(t)
	e.Bot, _ = e.StartReplica(url, nil)
	e.StartReplica(url, nil)
	if err := e.Slack.WaitConnections(e.Context(), 4); err != nil {
		t.Fatal(err)
	}
	openHome(t, e, testenv.Alice, "Run an action")
	for i := range 3 {
		e.DeclareUntilAccepted(testenv.Alice, testenv.General, fmt.Sprintf("incident %d.", i))
	}
	expectHome(t, e, testenv.Alice, "INC-1", "INC-2", "INC-3")
}

// TestCluster_Tracking has three replicas follow an incident. One polls; when it stops, another one continues.
func TestCluster_Tracking(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	t.Parallel()
	_, url := startCluster(t)
	e, _ := newTrackingEnv(t)
	var stops []func()
	for range 3 {
		b, stop := e.StartReplica(url, nil)
		e.Bot, stops = b, append(stops, stop)
	}
	if err := e.Slack.WaitConnections(e.Context(), 6); err != nil {
		t.Fatal(err)
	}
	e.DeclareUntilAccepted(testenv.Alice, testenv.General, "API is slow")
	waitShows(t, e, testenv.General, "API is slow", "<#C")
	for i, severity := range []string{"Major", "Critical", "Minor"} {
		edit(t, e, incidentiotest.Edit{Severity: severity})
		waitShows(t, e, testenv.General, "*"+severity+"* · ")
		if severity == "Critical" { // the reply is posted after the edit, as long as the severity stays
			e.WaitFor("a reply in the thread", func() bool { return len(e.Slack.Messages(testenv.General)) == 2 })
		}
		if i < 2 {
			stops[i]()
		}
	}
	edit(t, e, incidentiotest.Edit{Status: "Closed"})
	waitShows(t, e, testenv.General, "Closed after")
	e.WaitFollowed(0)
	if ms := e.Slack.Messages(testenv.General); len(ms) != 2 {
		t.Errorf("the channel shows %v", testenv.MessageTexts(ms))
	}
}
