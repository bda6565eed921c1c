package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/nats-io/nkeys"
)

const maxFileSize = 1 << 20 // bytes of a file of credentials or certificates

func checkNATSURL(v string) (string, string) {
	for address := range strings.SplitSeq(v, ",") {
		u, err := url.Parse(strings.TrimSpace(address))
		if err != nil || u.Hostname() == "" || !slices.Contains([]string{"nats", "tls", "ws", "wss"}, u.Scheme) {
			return "is not a valid NATS URL", "use nats://host:4222, with commas between several URLs"
		}
	}
	return "", ""
}

// checkNATSCreds checks a file with credentials or the seed of an nkey.
func checkNATSCreds(v string) (string, string) {
	data, problem, hint := readSettingFile(v)
	if problem != "" {
		return problem, hint
	}
	if _, err := nkeys.ParseDecoratedUserNKey(data); err != nil {
		return fmt.Sprintf("is %q, which has no key of a user: %v", v, err), "use the .creds file that nsc generate creds prints, or a file with the seed of a user's nkey (SU…)"
	}
	return "", ""
}

func checkAuthorityFile(v string) (string, string) {
	data, problem, hint := readSettingFile(v)
	if problem == "" && !x509.NewCertPool().AppendCertsFromPEM(data) {
		return fmt.Sprintf("is %q, which has no certificate in PEM form", v), "convert it: openssl x509 -inform der -in FILE -out FILE.pem"
	}
	return problem, hint
}

func checkReadable(v string) (string, string) {
	_, problem, hint := readSettingFile(v)
	return problem, hint
}

// readSettingFile reads a small file.
func readSettingFile(path string) (data []byte, problem, hint string) {
	hint = "use the path of a file that the bot's user may read"
	info, err := os.Stat(path) // opening a pipe would wait
	if err != nil {
		return nil, "cannot be read: " + err.Error(), hint
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Sprintf("is %q, which is not a file", path), hint
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, "cannot be read: " + err.Error(), hint
	}
	defer func() { _ = f.Close() }()
	data, err = io.ReadAll(io.LimitReader(f, maxFileSize+1))
	if err != nil {
		return nil, "cannot be read: " + err.Error(), hint
	}
	if len(data) > maxFileSize {
		return nil, fmt.Sprintf("is %q, which is larger than 1 MiB", path), hint
	}
	return data, "", ""
}

// checkCluster checks the settings of a cluster together.
func (e *SettingError) checkCluster(values map[string]string) {
	for _, name := range []string{"NATS_CREDS", "NATS_CA", "NATS_CERT", "NATS_KEY"} {
		if values[name] != "" && values["NATS_URL"] == "" {
			e.add(name, "is set without NATS_URL", "set NATS_URL, too, or remove it: the embedded store has no credentials")
		}
	}
	cert, key := values["NATS_CERT"], values["NATS_KEY"]
	if (cert == "") != (key == "") {
		e.add("NATS_CERT and NATS_KEY", "are not both set", "set both, or neither")
		return
	}
	if slices.ContainsFunc(e.Problems, func(p SettingProblem) bool { return p.Name == "NATS_CERT" || p.Name == "NATS_KEY" }) || cert == "" {
		return
	}
	if _, err := tls.LoadX509KeyPair(cert, key); err != nil {
		e.add("NATS_CERT and NATS_KEY", "cannot be used together: "+err.Error(), "use a certificate and its key in PEM form, without a password")
	}
}
