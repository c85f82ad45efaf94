package policy

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"qunluo/internal/community"
)

// street is several groups of one organisation, each decided upon by itself.
type street struct {
	t     testing.TB
	crowd *Crowd
	lib   *Library
	rooms map[community.GroupKey]*Keeper
	seqs  map[community.GroupKey]int64
	now   int64
	last  int64
	log   []community.Event
}

func newStreet(t testing.TB, groups int, book Book) *street {
	h := &street{t: t, crowd: NewCrowd(), lib: NewLibrary(nil), rooms: map[community.GroupKey]*Keeper{}, seqs: map[community.GroupKey]int64{}, now: noon}
	for g := range community.GroupKey(groups) {
		h.open(g+1, book)
	}
	return h
}

func (h *street) open(g community.GroupKey, book Book) {
	rb := ready(h.t, book)
	h.rooms[g] = newKeeper(h.lib, g)
	h.rooms[g].rb = rb
}

// say lets somebody say something in a group ten seconds later.
func (h *street) say(g community.GroupKey, who community.MemberKey, body community.Body) *community.Decision {
	h.t.Helper()
	h.now += 10 * second
	h.last++
	h.seqs[g]++
	ev := community.Event{Number: h.last, ID: community.MakeID(h.now, [10]byte{byte(h.last >> 8), byte(h.last), 9: byte(g)}), Group: g, Seq: h.seqs[g],
		Type: community.MessageCreated, OccurredAt: h.now, ReceivedAt: h.now, At: h.now, Actor: who, Body: body}
	return h.hear(ev)
}

func (h *street) hear(ev community.Event) *community.Decision {
	k := h.rooms[ev.Group]
	if s, ok := k.Says(&ev); ok {
		ev.Body.Elsewhere = h.crowd.See(1, &ev, &s)
		h.crowd.Keep()
	}
	h.log = append(h.log, ev)
	out := k.Step(&ev)
	if len(out) == 0 {
		return nil
	}
	return &out[0]
}

func text(s string) community.Body { return community.Body{Text: s, Message: "m"} }

func acrossRule(p map[string]any) Book {
	if p == nil {
		p = map[string]any{}
	}
	if _, said := p["acts"]; !said {
		p["acts"] = true
	}
	return live(rule1("across", p))
}

// spread says a text in groups by members, each (group, member), and lists which (from 1) hit.
func (h *street) spread(texts []string, at ...[2]int64) (hits []int) {
	h.t.Helper()
	for i, a := range at {
		if d := h.say(community.GroupKey(a[0]), community.MemberKey(a[1]), text(texts[i%len(texts)])); d != nil && d.Verdict == community.Hit {
			hits = append(hits, i+1)
		}
	}
	return hits
}

func TestThirdGroupWithTheSameTextHits(t *testing.T) {
	for _, c := range []struct {
		name   string
		params map[string]any
		texts  []string
		at     [][2]int64
		want   []int
	}{
		{"one account in many groups", nil, variants(5), [][2]int64{{1, 9}, {2, 9}, {3, 9}, {4, 9}, {5, 9}}, []int{3, 4, 5}},
		{"another account in each group", nil, variants(5), [][2]int64{{1, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 5}}, []int{3, 4, 5}},
		{"the same announcement in two groups", nil, variants(4), [][2]int64{{1, 9}, {2, 9}, {1, 9}, {2, 9}}, nil},
		{"two groups are asked for", map[string]any{"groups": 2}, variants(3), [][2]int64{{1, 9}, {2, 9}, {2, 9}}, []int{3}},
		{"copies in one group are the copies rule's", map[string]any{"groups": 2}, variants(5), [][2]int64{{1, 1}, {1, 2}, {1, 3}, {1, 4}, {1, 5}}, nil},
		{"three senders are asked for", map[string]any{"senders": 3}, variants(5), [][2]int64{{1, 9}, {2, 9}, {3, 9}, {4, 8}, {5, 7}}, []int{5}},
		{"short answers never count", nil, []string{"收到，谢谢老师", "收到谢谢老师", "好的", "哈哈哈哈哈", "早上好"}, [][2]int64{{1, 1}, {2, 2}, {3, 3}, {4, 4}, {5, 5}}, nil},
	} {
		if got := newStreet(t, 5, acrossRule(c.params)).spread(c.texts, c.at...); !slices.Equal(got, c.want) {
			t.Errorf("%s: hits %v, want %v", c.name, got, c.want)
		}
	}
}

func TestAPersonIsAskedUnlessTheRuleMayAct(t *testing.T) {
	h := newStreet(t, 4, live(rule1("across", map[string]any{})))
	at := [][2]int64{{1, 9}, {2, 9}, {3, 9}}
	h.spread(variants(3), at[:2]...)
	d := h.say(3, 9, text(variants(3)[2]))
	if d == nil || d.Verdict != community.Hit || len(d.Strikes) != 0 || len(d.Actions) != 1 || d.Actions[0].Hold != HoldSuspicion {
		t.Fatalf("decision = %s, want one recall that waits for a person and no strike", gist(d))
	}
	if want := "across 30m 3/3/1"; d.Hits[0].Why != want {
		t.Errorf("why = %q, want %q", d.Hits[0].Why, want)
	}
	if raw := string(Canonical(*d)); strings.Contains(raw, "near") || strings.Contains(raw, "elsewhere") {
		t.Errorf("the decision names what stands in other groups: %s", raw)
	}
}

// TestWhatNobodyCanBeFramedWith: what our people announce, what is only forwarded or quoted, and what a mirror carries is no copy.
func TestWhatNobodyCanBeFramedWith(t *testing.T) {
	v := variants(6)
	forward := func(s string) community.Body { return community.Body{Text: s, Class: community.Forward, Message: "m"} }
	role := func(s string, r community.Role) community.Body { return community.Body{Text: s, Role: r, Message: "m"} }
	caused := func(s string) community.Body { return community.Body{Text: s, Caused: community.ID{1}, Message: "m"} }
	quoting := func(s string) community.Body {
		return community.Body{Text: "「小明：" + s + "」\n- - - - - -\n这个是骗人的", ReplyTo: "m0", Message: "m"}
	}
	for _, c := range []struct {
		name string
		said func(i int) community.Body // in groups 1 to 4
		last community.Body             // by a member in group 5
	}{
		{"an owner's own", func(i int) community.Body { return role(v[i], community.RoleOwner) }, text(v[5])},
		{"our account's", func(i int) community.Body { return role(v[i], community.RoleSelf) }, text(v[5])},
		{"what we sent", func(i int) community.Body { return caused(v[i]) }, text(v[5])},
		{"a bot's", func(i int) community.Body { return role(v[i], community.RoleBot) }, text(v[5])},
		{"forwards", func(i int) community.Body { return forward(v[i]) }, text(v[5])},
		{"quotations", func(i int) community.Body { return quoting(v[i]) }, text(v[5])},
		{"the system's", func(i int) community.Body { return community.Body{Text: v[i], Class: community.System, Message: "m"} }, text(v[5])},
	} {
		h := newStreet(t, 5, acrossRule(map[string]any{"groups": 2, "copies": 2}))
		for i := range 4 {
			if d := h.say(community.GroupKey(i+1), community.MemberKey(40+i), c.said(i)); d != nil && d.Verdict == community.Hit {
				t.Errorf("%s: hit %s", c.name, gist(d))
			}
		}
		if d := h.say(5, 9, c.last); d != nil {
			t.Errorf("%s: a member who says it once is hit: %s", c.name, gist(d))
		}
	}
	h := newStreet(t, 5, acrossRule(map[string]any{"groups": 2, "copies": 2}))
	h.say(1, 1, text(v[0]))
	if d := h.say(2, 2, forward(v[1])); d != nil {
		t.Errorf("who forwards a copy is hit: %s", gist(d))
	}
	if d := h.say(3, 3, quoting(v[2])); d != nil {
		t.Errorf("who warns of it is hit: %s", gist(d))
	}
}

// TestMembersMayCarryAnAnnouncementOn: what began with one of our people floods nobody, however far members carry it.
func TestMembersMayCarryAnAnnouncementOn(t *testing.T) {
	h := newStreet(t, 5, acrossRule(nil))
	v := variants(8)
	h.say(1, 1, community.Body{Text: v[0], Role: community.RoleAdmin, Message: "m"})
	for i := range 40 {
		if d := h.say(community.GroupKey(i%4+2), community.MemberKey(50+i), text(v[i%8])); d != nil {
			t.Fatalf("the %d. who carries it on is hit: %s", i+1, gist(d))
		}
	}
	other := newStreet(t, 5, acrossRule(nil))
	other.spread(v, [2]int64{1, 9}, [2]int64{2, 9})
	other.say(3, 1, community.Body{Text: v[2], Role: community.RoleAdmin, Message: "m"}) // "do not believe this"
	if d := other.say(4, 9, text(v[3])); d == nil {
		t.Error("an admin who repeats spam makes it an announcement")
	}
}

func TestMirroredGroupsAreOnePlace(t *testing.T) {
	book := acrossRule(map[string]any{"groups": 2, "copies": 2})
	mirrored := book
	mirrored.Rules = append(slices.Clone(book.Rules), Rule{ID: "m", Name: "m", Kind: "mirror", Mode: RuleLive, Params: params(map[string]any{"to": []int64{2}, "from": fromAll})})
	h := newStreet(t, 3, book)
	h.open(1, mirrored)
	v := variants(4)
	if hits := h.spread(v, [2]int64{1, 1}, [2]int64{2, 2}, [2]int64{1, 3}); hits != nil {
		t.Errorf("what was said in a group and its mirror hits: %v", hits)
	}
	if hits := h.spread(v, [2]int64{3, 4}); !slices.Equal(hits, []int{1}) {
		t.Error("a third place does not count")
	}
}

func TestAGroupWithoutTheRuleTakesNoPart(t *testing.T) {
	h := newStreet(t, 4, acrossRule(nil))
	h.open(2, live(with(rule1("across", map[string]any{}), func(r *Rule) { r.Mode = RuleOff })))
	if hits := h.spread(variants(4), [2]int64{1, 1}, [2]int64{2, 2}, [2]int64{3, 3}); hits != nil {
		t.Errorf("a group that opted out was counted: %v", hits)
	}
	if hits := h.spread(variants(4), [2]int64{4, 4}); !slices.Equal(hits, []int{1}) {
		t.Error("three groups that take part do not hit")
	}
}

func TestTheSameMessageHeardTwiceIsNoCopy(t *testing.T) {
	h := newStreet(t, 3, acrossRule(map[string]any{"groups": 2, "copies": 3}))
	h.say(1, 1, text(variants(1)[0]))
	again := h.log[0]
	h.last++
	again.Number = h.last
	h.hear(again)
	if d := h.say(2, 2, text(variants(2)[1])); d != nil {
		t.Errorf("two copies and one heard twice hit: %s", gist(d))
	}
}

func TestOldCopiesElsewhereDoNotCount(t *testing.T) {
	h := newStreet(t, 4, acrossRule(map[string]any{"minutes": 20}))
	h.spread(variants(2), [2]int64{1, 1}, [2]int64{2, 2})
	h.now += 21 * 60 * second
	if hits := h.spread(variants(3), [2]int64{3, 3}); hits != nil {
		t.Errorf("copies of before the window hit: %v", hits)
	}
	h.now += 70 * 60 * second
	h.say(1, 1, text("明天下午三点在三号会议室讨论新的排班表"))
	if n := h.crowd.Len(1); n != 1 {
		t.Errorf("%d texts are remembered after an hour, want 1", n)
	}
}

func TestWhatSomebodySaidCanBeForgotten(t *testing.T) {
	h := newStreet(t, 3, acrossRule(nil))
	h.spread(variants(2), [2]int64{1, 8}, [2]int64{2, 9})
	h.crowd.Forget(8)
	if hits := h.spread(variants(3), [2]int64{3, 7}); hits != nil {
		t.Errorf("a forgotten copy was counted: %v", hits)
	}
}

// TestReplayReadsWhatWasFound: each group by itself, without the others, decides byte for byte what it decided then.
func TestReplayReadsWhatWasFound(t *testing.T) {
	book := acrossRule(map[string]any{"groups": 2, "copies": 2})
	h := newStreet(t, 3, book)
	var then [][]byte
	for i := range 60 {
		if d := h.say(community.GroupKey(i%3+1), community.MemberKey(i%7+1), text(variants(8)[i%8])); d != nil {
			then = append(then, Canonical(*d))
		}
	}
	now := map[int64][]byte{}
	for g := range community.GroupKey(3) {
		k := newKeeper(h.lib, g+1)
		k.rb = ready(t, book)
		for _, ev := range h.log {
			if ev.Group != g+1 {
				continue
			}
			for _, d := range k.Step(&ev) {
				now[d.Event] = Canonical(d)
			}
		}
	}
	if len(then) < 30 || len(now) != len(then) {
		t.Fatalf("%d decisions then, %d now", len(then), len(now))
	}
	i := 0
	for _, ev := range h.log {
		if raw := now[ev.Number]; raw != nil {
			if !bytes.Equal(raw, then[i]) {
				t.Errorf("decision %d:\n%s\n%s", i, then[i], raw)
			}
			i++
		}
	}
}

func TestCrowdIsBounded(t *testing.T) {
	c := NewCrowd()
	rb := ready(t, acrossRule(nil))
	ev := community.Event{Type: community.MessageCreated, Group: 1, Actor: 1, At: noon, OccurredAt: noon}
	for i := range crowdMost + 500 {
		ev.Number, ev.At, ev.OccurredAt, ev.Body.Text = int64(i+1), noon+int64(i), noon+int64(i), fmt.Sprintf("第%c组第%c排要带的东西是%c%c%c%c", 0x4e00+i%997, 0x4e00+i%1009, 0x5000+i%4001, 0x5000+i%3001, 0x5000+i%2003, 0x5000+i%1501)
		c.Hear(1, rb, nil, &ev, "", "")
	}
	if n := c.Len(1); n != crowdMost {
		t.Errorf("%d texts are remembered, want %d", n, crowdMost)
	}
}

func TestHostileTextsAcrossGroups(t *testing.T) {
	h := newStreet(t, 3, acrossRule(nil))
	for _, s := range []string{"", "\x00\x00\x00", strings.Repeat("加", community.MaxText/3), strings.Repeat("\u202e", 5000), strings.Repeat("[", 9000), strings.Repeat("「", 3000)} {
		for g := range community.GroupKey(3) {
			h.say(g+1, community.MemberKey(g+1), community.Body{Text: s, Message: "m", ReplyTo: "x"})
		}
	}
	if len(h.log) != 18 {
		t.Fatal("not all were heard")
	}
}
