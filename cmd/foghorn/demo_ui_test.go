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

// declareIncident opens the form of the guide's action, fills it in and submits it.
func (v *browser) declareIncident(name, severity, visibility string) {
	v.t.Helper()
	v.submitIncident(name, severity, visibility)
	v.waitFor(`!document.querySelector("dialog").open`)
}

// submitIncident does not wait until the form has been closed.
func (v *browser) submitIncident(name, severity, visibility string) {
	v.t.Helper()
	v.typeMessage("/incident")
	v.expectText("dialog", "Severity")
	v.fillField("Name", name)
	v.chooseOption("Severity", severity)
	v.chooseOption("Visibility", visibility)
	v.clickButton("Run")
}

// closeForm cancels the form if the bot was killed before it answered the submission.
func (v *browser) closeForm() {
	v.t.Helper()
	v.waitFor(`(() => {
		const form = document.querySelector("dialog")
		if (form.querySelector(".alert")) [...form.querySelectorAll("button")].find(b => b.innerText === "Cancel").click()
		return !form.open
	})()`)
}

// TestDemoUI uses the page as a person does. Each subtest has its own demo, so a failure does not affect the others.
func TestDemoUI(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]func(*browser){
		"required field":       testRequiredField,
		"incident":             testIncident,
		"private incident":     testPrivateIncident,
		"failed run":           testFailedRun,
		"approval":             testApproval,
		"killed bot":           testKilledBot,
		"retried submission":   testRetriedSubmission,
		"channel without bot":  testChannelWithoutBot,
		"form with steps":      testFormWithSteps,
		"form with conditions": testFormWithConditions,
		"form with entities":   testFormWithEntities,
		"message shortcut":     testMessageShortcut,
		"pasted definition":    testPastedDefinition,
		"expensive definition": testExpensiveDefinition,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := openBrowser(t)
			test(v)
			v.screenshot(name)
		})
	}
}

func testRequiredField(v *browser) {
	v.typeMessage("/incident")
	v.expectText("dialog", "Severity")
	v.clickButton("Run")
	v.expectText("dialog .field.invalid", "Name")
	v.fillField("Name", "  ")
	v.chooseOption("Severity", "Major")
	v.chooseOption("Visibility", "public")
	v.clickButton("Run")
	v.expectText("dialog .field.invalid .error", "Enter a name")
	v.fillField("Name", "Checkout is down")
	v.clickButton("Run")
	v.expectText(".messages", "Checkout is down")
}

// testIncident follows one incident through the channel, the timeline, the catalog and incident.io.
func testIncident(v *browser) {
	v.declareIncident("Checkout is down", "Major", "public")
	v.expectText(".messages", "INC-1")
	v.expectText(".messages", "Major")
	v.expectText("#faults", "1 accepted · 1 run · 1 reported · 0 duplicates")

	for _, step := range []string{"command", "envelope", "view", "ack", "submission", "call POST /v1/actions/", "run", "webhook POST", "incident", "automation", "entity", "message"} {
		v.expectText(".spans", step)
	}
	v.clickXPath(`//li[contains(@class, 'kind-webhook')]//summary`)
	v.expectText(".spans details[open] pre", "idempotency_key")
	if text := v.readText(".spans details[open] pre"); strings.Contains(text, "inc_") || !strings.Contains(text, "Bearer") {
		v.t.Errorf("the webhook's secret is not masked: %s", text)
	}

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
	v.navigate("incident.io")
	v.expectText("#tab-incidents", "Checkout is down")
	v.selectValue("#tab-incidents select[name=status]", "Fixing")
	v.do(chromedp.Navigate(v.permalink()))
	v.expectText("#incident-card", "Checkout is down")
	v.waitFor(`document.querySelector("#incident-card [name=status]").value === "Fixing"`)
	v.selectValue("#incident-card [name=severity]", "Critical")
	v.expectText("#incident-card .badge.severity.critical", "Critical")
	v.screenshot("incident")

	v.do(chromedp.Navigate(v.home)) // the message and the entity follow, after up to 15 s
	v.expectText(".messages", "Severity raised to Critical")
	v.expectText(".messages", "Critical · Fixing")
	v.screenshot("followed message")
	v.do(chromedp.Navigate(entity))
	v.expectText("#entity-card", "Critical")
	v.expectText("#entity-card", "Fixing")
	v.screenshot("followed entity")
}

func testPrivateIncident(v *browser) {
	v.declareIncident("Checkout is down", "Major", "public")
	v.expectText(".messages", "Checkout is down")
	v.declareIncident("Stolen keys", "Critical", "private")
	v.navigate("Foghorn")
	v.expectText(".messages", "This incident is private")
	v.navigate("general")
	v.expectText(".messages", "Checkout is down")
	if strings.Contains(v.readText(".messages"), "Stolen keys") {
		v.t.Error("the channel shows a private incident")
	}
}

func testFailedRun(v *browser) {
	v.clickButton("incident.io refuses")
	v.expectText(`#faults [aria-checked="true"]`, "incident.io refuses")
	v.declareIncident("Rejected", "Minor", "public")
	v.expectText("#conversations .unread", "Foghorn")
	v.navigate("Foghorn")
	v.expectText(".messages", "Severity could not be found (severity_id)")
}

func testApproval(v *browser) {
	v.navigate("Port")
	v.clickButton("Runs need approval")
	v.expectText(`#tab-port [aria-checked="true"]`, "approval")
	v.declareIncident("Ask first", "Minor", "public")
	v.expectText("#tab-port", "WAITING_FOR_APPROVAL")
	v.navigate("Foghorn")
	v.expectText(".messages", "approval")
	v.clickXPath(`//*[@id="tab-port"]//details[contains(@class, "run")]/summary`)
	v.clickButton("Approve")
	v.navigate("general")
	v.expectText(".messages", "Ask first")
}

// testKilledBot kills the bot while a run is in progress: after a restart, the incident has one message.
func testKilledBot(v *browser) {
	v.clickButton("Kill at the next run")
	v.expectText(`#faults [aria-checked="true"]`, "Kill")
	v.submitIncident("Killed halfway", "Major", "public")
	v.expectText("#bot", "foghorn has stopped: signal: killed")
	v.closeForm()
	v.screenshot("killed")
	v.typeMessage("/incident")
	v.expectText(".messages", `failed with the error "dispatch_failed"`)
	v.clickButton("Start again")
	v.expectText("#bot", "2 connections")
	v.expectText(".messages", "Killed halfway")
	v.expectText("#faults", "1 accepted · 1 run · 1 reported · 0 duplicates")
}

// testRetriedSubmission submits a form while the bot is not running, and again after a restart.
func testRetriedSubmission(v *browser) {
	v.typeMessage("/incident submitted twice")
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
	v.expectText(".messages", "submitted twice")
	v.expectText("#faults", "1 accepted · 1 run · 1 reported · 0 duplicates")
}

func testChannelWithoutBot(v *browser) {
	v.navigate("war-room")
	v.declareIncident("Not a member", "Minor", "public")
	v.navigate("Foghorn")
	v.expectText(".messages", "Not a member")
	v.expectText(".messages", "/invite")
}

func testFormWithSteps(v *browser) {
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
}

func testFormWithConditions(v *browser) {
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
	v.do(chromedp.KeyEvent(kb.Escape))
	v.waitFor(`!document.querySelector("dialog").open`)
}

func testFormWithEntities(v *browser) {
	v.chooseAction("declare_for_a_service")
	v.typeMessage("/incident")
	v.expectText("dialog", "Also hit")
	v.fillField("Name", "Payments are slow")
	v.fillField("Service", "pay")
	v.acceptFound("payments")
	v.expectText("dialog .chip", "payments")
	for i, service := range []string{"ledger", "search"} {
		v.fillField("Also hit", service[:3])
		v.acceptFound(service)
		v.waitFor(fmt.Sprintf(`document.querySelectorAll("dialog .search-select[data-multiple] .chip button").length === %d`, i+1))
	}
	v.chooseOption("Severity", "Major")
	v.clickButton("Run")
	v.expectText(".messages", "Payments are slow")
}

func testMessageShortcut(v *browser) {
	v.typeMessage("The search is *slow* for <everybody> & me")
	v.expectText(".messages", "The search is slow for <everybody> & me")
	v.evaluate(`document.querySelector(".message .message-actions input[value=foghorn_declare_message]").form.requestSubmit()`)
	v.expectText("dialog", "Severity")
	v.waitFor(`[...document.querySelectorAll("dialog input[type=text], dialog textarea")].some(i => i.value.includes("The search is"))`)
	v.clickButton("Cancel")
	v.waitFor(`!document.querySelector("dialog").open`)
}

func testPastedDefinition(v *browser) {
	v.navigate("Your own action")
	v.expectText("#tab-custom", "The JSON of an action")
	v.evaluate(`document.getElementById("action-json").value = JSON.stringify({
		identifier: "a", title: "Mine", invocationMethod: {type: "WEBHOOK", url: "https://example.com"},
		trigger: {type: "self-service", operation: "CREATE", userInputs: {properties: {color: {type: "string", title: "Which color?"}}}}})`)
	v.clickButton("Show its modal")
	v.expectText("#preview", "Which color?")
	v.evaluate(`document.getElementById("action-json").value = "{"`)
	v.clickButton("Show its modal")
	v.expectText("#toast", "line 1")
}

// testExpensiveDefinition runs an action whose programs would take gigabytes or never end.
func testExpensiveDefinition(v *browser) {
	v.navigate("Your own action")
	v.evaluate(`document.getElementById("action-json").value = JSON.stringify({
		identifier: "expensive", title: "Expensive", trigger: {type: "self-service", operation: "CREATE", userInputs: {properties: {
			color: {type: "string", title: "Which color?", default: {jqQuery: "reduce range(60) as $i (0; [.,.]) | tojson"}},
			size: {type: "string", title: "Which size?", visible: {jqQuery: "[range(1000000000)] | length > 0"}}}}},
		invocationMethod: {type: "UPSERT_ENTITY", blueprintIdentifier: "none", mapping: {
			identifier: "{{ [range(1000000000)] | length }}", title: "{{ reduce range(60) as $i (0; [.,.]) | tojson }}"}}})`)
	v.clickButton("Show its modal")
	v.expectText("#preview", "Which color?")
	v.clickButton("Run the bot with it")
	v.waitFor(`document.querySelector("#bot .pill.up")?.innerText.includes("2 connections") && document.querySelector("#bot").innerText.includes("expensive")`)
	v.typeMessage("/incident")
	v.expectText("dialog", "Which color?")
	v.waitFor(`(() => {
		const form = document.querySelector("dialog"), run = form.querySelector("button.primary")
		if (form.open && run && performance.now() - (window.submitted ?? -Infinity) > 2000) {
			window.submitted = performance.now() // a busy machine may not check the submission in time
			run.click()
		}
		return !form.open
	})()`)
	v.navigate("Port")
	v.expectText("#tab-port", "FAILURE")
}

// permalink returns the URL of the first link in the messages.
func (v *browser) permalink() string {
	v.t.Helper()
	url, err := chromedp.Run(v.ctx, chromedp.Evaluate[string](`document.querySelector(".messages a").href`))
	if err != nil {
		v.t.Fatal(err)
	}
	return url
}

// TestDemoUI_Weight bounds the size of the files that a browser loads.
func TestDemoUI_Weight(t *testing.T) {
	const maxBytes = 300 << 10
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
	if total > maxBytes || len(seen) < 6 {
		t.Errorf("the page is %d bytes in %d files", total, len(seen))
	}
}

// BenchmarkDemoUI measures the load time of the page with one incident.
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
