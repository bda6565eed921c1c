package modal_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/slack-go/slack"

	"foghorn/bot/form"
	"foghorn/bot/modal"
	"foghorn/manifests"
)

// The form of the guide is to be rendered in less than 100 µs, one of 30 inputs in less than 1 ms.
func BenchmarkRender(b *testing.B) {
	var thirty strings.Builder
	for i := range 30 {
		fmt.Fprintf(&thirty, `,"i%d":%s`, i, []string{
			`{"type":"string","title":"A text","description":"What it is for"}`,
			`{"type":"string","title":"A choice","enum":["a","b","c","d","e","f","g","h"]}`,
			`{"type":"number","title":"A number","default":3}`,
			`{"type":"array","title":"A list","items":{"type":"string","enum":["x","y","z"]}}`,
			`{"type":"string","title":"An entity","format":"entity","blueprint":"service"}`,
		}[i%5])
	}
	for name, definition := range map[string]json.RawMessage{
		"guide":  manifests.Guide().Action,
		"thirty": actionJSON(`{"properties":{` + thirty.String()[1:] + `}}`),
	} {
		b.Run(name, func(b *testing.B) {
			s := compileForm(b, definition).Resolve(b.Context(), form.EvalContext{}, nil)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := modal.Render(s, modal.Page{Action: "act"}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	s := compileForm(b, manifests.Guide().Action).Resolve(b.Context(), form.EvalContext{}, nil)
	state := initialState(b, renderPage(b, s, modal.Page{}))
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := modal.Decode(s, slack.View{State: state}); err != nil {
			b.Fatal(err)
		}
	}
}
