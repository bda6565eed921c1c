package modal

import (
	"github.com/slack-go/slack"

	"foghorn/bot/form"
)

// Names are what Slack shows for values that Port knows by another name. They come from what was chosen in the form;
// nil: there are none.
type Names struct {
	Users  map[string]string `json:"users,omitempty"`  // value of a User field -> Slack id
	Titles map[string]string `json:"titles,omitempty"` // identifier of an entity -> title
}

// usersOf are the Slack ids of the people in a User field, with which its element begins; nil: not all are known.
func (n *Names) usersOf(f *form.FieldState) (ids []string) {
	if n == nil || f.Kind != form.User {
		return nil
	}
	list, many := f.Value.([]any)
	if !many {
		list = []any{f.Value}
	}
	for _, v := range list {
		value, _ := v.(string)
		id := n.Users[value]
		if id == "" || many != f.Many {
			return nil
		}
		ids = append(ids, id)
	}
	return ids
}

// addTitles replaces the identifiers of entities by their titles, as far as these fit a page.
func (n *Names) addTitles(f *form.FieldState, options ...*slack.OptionBlockObject) {
	if n == nil || f.Kind != form.Entity {
		return
	}
	size := selectionSize(f)
	for _, o := range options {
		if title := n.Titles[optionOrNone(o).Value]; title != "" {
			text := optionText(title)
			if size += jsonLength(text) - jsonLength(o.Text.Text); size > maxInitialBytes {
				return
			}
			o.Text = plainText(text)
		}
	}
}
