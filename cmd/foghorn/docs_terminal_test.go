package main

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestDocs_SettingErrors compares the errors of the commands about settings and arguments with docs/troubleshooting.md.
func TestDocs_SettingErrors(t *testing.T) {
	c := newTerminalTexts(t)
	for _, file := range c.files {
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				switch name := calledName(n); {
				case (name == "settingError" || name == "add" || name == "addWarning") && len(n.Args) == 3:
					c.addRow(c.text(n.Args[0], "setting")+" "+c.text(n.Args[1], "…"), c.text(n.Args[2], "…"))
				case name == "reject" && len(n.Args) == 4:
					c.addRow(".env line <…> "+c.text(n.Args[2], "…"), c.text(n.Args[3], "…"))
				}
			case *ast.CompositeLit:
				if isIdent(n.Type, "SettingProblem") && len(n.Elts) == 3 {
					c.addRow(c.text(n.Elts[0], "setting")+" "+c.text(n.Elts[1], "…"), c.text(n.Elts[2], "…"))
				}
			case *ast.ReturnStmt: // of a function that checks a setting
				if len(n.Results) == 2 && c.isText(n.Results[0]) && (c.isText(n.Results[1]) || isIdent(n.Results[1], "hint")) {
					c.addRow("<setting> "+c.text(n.Results[0], "…"), c.text(n.Results[1], "…"))
				}
			}
			return true
		})
	}
	c.check(t, "setting errors", "| error | hint |\n|---|---|\n")
}

// TestDocs_DoctorProblems compares the problems that doctor reports with docs/troubleshooting.md.
func TestDocs_DoctorProblems(t *testing.T) {
	c := newTerminalTexts(t)
	for _, file := range c.files {
		ast.Inspect(file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && len(call.Args) == 3 {
				if name := calledName(call); name == "warn" || name == "fail" {
					c.addRow(name+" "+c.text(call.Args[0], "check")+": "+c.text(call.Args[1], "error"), c.text(call.Args[2], "…"))
				}
			}
			return true
		})
	}
	c.check(t, "doctor problems", "| problem | hint |\n|---|---|\n")
}

// terminalTexts collects rows of a table from the source of this package.
type terminalTexts struct {
	files     []*ast.File
	constants map[string]string
	rows      map[string]bool
}

func newTerminalTexts(t *testing.T) *terminalTexts {
	t.Helper()
	c := &terminalTexts{constants: map[string]string{}, rows: map[string]bool{}}
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, source, 0)
		if err != nil {
			t.Fatal(err)
		}
		c.files = append(c.files, file)
		for _, declaration := range file.Decls {
			if g, ok := declaration.(*ast.GenDecl); ok && g.Tok == token.CONST {
				c.addConstants(g)
			}
		}
	}
	return c
}

func (c *terminalTexts) addConstants(g *ast.GenDecl) {
	for _, s := range g.Specs {
		spec, _ := s.(*ast.ValueSpec)
		for i, value := range spec.Values {
			if text, ok := literalText(value); ok {
				c.constants[spec.Names[i].Name] = text
			}
		}
	}
}

// varies stands for the parts of a text that vary.
const varies = "\x00"

// find returns the text of an expression: a literal, a constant, a format or a sum.
func (c *terminalTexts) find(e ast.Expr) (text string, ok bool) {
	switch e := e.(type) {
	case *ast.Ident:
		text, ok = c.constants[e.Name]
		return text, ok
	case *ast.CallExpr:
		if calledName(e) == "Sprintf" && len(e.Args) > 0 {
			text, ok = c.find(e.Args[0])
			return strings.ReplaceAll(verbPattern.ReplaceAllString(text, varies), "%%", "%"), ok
		}
	case *ast.BinaryExpr:
		left, okLeft := c.find(e.X)
		right, okRight := c.find(e.Y)
		if okLeft || okRight {
			return cmp.Or(left, varies) + cmp.Or(right, varies), true
		}
	}
	return literalText(e)
}

func (c *terminalTexts) isText(e ast.Expr) bool {
	text, ok := c.find(e)
	return ok && strings.Contains(text, " ")
}

// text is the text of an expression, with a placeholder in angle brackets for what varies.
func (c *terminalTexts) text(e ast.Expr, placeholder string) string {
	text, ok := c.find(e)
	if !ok {
		text = varies
	}
	return strings.NewReplacer("|", "¦", varies, "<"+placeholder+">").Replace(text)
}

func (c *terminalTexts) addRow(text, hint string) {
	if !wordPattern.MatchString(placeholderPattern.ReplaceAllString(text, "")) {
		return
	}
	if hint == "<…>" {
		c.rows[fmt.Sprintf("| `%s` | it depends on the setting or the error |\n", text)] = true
		return
	}
	c.rows[fmt.Sprintf("| `%s` | `%s` |\n", text, hint)] = true
}

func (c *terminalTexts) check(t *testing.T, section, head string) {
	t.Helper()
	if len(c.rows) < 10 {
		t.Fatalf("found only %d rows", len(c.rows))
	}
	checkSection(t, "docs/troubleshooting.md", section, head+strings.Join(slices.Sorted(maps.Keys(c.rows)), ""))
}

// calledName is the name of the function or method that is called.
func calledName(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

func isIdent(e ast.Expr, name string) bool {
	ident, ok := e.(*ast.Ident)
	return ok && ident.Name == name
}
