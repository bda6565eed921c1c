package rest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"foghorn/integrations/rest"
)

func TestList_UnmarshalJSON(t *testing.T) {
	for data, want := range map[string][]any{
		`[]`: {}, ` [ ] `: {}, `null`: nil, `{}`: nil, `"[]"`: nil, `7`: nil,
		`[1]`: {1.0}, `[1,2]`: {1.0, 2.0}, "[ 1 ,\n2 ]": {1.0, 2.0},
		`[[1,2],{"a":[3,"]"],"b":",\"]"},"\\",null,"},{"]`: {[]any{1.0, 2.0}, map[string]any{"a": []any{3.0, "]"}, "b": `,"]`}, `\`, nil, "},{"},
	} {
		var got struct{ L rest.List[any] }
		if err := json.Unmarshal([]byte(`{"L":`+data+`}`), &got); err != nil {
			t.Errorf("%s: %v", data, err)
		}
		if diff := cmp.Diff(want, got.L.Items); diff != "" {
			t.Errorf("%s: -want +got\n%s", data, diff)
		}
	}
}

func TestList_TooLong(t *testing.T) {
	c := newTestClient(t, respond(200, nil, "["+strings.Repeat("{},", 20_000)+"{}]"))
	_, err := rest.Do[rest.List[thing]](t.Context(), c, "list things", http.MethodGet, "/a", nil, nil)
	if err == nil || err.Error() != "list things: 200 OK: a list in the response is too long" {
		t.Error(err)
	}
}

func TestList_WrongItemType(t *testing.T) {
	c := newTestClient(t, respond(200, nil, `[{"size":"x"}]`))
	_, err := rest.Do[rest.List[thing]](t.Context(), c, "list things", http.MethodGet, "/a", nil, nil)
	if err == nil || !strings.Contains(err.Error(), `field "size" is not of type int`) {
		t.Error(err)
	}
}

// FuzzList_UnmarshalJSON checks that List decodes what json.Unmarshal decodes, and never panics.
func FuzzList_UnmarshalJSON(f *testing.F) {
	for _, s := range []string{`[]`, `[1,"a\"]",[{}],null]`, `{}`, `[`, `["\\"]`, `[,]`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var got rest.List[any]
		err := got.UnmarshalJSON(data)
		var want []any
		if json.Unmarshal(data, &want) != nil || len(want) > 20_000 {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got.Items); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	})
}
