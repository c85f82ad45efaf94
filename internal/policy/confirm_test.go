package policy

import (
	"strings"
	"testing"

	"qunluo/internal/community"
)

// asking is a rule that asks newcomers, with what a test changes of it.
func asking(change map[string]any) Rule {
	for name, v := range map[string]any{"no_links": true, "no_media": true, "no_contact": true} {
		if change[name] == nil {
			change[name] = v
		}
	}
	raw := Rule{ID: "agree", Name: "群规确认", Kind: "confirm", Mode: RuleLive, Remind: true, Ladder: []Rung{{Actions: []string{ActRecall, ActWarn}}}}
	raw.Params = params(change)
	return raw
}

// linked lets a member send a link.
func (r *room) linked(who community.MemberKey) *community.Decision {
	return r.says(who, "看 evil.example/x")
}

func (r *room) arrives(who community.MemberKey) *community.Decision {
	r.now += 60 * second
	return r.one(r.event(community.MemberJoined, who, community.Body{Name: "小明", Scene: "invite"}))
}

func (r *room) confirms(who community.MemberKey, version int, way community.ConfirmWay) *community.Decision {
	ev := r.event(community.MemberConfirmed, 0, community.Body{Data: params(community.Confirmation{Version: version, Way: way})})
	ev.Subject = who
	return r.one(ev)
}

const limitedHit = "hit !agree rung1 recall send"

func TestNewcomerIsLimitedUntilTheyAgree(t *testing.T) {
	r := newRoom(t, live(asking(map[string]any{"done": "{name} 已确认第 {version} 版"})))
	r.want(r.linked(1), "-") // was there before
	d := r.arrives(5)
	r.want(d, "served !agree send")
	if want := "请先阅读群规 {rules} ，回复“我已阅读并同意”后即可正常发言"; !strings.HasPrefix(d.Actions[0].Text, want) || d.Actions[0].Target != 5 {
		t.Errorf("told %q", d.Actions[0].Text)
	}
	r.want(r.says(5, "大家好"), "-")
	r.want(r.linked(5), limitedHit)
	r.want(r.one(r.event(community.MessageCreated, 5, community.Body{Class: community.Image, Message: "m"})), limitedHit)
	r.want(r.one(r.event(community.MessageCreated, 5, community.Body{Class: community.Card, Message: "m"})), limitedHit)
	r.want(r.says(5, "我已阅读并同意，但是先发个 evil.example/x"), limitedHit) // not these words alone
	if got := r.says(5, "我已阅读并同意！"); got == nil || got.Confirmed != 3 || got.Member != 5 || got.Actions[0].Text != "小明 已确认第 3 版" {
		t.Fatalf("agrees: %+v", got)
	}
	r.want(r.linked(5), "-")
	r.want(r.says(5, "我已阅读并同意"), "-") // nothing new
	if got := r.says(1, "我已阅读并同意"); got == nil || got.Confirmed != 3 {
		t.Errorf("who was there before may agree, too: %s", gist(got))
	}
}

func TestAgreementOnThePageOrByHandCountsTheSame(t *testing.T) {
	for _, way := range []community.ConfirmWay{community.ConfirmedOnPage, community.ConfirmedByHand} {
		r := newRoom(t, live(asking(map[string]any{})))
		r.arrives(5)
		r.want(r.linked(5), limitedHit)
		r.want(r.confirms(5, 3, way), "-")
		r.want(r.confirms(5, 3, way), "-")
		r.want(r.linked(5), "-")
		r.want(r.confirms(6, 0, way), "-") // no version: nothing
		r.arrives(6)
		r.want(r.linked(6), limitedHit)
	}
}

func TestTheQuestionGoesWithTheWelcome(t *testing.T) {
	hello := Rule{ID: "hello", Name: "欢迎", Kind: "welcome", Mode: RuleLive, Params: params(welcome{Coalesce: 5, Entries: []greeting{{Text: "欢迎 {name}"}}})}
	r := newRoom(t, live(hello, asking(map[string]any{"keywords": []string{"同意"}, "text": "回复“{keyword}”：{confirm}"})))
	d := r.arrives(5)
	r.want(d, "served !agree !hello")
	got := greetAllNow(r, d)
	if got == nil || got.Actions[0].Text != "欢迎 小明\n回复“同意”：{confirm}" {
		t.Errorf("greeting = %+v", got)
	}
	dry := newRoom(t, live(hello, with(asking(map[string]any{}), func(x *Rule) { x.Mode = RuleDry })))
	if got := greetAllNow(dry, dry.arrives(5)); got.Actions[0].Text != "欢迎 小明" {
		t.Errorf("a dry rule speaks: %q", got.Actions[0].Text)
	}
}

// greetAllNow lets the greeting's timer fire.
func greetAllNow(r *room, d *community.Decision) *community.Decision {
	for _, w := range d.Wakes {
		if strings.HasPrefix(w.Key, wakeWelcome) {
			r.now = w.At
			return r.one(r.event(community.TimerFired, 0, community.Body{Message: w.Key}))
		}
	}
	return nil
}

// due lets a timer of a decision fire.
func (r *room) due(d *community.Decision, what string) *community.Decision {
	for _, w := range d.Wakes {
		if strings.HasPrefix(w.Key, wakeConfirm+what) {
			r.now = w.At
			return r.one(r.event(community.TimerFired, 0, community.Body{Message: w.Key}))
		}
	}
	r.t.Fatalf("no timer %s in %+v", what, d.Wakes)
	return nil
}

func TestWhoDoesNotAgreeIsRemindedAndTheDeadlineFollows(t *testing.T) {
	for after, want := range map[string]string{"limited": "served !agree", "task": "served !agree person.todo", "remove": "served !agree remove"} {
		r := newRoom(t, live(asking(map[string]any{"remind_hours": 2, "deadline_hours": 24, "after": after})))
		d := r.arrives(5)
		reminded := r.due(d, confirmRemind)
		r.want(reminded, "served !agree send")
		if text := reminded.Actions[0].Text; text != "你好，还没有收到你的群规确认，请回复“我已阅读并同意”。" || !reminded.Actions[0].Mention {
			t.Errorf("reminder = %q", text)
		}
		r.want(r.due(d, confirmOverdue), want)
	}
	r := newRoom(t, live(asking(map[string]any{"remind_hours": 2, "deadline_hours": 24, "after": "remove"})))
	d := r.arrives(5)
	r.says(5, "我已阅读并同意")
	r.want(r.due(d, confirmRemind), "-")
	r.want(r.due(d, confirmOverdue), "-")
	gone := r.arrives(6)
	r.one(r.event(community.MemberLeft, 6, community.Body{Reason: "left"}))
	r.want(r.due(gone, confirmOverdue), "-")
	capped := live(asking(map[string]any{"deadline_hours": 24, "after": "remove"}))
	capped.RemovalsMax, capped.RemovedText = 0, "{name} 因{reason}被移出"
	r = newRoom(t, capped)
	r.want(r.due(r.arrives(5), confirmOverdue), "served !agree remove(removal_cap)")
}

func TestDryRunOfAsking(t *testing.T) {
	r := newRoom(t, live(with(asking(map[string]any{"deadline_hours": 24, "after": "remove"}), func(x *Rule) { x.Mode = RuleDry })))
	d := r.arrives(5)
	r.want(d, "dry ~agree")
	r.want(r.linked(5), "dry ~agree")
	got := r.due(d, confirmOverdue)
	r.want(got, "dry ~agree")
	if shadowWould(got.Hits[0].Why) != "remove" || len(got.Actions) > 0 {
		t.Errorf("deadline in dry run: %+v", got)
	}
	if got := r.says(5, "我已阅读并同意"); got == nil || got.Confirmed != 0 {
		t.Errorf("a dry rule keeps an agreement: %+v", got)
	}
	r.want(r.linked(5), "-")
	next := ready(t, live(asking(map[string]any{})))
	Adopt(r.s, r.rb, next)
	r.rb = next
	r.want(r.linked(5), "-") // whoever came during the dry run was there before
	r.arrives(6)
	r.want(r.linked(6), limitedHit)
}

func TestNewVersionAsksAgainOnlyWhereThatIsSet(t *testing.T) {
	version := func(n int, again, level, body string) *Rulebook {
		b := live(asking(map[string]any{"again": again}))
		b.Version, b.Charter.Articles = n, []Article{{ID: "a", Level: level, Title: "一", Body: body}}
		return ready(t, b)
	}
	for _, c := range []struct {
		again, level string
		limited      bool
	}{{"none", LevelBase, false}, {"base_exit", LevelBase, true}, {"base_exit", LevelExit, true}, {"base_exit", LevelValue, false}, {"any", LevelValue, true}} {
		r := &room{t: t, rb: version(3, c.again, c.level, "旧"), s: NewState(7), now: noon}
		r.arrives(5)
		r.says(5, "我已阅读并同意")
		adopt := func(rb *Rulebook) { Adopt(r.s, r.rb, rb); r.rb = rb }
		adopt(version(4, c.again, c.level, "旧"))
		r.want(r.linked(5), "-") // the articles are the same
		adopt(version(5, c.again, c.level, "新"))
		want := "-"
		if c.limited {
			want = limitedHit
		}
		if got := gist(r.one(r.event(community.MessageCreated, 5, community.Body{Text: "看 evil.example/x", Message: "m"}))); got != want {
			t.Errorf("%+v: %s, want %s", c, got, want)
		}
		if c.limited {
			if got := r.says(5, "我已阅读并同意"); got == nil || got.Confirmed != 5 {
				t.Errorf("agrees to the new version: %s", gist(got))
			}
			r.want(r.linked(5), "-")
		}
	}
}

func TestWhoAgreedAndComesBackIsAskedOnlyAboutNewRules(t *testing.T) {
	r := newRoom(t, live(asking(map[string]any{})))
	r.arrives(5)
	r.says(5, "我已阅读并同意")
	r.one(r.event(community.MemberLeft, 5, community.Body{Reason: "left"}))
	r.want(r.arrives(5), "-")
	r.want(r.linked(5), "-")
	old := newRoom(t, live(asking(map[string]any{"everybody": true})))
	old.want(old.linked(1), limitedHit)
	old.confirms(1, 3, community.ConfirmedByHand)
	old.want(old.linked(1), "-")
	admin := old.event(community.MessageCreated, 2, community.Body{Text: "看 evil.example/x", Message: "m", Role: community.RoleAdmin})
	if got := old.one(admin); got == nil || got.Verdict != community.Spared {
		t.Errorf("an admin is held to it: %s", gist(got))
	}
}

func TestAskingIsCheckedAndIsOneRule(t *testing.T) {
	two := live(asking(map[string]any{}), with(asking(map[string]any{}), func(r *Rule) { r.ID = "again" }))
	if _, err := Parse(params(two)); !strings.Contains(codesOf(err), "confirm_twice") {
		t.Errorf("two of them: %v", err)
	}
	for want, bad := range map[string]map[string]any{
		"nothing_to_do":        {"no_links": false, "no_media": false, "no_contact": false},
		"confirm_reminds_late": {"remind_hours": 24, "deadline_hours": 24},
		"out_of_range":         {"remind_hours": -1},
		"unknown_choice":       {"after": "ban"},
	} {
		if _, err := Parse(params(live(asking(bad)))); !strings.Contains(codesOf(err), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func TestAgreementsSurviveASnapshot(t *testing.T) {
	lib := NewLibrary(nil)
	k := NewDecider(lib).New(7)
	r := newRoom(t, live(asking(map[string]any{"everybody": true})))
	k.Step(&community.Event{ID: community.MakeID(1, [10]byte{1}), Group: 7, Seq: 1, Type: community.RulebookPublished, Body: community.Body{Data: params(r.rb.Book())}, At: r.now})
	ev := r.event(community.MemberConfirmed, 0, community.Body{Data: params(community.Confirmation{Version: 3, Way: community.ConfirmedOnPage})})
	ev.Subject = 5
	k.Step(ev)
	back, err := NewDecider(lib).Restore(7, k.Snapshot())
	if err != nil {
		t.Fatal(err)
	}
	said := r.event(community.MessageCreated, 5, community.Body{Text: "看 evil.example/x", Message: "m"})
	if out := back.Step(said); len(out) != 0 {
		t.Errorf("after a restart: %s", gist(&out[0]))
	}
}
