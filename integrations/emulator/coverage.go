package emulator

// A Coverage says how far an emulator models a method or a route of its service.
type Coverage struct{ Service, Method, Route, State, Note string }
