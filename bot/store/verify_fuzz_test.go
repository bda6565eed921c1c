package store

import (
	"bytes"
	"testing"
)

// FuzzBlock reads files that JetStream did not write. Reading ends within the file.
func FuzzBlock(f *testing.F) {
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{0}, 100))
	f.Add(append([]byte{0xff, 0xff, 0, 0}, bytes.Repeat([]byte{1}, 100)...))
	f.Add(append([]byte{30, 0, 0, 0x80}, make([]byte, 60)...))
	f.Fuzz(func(t *testing.T, data []byte) {
		b := block{data: data}
		if _, end := b.scan(); end > len(data) {
			t.Errorf("%d bytes were read to %d", len(data), end)
		} else {
			b.hasLaterRecord(end)
		}
	})
}
