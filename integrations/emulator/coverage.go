package emulator

// Coverage tells how far an emulator models one method or route of its service.
type Coverage struct{ Service, Method, Route, State, Note string }
