package port

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"foghorn/integrations/rest"
)

const (
	runLogPage     = 50 // Port's largest page of a log
	maxRunLogPages = 40
)

// A LogLine is an entry of a run's log. Members that Port did not send are zero.
type LogLine struct {
	Message   string
	CreatedAt time.Time
}

// UnmarshalJSON reads an entry. It never fails: a value that is not one has no message.
func (l *LogLine) UnmarshalJSON(data []byte) error {
	var w struct {
		Message   string `json:"message"`
		CreatedAt string `json:"createdAt"`
	}
	_ = json.Unmarshal(data, &w) // see decode.go
	*l = LogLine{Message: w.Message, CreatedAt: parseTime(w.CreatedAt)}
	return nil
}

// ListRunLog lists the entries of a run's log, the oldest first. Port does not document the order in which it lists them,
// so all are read. A log of 2,000 entries or more is an error.
// https://docs.port.io/api-reference/get-a-runs-audit-logs
//
//api:operation GET /v1/actions/runs/{run_id}/logs
func (c *Client) ListRunLog(ctx context.Context, id string) ([]LogLine, error) {
	op := fmt.Sprintf("list log of run %q", id)
	var lines []LogLine
	for page := range maxRunLogPages {
		query := url.Values{"limit": {strconv.Itoa(runLogPage)}, "offset": {strconv.Itoa(page * runLogPage)}}
		res, err := call[struct{ RunLogs rest.List[LogLine] }](ctx, c, op, http.MethodGet, rest.Path("v1", "actions", "runs", id, "logs"), query, nil)
		if err != nil {
			return nil, err
		}
		lines = append(lines, res.RunLogs.Items...)
		if len(res.RunLogs.Items) < runLogPage {
			return sortLog(lines), nil
		}
	}
	return nil, fmt.Errorf("%s: it has %d entries or more", op, maxRunLogPages*runLogPage)
}

func sortLog(lines []LogLine) []LogLine {
	lines = slices.DeleteFunc(lines, func(l LogLine) bool { return l.Message == "" })
	slices.SortStableFunc(lines, func(a, b LogLine) int { return a.CreatedAt.Compare(b.CreatedAt) })
	return lines
}
