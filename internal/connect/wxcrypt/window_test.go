package wxcrypt

import (
	"strconv"
	"testing"

	"qunluo/internal/community"
)

const noon = 1_760_000_000

func call(at int64, nonce, signature string) Query {
	return Query{Signature: signature, Timestamp: strconv.FormatInt(at, 10), Nonce: nonce}
}

func TestSameCallIsTakenOnce(t *testing.T) {
	w := NewWindow(100)
	q := call(noon, "n", "s")
	if got, err := w.Admit(q, noon); got != Fresh || err != nil {
		t.Fatalf("first = %v, %v", got, err)
	}
	if _, err := w.Admit(q, noon); community.CodeOf(err) != community.CodeBusy {
		t.Errorf("while it is worked on: %v, want busy", err)
	}
	w.Failed(q)
	if got, err := w.Admit(q, noon+5); got != Fresh || err != nil {
		t.Errorf("after it was not taken = %v, %v; want fresh: the platform brings it again", got, err)
	}
	w.Taken(q)
	w.Failed(q) // too late to change anything
	if got, err := w.Admit(q, noon+9); got != Repeated || err != nil {
		t.Errorf("after it was taken = %v, %v; want repeated", got, err)
	}
	if _, err := w.Admit(call(noon, "n", "other"), noon); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("same nonce, other content: %v, want conflict", err)
	}
	if got, err := w.Admit(call(noon+1, "n", "t"), noon); got != Fresh || err != nil {
		t.Errorf("same nonce a second later = %v, %v; want fresh: ten digits do repeat", got, err)
	}
}

func TestClockOffByAnHourHasACodeOfItsOwn(t *testing.T) {
	w := NewWindow(100)
	for _, away := range []int64{3600, -3600, 601, -601} {
		if _, err := w.Admit(call(noon, "n", "s"), noon+away); community.CodeOf(err) != community.CodeClock {
			t.Errorf("%d s away: %v, want clock", away, err)
		}
	}
	for _, stamp := range []string{"", "x", "-1", "99999999999999999999"} {
		if _, err := w.Admit(Query{Timestamp: stamp, Nonce: "n"}, noon); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("timestamp %q: %v, want bad input", stamp, err)
		}
	}
}

func TestWindowIsBoundedWithoutLettingRepeatsIn(t *testing.T) {
	w := NewWindow(1000)
	for i := range 1000 {
		if got, err := w.Admit(call(noon, strconv.Itoa(i), "s"), noon); got != Fresh {
			t.Fatalf("call %d = %v, %v", i, got, err)
		}
	}
	if _, err := w.Admit(call(noon, "one more", "s"), noon+1); community.CodeOf(err) != community.CodeBusy {
		t.Errorf("when full: %v, want busy: the platform tries again", err)
	}
	w.Taken(call(noon, "5", "s"))
	if got, _ := w.Admit(call(noon, "5", "s"), noon+600); got != Repeated {
		t.Errorf("a repeat when full = %v, want repeated", got)
	}
	if got, err := w.Admit(call(noon+650, "later", "s"), noon+650); got != Fresh {
		t.Errorf("once the old ones' timestamps refuse themselves = %v, %v; want fresh", got, err)
	}
	if n := len(w.seen); n > 1000 || len(w.order) > 1000 {
		t.Errorf("%d calls are remembered, want at most 1000", n)
	}
}

func TestNoncesAreRememberedForTwoHours(t *testing.T) {
	w := NewWindow(1000)
	q := call(noon, "old", "s")
	if got, _ := w.Admit(q, noon); got != Fresh {
		t.Fatal(got)
	}
	if got, _ := w.Admit(call(noon+7200, "a", "s"), noon+7200); got != Fresh || len(w.seen) != 2 {
		t.Errorf("after two hours %d are remembered, want both", len(w.seen))
	}
	if got, _ := w.Admit(call(noon+7201, "b", "s"), noon+7201); got != Fresh || len(w.seen) != 2 {
		t.Errorf("a second later %d are remembered, want the first gone", len(w.seen))
	}
}
