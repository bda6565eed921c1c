package bot

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"foghorn/bot/request"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/yaml"
)

const observability = "../manifests/observability/"

// registeredMetrics gives the labels of each of the bot's metrics, by name.
func registeredMetrics(t *testing.T) map[string][]string {
	t.Helper()
	m := NewMetrics()
	m.observe(&Bot{})
	descs := make(chan *prometheus.Desc)
	go func() {
		defer close(descs)
		m.registry.Describe(descs)
	}()
	shown := regexp.MustCompile(`fqName: "(foghorn_\w+)".*variableLabels: \{([^}]*)\}`)
	out := map[string][]string{}
	for d := range descs {
		if found := shown.FindStringSubmatch(d.String()); found != nil {
			out[found[1]] = strings.FieldsFunc(found[2], func(r rune) bool { return r == ',' })
		}
	}
	if len(out) < 10 {
		t.Fatalf("only these are registered: %v", out)
	}
	return out
}

// metricName finds the bot's own metrics in a text. A histogram has three suffixes.
var (
	metricName      = regexp.MustCompile(`\bfoghorn_[a-z_]+`)
	histogramSuffix = regexp.MustCompile(`_seconds_(bucket|count|sum)$`)
)

// checkMetricNames checks that the metrics that a text names are the bot's.
func checkMetricNames(t *testing.T, where, text string, metrics map[string][]string) {
	t.Helper()
	for _, name := range metricName.FindAllString(text, -1) {
		if _, ok := metrics[histogramSuffix.ReplaceAllString(name, "_seconds")]; !ok {
			t.Errorf("%s names %s, which there is not", where, name)
		}
	}
}

func TestMetrics_Documented(t *testing.T) {
	metrics := registeredMetrics(t)
	readme, err := os.ReadFile(observability + "README.md")
	if err != nil {
		t.Fatal(err)
	}
	checkMetricNames(t, "README.md", string(readme), metrics)
	for name, labels := range metrics {
		row := regexp.MustCompile("(?m)^\\| `" + name + "` \\|([^|]*)\\|([^|]*)\\|").FindStringSubmatch(string(readme))
		if row == nil {
			t.Errorf("%s is not documented", name)
			continue
		}
		var documented []string
		for _, l := range regexp.MustCompile("`(\\w+)`:").FindAllStringSubmatch(row[2], -1) {
			documented = append(documented, l[1])
		}
		if !slices.Equal(documented, labels) {
			t.Errorf("%s has the labels %v, documented are %v", name, labels, documented)
		}
		counter := strings.HasSuffix(name, "_total")
		if kind := strings.TrimSpace(row[1]); counter != (kind == "counter") {
			t.Errorf("%s is a %s", name, kind)
		}
	}
}

// quotedString is a string in PromQL.
var quotedString = regexp.MustCompile(`"[^"]*"`)

// checkExpression checks what an expression names, and its brackets.
func checkExpression(t *testing.T, where, expr string, metrics map[string][]string) {
	t.Helper()
	checkMetricNames(t, where, expr, metrics)
	bare := quotedString.ReplaceAllString(expr, "")
	for _, pair := range []string{"()", "{}", "[]"} {
		if opened, closed := strings.Count(bare, pair[:1]), strings.Count(bare, pair[1:]); opened != closed {
			t.Errorf("%s: %d %c and %d %c in %s", where, opened, pair[0], closed, pair[1], expr)
		}
	}
	labels := []string{"job", "le"}
	for _, name := range metricName.FindAllString(bare, -1) {
		labels = append(labels, metrics[histogramSuffix.ReplaceAllString(name, "_seconds")]...)
	}
	for _, found := range regexp.MustCompile(`by \(([^)]*)\)|\{([^}]*)\}`).FindAllStringSubmatch(bare, -1) {
		for l := range strings.FieldsFuncSeq(found[1]+","+found[2], func(r rune) bool { return !('a' <= r && r <= 'z' || r == '_') }) {
			if !slices.Contains(labels, l) {
				t.Errorf("%s: the label %s, known are %v", where, l, labels)
			}
		}
	}
}

func TestMetrics_Alerts(t *testing.T) {
	data, err := os.ReadFile(observability + "alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Name  string `json:"name"`
			Rules []struct {
				Alert       string            `json:"alert"`
				Expr        string            `json:"expr"`
				For         string            `json:"for"`
				Labels      map[string]string `json:"labels"`
				Annotations map[string]string `json:"annotations"`
			} `json:"rules"`
		} `json:"groups"`
	}
	if err := yaml.UnmarshalStrict(data, &file); err != nil {
		t.Fatal(err)
	}
	metrics, seen := registeredMetrics(t), map[string]bool{}
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			if seen[r.Alert] || !strings.HasPrefix(r.Alert, "Foghorn") {
				t.Errorf("the alert %q is there twice, or is not called Foghorn…", r.Alert)
			}
			seen[r.Alert] = true
			checkExpression(t, r.Alert, r.Expr, metrics)
			checkMetricNames(t, r.Alert, r.Annotations["description"], metrics)
			if _, err := time.ParseDuration(r.For); err != nil {
				t.Errorf("%s: for: %v", r.Alert, err)
			}
			if !slices.Contains([]string{"critical", "warning", "info"}, r.Labels["severity"]) {
				t.Errorf("%s: the severity %q", r.Alert, r.Labels["severity"])
			}
			if !slices.Equal(slices.Sorted(maps.Keys(r.Annotations)), []string{"description", "summary"}) {
				t.Errorf("%s: the annotations %v", r.Alert, r.Annotations)
			}
		}
	}
	if len(seen) == 0 {
		t.Error("there are no alerts")
	}
}

func TestMetrics_Dashboard(t *testing.T) {
	data, err := os.ReadFile(observability + "dashboard.json")
	if err != nil {
		t.Fatal(err)
	}
	type source struct{ Type, UID string }
	var board struct {
		SchemaVersion int
		Templating    struct{ List []struct{ Name, Type string } }
		Panels        []struct {
			ID                       int
			Type, Title, Description string
			Datasource               source
			GridPos                  struct{ H, W, X, Y int }
			Targets                  []struct {
				Expr       string
				Datasource source
			}
		}
	}
	if err := json.Unmarshal(data, &board); err != nil {
		t.Fatal(err)
	}
	if list := board.Templating.List; board.SchemaVersion == 0 || len(list) == 0 || list[0].Name != "datasource" || list[0].Type != "datasource" {
		t.Errorf("schema %d, variables %v", board.SchemaVersion, list)
	}
	metrics, ids, taken := registeredMetrics(t), map[int]bool{}, map[[2]int]string{}
	shown := ""
	for _, p := range board.Panels {
		if ids[p.ID] {
			t.Errorf("two panels have the id %d", p.ID)
		}
		ids[p.ID] = true
		for x := range p.GridPos.W {
			for y := range p.GridPos.H {
				at := [2]int{p.GridPos.X + x, p.GridPos.Y + y}
				if taken[at] != "" || at[0] >= 24 {
					t.Fatalf("%s lies on %s at %v", p.Title, taken[at], at)
				}
				taken[at] = p.Title
			}
		}
		if p.Type == "row" {
			continue
		}
		if p.Title == "" || p.Description == "" || len(p.Targets) == 0 {
			t.Errorf("panel %d (%s) lacks a title, a description or a target", p.ID, p.Title)
		}
		for _, target := range p.Targets {
			if target.Datasource.UID != "${datasource}" || p.Datasource != target.Datasource {
				t.Errorf("%s reads %v", p.Title, target.Datasource)
			}
			checkExpression(t, p.Title, target.Expr, metrics)
			shown += target.Expr
		}
	}
	for name := range metrics {
		if !strings.Contains(shown, name) {
			t.Errorf("no panel shows %s", name)
		}
	}
}

// TestMetrics_BoundedLabels checks that unknown values do not add time series.
func TestMetrics_BoundedLabels(t *testing.T) {
	m := NewMetrics()
	arrive := func(n int) {
		for i := range n {
			odd := fmt.Sprintf("odd \xff\n%d", i)
			m.SlackCall("chat.postMessage", odd, time.Second)
			m.PortCall("read run", 1000+i, time.Second, nil)
			m.PortCall("read run", -i, time.Second, nil)
			m.StageRetried(request.Stage(odd))
			m.ConnectionError(odd)
		}
	}
	count := func() (n int) {
		families, err := m.registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			if strings.HasPrefix(f.GetName(), "foghorn_") {
				n += len(f.GetMetric())
			}
		}
		return n
	}
	arrive(2)
	few := count()
	arrive(500)
	if n := count(); n != few {
		t.Errorf("%d series, and %d after more odd values", few, n)
	}
}
