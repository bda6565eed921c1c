package jq

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"time"
)

// maxFrameBytes bounds a frame: a request with maxInputBytes and maxBatchBytes, or a response with a
// result of maxResultBytes, all of them escaped.
const maxFrameBytes = 16 << 20

var errFrameSize = errors.New("frame too large")

// A request asks a worker to evaluate programs.
type request struct {
	Input    json.RawMessage
	Programs []string
	CPU      time.Duration // that all of them may take

	Mode mode `json:",omitempty"`
}

// A mode is what is asked of the programs.
type mode int

const (
	allOutputs  mode = iota
	firstOutput      // the program ends after it
	compileOnly      // whether they compile
)

// A response is the result of one program. The worker also writes an empty one when it has started,
// and when it has read a request.
type response struct {
	Value  any           `json:",omitempty"` // absent: null
	Empty  bool          `json:",omitempty"`
	Cost   Cost          `json:",omitempty"`
	Detail string        `json:",omitempty"`
	CPU    time.Duration // of the process until now
}

// writeFrame writes the length of v as JSON and v with one call of Write.
func writeFrame(w io.Writer, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = w.Write(append(binary.BigEndian.AppendUint32(make([]byte, 0, len(data)+4), uint32(len(data))), data...))
	return err
}

func readFrame(r io.Reader, v any) error {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n > maxFrameBytes {
		return errFrameSize
	}
	data := make([]byte, n)
	if _, err := io.ReadFull(r, data); err != nil {
		return err
	}
	return json.Unmarshal(data, v)
}
