// Package modal turns a form into Slack modals, and what people entered in them back into values.
// It makes no calls.
//
// [Render] makes one page of a form; [Decode] is its inverse: Port gets the values that a person
// sees, with the types of JSON. Whatever a definition contains, a page is within Slack's limits and
// fits the ack of the page before it (limits.go). A long text is shortened on the page, not in its
// value; a value that an input cannot hold is shown and cannot be changed; a long form has several
// pages; a large menu becomes a type-ahead.
package modal

import (
	"encoding/json"
	"errors"
	"slices"

	"github.com/slack-go/slack"

	"foghorn/bot/form"
)

// CallbackID is the callback id of every form's view.
const CallbackID = "foghorn_form"

// A Page is a position in a form. A view contains it as its private_metadata.
type Page struct {
	Action  string `json:"a"`           // identifier of the action
	Version string `json:"v"`           // form.Form.Version the view was made from
	Channel string `json:"c,omitempty"` // of the command
	Direct  bool   `json:"m,omitempty"` // the channel is a direct or group message
	Step    int    `json:"s,omitempty"` // counted from 0
	Part    int    `json:"p,omitempty"` // of the step, counted from 0, if the step needs several pages
	Draft   string `json:"d,omitempty"` // key of the values of other pages; empty: there are none
	Clears  int    `json:"x,omitempty"` // how often a field was cleared, which renews the elements that can be cleared

	Again bool `json:"g,omitempty"` // it is shown again because it had changed
	Last  bool `json:"l,omitempty"` // it was the last one when it was rendered

	Trace string `json:"w,omitempty"` // traceparent of what opened the form; empty: none

	Listed bool `json:"i,omitempty"` // the person may see recent incidents: see ShowIncidents

	Names  *Names `json:"-"`
	Notice string `json:"-"` // plain text above the fields; empty: none
}

var (
	errInvalidPage    = errors.New("its private_metadata is not a page of a form")
	errLongIdentifier = errors.New("the action's identifier is too long for a view")
)

// DecodePage reads a view's private_metadata.
func DecodePage(metadata string) (Page, error) {
	var p Page
	if len(metadata) > 4*maxMetadata || json.Unmarshal([]byte(metadata), &p) != nil || p.Action == "" || p.Step < 0 || p.Part < 0 || p.Clears < 0 {
		return Page{}, errInvalidPage
	}
	return p, nil
}

func (p Page) encode() (string, error) {
	data, err := json.Marshal(p)
	if err != nil || jsonLength(string(data)) > maxMetadataBytes {
		return "", errLongIdentifier
	}
	return string(data), nil
}

// A pageLayout is what one view shows of a form.
type pageLayout struct {
	step, part int
	items      []form.ItemState
	blocks     []slack.Block
}

// paginate lays the form out: every visible step, in as many parts as it needs. There is at least
// one page. The size of a page includes its values, so that values that become longer can move
// fields to a further page: see UnseenPage.
func paginate(s *form.State, p Page) []pageLayout {
	var out []pageLayout
	for n, step := range s.Steps {
		if !step.Visible {
			continue
		}
		cur, size := pageLayout{step: n}, 0
		for _, item := range step.Items {
			if !item.Visible {
				continue
			}
			blocks := itemBlocks(s, item, p)
			data, err := json.Marshal(blocks)
			if err != nil {
				continue
			}
			if len(cur.blocks)+len(blocks) > maxBlocks-reservedBlocks || size+len(data) > maxPageBytes {
				out = append(out, cur)
				cur, size = pageLayout{step: n, part: cur.part + 1}, 0
			}
			cur.items = append(cur.items, item)
			cur.blocks = append(cur.blocks, blocks...)
			size += len(data)
		}
		if len(cur.items) > 0 {
			out = append(out, cur)
		}
	}
	if len(out) == 0 {
		return []pageLayout{{}}
	}
	return out
}

// indexOf is the index of a page: the page itself, or the last one before it if the form no longer
// has the page.
func indexOf(all []pageLayout, p Page) int {
	found := 0
	for i, s := range all {
		if s.step < p.Step || s.step == p.Step && s.part <= p.Part {
			found = i
		}
	}
	return found
}

func (p Page) withLayout(s pageLayout) Page {
	p.Step, p.Part = s.step, s.part
	return p
}

// LastPage reports that a page is the last one.
func LastPage(s *form.State, p Page) bool {
	all := paginate(s, p)
	return indexOf(all, p) == len(all)-1
}

// NextPage is the page after one; the last one stays.
func NextPage(s *form.State, p Page) Page {
	all := paginate(s, p)
	return p.withLayout(all[min(indexOf(all, p)+1, len(all)-1)])
}

// UnseenPage is the first page after one with a field that a view of the page does not have. Values that were entered
// can have moved fields there since the view was rendered; what the person has seen is not shown again.
func UnseenPage(s *form.State, p Page, v slack.View) (next Page, ok bool) {
	all, shown := paginate(s, p), ShownInputs(v)
	for _, layout := range all[indexOf(all, p)+1:] {
		seen := p.Last // a page without inputs
		unseen := slices.ContainsFunc(layout.items, func(item form.ItemState) bool {
			has := item.Field != nil && shown[blockID(item.Field.ID)]
			seen = seen || has
			return !has && item.Field != nil && isInput(item.Field)
		})
		if unseen || !seen {
			return p.withLayout(layout), true
		}
	}
	return p, false
}

// ShownInputs are the blocks of the inputs of a view; of one that came without its blocks, those of its state.
func ShownInputs(v slack.View) map[string]bool {
	out := map[string]bool{}
	for block := range inputIDs(v) {
		out[block] = true
	}
	if v.State != nil && len(v.Blocks.BlockSet) == 0 {
		for block := range v.State.Values {
			out[block] = true
		}
	}
	return out
}

// PrevPage is the page before one; the first one stays.
func PrevPage(s *form.State, p Page) Page {
	all := paginate(s, p)
	return p.withLayout(all[max(indexOf(all, p)-1, 0)])
}

// PageWithFields is the first page with one of the fields; p itself if there is none.
func PageWithFields(s *form.State, p Page, fields map[string]string) Page {
	for _, sheet := range paginate(s, p) {
		for _, item := range sheet.items {
			if item.Field == nil {
				continue
			}
			if _, ok := fields[item.Field.ID]; ok {
				return p.withLayout(sheet)
			}
		}
	}
	return p
}

// FieldsOnPage are the ids of the input fields of a page.
func FieldsOnPage(s *form.State, p Page) (ids []string) {
	all := paginate(s, p)
	for _, item := range all[indexOf(all, p)].items {
		if item.Field != nil && isInput(item.Field) {
			ids = append(ids, item.Field.ID)
		}
	}
	return ids
}

// movedFields are the visible fields that a view of a page has and the page, as it is laid out now, has no input for.
func movedFields(s *form.State, p Page, v slack.View) (ids []string) {
	here, shown := FieldsOnPage(s, p), ShownInputs(v)
	for _, layout := range paginate(s, p) {
		for _, item := range layout.items {
			if item.Field != nil && shown[blockID(item.Field.ID)] && !slices.Contains(here, item.Field.ID) {
				ids = append(ids, item.Field.ID)
			}
		}
	}
	return ids
}

// MovesFields reports that a page has no input for a field that a view of it has: to render it again, the field's value
// must be kept in the draft.
func MovesFields(s *form.State, p Page, v slack.View) bool { return len(movedFields(s, p, v)) > 0 }

// ErrorsByBlock are the texts about the input fields of a page and of a view of it, by the block that shows them.
func ErrorsByBlock(s *form.State, p Page, v slack.View, problems map[string]string) map[string]string {
	out := map[string]string{}
	for _, id := range slices.Concat(FieldsOnPage(s, p), movedFields(s, p, v)) {
		if text, ok := problems[id]; ok {
			out[blockID(id)] = truncate(text, maxHint)
		}
	}
	return out
}
