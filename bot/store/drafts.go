package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// LoadDraft reads the values of earlier pages of an open form, by Slack's id of the view.
// Without a draft it returns an empty map.
func (s *Store) LoadDraft(ctx context.Context, viewID string) (map[string]any, error) {
	values := map[string]any{}
	entry, err := s.drafts.Get(ctx, draftName(viewID))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return values, nil
	}
	if err != nil {
		return nil, fmt.Errorf("load draft: %w", err)
	}
	data, err := unseal(s.draftKey(viewID), entry.Value())
	if err != nil { // the secret was changed since
		return values, nil
	}
	if err := json.Unmarshal(data, &values); err != nil {
		return nil, fmt.Errorf("load draft: %w", err)
	}
	return values, nil
}

// SaveDraft keeps the values of an open form for a day.
func (s *Store) SaveDraft(ctx context.Context, viewID string, values map[string]any) error {
	data, err := json.Marshal(values)
	if err == nil {
		_, err = s.drafts.Put(ctx, draftName(viewID), seal(s.draftKey(viewID), data))
	}
	if err != nil {
		return fmt.Errorf("save draft: %w", err)
	}
	return nil
}
