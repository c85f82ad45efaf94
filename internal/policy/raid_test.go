package policy

import (
	"fmt"
	"slices"
	"testing"

	"qunluo/internal/community"
)

func raidRule(change map[string]any) Rule {
	p := map[string]any{"seconds": 60, "joins": 5, "inviter": 3, "names": 3, "minutes": 30, "no_links": true}
	for k, v := range change {
		p[k] = v
	}
	return Rule{ID: "raid", Name: "防爆破", Kind: "raid", Mode: RuleLive, Params: params(p)}
}

// joins lets a member join so many seconds after noon.
func (r *room) joins(who community.MemberKey, at int64, name, state string, by community.MemberKey) *community.Decision {
	r.now = noon + at*second
	ev := r.event(community.MemberJoined, who, community.Body{Name: name, State: state, Scene: "invite"})
	ev.By = by
	return r.one(ev)
}

// differentNames have no pattern in common.
var differentNames = []string{"林晓", "老吴", "Anna", "海边的风", "王芳", "Bob", "小满", "张三丰", "木木", "Kate", "西西弗", "阿青"}

func (r *room) link(who community.MemberKey) string {
	r.now += second
	return gist(r.one(r.event(community.MessageCreated, who, community.Body{Text: "看 evil.example/x", Message: "m"})))
}

func TestJoinWaveBringsTimedDefence(t *testing.T) {
	r := newRoom(t, live(raidRule(map[string]any{"mute_all": true, "announce": "请稍等"})))
	r.want(r.joins(1, 0, "老成员", "", 0), "-")
	for i := range 5 {
		r.want(r.joins(community.MemberKey(10+i), 100+int64(i), differentNames[i], "", 0), "-")
	}
	d := r.joins(15, 105, differentNames[5], "", 0)
	r.want(d, "served !raid group.mute_all send")
	if d.Hits[0].Why != "raid joins 60s 6>5 mute_all" || d.Alarm != "joins 60s 6>5" || len(d.Wakes) != 1 {
		t.Errorf("decision = %+v", d)
	}
	for _, who := range []community.MemberKey{10, 15} {
		if got := r.link(who); got != "hit !raid rung1 strike:raid recall send" {
			t.Errorf("member %d of the wave: %s", who, got)
		}
	}
	for _, who := range []community.MemberKey{1, 99} {
		if got := r.link(who); got != "-" {
			t.Errorf("member %d was there before: %s", who, got)
		}
	}
	r.want(r.joins(30, 300, "后来的人", "", 0), "-")
	if got := r.link(30); got != "hit !raid rung1 strike:raid recall send" {
		t.Errorf("who comes while the defence is on: %s", got)
	}
	r.now = d.Wakes[0].At
	over := r.one(r.event(community.TimerFired, 0, community.Body{Message: d.Wakes[0].Key}))
	r.want(over, "served raid group.mute_all")
	if !over.Actions[0].Refuse || over.Actions[0].Cause != community.BySystem {
		t.Errorf("the end = %+v, want the mute lifted", over.Actions)
	}
	if got := r.link(10); got != "-" {
		t.Errorf("after the defence: %s", got)
	}
	if got := gist(r.one(r.event(community.TimerFired, 0, community.Body{Message: d.Wakes[0].Key}))); got != "-" {
		t.Errorf("the timer rung twice: %s", got)
	}
}

func TestWaveThatGoesOnIsDefendedLonger(t *testing.T) {
	r := newRoom(t, live(raidRule(map[string]any{"minutes": 1})))
	var first *community.Decision
	for i := range 40 { // one every five seconds: the window holds twelve
		if d := r.joins(community.MemberKey(10+i), int64(i)*5, differentNames[i%12]+fmt.Sprint(i%7), "", 0); d != nil && first == nil {
			first = d
		}
	}
	if first == nil {
		t.Fatal("no defence")
	}
	end := r.now
	r.now = first.Wakes[0].At
	if r.now >= end {
		t.Fatal("the wave did not outlast the first end")
	}
	again := r.one(r.event(community.TimerFired, 0, community.Body{Message: first.Wakes[0].Key}))
	if again == nil || again.Hits[0].Why != "raid on" || again.Wakes[0].At != end+60*second {
		t.Fatalf("at the first end: %+v, want the defence to go on until a minute after the last of the wave", again)
	}
	r.now = again.Wakes[0].At
	if over := r.one(r.event(community.TimerFired, 0, community.Body{Message: again.Wakes[0].Key})); over == nil || over.Hits[0].Why != "raid over 40" {
		t.Errorf("at the last end: %+v", over)
	}
}

func TestSameInviterAndSameNamesAreRaids(t *testing.T) {
	for name, c := range map[string]struct {
		names []string
		by    community.MemberKey
		why   string
	}{
		"one inviter":         {differentNames[:4], 7, "raid inviter 60s 4>3"},
		"numbered":            {[]string{"小红001", "小红－002", "小红 003", "小红4"}, 0, "raid names 60s 4>3"},
		"one beginning":       {[]string{"客服小美", "客服小丽", "客服阿强", "客服老王"}, 0, "raid names 60s 4>3"},
		"letters and digits":  {[]string{"ab12cd", "xk93pq", "ＱＷ77zz", "mm04nn"}, 0, "raid names 60s 4>3"},
		"different people":    {differentNames[:4], 0, ""},
		"one first character": {[]string{"王芳", "王强", "王小明", "王大力"}, 0, ""},
		"nobody's name":       {[]string{"", "", "", ""}, 0, ""},
	} {
		r := newRoom(t, live(raidRule(nil)))
		got := ""
		for i, n := range c.names {
			if d := r.joins(community.MemberKey(10+i), int64(i), n, "", c.by); d != nil {
				got = d.Hits[0].Why
			}
		}
		if got != c.why {
			t.Errorf("%s: %q, want %q", name, got, c.why)
		}
	}
}

func TestAnnouncedCampaignIsNoRaid(t *testing.T) {
	r := newRoom(t, live(raidRule(map[string]any{"expected": []map[string]any{{"state": "双十一*", "joins": 20}}})))
	for i := range 20 {
		r.want(r.joins(community.MemberKey(10+i), int64(i), differentNames[i%12], "双十一海报", 0), "-")
	}
	if got := r.link(10); got != "-" {
		t.Errorf("an expected newcomer: %s", got)
	}
	for i := range 5 {
		r.want(r.joins(community.MemberKey(50+i), 25+int64(i), differentNames[i], "", 0), "-")
	}
	d := r.joins(55, 31, differentNames[6], "双十一海报", 0) // one more than announced
	if d == nil || d.Hits[0].Why != "raid joins 60s 6>5" {
		t.Fatalf("beyond what was announced: %+v", d)
	}
	if got := r.link(11); got != "-" {
		t.Errorf("an expected newcomer beside a wave: %s", got)
	}
	if got := r.link(52); got == "-" {
		t.Error("a newcomer of the wave is not held")
	}
}

func TestDryRaidSaysWhatItWouldDo(t *testing.T) {
	r := newRoom(t, live(with(raidRule(map[string]any{"mute_all": true}), func(r *Rule) { r.Mode = RuleDry })))
	var began *community.Decision
	for i := range 6 {
		began = r.joins(community.MemberKey(10+i), int64(i), differentNames[i], "", 0)
	}
	r.want(began, "dry ~raid")
	if began.Alarm != "" || began.Hits[0].Why != "raid joins 60s 6>5 mute_all" {
		t.Errorf("decision = %+v, want no alarm", began)
	}
	if got := r.link(10); got != "dry ~raid" {
		t.Errorf("a member of the wave: %s, want it only noted", got)
	}
	r.now = began.Wakes[0].At
	r.want(r.one(r.event(community.TimerFired, 0, community.Body{Message: began.Wakes[0].Key})), "dry ~raid")
}

func TestRaidLeavesNoMuteBehindWhenItsRuleGoes(t *testing.T) {
	r := newRoom(t, live(raidRule(map[string]any{"mute_all": true})))
	var began *community.Decision
	for i := range 6 {
		began = r.joins(community.MemberKey(10+i), int64(i), differentNames[i], "", 0)
	}
	next := ready(t, live(word("w", "禁语")))
	Adopt(r.s, r.rb, next)
	r.rb = next
	r.now = began.Wakes[0].At
	over := r.one(r.event(community.TimerFired, 0, community.Body{Message: began.Wakes[0].Key}))
	if over == nil || len(over.Actions) != 1 || !over.Actions[0].Refuse {
		t.Errorf("the end without the rule: %+v, want the mute lifted", over)
	}
	if got := r.link(10); got != "-" {
		t.Errorf("without the rule: %s", got)
	}
}

// A group that ordinary people join is never defended, and what is remembered stays bounded.
func TestRaidRemembersLittleAndSurvivesSnapshots(t *testing.T) {
	lib := NewLibrary(nil)
	k := newKeeper(lib, 7)
	k.rb = ready(t, live(raidRule(map[string]any{"joins": 900})))
	r := newRoom(t, k.rb.book)
	r.s = k.state
	for i := range 3000 {
		r.joins(community.MemberKey(10+i), int64(i)/60, fmt.Sprintf("甲%d乙", i), "", 0)
	}
	w := r.s.raidOf("raid")
	if w == nil || w.Until == 0 || len(w.Joins) > maxRaidJoins || len(w.Members) > maxRaidJoins {
		t.Fatalf("watch = %d joins, %d members", len(w.Joins), len(w.Members))
	}
	k.raw = nil
	again, err := restore(lib, 7, k.Snapshot())
	if err != nil || !slices.Equal(again.Snapshot(), k.Snapshot()) {
		t.Errorf("the snapshot is not the same again: %v", err)
	}
}

// Connections break and come back together: that is no wave. Who was sent away and comes back with others is one.
func TestComingBackTogetherIsNoRaid(t *testing.T) {
	for name, c := range map[string]struct {
		reason string
		after  int64 // seconds
		told   bool  // whether their leaving was told at all
		raid   bool
	}{
		"a broken connection":      {"left", 30, true, false},
		"leaving that nobody told": {"", 30, false, false},
		"an hour later":            {"left", 3700, true, true},
		"sent away":                {"kicked", 30, true, true},
	} {
		r := newRoom(t, live(raidRule(nil)))
		for i := range 8 {
			r.joins(community.MemberKey(10+i), int64(i)*100, differentNames[i], "", 0)
		}
		for i := range 8 {
			if c.told {
				r.now = noon + 1000*second
				r.step(r.event(community.MemberLeft, community.MemberKey(10+i), community.Body{Reason: c.reason}))
			}
		}
		raid := false
		for i := range 8 {
			d := r.joins(community.MemberKey(10+i), 1000+c.after+int64(i), differentNames[i], "", 0)
			raid = raid || d != nil && d.Alarm != ""
		}
		if raid != c.raid {
			t.Errorf("%s: raid %v, want %v", name, raid, c.raid)
		}
	}
}

// What a person muted stays muted when a raid ends; what a person lifted is not lifted once more.
func TestEndOfARaidLeavesAPersonsLockdownAlone(t *testing.T) {
	for name, acts := range map[string][]bool{"muted": {true}, "muted and lifted": {true, false}} {
		r := newRoom(t, live(raidRule(map[string]any{"mute_all": true})))
		var began *community.Decision
		for i := range 6 {
			began = r.joins(community.MemberKey(10+i), int64(i), differentNames[i], "", 0)
		}
		for _, mute := range acts {
			r.step(r.event(community.PersonDecided, 0, community.Body{Data: params(community.PersonDecision{
				Kind: personAct, User: "ming", Actions: []community.Action{{Verb: community.MuteAll, Refuse: !mute}},
			})}))
		}
		r.now = began.Wakes[0].At
		over := r.one(r.event(community.TimerFired, 0, community.Body{Message: began.Wakes[0].Key}))
		if over == nil || len(over.Actions) != 0 || over.Hits[0].Why != "raid over 6" {
			t.Errorf("%s: the end of the raid = %+v, want it to touch nothing", name, over)
		}
	}
}
