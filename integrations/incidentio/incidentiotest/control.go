package incidentiotest

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"time"

	"foghorn/integrations/emulator"
)

// addControlRoutes adds what happens in incident.io to the control API. See [emulator.Server.ControlURL] for its common
// part. The routes, below /control/, are:
//
//	GET  {$}           api_url and api_key
//	GET  incidents     all incidents as the API shows them, oldest first, and the idempotency keys by id
//	POST incidents     {"name","summary","severity","status","visibility","mode","type","lead","idempotency_key"}: names, and a
//	                   lead as below; returns {"id"}
//	POST edit          {"id","name","summary","severity","status","visibility","lead":{"name","email","slack_user_id"}}: see Edit
//	POST organization  {"severities","statuses","types","custom_fields"}: replaces the lists that are present; they must have
//	                   what incidents use
//	POST rate_limit    {"times","seconds","incidents"}: the next calls, or with incidents the next new incidents, get a 429
//	POST keys          {"roles"}: adds an API key and returns {"key"}
//	POST keys/revoke   {"key"}: makes a key invalid, APIKey for ""
func (s *Server) addControlRoutes() {
	s.EnableControl(s.State, s.Reset)
	s.HandleControl("GET {$}", emulator.HandleGet(func(context.Context, url.Values) (any, error) {
		return map[string]any{"api_url": s.URL(), "api_key": s.APIKey}, nil
	}))
	s.HandleControl("GET incidents", emulator.HandleGet(s.controlIncidents))
	s.HandleControl("POST incidents", emulator.HandlePost(func(_ context.Context, in NewIncident) (any, error) {
		id, err := s.AddIncident(in)
		return map[string]any{"id": id}, err
	}))
	s.HandleControl("POST edit", emulator.HandlePost(func(_ context.Context, in struct {
		Edit
		ID string `json:"id"`
	}) (any, error) {
		return map[string]any{}, s.Edit(in.ID, in.Edit)
	}))
	s.HandleControl("POST organization", emulator.HandlePost(func(_ context.Context, in Organization) (any, error) {
		return map[string]any{}, s.SetOrganization(in)
	}))
	s.HandleControl("POST rate_limit", emulator.HandlePost(s.controlRateLimit))
	s.HandleControl("POST keys", emulator.HandlePost(func(_ context.Context, in struct {
		Roles []string `json:"roles"`
	}) (any, error) {
		for _, role := range in.Roles {
			if message := oneOf("a role", role, KeyRoles); message != "" {
				return nil, errors.New(message)
			}
		}
		return map[string]any{"key": s.AddKey(in.Roles...)}, nil
	}))
	s.HandleControl("POST keys/revoke", emulator.HandlePost(func(_ context.Context, in struct {
		Key string `json:"key"`
	}) (any, error) {
		if !s.RevokeKey(cmp.Or(in.Key, s.APIKey)) {
			return nil, errors.New("the key is not valid already")
		}
		return map[string]any{}, nil
	}))
}

func (s *Server) controlIncidents(context.Context, url.Values) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	keys := map[string]string{}
	for _, i := range s.incidents {
		keys[i.ID] = i.IdempotencyKey
	}
	return map[string]any{"incidents": convert(s.incidents, s.toAPILocked), "idempotency_keys": keys}, nil
}

func (s *Server) controlRateLimit(_ context.Context, in struct {
	Times     int  `json:"times"`
	Seconds   int  `json:"seconds"`
	Incidents bool `json:"incidents"`
}) (any, error) {
	if in.Times < 1 || in.Seconds < 0 || in.Seconds > 3600 {
		return nil, errors.New("times must be at least 1, and seconds between 0 and 3600")
	}
	if in.Incidents {
		s.RateLimitIncidents(in.Times)
	} else {
		s.RateLimit(in.Times, time.Duration(in.Seconds)*time.Second)
	}
	return map[string]any{}, nil
}
