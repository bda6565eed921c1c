package resttest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// A Spec is a vendor's OpenAPI document, and what was compared with it.
type Spec struct {
	t        *testing.T
	compiler *jsonschema.Compiler // nil when the document is not there
	compared map[string]bool      // operations, such as "GET /v1/teams"
}

// LoadSpec reads an OpenAPI document. When it is not there, nothing is compared, and the
// log says so.
func LoadSpec(t *testing.T, path string) *Spec {
	t.Helper()
	s := &Spec{t: t, compared: map[string]bool{}}
	data, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		t.Logf("no document at %s: nothing is compared", path)
		return s
	}
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	s.compiler = jsonschema.NewCompiler()
	s.compiler.AssertFormat()
	s.compiler.UseRegexpEngine(compilePattern)
	if err := s.compiler.AddResource("spec.json", doc); err != nil {
		t.Fatal(err)
	}
	return s
}

// compilePattern are Go's; one that only JavaScript understands (look-ahead) matches all.
func compilePattern(expr string) (jsonschema.Regexp, error) {
	re, err := regexp.Compile(expr)
	if err != nil {
		re = regexp.MustCompile("")
	}
	return re, nil
}

// CheckRequest wants a body that the document allows for a route such as "/v1/users/{user_email}".
func (s *Spec) CheckRequest(method, route string, body []byte) {
	s.t.Helper()
	s.compare(method, route, "the body", body, "requestBody")
}

// CheckResponse wants an answer as the document has it. What it does not describe is logged.
func (s *Spec) CheckResponse(method, route string, status int, body []byte) {
	s.t.Helper()
	s.compared[method+" "+route] = true
	s.compare(method, route, fmt.Sprint(status), body, "responses", fmt.Sprint(status))
}

func (s *Spec) compare(method, route, what string, body []byte, where ...string) {
	s.t.Helper()
	if s.compiler == nil {
		return
	}
	pointer := "spec.json#"
	for _, step := range append([]string{"paths", route, strings.ToLower(method)}, append(where, "content", "application/json", "schema")...) {
		pointer += "/" + strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(step)
	}
	schema, err := s.compiler.Compile(pointer)
	if _, absent := errors.AsType[*jsonschema.JSONPointerNotFoundError](err); absent {
		s.t.Logf("%s %s: %s is not described", method, route, what)
		return
	}
	if err != nil {
		s.t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		s.t.Errorf("%s %s: %s is no JSON: %s", method, route, what, body)
		return
	}
	if err := schema.Validate(value); err != nil {
		s.t.Errorf("%s %s: %s: %v\n%s", method, route, what, err, body)
	}
}

// CheckCoverage wants an Answer for every api:operation of the Go files in a directory: those that
// a client calls.
func (s *Spec) CheckCoverage(dir string) {
	s.t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		s.t.Fatalf("no Go files in %s: %v", dir, err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			s.t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if operation, ok := strings.CutPrefix(strings.TrimSpace(line), operationDirective); ok && !s.compared[operation] {
				s.t.Errorf("no answer to %s was compared", operation)
			}
		}
	}
}
