package main

import (
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
			e.addWarning(name, "has no effect in "+file.path+", because the Go runtime reads it before", "set it in the environment of the process")
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
	if exported["HTTP_PROXY"] != "" && exported["HTTPS_PROXY"] == "" {
		e.addWarning("HTTP_PROXY", "is set without HTTPS_PROXY: https:// addresses are called without a proxy", "set HTTPS_PROXY, too")
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
		e.add(name, "is not a valid address of a proxy", "use http://host:port or http://user:password@host:port; percent-encode special characters of the user and the password")
	case !slices.Contains([]string{"http", "https", "socks5", "socks5h"}, u.Scheme):
		e.add(name, fmt.Sprintf("has the scheme %q, which is not supported", u.Scheme), "use http://, https:// or socks5://")
	}
	return value
}

// checkAuthorities warns of certificate authorities that cannot be read: crypto/x509 ignores them without notice.
func (e *SettingError) checkAuthorities(name, value string) {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		e.addWarning(name, "has no effect on this system", "add the certificate authority to the certificates of the system")
		return
	}
	if name == "SSL_CERT_DIR" {
		for _, dir := range filepath.SplitList(value) {
			if entries, err := os.ReadDir(dir); err != nil || len(entries) == 0 {
				e.addWarning(name, fmt.Sprintf("is %q, where no certificates can be read", value), "use a directory with PEM files that this user may read")
			}
		}
		return
	}
	data, err := os.ReadFile(value)
	if err != nil {
		e.addWarning(name, "cannot be read: "+err.Error(), "use a file with the certificate authorities that this user may read")
	} else if !x509.NewCertPool().AppendCertsFromPEM(data) {
		e.addWarning(name, fmt.Sprintf("is %q, which has no certificate in PEM form", value), "convert it: openssl x509 -inform der -in FILE -out FILE.pem")
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

// networkHint returns how to fix a connection that failed; otherwise if the error is of another kind.
func networkHint(err error, otherwise string) string {
	if refused, ok := errors.AsType[*slackapp.ProxyError](err); ok {
		basic := func(scheme string) bool { return strings.EqualFold(scheme, "Basic") }
		switch {
		case refused.Status != http.StatusProxyAuthRequired:
		case len(refused.Schemes) > 0 && !slices.ContainsFunc(refused.Schemes, basic):
			return "the proxy accepts only " + strings.Join(refused.Schemes, ", ") + ", which is not supported: exempt this machine, or use a local proxy that authenticates"
		default:
			return "put the user and the password of the proxy in HTTPS_PROXY: http://user:password@host:port"
		}
		return "let the proxy allow this host on port 443, or exempt the host in NO_PROXY"
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "the certificate is not trusted: if a proxy inspects TLS, put its certificate authority in SSL_CERT_FILE; check the clock"
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok || errors.Is(err, http.ErrSchemeMismatch) {
		return "the other side does not speak TLS: check whether the address, or HTTPS_PROXY, must begin with http://"
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "proxyconnect" {
		return "the proxy in HTTPS_PROXY does not respond: check its address"
	} else if ok && op.Op == "socks connect" {
		return "the SOCKS proxy does not respond or refuses this host: check its address, the user and the password"
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok {
		return "this machine cannot resolve the name: check the address and DNS, or set HTTPS_PROXY if a proxy is required"
	}
	if os.Getenv("HTTPS_PROXY") != "" {
		return otherwise + "; check the proxy in HTTPS_PROXY, and whether its address must begin with http:// or https://"
	}
	return otherwise
}
