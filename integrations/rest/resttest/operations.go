package resttest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// operationDirective precedes the operation that a client's method calls, as the vendor's OpenAPI document names it,
// such as "GET /v1/users/{user_email}".
const operationDirective = "//api:operation "

// CheckLinks checks the package in the working directory: every method with an api:operation directive has a link to
// the vendor's documentation.
func CheckLinks(t *testing.T) {
	t.Helper()
	for operation, doc := range findOperations(t, ".") {
		if !strings.Contains(doc.Text(), "https://") {
			t.Errorf("the method that calls %s has no link to the vendor's documentation", operation)
		}
	}
}

// findOperations returns the doc comments with an api:operation directive in the Go files of dir, by operation.
func findOperations(t *testing.T, dir string) map[string]*ast.CommentGroup {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]*ast.CommentGroup{}
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, group := range f.Comments {
			for _, c := range group.List {
				if operation, ok := strings.CutPrefix(c.Text, operationDirective); ok {
					found[operation] = group
				}
			}
		}
	}
	if len(found) == 0 {
		t.Fatalf("no api:operation directives in %s", dir)
	}
	return found
}
