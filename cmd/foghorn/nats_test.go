package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"
)

// writeNATSFiles writes a seed, a certificate with its key, and another key, and returns the directory.
func writeNATSFiles(t *testing.T) (dir, publicKey string) {
	t.Helper()
	dir = t.TempDir()
	user, err1 := nkeys.CreateUser()
	operator, err2 := nkeys.CreateOperator()
	key, err3 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	other, err4 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		t.Fatal(err)
	}
	seed, err1 := user.Seed()
	operatorSeed, err2 := operator.Seed()
	publicKey, err3 = user.PublicKey()
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	cert, err4 := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	keyDER, err5 := x509.MarshalPKCS8PrivateKey(key)
	otherDER, err6 := x509.MarshalPKCS8PrivateKey(other)
	if err := errors.Join(err1, err2, err3, err4, err5, err6); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"user.nk": seed, "operator.nk": operatorSeed, "cert.der": cert, "empty": nil, "large": make([]byte, maxFileSize+1),
		"cert.pem":  pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}),
		"key.pem":   pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}),
		"other.pem": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: otherDER}),
		"two.creds": []byte("-----BEGIN NATS USER JWT-----\nsecret\n------END NATS USER JWT------\n"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir, publicKey
}

// TestConfig_NATSFiles checks each file of a cluster at the start.
func TestConfig_NATSFiles(t *testing.T) {
	dir, _ := writeNATSFiles(t)
	for _, c := range []struct{ name, settings, want string }{
		{"no such credentials", "NATS_URL=nats://a NATS_CREDS=DIR/none", "NATS_CREDS cannot be read"},
		{"credentials without a key", "NATS_URL=nats://a NATS_CREDS=DIR/two.creds", "no key of a user"},
		{"an operator's seed", "NATS_URL=nats://a NATS_CREDS=DIR/operator.nk", "no key of a user"},
		{"an empty file", "NATS_URL=nats://a NATS_CREDS=DIR/empty", "no key of a user"},
		{"a large file", "NATS_URL=nats://a NATS_CREDS=DIR/large", "larger than 1 MiB"},
		{"a directory", "NATS_URL=nats://a NATS_CREDS=DIR", "not a file"},
		{"a device", "NATS_URL=nats://a NATS_CREDS=/dev/zero", "not a file"},
		{"an authority in DER", "NATS_URL=nats://a NATS_CA=DIR/cert.der", "NATS_CA is"},
		{"a certificate alone", "NATS_URL=nats://a NATS_CERT=DIR/cert.pem", "NATS_CERT and NATS_KEY are not both set"},
		{"a key alone", "NATS_URL=nats://a NATS_KEY=DIR/key.pem", "NATS_CERT and NATS_KEY are not both set"},
		{"another key", "NATS_URL=nats://a NATS_CERT=DIR/cert.pem NATS_KEY=DIR/other.pem", "cannot be used together"},
		{"no such certificate", "NATS_URL=nats://a NATS_CERT=DIR/none NATS_KEY=DIR/key.pem", "NATS_CERT cannot be read"},
		{"no cluster", "NATS_CREDS=DIR/user.nk", "NATS_CREDS is set without NATS_URL"},
		{"no cluster with TLS", "NATS_CA=DIR/cert.pem", "NATS_CA is set without NATS_URL"},
	} {
		t.Run(c.name, func(t *testing.T) {
			env := validSettings()
			for s := range strings.FieldsSeq(strings.ReplaceAll(c.settings, "DIR", dir)) {
				name, value, _ := strings.Cut(s, "=")
				env[name] = value
			}
			o := runCommand(t, env, "serve")
			if o.code != exitUsage || !strings.Contains(o.stderr, c.want) || !strings.Contains(o.stderr, "hint:") || strings.Count(o.stderr, "hint:") != 1 {
				t.Errorf("exit %d: %s", o.code, o.stderr)
			}
			expectNoSecret(t, o)
		})
	}
}

// TestServe_NkeyOfCluster starts serve on a cluster that requires an nkey.
func TestServe_NkeyOfCluster(t *testing.T) {
	t.Parallel()
	dir, key := writeNATSFiles(t)
	e := newGuideEnvironment(t)
	url := startNATS(t, &server.Options{JetStream: true, StoreDir: t.TempDir(), Nkeys: []*server.NkeyUser{{Nkey: key}}})
	p := e.launchBot(t, "NATS_URL", url, "NATS_CREDS", filepath.Join(dir, "user.nk"))
	t.Cleanup(p.kill)
	e.waitConnections(t, 2)
	if o := runCommand(t, e.botSettings("NATS_URL", url), "serve"); o.code != exitUsage || !strings.Contains(o.stderr, "NATS_CREDS") {
		t.Errorf("without the nkey: exit %d: %s", o.code, o.stderr)
	}
}
