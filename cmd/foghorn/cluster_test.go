package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"foghorn/integrations/emulator"
)

// runNode is one server of a JetStream cluster, a program of the test binary so that it can
// be killed: node NAME ADDRESS PEER DIRECTORY PEERS.
func runNode() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var port, peer int
	opts := &server.Options{
		Host: "127.0.0.1", NoLog: true, NoSigs: true, JetStream: true, SyncAlways: true,
		Cluster: server.ClusterOpts{Name: "foghorn", Host: "127.0.0.1"},
	}
	_, err := fmt.Sscan(strings.Join(os.Args[1:5], " "), &opts.ServerName, &port, &peer, &opts.StoreDir)
	opts.Port, opts.Cluster.Port, opts.Routes = port, peer, server.RoutesFromStr(os.Args[5])
	var s *server.Server
	if err == nil {
		s, err = server.NewServer(opts)
	}
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "node:", err)
		os.Exit(1)
	}
	s.Start()
	<-ctx.Done()
	s.Shutdown()
	s.WaitForShutdown()
}

// A node is one server of the cluster of a test.
type node struct {
	args []string
	*process
}

// startCluster starts three nodes, and gives them with their addresses.
func (w *environment) startCluster(t *testing.T) (nodes []*node, url string) {
	t.Helper()
	var addrs, peers []string
	for range 3 {
		addrs, peers = append(addrs, freeAddr(t)), append(peers, freeAddr(t))
	}
	after := func(addr string) string { return addr[strings.LastIndexByte(addr, ':')+1:] }
	for i := range 3 {
		n := &node{args: []string{
			fmt.Sprintf("n%d", i), after(addrs[i]), after(peers[i]), t.TempDir(),
			"nats://" + strings.Join(peers, ",nats://"),
		}}
		n.start(t, w)
		nodes = append(nodes, n)
	}
	return nodes, "nats://" + strings.Join(addrs, ",nats://")
}

func (n *node) start(t *testing.T, w *environment) {
	t.Helper()
	path, err := exec.LookPath("natsnode")
	if err != nil {
		t.Fatal(err)
	}
	n.process = w.launchCommand(t, exec.Command(path, n.args...))
}

// startReplicas starts three bots on a cluster, which may still be starting.
func (w *environment) startReplicas(t *testing.T, url string) (bots []*process) {
	t.Helper()
	for range 3 {
		bots = append(bots, w.launchBot(t, "NATS_URL", url))
	}
	w.waitConnections(t, 6)
	return bots
}

// TestCluster_ThreeReplicasThreeNodes kills real bots and nodes with no warning.
func TestCluster_ThreeReplicasThreeNodes(t *testing.T) {
	t.Parallel()
	w := newGuideEnvironment(t)
	nodes, url := w.startCluster(t)
	bots := w.startReplicas(t, url)
	t.Run("the work of a dead replica goes on", func(t *testing.T) { w.expectOneReplicaSuffices(t, bots) })
	for i := range bots[:2] {
		bots[i] = w.launchBot(t, "NATS_URL", url)
	}
	w.waitConnections(t, 6)
	t.Run("kills at random", func(t *testing.T) { w.killAtRandom(t, bots, nodes, url) })
}

// expectOneReplicaSuffices kills two replicas while Port is at work. Whoever held the request, the third
// carries it to its end within 15 s.
func (w *environment) expectOneReplicaSuffices(t *testing.T, bots []*process) {
	const delay = 2 * time.Second
	w.incidentIO.InjectFault(emulator.Fault{Path: "/v2/incidents", Delay: delay})
	defer w.incidentIO.ClearFaults()
	name := "a replica dies"
	if !w.tryDeclare(t.Context(), demoUser, demoChannel, name+"!") {
		t.Fatal("it was not acked")
	}
	for len(w.port.Runs()) == 0 { // somebody asks Port at this moment
		time.Sleep(time.Millisecond)
	}
	bots[0].kill()
	bots[1].kill()
	ctx, cancel := context.WithTimeout(t.Context(), delay+15*time.Second)
	defer cancel()
	messages, runs, err := w.countResults(ctx, map[string]bool{name: true})
	if err != nil || messages[name] != 1 || runs[name] != 1 {
		t.Errorf("%d messages, %d runs, %v", messages[name], runs[name], err)
	}
}

// killAtRandom is the soak of a cluster: under load, one at a time, mostly bots.
func (w *environment) killAtRandom(t *testing.T, bots []*process, nodes []*node, url string) {
	kills, incidents := soakSize(t, 5, 60)
	wait := w.declareMany(t, incidents)
	for range kills {
		time.Sleep(time.Duration(300+rand.IntN(1200)) * time.Millisecond) // a crash has no event to wait for
		if i := rand.IntN(4); i < 3 {
			bots[i].kill()
			time.Sleep(time.Duration(rand.IntN(1000)) * time.Millisecond)
			bots[i] = w.launchBot(t, "NATS_URL", url)
		} else {
			n := nodes[rand.IntN(3)]
			n.kill()
			time.Sleep(time.Duration(rand.IntN(1000)) * time.Millisecond)
			n.start(t, w)
		}
	}
	w.expectExactlyOnce(t, wait())
}
