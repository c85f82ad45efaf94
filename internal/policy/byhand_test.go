package policy

import (
	"testing"

	"qunluo/internal/community"
)

// give lets a moderator give a strike for message 42.
func (r *room) give(s community.PersonStrike) *community.Decision {
	r.now += 600 * second
	return r.one(r.event(community.PersonDecided, 0, community.Body{Data: params(community.PersonDecision{
		Kind: personStrikes, User: "ming", Reason: "变体广告", Strike: &s,
	})}))
}

func TestStrikeByHandCountsLikeAnyOther(t *testing.T) {
	r := newRoom(t, live(word("ad", "广告")))
	evidence := community.PersonStrike{Member: 5, Name: "小明", Event: 42, Message: "m42"}
	d := r.give(evidence)
	if got := gist(d); got != "judged rung1 strike: recall send" {
		t.Fatalf("first by hand: %s", got)
	}
	s := d.Strikes[0]
	if s.Member != 5 || s.User != "ming" || s.Event != 42 || s.Expires != r.now+30*day {
		t.Errorf("strike = %+v, want member 5, moderator ming, evidence 42, 30 days", s)
	}
	if a := d.Actions[0]; a.Message != "m42" || a.Cause != community.ByPerson {
		t.Errorf("recall = %+v, want message m42, caused by a person", a)
	}
	if got := gist(r.says(5, "广告")); got != "hit !ad rung2 strike:ad mute" {
		t.Errorf("then a rule: %s, want the second rung", got)
	}
	if got := gist(r.give(evidence)); got != "judged rung3 strike: remove" {
		t.Errorf("third by hand: %s, want removal", got)
	}
}

func TestStrikeByHandFollowsTheRuleItIsGivenUnder(t *testing.T) {
	rule := with(word("ad", "广告"), func(r *Rule) {
		r.Ladder, r.StartRung = []Rung{{Actions: []string{ActWarn}}, {Actions: []string{ActMute}, MuteSeconds: 60}}, 2
	})
	r := newRoom(t, live(rule))
	if got := gist(r.give(community.PersonStrike{Member: 5, Event: 42, Rule: "ad"})); got != "judged rung2 strike:ad mute" {
		t.Errorf("under the rule: %s, want its own ladder from rung 2", got)
	}
}

func TestStrikeByHandIsUndoneWithItsMute(t *testing.T) {
	book := live()
	book.Ladder = []Rung{{Actions: []string{ActMute}, MuteSeconds: 3600}}
	r := newRoom(t, book)
	d := r.give(community.PersonStrike{Member: 5, Event: 42})
	undo := r.one(r.event(community.PersonDecided, 0, community.Body{Data: params(community.PersonDecision{Kind: personUndo, User: "ming", Decision: d.ID})}))
	if len(undo.Revoke) != 1 || undo.Revoke[0] != d.Strikes[0].ID || gist(undo) != "judged unmute" {
		t.Errorf("undo: %s, revokes %v, want the strike revoked and the mute lifted", gist(undo), undo.Revoke)
	}
}

func TestNothingIsHeldAgainstTheImmuneByHandEither(t *testing.T) {
	r := newRoom(t, live())
	r.step(r.event(community.MemberUpdated, 5, community.Body{Role: community.RoleAdmin}))
	if got := gist(r.give(community.PersonStrike{Member: 5, Event: 42})); got != "judged" {
		t.Errorf("strike against an admin: %s, want none", got)
	}
	if got := gist(r.give(community.PersonStrike{Event: 42})); got != "faulted" {
		t.Errorf("strike against nobody: %s, want faulted", got)
	}
}
