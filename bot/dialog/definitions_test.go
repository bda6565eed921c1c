package dialog

import (
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"foghorn/bot/form"
)

func TestDefinitions_PortOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDefinitions(nil, &sync.WaitGroup{})
		const grace = time.Minute
		away := errors.New("away")
		if d.check("act", grace) == nil {
			t.Error("no error before anything was read")
		}
		d.forms.SetDefault("act", definition{form: &form.Form{}})
		d.recordResult("act", nil)
		for range 3 { // each outage starts its own grace period
			d.recordResult("act", away)
			time.Sleep(grace)
			d.recordResult("act", away)
			if err := d.check("act", grace); err != nil {
				t.Errorf("an error after %v: %v", grace, err)
			}
			time.Sleep(time.Second)
			if err := d.check("act", grace); !errors.Is(err, away) {
				t.Errorf("after more than %v: %v", grace, err)
			}
			d.recordResult("act", nil)
			if err := d.check("act", grace); err != nil {
				t.Errorf("an error after the outage: %v", err)
			}
		}
	})
}
