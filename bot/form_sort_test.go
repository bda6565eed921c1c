package bot_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"foghorn/bot/testenv"
)

// TestForm_SortOverManyEntities has more entities than Port returns at once. Its search cannot sort.
func TestForm_SortOverManyEntities(t *testing.T) {
	field := `{"type":"string","title":%q,"format":"entity","blueprint":"service","sort":%s}`
	e := newEnvWithAction(t, fmt.Sprintf(`{"type":"self-service","operation":"CREATE","userInputs":{"properties":{"n":%s,"u":%s,"t":%s},"required":[]}}`,
		fmt.Sprintf(field, "Load", `{"property":"load","order":"ASC"}`), fmt.Sprintf(field, "Updated", `{"property":"$updatedAt","order":"DESC"}`),
		`{"type":"string","title":"Title","format":"entity","blueprint":"service"}`))
	if err := e.Port.PutBlueprint(json.RawMessage(`{"identifier":"service","title":"Service","schema":{"properties":{"load":{"type":"number"}},"required":[]}}`)); err != nil {
		t.Fatal(err)
	}
	const count = 1200
	put := func(i int) {
		t.Helper()
		// The order of the identifiers, which is that of the pages, is not the order of anything else.
		entity := fmt.Sprintf(`{"identifier":"s%04d","title":"Service %04d","properties":{"load":%d}}`, i*7%count, count-i, i-count/2)
		if err := e.Port.PutEntity("service", json.RawMessage(entity)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range count {
		put(i)
	}
	for last := time.Now().Truncate(time.Millisecond); time.Now().Truncate(time.Millisecond).Equal(last); { // Port's times have milliseconds
		time.Sleep(time.Millisecond)
	}
	put(700)
	e.Start()
	form := e.OpenForm(testenv.Alice, testenv.General, "/incident")
	var lightest, byTitle []string
	for i := range 100 {
		lightest, byTitle = append(lightest, fmt.Sprintf("Service %04d", count-i)), append(byTitle, fmt.Sprintf("Service %04d", i+1))
	}
	if diff := cmp.Diff(lightest, offered(t, e, form, "Load", "")); diff != "" {
		t.Errorf("by load (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(byTitle, offered(t, e, form, "Title", "")); diff != "" {
		t.Errorf("by title (-want +got):\n%s", diff)
	}
	if got := offered(t, e, form, "Updated", ""); len(got) != 100 || got[0] != "Service 0500" {
		t.Errorf("by time of update: %v", got)
	}

	before := len(e.Port.Calls("/entities/search"))
	for _, typed := range []string{"s", "se", "ser", "serv", "service", "service 0", "service 03", "service 030", "service 0301"} {
		got := offered(t, e, form, "Load", typed)
		if typed == "service 030" {
			want := []string{"Service 0309", "Service 0308", "Service 0307", "Service 0306", "Service 0305", "Service 0304", "Service 0303", "Service 0302", "Service 0301", "Service 0300"}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", typed, diff)
			}
		}
	}
	if n := len(e.Port.Calls("/entities/search")) - before; n > 2 { // two pages, if the list is older than it is kept
		t.Errorf("%d calls for nine key strokes", n)
	}
}
