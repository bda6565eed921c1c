package emulator

// TB is the part of testing.TB that the constructors of emulators use. With it, they need not import testing.
type TB interface {
	Helper()
	Fatalf(format string, args ...any)
	Cleanup(func())
}
