package main

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// declares opens the form with the command, fills it as Port's guide asks, and sends it.
func (v *visitor) declares(name, severity, visibility string) {
	v.t.Helper()
	v.types("/incident")
	v.sees("dialog", "Severity")
	v.fills("Name", name)
	v.chooses("Severity", severity)
	v.chooses("Visibility", visibility)
	v.presses("Run")
	v.waits(`!document.querySelector("dialog").open`)
}

// TestANewcomer does what somebody does who sees the page for the first time.
func TestANewcomer(t *testing.T) {
	v := visits(t)
	step := func(name string, f func(v *visitor)) {
		t.Helper()
		if !t.Run(name, func(t *testing.T) {
			now := *v
			now.t = t
			f(&now)
			now.shoots(name)
		}) {
			t.FailNow() // the next steps go on from this one
		}
	}

	step("a blank name is an error at its field", func(v *visitor) {
		v.types("/incident")
		v.sees("dialog", "Severity")
		v.presses("Run")
		v.sees("dialog .field.wrong", "Name")
		v.fills("Name", "  ")
		v.chooses("Severity", "Major")
		v.chooses("Visibility", "public")
		v.presses("Run")
		v.sees("dialog .field.wrong .error", "Name is required")
	})
	step("an incident is told with its permalink", func(v *visitor) {
		v.fills("Name", "Checkout is down")
		v.fills("Description", "Cards are refused since 14:02")
		v.presses("Run")
		v.sees(".notes", "INC-1")
		v.sees(".notes", "Severity: Major")
		v.sees("#switches", "1 taken · 1 run · 1 told · 0 twice")
	})
	step("the diagram shows every hop", func(v *visitor) {
		for _, hop := range []string{"command", "envelope", "view", "ack", "submission", "call POST /v1/actions/", "run", "webhook POST", "incident", "automation", "entity", "message"} {
			v.sees(".hops", hop)
		}
		v.clicks(`//li[contains(@class, 'k-webhook')]//summary`)
		v.sees(".hops details[open] pre", "idempotency_key")
		if text := v.reads(".hops details[open] pre"); strings.Contains(text, "inc_") || !strings.Contains(text, "Bearer") {
			v.t.Errorf("the webhook's secret is not masked: %s", text)
		}
	})
	step("the catalog has the entity", func(v *visitor) {
		v.goes("Port")
		v.sees("#tab-port .scroll", "Checkout is down")
		v.sees("#tab-port", "SUCCESS")
		v.clicks(`//*[@id="tab-port"]//details[contains(@class, "run")]/summary`)
		v.sees("#tab-port .run[open]", "as alice@example.com")
		entity, err := chromedp.Run(v.ctx, chromedp.Evaluate[string](`document.querySelector("#tab-port .scroll a").href`))
		if err != nil {
			v.t.Fatal(err)
		}
		v.does(chromedp.Navigate(entity))
		v.sees("#entity-card", "Major")
		v.shoots("entity")
		v.does(chromedp.Navigate(v.home))
	})
	step("incident.io has the incident, and its status changes", func(v *visitor) {
		v.goes("incident.io")
		v.sees("#tab-incidents", "Checkout is down")
		v.selects("#tab-incidents select[name=status]", "Fixing")
		v.does(chromedp.Navigate(v.permalink()))
		v.sees("#incident-card", "Checkout is down")
		v.waits(`document.querySelector("#incident-card select").value === "Fixing"`)
	})
	step("a private incident is told to its reporter alone", func(v *visitor) {
		v.does(chromedp.Navigate(v.home))
		v.declares("Somebody has the keys", "Critical", "private")
		v.goes("Foghorn")
		v.sees(".notes", "This incident is private")
		v.goes("general")
		v.sees(".notes", "Checkout is down")
		if strings.Contains(v.reads(".notes"), "Somebody has the keys") {
			v.t.Error("the channel shows a private incident")
		}
	})
	step("a run that fails is told with its reason", func(v *visitor) {
		v.presses("incident.io refuses")
		v.sees(`#switches [aria-checked="true"]`, "incident.io refuses")
		v.declares("Nobody will know", "Minor", "public")
		v.sees("#rail .unread", "Foghorn")
		v.goes("Foghorn")
		v.sees(".notes", "Severity could not be found (severity_id)")
		v.presses("incident.io refuses")
		v.goes("general")
	})
	step("a run waits for approval", func(v *visitor) {
		v.goes("Port")
		v.presses("Runs need approval")
		v.sees(`#tab-port [aria-checked="true"]`, "approval")
		v.declares("Ask first", "Minor", "public")
		v.sees("#tab-port", "WAITING_FOR_APPROVAL")
		v.goes("Foghorn")
		v.sees(".notes", "waits for approval in Port")
		v.clicks(`//*[@id="tab-port"]//details[contains(@class, "run")]/summary`)
		v.presses("Approve")
		v.goes("general")
		v.sees(".notes", "Ask first")
		v.presses("Runs need approval")
	})
	step("the bot is killed in mid-flight", func(v *visitor) {
		v.goes("The way of it")
		v.presses("Kill at the next run")
		v.sees(`#switches [aria-checked="true"]`, "Kill")
		v.declares("Killed halfway", "Major", "public")
		v.sees("#bot", "foghorn is dead: signal: killed")
		v.shoots("dead")
		v.types("/incident")
		v.sees(".notes", `failed with the error "dispatch_failed"`)
		v.presses("Start it again")
		v.sees("#bot", "2 links")
		v.sees(".notes", "Killed halfway")
		v.sees("#switches", "5 taken · 5 runs · 5 told · 0 twice")
	})
	step("a submission that nobody takes can be sent again", func(v *visitor) {
		v.types("/incident nobody hears me")
		v.sees("dialog", "Severity")
		v.chooses("Severity", "Minor")
		v.chooses("Visibility", "public")
		v.runs(`document.querySelector("#bot .danger").form.requestSubmit()`)
		v.sees("#bot", "foghorn is dead")
		v.presses("Run")
		v.sees("dialog .trouble", "We had some trouble connecting. Try again?")
		v.runs(`document.querySelector("#bot .primary").form.requestSubmit()`)
		v.sees("#bot", "2 links")
		v.presses("Run")
		v.sees(".notes", "nobody hears me")
		v.sees("#switches", "6 taken · 6 runs · 6 told · 0 twice")
	})
	step("a channel that is closed to the bot is made up for", func(v *visitor) {
		v.goes("war-room")
		v.declares("Not in here", "Minor", "public")
		v.goes("Foghorn")
		v.sees(".notes", "Not in here")
		v.sees(".notes", "invite")
		v.goes("general")
	})
	step("a wizard goes step by step", func(v *visitor) {
		v.gives("declare_in_steps")
		v.types("/incident")
		v.sees("dialog", "Severity")
		v.fills("Name", "Step by step")
		v.chooses("Severity", "Minor")
		v.presses("Next")
		v.sees("dialog", "Regions")
		v.presses("Next")
		v.sees("dialog", "Visibility")
		v.presses("Run")
		v.sees(".notes", "Step by step")
	})
	step("conditions are live", func(v *visitor) {
		v.gives("declare_with_conditions")
		v.types("/incident")
		v.sees("dialog", "Severity")
		v.fills("Name", "Worse")
		v.chooses("Severity", "Critical")
		v.sees("dialog", "First words for the status page")
		v.fills("Customers who notice", "120")
		v.chooses("Visibility", "private")
		v.sees("dialog", "Why is it private?")
		v.waits(`[...document.querySelectorAll("dialog input[type=text]")].some(i => i.value === "Worse")`)
	})
	step("a form can be closed", func(v *visitor) {
		v.does(chromedp.KeyEvent(kb.Escape))
		v.waits(`!document.querySelector("dialog").open`)
	})
	step("entities are found by typing", func(v *visitor) {
		v.gives("declare_for_a_service")
		v.types("/incident")
		v.sees("dialog", "Also hit")
		v.fills("Name", "Payments are slow")
		v.fills("Service", "pay")
		v.sees("dialog [role=option]", "payments")
		v.does(chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.Enter))
		v.sees("dialog .chip", "payments")
		for i, service := range []string{"ledger", "search"} {
			v.fills("Also hit", service[:3])
			v.sees("dialog [role=option]", service)
			v.does(chromedp.KeyEvent(kb.Enter))
			v.waits(fmt.Sprintf(`document.querySelectorAll("dialog .combo[data-many] .chip button").length === %d`, i+1))
		}
		v.shoots("entities")
		v.chooses("Severity", "Major")
		v.presses("Run")
		v.sees(".notes", "Payments are slow")
	})
	step("a message becomes an incident", func(v *visitor) {
		v.gives("create_incident_io_incident_webhook")
		v.types("The search is *slow* for <everybody> & me")
		v.sees(".notes", "The search is slow for <everybody> & me")
		v.runs(`[...document.querySelectorAll(".note .more form")].at(-1).requestSubmit()`)
		v.sees("dialog", "Severity")
		v.waits(`[...document.querySelectorAll("dialog input[type=text], dialog textarea")].some(i => i.value.includes("The search is"))`)
		v.presses("Cancel")
		v.waits(`!document.querySelector("dialog").open`)
	})
	step("a definition that is pasted shows its modal", func(v *visitor) {
		v.goes("Your own")
		v.sees("#tab-own", "The JSON of an action")
		v.runs(`document.getElementById("definition").value = JSON.stringify({identifier: "a", title: "Mine", trigger: {type: "self-service", operation: "CREATE", userInputs: {properties: {colour: {type: "string", title: "Which colour?"}}}}, invocationMethod: {type: "WEBHOOK", url: "https://example.com"}})`)
		v.presses("Show its modal")
		v.sees("#previewed", "Which colour?")
		v.runs(`document.getElementById("definition").value = "{"`)
		v.presses("Show its modal")
		v.sees("#toast", "line 1")
	})
}

// permalink is the address of the first incident that the page links to.
func (v *visitor) permalink() string {
	v.t.Helper()
	address, err := chromedp.Run(v.ctx, chromedp.Evaluate[string](`document.querySelector(".notes a").href`))
	if err != nil {
		v.t.Fatal(err)
	}
	return address
}

// TestThePageIsLight weighs all that a browser loads.
func TestThePageIsLight(t *testing.T) {
	const most = 300 << 10 // bytes
	address := demo(t, "page")["page"]
	total, seen := 0, map[string]bool{}
	var load func(path string)
	load = func(path string) {
		if seen[path] {
			return
		}
		seen[path] = true
		answer, err := http.Get(address + path)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = answer.Body.Close() }()
		body, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s %v", path, answer.Status, err)
		}
		total += len(body)
		for _, m := range regexp.MustCompile(`(?:src|href)="(/static/[^"]+)"|from "\./([^"]+)"`).FindAllStringSubmatch(string(body), -1) {
			if m[2] != "" {
				m[1] = "/static/" + m[2]
			}
			load(m[1])
		}
	}
	load("/")
	t.Logf("%d bytes in %d files", total, len(seen))
	if total > most || len(seen) < 6 {
		t.Errorf("the page is %d bytes in %d files", total, len(seen))
	}
}

// BenchmarkThePage loads the page in a browser, an incident having been told.
func BenchmarkThePage(b *testing.B) {
	v := visits(b)
	v.declares("Checkout is down", "Major", "public")
	v.sees(".notes", "Checkout is down")
	total := 0.0
	for b.Loop() {
		v.does(chromedp.Navigate(v.home))
		took, err := chromedp.Run(v.ctx, chromedp.Evaluate[float64](`performance.getEntriesByType("navigation")[0].duration`))
		if err != nil {
			b.Fatal(err)
		}
		total += took
	}
	b.ReportMetric(total/float64(b.N), "ms/load")
	b.ReportMetric(0, "ns/op")
}
