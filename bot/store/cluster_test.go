package store

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nkeys"
	"github.com/sirupsen/logrus"
)

// newConfig starts a NATS server with a configuration in its own format, in which DIR is a directory of the test, and
// returns the configuration of a store on it.
func newConfig(t *testing.T, conf string) Config {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "nats.conf")
	conf = "listen: 127.0.0.1:-1\n" + strings.ReplaceAll(conf, "DIR", filepath.ToSlash(dir))
	if err := os.WriteFile(path, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	opts, err := server.ProcessConfigFile(path)
	if err != nil {
		t.Fatal(err)
	}
	opts.NoLog, opts.NoSigs = true, true
	return Config{Cluster: Cluster{URL: runServer(t, opts).ClientURL()}, Secret: "xoxb-test", Log: testLog(t)}
}

func testLog(t *testing.T) *logrus.Entry {
	log := logrus.New()
	log.SetOutput(t.Output())
	return logrus.NewEntry(log)
}

func runServer(t *testing.T, opts *server.Options) *server.Server {
	t.Helper()
	s, err := server.NewServer(opts)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { s.Shutdown(); s.WaitForShutdown() })
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("NATS did not start")
	}
	return s
}

const storeDir = "jetstream { store_dir: DIR }\n"

// account is a configuration with a user whose account has the limits, or whose user has the permissions.
func account(limits, permissions string) string {
	return storeDir + `accounts { A { jetstream { ` + limits + ` }, users: [{user: u, password: p, permissions: {` + permissions + `}}] } }
no_auth_user: u
`
}

const allowed = `subscribe: "_INBOX.>", publish: {allow: ["foghorn.>", "$KV.>", "$JS.API.>", "$JS.ACK.>"], deny: [`

// TestCluster_NamesRejections opens stores that waiting does not help.
func TestCluster_NamesRejections(t *testing.T) {
	for _, c := range []struct{ name, conf, want, hint string }{
		{"few streams", account("max_streams: 3", ""), "maximum number of streams", "max_streams"},
		{"size limits and too little storage", account("max_file: 100M, max_bytes: true", ""), "insufficient storage", "512 MiB"},
		{"no memory", account("max_mem: 0, max_bytes: true", ""), "", "1 MiB in memory"},
		{"small streams", account("max_bytes: true, disk_max_stream_bytes: 1M", ""), "max bytes exceeds", "512 MiB"},
		{"no access to JetStream", account("", `publish: "foghorn.>"`), `"$JS.API.`, "$JS.API.>"},
		{"no inbox", account("", `subscribe: "inbox.>"`), `Subscription to "_INBOX.`, "_INBOX.>"},
		{"no submissions", account("", allowed+`"foghorn.task.accepted.>"]}`), `"foghorn.task.accepted.`, "foghorn.>"},
		{"no tasks", account("", allowed+`"foghorn.task.wake.*"]}`), `"foghorn.task.wake.`, "foghorn.>"},
		{"no log", account("", allowed+`"foghorn.ended.>"]}`), `"foghorn.ended.`, "foghorn.>"},
		{"no buckets", account("", allowed+`"$KV.>"]}`), `"$KV.`, "$KV.>"},
		{"no creation", account("", allowed+`"$JS.API.STREAM.CREATE.>"]}`), `"$JS.API.STREAM.CREATE.`, "$JS.API.>"},
		{"no removal", account("", allowed+`"$JS.API.STREAM.PURGE.>"]}`), `"$JS.API.STREAM.PURGE.`, "$JS.API.>"},
		{"no deletion", account("", allowed+`"$JS.API.STREAM.MSG.DELETE.>"]}`), `"$JS.API.STREAM.MSG.DELETE.`, "$JS.API.>"},
		{"a user is required", storeDir + "authorization {user: u, password: p}", "authorization violation", "NATS_CREDS"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cfg := newConfig(t, c.conf)
			begin := time.Now()
			s, err := Open(t.Context(), cfg)
			if err == nil {
				s.Close()
			}
			expectRejection(t, err, c.want, c.hint)
			if took := time.Since(begin); took > 3*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

func expectRejection(t *testing.T, err error, want, hint string) {
	t.Helper()
	if !errors.Is(err, ErrClusterRejected) || !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(want)) {
		t.Errorf("the error is %v, want %q", err, want)
	}
	if err != nil && !strings.Contains(ClusterHint(err), hint) {
		t.Errorf("%v: the hint is %q, want %q", err, ClusterHint(err), hint)
	}
}

// TestCluster_RunNamesRejections runs stores that lack what only the work uses.
func TestCluster_RunNamesRejections(t *testing.T) {
	for _, c := range []struct{ name, conf, want, hint string }{
		{"no tasks", account("", allowed+`"$JS.API.CONSUMER.MSG.NEXT.>"]}`), `"$JS.API.CONSUMER.MSG.NEXT.`, "$JS.API.>"},
		{"no acks", account("", allowed+`"$JS.ACK.>"]}`), `"$JS.ACK.`, "$JS.ACK.>"},
		{"no consumers", account("", allowed+`"$JS.API.CONSUMER.CREATE.FOGHORN_ENDED.>"]}`), `"$JS.API.CONSUMER.CREATE.`, "$JS.API.>"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, err := Open(t.Context(), newConfig(t, c.conf))
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			if err := s.Wake(ctx, "a"); err != nil {
				t.Fatal(err)
			}
			tasks, err := s.Tasks(ctx)
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan struct{})
			go func() {
				defer close(done)
				for task := range tasks {
					_ = task.Finish(ctx)
				}
			}()
			expectRejection(t, s.Run(ctx), c.want, c.hint)
			cancel()
			<-done
		})
	}
}

// TestCluster_Works opens stores on accounts that are limited, or on servers that require a kind of credentials. CheckCluster
// agrees and leaves nothing behind.
func TestCluster_Works(t *testing.T) {
	for _, c := range []struct {
		name string
		open func(t *testing.T) Config
	}{
		{"the least permissions", func(t *testing.T) Config {
			return newConfig(t, account("", strings.TrimSuffix(allowed, ", deny: [")+"}"))
		}},
		{"required size limits", func(t *testing.T) Config {
			return newConfig(t, account("max_bytes: true, max_file: 512MB, max_mem: 1MB", ""))
		}},
		{"required size limits of small streams", func(t *testing.T) Config {
			return newConfig(t, account("max_bytes: true, disk_max_stream_bytes: 128MB", ""))
		}},
		{"exactly enough streams", func(t *testing.T) Config { return newConfig(t, account("max_streams: 6", "")) }},
		{"a user's credentials", func(t *testing.T) Config { return newOperatorConfig(t, time.Time{}) }},
		{"an nkey", newNkeyConfig},
		{"a client certificate", func(t *testing.T) Config {
			dir := writeCertificates(t)
			cfg := newConfig(t, storeDir+strings.ReplaceAll(`tls { cert_file: "CERTS/server.pem", key_file: "CERTS/server.key", ca_file: "CERTS/ca.pem", verify: true }`, "CERTS", dir))
			cfg.Cluster.CA, cfg.Cluster.Cert, cfg.Cluster.Key = dir+"/ca.pem", dir+"/client.pem", dir+"/client.key"
			return cfg
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cfg := c.open(t)
			for _, when := range []string{"before", "while it is open"} {
				if when != "before" {
					s, err := Open(t.Context(), cfg)
					if err != nil {
						t.Fatal(err)
					}
					runTestStore(t, s)
					r := acceptTestRequest(t, s, "a")
					if err := s.Archive(t.Context(), r); err != nil {
						t.Error(err)
					}
					defer expectStreams(t, s)
				}
				if err := CheckCluster(t.Context(), cfg.Cluster, cfg.Log); err != nil {
					t.Errorf("CheckCluster %s: %v", when, err)
				}
			}
		})
	}
}

// TestCluster_CredentialsExpire runs a store whose credentials expire.
func TestCluster_CredentialsExpire(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), newOperatorConfig(t, time.Now().Add(2*time.Second)))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	expectRejection(t, s.Run(t.Context()), "rejected the credentials", "NATS_CREDS")
}

// TestCluster_SizeLimits opens a store whose streams need a size limit: what was accepted is not dropped for what is new.
func TestCluster_SizeLimits(t *testing.T) {
	t.Parallel()
	s, err := Open(t.Context(), newConfig(t, account("max_bytes: true", "")))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, stream := range []jetstream.Stream{s.tasksStream, s.requestsStream} {
		cfg := stream.CachedInfo().Config
		if cfg.MaxBytes != limitedSizes[strings.TrimPrefix(cfg.Name, "KV_")] || cfg.Discard != jetstream.DiscardNew {
			t.Errorf("%s has %d bytes and drops %v", cfg.Name, cfg.MaxBytes, cfg.Discard)
		}
	}
	if sum := diskSizes(); sum != 512<<20 {
		t.Errorf("the sum is %d bytes; hints and docs say 512 MiB", sum)
	}
}

// expectStreams expects the streams of the store and no others.
func expectStreams(t *testing.T, s *Store) {
	t.Helper()
	var names []string
	for name := range s.js.StreamNames(context.WithoutCancel(t.Context())).Name() {
		names = append(names, name)
	}
	slices.Sort(names)
	if len(names) != len(limitedSizes) || slices.Contains(names, probeStream) {
		t.Errorf("the streams are %v", names)
	}
}

// TestCluster_CheckNamesRejections expects of CheckCluster what Open would report.
func TestCluster_CheckNamesRejections(t *testing.T) {
	dir := writeCertificates(t)
	withTLS := storeDir + strings.ReplaceAll(`tls { cert_file: "CERTS/server.pem", key_file: "CERTS/server.key", ca_file: "CERTS/ca.pem", verify: true }`, "CERTS", dir)
	for _, c := range []struct {
		name       string
		open       func(t *testing.T) Config
		want, hint string
	}{
		{"few streams", confOf(account("max_streams: 5", "")), "5 of its 5 streams", "max_streams"},
		{"too little storage", confOf(account("max_bytes: true, max_file: 511MB", "")), "insufficient storage", "512 MiB"},
		{"no submissions", confOf(account("", allowed+`"foghorn.task.>"]}`)), `"foghorn.task.accepted.`, "foghorn.>"},
		{"no reads", confOf(account("", allowed+`"$JS.API.CONSUMER.MSG.NEXT.>"]}`)), `"$JS.API.CONSUMER.MSG.NEXT.`, "$JS.API.>"},
		{"no JetStream", confOf("server_name: a"), "jetstream not enabled", "enable JetStream"},
		{"expired credentials", func(t *testing.T) Config { return newOperatorConfig(t, time.Now().Add(-time.Hour)) }, "", "NATS_CREDS"},
		{"another nkey", func(t *testing.T) Config {
			cfg := newNkeyConfig(t)
			cfg.Cluster.Creds = writeSeed(t, newUserKey(t))
			return cfg
		}, "authorization violation", "NATS_CREDS"},
		{"an unknown authority", confOf(withTLS), "certificate", "NATS_CA"},
		{"no client certificate", func(t *testing.T) Config {
			cfg := newConfig(t, withTLS)
			cfg.Cluster.CA = dir + "/ca.pem"
			return cfg
		}, "certificate required", "NATS_CERT"},
		{"no TLS", func(t *testing.T) Config {
			cfg := newConfig(t, storeDir)
			cfg.Cluster.CA = dir + "/ca.pem"
			return cfg
		}, "secure connection", "NATS_CA"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			cfg := c.open(t)
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			err := CheckCluster(ctx, cfg.Cluster, cfg.Log)
			if errors.Is(err, ErrClusterRejected) || c.name != "no client certificate" { // its alert can get lost
				expectRejection(t, err, c.want, c.hint)
			} else if !strings.Contains(ClusterHint(err), c.hint) {
				t.Errorf("%v: the hint is %q", err, ClusterHint(err))
			}
			if strings.HasPrefix(c.name, "no ") && !strings.HasSuffix(c.name, "reads") || strings.Contains(c.name, "credentials") {
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				defer cancel()
				if s, err := Open(ctx, cfg); err == nil {
					s.Close()
				} else if c.name != "no JetStream" {
					expectRejection(t, err, c.want, c.hint)
				}
			}
		})
	}
}

func confOf(conf string) func(t *testing.T) Config {
	return func(t *testing.T) Config { return newConfig(t, conf) }
}

func newUserKey(t *testing.T) nkeys.KeyPair {
	t.Helper()
	key, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func writeSeed(t *testing.T, key nkeys.KeyPair) string {
	t.Helper()
	seed, err := key.Seed()
	path := filepath.Join(t.TempDir(), "user.nk")
	if err := errors.Join(err, os.WriteFile(path, seed, 0o600)); err != nil {
		t.Fatal(err)
	}
	return path
}

// newNkeyConfig starts a server that knows one nkey.
func newNkeyConfig(t *testing.T) Config {
	key := newUserKey(t)
	public, err := key.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	cfg := newConfig(t, storeDir+"authorization { users: [{nkey: "+public+"}] }")
	cfg.Cluster.Creds = writeSeed(t, key)
	return cfg
}

// newOperatorConfig starts a server with an operator and an account, and writes the credentials of a user of it.
func newOperatorConfig(t *testing.T, expires time.Time) Config {
	t.Helper()
	operator, err1 := nkeys.CreateOperator()
	acc, err2 := nkeys.CreateAccount()
	operatorID, err3 := operator.PublicKey()
	accountID, err4 := acc.PublicKey()
	user := newUserKey(t)
	userID, err5 := user.PublicKey()
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		t.Fatal(err)
	}
	system, _ := nkeys.CreateAccount()
	systemID, _ := system.PublicKey()
	systemJWT, _ := jwt.NewAccountClaims(systemID).Encode(operator)
	operatorClaims, accountClaims := jwt.NewOperatorClaims(operatorID), jwt.NewAccountClaims(accountID)
	accountClaims.Limits.JetStreamLimits = jwt.JetStreamLimits{DiskStorage: 1 << 30, MemoryStorage: 1 << 20, Streams: -1, Consumer: -1, MaxBytesRequired: true}
	userClaims := jwt.NewUserClaims(userID)
	if !expires.IsZero() {
		userClaims.Expires = expires.Unix()
	}
	operatorJWT, err1 := operatorClaims.Encode(operator)
	accountJWT, err2 := accountClaims.Encode(operator)
	userJWT, err3 := userClaims.Encode(acc)
	seed, err4 := user.Seed()
	creds, err6 := jwt.FormatUserConfig(userJWT, seed)
	path := filepath.Join(t.TempDir(), "user.creds")
	if err := errors.Join(err1, err2, err3, err4, err5, err6, os.WriteFile(path, creds, 0o600)); err != nil {
		t.Fatal(err)
	}
	cfg := newConfig(t, storeDir+"operator: "+operatorJWT+"\nsystem_account: "+systemID+"\nresolver: MEMORY\nresolver_preload: { "+
		accountID+": "+accountJWT+", "+systemID+": "+systemJWT+" }\n")
	cfg.Cluster.Creds = path
	return cfg
}

// writeCertificates writes an authority, and certificates of a server and a client, and returns the directory.
func writeCertificates(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	template := func(serial int64, name string) *x509.Certificate {
		return &x509.Certificate{
			SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
			IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature,
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		}
	}
	ca := template(1, "ca")
	ca.IsCA, ca.BasicConstraintsValid, ca.KeyUsage, ca.ExtKeyUsage = true, true, x509.KeyUsageCertSign, nil
	caKey := writeCertificate(t, dir, "ca", ca, ca, nil)
	for i, name := range []string{"server", "client"} {
		writeCertificate(t, dir, name, template(int64(2+i), name), ca, caKey)
	}
	if _, err := tls.LoadX509KeyPair(dir+"/client.pem", dir+"/client.key"); err != nil {
		t.Fatal(err)
	}
	return dir
}

func writeCertificate(t *testing.T, dir, name string, cert, parent *x509.Certificate, signer *ecdsa.PrivateKey) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if signer == nil {
		signer = key
	}
	der, err1 := x509.CreateCertificate(rand.Reader, cert, parent, &key.PublicKey, signer)
	keyDER, err2 := x509.MarshalPKCS8PrivateKey(key)
	err = errors.Join(err1, err2,
		os.WriteFile(filepath.Join(dir, name+".pem"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600),
		os.WriteFile(filepath.Join(dir, name+".key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	return key
}
