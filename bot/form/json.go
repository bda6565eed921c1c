package form

// stringOr is the text of a key, or another text.
func stringOr(m map[string]any, key, otherwise string) string {
	if s, ok := m[key].(string); ok && s != "" {
		return s
	}
	return otherwise
}

// parseNumber is a number; nil when v is not one.
func parseNumber(v any) *float64 {
	if n, ok := v.(float64); ok {
		return &n
	}
	return nil
}

// parseCount is a count; nil when v is not one.
func parseCount(v any) *int {
	n, ok := v.(float64)
	if !ok || n < 0 || n > 1<<30 {
		return nil
	}
	i := int(n)
	return &i
}

// stringList are the texts in a list.
func stringList(v any) (out []string) {
	list, _ := v.([]any)
	for _, w := range list {
		if s, ok := w.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// maxQuoted is how many code points of a value are quoted in a text.
const maxQuoted = 60

// truncate shortens a value that is quoted.
func truncate(s string) string {
	if r := []rune(s); len(r) > maxQuoted {
		return string(r[:maxQuoted]) + "…"
	}
	return s
}
