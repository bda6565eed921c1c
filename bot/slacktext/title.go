package slacktext

import (
	"regexp"
	"strings"
	"unicode"
)

var (
	// addressPattern is the address behind the label of a link.
	addressPattern = regexp.MustCompile(` \(https?://[^ ]*\)`)
	// emojiCodes are the emoji before a title, such as :fire:.
	emojiCodes = regexp.MustCompile(`^(?::[a-z0-9_+'-]*[a-z][a-z0-9_+'-]*:\s*)+`)
	// boldPattern is a first line that is bold as a whole, in mrkdwn or in markdown.
	boldPattern = regexp.MustCompile(`^\s*(?::[a-z0-9_+'-]+:\s*)*(?:\*([^*\n]+)\*|\*\*([^*\n]+)\*\*|<[^<>|\n]+\|\*([^*<>\n]+)\*>)\s*(?:\n|$)`)
)

// chooseTitle is the first line of the first text that says what a message is about. If there is none, it is the first
// line of the first text that is not blank.
func chooseTitle(texts ...string) string {
	general := ""
	for _, s := range texts {
		for line := range strings.SplitSeq(strings.TrimSpace(Clean(s)), "\n") {
			line = SingleLine(addressPattern.ReplaceAllString(line, ""))
			if plain := emojiCodes.ReplaceAllString(line, ""); plain != "" {
				line = plain // a name with codes is not readable outside of Slack
			}
			if !isGeneral(line) {
				return line
			}
			if general == "" {
				general = line
			}
			break
		}
	}
	return general
}

// noteBold keeps the first line of a text if it is bold as a whole and no label.
func (r *reader) noteBold(s string) {
	m := boldPattern.FindStringSubmatch(s)
	if r.bold != "" || m == nil {
		return
	}
	line := strings.TrimSpace(r.mrkdwn(m[1] + m[2] + m[3]))
	if len(strings.Fields(line)) > 1 && !strings.HasSuffix(line, ":") {
		r.bold = line
	}
}

var (
	eventWords = wordSet(`triggered acknowledged unacknowledged resolved unresolved opened reopened created updated closed assigned reassigned
		escalated firing fired recovered snoozed declared started detected changed transitioned commented`)
	objectWords = wordSet(`a an the this new alert alerts alarm incident issue bug task ticket problem event monitor notification
		status state priority is was has been untitled`)
	// numberPattern is the number or the key of an alert, such as #42 or OPS-12.
	numberPattern = regexp.MustCompile(`^[A-Z_-]*[0-9][A-Z0-9_-]*$`)
)

func wordSet(s string) map[string]bool {
	out := map[string]bool{}
	for _, word := range strings.Fields(s) {
		out[word] = true
	}
	return out
}

// Limits of isGeneral for the names of people before and after an event.
const maxActorWords, maxByWords = 2, 4

// isGeneral reports a line that says only that something happened, such as "Carol acknowledged incident #42", or is
// only an address.
func isGeneral(line string) bool {
	if !strings.ContainsFunc(emojiCodes.ReplaceAllString(line, ""), unicode.IsLetter) || isAddress(line) {
		return true
	}
	words := strings.Fields(line)
	others, event := 0, false
	for i, word := range words {
		word = strings.TrimFunc(word, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
		lower := strings.ToLower(word)
		switch {
		case word == "", objectWords[lower], numberPattern.MatchString(word):
		case eventWords[lower]:
			event = true
		case event && (lower == "by" || lower == "to"):
			return others <= maxActorWords && len(words)-i-1 <= maxByWords
		case event:
			return false
		default:
			others++
		}
	}
	return others == 0 || event && others <= maxActorWords
}

func isAddress(line string) bool {
	return !strings.Contains(line, " ") && (strings.HasPrefix(line, "https://") || strings.HasPrefix(line, "http://"))
}
