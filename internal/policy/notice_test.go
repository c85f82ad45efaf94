package policy

import (
	"testing"

	"qunluo/internal/community"
)

// expels is a book that removes for an advertisement and says so.
func expels() Book {
	b := live(with(word("ads", "广告"), func(r *Rule) { r.StartRung, r.Reason = 3, "发广告" }))
	b.RemovedText, b.MaskNames = "{name} 因{reason}被移出{group}（群规第 {version} 版）", true
	return b
}

func receipt(r *room, a community.Action, state community.State, user string) *community.Decision {
	return r.one(r.event(community.ActionReceipt, 0, community.Body{Data: params(community.ReceiptData{Action: a.ID, State: state, User: user})}))
}

func TestARemovalIsMadePublicOnlyOnceItHappened(t *testing.T) {
	const want = "小** 因发广告被移出本群（群规第 3 版）"
	r := newRoom(t, expels())
	d := r.says(1, "广告")
	if got := receipt(r, d.Actions[0], community.Acked, ""); got != nil {
		t.Errorf("notice although it is not confirmed: %s", gist(got))
	}
	left := r.one(r.event(community.MemberLeft, 1, community.Body{Reason: "kicked"}))
	if left == nil || len(left.Actions) != 1 || left.Actions[0].Text != want || left.Actions[0].Mention {
		t.Fatalf("notice = %+v, want %q", left, want)
	}
	if again := receipt(r, d.Actions[0], community.Confirmed, ""); again != nil {
		t.Errorf("a second notice: %s", gist(again))
	}

	d = r.says(2, "广告")
	if got := receipt(r, d.Actions[0], community.Acked, "u1"); got == nil || got.Actions[0].Text != want {
		t.Errorf("a person says that it is done: %s", gist(got))
	}
	d = r.says(3, "广告")
	if got := receipt(r, d.Actions[0], community.HumanTask, ""); got != nil {
		t.Errorf("notice of a task: %s", gist(got))
	}
	receipt(r, d.Actions[0], community.Failed, "u1")
	if got := r.one(r.event(community.MemberLeft, 3, community.Body{Reason: "kicked"})); got != nil {
		t.Errorf("notice of a removal that failed: %s", gist(got))
	}
	r.says(4, "广告")
	if got := r.one(r.event(community.MemberLeft, 4, community.Body{Reason: "left"})); got != nil {
		t.Errorf("notice about somebody who went: %s", gist(got))
	}
	d = r.says(5, "广告")
	r.one(r.event(community.PersonDecided, 0, community.Body{Data: params(community.PersonDecision{Kind: "undo", User: "u1", Decision: d.ID})}))
	if got := r.one(r.event(community.MemberLeft, 5, community.Body{Reason: "kicked"})); got != nil {
		t.Errorf("notice of a removal that was taken back: %s", gist(got))
	}
}

func TestAHeldRemovalIsMadePublicOnlyWhenReleased(t *testing.T) {
	b := expels()
	b.RemovalsMax, b.MaskNames = 0, false
	r := newRoom(t, b)
	r.says(1, "广告")
	if got := r.one(r.event(community.MemberLeft, 1, community.Body{})); got != nil {
		t.Errorf("notice of a removal nobody released: %s", gist(got))
	}
	held := r.says(2, "广告")
	let := r.one(r.event(community.PersonDecided, 0, community.Body{Data: params(community.PersonDecision{Kind: "release", User: "u1", Decision: held.ID, Action: held.Actions[0].ID})}))
	if got := receipt(r, let.Actions[0], community.Confirmed, ""); got == nil || got.Actions[0].Text != "小明 因发广告被移出本群（群规第 3 版）" {
		t.Errorf("released and confirmed: %s", gist(got))
	}
	plain := newRoom(t, live(with(word("ads", "广告"), func(x *Rule) { x.StartRung = 3 })))
	plain.says(1, "广告")
	if got := plain.one(plain.event(community.MemberLeft, 1, community.Body{Reason: "kicked"})); got != nil {
		t.Errorf("notice without a text for it: %s", gist(got))
	}
}
