package porttest

import "slices"

var (
	actionOperations = []string{"CREATE", "DAY-2", "DELETE"}
	actionBackends   = []string{"KAFKA", "WEBHOOK", "GITHUB", "INTEGRATION_ACTION", "GITLAB", "AZURE_DEVOPS", "UPSERT_ENTITY"}
	entityEvents     = []string{"ENTITY_CREATED", "ENTITY_UPDATED", "ENTITY_DELETED", "ANY_ENTITY_CHANGE"}
	runEvents        = []string{"RUN_CREATED", "RUN_UPDATED", "ANY_RUN_CHANGE"}
	timerEvents      = []string{"TIMER_PROPERTY_EXPIRED"}
)

// checkAction returns the error of the API for a definition of an action or automation.
// https://docs.port.io/api-reference/create-an-action-automation
func checkAction(raw map[string]any) error {
	if err := validateSchema("action", "", raw); err != nil {
		return err
	}
	a := parseAction(raw)
	if err := checkTrigger(a.Trigger, raw["trigger"]); err != nil {
		return err
	}
	if !slices.Contains(actionBackends, a.InvocationMethod.Type) {
		return enumError("invocationMethod/type", actionBackends)
	}
	return validateSchema(a.InvocationMethod.Type, "invocationMethod", raw["invocationMethod"])
}

func checkTrigger(t trigger, raw any) error {
	switch t.Type {
	case "self-service":
		switch t.Operation {
		case "":
			return invalidRequest(`"trigger" must have required property 'operation'`)
		case "CREATE":
			return validateSchema("CREATE", "trigger", raw)
		case "DAY-2", "DELETE":
			return validateSchema("DAY-2", "trigger", raw)
		}
		return enumError("trigger/operation", actionOperations)
	case "automation":
		if err := validateSchema("automation", "trigger", raw); err != nil {
			return err
		}
		fields, _ := raw.(map[string]any)
		return checkEventFilter(t.Event.Type, fields["event"])
	}
	return enumError("trigger/type", []string{"self-service", "automation"})
}

func checkEventFilter(eventType string, raw any) error {
	const path = "trigger/event"
	switch {
	case slices.Contains(entityEvents, eventType):
		return validateSchema("entity event", path, raw)
	case slices.Contains(runEvents, eventType):
		return validateSchema("run event", path, raw)
	case slices.Contains(timerEvents, eventType):
		return validateSchema("timer event", path, raw)
	}
	return enumError(path+"/type", slices.Concat(entityEvents, timerEvents, runEvents))
}

// enumError is the error for a value that is not one of the allowed ones.
func enumError(path string, allowed []string) error {
	return invalidRequest("%q must be equal to one of the allowed values %s", path, stringify(allowed))
}
