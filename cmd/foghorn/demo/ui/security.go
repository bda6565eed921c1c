package ui

import (
	"net/http"

	"foghorn/integrations/emulator"
)

// securityHeaders let the page load its own files and images of this machine, and nothing else.
var securityHeaders = map[string]string{
	"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; " +
		"img-src 'self' http://127.0.0.1:*; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
	"X-Content-Type-Options": "nosniff",
	"Referrer-Policy":        "no-referrer",
	"Cache-Control":          "no-cache",
}

// maxFormBytes bounds the body of a request. The largest is a pasted action.
const maxFormBytes = 4 << 20

// protect refuses requests under another host name (DNS rebinding) and requests of other sites.
func protect(next http.Handler) http.Handler {
	sameOrigin := http.NewCrossOriginProtection().Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range securityHeaders {
			w.Header().Set(name, value)
		}
		switch {
		case !emulator.IsLoopback(r.Host):
			http.Error(w, "The demo accepts requests to 127.0.0.1 and localhost only.", http.StatusForbidden)
		case r.Header.Get("Sec-Fetch-Site") == "cross-site" && r.Header.Get("Sec-Fetch-Mode") != "navigate":
			http.Error(w, "The demo accepts no requests of other sites.", http.StatusForbidden)
		default:
			r.Body = http.MaxBytesReader(w, r.Body, maxFormBytes)
			sameOrigin.ServeHTTP(w, r)
		}
	})
}
