package policy

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"qunluo/internal/community"
)

const (
	noon   = int64(1_700_020_800_000) // 2023-11-15 12:00 in Shanghai
	second = int64(1000)
	hour   = 3600 * second
	day    = 24 * hour
)

// room is a group under test: it numbers the events and folds them.
type room struct {
	t    testing.TB
	rb   *Rulebook
	s    *State
	now  int64
	last int64
}

func newRoom(t testing.TB, book Book) *room {
	t.Helper()
	return &room{t: t, rb: ready(t, book), s: NewState(7), now: noon}
}

func ready(t testing.TB, book Book) *Rulebook {
	t.Helper()
	raw, err := json.Marshal(book)
	if err != nil {
		t.Fatal(err)
	}
	rb, err := Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return rb
}

// live is a book that acts, with the given rules. Removals are not capped by share, for small rooms.
func live(rules ...Rule) Book {
	book := blank()
	book.Mode, book.Rules, book.RemovalsPct, book.Version = community.Live, rules, 0, 3
	return book
}

func word(id, text string) Rule {
	return Rule{ID: id, Name: id, Kind: "keyword", Mode: RuleLive,
		Params: params(map[string]any{"lists": []wordList{{Words: []string{text}}}})}
}

func with(r Rule, change func(*Rule)) Rule { change(&r); return r }

func (r *room) event(typ community.Type, who community.MemberKey, body community.Body) *community.Event {
	r.last++
	return &community.Event{
		Number: 100 + r.last, ID: community.MakeID(r.now, [10]byte{byte(r.last >> 8), byte(r.last), 9: 7}), Group: 7, Seq: r.last,
		Type: typ, OccurredAt: r.now, ReceivedAt: r.now, At: r.now, Actor: who, Body: body,
	}
}

func (r *room) step(ev *community.Event) []community.Decision { return Step(r.rb, r.s, ev) }

// says lets a member speak ten minutes later and gives the one decision; nil when there is none.
func (r *room) says(who community.MemberKey, text string) *community.Decision {
	r.now += 600 * second
	return r.one(r.event(community.MessageCreated, who, community.Body{Text: text, Message: "m", Name: "小明"}))
}

func (r *room) one(ev *community.Event) *community.Decision {
	r.t.Helper()
	out := r.step(ev)
	if len(out) == 0 {
		return nil
	}
	if len(out) > 1 {
		r.t.Fatalf("%d decisions about one event", len(out))
	}
	return &out[0]
}

// gist is a decision in a line: verdict, chosen rule, rung, actions, dry and spared hits.
func gist(d *community.Decision) string {
	if d == nil {
		return "-"
	}
	out := []string{string(d.Verdict)}
	for _, h := range d.Hits {
		mark := ""
		if h.Chose {
			mark = "!"
		}
		if h.Dry {
			mark = "~"
		}
		out = append(out, mark+h.Rule)
	}
	if d.Rung > 0 {
		out = append(out, fmt.Sprintf("rung%d", d.Rung))
	}
	if len(d.Strikes) > 0 {
		out = append(out, fmt.Sprintf("strike:%s", d.Strikes[0].Rule))
	}
	for _, a := range d.Actions {
		verb := strings.TrimPrefix(strings.TrimPrefix(string(a.Verb), "message."), "member.")
		if a.Hold != "" {
			verb += "(" + a.Hold + ")"
		}
		out = append(out, verb)
	}
	return strings.Join(out, " ")
}

func (r *room) want(d *community.Decision, want string) {
	r.t.Helper()
	if got := gist(d); got != want {
		r.t.Errorf("decision = %q, want %q", got, want)
	}
}

func TestThirdStrikeRemoves(t *testing.T) {
	r := newRoom(t, live(word("ads", "加微信"), word("abuse", "傻瓜")))
	r.want(r.says(1, "快加-微信"), "hit !ads rung1 strike:ads recall send")
	r.want(r.says(1, "大家好"), "-")
	r.want(r.says(2, "傻瓜"), "hit !abuse rung1 strike:abuse recall send")
	r.want(r.says(1, "傻瓜"), "hit !abuse rung2 strike:abuse mute")
	r.want(r.says(1, "加微信"), "hit !ads rung3 strike:ads remove")
	r.want(r.says(1, "加微信"), "hit !ads rung3 strike:ads remove")
}

func TestOneStrikeAndOneConsequencePerEvent(t *testing.T) {
	r := newRoom(t, live(
		with(word("small", "一"), func(r *Rule) { r.Remind = true }),
		word("middle", "二"),
		with(word("large", "三"), func(r *Rule) { r.StartRung = 3 }),
	))
	r.want(r.says(1, "一二三"), "hit small middle !large rung3 strike:large remove")
	r.want(r.says(2, "一二"), "hit small !middle rung1 strike:middle recall send")
	r.want(r.says(3, "一"), "hit !small rung1 send")
	r.want(r.says(3, "一"), "hit !small rung1 send")
	r.want(r.says(3, "二"), "hit !middle rung1 strike:middle recall send")
}

func TestStrikesEndByThemselves(t *testing.T) {
	r := newRoom(t, live(word("ads", "广告")))
	r.says(1, "广告")
	r.now += 29 * day
	r.want(r.says(1, "广告"), "hit !ads rung2 strike:ads mute")
	r.now += 1 * day
	r.want(r.says(1, "广告"), "hit !ads rung2 strike:ads mute") // the first one has ended
	r.now += 31 * day
	r.want(r.says(1, "广告"), "hit !ads rung1 strike:ads recall send")
}

func TestRuleMayCountItsOwnStrikesOnly(t *testing.T) {
	r := newRoom(t, live(word("ads", "广告"), with(word("own", "自家"), func(r *Rule) { r.OwnStrikes = true })))
	r.says(1, "广告")
	r.says(1, "广告")
	r.want(r.says(1, "自家"), "hit !own rung1 strike:own recall send")
	r.want(r.says(1, "广告"), "hit !ads rung3 strike:ads remove")
}

func TestRuleMayStartHigher(t *testing.T) {
	r := newRoom(t, live(with(word("ads", "广告"), func(r *Rule) { r.StartRung = 2 })))
	r.want(r.says(1, "广告"), "hit !ads rung2 strike:ads mute")
	r.want(r.says(1, "广告"), "hit !ads rung2 strike:ads mute")
	r.want(r.says(1, "广告"), "hit !ads rung3 strike:ads remove")
}

func TestLevelOfAListStartsHigher(t *testing.T) {
	rule := Rule{ID: "kw", Name: "kw", Kind: "keyword", Mode: RuleLive, Params: params(map[string]any{"lists": []wordList{
		{Name: "轻", Words: []string{"轻词"}}, {Name: "重", Level: 3, Words: []string{"重词"}}}})}
	r := newRoom(t, live(rule))
	r.want(r.says(1, "轻词"), "hit !kw rung1 strike:kw recall send")
	r.want(r.says(2, "轻词重词"), "hit !kw rung3 strike:kw remove")
}

func TestImmuneAndAllowedAreSpared(t *testing.T) {
	book := live(word("ads", "微信"))
	book.Staff, book.Allow.Members = []community.MemberKey{5}, []community.MemberKey{6}
	book.Allow.Phrases = []string{"微信群"}
	r := newRoom(t, book)
	r.want(r.says(5, "微信"), "spared ads")
	r.want(r.says(6, "微信"), "spared ads")
	r.want(r.says(1, "微信群真好"), "spared ads")
	r.want(r.says(1, "微信群真好，加微信"), "hit ads !ads rung1 strike:ads recall send")
	for role, want := range map[community.Role]string{
		community.RoleOwner: "spared ads", community.RoleAdmin: "spared ads", community.RoleStaff: "spared ads",
		community.RoleSelf: "-",
	} {
		ev := r.event(community.MessageCreated, 9, community.Body{Text: "微信", Role: role})
		if got := gist(r.one(ev)); got != want {
			t.Errorf("%s: %q, want %q", role, got, want)
		}
	}
	r.step(r.event(community.MemberUpdated, 8, community.Body{Role: community.RoleAdmin}))
	r.want(r.says(8, "微信"), "spared ads")
	r.step(r.event(community.MemberJoined, 3, community.Body{Role: community.RoleSelf}))
	r.want(r.says(3, "微信"), "-") // our own account
	caused := r.event(community.MessageCreated, 4, community.Body{Text: "微信", Caused: community.MakeID(1, [10]byte{1})})
	r.want(r.one(caused), "-")
}

// TestMarkedStaffIsImmune: whatever role the platform says with each message, through leaving and coming back, until the
// mark is taken back.
func TestMarkedStaffIsImmune(t *testing.T) {
	r := newRoom(t, live(word("ads", "微信")))
	mark := func(who community.MemberKey, role community.Role) {
		ev := r.event(community.MemberMarked, 0, community.Body{Role: role, Source: "ming", Reason: "x"})
		ev.Subject = who
		r.want(r.one(ev), "-")
	}
	says := func() *community.Decision {
		return r.one(r.event(community.MessageCreated, 5, community.Body{Text: "微信", Role: community.RoleMember}))
	}
	mark(5, community.RoleStaff)
	d := says()
	r.want(d, "spared ads")
	if why := d.Hits[0].Why; !strings.HasPrefix(why, "immune staff: ") {
		t.Errorf("why = %q, want that it is staff", why)
	}
	r.step(r.event(community.MemberLeft, 5, community.Body{}))
	r.now += 400 * day
	for range 2 * sweepEvery { // what is forgotten of members that left is not the mark
		r.step(r.event(community.GroupUpdated, 0, community.Body{}))
	}
	r.step(r.event(community.MemberJoined, 5, community.Body{}))
	r.want(says(), "spared ads")
	mark(5, community.RoleMember)
	r.want(says(), "hit !ads rung1 strike:ads recall send")
	mark(6, community.RoleBot)
	r.want(r.says(6, "微信"), "hit !ads rung1 strike:ads recall send") // a bot is immune where the book says so
	book := live(word("ads", "微信"))
	book.Immune = append(DefaultImmune(), community.RoleBot)
	Adopt(r.s, r.rb, ready(t, book))
	r.rb = ready(t, book)
	r.want(r.says(6, "微信"), "spared ads")
	r.want(r.one(r.event(community.MemberMarked, 0, community.Body{Role: community.RoleStaff})), "-") // of nobody
}

func TestDryRuleKeepsALadderOfItsOwn(t *testing.T) {
	dry := with(word("dry", "广告"), func(r *Rule) { r.Mode = RuleDry })
	r := newRoom(t, live(dry, word("live", "骂人")))
	for i, would := range []string{"rung 1 would recall+warn", "rung 2 would mute", "rung 3 would remove"} {
		d := r.says(1, "广告")
		r.want(d, "dry ~dry")
		if !strings.HasSuffix(d.Hits[0].Why, would) {
			t.Errorf("hit %d: why = %q, want …%q", i+1, d.Hits[0].Why, would)
		}
	}
	r.want(r.says(1, "骂人"), "hit !live rung1 strike:live recall send")
	r.want(r.says(1, "骂人广告"), "hit ~dry !live rung2 strike:live mute")
	on := live(word("dry", "广告"), word("live", "骂人"))
	next := ready(t, on)
	Adopt(r.s, r.rb, next)
	r.rb = next
	r.want(r.says(2, "广告"), "hit !dry rung1 strike:dry recall send")
	r.want(r.says(1, "广告"), "hit !dry rung3 strike:dry remove") // two live strikes, none from the dry run
}

func TestObservingGroupActsOnNothing(t *testing.T) {
	book := live(word("ads", "广告"), welcomeRule(), with(helpRule(), func(r *Rule) {}))
	book.Mode = community.Observe
	r := newRoom(t, book)
	r.want(r.says(1, "广告"), "dry ~ads")
	r.want(r.says(1, "群规"), "dry ~rules-reply")
	r.want(r.one(r.event(community.MemberJoined, 2, community.Body{Name: "新人"})), "dry ~welcome")
}

func TestRemovalsAreCappedPerHour(t *testing.T) {
	kick := with(word("kick", "广告"), func(r *Rule) { r.StartRung = 3 })
	book := live(kick)
	book.RemovalsMax = 2
	r := newRoom(t, book)
	r.want(r.says(1, "广告"), "hit !kick rung3 strike:kick remove")
	r.want(r.says(2, "广告"), "hit !kick rung3 strike:kick remove")
	held := r.says(3, "广告")
	r.want(held, "hit !kick rung3 strike:kick remove(removal_cap)")
	r.want(r.says(1, "广告"), "hit !kick rung3 strike:kick remove") // counted already
	r.now += hour
	r.want(r.says(4, "广告"), "hit !kick rung3 strike:kick remove")

	release := func() *community.Decision {
		return r.one(r.event(community.PersonDecided, 0, community.Body{Data: params(community.PersonDecision{
			Kind: "release", User: "u1", Action: held.Actions[0].ID})}))
	}
	d := release()
	r.want(d, "judged remove")
	if a := d.Actions[0]; a.Target != 3 || a.Cause != community.ByPerson || a.ID == held.Actions[0].ID || !slices.Contains(d.Cancel, held.Actions[0].ID) {
		t.Errorf("release = %+v", d)
	}
	r.want(release(), "judged") // nothing is held any more

	r.now += hour
	for who := community.MemberKey(10); who < 13; who++ {
		held = r.says(who, "广告")
	}
	r.want(held, "hit !kick rung3 strike:kick remove(removal_cap)")
	dismissed := r.one(r.event(community.PersonDecided, 0, community.Body{Data: params(community.PersonDecision{
		Kind: "dismiss", User: "u1", Action: held.Actions[0].ID})}))
	if !slices.Equal(dismissed.Cancel, []community.ID{held.Actions[0].ID}) {
		t.Errorf("dismiss = %+v", dismissed)
	}
	r.want(release(), "judged")
}

func TestRemovalsAreCappedByShareOfMembers(t *testing.T) {
	book := live(with(word("kick", "广告"), func(r *Rule) { r.StartRung = 3 }))
	book.RemovalsPct = 2
	r := newRoom(t, book)
	who := make([]community.Who, 40)
	r.step(r.event(community.RosterRead, 0, community.Body{Data: params(who)}))
	r.want(r.says(1, "广告"), "hit !kick rung3 strike:kick remove")
	r.want(r.says(2, "广告"), "hit !kick rung3 strike:kick remove(removal_cap)")
}

func TestActionsCarryWhatIsNeededToCarryThemOut(t *testing.T) {
	r := newRoom(t, live(with(word("ads", "广告"), func(r *Rule) { r.Reason = "本群不发广告" })))
	d := r.says(1, "发广告")
	recall, warn := d.Actions[0], d.Actions[1]
	if recall.Message != "m" || recall.Event != d.Event || recall.Deadline != r.now+120*second || recall.Cause != community.ByRule {
		t.Errorf("recall = %+v", recall)
	}
	if !warn.Mention || warn.Target != 1 || warn.Text != "本群不发广告。这是第 1 次提醒，请遵守群规。" || warn.Deadline != r.now+120*second {
		t.Errorf("warn = %+v", warn)
	}
	if got := d.Hits[0].Spans; !slices.Equal(got, []community.Span{{Start: 3, End: 9}}) {
		t.Errorf("spans = %v", got)
	}
	if s := d.Strikes[0]; s.Expires != r.now+30*day || s.Event != d.Event || s.Book != 3 || s.Decision != d.ID {
		t.Errorf("strike = %+v", s)
	}
	d = r.says(1, "广告")
	mute := d.Actions[0]
	if mute.Seconds != 86400 || mute.Until != r.now+day || mute.Deadline != r.now+30*second {
		t.Errorf("mute = %+v", mute)
	}
	if len(d.Wakes) != 1 || d.Wakes[0].At != mute.Until {
		t.Errorf("wakes = %+v", d.Wakes)
	}
	d = r.says(1, "广告")
	if remove := d.Actions[0]; remove.Deadline != 0 || remove.Hold != "" {
		t.Errorf("remove = %+v", remove)
	}
}

func TestTimedMuteIsLifted(t *testing.T) {
	r := newRoom(t, live(with(word("ads", "广告"), func(r *Rule) { r.StartRung = 2 })))
	wake := r.says(1, "广告").Wakes[0]
	r.now = wake.At
	timer := func() *community.Decision {
		return r.one(r.event(community.TimerFired, 0, community.Body{Message: wake.Key}))
	}
	d := timer()
	r.want(d, "served unmute")
	if a := d.Actions[0]; a.Cause != community.BySystem || a.Target != 1 {
		t.Errorf("unmute = %+v", a)
	}
	r.want(timer(), "-")

	wake = r.says(2, "广告").Wakes[0]
	r.step(r.event(community.MemberMuted, 2, community.Body{Seconds: 0})) // somebody lifted it
	r.now = wake.At
	r.want(timer(), "-")
}

func TestUndoTakesBackStrikesAndMute(t *testing.T) {
	r := newRoom(t, live(word("ads", "广告")))
	r.says(1, "广告")
	d := r.says(1, "广告")
	undo := r.one(r.event(community.PersonDecided, 0, community.Body{Data: params(community.PersonDecision{
		Kind: "false_hit", User: "u1", Decision: d.ID, Reason: "误判"})}))
	r.want(undo, "judged unmute")
	if undo.Undoes != d.ID || undo.Member != 1 || undo.User != "u1" ||
		!slices.Equal(undo.Revoke, []community.ID{d.Strikes[0].ID}) || !slices.Equal(undo.Cancel, []community.ID{d.Actions[0].ID}) {
		t.Errorf("undo = %+v", undo)
	}
	r.want(r.says(1, "广告"), "hit !ads rung2 strike:ads mute")
}

func TestPersonActs(t *testing.T) {
	r := newRoom(t, live())
	d := r.one(r.event(community.PersonDecided, 0, community.Body{Data: params(community.PersonDecision{
		Kind: "act", User: "u1", Actions: []community.Action{{Verb: community.Mute, Target: 4, Seconds: 600}}})}))
	r.want(d, "judged mute")
	if a := d.Actions[0]; a.Until != r.now+600*second || a.Cause != community.ByPerson || a.ID.IsZero() || a.Decision != d.ID {
		t.Errorf("mute = %+v", a)
	}
	r.now += 600 * second
	r.want(r.one(r.event(community.TimerFired, 0, community.Body{Message: d.Wakes[0].Key})), "served unmute")
}

func TestPanickingRuleChangesNothing(t *testing.T) {
	r := newRoom(t, live(word("ads", "广告"), floodRule()))
	r.says(1, "你好")
	k := &Keeper{rb: r.rb, state: r.s}
	before := string(k.Snapshot())
	bad := &rule{Rule: Rule{ID: "bad", Kind: "keyword"}, does: panics{}}
	r.rb.always = append(r.rb.always, bad)
	d := r.says(1, "广告")
	r.want(d, "faulted bad")
	if d.Why != "rule bad: boom" {
		t.Errorf("why = %q", d.Why)
	}
	if after := string(k.Snapshot()); after != before {
		t.Errorf("state changed:\n%s\n%s", before, after)
	}
	r.rb.always = r.rb.always[:len(r.rb.always)-1]
	r.rb.noters = append(r.rb.noters, bad)
	r.want(r.says(2, "广告"), "faulted bad")
	r.want(r.says(1, "广告"), "faulted bad")
	if after := string(k.Snapshot()); after != before {
		t.Errorf("state changed:\n%s\n%s", before, after)
	}
}

type panics struct{}

func (panics) judge(*look, *rule)        { panic("boom") }
func (panics) note(*State, *look, *rule) { panic("boom") }

func TestNewBookKeepsWhatIsUnchanged(t *testing.T) {
	limit := func(id string, seconds int64, mode string) Rule {
		return Rule{ID: id, Name: id, Kind: "flood", Mode: mode, Params: params(map[string]any{"windows": []floodWindow{{Seconds: seconds, Messages: 2}}})}
	}
	for _, c := range []struct {
		name string
		next []Rule
		want string
	}{
		{"the same windows go on", []Rule{word("new", "x"), limit("flood", 60, RuleLive)}, "hit !flood rung1 strike:flood recall send"},
		{"other windows start empty", []Rule{limit("flood", 61, RuleLive)}, "-"},
		{"another id starts empty", []Rule{limit("other", 60, RuleLive)}, "-"},
		{"dry windows go on", []Rule{limit("flood", 60, RuleDry)}, "dry ~flood"},
	} {
		r := newRoom(t, live(limit("flood", 60, RuleLive)))
		r.burst(1, "好", 0, 1)
		next := ready(t, live(c.next...))
		Adopt(r.s, r.rb, next)
		r.rb = next
		if got := gist(r.one(r.event(community.MessageCreated, 1, community.Body{Text: "好", Message: "m"}))); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestStrikesOutliveTheirRule(t *testing.T) {
	r := newRoom(t, live(word("old", "广告")))
	r.says(1, "广告")
	next := ready(t, live(word("new", "傻瓜")))
	Adopt(r.s, r.rb, next)
	r.rb = next
	r.want(r.says(1, "傻瓜"), "hit !new rung2 strike:new mute")
}

func TestAttachedBotIsHeldByTheCapAndByImmunity(t *testing.T) {
	book := live(word("ads", "加微信"))
	book.RemovalsMax, book.RemovalsPct = 1, 0
	r := newRoom(t, book)
	r.says(1, "早")
	r.one(r.event(community.MessageCreated, 2, community.Body{Text: "我是管理员", Message: "m2", Role: community.RoleAdmin}))
	r.says(3, "早")
	wants := func(verb community.Verb, who community.MemberKey) *community.Decision {
		return r.one(r.event(community.PersonDecided, 0, community.Body{Data: params(community.PersonDecision{
			Kind: "bot", User: "bot:x", Actions: []community.Action{{Verb: verb, Target: who, Seconds: 60}}})}))
	}
	d := wants(community.Mute, 1)
	r.want(d, "judged mute")
	if d.Actions[0].Cause != community.ByBot || d.User != "bot:x" {
		t.Errorf("cause %q, user %q; want bot, bot:x", d.Actions[0].Cause, d.User)
	}
	r.want(wants(community.Mute, 2), "spared")
	r.want(wants(community.Remove, 2), "spared")
	r.want(wants(community.Remove, 1), "judged remove")
	held := wants(community.Remove, 3)
	r.want(held, "judged remove(removal_cap)")
	free := r.one(r.event(community.PersonDecided, 0, community.Body{Data: params(community.PersonDecision{Kind: "release", User: "u1", Action: held.Actions[0].ID})}))
	r.want(free, "judged remove")
}

// TestUndoRestoresTheMuteThatHeldBefore: of two mutes laid over each other, taking back the later leaves the earlier.
func TestUndoRestoresTheMuteThatHeldBefore(t *testing.T) {
	r := newRoom(t, live())
	act := func(seconds int64) *community.Decision {
		return r.one(r.event(community.PersonDecided, 0, community.Body{Data: params(community.PersonDecision{
			Kind: "act", User: "u1", Actions: []community.Action{{Verb: community.Mute, Target: 4, Seconds: seconds}}})}))
	}
	undo := func(d *community.Decision) *community.Decision {
		return r.one(r.event(community.PersonDecided, 0, community.Body{Data: params(community.PersonDecision{Kind: "undo", User: "u1", Decision: d.ID})}))
	}
	first := act(600)
	r.now += 60 * second
	second2 := act(7200)
	back := undo(second2)
	r.want(back, "judged mute")
	if back.Actions[0].Until != first.Actions[0].Until {
		t.Errorf("muted until %d, want the earlier mute's end %d", back.Actions[0].Until, first.Actions[0].Until)
	}
	r.want(undo(first), "judged unmute")
	lower := act(600)
	upper := act(7200)
	r.want(undo(lower), "judged")
	r.want(undo(upper), "judged unmute")
}

// TestUndoOfARemovalAsksToBringBack: nobody can join for somebody else, so a person is asked.
func TestUndoOfARemovalAsksToBringBack(t *testing.T) {
	r := newRoom(t, live(with(word("ads", "广告"), func(x *Rule) { x.StartRung = 3 })))
	d := r.says(1, "广告")
	r.step(r.event(community.MemberLeft, 1, community.Body{Reason: "kicked"}))
	undo := r.one(r.event(community.PersonDecided, 0, community.Body{Data: params(community.PersonDecision{Kind: "undo", User: "u1", Decision: d.ID})}))
	if len(undo.Actions) != 1 || undo.Actions[0].Verb != community.Todo || undo.Actions[0].Target != 1 || undo.Actions[0].Text == "" || len(undo.Revoke) != 1 {
		t.Errorf("undo = %+v", undo)
	}
}
