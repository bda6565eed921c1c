package main

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"foghorn/integrations/slackapp"
)

// TestNetwork_Proxies runs doctor where the services can only be reached through a proxy, by names that only the proxy
// resolves, with certificates of a private authority.
func TestNetwork_Proxies(t *testing.T) {
	t.Parallel()
	e := newAppliedEnvironment(t)
	n := newPrivateNetwork(t, e.Sandbox)
	all := []string{"incident.test:443", "port.test:443", "slack.test:443", "wss.slack.test:443"}
	for _, c := range []struct {
		name     string
		dotenv   string
		env      []string
		refused  string   // a host that the proxy refuses
		tunnels  []string // hosts that are reached; nil: not checked
		problems []string // failed checks
		want     string   // in the output
	}{
		{name: "http, in .env", dotenv: "HTTPS_PROXY=" + n.httpProxy + "\nSSL_CERT_FILE=" + n.authority, tunnels: all, want: "slack.test through http://127.0.0.1"},
		{name: "https, lower case, in .env", dotenv: "https_proxy=" + n.httpsProxy + "\nSSL_CERT_FILE='" + n.authority + "' # ours\n", tunnels: all, want: "through https://"},
		{name: "http, in the environment", env: []string{"HTTPS_PROXY=" + n.httpProxy, "SSL_CERT_FILE=" + n.authority}, tunnels: all},
		{name: "lower case", env: []string{"https_proxy=" + n.httpProxy, "SSL_CERT_FILE=" + n.authority}, tunnels: all},
		{name: "quotes, no scheme", env: []string{`HTTPS_PROXY="` + strings.TrimPrefix(n.httpProxy, "http://") + `"`, `SSL_CERT_FILE="` + n.authority + `"`}, tunnels: all},
		{name: "directory of authorities", env: []string{"HTTPS_PROXY=" + n.httpProxy, "SSL_CERT_DIR=" + filepath.Dir(n.authority)}, tunnels: all},
		{name: "socks5 as ALL_PROXY", env: []string{"ALL_PROXY=" + n.socksProxy, "SSL_CERT_FILE=" + n.authority}, tunnels: all},
		{
			name: "exempt", env: []string{"HTTPS_PROXY=" + n.httpProxy, "SSL_CERT_FILE=" + n.authority, "NO_PROXY=localhost incident.test"},
			tunnels: slices.DeleteFunc(slices.Clone(all), func(h string) bool { return h == "incident.test:443" }), problems: []string{"incident.io: key"},
		},
		{
			name: "wrong password", env: []string{"HTTPS_PROXY=" + strings.Replace(n.httpProxy, "hunter2", "hunter3", 1), "SSL_CERT_FILE=" + n.authority}, tunnels: []string{},
			problems: []string{"Slack: bot token", "Slack: socket mode", "Port: credentials", "incident.io: key"}, want: "407 Proxy Authentication Required",
		},
		{
			name: "websocket refused", env: []string{"HTTPS_PROXY=" + n.httpsProxy, "SSL_CERT_FILE=" + n.authority}, refused: "wss.slack.test:443",
			problems: []string{"Slack: socket mode"}, want: "open websocket to wss.slack.test: connect through proxy: the proxy 127.0.0.1:",
		},
		{
			name: "unknown authority", env: []string{"HTTPS_PROXY=" + n.httpProxy},
			problems: []string{"Slack: bot token", "Slack: socket mode", "Port: credentials", "incident.io: key"}, want: "put its certificate authority in SSL_CERT_FILE",
		},
		{
			name: "https for a proxy without TLS", env: []string{"HTTPS_PROXY=" + strings.Replace(n.httpProxy, "http:", "https:", 1)}, tunnels: []string{},
			problems: []string{"Slack: bot token", "Slack: socket mode", "Port: credentials", "incident.io: key"}, want: "must begin with http://",
		},
		{
			name: "http for a proxy with TLS", env: []string{"HTTPS_PROXY=" + strings.Replace(n.httpsProxy, "https:", "http:", 1)}, tunnels: []string{},
			problems: []string{"Slack: bot token", "Slack: socket mode", "Port: credentials", "incident.io: key"}, want: "must begin with http:// or https://",
		},
		{
			name: "wrong password of socks5", env: []string{"HTTPS_PROXY=" + strings.Replace(n.socksProxy, "hunter2", "hunter3", 1)}, tunnels: []string{},
			problems: []string{"Slack: bot token", "Slack: socket mode", "Port: credentials", "incident.io: key"}, want: "the SOCKS proxy does not respond or refuses",
		},
		{
			name: "proxy that cannot be resolved", env: []string{"HTTPS_PROXY=http://proxy.invalid:1"}, tunnels: []string{},
			problems: []string{"Slack: bot token", "Slack: socket mode", "Port: credentials", "incident.io: key"}, want: "the proxy in HTTPS_PROXY does not respond",
		},
		{
			name: "proxy that does not respond", env: []string{"HTTPS_PROXY=http://user:hunter2@127.0.0.1:1"}, tunnels: []string{},
			problems: []string{"Slack: bot token", "Slack: socket mode", "Port: credentials", "incident.io: key"}, want: "the proxy in HTTPS_PROXY does not respond",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			n.reset(c.refused)
			failed, output := runDoctorIn(t, c.dotenv, append(n.env(e), c.env...))
			if !slices.Equal(failed, c.problems) || !strings.Contains(output, c.want) || strings.Contains(output, "hunter") {
				t.Errorf("%v failed, want %v and %q:\n%s", failed, c.problems, c.want, output)
			}
			if have := n.tunnels(); c.tunnels != nil && !slices.Equal(have, c.tunnels) {
				t.Errorf("tunnels to %v, want %v", have, c.tunnels)
			}
		})
	}
}

// runDoctorIn runs doctor in a process of its own, in a directory with the file .env. It returns the failed checks.
func runDoctorIn(t *testing.T, dotenv string, env []string) (failed []string, output string) {
	t.Helper()
	cmd := exec.Command("foghorn", "doctor", "--json")
	cmd.Dir, cmd.Env = t.TempDir(), env
	if err := os.WriteFile(filepath.Join(cmd.Dir, ".env"), []byte(dotenv), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.Output()
	var findings []finding
	if json.Unmarshal(out, &findings) != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, f := range findings {
		if f.Status == statusFail {
			failed = append(failed, f.Group+": "+f.Check)
		}
	}
	return failed, string(out)
}

// TestNetwork_ServeThroughProxy connects the bot through a proxy that .env names.
func TestNetwork_ServeThroughProxy(t *testing.T) {
	t.Parallel()
	e := newGuideEnvironment(t)
	n := newPrivateNetwork(t, e.Sandbox)
	cmd := exec.Command("foghorn", "serve")
	cmd.Dir, cmd.Stderr = t.TempDir(), t.Output()
	cmd.Env = append(n.env(e), "STATE_DIR="+e.stateDir, "HTTP_ADDR=off")
	if err := os.WriteFile(filepath.Join(cmd.Dir, ".env"), []byte("HTTPS_PROXY="+n.httpsProxy+"\nSSL_CERT_FILE="+n.authority+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Wait() }()
	defer func() { _ = cmd.Process.Kill() }()
	e.waitConnections(t, 2)
}

func TestNetwork_Hint(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{&slackapp.ProxyError{Status: 407}, "user and the password"},
		{&slackapp.ProxyError{Status: 407, Schemes: []string{"Negotiate", "basic"}}, "user and the password"},
		{&slackapp.ProxyError{Status: 407, Schemes: []string{"Negotiate", "NTLM"}}, "accepts only Negotiate, NTLM"},
		{&slackapp.ProxyError{Status: 403}, "allow this host"},
		{tls.RecordHeaderError{Msg: "x"}, "does not speak TLS"},
		{&net.DNSError{Err: "no such host"}, "cannot resolve"},
		{errors.New("x"), "otherwise"},
	} {
		if hint := networkHint(fmt.Errorf("call x: %w", c.err), "otherwise"); !strings.Contains(hint, c.want) {
			t.Errorf("%v: %s, want %s", c.err, hint, c.want)
		}
	}
}

func TestNetwork_Unencrypted(t *testing.T) {
	for address, warned := range map[string]bool{
		"http://port.example.com": true, "http://10.0.0.1:8080": true, "HTTP://PORT:1": true, "https://port.example.com": false,
		"http://localhost:1": false, "http://127.0.0.9:1": false, "http://[::1]:1": false, "http://port.localhost": false,
	} {
		cfg, _, err := loadConfig(map[string]string{"PORT_BASE_URL": address, "SLACK_API_URL": address, "INCIDENT_IO_BASE_URL": address}, os.DevNull, "version")
		if want := map[bool]int{true: 3}[warned]; err != nil || len(cfg.Warnings) != want {
			t.Errorf("%s: %v, %v", address, cfg.Warnings, err)
		}
	}
}

func TestNetwork_OnlyHTTPProxy(t *testing.T) {
	cfg, _, err := loadConfig(map[string]string{"http_proxy": "proxy:3128"}, os.DevNull, "version")
	if err != nil || len(cfg.Warnings) != 1 || !strings.Contains(cfg.Warnings[0].String(), "without HTTPS_PROXY") {
		t.Errorf("%v, %v", cfg.Warnings, err)
	}
}

func TestNetwork_Authorities(t *testing.T) {
	dir := t.TempDir()
	notPEM := filepath.Join(dir, "ca.der")
	if err := os.WriteFile(notPEM, []byte{0x30, 0x82}, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, value, want string }{
		{"SSL_CERT_FILE", filepath.Join(dir, "none.pem"), "cannot be read"},
		{"SSL_CERT_FILE", dir, "cannot be read"},
		{"SSL_CERT_FILE", notPEM, "no certificate in PEM form"},
		{"SSL_CERT_DIR", filepath.Join(dir, "none"), "no certificates can be read"},
	} {
		cfg, _, err := loadConfig(map[string]string{c.name: c.value}, os.DevNull, "version")
		if err != nil || len(cfg.Warnings) != 1 || !strings.Contains(cfg.Warnings[0].String(), c.want) {
			t.Errorf("%s=%s: %v, %v", c.name, c.value, cfg.Warnings, err)
		}
	}
}
