package bot

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/minio/highwayhash"
)

// ErrStateDamaged says that files of the state directory are not what was written to them.
var ErrStateDamaged = errors.New("the state directory is damaged")

// JetStream cuts a damaged file off at the first record that it cannot read, says nothing
// and goes on with what is left. So the files are read before it may touch them.
//
// What a crash leaves is no damage: a last record that was not written whole, and was never
// acknowledged. Nor are files that JetStream makes anew from the others.
//
// https://github.com/nats-io/nats-server/blob/v2.15.2/server/filestore.go has the format.
const (
	recordHead = 22 // length, sequence, time and subject's length
	recordSum  = 8

	hasHeaders = 1 << 31                // in a record's length
	notASeq    = 1<<63 | 1<<62          // in a record's sequence: erased, or a mark of a removal
	maxOnDisk  = maxRecord + 64<<10     // bytes of a record with its subject and headers
	indexFile  = "index.db"             // the stream's state when it was last closed, or minutes ago
	streamsDir = "jetstream/$G/streams" // in STATE_DIR
)

// examine reports what is damaged in a state directory. It changes nothing.
func examine(dir string) error {
	records, missing := uint64(0), ""
	for _, name := range []string{streamName, "KV_" + requestsName, "KV_" + draftsName} {
		last, err := examineStream(filepath.Join(dir, filepath.FromSlash(streamsDir), name), name)
		switch {
		case errors.Is(err, os.ErrNotExist):
			missing = name
		case err != nil:
			return err
		}
		records = max(records, last)
	}
	if missing != "" && records > 0 { // with none it is a first start that was cut short
		return fmt.Errorf("%w: %s is gone", ErrStateDamaged, missing)
	}
	return nil
}

// examineStream gives the last sequence of a stream, or os.ErrNotExist when there is none.
func examineStream(dir, name string) (last uint64, err error) {
	files, err := os.ReadDir(filepath.Join(dir, "msgs"))
	if err != nil {
		return 0, err
	}
	newest := 0
	for _, f := range files {
		newest = max(newest, blockNumber(f.Name()))
	}
	for _, f := range files {
		n := blockNumber(f.Name())
		if n == 0 {
			continue
		}
		path := filepath.Join(dir, "msgs", f.Name())
		data, err := os.ReadFile(path)
		if err != nil {
			return 0, err
		}
		b := block{data: data, key: sha256.Sum256(fmt.Appendf(nil, "%s-%d", name, n))}
		seq, end := b.walk()
		if end < len(data) && (n < newest || b.goesOn(end)) {
			return 0, fmt.Errorf("%w: %s cannot be read from byte %d on", ErrStateDamaged, path, end)
		}
		last = max(last, seq)
	}
	if known := indexed(filepath.Join(dir, "msgs", indexFile), name); known > last {
		return 0, fmt.Errorf("%w: records %d to %d are gone from %s", ErrStateDamaged, last+1, known, filepath.Join(dir, "msgs"))
	}
	return last, nil
}

// blockNumber is the number of a file of records, from 1. Other files have none: 0.
func blockNumber(file string) int {
	digits, ok := strings.CutSuffix(file, ".blk")
	n, err := strconv.Atoi(digits)
	if !ok || err != nil {
		return 0
	}
	return n
}

// A block is one file of records.
type block struct {
	data []byte
	key  [sha256.Size]byte // of its checksums
}

// walk gives the last sequence of the records, and where they end.
func (b block) walk() (last uint64, end int) {
	for {
		seq, n := b.record(end)
		if n == 0 {
			return last, end
		}
		last, end = max(last, seq), end+n
	}
}

// goesOn reports that a whole record follows somewhere after a place that cannot be read.
func (b block) goesOn(from int) bool {
	for at := from + 1; at < len(b.data); at++ {
		if _, n := b.record(at); n > 0 {
			return true
		}
	}
	return false
}

// record reads the record at a place: its sequence and its length. There is none: 0, 0.
func (b block) record(at int) (seq uint64, n int) {
	data := b.data[at:]
	if len(data) < recordHead+recordSum {
		return 0, 0
	}
	length := binary.LittleEndian.Uint32(data)
	n = int(length &^ hasHeaders)
	subject := int(binary.LittleEndian.Uint16(data[20:]))
	body := recordHead + subject
	if length&hasHeaders != 0 {
		body += 4 // the length of the headers
	}
	if n > maxOnDisk || n > len(data) || body+recordSum > n {
		return 0, 0
	}
	sum := b.sum(data[4:20], data[recordHead:recordHead+subject], data[body:n-recordSum])
	if !bytes.Equal(sum, data[n-recordSum:n]) {
		return 0, 0
	}
	return binary.LittleEndian.Uint64(data[4:]) &^ notASeq, n
}

func (b block) sum(parts ...[]byte) []byte {
	h, err := highwayhash.New64(b.key[:])
	if err != nil {
		panic(err) // the key has the one right length
	}
	for _, p := range parts {
		_, _ = h.Write(p)
	}
	return h.Sum(nil)
}

// indexed is the last sequence that a stream's index knows of. An index that cannot be
// read is made anew, and knows of none.
func indexed(path, name string) uint64 {
	data, err := os.ReadFile(path)
	if err != nil || len(data) < 2+recordSum {
		return 0
	}
	b := block{key: sha256.Sum256([]byte(name))}
	data, sum := data[:len(data)-recordSum], data[len(data)-recordSum:]
	if !bytes.Equal(b.sum(data), sum) {
		return 0
	}
	// Magic, version, and then as varints: messages, bytes, first sequence, its time, last sequence.
	data = data[2:]
	for range 4 {
		_, n := binary.Uvarint(data)
		data = data[max(n, 0):]
	}
	last, _ := binary.Uvarint(data)
	return last
}
