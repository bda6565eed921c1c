package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go/jetstream"
)

// LoadDraft reads what was kept of an open form into draft, by Slack's id of the view. It reports false if there
// is nothing: it was never kept, has expired, is in another store, or was encrypted with another secret.
func (s *Store) LoadDraft(ctx context.Context, viewID string, draft any) (found bool, err error) {
	entry, err := s.drafts.Get(ctx, draftName(viewID))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("load draft: %w", err)
	}
	data, err := unseal(s.draftKey(viewID), entry.Value())
	if err != nil {
		return false, nil
	}
	if err := json.Unmarshal(data, draft); err != nil {
		return false, fmt.Errorf("load draft: %w", err)
	}
	return true, nil
}

// SaveDraft keeps a draft of an open form, as JSON, for a day.
func (s *Store) SaveDraft(ctx context.Context, viewID string, draft any) error {
	data, err := json.Marshal(draft)
	if err == nil {
		_, err = s.drafts.Put(ctx, draftName(viewID), seal(s.draftKey(viewID), data))
	}
	if err != nil {
		return fmt.Errorf("save draft: %w", err)
	}
	return nil
}
