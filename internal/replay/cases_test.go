package replay

import (
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/policy"
)

// labelled is a case of a message with a text.
func labelled(n int64, want community.Want, rule, text string) Labelled {
	return Labelled{Case: community.Case{ID: community.MakeID(n, [10]byte{byte(n)}), Group: 7, Event: n, Want: want, Rule: rule},
		Said: community.Event{Number: n, Group: 7, Type: community.MessageCreated, At: noon, Actor: 3, Body: community.Body{Text: text, Message: "m"}}}
}

func TestCasesStandUnderABook(t *testing.T) {
	flood := policy.Rule{ID: "flood", Name: "flood", Kind: "flood", Mode: policy.RuleLive, Params: data(map[string]any{"windows": []map[string]any{{"seconds": 60, "messages": 5}}})}
	probation := policy.Rule{ID: "new", Name: "new", Kind: "probation", Mode: policy.RuleLive, Params: data(map[string]any{"hours": 24, "messages": 3, "no_links": true})}
	rb := ready(t, book(community.Observe, keyword("ads", "live", "团购"), keyword("maybe", "dry", "优惠"), flood, probation))
	fresh := labelled(7, community.WantHit, "new", "看 https://a.example/x")
	fresh.JoinedMs = hour
	old := labelled(8, community.WantNone, "new", "看 https://a.example/x")
	old.JoinedMs = 3 * day
	gone := labelled(5, community.WantHit, "ads", "")
	gone.Said.Body = community.Body{}
	list := []Labelled{
		labelled(1, community.WantHit, "ads", "团购一折"), labelled(2, community.WantNone, "ads", "上次的团购真好"), labelled(3, community.WantHit, "", "优惠券"),
		labelled(4, community.WantNone, "ads", "早上好"), gone, labelled(6, community.WantHit, "flood", "啊"), fresh, old,
	}
	got, sum := Cases(rb, list)
	want := []Fate{Right, Broken, Broken, Right, Unknown, Unknown, Right, Right}
	for i, s := range got {
		if s.Fate != want[i] {
			t.Errorf("case %d stands %s (%s, %v), want %s", i+1, s.Fate, s.Why, s.Hits, want[i])
		}
	}
	if got[4].Why != WhyErased || got[5].Why != WhyWindow {
		t.Errorf("unknown because %q and %q", got[4].Why, got[5].Why)
	}
	if sum.Found != 2 || sum.False != 1 || sum.Missed != 1 || sum.Precision() != 667 || sum.Recall() != 667 || sum.Unknown != 2 {
		t.Errorf("sums = %+v, precision %d, recall %d", sum, sum.Precision(), sum.Recall())
	}
	if len(sum.Rules) != 3 || sum.Rules[0] != (RuleCases{"ads", 1, 1}) || sum.Rules[1] != (RuleCases{"maybe", 1, 0}) {
		t.Errorf("by rule = %+v", sum.Rules)
	}
	again, _ := Cases(rb, list)
	if string(data(got)) != string(data(again)) {
		t.Error("judged twice, the cases stand differently")
	}
}

func TestOnlyWhatStoodRightIsNewlyBroken(t *testing.T) {
	list := []Labelled{labelled(1, community.WantHit, "ads", "团购"), labelled(2, community.WantHit, "ads", "代购"), labelled(3, community.WantNone, "", "吃饭")}
	before, _ := Cases(ready(t, book(community.Live, keyword("ads", "live", "团购"))), list)
	after, sum := Cases(ready(t, book(community.Live, keyword("ads", "dry", "团购"), keyword("meal", "live", "吃饭"))), list)
	if got := NewlyBroken(before, after); len(got) != 2 || got[0] != 0 || got[1] != 2 {
		t.Errorf("newly broken = %v, want the first and the third: the second was broken before", got)
	}
	if sum.Precision() != 0 || (CaseSums{}).Precision() != -1 {
		t.Errorf("precision = %d, of nothing %d", sum.Precision(), CaseSums{}.Precision())
	}
}
