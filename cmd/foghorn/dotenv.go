package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/joho/godotenv"
)

// dotenvFile is a file of settings: one NAME=value a line. Its problems and warnings name lines and never show values.
type dotenvFile struct {
	path     string
	values   map[string]string
	lines    map[string]int  // of each name
	rejected map[string]bool // names whose value cannot be read
	problems []SettingProblem
	warnings []SettingProblem
}

var (
	namePattern = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.]*$`)

	// assignmentPattern matches the beginning of a line that sets a variable. Such a line does not continue the value of
	// the line before.
	assignmentPattern = regexp.MustCompile(`^\s*(export\s+)?[A-Z_][A-Z0-9_]*\s*=`)

	// commentPattern matches a comment behind a value. A value may begin with #.
	commentPattern = regexp.MustCompile(`(?s)\s+#.*$`)
)

// readDotenv reads a file, which need not exist.
func readDotenv(path string) *dotenvFile {
	f := &dotenvFile{path: path, values: map[string]string{}, lines: map[string]int{}, rejected: map[string]bool{}}
	data, err := os.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return f
	case err != nil:
		hint := "make it a file that this user may read"
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			hint = "it is a directory: remove it, and put a file there before a container mounts it"
		}
		f.problems = append(f.problems, SettingProblem{path, "cannot be read", hint})
		return f
	}
	lines := strings.Split(strings.ReplaceAll(decodeText(data), "\r", "\n"), "\n")
	for i := 0; i < len(lines); {
		i += f.readStatement(lines, i)
	}
	return f
}

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

// readStatement reads the statement that begins at line i, counted from 0. It returns how many lines it has.
func (f *dotenvFile) readStatement(lines []string, i int) int {
	line := strings.TrimSpace(lines[i])
	if line == "" || strings.HasPrefix(line, "#") {
		return 1
	}
	if rest, ok := strings.CutPrefix(line, "export"); ok && strings.TrimLeft(rest, " \t") != rest {
		line = strings.TrimSpace(rest)
	}
	split := strings.IndexAny(line, "=:")
	if split < 0 || !namePattern.MatchString(strings.TrimSpace(line[:split])) {
		f.reject(i, "", "is not NAME=value", "write one NAME=value a line, with letters, digits and _ in the name")
		return 1
	}
	name, raw, used := strings.TrimSpace(line[:split]), line[split+1:], 1
	value := strings.TrimSpace(raw)
	if value != "" && strings.ContainsAny(value[:1], `"'`) {
		var problem string
		if value, used, problem = quotedValue(value, lines[i+1:]); problem != "" {
			f.reject(i, name, problem, "put the value between two quotes of the same kind, or leave the quotes out")
			return 1
		}
	} else {
		value = strings.TrimSpace(commentPattern.ReplaceAllString(raw, ""))
	}
	if !utf8.ValidString(value) || strings.ContainsRune(value, 0) {
		f.reject(i, name, "has characters that are not UTF-8", "save the file as UTF-8")
		return used
	}
	parsed, err := godotenv.Unmarshal(name + "=" + escapeValue(name, value))
	if err != nil { // it quotes the value
		f.reject(i, name, "has a syntax error", "write NAME=value; quotes must be closed")
		return used
	}
	if before, ok := f.lines[name]; ok && f.values[name] != parsed[name] {
		f.warnings = append(f.warnings, SettingProblem{name, fmt.Sprintf("is set twice in %s, in the lines %d and %d", f.path, before, i+1), "remove one of them; the last one counts"})
	}
	f.values[name], f.lines[name] = parsed[name], i+1
	return used
}

func (f *dotenvFile) reject(line int, name, problem, hint string) {
	where := fmt.Sprintf("line %d ", line+1)
	if name != "" {
		where += "(" + name + ") "
		f.rejected[name] = true
	}
	f.problems = append(f.problems, SettingProblem{f.path, where + problem, hint})
}

// quotedValue returns a value with its quotes, and how many lines it has. It may continue on the following lines, as
// keys and certificates do.
func quotedValue(first string, following []string) (value string, lines int, problem string) {
	quote, value := first[0], first
	for lines = 1; ; lines++ {
		for end := 1; end < len(value); end++ {
			if value[end] != quote || value[end-1] == '\\' && quote == '"' {
				continue
			}
			if after := strings.TrimSpace(value[end+1:]); after != "" && after[0] != '#' {
				return "", 0, "has text after the closing quote"
			}
			return value[:end+1], lines, ""
		}
		if lines > len(following) || assignmentPattern.MatchString(following[lines-1]) {
			return "", 0, "has a quote that is not closed"
		}
		value += "\n" + following[lines-1]
	}
}

// escapeValue makes godotenv take $ as it is written, and in settings also the backslash: a path of Windows has them,
// and no setting has a line break.
func escapeValue(name, value string) string {
	if strings.HasPrefix(value, "'") {
		return value
	}
	if strings.HasPrefix(value, `"`) && findSetting(name) != nil {
		value = strings.ReplaceAll(value, `\`, `\\`)
	}
	return strings.ReplaceAll(value, "$", `\$`)
}
