package resttest

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// operationDirective names the route that a method calls, as the vendor's OpenAPI document has it.
const operationDirective = "//api:operation "

// CheckOperations checks the package in the working directory: every method that has an
// api:operation directive also links to the vendor's page, and there are at least want of
// them. When the vendor's OpenAPI document is at spec, each operation must be in it.
func CheckOperations(t *testing.T, spec string, want int) {
	t.Helper()
	paths := loadPaths(t, spec)
	found := 0
	for _, fn := range documentedMethods(t) {
		for _, c := range fn.Doc.List {
			operation, ok := strings.CutPrefix(c.Text, operationDirective)
			if !ok {
				continue
			}
			found++
			if !strings.Contains(fn.Doc.Text(), "https://") {
				t.Errorf("%s does not link to the vendor's page", fn.Name.Name)
			}
			method, path, _ := strings.Cut(operation, " ")
			if paths == nil {
				continue
			}
			if _, ok := paths[path][strings.ToLower(method)]; !ok {
				t.Errorf("%s: the vendor has no operation %q", fn.Name.Name, operation)
			}
		}
	}
	if found < want {
		t.Errorf("%d api:operation directives, want %d", found, want)
	}
}

// documentedMethods are the documented functions of the package in the working directory.
func documentedMethods(t *testing.T) []*ast.FuncDecl {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var out []*ast.FuncDecl
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Doc != nil {
				out = append(out, fn)
			}
		}
	}
	return out
}

// loadPaths reads the paths of an OpenAPI document; nil when it is not there.
func loadPaths(t *testing.T, spec string) map[string]map[string]json.RawMessage {
	t.Helper()
	data, err := os.ReadFile(spec)
	if os.IsNotExist(err) {
		t.Logf("%v: %v; operations are not looked up", spec, fs.ErrNotExist)
		return nil
	}
	var document struct {
		Paths map[string]map[string]json.RawMessage `json:"paths"`
	}
	if err == nil {
		err = json.Unmarshal(data, &document)
	}
	if err != nil {
		t.Fatal(err)
	}
	return document.Paths
}
