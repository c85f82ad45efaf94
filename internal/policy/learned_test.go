package policy

import (
	"bytes"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/learn"
)

// graded is a model whose scores the tests choose by words: what is strong, what is weak, what is ordinary.
func graded() *learn.Model {
	var list []learn.Example
	for range 12 {
		for _, word := range []string{"丙丁戊", "丁戊丙", "戊丙丁"} {
			list = append(list, learn.Example{Text: word + word, Spam: true})
		}
		for _, word := range []string{"子丑寅", "卯辰巳", "午未申", "酉戌亥"} {
			list = append(list, learn.Example{Text: word + word})
		}
	}
	return learn.Train(list)
}

const (
	strongText   = "丙丁戊丙丁戊"
	ordinaryText = "子丑寅卯辰巳"
)

// taught is a room whose model takes weakText for half of what asks a person, and doubtText for enough.
func taught(t *testing.T, change func(p map[string]any)) (*room, *keep) {
	t.Helper()
	k, m := newKeep(), graded()
	strong, weak := m.Score(strongText), m.Score(weakText)
	if weak <= 0 || strong <= 2*weak {
		t.Fatalf("scores %v and %v: the test's texts are no longer what they were", strong, weak)
	}
	p := map[string]any{"model": k.put(m.WithThresholds(strong-0.1, weak*1.5).Pack()), "acts": true}
	change(p)
	return k.room(t, live(rule1("learned", p))), k
}

const weakText = "丙丁戊子丑"

func TestStrongEvidenceIsABreach(t *testing.T) {
	r, _ := taught(t, func(map[string]any) {})
	d := r.says(1, strongText)
	if got := gist(d); got != "hit !x rung1 strike:x recall send" || !strings.HasPrefix(d.Hits[0].Why, "learned ") || len(d.Hits[0].Spans) == 0 {
		t.Errorf("decision %s, hit %+v", got, d.Hits)
	}
	if d := r.says(1, ordinaryText); d != nil {
		t.Errorf("ordinary talk: %s", gist(d))
	}
}

func TestWeakEvidenceAddsUpAndAsksAPerson(t *testing.T) {
	r, _ := taught(t, func(map[string]any) {})
	for i := range 2 {
		if d := r.says(1, weakText); d != nil {
			t.Fatalf("message %d: %s, want nothing yet", i+1, gist(d))
		}
		r.now += second
	}
	if d := r.says(2, weakText); d != nil {
		t.Errorf("another member pays: %s", gist(d))
	}
	d := r.says(1, weakText)
	if d == nil || d.Verdict != community.Hit || len(d.Strikes) != 0 || len(d.Actions) != 1 {
		t.Fatalf("third: %s, want a hit without a strike", gist(d))
	}
	if a := d.Actions[0]; a.Hold != HoldSuspicion || a.Verb != community.RecallMsg || a.Message == "" {
		t.Errorf("action %+v, want a recall that waits", a)
	}
	if d := r.says(1, weakText); d != nil {
		t.Errorf("once a person is asked it begins anew: %s", gist(d))
	}
}

func TestSuspicionFades(t *testing.T) {
	r, _ := taught(t, func(p map[string]any) { p["hours"] = 2 })
	for i := range 8 {
		if d := r.says(1, weakText); d != nil {
			t.Fatalf("message %d: %s, want what is long ago to count less", i+1, gist(d))
		}
		r.now += 4 * hour
	}
	for _, c := range []struct {
		since int64
		want  int
	}{{0, 1000}, {hour, 750}, {2 * hour, 500}, {4 * hour, 250}, {20 * hour, 0}, {-1, 0}} {
		if got := faded(1000, c.since, 2*hour); got != c.want {
			t.Errorf("after %d h: %d, want %d", c.since/hour, got, c.want)
		}
	}
}

func TestWithoutActsAPersonSeesEverything(t *testing.T) {
	r, _ := taught(t, func(p map[string]any) { p["acts"] = false })
	d := r.says(1, strongText)
	if d == nil || len(d.Strikes) != 0 || len(d.Actions) != 1 || d.Actions[0].Hold != HoldSuspicion {
		t.Fatalf("decision %s, want a recall that waits", gist(d))
	}
	out := r.step(r.event(community.PersonDecided, 0, community.Body{Data: params(community.PersonDecision{Kind: "release", User: "u", Action: d.Actions[0].ID})}))
	if len(out) != 1 || len(out[0].Actions) != 1 || out[0].Actions[0].Hold != "" || out[0].Actions[0].Verb != community.RecallMsg || out[0].Actions[0].Cause != community.ByPerson {
		t.Errorf("released: %+v", out)
	}
}

func TestDrySuspicionDoesNothing(t *testing.T) {
	r, k := taught(t, func(p map[string]any) { p["acts"] = false })
	book := r.rb.Book()
	book.Rules[0].Mode = RuleDry
	d := k.room(t, book).says(1, strongText)
	if d == nil || d.Verdict != community.DryHit || len(d.Actions) != 0 || len(d.Strikes) != 0 {
		t.Errorf("decision %s, want it recorded and nothing done", gist(d))
	}
}

func TestCautionMovesBothThresholds(t *testing.T) {
	r, _ := taught(t, func(p map[string]any) { p["caution"] = cautionHigh })
	if d := r.says(1, strongText); d != nil && len(d.Strikes) > 0 {
		t.Errorf("with high caution: %s", gist(d))
	}
}

func TestLearnedSparesImmuneAndAllowed(t *testing.T) {
	r, k := taught(t, func(map[string]any) {})
	book := r.rb.Book()
	book.Allow.Phrases, book.Staff = []string{strongText}, []community.MemberKey{5}
	r = k.room(t, book)
	if d := r.says(1, strongText); d == nil || d.Verdict != community.Spared {
		t.Errorf("allowed text: %s", gist(d))
	}
	if d := r.says(5, "丁戊丙丁戊丙"); d != nil && d.Verdict != community.Spared {
		t.Errorf("staff: %s", gist(d))
	}
}

func TestUnknownModelIsAProblemAtItsField(t *testing.T) {
	for _, model := range []string{"x", strings.Repeat("ab", 32)} {
		_, err := NewLibrary(newKeep().get).Parse(params(live(rule1("learned", map[string]any{"model": model}))))
		if community.CodeOf(err) != community.CodeBadInput || !strings.Contains(err.Error(), "rules[0].params.model") {
			t.Errorf("model %q: %v", model, err)
		}
	}
	k := newKeep()
	_, err := NewLibrary(k.get).Parse(params(live(rule1("learned", map[string]any{"model": k.put([]byte("no model"))}))))
	if community.CodeOf(err) != community.CodeBadInput {
		t.Errorf("content that is no model: %v", err)
	}
}

func TestShippedModelNeedsNobodyToKeepIt(t *testing.T) {
	r := newRoom(t, live(rule1("learned", map[string]any{"model": learn.ShippedHash})))
	if d := r.says(1, "宅家副业一天五百起，感兴趣加薇信kk77889"); d == nil || d.Verdict != community.Hit {
		t.Errorf("decision %s, want a hit", gist(d))
	}
}

func TestSuspicionSurvivesASnapshot(t *testing.T) {
	k := newKeep()
	m := graded()
	raw := m.WithThresholds(m.Score(strongText)-0.1, m.Score(weakText)*1.5).Pack()
	decider := NewDecider(NewLibrary(k.get))
	one := decider.New(7)
	r := &room{t: t, now: noon}
	one.Step(r.event(community.RulebookPublished, 0, community.Body{Data: params(live(rule1("learned", map[string]any{"model": k.put(raw)})))}))
	weak := func() *community.Event {
		r.now += second
		return r.event(community.MessageCreated, 1, community.Body{Text: weakText, Message: "m"})
	}
	one.Step(weak())
	one.Step(weak())
	two, err := decider.Restore(7, one.Snapshot())
	if err != nil {
		t.Fatal(err)
	}
	ev := weak()
	a, b := one.Step(ev), two.Step(ev)
	if len(a) != 1 || len(b) != 1 || !bytes.Equal(Canonical(a[0]), Canonical(b[0])) || !bytes.Equal(one.Snapshot(), two.Snapshot()) {
		t.Errorf("restored decides otherwise: %v, %v", a, b)
	}
}

func TestANewModelGoesIntoTheRulesThatJudgeByOne(t *testing.T) {
	hash := strings.Repeat("ab", 32)
	book := live(rule1("learned", map[string]any{"model": learn.ShippedHash, "caution": cautionHigh, "hours": 5}), word("w", "广告"))
	out, ids := book.WithModel(hash)
	if want := `{"caution":"high","hours":5,"model":"` + hash + `"}`; len(ids) != 1 || string(out.Rules[0].Params) != want {
		t.Errorf("rules %v, params %s, want %s", ids, out.Rules[0].Params, want)
	}
	if strings.Contains(string(book.Rules[0].Params), hash) {
		t.Error("the book itself was changed")
	}
	out, ids = live(with(word("learned", "广告"), func(*Rule) {})).WithModel(hash)
	if len(out.Rules) != 2 || ids[0] != "learned-2" || out.Rules[1].Mode != RuleDry || out.Rules[1].Kind != "learned" {
		t.Errorf("added %v: %+v", ids, out.Rules)
	}
}
