// Package earlylog silences what libraries log with log/slog below errors. OpenTelemetry does so before main, for a wrong
// OTEL_SPAN_…_LIMIT, also in commands without traces; the settings report the same with a hint. It imports log/slog only, so
// the runtime initializes it before the libraries that use it: by import path, as the language defines.
package earlylog

import "log/slog"

func init() { slog.SetLogLoggerLevel(slog.LevelError) }
