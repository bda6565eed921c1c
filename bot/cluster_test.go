package bot_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/sirupsen/logrus"

	"foghorn/bot"
	"foghorn/integrations/port"
	"foghorn/integrations/slackapp"
	"foghorn/integrations/slackapp/slacktest"
	"foghorn/manifests"
)

// A node is one server of a JetStream cluster on loopback.
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
		t.Fatal("a node does not start")
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

// cluster starts three nodes, and gives them with their addresses.
func cluster(t *testing.T) (nodes []*node, url string) {
	t.Helper()
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

// replica runs one more bot of the house on a cluster. Stop it with the function it gives.
func (h *house) replica(url string, born func(*bot.Bot)) (b *bot.Bot, stop func()) {
	h.t.Helper()
	log := logrus.New()
	log.SetOutput(io.Discard)
	app := slackapp.New(slackapp.Config{AppToken: h.slack.AppToken, BotToken: h.slack.BotToken, APIURL: h.slack.URL()})
	client := port.New(port.Config{BaseURL: h.port.URL(), ClientID: h.port.ClientID, ClientSecret: h.port.ClientSecret})
	b, err := bot.Open(h.t.Context(), bot.Config{
		Action: manifests.ActionID, Command: "/incident", PortURL: h.port.URL(), NATSURL: url, Log: logrus.NewEntry(log),
	}, app, client)
	if err != nil {
		h.t.Fatal(err)
	}
	if born != nil {
		born(b)
	}
	ctx, cancel := context.WithCancel(h.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = b.Run(ctx)
		b.Close()
	}()
	stopped := false
	stop = func() {
		if !stopped {
			stopped = true
			cancel()
			<-done
		}
	}
	h.t.Cleanup(stop)
	return b, stop
}

// TestThreeReplicasOnACluster kills a bot at an edge and takes a node away while incidents
// are declared: each is told once, by who is left.
func TestThreeReplicasOnACluster(t *testing.T) {
	t.Parallel()
	for _, nth := range []int{1, 4, 6} { // before the run, after it, and while telling
		t.Run(strconv.Itoa(nth), func(t *testing.T) {
			t.Parallel()
			replicasSurvive(t, nth)
		})
	}
}

func replicasSurvive(t *testing.T, nth int) {
	nodes, url := cluster(t)
	h := newHouse(t)
	r := &reaper{nth: nth, dead: make(chan struct{})}
	_, stopFirst := h.replica(url, func(b *bot.Bot) { b.AtEdges(r.edge) })
	second, _ := h.replica(url, nil)
	h.replica(url, nil)
	h.bot = second
	if err := h.slack.WaitSockets(h.soon(), 6); err != nil {
		t.Fatal(err)
	}
	const incidents = 9
	for i := range incidents {
		h.slack.AddChannel(slacktest.Channel{ID: fmt.Sprintf("C0N%d", i), Name: fmt.Sprintf("n%d", i), BotIn: true})
		h.retries(alice, fmt.Sprintf("C0N%d", i), fmt.Sprintf("incident %d.", i))
		switch i {
		case 3:
			select {
			case <-r.dead:
			case <-time.After(5 * time.Second):
				t.Log("the first bot got no work to die of")
			}
			stopFirst()
			if err := h.slack.WaitSockets(h.soon(), 4); err != nil {
				t.Fatal(err)
			}
		case 5:
			nodes[0].stop()
		case 7:
			nodes[0].start(t)
		}
	}
	for i := range incidents {
		h.shows(fmt.Sprintf("C0N%d", i), fmt.Sprintf("incident %d.", i))
	}
	h.settled()
	t.Logf("a bot was killed %s", r.where)
	runs := map[any]int{}
	for _, r := range h.port.Runs() {
		runs[r.Properties["name"]]++
	}
	for i := range incidents {
		name := fmt.Sprintf("incident %d.", i)
		if ms := h.slack.Messages(fmt.Sprintf("C0N%d", i)); len(ms) != 1 || runs[name] != 1 {
			t.Errorf("%s: %d runs, %d messages", name, runs[name], len(ms))
		}
	}
}

// retries declares an incident as somebody who presses again when it could not be kept.
func (h *house) retries(who, channel, name string) {
	h.t.Helper()
	form := h.opens(who, channel, "/incident")
	h.fill(form, "Name", name, "Severity", "Minor", "Visibility", "public")
	for deadline := h.soon(); ; {
		r, err := form.Submit(deadline)
		if err == nil && r.Closed {
			return
		}
		if deadline.Err() != nil {
			h.t.Fatalf("%s was never taken: %+v, %v", name, r, err)
		}
	}
}
