package policy

import (
	"testing"

	"qunluo/internal/community"
)

// Nothing that cannot be taken back follows unasked from what an unofficial gateway says, whatever the rule; a person may
// let it go, and the operator may accept the risk in the book.
func TestRemovalOnTheWordOfAnUnofficialGatewayIsHeld(t *testing.T) {
	for name, tc := range map[string]struct {
		origin community.Origin
		trust  bool
		want   string
	}{
		"official":                {community.OriginLive, false, "hit !ad rung3 strike:ad remove"},
		"unofficial":              {community.OriginUnofficial, false, "hit !ad rung3 strike:ad remove(unofficial_gateway)"},
		"unofficial and accepted": {community.OriginUnofficial, true, "hit !ad rung3 strike:ad remove"},
	} {
		book := live(with(word("ad", "广告"), func(r *Rule) { r.StartRung = 3 }))
		book.TrustGateway = tc.trust
		r := newRoom(t, book)
		ev := r.event(community.MessageCreated, 5, community.Body{Text: "广告", Message: "m"})
		ev.Origin = tc.origin
		if got := gist(r.one(ev)); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
}

// What can be taken back is done at once: the hold is for removals only.
func TestUnofficialGatewayMayMuteAndRecall(t *testing.T) {
	r := newRoom(t, live(word("ad", "广告")))
	for _, want := range []string{"hit !ad rung1 strike:ad recall send", "hit !ad rung2 strike:ad mute"} {
		ev := r.event(community.MessageCreated, 5, community.Body{Text: "广告", Message: "m"})
		ev.Origin = community.OriginUnofficial
		if got := gist(r.one(ev)); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestHeldRemovalTakesNoPlaceUnderTheCapAndIsReleasedOnce(t *testing.T) {
	book := live(with(word("ad", "广告"), func(r *Rule) { r.StartRung = 3 }))
	book.RemovalsMax = 1
	r := newRoom(t, book)
	ev := r.event(community.MessageCreated, 5, community.Body{Text: "广告", Message: "m"})
	ev.Origin = community.OriginUnofficial
	held := r.one(ev).Actions[0]
	if got := gist(r.says(6, "广告")); got != "hit !ad rung3 strike:ad remove" {
		t.Errorf("after a held removal: %s, want the one removal that the cap allows", got)
	}
	release := func() *community.Decision {
		return r.one(r.event(community.PersonDecided, 0, community.Body{Data: params(community.PersonDecision{Kind: personRelease, User: "ming", Action: held.ID})}))
	}
	if got := gist(release()); got != "judged remove" {
		t.Errorf("released: %s, want the removal", got)
	}
	if got := gist(release()); got != "judged" {
		t.Errorf("released again: %s, want nothing", got)
	}
}

func TestBotMayNotRemoveUnaskedWhereTheGatewayIsUnofficial(t *testing.T) {
	for _, tc := range []struct {
		origin community.Origin
		want   string
	}{{community.OriginLive, "judged remove"}, {community.OriginUnofficial, "judged remove(unofficial_gateway)"}} {
		r := newRoom(t, live())
		ev := r.event(community.MessageCreated, 5, community.Body{Text: "团购", Message: "m"})
		ev.Origin = tc.origin
		r.step(ev)
		got := gist(r.one(r.event(community.PersonDecided, 0, community.Body{Data: params(community.PersonDecision{
			Kind: personBot, User: "bot:x", Actions: []community.Action{{Verb: community.Remove, Target: 5}},
		})})))
		if got != tc.want {
			t.Errorf("%s: %s, want %s", tc.origin, got, tc.want)
		}
	}
}
