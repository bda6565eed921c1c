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

// declareIncident opens the form with the command, fills it as Port's guide asks, and sends it.
func (v *browser) declareIncident(name, severity, visibility string) {
	v.t.Helper()
	v.typeMessage("/incident")
	v.expectText("dialog", "Severity")
	v.fillField("Name", name)
	v.chooseOption("Severity", severity)
	v.chooseOption("Visibility", visibility)
	v.clickButton("Run")
	v.waitFor(`!document.querySelector("dialog").open`)
}

// TestDemoUI_Tour does what somebody does who sees the page for the first time.
func TestDemoUI_Tour(t *testing.T) {
	v := openBrowser(t)
	step := func(name string, f func(v *browser)) {
		t.Helper()
		if !t.Run(name, func(t *testing.T) {
			now := *v
			now.t = t
			f(&now)
			now.screenshot(name)
		}) {
			t.FailNow() // the next steps go on from this one
		}
	}

	step("a blank name is an error at its field", func(v *browser) {
		v.typeMessage("/incident")
		v.expectText("dialog", "Severity")
		v.clickButton("Run")
		v.expectText("dialog .field.invalid", "Name")
		v.fillField("Name", "  ")
		v.chooseOption("Severity", "Major")
		v.chooseOption("Visibility", "public")
		v.clickButton("Run")
		v.expectText("dialog .field.invalid .error", "Name is required")
	})
	step("an incident is told with its permalink", func(v *browser) {
		v.fillField("Name", "Checkout is down")
		v.fillField("Description", "Cards are refused since 14:02")
		v.clickButton("Run")
		v.expectText(".messages", "INC-1")
		v.expectText(".messages", "Severity: Major")
		v.expectText("#faults", "1 accepted · 1 run · 1 reported · 0 duplicates")
	})
	step("the diagram shows every hop", func(v *browser) {
		for _, hop := range []string{"command", "envelope", "view", "ack", "submission", "call POST /v1/actions/", "run", "webhook POST", "incident", "automation", "entity", "message"} {
			v.expectText(".spans", hop)
		}
		v.clickXPath(`//li[contains(@class, 'kind-webhook')]//summary`)
		v.expectText(".spans details[open] pre", "idempotency_key")
		if text := v.readText(".spans details[open] pre"); strings.Contains(text, "inc_") || !strings.Contains(text, "Bearer") {
			v.t.Errorf("the webhook's secret is not masked: %s", text)
		}
	})
	step("the catalog has the entity", func(v *browser) {
		v.navigate("Port")
		v.expectText("#tab-port .table-scroll", "Checkout is down")
		v.expectText("#tab-port", "SUCCESS")
		v.clickXPath(`//*[@id="tab-port"]//details[contains(@class, "run")]/summary`)
		v.expectText("#tab-port .run[open]", "as alice@example.com")
		entity, err := chromedp.Run(v.ctx, chromedp.Evaluate[string](`document.querySelector("#tab-port .table-scroll a").href`))
		if err != nil {
			v.t.Fatal(err)
		}
		v.do(chromedp.Navigate(entity))
		v.expectText("#entity-card", "Major")
		v.screenshot("entity")
		v.do(chromedp.Navigate(v.home))
	})
	step("incident.io has the incident, and its status changes", func(v *browser) {
		v.navigate("incident.io")
		v.expectText("#tab-incidents", "Checkout is down")
		v.selectValue("#tab-incidents select[name=status]", "Fixing")
		v.do(chromedp.Navigate(v.permalink()))
		v.expectText("#incident-card", "Checkout is down")
		v.waitFor(`document.querySelector("#incident-card select").value === "Fixing"`)
	})
	step("a private incident is told to its reporter alone", func(v *browser) {
		v.do(chromedp.Navigate(v.home))
		v.declareIncident("Somebody has the keys", "Critical", "private")
		v.navigate("Foghorn")
		v.expectText(".messages", "This incident is private")
		v.navigate("general")
		v.expectText(".messages", "Checkout is down")
		if strings.Contains(v.readText(".messages"), "Somebody has the keys") {
			v.t.Error("the channel shows a private incident")
		}
	})
	step("a run that fails is told with its reason", func(v *browser) {
		v.clickButton("incident.io refuses")
		v.expectText(`#faults [aria-checked="true"]`, "incident.io refuses")
		v.declareIncident("Nobody will know", "Minor", "public")
		v.expectText("#conversations .unread", "Foghorn")
		v.navigate("Foghorn")
		v.expectText(".messages", "Severity could not be found (severity_id)")
		v.clickButton("incident.io refuses")
		v.navigate("general")
	})
	step("a run waits for approval", func(v *browser) {
		v.navigate("Port")
		v.clickButton("Runs need approval")
		v.expectText(`#tab-port [aria-checked="true"]`, "approval")
		v.declareIncident("Ask first", "Minor", "public")
		v.expectText("#tab-port", "WAITING_FOR_APPROVAL")
		v.navigate("Foghorn")
		v.expectText(".messages", "waits for approval in Port")
		v.clickXPath(`//*[@id="tab-port"]//details[contains(@class, "run")]/summary`)
		v.clickButton("Approve")
		v.navigate("general")
		v.expectText(".messages", "Ask first")
		v.clickButton("Runs need approval")
	})
	step("the bot is killed in mid-flight", func(v *browser) {
		v.navigate("Timeline")
		v.clickButton("Kill at the next run")
		v.expectText(`#faults [aria-checked="true"]`, "Kill")
		v.declareIncident("Killed halfway", "Major", "public")
		v.expectText("#bot", "foghorn has stopped: signal: killed")
		v.screenshot("dead")
		v.typeMessage("/incident")
		v.expectText(".messages", `failed with the error "dispatch_failed"`)
		v.clickButton("Start again")
		v.expectText("#bot", "2 connections")
		v.expectText(".messages", "Killed halfway")
		v.expectText("#faults", "5 accepted · 5 runs · 5 reported · 0 duplicates")
	})
	step("a submission that nobody takes can be sent again", func(v *browser) {
		v.typeMessage("/incident nobody hears me")
		v.expectText("dialog", "Severity")
		v.chooseOption("Severity", "Minor")
		v.chooseOption("Visibility", "public")
		v.evaluate(`document.querySelector("#bot .danger").form.requestSubmit()`)
		v.expectText("#bot", "foghorn has stopped")
		v.clickButton("Run")
		v.expectText("dialog .alert", "We had some trouble connecting. Try again?")
		v.evaluate(`document.querySelector("#bot .primary").form.requestSubmit()`)
		v.expectText("#bot", "2 connections")
		v.clickButton("Run")
		v.expectText(".messages", "nobody hears me")
		v.expectText("#faults", "6 accepted · 6 runs · 6 reported · 0 duplicates")
	})
	step("a channel that is closed to the bot is made up for", func(v *browser) {
		v.navigate("war-room")
		v.declareIncident("Not in here", "Minor", "public")
		v.navigate("Foghorn")
		v.expectText(".messages", "Not in here")
		v.expectText(".messages", "invite")
		v.navigate("general")
	})
	step("a wizard goes step by step", func(v *browser) {
		v.chooseAction("declare_in_steps")
		v.typeMessage("/incident")
		v.expectText("dialog", "Severity")
		v.fillField("Name", "Step by step")
		v.chooseOption("Severity", "Minor")
		v.clickButton("Next")
		v.expectText("dialog", "Regions")
		v.clickButton("Next")
		v.expectText("dialog", "Visibility")
		v.clickButton("Run")
		v.expectText(".messages", "Step by step")
	})
	step("conditions are live", func(v *browser) {
		v.chooseAction("declare_with_conditions")
		v.typeMessage("/incident")
		v.expectText("dialog", "Severity")
		v.fillField("Name", "Worse")
		v.chooseOption("Severity", "Critical")
		v.expectText("dialog", "First words for the status page")
		v.fillField("Customers who notice", "120")
		v.chooseOption("Visibility", "private")
		v.expectText("dialog", "Why is it private?")
		v.waitFor(`[...document.querySelectorAll("dialog input[type=text]")].some(i => i.value === "Worse")`)
	})
	step("a form can be closed", func(v *browser) {
		v.do(chromedp.KeyEvent(kb.Escape))
		v.waitFor(`!document.querySelector("dialog").open`)
	})
	step("entities are found by typing", func(v *browser) {
		v.chooseAction("declare_for_a_service")
		v.typeMessage("/incident")
		v.expectText("dialog", "Also hit")
		v.fillField("Name", "Payments are slow")
		v.fillField("Service", "pay")
		v.expectText("dialog [role=option]", "payments")
		v.do(chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.Enter))
		v.expectText("dialog .chip", "payments")
		for i, service := range []string{"ledger", "search"} {
			v.fillField("Also hit", service[:3])
			v.expectText("dialog [role=option]", service)
			v.do(chromedp.KeyEvent(kb.Enter))
			v.waitFor(fmt.Sprintf(`document.querySelectorAll("dialog .search-select[data-multiple] .chip button").length === %d`, i+1))
		}
		v.screenshot("entities")
		v.chooseOption("Severity", "Major")
		v.clickButton("Run")
		v.expectText(".messages", "Payments are slow")
	})
	step("a message becomes an incident", func(v *browser) {
		v.chooseAction("create_incident_io_incident_webhook")
		v.typeMessage("The search is *slow* for <everybody> & me")
		v.expectText(".messages", "The search is slow for <everybody> & me")
		v.evaluate(`[...document.querySelectorAll(".message .message-actions form")].at(-1).requestSubmit()`)
		v.expectText("dialog", "Severity")
		v.waitFor(`[...document.querySelectorAll("dialog input[type=text], dialog textarea")].some(i => i.value.includes("The search is"))`)
		v.clickButton("Cancel")
		v.waitFor(`!document.querySelector("dialog").open`)
	})
	step("a definition that is pasted shows its modal", func(v *browser) {
		v.navigate("Your own action")
		v.expectText("#tab-custom", "The JSON of an action")
		v.evaluate(`document.getElementById("action-json").value = JSON.stringify({identifier: "a", title: "Mine", trigger: {type: "self-service", operation: "CREATE", userInputs: {properties: {colour: {type: "string", title: "Which colour?"}}}}, invocationMethod: {type: "WEBHOOK", url: "https://example.com"}})`)
		v.clickButton("Show its modal")
		v.expectText("#preview", "Which colour?")
		v.evaluate(`document.getElementById("action-json").value = "{"`)
		v.clickButton("Show its modal")
		v.expectText("#toast", "line 1")
	})
}

// permalink is the address of the first incident that the page links to.
func (v *browser) permalink() string {
	v.t.Helper()
	address, err := chromedp.Run(v.ctx, chromedp.Evaluate[string](`document.querySelector(".messages a").href`))
	if err != nil {
		v.t.Fatal(err)
	}
	return address
}

// TestDemoUI_Weight weighs all that a browser loads.
func TestDemoUI_Weight(t *testing.T) {
	const most = 300 << 10 // bytes
	address := startDemo(t, "page")["page"]
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

// BenchmarkDemoUI loads the page in a browser, an incident having been told.
func BenchmarkDemoUI(b *testing.B) {
	v := openBrowser(b)
	v.declareIncident("Checkout is down", "Major", "public")
	v.expectText(".messages", "Checkout is down")
	total := 0.0
	for b.Loop() {
		v.do(chromedp.Navigate(v.home))
		took, err := chromedp.Run(v.ctx, chromedp.Evaluate[float64](`performance.getEntriesByType("navigation")[0].duration`))
		if err != nil {
			b.Fatal(err)
		}
		total += took
	}
	b.ReportMetric(total/float64(b.N), "ms/load")
	b.ReportMetric(0, "ns/op")
}
