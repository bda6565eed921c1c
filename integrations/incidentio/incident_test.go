package incidentio_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"foghorn/integrations/incidentio"
)

// pages answers with pages of two incidents, which lead to one another.
func pages(asked *[]url.Values, after ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		n := len(*asked)
		*asked = append(*asked, r.URL.Query())
		incidents := fmt.Sprintf(`{"id":"%d"},{"id":"%d"}`, 2*n, 2*n+1)
		if n == len(after) {
			incidents = ""
		}
		meta := `{}`
		if n < len(after) && after[n] != "" {
			meta = fmt.Sprintf(`{"after":%q,"page_size":2}`, after[n])
		}
		_, _ = fmt.Fprintf(w, `{"incidents":[%s],"pagination_meta":%s}`, incidents, meta)
	}
}

func TestIncidentsPages(t *testing.T) {
	for name, tc := range map[string]struct {
		after []string
		want  string
		calls int
	}{
		"one page":                 {[]string{""}, "0 1", 1},
		"three pages":              {[]string{"1", "3", ""}, "0 1 2 3 4 5", 3},
		"a page after the last":    {[]string{"1", "3"}, "0 1 2 3", 3},
		"a page that leads back":   {[]string{"1", "1", "1", "1"}, "0 1 2 3", 2},
		"no incidents, and no end": {nil, "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			var asked []url.Values
			c := newTestClient(t, pages(&asked, tc.after...))
			var got []string
			for i, err := range c.Incidents(t.Context(), incidentio.IncidentsQuery{}) {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, i.ID)
			}
			if strings.Join(got, " ") != tc.want || len(asked) != tc.calls {
				t.Errorf("got %q in %d calls, want %q in %d", got, len(asked), tc.want, tc.calls)
			}
		})
	}
}

func TestIncidentsQuery(t *testing.T) {
	var asked []url.Values
	c := newTestClient(t, pages(&asked, "1", "3", ""))
	seen := 0
	for range c.Incidents(t.Context(), incidentio.IncidentsQuery{
		Statuses: []string{"s1", "s2"}, Categories: []string{"live"}, Severities: []string{"v"}, Modes: []string{"test"}, PageSize: 999,
	}) {
		if seen++; seen == 3 {
			break // the third page is not asked for
		}
	}
	want := url.Values{
		"page_size": {"250"}, "sort_by": {"created_at_newest_first"}, "status[one_of]": {"s1", "s2"},
		"status_category[one_of]": {"live"}, "severity[one_of]": {"v"}, "mode[one_of]": {"test"},
	}
	if len(asked) != 2 {
		t.Fatalf("%d calls", len(asked))
	}
	if diff := cmp.Diff(want, asked[0]); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if got := asked[1].Get("after"); got != "1" {
		t.Errorf("after %q", got)
	}
}

func TestIncidentsFail(t *testing.T) {
	calls := 0
	c := newTestClient(t, func(w http.ResponseWriter, _ *http.Request) {
		if calls++; calls == 2 {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		_, _ = io.WriteString(w, `{"incidents":[{"id":"0"}],"pagination_meta":{"after":"0"}}`)
	})
	var got []string
	for i, err := range c.Incidents(t.Context(), incidentio.IncidentsQuery{}) {
		got = append(got, fmt.Sprint(i.ID, err))
	}
	if want := []string{"0<nil>", "list incidents: 500 Internal Server Error"}; cmp.Diff(want, got) != "" {
		t.Errorf("got %q", got)
	}
}
