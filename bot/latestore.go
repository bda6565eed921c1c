package bot

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"foghorn/bot/request"
	"foghorn/bot/store"
)

var errNotOpen = errors.New("the store is not open yet")

// submissionWait is how long a submission waits for the store to open. Slack waits 3 s for its answer.
const submissionWait = 2 * time.Second

// A lateStore is the store, which is opened while the bot already answers. Until then nothing can be stored in it.
type lateStore struct {
	opened chan struct{} // closed when the store is open
	store  atomic.Pointer[store.Store]
}

func newLateStore() *lateStore { return &lateStore{opened: make(chan struct{})} }

func (l *lateStore) set(s *store.Store) {
	l.store.Store(s)
	close(l.opened)
}

// get returns the store, or errNotOpen.
func (l *lateStore) get() (*store.Store, error) {
	if s := l.store.Load(); s != nil {
		return s, nil
	}
	return nil, errNotOpen
}

// wait waits until the store is open, for a limited time.
func (l *lateStore) wait(ctx context.Context, limit time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	select {
	case <-l.opened:
	case <-ctx.Done():
	}
}

// index returns the overview of the requests; it is empty until the store is open.
func (l *lateStore) index() *store.Index {
	if s := l.store.Load(); s != nil {
		return s.Index()
	}
	return &store.Index{}
}

func (l *lateStore) close() {
	if s := l.store.Load(); s != nil {
		s.Close()
	}
}

// CheckReady reports why nothing can be written now.
func (l *lateStore) CheckReady(ctx context.Context) error {
	s, err := l.get()
	if err != nil {
		return err
	}
	return s.CheckReady(ctx)
}

// Size is the size of the store in bytes.
func (l *lateStore) Size() uint64 {
	if s := l.store.Load(); s != nil {
		return s.Size()
	}
	return 0
}

// await returns the store, for which it waits submissionWait.
func (l *lateStore) await(ctx context.Context) (*store.Store, error) {
	l.wait(ctx, submissionWait)
	return l.get()
}

// Accept stores a new request.
func (l *lateStore) Accept(ctx context.Context, r *request.Request) error {
	s, err := l.await(ctx)
	if err != nil {
		return err
	}
	return s.Accept(ctx, r)
}

// LoadDraft reads what was kept of an open form.
func (l *lateStore) LoadDraft(ctx context.Context, viewID string, draft any) (found bool, err error) {
	s, err := l.await(ctx)
	if err != nil {
		return false, err
	}
	return s.LoadDraft(ctx, viewID, draft)
}

// SaveDraft keeps a draft of an open form.
func (l *lateStore) SaveDraft(ctx context.Context, viewID string, draft any) error {
	s, err := l.await(ctx)
	if err != nil {
		return err
	}
	return s.SaveDraft(ctx, viewID, draft)
}

// ListOpen lists the requests of a user that have not ended.
func (l *lateStore) ListOpen(ctx context.Context, user string, limit int) ([]*request.Request, error) {
	s, err := l.await(ctx)
	if err != nil {
		return nil, err
	}
	return store.History{Store: s}.ListOpen(ctx, user, limit)
}

// ListEnded lists the requests of a user that ended last.
func (l *lateStore) ListEnded(ctx context.Context, user string, limit int) ([]*request.Request, error) {
	s, err := l.await(ctx)
	if err != nil {
		return nil, err
	}
	return store.History{Store: s}.ListEnded(ctx, user, limit)
}
