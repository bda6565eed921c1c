// The fields of a view. Each change goes to the Slack emulator at once, which keeps the values.
import { postAction } from "./api.js";

// A field's control is named "value:" and the name of the field.
export const VALUE_PREFIX = "value:";

// viewIDs identifies the view of a form in the actions about it.
export function viewIDs(form) {
	return { user: form.elements.user.value, view: form.dataset.view };
}

// sendField sends the current values of a field.
export function sendField(form, name) {
	const body = new FormData();
	for (const [key, value] of Object.entries({ ...viewIDs(form), field: name })) body.set(key, value);
	for (const value of new FormData(form).getAll(VALUE_PREFIX + name)) body.append(VALUE_PREFIX + name, value);
	return postAction("field", body);
}
