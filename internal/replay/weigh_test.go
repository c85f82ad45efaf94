package replay

import (
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/policy"
)

// TestWeighingFindsTheChangeThatPutsThingsRight: in the group's own past and on cases outside it, a phrase that only ever hits
// talk is found out, one that catches advertising is kept, and what would newly hit much that nobody judged is no gain.
func TestWeighingFindsTheChangeThatPutsThingsRight(t *testing.T) {
	b := book(community.Live, keyword("ads", "live", "团购", "刷单"), keyword("wide", "dry", "早"), keyword("sure", "dry", "代刷"))
	r := &record{now: noon}
	var labels []Labelled
	say := func(text string, want community.Want) {
		ev := r.say(community.MemberKey(3+len(r.events)), text)
		if want != "" {
			labels = append(labels, Labelled{Case: community.Case{ID: community.MakeID(ev.Number, [10]byte{1}), Group: 7, Event: ev.Number, Want: want}, Said: *ev})
		}
	}
	for range 3 {
		say("昨天团购的苹果真甜", community.WantNone)
		say("刷单日结", community.WantHit)
		say("代刷名额", community.WantHit)
		say("早上好", community.WantHit) // somebody was sure, once
	}
	for range 40 {
		say("早", "")
	}
	far := labelled(9999, community.WantNone, "ads", "团购群里的朋友说的")
	labels = append(labels, far)
	var wrong []string
	for _, l := range labels {
		if l.Want == community.WantNone {
			wrong = append(wrong, l.Said.Body.Text)
		}
	}
	variants := policy.Variants(b, wrong)
	var tried []*policy.Rulebook
	for _, v := range variants {
		next, _ := v.Put(b)
		tried = append(tried, ready(t, next))
	}
	today, weighed, err := Weigh(7, ready(t, b), tried, labels, r.stream(), Span{From: noon})
	if err != nil {
		t.Fatal(err)
	}
	if today.Found != 3 || today.Missed != 6 || today.False != 4 || today.Clean != 0 || today.Gain() != 0 {
		t.Errorf("today = %+v", today)
	}
	better := Choose(variants, today, weighed)
	if len(better) != 2 {
		t.Fatalf("better = %d: %+v", len(better), better)
	}
	one, two := better[0], better[1]
	if one.What != policy.WordOut || one.Before != "团购" || len(one.Would.Mended) != 4 || one.Would.False != 0 || one.Would.Found != 3 || one.Would.Chance() != 63 {
		t.Errorf("first = %s: %+v", one.Key(), one.Would)
	}
	if two.Rule != "sure" || two.What != policy.ModeLive || len(two.Would.Caught) != 3 || two.Would.More != 0 {
		t.Errorf("second = %s: %+v", two.Key(), two.Would)
	}
	for i, v := range variants {
		if v.Rule == "wide" && v.What == policy.ModeLive && (weighed[i].Better() || weighed[i].More != 40 || len(weighed[i].New) != 20) {
			t.Errorf("what hits 40 that nobody judged counts as better: %+v", weighed[i])
		}
		if v.Rule == "ads" && v.What == policy.ModeDry && weighed[i].Better() {
			t.Error("a rule that finds advertising is proposed for a dry run")
		}
	}
	if _, again, err := Weigh(7, ready(t, b), tried, labels, r.stream(), Span{From: noon}); err != nil || string(data(again)) != string(data(weighed)) {
		t.Errorf("weighed twice, the figures differ (%v)", err)
	}
}

// TestDismissedIsProposedAgainOnlyWhenItsGainDoubles: and what is better no longer is withdrawn, what was applied may come back.
func TestDismissedIsProposedAgainOnlyWhenItsGainDoubles(t *testing.T) {
	proposal := func(rule string, gain int) Proposal {
		p := Proposal{Variant: policy.Variant{Rule: rule, What: policy.ModeDry, Field: "mode", After: "dry"}}
		p.Would.Mended = make([]int64, gain)
		return p
	}
	had := func(rule, state string, gain int) Suggestion {
		return Suggestion{ID: community.MakeID(1, [10]byte{byte(len(rule)), byte(len(state))}), Group: 7, State: state, At: 5, Proposal: proposal(rule, gain)}
	}
	before := []Suggestion{had("no", Dismissed, 3), had("never", Dismissed, 3), had("still", Open, 2), had("over", Open, 2), had("done", Applied, 2)}
	got := Settle(Weighing{Group: 7, At: 100}, 4, before, []Proposal{proposal("no", 5), proposal("never", 6), proposal("still", 3), proposal("fresh", 1), proposal("done", 2)})
	states := map[string]Suggestion{}
	for _, s := range got {
		states[s.Rule] = s
	}
	if _, there := states["no"]; there {
		t.Error("a dismissed change is proposed again although its gain has not doubled")
	}
	if states["never"].State != Open || states["still"].State != Open || states["still"].At != 5 || states["still"].Would.Gain() != 3 || states["still"].Book != 4 {
		t.Errorf("settled: %+v", states)
	}
	if states["fresh"].State != Open || !states["fresh"].ID.IsZero() || states["over"].State != Withdrawn || states["done"].State != Open || len(got) != 5 {
		t.Errorf("settled: %+v", states)
	}
}
