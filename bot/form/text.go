package form

import (
	"math/big"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// requiredText asks for a value: "Enter a name." for a field with the title Name.
func (f *FieldState) requiredText() string {
	noun := f.noun("")
	switch {
	case noun == "" && f.verb() == "Choose":
		return "Choose an option."
	case noun == "":
		return "Enter a value."
	case f.Many || isPlural(noun):
		return f.verb() + " " + noun + "."
	}
	return f.verb() + " " + article(noun) + " " + noun + "."
}

// verb is what a person does in the field.
func (f *FieldState) verb() string {
	switch f.Kind {
	case Choice, Boolean, Entity, User, Team, DateTime:
		return "Choose"
	}
	return "Enter"
}

// noun is the field's title as it can stand in a sentence, or the other text for titles that are
// questions, long or not English.
func (f *FieldState) noun(otherwise string) string {
	words := strings.Fields(f.Title)
	if len(words) == 0 || len(words) > 3 || slices.Contains(notNouns, strings.ToLower(words[0])) {
		return otherwise
	}
	for i, word := range words {
		if strings.ContainsFunc(word, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsLetter(r) && r != '-' }) {
			return otherwise
		}
		if word[1:] == strings.ToLower(word[1:]) { // not an acronym
			words[i] = strings.ToLower(word)
		}
	}
	return strings.Join(words, " ")
}

// notNouns are first words of titles that are questions or orders.
var notNouns = []string{
	"a", "an", "the", "your", "my", "any", "all", "is", "are", "was", "do", "does", "did", "has", "have", "should", "can", "will",
	"who", "whom", "whose", "what", "when", "where", "which", "why", "how",
	"add", "choose", "create", "delete", "describe", "enable", "enter", "notify", "pick", "please", "select", "send", "set", "tell", "use",
}

// isPlural reports that a noun takes no article. It recognizes the regular plural.
func isPlural(noun string) bool {
	return strings.HasSuffix(noun, "s") && !strings.HasSuffix(noun, "ss") && !strings.HasSuffix(noun, "us") && !strings.HasSuffix(noun, "is")
}

// article is "a" or "an". Letters of an acronym are read by their names: "an SLO".
func article(noun string) string {
	first, _, _ := strings.Cut(noun, " ")
	vowels := "aeio"
	switch {
	case len(first) > 1 && first == strings.ToUpper(first):
		vowels = "AEFHILMNORSX"
	case strings.HasPrefix(first, "u") && !strings.HasPrefix(first, "uni") && !strings.HasPrefix(first, "us") && !strings.HasPrefix(first, "ut"):
		return "an"
	}
	if strings.Contains(vowels, first[:1]) {
		return "an"
	}
	return "a"
}

func pluralize(n int, singular, plural string) string {
	if n == 1 {
		return "1 " + singular
	}
	return strconv.Itoa(n) + " " + plural
}

func joinSentences(a, b string) string { return strings.TrimSpace(a + " " + b) }

func formatRat(r *big.Rat) string {
	f, _ := r.Float64()
	return strconv.FormatFloat(f, 'f', -1, 64)
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return truncate(line)
}
