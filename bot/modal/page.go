// Package modal turns a form into Slack modals and what people did in them back into
// values. Nothing here calls anybody.
//
// [Render] makes one page of a form; [Decode] is its inverse: what a person sees is what
// Port gets, with the types of JSON. Whatever a definition holds, a page stays within
// Slack's limits: what is too long is shortened for the eye and stays exact for Port, what
// is too much goes on further pages or becomes a type-ahead.
package modal

import (
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"foghorn/bot/form"
)

// CallbackID is the callback id of every form's view.
const CallbackID = "foghorn_form"

// A Page is where in a form a view is. The view carries it as its private_metadata.
type Page struct {
	Action  string `json:"a"`           // identifier of the action
	Version string `json:"v"`           // form.Form.Version the view was made from
	Channel string `json:"c,omitempty"` // of the command
	Step    int    `json:"s,omitempty"` // counted from 0
	Part    int    `json:"p,omitempty"` // of the step, when it is more than one view holds
	Draft   string `json:"d,omitempty"` // key of what was given on other pages; empty: nothing was
}

var errInvalidPage = errors.New("its private_metadata is not a page of a form")

// DecodePage reads a view's private_metadata.
func DecodePage(metadata string) (Page, error) {
	var p Page
	if len(metadata) > 4*maxMetadata || json.Unmarshal([]byte(metadata), &p) != nil || p.Action == "" || p.Step < 0 || p.Part < 0 {
		return Page{}, errInvalidPage
	}
	return p, nil
}

func (p Page) encode() (string, error) {
	data, err := json.Marshal(p)
	if err != nil || utf8.RuneCount(data) > maxMetadata {
		return "", fmt.Errorf("the action's identifier is too long for a view")
	}
	return string(data), nil
}

// A pageLayout is what one view shows of a form.
type pageLayout struct {
	step, part int
	items      []form.ItemState
	blocks     []slack.Block
}

// paginate lays the form out: every visible step, in as many parts as it needs. There is at least one.
func paginate(s *form.State) []pageLayout {
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
			blocks := itemBlocks(s, item)
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

// indexOf is the index of a page among the sheets: the page itself or, when the form has become
// another meanwhile, the last one before it.
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

// LastPage reports that nothing comes after a page.
func LastPage(s *form.State, p Page) bool {
	all := paginate(s)
	return indexOf(all, p) == len(all)-1
}

// NextPage is the page after one; the last one stays.
func NextPage(s *form.State, p Page) Page {
	all := paginate(s)
	return p.withLayout(all[min(indexOf(all, p)+1, len(all)-1)])
}

// PrevPage is the page before one; the first one stays.
func PrevPage(s *form.State, p Page) Page {
	all := paginate(s)
	return p.withLayout(all[max(indexOf(all, p)-1, 0)])
}

// PageWithFields is the first page with one of the fields; p itself when there is none.
func PageWithFields(s *form.State, p Page, fields map[string]string) Page {
	for _, sheet := range paginate(s) {
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

// FieldsOnPage are the ids of the fields that a page asks for.
func FieldsOnPage(s *form.State, p Page) (ids []string) {
	all := paginate(s)
	for _, item := range all[indexOf(all, p)].items {
		if item.Field != nil && isInput(item.Field) {
			ids = append(ids, item.Field.ID)
		}
	}
	return ids
}

// ErrorsByBlock are the sentences about fields that a page asks for, by the block that
// shows them.
func ErrorsByBlock(s *form.State, p Page, wrong map[string]string) map[string]string {
	out := map[string]string{}
	for _, id := range FieldsOnPage(s, p) {
		if sentence, ok := wrong[id]; ok {
			out[BlockID(id)] = truncate(sentence, maxHint)
		}
	}
	return out
}
