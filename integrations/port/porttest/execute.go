package porttest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"foghorn/integrations/emulator"
)

// execute does what a run's action says.
func (s *Server) execute(ctx context.Context, id string) {
	s.mu.Lock()
	run := s.run(id)
	method, _ := copyOf(s.actions[run.Action])["invocationMethod"].(map[string]any)
	data := s.context(run)
	s.mu.Unlock()
	switch method["type"] {
	case "WEBHOOK":
		s.webhook(ctx, id, method, data)
	case "UPSERT_ENTITY":
		s.upsert(ctx, id, method, data)
	}
	// The others stay IN_PROGRESS: their backends are not here.
}

// context is what templates see. The caller holds the lock.
// https://docs.port.io/create-self-service-experiences/setup-the-backend#trigger-data
func (s *Server) context(run *Run) map[string]any {
	action := s.actions[run.Action]
	trigger, _ := action["trigger"].(map[string]any)
	in, _ := trigger["userInputs"].(map[string]any)
	properties, _ := in["properties"].(map[string]any)
	inputs := map[string]any{}
	for id := range properties {
		inputs[id] = nil
	}
	for id, v := range run.Properties {
		p, _ := properties[id].(map[string]any)
		inputs[id] = s.expand(p, v)
	}
	secrets := map[string]any{}
	for k, v := range s.secrets {
		secrets[k] = v
	}
	var user any = map[string]any{"email": nil}
	if u := s.users[run.RunAs]; u != nil {
		user = u
	}
	data := map[string]any{
		"inputs": inputs, "secrets": secrets, "run": map[string]any{"id": run.ID}, "event": run.event,
		"entity": s.entities[run.Blueprint][run.Entity],
		"action": map[string]any{"identifier": run.Action, "blueprint": run.Blueprint, "encryptedProperties": []any{}},
		"trigger": map[string]any{
			"by": map[string]any{"orgId": "org_emulated", "userId": run.RunAs, "user": user}, "origin": run.Source,
			"at": stamp(run.CreatedAt), "operation": trigger["operation"],
		},
	}
	if run.event != nil {
		data["inputs"] = nil
	}
	return copyOf(data)
}

// expand makes entities of the identifiers in an entity input.
func (s *Server) expand(p map[string]any, v any) any {
	if p["format"] != "entity" {
		items, _ := p["items"].(map[string]any)
		list, many := v.([]any)
		if !many || items["format"] != "entity" {
			return v
		}
		out := make([]any, len(list))
		for i := range list {
			out[i] = s.expand(items, list[i])
		}
		return out
	}
	id, _ := v.(string)
	blueprint, _ := p["blueprint"].(string)
	if e := s.entities[blueprint][id]; e != nil {
		return e
	}
	return v
}

// webhook calls the action's backend and, when it is synchronized, ends the run with its answer.
func (s *Server) webhook(ctx context.Context, id string, method, data map[string]any) {
	fail := func(err error) {
		s.log(id, "Action invocation failed: "+err.Error())
		_ = s.change(ctx, id, func(r *Run) { r.Status, r.Summary = Failure, "Failed to invoke the webhook: "+err.Error() })
	}
	rendered, err := render(map[string]any{
		"url": method["url"], "method": method["method"], "headers": method["headers"], "body": method["body"], "synchronized": method["synchronized"],
	}, data)
	if err != nil {
		fail(err)
		return
	}
	call, _ := rendered.(map[string]any)
	address := fmt.Sprint(call["url"])
	payload := copyOf(call)
	payload["type"] = "WEBHOOK"
	masked := s.mask(payload)
	s.mu.Lock()
	if run := s.run(id); run != nil {
		run.Payload = masked
	}
	s.mu.Unlock()
	if s.cfg.Outbound != nil {
		address = s.cfg.Outbound(address)
	}
	s.log(id, "Sending the request")
	s.Emit(emulator.Event{From: "port", To: "incident.io", Kind: "webhook", Text: fmt.Sprintf("%v %v for %s", either(text(call["method"]), "POST"), call["url"], id), Body: masked})
	status, body, err := s.call(ctx, address, call)
	if err != nil {
		fail(err)
		return
	}
	if call["synchronized"] != true && status < 400 {
		return // its backend tells how it ends
	}
	if status < 400 {
		s.log(id, fmt.Sprintf("Action invocation has completed successfully with status code: %d", status))
	} else {
		s.log(id, fmt.Sprintf("Action invocation failed with status code: %d and response: %s", status, body))
	}
	var answer any
	if json.Unmarshal(body, &answer) != nil {
		answer = string(body)
	}
	_ = s.change(ctx, id, func(r *Run) {
		if len(body) > 0 {
			r.Response = answer
		}
		if r.Status = Success; status >= 400 {
			r.Status = Failure
			r.Summary = fmt.Sprintf("Failed to invoke the webhook with status code: %d. Response: %s", status, body)
		}
	})
}

// call sends a rendered webhook, signed.
// https://docs.port.io/create-self-service-experiences/setup-backend/webhook/signature-verification
func (s *Server) call(ctx context.Context, address string, call map[string]any) (int, []byte, error) {
	var body []byte
	if call["body"] != nil {
		var b bytes.Buffer
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(call["body"]); err != nil {
			return 0, nil, err
		}
		body = bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	}
	r, err := http.NewRequestWithContext(ctx, either(text(call["method"]), http.MethodPost), address, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	headers, _ := call["headers"].(map[string]any)
	for k, v := range headers {
		if v != nil {
			r.Header.Set(k, text(v))
		}
	}
	at := strconv.FormatInt(time.Now().Unix(), 10)
	mac := hmac.New(sha256.New, []byte(s.ClientSecret))
	mac.Write([]byte(at + "."))
	mac.Write(body)
	r.Header.Set("X-Port-Timestamp", at)
	r.Header.Set("X-Port-Signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	res, err := s.http.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, MaxRequest))
	return res.StatusCode, answer, err
}

func text(v any) string {
	if v == nil {
		return ""
	}
	if s, ok := v.(string); ok {
		return s
	}
	return stringify(v)
}

// mask takes the secrets out of a rendered payload.
func (s *Server) mask(v any) any {
	data, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	out := string(data)
	s.mu.Lock()
	for _, secret := range s.secrets {
		if quoted, err := json.Marshal(secret); err == nil && len(secret) > 3 {
			out = strings.ReplaceAll(out, strings.Trim(string(quoted), `"`), "********")
		}
	}
	s.mu.Unlock()
	var masked any
	_ = json.Unmarshal([]byte(out), &masked)
	return masked
}

func (s *Server) log(id, line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.run(id); r != nil {
		r.Logs = append(r.Logs, line)
	}
}

// upsert puts the entity that a mapping renders to into the catalog, and ends the run.
func (s *Server) upsert(ctx context.Context, id string, method, data map[string]any) {
	rendered, err := render(method["mapping"], data)
	entity, _ := rendered.(map[string]any)
	blueprint := text(method["blueprintIdentifier"])
	if err == nil {
		err = s.putEntity(ctx, blueprint, entity, true)
	}
	_ = s.change(ctx, id, func(r *Run) {
		r.Payload = map[string]any{"type": "UPSERT_ENTITY", "blueprintIdentifier": blueprint, "mapping": entity}
		if r.Status = Success; err != nil {
			r.Status, r.Summary = Failure, err.Error()
		}
	})
}
