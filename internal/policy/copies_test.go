package policy

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"qunluo/internal/community"
)

func copiesRule(p map[string]any) Book { return live(rule1("copies", p)) }

const offer = "转让健身卡一张还有八个月有意私信"

// variants are the same offer, each written otherwise.
func variants(n int) (out []string) {
	for i := range n {
		runes := []rune(offer)
		runes[i%len(runes)] = []rune("甲乙丙丁戊己庚辛")[i%8]
		out = append(out, fmt.Sprintf("%s★%s %d", string(runes[:5]), string(runes[5:]), 1000+i*37))
	}
	return out
}

// said lets members say texts, ten seconds apart, and lists which of them (from 1) hit.
func (r *room) said(texts []string, who func(i int) community.MemberKey) (hits []int) {
	for i, text := range texts {
		r.now += 10 * second
		if d := r.one(r.event(community.MessageCreated, who(i), community.Body{Text: text, Message: "m"})); d != nil && d.Verdict == community.Hit {
			hits = append(hits, i+1)
		}
	}
	return hits
}

func each(i int) community.MemberKey { return community.MemberKey(i + 1) }
func one1(int) community.MemberKey   { return 1 }

func TestThirdCopyHitsWhoeverSendsIt(t *testing.T) {
	for _, c := range []struct {
		name   string
		params map[string]any
		texts  []string
		who    func(int) community.MemberKey
		want   []int
	}{
		{"three members", nil, variants(5), each, []int{3, 4, 5}},
		{"one member alone may repeat a little", nil, variants(5), one1, []int{4, 5}},
		{"one member alone is left to the flood rules", map[string]any{"alone": 0}, variants(6), one1, nil},
		{"from the second copy of two members on", map[string]any{"copies": 2}, variants(3), each, []int{2, 3}},
		{"three members asked for", map[string]any{"senders": 3, "alone": 0}, variants(5), func(i int) community.MemberKey { return community.MemberKey(1 + i%2) }, nil},
		{"ordinary answers", nil, []string{"收到，谢谢老师", "收到，谢谢老师", "收到，谢谢老师，您辛苦了", "收到谢谢老师辛苦了", "祝大家新年快乐万事如意", "祝大家新年快乐，万事如意", "祝大家新年快乐万事如意！"}, each, nil},
		{"a list that grows", nil, []string{"#接龙 周六登山\n1. 老周", "#接龙 周六登山\n1. 老周\n2. 小满", "#接龙 周六登山\n1. 老周\n2. 小满\n3. 阿青", "#接龙 周六登山\n1. 老周\n2. 小满\n3. 阿青\n4. 小李"}, each, nil},
	} {
		if got := newRoom(t, copiesRule(c.params)).said(c.texts, c.who); !slices.Equal(got, c.want) {
			t.Errorf("%s: hits %v, want %v", c.name, got, c.want)
		}
	}
}

func TestCopiesNameTheirNeighbours(t *testing.T) {
	r := newRoom(t, copiesRule(nil))
	texts := variants(3)
	r.said(texts[:2], each)
	r.now += second
	ev := r.event(community.MessageCreated, 9, community.Body{Text: texts[2], Message: "m"})
	d := r.one(ev)
	if d == nil || len(d.Hits) != 1 {
		t.Fatalf("decision = %+v, want one hit", d)
	}
	h := d.Hits[0]
	if h.Why != "copies 15m 3/3" || !slices.Equal(h.Near, []int64{ev.Number - 1, ev.Number - 2}) || len(h.Spans) != 1 || h.Spans[0].End != len(texts[2]) {
		t.Errorf("hit = %+v, want the two before it, newest first", h)
	}
}

func TestOldLateEditedAndImmuneCopiesDoNotCount(t *testing.T) {
	texts := variants(6)
	r := newRoom(t, copiesRule(map[string]any{"minutes": 5}))
	r.said(texts[:2], each)
	r.now += 5 * 60 * second
	if hits := r.said(texts[2:3], each); hits != nil {
		t.Errorf("copies that left the window count: %v", hits)
	}
	r = newRoom(t, copiesRule(nil))
	for i, how := range []func(*community.Event){
		func(ev *community.Event) { ev.Mark = community.Late },
		func(ev *community.Event) { ev.Type = community.MessageEdited },
		func(ev *community.Event) { ev.Body.Role = community.RoleAdmin },
		func(*community.Event) {},
		func(*community.Event) {},
	} {
		r.now += second
		ev := r.event(community.MessageCreated, each(i), community.Body{Text: texts[i], Message: "m"})
		how(ev)
		if d := r.one(ev); d != nil {
			t.Errorf("message %d: %s", i+1, gist(d))
		}
	}
	if hits := r.said(texts[5:], func(int) community.MemberKey { return 9 }); !slices.Equal(hits, []int{1}) {
		t.Errorf("the third that counts does not hit: %v", hits)
	}
}

func TestTheGroupsOwnLinesAreLearned(t *testing.T) {
	r := newRoom(t, copiesRule(nil))
	for who := range community.MemberKey(3) {
		for range ownLineTalk + 1 {
			r.now += second
			r.one(r.event(community.MessageCreated, who+1, community.Body{Text: fmt.Sprint("嗯嗯", r.last), Message: "m"}))
		}
	}
	report := "晨读小组第六组全体到齐开始朗读"
	again := func() []int {
		r.now += day
		return r.said([]string{report, report, report}, each)
	}
	for i, want := range [][]int{{3}, {3}, nil, nil, nil} {
		if got := again(); !slices.Equal(got, want) {
			t.Errorf("day %d: hits %v, want %v", i+1, got, want)
		}
	}
	r.now += second
	if got := r.said(variants(3), func(i int) community.MemberKey { return community.MemberKey(20 + i) }); !slices.Equal(got, []int{3}) {
		t.Errorf("what is no line of the group's: hits %v, want the third", got)
	}
}

// TestStrangersTeachNoLines: who floods day after day from new accounts does not become part of the group's life.
func TestStrangersTeachNoLines(t *testing.T) {
	r := newRoom(t, copiesRule(nil))
	for nth := range 6 {
		r.now += day
		if got := r.said([]string{offer, offer, offer}, func(i int) community.MemberKey { return community.MemberKey(100 + 10*nth + i) }); !slices.Equal(got, []int{3}) {
			t.Errorf("day %d: hits %v, want the third", nth+1, got)
		}
	}
}

func TestMemoryOfCopiesIsBoundedAndSurvivesASnapshot(t *testing.T) {
	decider := NewDecider(NewLibrary(nil))
	k := decider.New(7)
	r := &room{t: t, now: noon}
	k.Step(r.event(community.RulebookPublished, 0, community.Body{Data: params(copiesRule(nil))}))
	texts := variants(8)
	for i := range 3 * maxEchoes {
		r.now += 10
		k.Step(r.event(community.MessageCreated, community.MemberKey(1+i%200), community.Body{Text: fmt.Sprintf("%c%c%c今天说的是另外一件事情", '一'+i, '丁'+2*i, '上'+3*i), Message: "m"}))
	}
	if n := k.state.echoes.n; n != maxEchoes || len(k.state.echoes.buf) > maxEchoes {
		t.Errorf("%d echoes in %d places, want %d", n, len(k.state.echoes.buf), maxEchoes)
	}
	shot := k.Snapshot()
	again, err := decider.Restore(7, shot)
	if err != nil || !bytes.Equal(again.Snapshot(), shot) {
		t.Fatalf("restored otherwise: %v", err)
	}
	for _, text := range texts {
		r.now += second
		ev := r.event(community.MessageCreated, community.MemberKey(300+r.last), community.Body{Text: text, Message: "m"})
		one, two := k.Step(ev), again.Step(ev)
		if len(one) != len(two) || len(one) > 0 && !bytes.Equal(Canonical(one[0]), Canonical(two[0])) {
			t.Fatalf("restored decides otherwise: %v, %v", one, two)
		}
	}
	k.Step(r.event(community.RulebookPublished, 0, community.Body{Data: params(live())}))
	if k.state.echoes.n != 0 {
		t.Error("a book without such a rule keeps the memory")
	}
}

func TestHugeAndHostileTextsAreJudgedQuickly(t *testing.T) {
	r := newRoom(t, copiesRule(nil))
	for i, text := range []string{strings.Repeat("转让健身卡", 70_000), strings.Repeat("[", 1<<20), strings.Repeat("@a ", 1<<18), strings.Repeat("\xff", 1<<20), "\x00\x07\u202e", strings.Repeat("收到", 1<<18), strings.Repeat("a.b/", 1<<18)} {
		r.now += second
		if d := r.one(r.event(community.MessageCreated, each(i), community.Body{Text: text, Message: "m"})); d != nil {
			t.Errorf("text %d: %s", i, gist(d))
		}
	}
}
