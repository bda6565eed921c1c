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

	"foghorn/cmd/foghorn/demo/sandbox"
	"foghorn/integrations/emulator"
)

// runNode is a NATS server of a JetStream cluster. It is a program of the test binary, so that it can be killed. Its
// arguments are name, client port, cluster port, directory and routes.
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

// node is one server of a cluster.
type node struct {
	args []string
	*process
}

// startCluster starts three nodes and returns them with the URL of the cluster.
func (e *environment) startCluster(t *testing.T) (nodes []*node, url string) {
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
		n.start(t, e)
		nodes = append(nodes, n)
	}
	return nodes, "nats://" + strings.Join(addrs, ",nats://")
}

func (n *node) start(t *testing.T, e *environment) {
	t.Helper()
	path, err := exec.LookPath("natsnode")
	if err != nil {
		t.Fatal(err)
	}
	n.process = e.launchCommand(t, exec.Command(path, n.args...))
}

// startReplicas starts three bots. The cluster may still be starting.
func (e *environment) startReplicas(t *testing.T, url string) (bots []*process) {
	t.Helper()
	for range 3 {
		bots = append(bots, e.launchBot(t, "NATS_URL", url))
	}
	e.waitConnections(t, 6)
	return bots
}

// TestCluster_ThreeReplicasThreeNodes kills bots and nodes.
func TestCluster_ThreeReplicasThreeNodes(t *testing.T) {
	if testing.Short() {
		t.Skip("runs a cluster")
	}
	t.Parallel()
	e := newGuideEnvironment(t)
	nodes, url := e.startCluster(t)
	bots := e.startReplicas(t, url)
	t.Run("another replica resumes the work", func(t *testing.T) { e.expectOneReplicaSuffices(t, bots) })
	for i := range bots[:2] {
		bots[i] = e.launchBot(t, "NATS_URL", url)
	}
	e.waitConnections(t, 6)
	t.Run("kills at random", func(t *testing.T) { e.killAtRandom(t, bots, nodes, url) })
}

// expectOneReplicaSuffices kills two replicas while a run is in progress. The third replica finishes the request within
// 15 s.
func (e *environment) expectOneReplicaSuffices(t *testing.T, bots []*process) {
	const delay = 2 * time.Second
	e.IncidentIO.InjectFault(emulator.Fault{Path: "/v2/incidents", Delay: delay})
	defer e.IncidentIO.ClearFaults()
	name := "a replica dies"
	for deadline := time.Now().Add(time.Minute); !e.tryDeclare(t.Context(), sandbox.UserID, sandbox.ChannelID, name+"!"); {
		if time.Now().After(deadline) { // a cluster that has just started takes a while to open
			t.Fatal("the submission was not accepted")
		}
	}
	for len(e.Port.Runs()) == 0 { // a replica has created the run
		time.Sleep(time.Millisecond)
	}
	bots[0].kill()
	bots[1].kill()
	ctx, cancel := context.WithTimeout(t.Context(), delay+15*time.Second)
	defer cancel()
	messages, runs, err := e.countResults(ctx, map[string]bool{name: true})
	if err != nil || messages[name] != 1 || runs[name] != 1 {
		t.Errorf("%d messages, %d runs, %v", messages[name], runs[name], err)
	}
}

// killAtRandom kills and restarts one bot or node at a time under load, mostly bots.
func (e *environment) killAtRandom(t *testing.T, bots []*process, nodes []*node, url string) {
	kills, incidents := soakSize(t, 5, 60)
	wait := e.declareMany(t, incidents)
	for range kills {
		time.Sleep(time.Duration(300+rand.IntN(1200)) * time.Millisecond) // a crash has no event to wait for
		if i := rand.IntN(4); i < 3 {
			bots[i].kill()
			time.Sleep(time.Duration(rand.IntN(1000)) * time.Millisecond)
			bots[i] = e.launchBot(t, "NATS_URL", url)
		} else {
			n := nodes[rand.IntN(3)]
			n.kill()
			time.Sleep(time.Duration(rand.IntN(1000)) * time.Millisecond)
			n.start(t, e)
		}
	}
	e.expectExactlyOnce(t, wait())
}
