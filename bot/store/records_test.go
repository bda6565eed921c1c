package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"foghorn/bot/request"
)

// writeFixture writes the records of a file as the version that made them did.
func writeFixture(t *testing.T, s *Store, file string) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		Submissions, Requests, Ended map[string]json.RawMessage
		Drafts                       map[string][]byte
	}
	err = json.Unmarshal(data, &f)
	publish := func(subject string, data []byte) {
		_, publishErr := s.js.Publish(t.Context(), subject, data)
		err = errors.Join(err, publishErr)
	}
	for id, data := range f.Submissions {
		publish(subjectAccepted+id, data)
	}
	for id, data := range f.Requests {
		_, putErr := s.requests.Put(t.Context(), id, data)
		err = errors.Join(err, putErr)
	}
	for _, data := range f.Ended {
		publish(endedSubject("U0ALICE"), data)
	}
	for view, data := range f.Drafts {
		_, putErr := s.drafts.Put(t.Context(), draftName(view), data)
		err = errors.Join(err, putErr)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// nextTasks are the next tasks of the store.
func nextTasks(t *testing.T, s *Store, n int) (next []*Task) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	tasks, err := s.Tasks(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for task := range tasks {
		if next = append(next, task); len(next) == n {
			return next
		}
	}
	t.Fatalf("there are %d tasks", len(next))
	return nil
}

// openTestRecords opens the records of a store that is running, through its control socket.
func openTestRecords(t *testing.T, s *Store) *Records {
	t.Helper()
	r, err := OpenRecords(t.Context(), Config{Dir: s.dir, Log: testLog(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

// listRecords lists all records by id.
func listRecords(t *testing.T, r *Records) map[string]Record {
	t.Helper()
	open, err := r.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]Record{}
	for _, rec := range open {
		all[rec.ID] = rec
	}
	for rec, err := range r.Ended(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		all[rec.ID] = rec
	}
	return all
}

// TestRecords_EarlierVersion reads what the version before wrote: records, submissions, a draft and the log.
func TestRecords_EarlierVersion(t *testing.T) {
	s := newStore(t)
	writeFixture(t, s, "records-v1.json")
	draft := map[string]string{}
	if found, err := s.LoadDraft(t.Context(), "V0DRAFT", &draft); !found || err != nil || draft["name"] != "Checkout is down" {
		t.Errorf("the draft: %v, %v, %v", draft, found, err)
	}
	for _, task := range nextTasks(t, s, 2) {
		r, err := task.Load(t.Context())
		if err != nil || r.Properties["name"] != "Checkout is down" || r.Stage == request.Notifying && (r.Email != "alice@example.com" || r.Outcome.Incident.Name != "Checkout is down") {
			t.Errorf("%s: %+v, %v", task.ID(), r, err)
		}
	}
	records := listRecords(t, openTestRecords(t, s))
	stages := map[string]request.Stage{}
	for id, r := range records {
		if stages[id] = r.Stage; r.Unsupported != "" || r.CreatedAt.IsZero() || r.User != "U0ALICE" {
			t.Errorf("%s: %+v", id, r)
		}
	}
	want := map[string]request.Stage{"V0ACCEPTED": request.Accepted, "V0NOTIFYING": request.Notifying, "V0TRACKING": request.Tracking, "V0ENDED": request.Done}
	if !maps.Equal(stages, want) || records["V0ENDED"].ArchivedAt.IsZero() {
		t.Errorf("the records are %v", stages)
	}
	r, err := s.load(t.Context(), "V0TRACKING", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Enter(request.Done)
	if steps := r.History; len(steps) != 2 || steps[0].Stage != request.Tracking || s.Save(t.Context(), r) != nil {
		t.Errorf("the history begins with %+v", steps)
	}
}

// TestRecords_LaterVersion lists what a later version wrote next to the others, and leaves it as it is.
func TestRecords_LaterVersion(t *testing.T) {
	s := newStore(t)
	writeFixture(t, s, "records-later.json")
	writeFixture(t, s, "records-v1.json")
	records := listRecords(t, openTestRecords(t, s))
	for _, id := range []string{"V0LATERSUBMISSION", "V0LATER", "V0LATERSTAGE", "V0LATERENDED"} {
		if r := records[id]; r.Request == nil || r.Unsupported == "" || r.CreatedAt.IsZero() {
			t.Errorf("%s is %+v", id, r)
		}
	}
	if len(records) != 8 {
		t.Errorf("%d records", len(records))
	}
	kv, err := s.requests.Get(t.Context(), "V0LATER")
	if err != nil || kv.Revision() > 2 || !strings.Contains(string(kv.Value()), "paused") {
		t.Errorf("the record is %v, %v", kv, err)
	}
}

// TestRecords_Places reads a store from a directory with a long path, while it is used and after a killed process left its
// socket, and from none.
func TestRecords_Places(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("long-", 20), "state")
	cfg := Config{Dir: dir, Log: testLog(t)}
	if _, err := OpenRecords(t.Context(), cfg); !errors.Is(err, ErrNoStore) {
		t.Errorf("without a store: %v", err)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("the directory was created")
	}
	s, err := openTestStore(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	stop := runTestStore(t, s)
	acceptTestRequest(t, s, "V1")
	if all := listRecords(t, openTestRecords(t, s)); len(all) != 1 || all["V1"].Properties != nil {
		t.Errorf("while it is used: %+v", all)
	}
	stop()
	if err := os.WriteFile(filepath.Join(dir, controlFile), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		records, err := OpenRecords(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		if i > 0 { // it waits for the lock
		} else if _, err := openTestStore(t, dir); !errors.Is(err, ErrInUse) {
			t.Errorf("a bot that starts meanwhile: %v", err)
		}
		if r, err := records.Load(t.Context(), "V1"); err != nil || r.Properties["name"] == nil || records.IsBotRunning(t.Context()) {
			t.Errorf("the request is %+v, %v", r, err)
		}
		if err := records.Ask(t.Context(), "V1", request.Intervention{Kind: request.Abandon, Reason: "first"}); err != nil && !errors.Is(err, ErrPending) {
			t.Error(err)
		}
		records.Close()
	}
	again, err := openTestStore(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	runTestStore(t, again)
	openTestRecords(t, again)
	for _, task := range nextTasks(t, again, 2) {
		if r, err := task.Load(t.Context()); err != nil || r.ID != "V1" || !task.IsSubmission() && task.Intervention().Reason != "first" {
			t.Errorf("the task is %+v, %+v, %v", task.Intervention(), r, err)
		}
	}
}

// TestRecords_CopyWhileRunning copies a state directory while requests are accepted and end, as cp -r does. The copy is
// refused, or has every request that had been accepted before and has not ended.
func TestRecords_CopyWhileRunning(t *testing.T) {
	dir := t.TempDir()
	s, err := openTestStore(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	stop := runTestStore(t, s)
	accepted := make(chan string, 10_000)
	quit := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for i := 0; ; i++ {
			select {
			case <-quit:
				return
			default:
			}
			r := &request.Request{ID: fmt.Sprintf("V%d", i), Stage: request.Accepted, CreatedAt: time.Now()}
			if s.Accept(t.Context(), r) == nil && s.Save(t.Context(), r) == nil {
				accepted <- r.ID
			}
		}
	}()
	known := []string{<-accepted}
	refused, complete := 0, 0
	for i := range 12 {
		for len(accepted) > 0 {
			known = append(known, <-accepted)
		}
		copied := t.TempDir()
		mark, err := os.ReadFile(filepath.Join(dir, markFile))
		err = errors.Join(err, copyState(copied, dir))
		if i%2 > 0 { // as if it were the first file that was copied
			err = errors.Join(err, os.WriteFile(filepath.Join(copied, markFile), mark, 0o600))
		}
		if err != nil {
			t.Fatal(err)
		}
		c, err := openTestStore(t, copied)
		if err != nil {
			if refused++; !errors.Is(err, ErrDamaged) {
				t.Errorf("a copy: %v", err)
			}
			continue
		}
		complete++
		for _, id := range known {
			if _, err := c.load(t.Context(), id, nil); err != nil {
				t.Errorf("%s is missing from a copy: %v", id, err)
			}
			if _, err := c.tasksStream.GetLastMsgForSubject(t.Context(), subjectAccepted+id); err != nil {
				t.Errorf("the submission of %s is missing from a copy: %v", id, err)
			}
		}
		c.Close()
	}
	close(quit)
	<-ended
	stop()
	backup := t.TempDir() // the documented one, of a bot that is stopped
	if err := copyState(backup, dir); err != nil {
		t.Fatal(err)
	}
	c, err := openTestStore(t, backup)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if info, err := c.tasksStream.Info(t.Context()); err != nil || info.State.Msgs < uint64(len(known)) {
		t.Errorf("a backup has %+v, %v", info, err)
	}
	t.Logf("%d copies were refused, %d were complete, with %d requests", refused, complete, len(known))
}

// TestRecords_FormatDocumented compares the fields of a record with docs/architecture.md.
func TestRecords_FormatDocumented(t *testing.T) {
	data, err := os.ReadFile("../../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(data), "<!-- record -->")
	section, _, _ = strings.Cut(section, "<!-- end of record -->")
	var documented []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_.]+)`").FindAllStringSubmatch(section, -1) {
		documented = append(documented, row[1])
	}
	fields := []string{"sealed"}
	for _, part := range []struct {
		prefix string
		of     reflect.Type
	}{
		{"", reflect.TypeFor[request.Request]()}, {"outcome.", reflect.TypeFor[request.Outcome]()},
		{"outcome.incident.", reflect.TypeFor[request.Incident]()}, {"deliveries.", reflect.TypeFor[request.Delivery]()},
		{"tracked.", reflect.TypeFor[request.Tracked]()}, {"tracked.catalog.", reflect.TypeFor[request.CatalogEntry]()},
		{"history.", reflect.TypeFor[request.Step]()}, {"interventions.", reflect.TypeFor[request.Intervention]()},
		{"outcome.entity.", reflect.TypeFor[request.Entity]()},
	} {
		for i := range part.of.NumField() {
			if name, _, _ := strings.Cut(part.of.Field(i).Tag.Get("json"), ","); name != "" && name != "-" {
				fields = append(fields, part.prefix+name)
			}
		}
	}
	for _, name := range []string{streamName, endedName, requestsBucket, claimsBucket, draftsBucket, leasesBucket, subjectAccepted, subjectWake, subjectRetry, subjectAbandon, subjectEnded} {
		if !strings.Contains(section, name) {
			t.Errorf("docs/architecture.md lacks the name %s", name)
		}
	}
	slices.Sort(fields)
	slices.Sort(documented)
	if !slices.Equal(fields, documented) {
		t.Errorf("docs/architecture.md documents\n%v, the code has\n%v", documented, fields)
	}
}

// TestRecords_Cluster reads the store of a cluster, which a bot has created.
func TestRecords_Cluster(t *testing.T) {
	cfg := newConfig(t, storeDir)
	if _, err := OpenRecords(t.Context(), cfg); !errors.Is(err, ErrNoStore) {
		t.Errorf("before a bot has started: %v", err)
	}
	s, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	runTestStore(t, s)
	r := acceptTestRequest(t, s, "V1")
	acceptTestRequest(t, s, "V2")
	r.Finish(request.Outcome{Status: request.Success})
	if err := s.Archive(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	records, err := OpenRecords(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer records.Close()
	if all := listRecords(t, records); len(all) != 2 || all["V1"].ArchivedAt.IsZero() || !all["V2"].ArchivedAt.IsZero() || records.IsBotRunning(t.Context()) {
		t.Errorf("the records are %+v", all)
	}
	i := request.Intervention{Kind: request.Retry, By: "carol", At: time.Now()}
	if err := records.Ask(t.Context(), "V2", i); err != nil {
		t.Error(err)
	}
}
