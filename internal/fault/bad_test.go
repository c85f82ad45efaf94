package fault

import (
	"testing"
	"time"

	"qunluo/internal/store"
	"qunluo/internal/store/storetest"
)

// A harness that finds nothing where something is known to be wrong is broken: the same kills over a belt that
// acknowledges before it commits must find a loss, and over one that takes every delivery for a new fact, doubles.
func TestExaminerFindsWhatIsKnownToBeBad(t *testing.T) {
	for name, bad := range map[string]struct {
		order order
		found func(lost, doubled int) bool
	}{
		"acknowledged before the commit": {order{Early: true}, func(lost, _ int) bool { return lost > 0 }},
		"deliveries without their keys":  {order{Keyless: true}, func(_, doubled int) bool { return doubled > 0 }},
	} {
		t.Run(name+"/sqlite", func(t *testing.T) { mustFind(t, bad.order, bad.found) })
		t.Run(name+"/postgres", func(t *testing.T) {
			o := bad.order
			o.URL = storetest.PostgresURL(t)
			mustFind(t, o, bad.found)
		})
	}
}

// mustFind kills until something is found; that it never is, is the failure.
func mustFind(t *testing.T, o order, found func(lost, doubled int) bool) {
	t.Helper()
	chance, acked := seed(t), map[int]bool{}
	o.Dir = t.TempDir()
	o.Platform = o.Dir
	for kill := 1; kill <= 30; kill++ {
		o.note(acked, killOne(t, o, 5+chance.IntN(60), time.Duration(chance.IntN(2000))*time.Microsecond))
		st, err := store.Open(t.Context(), store.Options{URL: o.URL, DataDir: o.Dir, Clock: time.Now})
		check(t, err)
		lost, doubled := astray(t, st, acked)
		check(t, st.Close())
		if found(lost, doubled) {
			t.Logf("after %d kills: %d of %d acknowledged messages lost, %d there twice", kill, lost, len(acked), doubled)
			return
		}
	}
	t.Errorf("30 kills over a belt that is known to be bad, %d messages acknowledged, and nothing was found: the harness is broken", len(acked))
}
