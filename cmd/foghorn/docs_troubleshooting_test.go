package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// textPackages hold the texts that people read in Slack.
var textPackages = []string{"bot/dialog", "bot/form", "bot/home", "bot/identity", "bot/message", "bot/modal", "bot/workflow"}

// composedTexts are texts that the code puts together from words.
var composedTexts = []string{"Enter a <>.", "Choose a <>."}

// TestDocs_Troubleshooting compares docs/troubleshooting.md with the texts in the code.
func TestDocs_Troubleshooting(t *testing.T) {
	const document = "docs/troubleshooting.md"
	data, err := os.ReadFile(filepath.Join(repoRoot, document))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, hasBegin := strings.Cut(string(data), "<!-- messages -->")
	tables, _, hasEnd := strings.Cut(rest, "<!-- end of messages -->")
	if !hasBegin || !hasEnd {
		t.Fatalf("%s has no section \"messages\"", document)
	}
	documented := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `+ ?(.+?) ?`+ \\|").FindAllStringSubmatch(tables, -1) {
		documented[placeholderPattern.ReplaceAllString(row[1], "<>")] = row[1]
	}
	texts := map[string]string{}
	for _, text := range composedTexts {
		texts[text] = "composedTexts"
	}
	for _, dir := range textPackages {
		maps.Copy(texts, textsOfPackage(t, filepath.Join(repoRoot, dir)))
	}
	for _, text := range slices.Sorted(maps.Keys(texts)) {
		if documented[text] == "" {
			t.Errorf("%s: add the text of %s to the table where people get it, with names in the brackets:\n| `%s` | what it means | what to do |",
				document, texts[text], text)
		}
	}
	for _, text := range slices.Sorted(maps.Keys(documented)) {
		if texts[text] == "" {
			t.Errorf("%s: the code has no text %q: remove or change its row", document, documented[text])
		}
	}
}

var (
	placeholderPattern = regexp.MustCompile(`<[^<>]*>`)
	verbPattern        = regexp.MustCompile(`%(?:\[\d+\])?[-+# 0-9.]*[a-zA-Z]`)
	emojiPattern       = regexp.MustCompile(`:[a-z_]+: ?`)

	// Texts for people begin with a capital letter, an emoji or what they are about, and end as sentences do. Log
	// messages and errors begin with a small letter.
	wordPattern     = regexp.MustCompile(`[a-z]{2}`)
	sentencePattern = regexp.MustCompile(`^[A-Z"<].* .*(?:[.:?…]|\. <>)$`)
)

// textsOfPackage returns the texts for people in the source of a package, with the files that have them.
func textsOfPackage(t *testing.T, dir string) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files in %s (%v)", dir, err)
	}
	texts := map[string]string{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			e, isExpr := n.(ast.Expr)
			if !isExpr {
				return true
			}
			if call, ok := e.(*ast.CallExpr); ok && isProblem(call) {
				texts[plainSentence(problemText(call))], _ = filepath.Rel(repoRoot, name)
				return false
			}
			text, isText := literalText(e)
			if text = plainSentence(text); isText && sentencePattern.MatchString(text) && wordPattern.MatchString(text) {
				texts[text], _ = filepath.Rel(repoRoot, name)
			}
			return !isText
		})
	}
	return texts
}

// isProblem reports a call of form.addProblem, whose reason begins with a small letter.
func isProblem(call *ast.CallExpr) bool {
	f, ok := call.Fun.(*ast.SelectorExpr)
	return ok && f.Sel.Name == "addProblem" && len(call.Args) == 2
}

// problemText is the reason in a call of form.addProblem.
func problemText(call *ast.CallExpr) string {
	reason := call.Args[1]
	if format, ok := reason.(*ast.CallExpr); ok && len(format.Args) > 0 {
		reason = format.Args[0]
	}
	text, _ := literalText(reason)
	return text
}

// literalText is a string literal or a sum with one, in which %s stands for everything else.
func literalText(e ast.Expr) (text string, ok bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind == token.STRING {
			text, err := strconv.Unquote(e.Value)
			return text, err == nil
		}
	case *ast.BinaryExpr:
		left, okLeft := literalText(e.X)
		right, okRight := literalText(e.Y)
		if e.Op != token.ADD || !okLeft && !okRight {
			return "", false
		}
		if !okLeft {
			left = "%s"
		}
		if !okRight {
			right = "%s"
		}
		return left + right, true
	}
	return "", false
}

// plainSentence is a text as people see it, with <> for what varies.
func plainSentence(text string) string {
	text = strings.ReplaceAll(text, "%q", `"%s"`)
	text = verbPattern.ReplaceAllString(text, "<>")
	text = emojiPattern.ReplaceAllString(strings.NewReplacer("*", "", "`", "", "\n", " ").Replace(text), "")
	return strings.TrimSpace(strings.ReplaceAll(text, "%%", "%"))
}
