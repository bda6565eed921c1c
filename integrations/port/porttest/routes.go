package porttest

import (
	_ "embed"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"foghorn/integrations/emulator"
	"foghorn/integrations/inputschema"
)

// routesJSON has every route of Port's OpenAPI document, and those that Port's own clients call besides.
// https://docs.port.io/api-reference/port-api
//
//go:embed routes.json
var routesJSON []byte

// A route is a method and a path of the API.
type route struct {
	Name  string                    `json:"route"` // "GET /v1/users/{user_email}"
	Query map[string]map[string]any `json:"query"` // the JSON schemas of the query parameters
	Body  string                    `json:"body"`  // the name of the body's schema in schemas.json; "": no body is read
	Note  string                    `json:"note"`  // what is not modeled

	parts   []string                      // of the name, between slashes
	schemas map[string]*jsonschema.Schema // of Query
}

// routes returns the routes in an order in which a literal part of a path comes before a parameter.
var routes = sync.OnceValue(func() []route {
	var out []route
	if err := json.Unmarshal(routesJSON, &out); err != nil {
		panic("porttest: read routes.json: " + err.Error())
	}
	for i, r := range out {
		out[i].parts, out[i].schemas = strings.Split(r.Name, "/"), map[string]*jsonschema.Schema{}
		for name, schema := range r.Query {
			out[i].schemas[name] = inputschema.Compile(schema, false)
		}
	}
	slices.SortFunc(out, func(a, b route) int { return strings.Compare(a.Name, b.Name) })
	return out
})

// newHandlers returns the handlers of the routes that are modeled.
func (s *Server) newHandlers() map[string]handler {
	return map[string]handler{
		"POST /v1/auth/access_token":                                                s.createAccessToken,
		"GET /v1/actions":                                                           s.locked(s.listActions),
		"POST /v1/actions":                                                          s.locked(s.createAction),
		"GET /v1/actions/{action_identifier}":                                       getOne(s, &s.actions, "action_identifier", "action"),
		"PUT /v1/actions/{action_identifier}":                                       s.locked(s.replaceAction),
		"DELETE /v1/actions/{action_identifier}":                                    s.locked(s.deleteAction),
		"GET /v1/actions/{action_identifier}/permissions":                           s.locked(s.getPermissions),
		"PATCH /v1/actions/{action_identifier}/permissions":                         s.locked(s.patchPermissions),
		"POST /v1/actions/{action_identifier}/runs":                                 s.createRun,
		"GET /v1/actions/runs":                                                      s.locked(s.listRuns),
		"GET /v1/actions/runs/{run_id}":                                             s.locked(s.getRun),
		"PATCH /v1/actions/runs/{run_id}":                                           s.patchRun,
		"PATCH /v1/actions/runs/{run_id}/response":                                  s.patchResponse,
		"PATCH /v1/actions/runs/{run_id}/approval":                                  s.patchApproval,
		"GET /v1/actions/runs/{run_id}/approvers":                                   s.locked(s.listApprovers),
		"GET /v1/actions/runs/{run_id}/logs":                                        s.listLogs,
		"POST /v1/actions/runs/{run_id}/logs":                                       s.createLog,
		"GET /v1/blueprints":                                                        listAll(s, &s.blueprints, "blueprints"),
		"POST /v1/blueprints":                                                       s.locked(s.createBlueprint),
		"GET /v1/blueprints/{identifier}":                                           getOne(s, &s.blueprints, "identifier", "blueprint"),
		"PUT /v1/blueprints/{identifier}":                                           s.locked(s.replaceBlueprint),
		"PATCH /v1/blueprints/{identifier}":                                         s.locked(s.patchBlueprint),
		"DELETE /v1/blueprints/{identifier}":                                        s.locked(s.deleteBlueprint),
		"GET /v1/blueprints/{blueprint_identifier}/actions":                         s.locked(s.listActions),
		"GET /v1/blueprints/{blueprint_identifier}/scorecards":                      s.locked(s.listScorecards),
		"GET /v1/blueprints/{blueprint_identifier}/entities-count":                  s.locked(s.countEntities),
		"DELETE /v1/blueprints/{blueprint_identifier}/all-entities":                 s.deleteAllEntities,
		"POST /v1/blueprints/{blueprint_identifier}/bulk/entities/delete":           s.deleteEntitiesInBulk,
		"GET /v1/blueprints/{blueprint_identifier}/entities":                        s.listEntities,
		"POST /v1/blueprints/{blueprint_identifier}/entities":                       s.createEntity,
		"POST /v1/blueprints/{blueprint_identifier}/entities/search":                s.searchBlueprint,
		"POST /v1/blueprints/{blueprint_identifier}/entities/bulk":                  s.createEntitiesInBulk,
		"GET /v1/blueprints/{blueprint_identifier}/entities/{entity_identifier}":    s.getEntity,
		"PUT /v1/blueprints/{blueprint_identifier}/entities/{entity_identifier}":    s.changeEntity(false),
		"PATCH /v1/blueprints/{blueprint_identifier}/entities/{entity_identifier}":  s.changeEntity(true),
		"DELETE /v1/blueprints/{blueprint_identifier}/entities/{entity_identifier}": s.deleteEntity,
		"POST /v1/entities/search":                                                  s.searchCatalog,
		"GET /v1/migrations/{migration_id}":                                         getOne(s, &s.migrations, "migration_id", "migration"),
		"GET /v1/organization":                                                      getOrganization,
		"GET /v1/organization/secrets":                                              listAll(s, &s.secrets, "secrets"),
		"POST /v1/organization/secrets":                                             s.locked(s.createSecret),
		"GET /v1/organization/secrets/{secret_name}":                                getOne(s, &s.secrets, "secret_name", "secret"),
		"PATCH /v1/organization/secrets/{secret_name}":                              s.locked(s.patchSecret),
		"DELETE /v1/organization/secrets/{secret_name}":                             s.locked(s.deleteSecret),
		"GET /v1/users":              listAll(s, &s.users, "users"),
		"GET /v1/users/{user_email}": s.locked(s.getUser),
		"GET /v1/teams":              listAll(s, &s.teams, "teams"),
		"GET /v1/teams/{name}":       getOne(s, &s.teams, "name", "team"),
		"GET /v1/integration":        s.locked(s.listIntegrations),
		"GET /v1/scorecards":         emptyList("scorecards"),
		"GET /v1/pages":              emptyList("pages"),
		"GET /v1/sidebars/catalog":   emptyList("sidebar"),
		"GET /v1/webhooks":           emptyList("webhooks"),
	}
}

// Coverage returns how far each route of the API is modeled.
func Coverage() []emulator.Coverage {
	modeled := new(Server).newHandlers()
	var out []emulator.Coverage
	for _, r := range routes() {
		notes := []string{}
		for name, schema := range r.Query {
			if _, fixed := schema["const"]; fixed {
				notes = append(notes, name+" can only be "+stringify(schema["const"]))
			}
		}
		slices.Sort(notes)
		if r.Note != "" {
			notes = append(notes, r.Note)
		}
		state := "modeled"
		if len(notes) > 0 {
			state = "partial"
		}
		if modeled[r.Name] == nil {
			state = "absent"
		}
		method, path, _ := strings.Cut(r.Name, " ")
		out = append(out, emulator.Coverage{Service: "Port", Method: method, Route: path, State: state, Note: strings.Join(notes, "; ")})
	}
	return out
}

// findRoute returns the route of a request and the values of the parameters in its path.
func findRoute(r *http.Request) (route, map[string]string) {
	given := strings.Split(r.Method+" "+r.URL.EscapedPath(), "/")
	for _, candidate := range routes() {
		if values, ok := matchPath(candidate.parts, given); ok {
			return candidate, values
		}
	}
	return route{}, nil
}

func matchPath(pattern, given []string) (map[string]string, bool) {
	if len(pattern) != len(given) {
		return nil, false
	}
	values := map[string]string{}
	for i, part := range pattern {
		value, err := url.PathUnescape(given[i])
		if name, isParameter := strings.CutPrefix(part, "{"); isParameter && err == nil && value != "" {
			values[strings.TrimSuffix(name, "}")] = value
		} else if part != given[i] {
			return nil, false
		}
	}
	return values, true
}

// parseQuery checks the query parameters of a call and converts them to JSON values, as Port's validator does. Port's
// document does not say what an unknown parameter does. It is an error here, so that no caller takes it for effective.
func (r route) parseQuery(raw string) (map[string]any, error) {
	given, err := url.ParseQuery(raw)
	if err != nil {
		return nil, invalidRequest("querystring is not valid: %v", err)
	}
	out := map[string]any{}
	for key, texts := range given {
		name, isList := strings.CutSuffix(key, "[]")
		schema, known := r.Query[name]
		if !known || isList && schema["type"] != "array" || isList && given.Has(name) {
			return nil, invalidRequest("querystring must NOT have additional properties, additional property: %q", key)
		}
		out[name] = convertParameter(schema, texts)
		if err := validationError(name, r.schemas[name].Validate(out[name])); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// convertParameter converts the texts of a query parameter to the type of its schema, if they have it. Port's clients
// write lists as one text with commas, or repeat the parameter.
func convertParameter(schema map[string]any, texts []string) any {
	var scalar any
	switch isScalar := json.Unmarshal([]byte(texts[0]), &scalar) == nil && len(texts) == 1; {
	case schema["type"] == "array":
		return convertJSON[any](strings.Split(strings.Join(texts, ","), ","))
	case len(texts) > 1:
		return convertJSON[any](texts) // which no schema of one value permits
	case isScalar && schema["type"] != "string" && schema["enum"] == nil:
		return scalar
	}
	return texts[0]
}
