package rights

import (
	"slices"
	"testing"

	"qunluo/internal/community"
)

// TestRolesHoldWhatTheyAreFor: what the table promises, said the other way round.
func TestRolesHoldWhatTheyAreFor(t *testing.T) {
	for _, x := range []struct {
		role Role
		may  []Power
		not  []Power
	}{
		{Owner, Powers(), nil},
		{Admin, []Power{Users, Connect, Settings, Judge, Publish}, []Power{Keys, SignIns}},
		{Operator, []Power{Write, Publish, Judge, Tune, SeeTexts, SeeMoney}, []Power{Users, Connect, Settings, Keys, SignIns, SeeAudit}},
		{Moderator, []Power{Judge, Work, RunDuty, Freeze, SeePeople, SeeTexts}, []Power{SeeMoney, Pay, Publish, Export, Users, Tune}},
		{Editor, []Power{Write, SeeContent}, []Power{Judge, SeeMoney, Pay, SeePeople, SeeTexts, Export}},
		{Finance, []Power{SeeMoney, Pay, Export}, []Power{SeeTexts, SeePeople, Judge, Write}},
		{Analyst, []Power{SeeFigures}, []Power{SeePeople, SeeTexts, SeeMoney, Export, Work}},
		{Auditor, []Power{SeeAudit, SeeFigures, SeeOrder, SeeVeiled}, []Power{Work, Judge, Draft, Publish, Freeze, RunDuty, Write, Codes, Reward, Pay, Steer, Tune, SetGroups, Merge, Export, Import, Connect, Users, Settings, Keys, SignIns, SeeTexts, SeePeople, Unveil}},
	} {
		for _, p := range x.may {
			if !May(x.role, p) {
				t.Errorf("%s does not hold %s", x.role, p)
			}
		}
		for _, p := range x.not {
			if May(x.role, p) {
				t.Errorf("%s holds %s", x.role, p)
			}
		}
		for _, p := range Held(x.role) {
			if !p.Known() {
				t.Errorf("%s holds %q, which is no power", x.role, p)
			}
		}
	}
	if May("nobody", Enter) || May("", Enter) || Power("").Known() || !Power("new").Whole() {
		t.Error("what the table does not know is not refused")
	}
	for _, p := range Powers() {
		if !slices.Contains(Holders(p), Owner) {
			t.Errorf("nobody holds %s", p)
		}
	}
}

func TestWhoSeesWhichGroups(t *testing.T) {
	kept := []community.GroupKey{3}
	for _, x := range []struct {
		name   string
		who    Who
		onDuty bool
		want   []community.GroupKey
	}{
		{"whole", Who{Reach: Whole}, false, nil},
		{"chosen", Who{Reach: Chosen, Groups: []community.GroupKey{1, 2}}, true, []community.GroupKey{1, 2}},
		{"chosen, none left", Who{Reach: Chosen}, true, []community.GroupKey{}},
		{"own", Who{Reach: Own}, false, kept},
		{"own, on duty", Who{Reach: Own}, true, nil},
		{"unknown", Who{Reach: "all"}, true, []community.GroupKey{}},
	} {
		got := x.who.Sees(kept, x.onDuty)
		if !slices.Equal(got, x.want) || (got == nil) != (x.want == nil) {
			t.Errorf("%s: sees %v, want %v", x.name, got, x.want)
		}
	}
	if w := Of(community.User{Role: "moderator"}); w.Reach != Whole {
		t.Errorf("somebody from before there was a scope sees %q", w.Reach)
	}
}

func TestAskingTellsWhatIsMissing(t *testing.T) {
	if r := (Who{Role: Moderator, Reach: Whole}).Ask(Judge); r.Refused() {
		t.Errorf("refused: %+v", r)
	}
	if r := (Who{Role: Moderator, Reach: Whole}).Ask(Pay); !r.Refused() || r.Far || !slices.Equal(r.Roles, []Role{Owner, Admin, Operator, Finance}) {
		t.Errorf("a moderator pays: %+v", r)
	}
	if r := (Who{Role: Admin, Reach: Chosen}).Ask(Users); !r.Far {
		t.Errorf("an admin of some groups: %+v", r)
	}
	if r := (Who{Role: Owner, Reach: Whole}).Ask("nothing"); !r.Refused() {
		t.Error("a power that nobody knows is held")
	}
}

// TestNobodyGivesMoreThanTheyHold walks every giver, every role before and every role after.
func TestNobodyGivesMoreThanTheyHold(t *testing.T) {
	for _, giver := range Roles() {
		for _, before := range append(Roles(), "") {
			for _, after := range Roles() {
				err := Give(Who{Role: giver, Reach: Whole}, Who{Role: before, Reach: Whole}, Who{Role: after, Reach: Whole})
				want := May(giver, Users) && Within(after, giver) && (before == "" || Within(before, giver))
				if (err == nil) != want {
					t.Errorf("%s makes %q a %s: %v, want allowed = %v", giver, before, after, err, want)
				}
			}
		}
	}
	admin := Who{Role: Admin, Reach: Whole}
	for _, x := range []struct {
		name   string
		giver  Who
		before Who
		after  Who
		want   community.Code
	}{
		{"an admin takes over an owner", admin, Who{Role: Owner, Reach: Whole}, Who{Role: Owner, Reach: Whole}, community.CodeForbidden},
		{"an admin makes an owner", admin, Who{}, Who{Role: Owner, Reach: Whole}, community.CodeForbidden},
		{"an admin makes an admin", admin, Who{}, Who{Role: Admin, Reach: Whole}, community.CodeNone},
		{"an admin of some groups", Who{Role: Admin, Reach: Chosen, Groups: []community.GroupKey{1}}, Who{}, Who{Role: Analyst, Reach: Chosen, Groups: []community.GroupKey{1}}, community.CodeForbidden},
		{"no such role", admin, Who{}, Who{Role: "king", Reach: Whole}, community.CodeBadInput},
		{"no such scope", admin, Who{}, Who{Role: Analyst, Reach: "world"}, community.CodeBadInput},
		{"chosen groups, none named", admin, Who{}, Who{Role: Analyst, Reach: Chosen}, community.CodeBadInput},
		{"too many groups", admin, Who{}, Who{Role: Analyst, Reach: Chosen, Groups: make([]community.GroupKey, MaxGroups+1)}, community.CodeBadInput},
	} {
		if got := community.CodeOf(Give(x.giver, x.before, x.after)); got != x.want {
			t.Errorf("%s: %q, want %q", x.name, got, x.want)
		}
	}
	if (Who{Reach: Chosen, Groups: []community.GroupKey{1, 2}}).Covers(Who{Reach: Chosen, Groups: []community.GroupKey{3}}) || (Who{Reach: Own}).Covers(Who{Reach: Own}) {
		t.Error("somebody covers what they do not see")
	}
}
