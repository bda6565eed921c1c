package main

import (
	"os"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

const axeScript = "testdata/axe/node_modules/axe-core/axe.min.js"

// expectAccessible runs axe on the current state of the page and reports serious violations.
func (v *browser) expectAccessible(state string) {
	v.t.Helper()
	v.evaluate(`document.getAnimations().forEach(a => a.finish())`) // axe checks final colors
	violations, err := chromedp.Run(v.ctx, chromedp.Evaluate[[]string](`axe.run().then(r => r.violations
		.filter(f => f.impact === "serious" || f.impact === "critical")
		.flatMap(f => f.nodes.map(n => f.id + ": " + n.html.slice(0, 200) + " " + n.failureSummary)))`, chromedp.EvalAwaitPromise))
	if err != nil {
		v.t.Fatal(err)
	}
	for _, f := range violations {
		v.t.Errorf("%s: %s", state, strings.Join(strings.Fields(f), " "))
	}
	v.screenshot(state)
}

// TestDemoUI_Accessible checks states of the page with axe, in light and dark mode and in the width of a phone.
func TestDemoUI_Accessible(t *testing.T) {
	t.Parallel()
	code, err := os.ReadFile(axeScript)
	if err != nil {
		requireTool(t, axeScript, "npm ci in cmd/foghorn/testdata/axe")
	}
	v := openBrowser(t)
	check := func(state string) {
		t.Helper()
		v.evaluate(string(code) + ";0") // each page load needs axe again
		v.expectAccessible(state)
	}
	setColorScheme := func(scheme string) {
		t.Helper()
		if _, err := chromedp.Call(v.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		}); err != nil {
			t.Fatal(err)
		}
	}
	for _, scheme := range []string{"light", "dark"} {
		setColorScheme(scheme)
		v.checkStates(func(state string) { check(scheme + " " + state) })
	}
	setColorScheme("light")
	v.do(chromedp.Navigate(v.permalink()))
	v.expectText("#incident-card", "Checkout is down")
	check("incident")
	v.do(chromedp.EmulateViewport(390, 844), chromedp.Navigate(v.home))
	v.expectText(".messages", "Checkout is down")
	check("phone")
	v.waitFor(`document.documentElement.scrollWidth <= innerWidth`)
}

// checkStates goes through the states of the page and calls check in each.
func (v *browser) checkStates(check func(state string)) {
	v.do(chromedp.Navigate(v.home))
	check("start")
	v.typeMessage("/incident")
	v.expectText("dialog", "Severity")
	v.clickButton("Run")
	v.expectText("dialog .error", "required")
	check("modal")
	v.fillField("Name", "Checkout is down")
	v.fillField("Description", "Cards are refused since 14:02")
	v.chooseOption("Severity", "Major")
	v.chooseOption("Visibility", "public")
	v.clickButton("Run")
	v.expectText(".messages", "Checkout is down")
	v.expectText(".messages", "Join channel")
	v.expectText(".spans", "message")
	check("posted")
	v.clickButton("Port hangs")
	v.expectText(`#faults [aria-checked="true"]`, "Port hangs")
	check("fault")
	v.clickButton("Port hangs")
	v.clickXPath(`//li[contains(@class, 'kind-webhook')]//summary`)
	check("timeline")
	v.navigate("Port")
	v.expectText("#tab-port .table-scroll", "Checkout is down")
	v.evaluate(`document.querySelectorAll("#tab-port details").forEach(d => d.open = true)`)
	check("port")
	v.navigate("incident.io")
	v.expectText("#tab-incidents", "Checkout is down")
	check("incidents")
	v.navigate("Your own action")
	v.expectText("#tab-custom", "Declare in steps")
	v.clickButton("Declare in steps")
	v.expectText("#preview", "Who may know?")
	check("own")
	v.do(chromedp.Navigate(v.home))
	v.typeInto("#message-input", "/")
	v.expectText("#commands", "/deploy")
	check("commands")
	v.navigate("Foghorn")
	v.navigate("Home")
	v.expectText(".app-home", "INC-1")
	check("home")
	v.clickXPath(`//*[contains(@class, "app-home")]//button[contains(., "/run")]`)
	v.expectText("dialog [role=listbox]", "Deploy a service")
	check("chooser")
	v.clickButton("Cancel")
	v.navigate("general")
}
