package resttest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// A Spec is a vendor's OpenAPI document. The documents are not part of this repository: tests that need one are built
// with the tag "reference".
type Spec struct {
	t        *testing.T
	paths    map[string]map[string]operation // by route and lower-case method
	compiler *jsonschema.Compiler
	compared map[string]bool // operations with a compared response, such as "GET /v1/teams"
}

type operation struct {
	Parameters []struct{ Name, In string }
}

// ReferencePath returns the path of a file in the folder that the environment variable REFERENCE_DIR names. It fails
// the test if the variable is empty.
func ReferencePath(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("REFERENCE_DIR")
	if dir == "" {
		t.Fatal("REFERENCE_DIR is empty: it must name the folder with the vendors' documents")
	}
	return filepath.Join(dir, name)
}

// LoadSpec reads an OpenAPI document.
func LoadSpec(t *testing.T, path string) *Spec {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Paths map[string]map[string]operation `json:"paths"`
	}
	if err := json.Unmarshal(data, &document); err != nil {
		t.Fatal(err)
	}
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	compiler.UseRegexpEngine(compilePattern)
	if err := compiler.AddResource("spec.json", schema); err != nil {
		t.Fatal(err)
	}
	return &Spec{t: t, paths: document.Paths, compiler: compiler, compared: map[string]bool{}}
}

// compilePattern compiles a pattern. One that only JavaScript supports (look-ahead) matches everything.
func compilePattern(expr string) (jsonschema.Regexp, error) {
	re, err := regexp.Compile(expr)
	if err != nil {
		re = regexp.MustCompile("")
	}
	return re, nil
}

// CheckOperations checks that the document has every api:operation of the Go files in dir.
func (s *Spec) CheckOperations(dir string) {
	s.t.Helper()
	for name := range findOperations(s.t, dir) {
		method, route, _ := strings.Cut(name, " ")
		if _, ok := s.paths[route][strings.ToLower(method)]; !ok {
			s.t.Errorf("the document has no operation %q", name)
		}
	}
}

// CheckQuery checks that an operation, such as "GET /v1/users/{user_email}", has the query parameters of query.
func (s *Spec) CheckQuery(name string, query url.Values) {
	s.t.Helper()
	method, route, _ := strings.Cut(name, " ")
	parameters := s.paths[route][strings.ToLower(method)].Parameters
	for parameter := range query {
		if !slices.Contains(parameters, struct{ Name, In string }{parameter, "query"}) {
			s.t.Errorf("%s has no query parameter %q", name, parameter)
		}
	}
}

// CheckRequest checks that the document allows a request body for a route such as "/v1/users/{user_email}".
func (s *Spec) CheckRequest(method, route string, body []byte) {
	s.t.Helper()
	s.compare(method, route, "the request body", body, "requestBody")
}

// CheckResponse checks that the document allows a response. It logs a response that the document does not describe.
func (s *Spec) CheckResponse(method, route string, status int, body []byte) {
	s.t.Helper()
	s.compared[method+" "+route] = true
	s.compare(method, route, fmt.Sprint(status), body, "responses", fmt.Sprint(status))
}

// CheckCoverage checks that CheckResponse was called for every api:operation of the Go files in dir.
func (s *Spec) CheckCoverage(dir string) {
	s.t.Helper()
	for name := range findOperations(s.t, dir) {
		if !s.compared[name] {
			s.t.Errorf("no response to %s was compared", name)
		}
	}
}

// compare validates body with the schema at a location within an operation.
func (s *Spec) compare(method, route, what string, body []byte, location ...string) {
	s.t.Helper()
	pointer := "spec.json#"
	location = slices.Concat([]string{"paths", route, strings.ToLower(method)}, location, []string{"content", "application/json", "schema"})
	for _, step := range location {
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
		s.t.Errorf("%s %s: %s is not JSON: %s", method, route, what, body)
		return
	}
	if err := schema.Validate(value); err != nil {
		s.t.Errorf("%s %s: %s: %v\n%s", method, route, what, err, body)
	}
}
