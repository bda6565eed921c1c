package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// TestDemoUI_Actions runs ordinary actions in the page as a person does.
func TestDemoUI_Actions(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]func(*browser){
		"entity in the text":      testEntityInText,
		"failure with log":        testFailureWithLog,
		"user without permission": testUserWithoutPermission,
		"chooser":                 testChooser,
		"chosen for a message":    testChosenForMessage,
		"named approvers":         testNamedApprovers,
		"home":                    testHome,
		"completed commands":      testCompletedCommands,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := openBrowser(t)
			test(v)
			v.screenshot(name)
		})
	}
}

// deploy opens the form of /deploy for a service and submits it.
func (v *browser) deploy(service, version, result string) {
	v.t.Helper()
	v.typeMessage("/deploy " + service)
	v.expectText("dialog .chip", service)
	v.fillField("Version", version)
	v.chooseOption("Environment", "production")
	if result != "" {
		v.selectField("Result in this demo", result)
	}
	v.clickButton("Run")
	v.waitFor(`!document.querySelector("dialog").open`)
}

// selectField selects an option of a select in the modal.
func (v *browser) selectField(label, option string) {
	v.t.Helper()
	found := fmt.Sprintf(`[...document.querySelectorAll("dialog .field")].find(f => f.innerText.includes(%q))?.querySelector("select")`, label)
	v.waitFor(fmt.Sprintf(`(() => { const s = %s; if (!s) return false;
		s.value = [...s.options].find(o => o.text === %q).value; s.dispatchEvent(new Event("change", {bubbles: true})); return true })()`, found, option))
}

// actAs changes who the person is.
func (v *browser) actAs(name string) {
	v.t.Helper()
	v.evaluate(fmt.Sprintf(`(() => { const s = document.querySelector(".user-switch select");
		s.value = [...s.options].find(o => o.text === %q).value; s.dispatchEvent(new Event("change", {bubbles: true})) })()`, name))
	v.waitFor(fmt.Sprintf(`document.querySelector(".user-switch select").selectedOptions[0].text === %q && document.querySelector(".user-switch option[selected]").text === %[1]q`, name))
}

func testEntityInText(v *browser) {
	v.typeMessage("/restart checkout")
	v.expectText("dialog .chip", "checkout")
	v.clickButton("Run")
	v.expectText(".messages", "Restart a service for checkout finished. Run by")
	v.expectText(".messages", "3 of 3 pods were replaced.")
	v.expectText(".spans", "webhook POST https://deployments.example.com/restarts")
	v.do(chromedp.Navigate(v.permalink()))
	v.expectText("#entity-card", "checkout")
}

func testFailureWithLog(v *browser) {
	v.deploy("payments", "1.4.2", "failure")
	v.navigate("Foghorn")
	v.expectText(".messages", "The health check of payments 1.4.2 failed.")
	v.expectText(".messages", "The log of the run ends with:")
	v.expectText(".messages", "rolled back to the previous version")
	v.navigate("general")
	if strings.Contains(v.readText(".messages"), "failed") {
		v.t.Error("the channel shows a failure")
	}
}

func testUserWithoutPermission(v *browser) {
	v.actAs("Bob")
	v.typeMessage("/restart checkout")
	v.expectText("dialog", "You can't run Restart a service")
	v.screenshot("denied")
	v.closeModal()
	v.typeMessage("/run restart")
	v.expectText("dialog", "No action that you may run matches")
}

func (v *browser) closeModal() {
	v.t.Helper()
	v.waitFor(`(() => { const d = document.querySelector("dialog"); d.querySelector("[data-close=all]")?.click(); return !d.open })()`)
}

// testChooser chooses an action by a part of its title; what was run last is offered first.
func testChooser(v *browser) {
	v.deploy("checkout", "1.4.2", "")
	v.expectText(".messages", "checkout 1.4.2 runs in production on 3 of 3 pods.")
	v.typeMessage("/run")
	v.expectText("dialog h2", "Run an action")
	v.waitFor(`document.activeElement.matches("dialog [role=combobox]")`)
	v.do(chromedp.KeyEvent("service"))
	v.expectText("dialog [role=listbox]", "Restart a service")
	v.waitFor(`document.querySelector("dialog [role=option]").innerText === "Deploy a service"`)
	v.expectText(".spans", "block_suggestion after")
	v.evaluate(`document.getAnimations().forEach(a => a.finish())`)
	v.screenshot("chooser options")
	v.do(chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.ArrowDown))
	v.do(chromedp.KeyEvent(kb.Enter))
	v.expectText("dialog h2", "Create a service")
	v.fillField("Name", "invoices")
	v.clickButton("Run")
	v.expectText(".messages", "Create a service finished")
	v.typeMessage("/run list")
	v.expectText(".messages", "Your last runs")
	v.typeMessage("/run help")
	v.expectText(".messages", "/run list shows your last runs.")
	v.typeMessage("/run grant")
	v.expectText("dialog h2", "Grant database access")
}

func testChosenForMessage(v *browser) {
	v.typeMessage("checkout answers with 503")
	v.expectText(".messages", "checkout answers with 503")
	v.evaluate(`document.querySelector(".message .message-actions input[value=foghorn_run_message]").form.requestSubmit()`)
	v.expectText("dialog h2", "Run an action")
	v.typeInto("dialog [role=combobox]", "restart")
	v.acceptFound("Restart a service")
	v.expectText("dialog h2", "Restart a service")
	v.waitFor(`document.querySelector("dialog textarea")?.value.includes("checkout answers with 503")`)
}

func testNamedApprovers(v *browser) {
	v.typeMessage("/run grant")
	v.expectText("dialog h2", "Grant database access")
	v.typeInto("dialog [role=combobox]", "ledger")
	v.acceptFound("ledger")
	v.selectField("Person", "Alice")
	v.fillField("Reason", "INC-1")
	v.clickButton("Run")
	v.navigate("Foghorn")
	v.expectText(".messages", "Who can approve it: Bob")
	v.navigate("Port")
	v.clickXPath(`//*[@id="tab-port"]//details[contains(@class, "run")]/summary`)
	v.clickButton("Approve")
	v.navigate("general")
	v.expectText(".messages", "Read access to the database of ledger until tomorrow.")
}

// testHome shows the Home tab before, during and after a run.
func testHome(v *browser) {
	v.navigate("Foghorn")
	v.navigate("Home")
	v.expectText(".app-home", "Nothing yet.")
	v.waitFor(`!document.querySelector(".composer").checkVisibility()`)
	v.clickXPath(`//*[contains(@class, "app-home")]//button[contains(., "/restart")]`)
	v.expectText("dialog h2", "Restart a service")
	v.typeInto("dialog [role=combobox]", "search")
	v.acceptFound("search")
	v.clickButton("Run")
	v.expectText(".app-home", "succeeded")
	v.navigate("Messages")
	v.expectText(".messages", "Restart a service for search finished.")
	v.navigate("Home")
	v.expectText(".app-home", "Restart a service for search")
}

func testCompletedCommands(v *browser) {
	v.typeInto("#message-input", "/")
	for _, command := range []string{"/incident", "/deploy", "/restart", "/run"} {
		v.expectText("#commands", command)
	}
	v.do(chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.Tab))
	v.waitFor(`document.querySelector("#message-input").value === "/restart " && document.querySelector("#commands").hidden`)
	v.do(chromedp.KeyEvent("log" + kb.Enter))
	v.expectText("dialog h2", "Restart a service")
	v.expectText("dialog .chip", "login")
}
