package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// markFile contains, in STATE_DIR, the last sequence of each stream that was acknowledged.
const markFile = "last-written"

// A mark is the file of the last sequences. JetStream does not notice if the end of its files is missing after a crash;
// the mark does. It is written after each acknowledged write and not synced: what a killed process wrote stays, and
// after a power cut an older mark only proves less. A nil mark, that of a cluster, does nothing.
type mark struct {
	mu   sync.Mutex
	file *os.File
	last [2]uint64
}

// The streams of a mark.
const (
	markTasks = iota
	markRequests
)

// markedStreams are the names of the streams of a mark.
var markedStreams = [...]string{markTasks: streamName, markRequests: "KV_" + requestsBucket}

const markFormat = "tasks %020d requests %020d\n"

// openMark opens the mark of a directory, and creates it.
func openMark(dir string) (*mark, error) {
	last, err := readMark(dir)
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(filepath.Join(dir, markFile), os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, classifyFSError(err)
	}
	return &mark{file: f, last: last}, nil
}

// readMark reads the mark of a directory. Without one, all sequences are 0.
func readMark(dir string) (last [2]uint64, err error) {
	path := filepath.Join(dir, markFile)
	data, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) || err == nil && len(data) == 0 { // it is created and then written
		return last, nil
	}
	if err != nil {
		return last, classifyFSError(err)
	}
	if n, err := fmt.Sscanf(string(data), "tasks %d requests %d\n", &last[markTasks], &last[markRequests]); n != len(last) || err != nil {
		return last, fmt.Errorf("%w: %s cannot be read", ErrDamaged, path)
	}
	return last, nil
}

// advance records a sequence that was acknowledged.
func (m *mark) advance(stream int, seq uint64) {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if seq <= m.last[stream] {
		return
	}
	m.last[stream] = seq
	_, _ = m.file.WriteAt(fmt.Appendf(nil, markFormat, m.last[markTasks], m.last[markRequests]), 0) // without it, less is proven
}

// isWritten reports that a record of the stream was ever acknowledged.
func (m *mark) isWritten(stream int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.last[stream] > 0
}

func (m *mark) close() {
	if m != nil {
		_ = m.file.Close()
	}
}
