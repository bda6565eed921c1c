package bot

import (
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"foghorn/bot/form"
)

func TestPortMayBeAwayForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDefinitions(nil, &sync.WaitGroup{})
		away := errors.New("away")
		if d.trouble(portQuiet) == nil {
			t.Error("no trouble before anything was read")
		}
		d.forms.SetDefault("a", definition{form: &form.Form{}})
		d.note(nil)
		for range 3 { // each outage is counted from its own beginning
			d.note(away)
			time.Sleep(portQuiet)
			d.note(away)
			if err := d.trouble(portQuiet); err != nil {
				t.Errorf("trouble after %v: %v", portQuiet, err)
			}
			time.Sleep(time.Second)
			if err := d.trouble(portQuiet); !errors.Is(err, away) {
				t.Errorf("after more than %v: %v", portQuiet, err)
			}
			d.note(nil)
			if err := d.trouble(portQuiet); err != nil {
				t.Errorf("trouble when it is over: %v", err)
			}
		}
	})
}
