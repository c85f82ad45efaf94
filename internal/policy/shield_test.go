package policy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"qunluo/internal/community"
)

// shieldRoom is a group whose keeper is stepped, as the belt does it.
type shieldRoom struct {
	*room
	k *Keeper
}

func newShieldRoom(t *testing.T, book Book) *shieldRoom {
	t.Helper()
	s := &shieldRoom{&room{now: noon}, NewDecider(NewLibrary(nil)).New(7)}
	s.step(t, community.RulebookPublished, 0, community.Body{Data: params(book)})
	return s
}

func (s *shieldRoom) step(t *testing.T, kind community.Type, who community.MemberKey, body community.Body) *community.Decision {
	t.Helper()
	s.now += second
	list := s.k.Step(s.event(kind, who, body))
	if len(list) > 1 {
		t.Fatalf("%d decisions", len(list))
	}
	if len(list) == 0 {
		return nil
	}
	return &list[0]
}

func (s *shieldRoom) say(t *testing.T, who community.MemberKey, body community.Body) string {
	body.Message = "m"
	return gist(s.step(t, community.MessageCreated, who, body))
}

var aShield = community.DeriveID(community.ID{1}, "shield", 0)

func (s *shieldRoom) set(t *testing.T, on bool, until int64) *community.Decision {
	return s.step(t, community.ShieldSet, 0, community.Body{Data: params(community.ShieldData{ID: aShield, On: on, Until: until, User: "lin"})})
}

// memory is the state as it is kept, without the count of steps.
func (s *shieldRoom) memory(t *testing.T) string {
	t.Helper()
	var shot map[string]any
	if err := json.Unmarshal(s.k.Snapshot(), &shot); err != nil {
		t.Fatal(err)
	}
	delete(shot["now"].(map[string]any), "steps")
	raw, err := json.Marshal(shot)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// TestShieldActsWhileItIsOnAndEndsByItself: also where the book only observes; its rules are named, give no strike, and are gone
// when its time has come.
func TestShieldActsWhileItIsOnAndEndsByItself(t *testing.T) {
	book := live(word("ads", "团购"))
	book.Mode = community.Observe
	s := newShieldRoom(t, book)
	link := community.Body{Text: "看 https://evil.example/x"}
	if got := s.say(t, 3, link); got != "-" {
		t.Fatalf("before: %s", got)
	}
	until := s.now + 2*hour
	d := s.set(t, true, until)
	if d == nil || d.Verdict != community.Judged || len(d.Wakes) != 1 || d.Wakes[0].At != until {
		t.Fatalf("on = %+v", d)
	}
	for name, c := range map[string]struct {
		body community.Body
		want string
	}{
		"link":     {link, "hit !shield-locks rung1 recall send"},
		"card":     {community.Body{Text: "[名片]", Class: community.Card}, "hit !shield-locks rung1 recall send"},
		"at all":   {community.Body{Text: "@所有人 看过来"}, "hit !shield-at-all rung1 recall send"},
		"segment":  {community.Body{Text: "大家好", Segments: []community.Segment{{Kind: "at_all"}}}, "hit !shield-at-all rung1 recall send"},
		"plain":    {community.Body{Text: "早上好"}, "-"},
		"own rule": {community.Body{Text: "团购"}, "dry ~ads"},
	} {
		s.now += hour / 60
		if got := s.say(t, community.MemberKey(20+len(name)), c.body); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	var last string
	for i := range 6 {
		last = s.say(t, 9, community.Body{Text: fmt.Sprint("刷屏", i)})
	}
	if last != "hit !shield-flood rung1 recall mute send" {
		t.Errorf("flood: %s", last)
	}
	s.now = until - second
	over := s.step(t, community.TimerFired, 0, community.Body{Message: d.Wakes[0].Key})
	if over == nil || over.Why != "shield over" {
		t.Fatalf("over = %+v", over)
	}
	if got := s.say(t, 3, link); got != "-" {
		t.Errorf("after: %s", got)
	}
	if again := s.step(t, community.TimerFired, 0, community.Body{Message: d.Wakes[0].Key}); again != nil {
		t.Errorf("the timer rung twice: %+v", again)
	}
}

// TestShieldLeavesExactlyWhatWasBefore: after a shield in which nothing was said the memory is that of a group that had none.
func TestShieldLeavesExactlyWhatWasBefore(t *testing.T) {
	book := live(word("ads", "团购"), Rule{ID: "flood", Name: "刷屏", Kind: "flood", Mode: RuleLive, Params: params(map[string]any{"windows": []floodWindow{{Seconds: 60, Messages: 5}}})},
		raidRule(nil), reportsRule(nil))
	s := newShieldRoom(t, book)
	for i := range 4 {
		s.step(t, community.MemberJoined, community.MemberKey(30+i), community.Body{Name: differentNames[i], Scene: "invite"})
		s.say(t, 3, community.Body{Text: fmt.Sprint("大家好", i)})
		s.say(t, 4, community.Body{Text: "团购"})
	}
	before := s.memory(t)
	s.set(t, true, s.now+hour)
	if during := s.memory(t); during == before {
		t.Error("the shield stands nowhere")
	}
	s.set(t, false, 0)
	if after := s.memory(t); after != before {
		t.Errorf("after  = %s\nbefore = %s", after, before)
	}
	if v := s.k.Rulebook().Version(); v != book.Version {
		t.Errorf("book version = %d, want %d", v, book.Version)
	}
}

// TestShieldSurvivesARestartAndANewBook: a keeper made from a snapshot decides the same, and the book may change beneath it.
func TestShieldSurvivesARestartAndANewBook(t *testing.T) {
	s := newShieldRoom(t, live(word("ads", "团购")))
	s.set(t, true, s.now+hour)
	shot := s.k.Snapshot()
	again, err := NewDecider(NewLibrary(nil)).Restore(7, shot)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(again.Snapshot(), shot) {
		t.Error("the snapshot of the restored keeper is another")
	}
	s.k = again
	link := community.Body{Text: "看 https://evil.example/x"}
	if got := s.say(t, 3, link); got != "hit !shield-locks rung1 recall send" {
		t.Errorf("after a restart: %s", got)
	}
	next := live(word("other", "拼单"))
	next.Version = 2
	s.step(t, community.RulebookPublished, 0, community.Body{Data: params(next)})
	if got := s.say(t, 4, link); got != "hit !shield-locks rung1 recall send" {
		t.Errorf("under a new book: %s", got)
	}
	if got := s.say(t, 5, community.Body{Text: "拼单"}); got != "hit !other rung1 strike:other recall send" {
		t.Errorf("the new book: %s", got)
	}
	s.set(t, false, 0)
	if got := s.say(t, 4, link); got != "-" {
		t.Errorf("after it: %s", got)
	}
}

func TestShieldThatStandsOtherwiseIsAFault(t *testing.T) {
	s := newShieldRoom(t, live(word("ads", "团购")))
	for name, d := range map[string]*community.Decision{
		"off while off": s.set(t, false, 0), "no shield": s.step(t, community.ShieldSet, 0, community.Body{Data: []byte(`"x"`)}), "over at once": s.set(t, true, s.now-hour),
	} {
		if d == nil || d.Verdict != community.Faulted {
			t.Errorf("%s: %+v", name, d)
		}
	}
	s.set(t, true, 0)
	if d := s.set(t, true, 0); d.Verdict != community.Faulted {
		t.Errorf("on twice: %+v", d)
	}
	clash := live(Rule{ID: "shield-locks", Name: "x", Kind: "lock", Mode: RuleLive, Params: params(map[string]any{"locks": []string{"link"}})})
	if d := s.step(t, community.RulebookPublished, 0, community.Body{Data: params(clash)}); d == nil || d.Verdict != community.Faulted {
		t.Errorf("a book that uses the shield's names: %+v", d)
	}
}

// TestWhoBringsTooManyIsLookedAt: at the first beyond the limit, without a strike, and only within the hours.
func TestWhoBringsTooManyIsLookedAt(t *testing.T) {
	r := newRoom(t, live(Rule{ID: "invite", Name: "拉人", Kind: "invite", Mode: RuleLive, Params: params(inviteLimit{Hours: 1, Most: 2})}))
	for i := range 2 {
		r.want(r.joins(community.MemberKey(10+i), int64(i), differentNames[i], "", 5), "-")
	}
	d := r.joins(12, 10, differentNames[2], "", 5)
	if d == nil || d.Verdict != community.Hit || d.Member != 5 || len(d.Strikes)+len(d.Actions) != 0 || d.Hits[0].Why != "invites 1h 3>2" {
		t.Fatalf("third = %+v", d)
	}
	r.want(r.joins(13, 11, differentNames[3], "", 5), "-")
	r.want(r.joins(14, 12, differentNames[4], "", 0), "-")
	for i := range 2 {
		r.want(r.joins(community.MemberKey(20+i), 7200+int64(i), differentNames[5+i], "", 5), "-")
	}
	if d := r.joins(22, 7210, differentNames[7], "", 5); d == nil || d.Verdict != community.Hit {
		t.Errorf("again an hour later = %+v", d)
	}
}
