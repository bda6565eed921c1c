package dialog

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"foghorn/bot/slacktext"
	"foghorn/integrations/port"
)

const (
	// actionsAge is how long the list of actions is used without reading it again in the background.
	actionsAge = time.Minute

	// actionsRetryDelay is when it is read again after a failure, if it is used.
	actionsRetryDelay = 5 * time.Second

	// actionsTimeout bounds the reading of the list.
	actionsTimeout = 15 * time.Second

	maxActions     = 5000 // that can be chosen
	maxDescription = 500  // UTF-16 code units of a description that are searched
)

// Actions lists the actions of the organization. A port.Definitions is one.
type Actions interface {
	ListSelfServiceActions(ctx context.Context) ([]port.ListedAction, error)
}

// A listedAction is an action that can be chosen.
type listedAction struct {
	id, label string
	title     string // in lower case
	words     string // what is searched, in lower case
}

// actionList caches the actions that can be chosen. It is read once, and while it is used again in the background.
type actionList struct {
	port       Actions
	offers     func(action string) bool
	onError    func(error)
	background *sync.WaitGroup

	mu      sync.Mutex
	actions []listedAction // by title
	known   bool           // it was read
	err     error          // of the latest read
	begun   time.Time      // the latest read
	reading chan struct{}  // closed when the latest read has ended; nil: none is in progress
}

// get returns the list. It waits for the first read only.
func (l *actionList) get(ctx context.Context) ([]listedAction, error) {
	l.mu.Lock()
	if l.beginLocked() {
		ctx := context.WithoutCancel(ctx) // the caller's deadline is for its answer
		l.background.Go(func() { l.read(ctx) })
	}
	reading := l.reading
	if l.known || reading == nil {
		defer l.mu.Unlock()
		return l.resultLocked()
	}
	l.mu.Unlock()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-reading:
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.resultLocked()
}

// readFirst reads the list, unless that has begun already.
func (l *actionList) readFirst(ctx context.Context) {
	l.mu.Lock()
	begins := l.beginLocked()
	l.mu.Unlock()
	if begins {
		l.read(ctx)
	}
}

// beginLocked reports that the list is to be read now, by the caller.
func (l *actionList) beginLocked() bool {
	age := actionsAge
	if l.err != nil {
		age = actionsRetryDelay
	}
	if l.reading != nil || !l.begun.IsZero() && time.Since(l.begun) <= age {
		return false
	}
	l.begun, l.reading = time.Now(), make(chan struct{})
	return true
}

// resultLocked is the list, or why it was never read.
func (l *actionList) resultLocked() ([]listedAction, error) {
	if l.known {
		return l.actions, nil
	}
	return nil, l.err
}

// isKnown reports that get does not wait.
func (l *actionList) isKnown() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.known
}

func (l *actionList) read(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, actionsTimeout)
	defer cancel()
	listed, err := l.port.ListSelfServiceActions(ctx)
	var actions []listedAction
	if err == nil {
		actions = l.convert(listed)
	} else {
		l.onError(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	close(l.reading)
	l.reading, l.err = nil, err
	if err == nil {
		l.actions, l.known = actions, true
	}
}

// convert makes the list from Port's: of actions that are published and can be chosen. The labels of
// actions of the same title end with their identifiers.
func (l *actionList) convert(listed []port.ListedAction) []listedAction {
	listed = slices.DeleteFunc(listed, func(a port.ListedAction) bool { return !a.Published || !l.offers(a.Identifier) })
	if len(listed) > maxActions {
		l.onError(fmt.Errorf("only %d of %d actions can be chosen", maxActions, len(listed)))
		listed = listed[:maxActions]
	}
	sameTitle := map[string]int{}
	out := make([]listedAction, 0, len(listed))
	for _, a := range listed {
		label := slacktext.SingleLine(a.Title)
		if label == "" {
			label = slacktext.SingleLine(a.Identifier)
		}
		title := strings.ToLower(label)
		sameTitle[title]++
		description := slacktext.Truncate(slacktext.SingleLine(a.Description), maxDescription)
		out = append(out, listedAction{
			id: a.Identifier, label: slacktext.Truncate(label, maxName), title: title,
			words: strings.ToLower(strings.Join([]string{label, a.Identifier, a.Blueprint, description}, "\n")),
		})
	}
	for i, a := range out {
		if sameTitle[a.title] > 1 {
			out[i].label = labelWithID(a.label, a.id)
			out[i].words += "\n" + strings.ToLower(out[i].label)
		}
	}
	slices.SortFunc(out, func(a, b listedAction) int {
		return cmp.Or(strings.Compare(a.title, b.title), strings.Compare(a.id, b.id))
	})
	return out
}

// labelWithID is a label of at most 75 characters that ends with the identifier.
func labelWithID(title, id string) string {
	const maxLabel, maxID = 75, 40
	id = slacktext.Truncate(slacktext.SingleLine(id), maxID)
	return slacktext.Truncate(title, maxLabel-slacktext.Length(id)-len(" ()")) + " (" + id + ")"
}

// searchActions are the actions that contain all words of a query: first those that were used recently, then those
// whose title begins with it, then those whose title contains it.
func searchActions(actions []listedAction, query string, recent []string) []listedAction {
	query = strings.ToLower(strings.TrimSpace(query))
	words := strings.Fields(query)
	ranked := make([][]listedAction, len(recent)+3)
	for _, a := range actions {
		if slices.ContainsFunc(words, func(w string) bool { return !strings.Contains(a.words, w) }) {
			continue
		}
		rank := slices.Index(recent, a.id)
		switch {
		case rank >= 0:
		case strings.HasPrefix(a.title, query):
			rank = len(recent)
		case strings.Contains(a.title, query):
			rank = len(recent) + 1
		default:
			rank = len(recent) + 2
		}
		ranked[rank] = append(ranked[rank], a)
	}
	return slices.Concat(ranked...)
}
