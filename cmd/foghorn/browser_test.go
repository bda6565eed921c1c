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

// requireTool skips a test for want of a tool, unless FOGHORN_NO_SKIP says that all are there.
func requireTool(t testing.TB, what, hint string) {
	t.Helper()
	if os.Getenv("FOGHORN_NO_SKIP") != "" {
		t.Fatalf("%s is missing: %s", what, hint)
	}
	t.Skipf("%s is missing: %s (.ci/run installs it)", what, hint)
}

// A browser is somebody with a browser before the page of a demo.
type browser struct {
	t    testing.TB
	ctx  context.Context
	home string
}

// startDemo runs the real program until the test ends. It gives the settings that the program prints, up to
// one that is waited for, and the address of the page as "page".
func startDemo(t testing.TB, until string, args ...string) (said map[string]string) {
	t.Helper()
	path, err := buildBinary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, append([]string{"demo", "--addr", "127.0.0.1:0"}, args...)...)
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
	said = map[string]string{}
	for lines := bufio.NewScanner(out); said[until] == "" && lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if name, value, ok := strings.Cut(line, "="); ok {
			said[name] = value
		} else if strings.HasPrefix(line, "http://") {
			said["page"] = line
		}
	}
	if said[until] == "" {
		t.Fatalf("the demo ends without a word of %s", until)
	}
	return said
}

// openBrowser opens the page of a new demo in a new browser.
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

// chooseAction has the bot run another action.
func (v *browser) chooseAction(action string) {
	v.t.Helper()
	v.selectValue("#bot select", action)
	v.waitFor(fmt.Sprintf(`document.querySelector("#bot .pill.up")?.innerText.includes("2 connections") && document.querySelector("#bot option[selected]").value === %q`, action))
}

// expectText waits until a part of the page shows a text.
func (v *browser) expectText(part, text string) {
	v.t.Helper()
	v.waitFor(fmt.Sprintf(`document.querySelector(%q)?.innerText.includes(%q) ?? false`, part, text))
}

// typeMessage enters text in the composer.
func (v *browser) typeMessage(text string) {
	v.t.Helper()
	v.do(chromedp.SendKeys(chromedp.CSS("#message-input"), text+kb.Enter))
}

// navigate looks somewhere else in the page, a tab or a room, and waits until it is there.
func (v *browser) navigate(where string) {
	v.t.Helper()
	v.clickXPath(fmt.Sprintf(`//a[contains(normalize-space(.), %q) and (@role='tab' or ancestor::nav)]`, where))
	v.waitFor(fmt.Sprintf(`[...document.querySelectorAll("a[aria-current], a[aria-selected=true]")].some(a => a.innerText.includes(%q))`, where))
}

// fillField enters text in a field of the modal that has a label.
func (v *browser) fillField(label, text string) {
	v.t.Helper()
	v.do(chromedp.SendKeys(fieldByLabel(label), text))
}

// chooseOption takes an option of a select, or a radio button.
func (v *browser) chooseOption(label, option string) {
	v.t.Helper()
	v.clickXPath(fmt.Sprintf(`//dialog//fieldset[legend[normalize-space(text())=%q]]//label[span[text()=%q]]`, label, option))
}

func fieldByLabel(label string) chromedp.Search {
	return chromedp.Search(fmt.Sprintf(`//dialog//label[normalize-space(text())=%q]/..//*[self::input[not(@type='hidden')] or self::textarea or self::select]`, label))
}

// clickXPath clicks an element that an XPath finds, as soon as it is there. It aims at the element and not
// at a place, as things may move while the page follows what happens.
func (v *browser) clickXPath(xpath string) {
	v.t.Helper()
	found := fmt.Sprintf(`document.evaluate(%q, document, null, XPathResult.FIRST_ORDERED_NODE_TYPE).singleNodeValue`, xpath)
	v.waitFor(fmt.Sprintf(`(() => { const e = %s; return !!e && e.checkVisibility() && (e.click(), true) })()`, found))
}

// selectValue takes an option of a select outside the modal, by its value.
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

// readText is what a part of the page shows now.
func (v *browser) readText(part string) string {
	v.t.Helper()
	text, err := chromedp.Run(v.ctx, chromedp.Evaluate[string](fmt.Sprintf(`document.querySelector(%q)?.innerText ?? ""`, part)))
	if err != nil {
		v.t.Fatal(err)
	}
	return text
}

// waitFor waits until a condition holds in the page.
func (v *browser) waitFor(js string) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, 25*time.Second)
	defer cancel()
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](js)); err != nil {
		v.screenshot("failure")
		log, _ := chromedp.Run(v.ctx, chromedp.Evaluate[string](`fetch("/?tab=custom").then(r => r.text()).then(t => new DOMParser().parseFromString(t, "text/html").querySelector("ol.log")?.innerText)`, chromedp.EvalAwaitPromise))
		where, _ := chromedp.Run(v.ctx, chromedp.Evaluate[string](`JSON.stringify({at: location.href, live: document.body.dataset.address, hidden: document.hidden, room: document.querySelector("#conversation")?.innerText.slice(-300)})`))
		v.t.Log(where)
		v.t.Fatalf("%s does not come true: %v\nthe bot's log:\n%s", js, err, log)
	}
}

// clickButton clicks a button by its text.
func (v *browser) clickButton(text string) {
	v.t.Helper()
	v.clickXPath(fmt.Sprintf(`//*[self::button or self::a][(normalize-space(.)=%q or @aria-label=%[1]q) and not(ancestor::*[@hidden])]`, text))
}

// screenshot takes a picture, where SCREENSHOTS names a directory for them.
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
	if err := os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644); err != nil {
		v.t.Fatal(err)
	}
}
