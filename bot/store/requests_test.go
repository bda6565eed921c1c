package store

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"encoding/base64"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"foghorn/bot/request"
)

// newStore opens a store on a directory of the test's own, and runs it.
func newStore(t *testing.T) *Store {
	t.Helper()
	s, err := openTestStore(t, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	runTestStore(t, s)
	return s
}

// openTestStore opens an embedded store on a directory.
func openTestStore(t *testing.T, dir string) (*Store, error) {
	log := logrus.New()
	log.SetOutput(t.Output())
	return Open(t.Context(), Config{Dir: dir, Secret: "xoxb-test", Log: logrus.NewEntry(log)})
}

// runTestStore runs a store until stop is called or the test ends.
func runTestStore(t *testing.T, s *Store) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := s.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		<-done
		s.Close()
	})
	t.Cleanup(stop)
	return stop
}

// acceptTestRequest accepts and saves a request.
func acceptTestRequest(t *testing.T, s *Store, id string) *request.Request {
	t.Helper()
	r := &request.Request{ID: id, Stage: request.Accepted, Properties: map[string]any{"name": "what was typed in " + id}}
	if err := errors.Join(s.Accept(t.Context(), r), s.Save(t.Context(), r)); err != nil {
		t.Fatal(err)
	}
	return r
}

// nextTask is the next task of the store.
func nextTask(t *testing.T, s *Store) *Task {
	t.Helper()
	return nextTasks(t, s, 1)[0]
}

func TestStore_KeepsUnknownFields(t *testing.T) {
	s := newStore(t)
	r := acceptTestRequest(t, s, "V1")
	if _, err := s.requests.Update(t.Context(), "V1", []byte(`{"v":1,"id":"V1","stage":"running","mood":{"is":"calm"}}`), r.Revision); err != nil {
		t.Fatal(err)
	}
	r, err := nextTask(t, s).Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r.Enter(request.Done)
	if err := s.Save(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	kv, err := s.requests.Get(t.Context(), "V1")
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]json.RawMessage
	if err := json.Unmarshal(kv.Value(), &got); err != nil || string(got["mood"]) != `{"is":"calm"}` || string(got["stage"]) != `"done"` {
		t.Errorf("saved as %s (%v)", kv.Value(), err)
	}
}

func TestStore_LaterVersion(t *testing.T) {
	s := newStore(t)
	if err := s.Accept(t.Context(), &request.Request{ID: "V2", Stage: request.Accepted}); err != nil {
		t.Fatal(err)
	}
	const later = `{"v":2,"id":"V2","stage":"done"}`
	if _, err := s.requests.Create(t.Context(), "V2", []byte(later)); err != nil {
		t.Fatal(err)
	}
	if _, err := nextTask(t, s).Load(t.Context()); !errors.Is(err, request.ErrUnsupportedRecord) {
		t.Errorf("a later version gives %v", err)
	}
	if kv, err := s.requests.Get(t.Context(), "V2"); err != nil || string(kv.Value()) != later {
		t.Errorf("it is not as it was: %v", err)
	}
}

// TestStore_AcceptTwice accepts a request again: while it is open, and after it has ended.
func TestStore_AcceptTwice(t *testing.T) {
	dir := t.TempDir()
	s, err := openTestStore(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	stop := runTestStore(t, s)
	accept := func() {
		t.Helper()
		if err := s.Accept(t.Context(), &request.Request{ID: "V1", Stage: request.Accepted, Title: "again"}); err != nil {
			t.Fatal(err)
		}
	}
	r := acceptTestRequest(t, s, "V1")
	accept()
	task := nextTask(t, s)
	if got, err := task.Load(t.Context()); err != nil || got.Revision != r.Revision || got.Properties["name"] != "what was typed in V1" {
		t.Errorf("loaded %+v, %v", got, err)
	}
	r.RunID = "r_1"
	r.Finish(request.Outcome{Status: request.Success, Reason: "what was typed"})
	r.Enter(request.Done)
	if err := errors.Join(s.Save(t.Context(), r), s.Archive(t.Context(), r), task.Finish(t.Context())); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time after a new start
		accept()
		info, err := s.tasksStream.Info(t.Context())
		if err != nil || info.State.Msgs != 0 {
			t.Errorf("%d tasks, %v", info.State.Msgs, err)
		}
		if id, ok := s.index.RequestForRun("r_1"); !ok || id != "V1" {
			t.Errorf("the run belongs to %q", id)
		}
		stop()
		if s, err = openTestStore(t, dir); err != nil {
			t.Fatal(err)
		}
		stop = runTestStore(t, s)
		<-s.index.Ready()
	}
}

// TestStore_ArchiveAgain repeats the archiving after a crash at each of its steps.
func TestStore_ArchiveAgain(t *testing.T) {
	s := newStore(t)
	r := acceptTestRequest(t, s, "V1")
	r.Finish(request.Outcome{Status: request.Success})
	r.Enter(request.Done)
	if err := s.Save(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if err := s.eraseTask(t.Context(), subjectAccepted+"V1"); err != nil { // and then the process is killed
		t.Fatal(err)
	}
	if err := s.Wake(t.Context(), "V1"); err != nil {
		t.Fatal(err)
	}
	task := nextTask(t, s)
	for task.IsSubmission() { // was pulled before it was erased
		task = nextTask(t, s)
	}
	again, err := task.Load(t.Context())
	if err != nil || again.Stage != request.Done {
		t.Fatalf("loaded %+v, %v", again, err)
	}
	if err := errors.Join(s.Archive(t.Context(), again), s.Archive(t.Context(), again), task.Finish(t.Context())); err != nil {
		t.Fatal(err)
	}
	if _, err := s.load(t.Context(), "V1", nil); !errors.Is(err, ErrNotFound) {
		t.Errorf("the record: %v", err)
	}
	if n := s.index.Count(); n != 0 {
		t.Errorf("%d requests are open", n)
	}
}

// TestStore_ErasesInput looks for what people entered in the files of the store.
func TestStore_ErasesInput(t *testing.T) {
	s := newStore(t)
	const typed, text = "what was typed in V1", "what incident.io answered"
	r := acceptTestRequest(t, s, "V1")
	if err := s.SaveDraft(t.Context(), "V1", map[string]any{"name": typed}); err != nil {
		t.Fatal(err)
	}
	var draft map[string]any
	if found, err := s.LoadDraft(t.Context(), "V1", &draft); err != nil || !found || draft["name"] != typed {
		t.Errorf("the draft is %v, %v", draft, err)
	}
	other := acceptTestRequest(t, s, "V2") // stays open
	for _, stage := range []request.Stage{request.CreatingRun, request.Running} {
		r.Enter(stage)
		if err := s.Save(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	r.Finish(request.Outcome{Status: request.Failure, Reason: text, Incident: &request.Incident{Name: text, Permalink: "https://app.example/1"}})
	for range 2 {
		if err := s.Save(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	if len(filesContaining(t, s.dir, typed)) == 0 {
		t.Fatal("the test would not find the input of an open request")
	}
	if err := s.Archive(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	for _, words := range []string{typed, text} {
		if found := filesContaining(t, s.dir, words); len(found) > 0 {
			t.Errorf("%q is in %v", words, found)
		}
	}
	if loaded, err := s.load(t.Context(), "V2", other.Key); err != nil || loaded.Properties["name"] != "what was typed in V2" {
		t.Errorf("the open request is %+v, %v", loaded, err)
	}
	if len(filesContaining(t, s.dir, "https://app.example/1")) == 0 {
		t.Error("the log of ended requests lacks the permalink")
	}
}

// TestStore_ErasesInputOfTracked looks for what people entered in the files of the store while a request follows its
// incident. Its record stays, and can be read and saved without the key of its submission.
func TestStore_ErasesInputOfTracked(t *testing.T) {
	s := newStore(t)
	const typed, text = "what was typed in V1", "what incident.io answered"
	r := acceptTestRequest(t, s, "V1")
	key := r.Key
	r.Email = typed
	r.Finish(request.Outcome{Status: request.Success, Summary: text, Incident: &request.Incident{ID: "01", Name: typed, Summary: text}})
	for range 2 {
		if err := s.Save(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	r.StartTracking("public", true)
	if err := s.Save(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Archive(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	for _, words := range []string{typed, text, base64.StdEncoding.EncodeToString(key)} {
		if found := filesContaining(t, s.dir, words); len(found) > 0 {
			t.Errorf("%q is in %v", words, found)
		}
	}
	loaded, err := s.load(t.Context(), "V1", nil)
	if err != nil || loaded.Stage != request.Tracking || loaded.Tracked == nil || loaded.Outcome.Incident.ID != "01" {
		t.Fatalf("the record is %+v, %v", loaded, err)
	}
	loaded.Tracked.State = "shown"
	if err := s.Save(t.Context(), loaded); err != nil {
		t.Fatal(err)
	}
	loaded.Enter(request.Done)
	if err := errors.Join(s.Save(t.Context(), loaded), s.Archive(t.Context(), loaded)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.load(t.Context(), "V1", nil); !errors.Is(err, ErrNotFound) {
		t.Errorf("the record of the ended request: %v", err)
	}
}

// filesContaining lists the files below a directory that contain a text, as it is or as base64.
func filesContaining(t *testing.T, dir, text string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() { // the control socket cannot be read
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(text)) {
			found = append(found, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestStore_DirectoryReplaced removes and moves the directory of an open store. Nothing is accepted into files that
// are lost at the end of the process.
func TestStore_DirectoryReplaced(t *testing.T) {
	for name, replace := range map[string]func(dir string) error{
		"removed":                       os.RemoveAll,
		"moved":                         func(dir string) error { return os.Rename(dir, dir+"-moved") },
		"emptied":                       func(dir string) error { return os.RemoveAll(filepath.Join(dir, "jetstream")) },
		"files of the tasks removed":    func(dir string) error { return removeBlocks(dir, streamName) },
		"files of the requests removed": func(dir string) error { return removeBlocks(dir, "KV_"+requestsBucket) },
		"replaced": func(dir string) error {
			return errors.Join(os.Rename(dir, dir+"-moved"), copyState(dir, dir+"-moved"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "state")
			s, err := openTestStore(t, dir)
			if err != nil {
				t.Fatal(err)
			}
			runTestStore(t, s)
			acceptTestRequest(t, s, "V1")
			if err := replace(dir); err != nil {
				t.Fatal(err)
			}
			if err := s.Accept(t.Context(), &request.Request{ID: "V2"}); !errors.Is(err, errDirReplaced) {
				t.Errorf("a submission gets %v", err)
			}
			if err := s.CheckReady(t.Context()); !errors.Is(err, errDirReplaced) {
				t.Errorf("/readyz says %v", err)
			}
		})
	}
}

// TestStore_ErasesLater archives a request while another one is erased.
func TestStore_ErasesLater(t *testing.T) {
	s := newStore(t)
	r := acceptTestRequest(t, s, "V1")
	r.Finish(request.Outcome{Status: request.Success})
	r.Enter(request.Done)
	s.erasing.Lock()
	if err := errors.Join(s.Save(t.Context(), r), s.Archive(t.Context(), r)); err != nil {
		t.Fatal(err)
	}
	if !s.index.hasEnded("V1") || s.index.Count() != 0 || len(filesContaining(t, s.dir, "what was typed")) == 0 {
		t.Errorf("it is open, or was erased: %d", s.index.Count())
	}
	s.erasing.Unlock()
	for deadline := time.Now().Add(10 * time.Second); len(filesContaining(t, s.dir, "what was typed")) > 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it was not erased")
		}
	}
}

// removeBlocks removes the files of the records of a stream. The directory stays.
func removeBlocks(dir, stream string) error {
	files, err := filepath.Glob(filepath.Join(dir, filepath.FromSlash(streamsDir), stream, "msgs", "*.blk"))
	if err == nil && len(files) == 0 {
		err = errors.New("the stream " + stream + " has no files")
	}
	for _, f := range files {
		err = errors.Join(err, os.Remove(f))
	}
	return err
}
