package main

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The limits of CONTRIBUTING.md. A function that exceeds its limit gives the reason in its doc
// comment, in a line that starts with "Long:".
const (
	maxFileLines       = 400
	maxFunctionLines   = 60
	maxExportedMethods = 13
)

// servers are emulators: their methods are what tests can do and ask.
var servers = []string{"slacktest.Server", "slacktest.Modal", "slacktest.Person", "porttest.Server", "incidentiotest.Server", "testenv.Env", "emulator.Server"}

func TestSource_Limits(t *testing.T) {
	methods := map[string]int{}
	err := filepath.WalkDir("../..", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		fset := gotoken.NewFileSet()
		file, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		if n := fset.Position(file.End()).Line; n > maxFileLines {
			t.Errorf("%s has %d lines, the limit is %d", path, n, maxFileLines)
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			lines := fset.Position(f.End()).Line - fset.Position(f.Pos()).Line + 1
			if lines > maxFunctionLines && !strings.Contains(f.Doc.Text(), "Long:") {
				t.Errorf("%s: %s has %d lines, the limit is %d", fset.Position(f.Pos()), f.Name.Name, lines, maxFunctionLines)
			}
			if name := receiverType(f); name != "" && f.Name.IsExported() && ast.IsExported(name) {
				methods[file.Name.Name+"."+name]++
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range servers {
		delete(methods, s)
	}
	for name, n := range methods {
		if n > maxExportedMethods {
			t.Errorf("%s has %d exported methods, the limit is %d", name, n, maxExportedMethods)
		}
	}
}

// receiverType is the name of a method's type; "" for a function.
func receiverType(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	expr := f.Recv.List[0].Type
	if star, ok := expr.(*ast.StarExpr); ok {
		expr = star.X
	}
	if index, ok := expr.(*ast.IndexExpr); ok {
		expr = index.X
	}
	if name, ok := expr.(*ast.Ident); ok {
		return name.Name
	}
	return ""
}
