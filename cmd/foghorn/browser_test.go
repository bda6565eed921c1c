package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// requireTool skips a test because a tool is missing. With FOGHORN_NO_SKIP set, as in CI, the test fails instead.
func requireTool(t testing.TB, what, hint string) {
	t.Helper()
	if os.Getenv("FOGHORN_NO_SKIP") != "" {
		t.Fatalf("%s is missing: %s", what, hint)
	}
	t.Skipf("%s is missing: %s (.ci/run installs it)", what, hint)
}

// browser is a tab with the page of a demo.
type browser struct {
	t    testing.TB
	ctx  context.Context
	home string
}

// startDemo runs foghorn demo in a process until the test ends. It returns the settings that the process prints, up to
// the setting until, and the address of the page as "page".
func startDemo(t testing.TB, until string, args ...string) (printed map[string]string) {
	t.Helper()
	cmd := exec.Command(binaryPath(t), append([]string{"demo", "--addr", "127.0.0.1:0"}, args...)...)
	cmd.Dir, cmd.Env, cmd.Stderr = t.TempDir(), []string{"PATH=" + os.Getenv("PATH")}, t.Output()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		if err := cmd.Wait(); err != nil {
			t.Errorf("Ctrl-C: %v", err)
		}
	})
	printed = map[string]string{}
	for lines := bufio.NewScanner(out); printed[until] == "" && lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if name, value, ok := strings.Cut(line, "="); ok {
			printed[name] = value
		} else if strings.HasPrefix(line, "http://") {
			printed["page"] = line
		}
	}
	if printed[until] == "" {
		t.Fatalf("the demo ended before it printed %s", until)
	}
	return printed
}

// openBrowser starts a demo and opens its page in a new browser.
func openBrowser(t testing.TB) *browser {
	t.Helper()
	address := startDemo(t, "page")["page"]
	program := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil && program == "" {
			program = path
		}
	}
	if program == "" {
		requireTool(t, "chromium", "apt-get install chromium")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.WindowSize(1440, 900))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	v := &browser{t: t, ctx: ctx, home: address}
	v.do(chromedp.EmulateViewport(1440, 900), chromedp.Navigate(address))
	return v
}

func (v *browser) do(actions ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	if err := chromedp.Do(v.ctx, actions...); err != nil {
		v.t.Fatal(err)
	}
}

// chooseAction restarts the bot with another action.
func (v *browser) chooseAction(action string) {
	v.t.Helper()
	v.selectValue("#bot select", action)
	v.waitFor(fmt.Sprintf(`document.querySelector("#bot .pill.up")?.innerText.includes("2 connections") && document.querySelector("#bot option[selected]").value === %q`, action))
}

// expectText waits until the element with the CSS selector contains text.
func (v *browser) expectText(selector, text string) {
	v.t.Helper()
	v.waitFor(fmt.Sprintf(`document.querySelector(%q)?.innerText.includes(%q) ?? false`, selector, text))
}

// typeMessage sends text from the composer.
func (v *browser) typeMessage(text string) {
	v.t.Helper()
	v.typeInto("#message-input", text+kb.Enter)
}

// navigate follows the link of a tab or a conversation and waits until it is current.
func (v *browser) navigate(name string) {
	v.t.Helper()
	v.clickXPath(fmt.Sprintf(`//a[contains(normalize-space(.), %q) and (@role='tab' or ancestor::nav)]`, name))
	v.waitFor(fmt.Sprintf(`[...document.querySelectorAll("a[aria-current], a[aria-selected=true]")].some(a => a.innerText.includes(%q))`, name))
}

// fillField enters text in the field of the modal with this label.
func (v *browser) fillField(label, text string) {
	v.t.Helper()
	v.typeIntoElement(fmt.Sprintf(`document.evaluate(%q, document, null, XPathResult.FIRST_ORDERED_NODE_TYPE).singleNodeValue`, fieldByLabel(label)), text)
}

// typeInto types text in the element with the CSS selector.
func (v *browser) typeInto(selector, text string) {
	v.t.Helper()
	v.typeIntoElement(fmt.Sprintf(`document.querySelector(%q)`, selector), text)
}

// typeIntoElement types text in the element that a JavaScript expression finds. chromedp.SendKeys reads the attributes of
// an element while they change.
func (v *browser) typeIntoElement(js, text string) {
	v.t.Helper()
	v.waitFor(fmt.Sprintf(`(() => { const e = %s; return !!e && e.checkVisibility() && (e.focus(), document.activeElement === e) })()`, js))
	v.do(chromedp.KeyEvent(text))
}

// chooseOption clicks a radio button or an option of a select in the modal.
func (v *browser) chooseOption(label, option string) {
	v.t.Helper()
	v.clickXPath(fmt.Sprintf(`//dialog//fieldset[legend[normalize-space(text())=%q]]//label[span[text()=%q]]`, label, option))
}

// acceptFound presses Enter when the first option that a search has found contains text. It presses the key in the page
// itself, because the options can change meanwhile.
func (v *browser) acceptFound(text string) {
	v.t.Helper()
	v.waitFor(fmt.Sprintf(`(() => {
		const option = document.querySelector("dialog [role=option]")
		if (!option?.innerText.includes(%q)) return false
		const input = option.closest(".search-select").querySelector("[role=combobox]")
		return !input.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true, cancelable: true}))
	})()`, text))
}

// fieldByLabel is the XPath of a field of the modal.
func fieldByLabel(label string) string {
	return fmt.Sprintf(`//dialog//label[normalize-space(text())=%q]/..//*[self::input[not(@type='hidden')] or self::textarea or self::select]`, label)
}

// clickXPath clicks the first visible element that an XPath finds, and waits for it. It clicks the element and not its
// position, because the page moves elements as events arrive.
func (v *browser) clickXPath(xpath string) {
	v.t.Helper()
	found := fmt.Sprintf(`document.evaluate(%q, document, null, XPathResult.FIRST_ORDERED_NODE_TYPE).singleNodeValue`, xpath)
	v.waitFor(fmt.Sprintf(`(() => { const e = %s; return !!e && e.checkVisibility() && (e.click(), true) })()`, found))
}

// selectValue selects an option of a select outside the modal, by its value.
func (v *browser) selectValue(selector, value string) {
	v.t.Helper()
	v.evaluate(fmt.Sprintf(`(() => { const s = document.querySelector(%q); s.value = %q; s.dispatchEvent(new Event("change", {bubbles: true})) })()`, selector, value))
}

// evaluate runs JavaScript in the page.
func (v *browser) evaluate(js string) {
	v.t.Helper()
	if _, err := chromedp.Run(v.ctx, chromedp.Evaluate[any](js)); err != nil {
		v.t.Fatal(err)
	}
}

// readText returns the text of the element with the CSS selector.
func (v *browser) readText(selector string) string {
	v.t.Helper()
	text, err := chromedp.Run(v.ctx, chromedp.Evaluate[string](fmt.Sprintf(`document.querySelector(%q)?.innerText ?? ""`, selector)))
	if err != nil {
		v.t.Fatal(err)
	}
	return text
}

// waitFor waits until a JavaScript expression is true.
func (v *browser) waitFor(js string) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, 25*time.Second)
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](js)); err != nil {
		v.screenshot("failure")
		log, _ := chromedp.Run(v.ctx, chromedp.Evaluate[string](`fetch("/?tab=custom").then(r => r.text()).then(t => new DOMParser().parseFromString(t, "text/html").querySelector("ol.log")?.innerText)`, chromedp.EvalAwaitPromise))
		where, _ := chromedp.Run(v.ctx, chromedp.Evaluate[string](`JSON.stringify({at: location.href, live: document.body.dataset.address, hidden: document.hidden, conversation: document.querySelector("#conversation")?.innerText.slice(-300)})`))
		v.t.Log(where)
		v.t.Fatalf("%s is not true: %v\nthe bot's log:\n%s", js, err, log)
	}
}

// clickButton clicks a button by its text.
func (v *browser) clickButton(text string) {
	v.t.Helper()
	v.clickXPath(fmt.Sprintf(`//*[self::button or self::a][(normalize-space(.)=%q or @aria-label=%[1]q) and not(ancestor::*[@hidden])]`, text))
}

// screenshot saves a screenshot in the directory SCREENSHOTS, if the environment variable is set.
func (v *browser) screenshot(name string) {
	v.t.Helper()
	dir := os.Getenv("SCREENSHOTS")
	if dir == "" {
		return
	}
	png, err := chromedp.Run(v.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		v.t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		v.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
		v.t.Fatal(err)
	}
}
