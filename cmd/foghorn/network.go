package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"foghorn/integrations/slackapp"
)

// readNetworkVariables returns the variables that belong in the environment because libraries read them there: those
// of the file that are not settings, and corrected values of proxies and certificate authorities.
func (e *SettingError) readNetworkVariables(env map[string]string, file *dotenvFile) map[string]string {
	exported := map[string]string{}
	for name, value := range file.values {
		if _, isSet := env[name]; !isSet && findSetting(name) == nil && !isProxyVariable(name) {
			exported[name] = value
		}
	}
	for _, name := range []string{"GOMEMLIMIT", "GOGC", "GOMAXPROCS"} {
		if _, isSet := exported[name]; isSet {
			e.Warnings = append(e.Warnings, SettingProblem{name, "has no effect in " + file.path + ", because the Go runtime reads it before", "set it in the environment of the process"})
		}
	}
	all := e.readProxy("ALL_PROXY", env, file)
	for _, name := range []string{"HTTPS_PROXY", "HTTP_PROXY"} {
		value := e.readProxy(name, env, file)
		if value == "" {
			value = all // net/http does not read it
		}
		if value != "" {
			exported[name] = value
		}
	}
	if hosts := e.readProxyVariable("NO_PROXY", env, file); hosts != "" {
		exported["NO_PROXY"] = strings.Join(strings.Fields(hosts), ",") // net/http does not split at spaces
	}
	for _, name := range []string{"SSL_CERT_FILE", "SSL_CERT_DIR"} {
		if value := e.readValue(name, env, file); value != "" {
			exported[name] = value
			e.checkAuthorities(name, value)
		}
	}
	return exported
}

func isProxyVariable(name string) bool {
	return slices.Contains([]string{"HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"}, strings.ToUpper(name))
}

// readProxyVariable returns the value of a variable that may also be written in lower case.
func (e *SettingError) readProxyVariable(name string, env map[string]string, file *dotenvFile) string {
	lower := strings.ToLower(name)
	if _, isSet := env[lower]; isSet && env[name] == "" {
		return e.readValue(lower, env, file)
	}
	if _, isSet := env[name]; !isSet && file.values[name] == "" {
		return e.readValue(lower, env, file)
	}
	return e.readValue(name, env, file)
}

// readProxy returns the address of a proxy with its scheme. net/http ignores an invalid one without notice.
func (e *SettingError) readProxy(name string, env map[string]string, file *dotenvFile) string {
	value := e.readProxyVariable(name, env, file)
	if value == "" {
		return ""
	}
	if !strings.Contains(value, "://") {
		value = "http://" + value
	}
	u, err := url.Parse(value)
	switch {
	case err != nil || u.Hostname() == "" || !isPortNumber(u.Port()) || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "":
		e.add(name, "is not a valid address of a proxy", "use http://host:port or http://user:password@host:port; in the password, write / as %2F, # as %23, ? as %3F and % as %25")
	case !slices.Contains([]string{"http", "https", "socks5", "socks5h"}, u.Scheme):
		e.add(name, fmt.Sprintf("has the scheme %q, which is not supported", u.Scheme), "use http://, https:// or socks5://")
	}
	return value
}

// checkAuthorities warns of certificate authorities that cannot be read: crypto/x509 ignores them without notice.
func (e *SettingError) checkAuthorities(name, value string) {
	warn := func(problem, hint string) {
		e.Warnings = append(e.Warnings, SettingProblem{name, problem, hint})
	}
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		warn("has no effect on this system", "add the certificate authority to the certificates of the system")
		return
	}
	if name == "SSL_CERT_DIR" {
		for _, dir := range filepath.SplitList(value) {
			if entries, err := os.ReadDir(dir); err != nil || len(entries) == 0 {
				warn(fmt.Sprintf("is %q, where no certificates can be read", value), "use a directory with PEM files that this user may read")
			}
		}
		return
	}
	data, err := os.ReadFile(value)
	if err != nil {
		warn("cannot be read: "+err.Error(), "use a file with the certificate authorities that this user may read")
	} else if !x509.NewCertPool().AppendCertsFromPEM(data) {
		warn(fmt.Sprintf("is %q, which has no certificate in PEM form", value), "convert it: openssl x509 -inform der -in FILE -out FILE.pem")
	}
}

// checkEncryption warns of credentials that are sent unencrypted to another machine.
func (c Config) checkEncryption() (warnings []SettingProblem) {
	for name, address := range map[string]string{
		"SLACK_API_URL": c.SlackAPIURL, "PORT_BASE_URL": c.PortBaseURL, "INCIDENT_IO_BASE_URL": c.IncidentIOBaseURL,
	} {
		if u, err := url.Parse(address); err == nil && u.Scheme == "http" && !isLoopback(u.Hostname()) {
			warnings = append(warnings, SettingProblem{name, "begins with http://: tokens and answers are sent unencrypted to " + u.Host, "use https://"})
		}
	}
	slices.SortFunc(warnings, func(a, b SettingProblem) int { return strings.Compare(a.Name, b.Name) })
	return warnings
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback() || host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// checkTunnel makes the error of a proxy that refuses a connection name the proxy.
func checkTunnel(_ context.Context, proxy *url.URL, _ *http.Request, res *http.Response) error {
	if res.StatusCode != http.StatusOK {
		return &slackapp.ProxyError{Proxy: proxy.Host, Status: res.StatusCode}
	}
	return nil
}

// networkHint returns how to fix a connection that failed; otherwise if the error is of another kind.
func networkHint(err error, otherwise string) string {
	if refused, ok := errors.AsType[*slackapp.ProxyError](err); ok {
		if refused.Status == http.StatusProxyAuthRequired {
			return "put the user and the password of the proxy in HTTPS_PROXY: http://user:password@host:port"
		}
		return "let the proxy allow this host on port 443, or exempt the host in NO_PROXY"
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "proxyconnect" {
		return "the proxy in HTTPS_PROXY does not respond: check its address"
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "the certificate is not trusted: if a proxy inspects TLS, put its certificate authority in SSL_CERT_FILE; check the clock"
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return "the other side does not speak TLS: check whether the address, or HTTPS_PROXY, must begin with http://"
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return "this machine cannot resolve the name: check the address and DNS, or set HTTPS_PROXY if a proxy is required"
	}
	return otherwise
}
