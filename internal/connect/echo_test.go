package connect

import (
	"testing"
	"testing/synctest"
	"time"

	"qunluo/internal/community"
)

func TestAnEchoIsTakenOnceUnderAnyOfItsNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var e Echoes
		one, two := community.DeriveID(community.ID{}, "echo", 1), community.DeriveID(community.ID{}, "echo", 2)
		e.Expect("text:hi", one)
		e.Expect("message:5", one)
		e.Expect("text:hi", two)
		if got := e.TakeOf("message:5", "text:hi"); got != one {
			t.Errorf("first = %s, want %s by its number", got, one)
		}
		if got := e.TakeOf("message:6", "text:hi"); got != two {
			t.Errorf("second = %s, want %s: what the first said is used up", got, two)
		}
		if got := e.TakeOf("message:6", "text:hi"); !got.IsZero() {
			t.Errorf("third = %s, want none", got)
		}
		e.Expect("text:late", one)
		time.Sleep(2 * time.Minute)
		if got := e.Take("text:late"); !got.IsZero() {
			t.Errorf("after two minutes = %s, want none", got)
		}
	})
}

func TestBudgetRefillsWithTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBudget(6)
		for i := range 3 {
			if !b.Take() {
				t.Fatalf("only %d at once, want 3", i)
			}
		}
		if b.Take() {
			t.Error("a fourth at once")
		}
		time.Sleep(10 * time.Second)
		if !b.Take() || b.Take() {
			t.Error("after ten seconds at six a minute: want exactly one")
		}
	})
}
