package ui

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

func (s *Server) serveHome(w http.ResponseWriter, r *http.Request) {
	s.writePage(w, "home", s.newViewModel(r))
}

// serveIncident serves the page of an incident's permalink.
func (s *Server) serveIncident(w http.ResponseWriter, r *http.Request) {
	v := s.newViewModel(r)
	if v.Incident = r.PathValue("id"); v.ShownIncident() == nil {
		http.Error(w, "incident.io has no such incident.", http.StatusNotFound)
		return
	}
	s.writePage(w, "incident", v)
}

// serveEntity serves the page of an entity of the catalog.
func (s *Server) serveEntity(w http.ResponseWriter, r *http.Request) {
	v := s.newViewModel(r)
	if v.Entity = r.PathValue("id"); v.CatalogEntity() == nil {
		http.Error(w, "Port's catalog has no such entity.", http.StatusNotFound)
		return
	}
	s.writePage(w, "entity", v)
}

// writePage writes a whole page.
func (s *Server) writePage(w http.ResponseWriter, name string, v *viewModel) {
	html, err := s.renderTemplate(name, v)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(html)
}

func (s *Server) renderTemplate(name string, data any) ([]byte, error) {
	var b bytes.Buffer
	if err := s.templates.ExecuteTemplate(&b, name, data); err != nil {
		return nil, fmt.Errorf("render %s: %w", name, err)
	}
	return b.Bytes(), nil
}

// templateFuncs are the functions of the templates.
var templateFuncs = template.FuncMap{
	"clock":          func(t time.Time) string { return t.Format(time.TimeOnly) },
	"formatDuration": formatDuration,
	"indentJSON":     indentJSON,
	"cssClass":       cssClass,
	"staticFiles":    listStaticFiles,
	"args":           newTemplateArgs,
	"render": func(name string, v *viewModel) (template.HTML, error) {
		html, err := v.server.renderTemplate(name, v)
		return template.HTML(html), err // #nosec: a template has escaped it
	},
}

// templateArgs are the arguments of a template that shows one item.
type templateArgs struct {
	View    *viewModel
	Item    any
	Message *messageView // the message that a block belongs to; nil in a modal
}

func newTemplateArgs(v *viewModel, item any, message ...*messageView) templateArgs {
	args := templateArgs{View: v, Item: item}
	if len(message) > 0 {
		args.Message = message[0]
	}
	return args
}

// listStaticFiles returns the names of the static files that match a pattern.
func listStaticFiles(pattern string) ([]string, error) {
	files, err := fs.Glob(staticFiles, "static/"+pattern)
	for i := range files {
		files[i] = path.Base(files[i])
	}
	return files, err
}

// cssClass makes a class name of a status, a severity or a color: lower case, letters only.
func cssClass(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, strings.ToLower(s))
}

// formatDuration formats a time for people: 12 ms, 1.234 s, 2m3s.
func formatDuration(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%.3f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}
