package main

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf16"
)

// decodeText returns a text of any common encoding as UTF-8 without a byte order mark, and with line ends of one byte.
// Editors and shells of Windows write UTF-16.
func decodeText(data []byte) string {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(data, []byte{0xFF, 0xFE}), len(data) > 1 && data[0] != 0 && data[1] == 0:
		order = binary.LittleEndian
	case bytes.HasPrefix(data, []byte{0xFE, 0xFF}), len(data) > 1 && data[0] == 0 && data[1] != 0:
		order = binary.BigEndian
	}
	text := string(data)
	if order != nil {
		units := make([]uint16, len(data)/2)
		for i := range units {
			units[i] = order.Uint16(data[2*i:])
		}
		text = string(utf16.Decode(units))
	}
	return strings.ReplaceAll(strings.TrimPrefix(text, "\uFEFF"), "\r\n", "\n")
}
