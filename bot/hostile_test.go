package bot_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf16"

	"foghorn/bot"
	"foghorn/bot/form"
	"foghorn/bot/message"
	"foghorn/bot/modal"
	"foghorn/bot/request"
	"foghorn/bot/testenv"
	"foghorn/integrations/slackapp/slacktest"
)

// hostileTexts are texts of people that must be shown as they were typed. What would be formatted contains "evil".
var hostileTexts = []string{
	"", " ", "\n\t\n", "\u200d", "\u3164", "x", "a *evil* b", "a _evil_ b", "a ~evil~ b", "a `evil` b", "```evil```", "*evil*", "`evil", ":evil:", "a :evil: b",
	"> quoted", "https://evil.example", "see <https://evil.example|bank>", "mailto:x@example.com", "@here @channel @everyone @alice #general",
	"<!here> <!channel> <!everyone> <!subteam^S1>", "<@U0EVIL> <#C0EVIL>", "<!date^1^{date}^https://evil.example|x>", "&lt;!here&gt; &amp;lt; <&>",
	"two\nlines", "two\r\nlines\u0085and\u2028more\u2029lines\vx\fy", "a\u202eb\u202a\u202b\u202c\u202d\u2066c\u2067\u2068\u2069\u200e\u200f\u061cd",
	"a\x00b\x01c\x1bd\x7fe\u0080f\u009fg", "a\u200bb\ufeffc\u2060d\u00ade\u180ef\u206ag\ufff9h\ufdd0i\ufdd1j\U0001fffek\U000e0041l",
	"e" + strings.Repeat("\u0301", 2000), "a<" + strings.Repeat("x", 4000), strings.Repeat("&", 5000), strings.Repeat("<&>ü", 1100), strings.Repeat("𝕏", 2500),
	strings.Repeat("x", 4500), strings.Repeat("*evil* ", 700), strings.Repeat("👩\u200d👩\u200d👧", 500), strings.Repeat("a\n", 2200),
	strings.Repeat("\u3000", 200) + "x", strings.Repeat("x", 23) + "𝕏", strings.Repeat("x", 74) + "😀😀", strings.Repeat("x", 149) + "😀", strings.Repeat("x", 2999) + "😀",
	"\ufdd0*evil*\ufdd1", "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "مرحبا שלום नमस्ते ไทย",
}

// unitLimits are Slack's limits in UTF-16 code units of the texts below a key.
// https://docs.slack.dev/reference/block-kit
var unitLimits = map[string]int{
	"title": 24, "submit": 24, "close": 24, "label": 2000, "hint": 2000, "placeholder": 150, "private_metadata": 3000, "callback_id": 255,
	"block_id": 255, "action_id": 255, "value": 150, "url": 3000, "initial_value": 3000, "section": 3000, "header": 150, "context": 3000, "option": 75, "button": 75,
}

// A shownText checks what Slack is given, independently of the code that makes it.
type shownText struct{ t *testing.T }

var (
	evilPattern   = regexp.MustCompile("[*_~`:]evil|evil[*_~`:]|(?:^|\n)(?:>|&gt;) quoted")
	entityPattern = regexp.MustCompile(`&(?:amp|lt|gt);`)
	tokenPattern  = regexp.MustCompile(`<[^>]*>?`)
	ownPattern    = regexp.MustCompile(`^(?:<@U0ALICE>|<#C0[A-Z]+>|<!date\^\d+\^\{[^|<>]*\|[^|<>]*>|<https?://(?:own\.example|app\.port\.io|app\.incident\.io)/[^|<>]*(?:\|[^<>]*)?>)$`)
)

// check checks all parts of a message or a view. place is the key or the type above the part.
func (s shownText) check(v any, place string) {
	s.t.Helper()
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			s.check(item, place)
		}
	case map[string]any:
		if kind, _ := v["type"].(string); kind == "section" || kind == "header" || kind == "context" || kind == "button" {
			place = kind
		}
		switch v["type"] {
		case "plain_text":
			if v["emoji"] != false {
				s.t.Errorf("plain text shows emoji codes as emoji: %v", v)
			}
		case "mrkdwn":
			if v["verbatim"] != true {
				s.t.Errorf("mrkdwn that is not verbatim: %v", v)
			}
			s.checkMrkdwn(v["text"].(string), true)
		case "link":
			if !ownPattern.MatchString("<" + v["url"].(string) + ">") {
				s.t.Errorf("a foreign link: %v", v)
			}
		case "user", "channel":
			if v["user_id"] != "U0ALICE" && !strings.HasPrefix(v["channel_id"].(string), "C0") {
				s.t.Errorf("a foreign mention: %v", v)
			}
		case "broadcast", "usergroup":
			s.t.Errorf("a mention: %v", v)
		}
		for key, item := range v {
			below := place
			if _, limited := unitLimits[key]; limited {
				below = key
			}
			if key == "options" || key == "initial_option" || key == "initial_options" {
				below = "option"
			}
			s.check(item, below)
		}
	case string:
		if place != "initial_value" && place != "private_metadata" && place != "value" { // people do not read these
			s.checkCharacters(v)
		}
		if strings.Contains(v, "\n") && slices.Contains([]string{"title", "submit", "close", "option", "button"}, place) {
			s.t.Errorf("%s has several lines: %.80q", place, v)
		}
		if limit, n := unitLimits[place], len(utf16.Encode([]rune(v))); limit > 0 && n > limit {
			s.t.Errorf("%s has %d units, at most %d: %.60q…", place, n, limit, v)
		}
	}
}

func (s shownText) checkCharacters(text string) {
	s.t.Helper()
	marks := 0
	for _, r := range text {
		if unicode.Is(unicode.Mn, r) {
			marks++
		} else {
			marks = 0
		}
		if unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r) || marks > 8 ||
			slices.Contains([]rune{'\u2028', '\u2029', '\u200b', '\ufeff', '\u2060', '\u00ad', '\u180e', '\ufdd0', '\ufdd1', '\ufffd', '\U000e0041'}, r) {
			s.t.Errorf("%U in %.80q", r, text)
			return
		}
	}
}

// checkMrkdwn checks mrkdwn: it has no mentions, links and entities but the bot's own and, if formats count, none of
// them either.
func (s shownText) checkMrkdwn(text string, formats bool) {
	s.t.Helper()
	for _, token := range tokenPattern.FindAllString(text, -1) {
		if !ownPattern.MatchString(token) {
			s.t.Errorf("%q in %.200q", token, text)
		}
	}
	if rest := entityPattern.ReplaceAllString(tokenPattern.ReplaceAllString(text, ""), ""); strings.ContainsAny(rest, "&<>") && strings.Contains(rest, "&") {
		s.t.Errorf("an entity is cut or missing in %.200q", text)
	}
	if formats && evilPattern.MatchString(text) {
		s.t.Errorf("the text of people is formatted: %.200q", text)
	}
}

func decodeJSON(t *testing.T, v any) (out any, data []byte) {
	t.Helper()
	data, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(data, &out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out, data
}

func checkMessage(t *testing.T, text string, blocks any) {
	t.Helper()
	s := shownText{t}
	if n := len(utf16.Encode([]rune(text))); n > 4000 || strings.TrimSpace(text) == "" {
		t.Errorf("a fallback text of %d units", n)
	}
	s.checkCharacters(text)
	s.checkMrkdwn(text, false)
	decoded, _ := decodeJSON(t, blocks)
	s.check(decoded, "")
	if _, data := decodeJSON(t, map[string]any{"channel": "C1", "text": text, "blocks": blocks}); len(slacktest.ValidateMessage(data)) > 0 {
		t.Errorf("Slack rejects the message: %v", slacktest.ValidateMessage(data))
	}
}

func FuzzMessages_HostileText(f *testing.F) {
	for _, text := range hostileTexts {
		f.Add(text)
	}
	renderer := message.Renderer{AnnounceChannel: "C0ALL", PortAppURL: "https://app.port.io"}
	f.Fuzz(func(t *testing.T, text string) {
		t.Parallel()
		text = strings.ToValidUTF8(strings.ReplaceAll(text, "\ufffd", ""), "") // the check takes it for a character that was cut
		for _, permalink := range []string{"https://own.example/1", text} {
			response, _ := decodeJSON(t, map[string]any{"incident": map[string]any{
				"id": "1", "name": text, "reference": text, "permalink": permalink, "summary": text, "visibility": "public", "slack_channel_id": "C0INC",
				"severity": map[string]any{"name": text}, "incident_status": map[string]any{"name": text},
			}})
			data, _ := json.Marshal(response)
			in := message.Input{
				Title: text, Reporter: "U0ALICE", Channel: "C0GENERAL", RunID: "r_1", CreatedAt: time.Unix(1769871845, 0),
				Properties: map[string]any{"name": text, "severity": text, "visibility": "public"},
				Rejected:   map[string]string{request.ToChannel: text, request.ToAnnounce: "not_in_channel"},
			}
			if permalink == text && strings.HasPrefix(text, "http") {
				continue // a web address as permalink is the bot's own
			}
			for _, status := range []string{
				request.Success, request.Failure, request.Declined, request.Cancelled, request.Rejected, request.NotStarted,
				request.NoEmail, request.Denied, request.Unknown, text,
			} {
				incidents := []*request.Incident{nil, {}, message.ParseIncident(data)}
				if status != request.Success {
					incidents = incidents[:1] // a run that failed has no incident
				}
				for _, incident := range incidents {
					in.Outcome = request.Outcome{Status: status, Reason: text, Links: []string{"https://own.example/2", "javascript:" + text}, Incident: incident, EndedAt: time.Unix(1769871887, 0)}
					for _, d := range renderer.Final(in) {
						checkMessage(t, d.Message.Text, d.Message.Blocks)
					}
				}
			}
			for _, d := range []message.Delivery{renderer.AwaitingApproval(in), renderer.Delayed(in)} {
				checkMessage(t, d.Message.Text, d.Message.Blocks)
			}
			m := message.Started(in)
			checkMessage(t, m.Text, m.Blocks)
		}
	})
}

func FuzzForm_HostileText(f *testing.F) {
	for _, text := range hostileTexts {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		t.Parallel()
		text = strings.ToValidUTF8(strings.ReplaceAll(text, "\ufffd", ""), "")
		input := func(members map[string]any) map[string]any {
			members["title"], members["description"] = text, text
			return members
		}
		_, definition := decodeJSON(t, map[string]any{
			"identifier": "act", "title": text, "description": text,
			"trigger": map[string]any{"type": "self-service", "operation": "CREATE", "executeActionButtonText": text, "userInputs": map[string]any{
				"properties": map[string]any{
					"a": input(map[string]any{"type": "string", "default": text}), "b": input(map[string]any{"type": "string", "enum": []any{text, text + "2", text + "3", "x" + text, "y" + text}}),
					"c": input(map[string]any{"type": "array", "items": map[string]any{"type": "string", "enum": []any{text, "z" + text}}, "default": []any{text}}),
					"d": input(map[string]any{"type": "object", "default": map[string]any{text: text}}), "e": input(map[string]any{"type": "string", "format": "entity", "blueprint": "x", "default": text}),
					"f": input(map[string]any{"type": "boolean"}), "g": input(map[string]any{"type": text}), text: input(map[string]any{"type": "string"}),
					"h": input(map[string]any{"type": "string", "enum": []any{text, "b"}, "default": text}),
				},
				"required": []any{"a", "b"},
				"steps":    []any{map[string]any{"title": text, "order": []any{"a", "b", "c"}}, map[string]any{"title": text, "order": []any{"d", "e", "f", text}}},
				"titles":   map[string]any{"t": map[string]any{"title": text, "description": text}},
			}},
		})
		compiled, err := form.Compile(definition)
		if err != nil {
			t.Fatal(err)
		}
		compiled.Problems = nil
		for _, values := range []form.Values{nil, modal.PrefillMessage(compiled, text, text, "https://own.example/m")} {
			state := compiled.Resolve(t.Context(), form.EvalContext{}, values)
			page := modal.Page{Action: "act"}
			for range 10 {
				view, err := modal.Render(state, page)
				if err != nil {
					t.Fatal(err)
				}
				checkView(t, view)
				if modal.LastPage(state, page) {
					break
				}
				page = modal.NextPage(state, page)
			}
		}
		suggestions, _ := decodeJSON(t, modal.SuggestCandidates([]modal.Candidate{{Label: text, Value: "a"}, {Label: text + text, Value: "b"}}))
		shownText{t}.check(suggestions, "")
	})
}

func checkView(t *testing.T, view any) {
	t.Helper()
	decoded, data := decodeJSON(t, view)
	shownText{t}.check(decoded, "")
	if problems := slacktest.ValidateView(data); len(problems) > 0 {
		t.Errorf("Slack rejects the view: %v", problems)
	}
}

// TestReplies_HostileTitle reads the answers to commands for an action whose title and inputs are hostile.
func TestReplies_HostileTitle(t *testing.T) {
	t.Parallel()
	const title = "a *evil* b :evil: <!channel> \u202e@here"
	_, bad := decodeJSON(t, title)
	e := testenv.New(t)
	e.EditConfig = func(c *bot.Config) { c.Action = "act" }
	put := func(properties string) {
		err := e.Port.PutAction(json.RawMessage(`{"identifier":"act","title":` + string(bad) + `,"trigger":{"type":"self-service","operation":"CREATE",
			"userInputs":{"properties":` + properties + `}},"invocationMethod":{"type":"WEBHOOK","url":"https://example.com"}}`))
		if err != nil {
			t.Fatal(err)
		}
	}
	put(`{"a *evil* b":{"type":"string","encryption":"aes256-gcm","title":` + string(bad) + `}}`)
	e.Start()
	if answer := e.AnswerTo(testenv.Alice, testenv.General, "/incident"); !strings.Contains(answer, "inputs that Slack can't show") {
		t.Errorf("answered %s", answer)
	}
	if m := e.Slack.Person(testenv.Alice).TopModal(); m != nil {
		shown, _ := decodeJSON(t, m.JSON())
		shownText{t}.check(shown.(map[string]any)["blocks"], "")
	}
	e.AnswerTo(testenv.Alice, testenv.General, "/incident help")
	e.AnswerTo(testenv.Alice, testenv.General, "/incident")
	answers := e.Slack.Ephemerals(testenv.Alice)
	for _, m := range answers {
		checkMessage(t, m.Text, m.Blocks)
	}
	if len(answers) < 2 {
		t.Errorf("%d answers", len(answers))
	}
}

// TestDeclare_HostileTexts declares incidents whose names cannot be shown as they are by mrkdwn.
func TestDeclare_HostileTexts(t *testing.T) {
	t.Parallel()
	e := testenv.New(t).Start()
	for _, name := range []string{"a *evil* b :evil: `evil` <!channel> <@U0BOB> @here", "> quoted", "x\u202ey\u0085z\u200b!" + strings.Repeat("😀", 500)} {
		e.Declare(testenv.Alice, testenv.General, name, "Minor", "public")
	}
	e.WaitFor("all are posted", func() bool { return len(e.Slack.Messages(testenv.General)) == 3 })
	for _, m := range e.Slack.Messages(testenv.General) {
		checkMessage(t, m.Text, m.Blocks)
	}
}

// TestReplies_FitAck answers with the largest texts within Slack's limit of an ack.
func TestReplies_FitAck(t *testing.T) {
	t.Parallel()
	for _, character := range []string{"<", "&", "語", "*", "\\\\"} {
		long := strings.Repeat(character, 300)
		e := testenv.New(t)
		e.EditConfig = func(c *bot.Config) { c.Action = "act" }
		var properties []string
		for i := range 20 {
			properties = append(properties, fmt.Sprintf(`"%s%d":{"type":"string","encryption":"aes256-gcm"}`, long, i))
		}
		err := e.Port.PutAction(json.RawMessage(`{"identifier":"act","title":"` + long + `","trigger":{"type":"self-service","operation":"CREATE",
			"userInputs":{"properties":{` + strings.Join(properties, ",") + `}}},"invocationMethod":{"type":"WEBHOOK","url":"https://example.com"}}`))
		if err != nil {
			t.Fatal(err)
		}
		e.Start()
		e.WaitFor("the action is known", func() bool {
			answer := e.AnswerTo(testenv.Alice, testenv.General, "/incident")
			return strings.Contains(answer, "and 15 more")
		})
		e.WaitFor("the answer is an ack", func() bool {
			e.AnswerTo(testenv.Alice, testenv.General, "/incident")
			return len(e.Slack.Ephemerals(testenv.Alice)) > 0
		})
	}
}
