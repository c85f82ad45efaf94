package eval

import (
	"slices"
	"strings"
	"testing"
)

// Their clocks show twelve hours, and a joining has no time of its own.
func TestRecordedJoinsAreSpreadOverTheirMinute(t *testing.T) {
	list, took := recordedJoins(strings.Join([]string{
		"[11:58] <a> one", "=== x [n=x@there]  has joined #c", "=== y [n=y@there]  has left #c []", "[11:59] <a> two",
		"[01:10] <a> after noon", "=== z [n=z@there]  has joined #c", "nothing",
	}, "\n"))
	begin := int64(11*60+58) * 60_000
	want := []arrival{{at: begin + 20_000, name: "x"}, {at: begin + 40_000, name: "y", left: true}, {at: int64(13*60+10)*60_000 + 30_000, name: "z"}}
	if !slices.Equal(list, want) || took != int64(13*60+10)*60_000-begin {
		t.Errorf("joins = %+v over %d ms, want %+v", list, took, want)
	}
}

func TestInventedRaidsAreCaughtAmongRealJoins(t *testing.T) {
	rows, err := Run(t.Context(), "raids", Options{Data: data(t), Part: Train})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		t.Logf("%-20s %.2f %s of %d", r.Name, r.Value, r.Unit, r.N)
		if !r.Met {
			t.Errorf("%s = %v, want %v", r.Name, r.Value, r.Target)
		}
	}
	if len(rows) != 2+len(waves()) {
		t.Errorf("%d rows", len(rows))
	}
}
