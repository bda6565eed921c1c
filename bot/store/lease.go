package store

import (
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const leaseRenewInterval = leaseTTL / 3

// A Lease is held by one process at a time. A process that does not renew it loses it
// after 6 s. It is not safe for concurrent use.
type Lease struct {
	store *Store
	name  string
	owner string

	revision  uint64    // 0: not held
	renewedAt time.Time // when it was acquired or renewed
}

// NewLease makes a lease that is not held yet. The owner is unique among the processes.
func NewLease(s *Store, name, owner string) *Lease { return &Lease{store: s, name: name, owner: owner} }

// Hold acquires the lease or renews it. It reports false while another process holds it.
func (l *Lease) Hold(ctx context.Context) (bool, error) {
	if time.Since(l.renewedAt) < leaseRenewInterval {
		return true, nil
	}
	var err error
	if l.revision == 0 {
		l.revision, err = l.store.leases.Create(ctx, l.name, []byte(l.owner))
	} else {
		l.revision, err = l.store.leases.Update(ctx, l.name, []byte(l.owner), l.revision)
	}
	if err != nil {
		l.revision = 0
		if isConflict(err) {
			return false, nil
		}
		return false, fmt.Errorf("acquire lease: %w", err)
	}
	l.renewedAt = time.Now()
	return true, nil
}

// Release gives the lease to the next process.
func (l *Lease) Release(ctx context.Context) {
	if l.revision == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	_ = l.store.leases.Delete(ctx, l.name, jetstream.LastRevision(l.revision))
}
