package porttest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"foghorn/integrations/emulator"
)

// portAPIHosts are those of Port's own API. Webhooks to them come here, and need no token.
// https://docs.port.io/actions-and-automations/setup-backend/webhook/#trigger-port-api
var portAPIHosts = []string{"api.port.io", "api.getport.io", "api.us.port.io", "api.us.getport.io"}

// invokeWebhook calls the action's backend and, when it is synchronized, ends the run with its
// answer. It does and says what Port's agent does and says.
// https://github.com/port-labs/port-agent/blob/main/app/invokers/webhook_invoker.py
func (s *Server) invokeWebhook(ctx context.Context, id string, method, data map[string]any) {
	fail := func(err error) {
		why := s.maskSecretsInText(err.Error())
		s.appendLog(id, "Action invocation failed: "+why)
		_ = s.updateRun(id, func(r *Run) { r.Status, r.Summary = Failure, "Failed to invoke the webhook: "+why })
	}
	rendered, err := render(map[string]any{
		"url": method["url"], "method": method["method"], "headers": method["headers"], "body": method["body"],
		"synchronized": method["synchronized"], "agent": method["agent"],
	}, data)
	call, ok := rendered.(map[string]any)
	if err != nil || !ok {
		fail(err)
		return
	}
	call["type"], call["method"] = "WEBHOOK", strings.ToUpper(firstNonEmpty(toText(call["method"]), http.MethodPost))
	masked, address := s.maskSecrets(call), s.maskSecretsInText(toText(call["url"]))
	s.updateQuietly(id, func(r *Run) { r.Payload = masked })
	s.appendLog(id, "Sending the request")
	far := receiverName(address)
	s.Emit(emulator.Event{From: "port", To: far, Kind: "webhook", Text: fmt.Sprintf("%s %s for %s", call["method"], address, id), Body: masked})
	status, body, err := s.sendWebhook(ctx, call)
	if err != nil {
		fail(err)
		return
	}
	var answer any
	if json.Unmarshal(body, &answer) != nil {
		answer = string(body)
	}
	s.Emit(emulator.Event{From: far, To: "port", Kind: "webhook", Text: fmt.Sprintf("%d %s for %s", status, http.StatusText(status), id), Body: s.maskSecrets(answer)})
	synchronized := call["synchronized"] == true || call["synchronized"] == "true"
	if synchronized && len(body) > 0 {
		s.updateQuietly(id, func(r *Run) { r.Response = answer })
	}
	if status >= 400 {
		s.appendLog(id, fmt.Sprintf("Action invocation failed with status code: %d and response: %s", status, body))
		_ = s.updateRun(id, func(r *Run) {
			r.Status, r.Summary = Failure, fmt.Sprintf("Failed to invoke the webhook with status code: %d. Response: %s", status, body)
		})
		return
	}
	s.appendLog(id, fmt.Sprintf("Action invocation has completed successfully with status code: %d", status))
	if synchronized {
		_ = s.updateRun(id, func(r *Run) { r.Status = Success })
	}
	// The backend of the others tells how they end.
}

// receiverName is who is at an address, as an event names them.
func receiverName(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "webhook"
	}
	if host := u.Hostname(); host != "api.incident.io" {
		return firstNonEmpty(host, "webhook")
	}
	return "incident.io"
}

// sendWebhook sends a rendered webhook, signed, and reads its answer.
// https://docs.port.io/create-self-service-experiences/setup-backend/webhook/signature-verification
func (s *Server) sendWebhook(ctx context.Context, call map[string]any) (int, []byte, error) {
	var body []byte
	if call["body"] != nil {
		body = []byte(stringify(call["body"]))
	}
	if len(body) > MaxRequestBytes {
		return 0, nil, errors.New("the rendered body is larger than 1 MiB")
	}
	address, token := s.resolveTarget(toText(call["url"]))
	r, err := http.NewRequestWithContext(ctx, toText(call["method"]), address, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("User-Agent", selfUserAgent)
	}
	r.Header.Set("Content-Type", "application/json")
	headers, _ := call["headers"].(map[string]any)
	for k, v := range headers {
		if v != nil {
			r.Header.Set(k, toText(v))
		}
	}
	at := strconv.FormatInt(time.Now().Unix(), 10)
	r.Header.Set("X-Port-Timestamp", at)
	r.Header.Set("X-Port-Signature", signBody(s.ClientSecret, at, body))
	res, err := s.httpClient.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, MaxRequestBytes))
	return res.StatusCode, answer, err
}

// resolveTarget is where a webhook really goes, and the token it needs there.
func (s *Server) resolveTarget(address string) (string, string) {
	if s.cfg.RewriteURL != nil {
		if other := s.cfg.RewriteURL(address); other != address {
			return other, ""
		}
	}
	u, err := url.Parse(address)
	if err != nil || !slices.Contains(portAPIHosts, u.Host) {
		return address, ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	token, _ := s.currentTokenLocked()
	return s.URL() + u.RequestURI(), token
}

// signBody is the signature of a webhook's body, sent at a time in seconds.
func signBody(secret, at string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write([]byte(at + "."))
	_, _ = mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// toText is a value where text is wanted.
func toText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	return stringify(v)
}
