package bot

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"foghorn/integrations/port"
)

// driftInterval is how often Port is compared with incident.io.
const driftInterval = 24 * time.Hour

// watchDrift logs, each time they change, which severities and statuses of incident.io the definitions in Port lack,
// until ctx ends. Nothing waits for it.
func (b *Bot) watchDrift(ctx context.Context) {
	tick := time.NewTicker(driftInterval)
	defer tick.Stop()
	for logged := ""; ; {
		severities, statuses, err := b.findDrift(ctx)
		if err != nil && ctx.Err() == nil {
			b.cfg.Log.WithError(err).Debug("failed to compare Port with incident.io; will retry in a day")
		}
		found := strings.Join(append(slices.Clone(severities), statuses...), "\n")
		if log := b.cfg.Log.WithField("hint", "run foghorn apply"); found != logged {
			if len(severities) > 0 {
				log.WithField("severities", severities).Warn("the form lacks severities that incident.io has")
			}
			if len(statuses) > 0 {
				log.WithField("statuses", statuses).Warn("the blueprint lacks statuses that incident.io has, and entities cannot show them")
			}
		}
		logged = found
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// findDrift lists the severities that the form does not offer, and the statuses that the blueprint does not allow.
func (b *Bot) findDrift(ctx context.Context) (severities, statuses []string, err error) {
	offered, err := b.offeredSeverities(ctx)
	if err == nil && offered != nil {
		all, listErr := b.cfg.Incidents.ListSeverities(ctx)
		err = listErr
		for _, s := range all {
			severities = appendMissing(severities, offered, s.Name)
		}
	}
	if b.cfg.CatalogBlueprint == "" {
		return severities, nil, err
	}
	properties, readErr := port.NewCatalog(b.cfg.Port).ListProperties(ctx, b.cfg.CatalogBlueprint)
	if allowed := properties["status"].Enum; allowed != nil {
		all, listErr := b.cfg.Incidents.ListStatuses(ctx)
		readErr = listErr
		for _, s := range all {
			statuses = appendMissing(statuses, allowed, s.Name)
		}
	}
	return severities, statuses, errors.Join(err, readErr)
}

// appendMissing appends a name that is in neither list. An empty one cannot be a value in Port.
func appendMissing(missing, have []string, name string) []string {
	name = strings.TrimSpace(name)
	if name == "" || slices.Contains(have, name) || slices.Contains(missing, name) {
		return missing
	}
	return append(missing, name)
}

// offeredSeverities are the severities in the form of an action that declares incidents; nil: it has none, or the
// action does something else.
func (b *Bot) offeredSeverities(ctx context.Context) ([]string, error) {
	action, err := b.cfg.Port.GetAction(ctx, b.cfg.Action)
	if err != nil {
		return nil, err
	}
	var d struct {
		Trigger struct {
			UserInputs struct {
				Properties struct {
					Severity struct {
						Enum json.RawMessage `json:"enum"`
					} `json:"severity"`
				} `json:"properties"`
			} `json:"userInputs"`
		} `json:"trigger"`
		InvocationMethod struct {
			URL string `json:"url"`
		} `json:"invocationMethod"`
	}
	var names []string
	if json.Unmarshal(action.Raw, &d) != nil || !strings.HasSuffix(d.InvocationMethod.URL, "/v2/incidents") ||
		json.Unmarshal(d.Trigger.UserInputs.Properties.Severity.Enum, &names) != nil {
		return nil, nil
	}
	return names, nil
}
