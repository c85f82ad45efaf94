package app_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/policy"
)

const pitch = "转让健身卡一张还有八个月有意私信"

// mutant is a copy of the pitch, written otherwise.
func mutant(i int) string {
	runes := []rune(pitch)
	runes[i%len(runes)] = []rune("甲乙丙丁戊己庚辛")[i%8]
	return fmt.Sprintf("%s★%s %d", string(runes[:5]), string(runes[5:]), 1000+i*37)
}

// TestCopiesAcrossGroupsAskAPersonWhoSeesOnlyTheirOwn: the third group's copy waits for a person, says where the others stand to
// whoever may see these, and how many there are to everybody else; the past of a group shows it before the rule is on.
func TestCopiesAcrossGroupsAskAPersonWhoSeesOnlyTheirOwn(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		f := startFamily(t, url, 4)
		ctx, hands := t.Context(), f.app.Hands(f.org, nil)
		book := bookOf(t, community.Live, nil, policy.Rule{ID: "across", Name: "跨群复制", Kind: "across", Mode: policy.RuleLive, Params: json.RawMessage(`{}`)})
		for _, name := range []string{"sub1", "sub2", "sub3"} {
			_, err := hands.Publish(plain(ctx), "lin", f.keys[name], book, "试")
			check(t, err)
		}
		for i, name := range []string{"sub1", "sub2", "sub3", "sub4"} {
			_, err := f.world.Say(name, "wu", mutant(i))
			check(t, err)
		}
		open := func() []community.DecisionRow {
			rows, _, err := f.desk.FindDecisions(ctx, community.DecisionFilter{Open: true, Rule: "across"})
			check(t, err)
			return rows
		}
		await(t, func() bool { return len(open()) == 1 })
		d := open()[0]
		if d.Group != f.keys["sub3"] || len(d.Strikes) != 0 || len(d.Actions) != 1 || d.Actions[0].Hold != community.HoldSuspicion {
			t.Errorf("decision %+v", d)
		}
		all, err := f.desk.Copies(ctx, d.Group, d.Event)
		check(t, err)
		if all.Copies != 2 || all.Groups != 2 || len(all.Seen) != 2 || all.HiddenCopies != 0 || all.Seen[0].Text != mutant(1) {
			t.Errorf("whoever may see all groups sees %+v", all)
		}
		few, err := f.app.Store().For(community.Scope{Org: f.org, Groups: []community.GroupKey{f.keys["sub3"], f.keys["sub1"]}}).Copies(ctx, d.Group, d.Event)
		check(t, err)
		if few.Copies != 2 || len(few.Seen) != 1 || few.Seen[0].Group != f.keys["sub1"] || few.HiddenCopies != 1 || few.HiddenGroups != 1 {
			t.Errorf("whoever may see two groups sees %+v", few)
		}
		if _, err := f.app.Store().For(community.Scope{Org: f.org, Groups: []community.GroupKey{f.keys["sub1"]}}).Copies(ctx, d.Group, d.Event); community.CodeOf(err) != community.CodeNotFound {
			t.Errorf("a group outside the scope gives %v", err)
		}
		check(t, hands.Judge(ctx, "lin", d.ID, "false_hit", "是同一个人转让自己的卡"))
		if n := len(open()); n != 0 {
			t.Errorf("%d decisions wait after the word of a person", n)
		}
		rep, err := f.app.AsDecided(ctx, d.Group)
		check(t, err)
		if rep.Different != 0 || rep.Decisions == 0 {
			t.Errorf("as decided: %+v", rep)
		}
		// sub4 has no such rule: tried on its past it would have asked
		run, err := f.app.Lab(f.org, nil).Start(ctx, "lin", f.keys["sub4"], book, 1, func(int64, int64) {})
		check(t, err)
		if more, _ := run.More(); more != 1 || run.Across == nil || run.Across.Groups != 5 || run.Across.Messages < 4 {
			t.Errorf("the trial: %d more, %+v, %s", more, run.Across, run.Error)
		}
	})
}
