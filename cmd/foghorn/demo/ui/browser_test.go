package ui

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// openBrowser opens a page in a new browser. The test is skipped without one, unless FOGHORN_NO_SKIP is set.
func openBrowser(t *testing.T, address string) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"google-chrome", "chromium-browser", "chromium"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
		}
	}
	if path == "" {
		if os.Getenv("FOGHORN_NO_SKIP") != "" {
			t.Fatal("chromium is missing")
		}
		t.Skip("chromium is missing: apt-get install chromium (.ci/run installs it)")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU)
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, time.Minute)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.Navigate(address)); err != nil {
		t.Fatal(err)
	}
	return ctx
}

func runScript(t *testing.T, ctx context.Context, js string) {
	t.Helper()
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[any](js)); err != nil {
		t.Fatal(err)
	}
}

// waitUntil waits until a JavaScript expression is true.
func waitUntil(t *testing.T, ctx context.Context, js string) {
	t.Helper()
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](js)); err != nil {
		t.Fatalf("%s does not become true: %v", js, err)
	}
}

// A failed request shows a message and leaves the page as it is.
func TestPage_FailedNavigation(t *testing.T) {
	_, address := newTestServer(t)
	ctx := openBrowser(t, address)
	runScript(t, ctx, `
		globalThis.unhandled = 0;
		addEventListener("unhandledrejection", () => unhandled++);
		globalThis.fetch = () => Promise.reject(new TypeError("network error"));
		document.getElementById("to-port").click();`)
	waitUntil(t, ctx, `document.getElementById("toast").innerText.includes("does not respond")`)
	waitUntil(t, ctx, `document.getElementById("to-timeline").ariaSelected === "true" && unhandled === 0`)
}

// The response to an earlier navigation does not replace a later one, however slow it is.
func TestPage_LatestNavigationWins(t *testing.T) {
	_, address := newTestServer(t)
	ctx := openBrowser(t, address)
	runScript(t, ctx, `
		const originalFetch = fetch;
		let release;
		const released = new Promise((resolve) => { release = resolve; });
		globalThis.releaseEarlier = () => { release(); return true; };
		globalThis.earlierEnded = false;
		globalThis.fetch = (url) => {
			if (!String(url).includes("tab=port")) return originalFetch(url);
			return released.then(() => originalFetch(url)).then(async (response) => {
				const text = await response.text();
				setTimeout(() => { earlierEnded = true; }, 100); // the page handles the response before
				return new Response(text);
			});
		};
		document.getElementById("to-port").click();
		document.getElementById("to-incidents").click();`)
	waitUntil(t, ctx, `document.getElementById("to-incidents").ariaSelected === "true" && releaseEarlier()`)
	waitUntil(t, ctx, `earlierEnded && document.getElementById("to-incidents").ariaSelected === "true"`)
	waitUntil(t, ctx, `location.search.includes("tab=incidents") && document.getElementById("toast").innerText === ""`)
}
