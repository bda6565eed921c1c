package main

import (
	"os"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

const axe = "testdata/axe/node_modules/axe-core/axe.min.js"

// accessible finds no serious fault in what the page shows now.
func (v *visitor) accessible(state string) {
	v.t.Helper()
	v.runs(`document.getAnimations().forEach(a => a.finish())`) // colours are judged as they stay
	faults, err := chromedp.Run(v.ctx, chromedp.Evaluate[[]string](`axe.run().then(r => r.violations
		.filter(f => f.impact === "serious" || f.impact === "critical")
		.flatMap(f => f.nodes.map(n => f.id + ": " + n.html.slice(0, 200) + " " + n.failureSummary)))`, chromedp.EvalAwaitPromise))
	if err != nil {
		v.t.Fatal(err)
	}
	for _, f := range faults {
		v.t.Errorf("%s: %s", state, strings.Join(strings.Fields(f), " "))
	}
	v.shoots(state)
}

// TestThePageIsAccessible runs axe over the states of the page, in light, in dark, and as wide
// as a phone.
func TestThePageIsAccessible(t *testing.T) {
	code, err := os.ReadFile(axe)
	if err != nil {
		needed(t, axe, "npm ci in cmd/foghorn/testdata/axe")
	}
	v := visits(t)
	check := func(state string) {
		t.Helper()
		v.runs(string(code) + ";0") // a new page has none
		v.accessible(state)
	}
	looks := func(scheme string) {
		t.Helper()
		if _, err := chromedp.Call(v.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		}); err != nil {
			t.Fatal(err)
		}
	}
	for _, scheme := range []string{"light", "dark"} {
		looks(scheme)
		v.does(chromedp.Navigate(v.home))
		check(scheme + " start")
		v.types("/incident")
		v.sees("dialog", "Severity")
		v.presses("Run")
		v.sees("dialog .error", "required")
		check(scheme + " modal")
		v.fills("Name", "Checkout is down")
		v.fills("Description", "Cards are refused since 14:02")
		v.chooses("Severity", "Major")
		v.chooses("Visibility", "public")
		v.presses("Run")
		v.sees(".notes", "Checkout is down")
		v.sees(".notes", "Channel:")
		v.sees(".hops", "message")
		check(scheme + " told")
		v.presses("Port hangs")
		v.sees(`#switches [aria-checked="true"]`, "Port hangs")
		check(scheme + " broken")
		v.presses("Port hangs")
		v.clicks(`//li[contains(@class, 'k-webhook')]//summary`)
		check(scheme + " diagram")
		v.goes("Port")
		v.sees("#tab-port .scroll", "Checkout is down")
		v.runs(`document.querySelectorAll("#tab-port details").forEach(d => d.open = true)`)
		check(scheme + " port")
		v.goes("incident.io")
		v.sees("#tab-incidents", "Checkout is down")
		check(scheme + " incidents")
		v.goes("Your own")
		v.sees("#tab-own", "Declare in steps")
		v.presses("Declare in steps")
		v.sees("#previewed", "Who may know?")
		check(scheme + " own")
	}
	looks("light")
	v.does(chromedp.Navigate(v.permalink()))
	v.sees("#incident-card", "Checkout is down")
	check("incident")
	v.does(chromedp.EmulateViewport(390, 844), chromedp.Navigate(v.home))
	v.sees(".notes", "Checkout is down")
	check("phone")
	v.waits(`document.documentElement.scrollWidth <= innerWidth`)
}
