package port

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"foghorn/integrations/rest"
)

const (
	// logPage is how many log entries one answer holds.
	// https://docs.port.io/api-reference/get-an-actions-run-logs
	logPage = 50

	// MaxRunLogs is how many log entries of a run are read.
	MaxRunLogs = 1000
)

// A RunLog is one entry in the log of a run.
type RunLog struct {
	ID        string
	Message   string
	CreatedBy string
	CreatedAt time.Time
}

// UnmarshalJSON reads a log entry. It never fails: what is none has no ID.
func (l *RunLog) UnmarshalJSON(data []byte) error {
	var w struct {
		ID        string `json:"id"`
		Message   string `json:"message"`
		CreatedBy string `json:"createdBy"`
		CreatedAt string `json:"createdAt"`
	}
	_ = json.Unmarshal(data, &w)
	*l = RunLog{ID: w.ID, Message: w.Message, CreatedBy: w.CreatedBy, CreatedAt: parseTime(w.CreatedAt)}
	return nil
}

// RunLogs reads the log of a run, the first MaxRunLogs entries in the order that Port gives.
// https://docs.port.io/api-reference/get-an-actions-run-logs
//
//api:operation GET /v1/actions/runs/{run_id}/logs
func (c *Client) RunLogs(ctx context.Context, id string) ([]RunLog, error) {
	op := fmt.Sprintf("read log of run %q", id)
	var logs []RunLog
	for offset := 0; offset < MaxRunLogs; offset += logPage {
		query := url.Values{"limit": {strconv.Itoa(logPage)}, "offset": {strconv.Itoa(offset)}}
		answer, err := call[struct{ RunLogs rest.List[RunLog] }](ctx, c, op, http.MethodGet, rest.Path("v1", "actions", "runs", id, "logs"), query, nil)
		if err != nil {
			return nil, err
		}
		logs = append(logs, answer.RunLogs.Items...)
		if len(answer.RunLogs.Items) < logPage {
			break
		}
	}
	return logs, nil
}
