package store

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

// ErrDamaged reports that files of the state directory do not contain what was written.
var ErrDamaged = errors.New("the state directory is damaged")

// JetStream truncates a damaged file at the first record that it cannot read, without an
// error, and continues with the rest. So this file verifies the files before JetStream opens them.
// It reads a private format of nats-server; tests write the files with the real server, so
// that a new version with another format fails them.
//
// An incomplete last record is not damage: a crash leaves it, and it was never acknowledged. Nor
// are missing files that JetStream creates again from the others.
//
// Format: https://github.com/nats-io/nats-server/blob/v2.15.2/server/filestore.go
const (
	recordHeaderSize = 22 // length, sequence, time and length of the subject
	checksumSize     = 8

	headersFlag    = 1 << 31                // in a record's length
	seqFlagMask    = 1<<63 | 1<<62          // in a record's sequence: erased, or a delete marker
	maxBlockRecord = maxRecordSize + 64<<10 // bytes of a record with its subject and headers
	indexFile      = "index.db"             // the state of the stream at its last close, or minutes ago
	streamsDir     = "jetstream/$G/streams" // in STATE_DIR
)

// verify reports damage in a state directory. It changes nothing. It reads the streams of the requests that have not
// ended, which are small. The log of ended requests is not read: no request depends on it.
func verify(dir string) error {
	mark, err := readMark(dir)
	if err != nil {
		return err
	}
	for i, name := range markedStreams {
		path := filepath.Join(dir, filepath.FromSlash(streamsDir), name)
		last, err := verifyStream(path, name)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		if last < mark[i] { // not at a first start that was interrupted: nothing was acknowledged
			return fmt.Errorf("%w: records %d to %d are missing from %s", ErrDamaged, last+1, mark[i], filepath.Join(path, "msgs"))
		}
	}
	return nil
}

// verifyStream returns the last sequence of a stream, or os.ErrNotExist without one.
func verifyStream(dir, name string) (last uint64, err error) {
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
		seq, end := b.scan()
		if end < len(data) && (n < newest || b.hasLaterRecord(end)) {
			return 0, fmt.Errorf("%w: %s cannot be read after byte %d", ErrDamaged, path, end)
		}
		last = max(last, seq)
	}
	if known := indexLastSeq(filepath.Join(dir, "msgs", indexFile), name); known > last {
		return 0, fmt.Errorf("%w: records %d to %d are missing from %s", ErrDamaged, last+1, known, filepath.Join(dir, "msgs"))
	}
	return last, nil
}

// blockNumber is the number of a block file, from 1; 0 for other files.
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

// scan returns the last sequence of the block, and the offset after its last readable record.
func (b block) scan() (last uint64, end int) {
	for {
		seq, n := b.record(end)
		if n == 0 {
			return last, end
		}
		last, end = max(last, seq), end+n
	}
}

// hasLaterRecord reports whether a complete record follows after an unreadable offset.
func (b block) hasLaterRecord(from int) bool {
	for at := from + 1; at < len(b.data); at++ {
		if _, n := b.record(at); n > 0 {
			return true
		}
	}
	return false
}

// record reads the sequence and the length of the record at an offset; 0, 0 without one.
func (b block) record(at int) (seq uint64, n int) {
	data := b.data[at:]
	if len(data) < recordHeaderSize+checksumSize {
		return 0, 0
	}
	length := binary.LittleEndian.Uint32(data)
	n = int(length &^ headersFlag)
	subject := int(binary.LittleEndian.Uint16(data[20:]))
	body := recordHeaderSize + subject
	if length&headersFlag != 0 {
		body += 4 // the length of the headers
	}
	if n > maxBlockRecord || n > len(data) || body+checksumSize > n {
		return 0, 0
	}
	sum := b.checksum(data[4:20], data[recordHeaderSize:recordHeaderSize+subject], data[body:n-checksumSize])
	if !bytes.Equal(sum, data[n-checksumSize:n]) {
		return 0, 0
	}
	return binary.LittleEndian.Uint64(data[4:]) &^ seqFlagMask, n
}

func (b block) checksum(parts ...[]byte) []byte {
	h, err := highwayhash.New64(b.key[:])
	if err != nil {
		panic(err) // impossible: the key has the required length
	}
	for _, p := range parts {
		_, _ = h.Write(p)
	}
	return h.Sum(nil)
}

// indexLastSeq is the last sequence in a stream's index. JetStream creates an index again that
// cannot be read; then it is 0.
func indexLastSeq(path, name string) uint64 {
	data, err := os.ReadFile(path)
	if err != nil || len(data) < 2+checksumSize {
		return 0
	}
	b := block{key: sha256.Sum256([]byte(name))}
	data, sum := data[:len(data)-checksumSize], data[len(data)-checksumSize:]
	if !bytes.Equal(b.checksum(data), sum) {
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
