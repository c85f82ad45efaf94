package duty_test

import (
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/duty"
)

func TestAHandoverNamesBothSides(t *testing.T) {
	good := duty.Handover{FromUser: "a", ToUser: "b", Reason: "离职"}
	if err := good.Check(); err != nil {
		t.Errorf("a good one: %v", err)
	}
	for name, change := range map[string]func(*duty.Handover){
		"nobody leaves": func(h *duty.Handover) { h.FromUser = "" }, "nobody takes over": func(h *duty.Handover) { h.ToUser = "" },
		"to oneself": func(h *duty.Handover) { h.ToUser = "a" }, "no member takes over": func(h *duty.Handover) { h.FromMember = 1 },
		"no reason": func(h *duty.Handover) { h.Reason = "  " },
	} {
		h := good
		change(&h)
		if err := h.Check(); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("%s: %v, want bad input", name, err)
		}
	}
}

func TestRefusalsOfAPlatformAreKeptForTheRetry(t *testing.T) {
	it := duty.Answered(duty.HandItem{State: duty.HandOpen}, [2]string{"共 3 个", "3 in all"}, nil)
	if it.State != duty.HandDone || it.Tried != 1 || it.Rest != nil {
		t.Errorf("nothing refused: %+v, want done", it)
	}
	it = duty.Answered(it, [2]string{}, [][]string{{"wm1", "40097", "已拒绝"}, {"wm2", "", "没有回音"}, {"bad"}})
	if it.State != duty.HandFailed || it.Why != duty.SaidNo || len(it.Rest) != 2 || it.Rest[1] != "wm2" || it.Tried != 2 {
		t.Errorf("two refused: %+v, want failed with both to try again", it)
	}
	if it = duty.Answered(it, [2]string{}, [][]string{{"wm2", "", "没有回音"}}); it.Why != duty.NoAnswerYet {
		t.Errorf("no answer: %q, want unknown", it.Why)
	}
}
