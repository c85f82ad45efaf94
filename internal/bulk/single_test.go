package bulk

import (
	"strings"
	"testing"

	"qunluo/internal/community"
)

func TestOneWhoIsAloneGoesOnSlowly(t *testing.T) {
	r := Default()
	const now = 1_790_000_000_000
	for _, c := range []struct {
		name   string
		spent  Spent
		others int
		last   int64
		second bool
		code   community.Code
	}{
		{"the fifth", Spent{4, 4}, 2, now, false, ""},
		{"the sixth, with others about", Spent{5, 5}, 1, now, true, ""},
		{"the sixth, alone, at once", Spent{5, 5}, 0, now - 60_000, false, community.CodeLimited},
		{"the sixth, alone, ten minutes later", Spent{5, 5}, 0, now - 600_000, false, ""},
		{"beyond the day's cap", Spent{5, 500}, 0, 0, false, community.CodeLimited},
	} {
		second, err := r.Single(Remove, c.spent, c.others, c.last, now)
		if second != c.second || community.CodeOf(err) != c.code {
			t.Errorf("%s: %v, %v", c.name, second, err)
		}
	}
	_, err := r.Single(Remove, Spent{5, 5}, 0, now-60_000, now)
	if said := err.(*Refusal).Say(); !strings.Contains(said[0], "还要等 9 分钟") || !strings.Contains(said[1], "the next time in 9") {
		t.Errorf("said %q", said)
	}
}

func TestStaffMayLetOutAFewRowsAlone(t *testing.T) {
	staff, owner := Person{ID: "a", Known: true, On: true}, Person{ID: "b", Known: true, On: true, Owner: true}
	for _, c := range []struct {
		kind Kind
		need Need
		who  Person
		want community.Code
	}{
		{Export, Need{}, staff, ""}, {Export, Need{Second: true}, staff, community.CodeForbidden}, {Export, Need{Second: true}, owner, ""},
		{Loosen, Need{Second: true}, staff, community.CodeForbidden}, {Remove, Need{Second: true}, staff, ""},
	} {
		if got := community.CodeOf(MayPropose(c.kind, c.need, c.who)); got != c.want {
			t.Errorf("%s %+v owner=%v: %q, want %q", c.kind, c.need, c.who.Owner, got, c.want)
		}
	}
}
