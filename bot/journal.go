package bot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"foghorn/bot/form"
)

// errChanged says that somebody else has written the record since it was read.
var errChanged = errors.New("the record was changed meanwhile")

// acceptTimeout bounds the write that must be done before Slack's 3 s are over.
const acceptTimeout = 2500 * time.Millisecond

// A journal keeps the requests. Its zero value is of no use; openStore's is.
type journal struct{ *store }

// plainKey is what a view id looks like. Others are hashed: keys are subjects of the store.
var plainKey = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// requestID makes the id of the request that a view becomes.
func requestID(viewID string) string {
	if plainKey.MatchString(viewID) {
		return viewID
	}
	sum := sha256.Sum256([]byte(viewID))
	return "h" + hex.EncodeToString(sum[:16])
}

// accept puts a new request on disk. When it returns nil the request will be carried out,
// whatever happens to this process. The same request twice is one.
func (j journal) accept(ctx context.Context, r *Request) error {
	if err := j.condition.trouble(); err != nil {
		return fmt.Errorf("accept request: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, acceptTimeout)
	defer cancel()
	data, err := r.encode()
	if err != nil {
		return fmt.Errorf("accept request: %w", err)
	}
	if _, err := j.js.Publish(ctx, subjectAccepted+r.ID, data, jetstream.WithMsgID(r.ID)); err != nil {
		return fmt.Errorf("accept request: %w", err)
	}
	return nil
}

// wake has the corridor look at a request.
func (j journal) wake(ctx context.Context, id string) error {
	if _, err := j.js.Publish(ctx, subjectWake+id, nil); err != nil {
		return fmt.Errorf("wake request: %w", err)
	}
	return nil
}

// load reads a request. It gives jetstream.ErrKeyNotFound when there is none.
func (j journal) load(ctx context.Context, id string) (*Request, error) {
	entry, err := j.requests.Get(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("load request: %w", err)
	}
	r, err := decode(entry.Value())
	if err != nil {
		return nil, err
	}
	r.revision, r.logged = entry.Revision(), r.Stage
	return r, nil
}

// save writes a request down. It gives errChanged, and writes nothing, when the record is
// not the one that was read.
func (j journal) save(ctx context.Context, r *Request) error {
	data, err := r.encode()
	if err != nil {
		return fmt.Errorf("save request: %w", err)
	}
	var revision uint64
	if r.revision == 0 {
		revision, err = j.requests.Create(ctx, r.ID, data)
	} else {
		revision, err = j.requests.Update(ctx, r.ID, data, r.revision)
	}
	switch {
	case err == nil:
		r.revision = revision
		return nil
	case errors.Is(err, jetstream.ErrKeyExists), wrongRevision(err):
		return errChanged
	}
	return fmt.Errorf("save request: %w", err)
}

// lostRace is what a cluster says of a write that came behind another one of the same key.
const lostRace jetstream.ErrorCode = 10164

func wrongRevision(err error) bool {
	api, ok := errors.AsType[*jetstream.APIError](err)
	return ok && (api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence || api.ErrorCode == lostRace)
}

const claimPrefix = "run." // + run id: the request that adopted it

// claim makes a run this request's own, for ever. It reports false when it is another's.
func (j journal) claim(ctx context.Context, runID, id string) (bool, error) {
	if !plainKey.MatchString(runID) {
		return false, fmt.Errorf("claim run: odd run id")
	}
	_, err := j.requests.Create(ctx, claimPrefix+runID, []byte(id))
	if err == nil {
		return true, nil
	}
	if !errors.Is(err, jetstream.ErrKeyExists) && !wrongRevision(err) {
		return false, fmt.Errorf("claim run: %w", err)
	}
	entry, err := j.requests.Get(ctx, claimPrefix+runID)
	if err != nil {
		return false, fmt.Errorf("claim run: %w", err)
	}
	return string(entry.Value()) == id, nil
}

// draft reads what earlier steps of an open form hold. No draft is no values.
func (j journal) draft(ctx context.Context, viewID string) (form.Values, error) {
	entry, err := j.drafts.Get(ctx, requestID(viewID))
	if errors.Is(err, jetstream.ErrKeyNotFound) {
		return form.Values{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read draft: %w", err)
	}
	var v form.Values
	if err := json.Unmarshal(entry.Value(), &v); err != nil {
		return nil, fmt.Errorf("read draft: %w", err)
	}
	return v, nil
}

// saveDraft keeps the values of an open form.
func (j journal) saveDraft(ctx context.Context, viewID string, v form.Values) error {
	data, err := json.Marshal(v)
	if err == nil {
		_, err = j.drafts.Put(ctx, requestID(viewID), data)
	}
	if err != nil {
		return fmt.Errorf("save draft: %w", err)
	}
	return nil
}
