package porttest

import (
	"bytes"
	"cmp"
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

// webhookTimeout is the timeout of a webhook. Port does not publish its own; this is the timeout
// of its agent.
// https://github.com/port-labs/port-agent
const webhookTimeout = 30 * time.Second

// portAPIHosts are the hosts of Port's own API. The emulator sends webhooks to them to itself,
// with a token that it adds.
// https://docs.port.io/actions-and-automations/setup-backend/webhook/#trigger-port-api
var portAPIHosts = []string{"api.port.io", "api.getport.io", "api.us.port.io", "api.us.getport.io"}

// invokeWebhook calls the backend of a run. The answer ends the run when the webhook is
// synchronized or the answer is an error; otherwise the backend ends the run itself. Logs and
// summaries have the texts of Port's agent.
// https://github.com/port-labs/port-agent/blob/main/app/invokers/webhook_invoker.py
func (s *Server) invokeWebhook(ctx context.Context, id string, method invocationMethod, data map[string]any) {
	request, err := renderWebhook(method, data)
	if err != nil {
		s.failWebhook(id, err)
		return
	}
	payload, address := s.maskSecrets(request), s.maskSecretsInText(toText(request["url"]))
	isSynchronized := toText(request["synchronized"]) == "true" // the answer of the backend ends the run
	s.updateQuietly(id, func(r *Run) { r.Payload = payload })
	s.AddLog(id, "Sending the request")
	receiver := receiverName(address)
	s.Emit(emulator.Event{
		From: "port", To: receiver, Kind: "webhook", Text: fmt.Sprintf("%s %s for %s", request["method"], address, id), Body: payload,
	})
	status, body, err := s.sendWebhook(ctx, request)
	if err != nil {
		s.failWebhook(id, err)
		return
	}
	var answer any
	if json.Unmarshal(body, &answer) != nil {
		answer = string(body)
	}
	s.Emit(emulator.Event{
		From: receiver, To: "port", Kind: "webhook", Text: fmt.Sprintf("%d %s for %s", status, http.StatusText(status), id),
		Body: s.maskSecrets(answer),
	})
	if isSynchronized && len(body) > 0 {
		s.updateQuietly(id, func(r *Run) { r.Response = answer })
	}
	if status >= 400 {
		s.AddLog(id, fmt.Sprintf("Action invocation failed with status code: %d and response: %s", status, body))
		_ = s.UpdateRun(id, func(r *Run) {
			r.Status, r.Summary = Failure, fmt.Sprintf("Failed to invoke the webhook with status code: %d. Response: %s", status, body)
		})
		return
	}
	s.AddLog(id, fmt.Sprintf("Action invocation has completed successfully with status code: %d", status))
	if isSynchronized {
		_ = s.UpdateRun(id, func(r *Run) { r.Status = Success })
	}
}

// failWebhook ends a run whose webhook got no answer.
func (s *Server) failWebhook(id string, err error) {
	reason := s.maskSecretsInText(err.Error())
	s.AddLog(id, "Action invocation failed: "+reason)
	_ = s.UpdateRun(id, func(r *Run) { r.Status, r.Summary = Failure, "Failed to invoke the webhook: "+reason })
}

// renderWebhook returns the payload of a run: the members of the method with the values of their templates.
func renderWebhook(method invocationMethod, data map[string]any) (map[string]any, error) {
	rendered, err := render(map[string]any{
		"type": "WEBHOOK", "url": method.URL, "method": method.Method, "headers": method.Headers, "body": method.Body,
		"synchronized": method.Synchronized, "agent": method.Agent,
	}, data)
	request := asMap(rendered)
	if err == nil {
		request["url"], request["method"] = toText(request["url"]), strings.ToUpper(cmp.Or(toText(request["method"]), http.MethodPost))
	}
	return request, err
}

// receiverName names the receiver of a webhook in events.
func receiverName(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "webhook"
	}
	if host := u.Hostname(); host != "api.incident.io" {
		return cmp.Or(host, "webhook")
	}
	return "incident.io"
}

// sendWebhook sends a webhook with its signature, and reads the answer.
// https://docs.port.io/create-self-service-experiences/setup-backend/webhook/signature-verification
func (s *Server) sendWebhook(ctx context.Context, request map[string]any) (int, []byte, error) {
	var body []byte
	if request["body"] != nil {
		body = []byte(stringify(request["body"]))
	}
	if len(body) > maxRequestBytes {
		return 0, nil, errors.New("the rendered body is larger than 1 MiB")
	}
	address, token := s.resolveTarget(toText(request["url"]))
	r, err := http.NewRequestWithContext(ctx, toText(request["method"]), address, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("User-Agent", selfUserAgent)
	}
	r.Header.Set("Content-Type", "application/json")
	for k, v := range asMap(request["headers"]) {
		if v != nil {
			r.Header.Set(k, toText(v))
		}
	}
	timestamp := strconv.FormatInt(time.Now().Unix(), 10)
	r.Header.Set("X-Port-Timestamp", timestamp)
	r.Header.Set("X-Port-Signature", signBody(s.ClientSecret, timestamp, body))
	res, err := s.httpClient.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxRequestBytes))
	return res.StatusCode, answer, err
}

// resolveTarget returns the address that a webhook is sent to and the token for it, if any.
func (s *Server) resolveTarget(address string) (target, token string) {
	if s.cfg.RewriteURL != nil {
		if rewritten := s.cfg.RewriteURL(address); rewritten != address {
			return rewritten, ""
		}
	}
	u, err := url.Parse(address)
	if err != nil || !slices.Contains(portAPIHosts, u.Host) {
		return address, ""
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	token, _ = s.currentTokenLocked()
	return s.URL() + u.RequestURI(), token
}

// signBody returns the signature of a webhook. timestamp is in seconds since 1970.
func signBody(secret, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write([]byte(timestamp + "."))
	_, _ = mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
