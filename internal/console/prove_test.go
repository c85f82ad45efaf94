package console

import (
	"slices"
	"strings"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/proof"
)

// works lets somebody go on for a while, with a page in between as a session needs.
func (h *house) works(v *visitor, d time.Duration) {
	for ; d > 0; d -= 20 * time.Minute {
		h.pass(min(d, 20*time.Minute))
		v.get("/me")
	}
}

// TestRemovingSomebodyAsksWhoIsThere: by one's own will with a proof of minutes; on a rule's proposal, and by what may end in a removal,
// with one of the shift. What was filled in is kept, one proof is good for the next, and the rest of the work asks nothing.
func TestRemovingSomebodyAsksWhoIsThere(t *testing.T) {
	g, m := fakeID(20).String(), fakeID(43).String()
	remove := func(v *visitor, more ...string) (int, string) {
		return v.post("/members/"+m+"/remove", append([]string{"g", g, "reason", "广告", "block", "1"}, more...)...)
	}
	answer := func(v *visitor, d int, do string, more ...string) (int, string) {
		return v.post("/review/"+fakeID(d).String()+"/act", append([]string{"do", do, "reason", "广告"}, more...)...)
	}
	for _, x := range []struct {
		name  string
		after time.Duration // the last proof
		do    func(v *visitor, more ...string) (int, string)
		asks  bool
	}{
		{"own will, right after", 4 * time.Minute, remove, false},
		{"own will, later", 5 * time.Minute, remove, true},
		{"a rule's proposal, in the shift", 3 * time.Hour, func(v *visitor, more ...string) (int, string) { return answer(v, 200, "remove", more...) }, false},
		{"a rule's proposal, after it", 4 * time.Hour, func(v *visitor, more ...string) (int, string) { return answer(v, 200, "remove", more...) }, true},
		{"what was looked at before", 5 * time.Minute, func(v *visitor, more ...string) (int, string) { return answer(v, 292, "remove", more...) }, true},
		{"what somebody reported", 5 * time.Minute, func(v *visitor, more ...string) (int, string) { return answer(v, 293, "remove", more...) }, true},
		{"muting", 10 * time.Hour, func(v *visitor, more ...string) (int, string) { return answer(v, 200, "mute", more...) }, false},
		{"a removal that was held, in the shift", 3 * time.Hour, func(v *visitor, more ...string) (int, string) {
			return v.post("/review/"+fakeID(201).String()+"/judge", append([]string{"kind", "release", "reason", "看过了"}, more...)...)
		}, false},
		{"a removal that was held, after it", 4 * time.Hour, func(v *visitor, more ...string) (int, string) {
			return v.post("/review/"+fakeID(201).String()+"/judge", append([]string{"kind", "release", "reason", "看过了"}, more...)...)
		}, true},
		{"agreeing", 10 * time.Hour, func(v *visitor, more ...string) (int, string) {
			return v.post("/review/"+fakeID(200).String()+"/judge", append([]string{"kind", "kept"}, more...)...)
		}, false},
		{"a strike, in the shift", 3 * time.Hour, func(v *visitor, more ...string) (int, string) {
			return v.post("/messages/"+g+"/1003/strike", append([]string{"reason", "广告"}, more...)...)
		}, false},
		{"a strike, after it", 4 * time.Hour, func(v *visitor, more ...string) (int, string) {
			return v.post("/messages/"+g+"/1003/strike", append([]string{"reason", "广告"}, more...)...)
		}, true},
	} {
		t.Run(x.name, func(t *testing.T) {
			h := furnished()
			for i := range h.decided {
				h.decided[i].Review = "open"
			}
			looked := h.decided[slices.IndexFunc(h.decided, func(d community.DecisionRow) bool { return d.ID == fakeID(200) })]
			reported := looked
			looked.ID, looked.Review, looked.Resolution = fakeID(292), "", "kept"
			reported.ID, reported.Message.Type = fakeID(293), community.MemberReported
			h.decided = append(h.decided, looked, reported)
			v, _ := openGate(t, h)
			v.as("mod")
			h.works(v, x.after)
			status, body := x.do(v)
			if asked := status == 403 && strings.Contains(body, `name="_proof"`); asked != x.asks {
				t.Fatalf("answered %d, asked for a proof: %v, want %v", status, asked, x.asks)
			}
			if !x.asks {
				if len(h.did) == 0 {
					t.Error("nothing was done")
				}
				return
			}
			if len(h.did) != 0 || unsaid.MatchString(body) || !strings.Contains(body, `name="reason" value=`) {
				t.Errorf("before a proof: did %q, reason kept: %v", h.did, strings.Contains(body, `name="reason"`))
			}
			if status, _ := x.do(v, "_proof", "wrong password"); status != 403 || len(h.did) != 0 {
				t.Errorf("a wrong proof = %d, did %q", status, h.did)
			}
			if status, _ := x.do(v, "_proof", fakePassword); status != 200 || len(h.did) == 0 {
				t.Errorf("a proof = %d, did %q", status, h.did)
			}
			had := len(h.did)
			if status, _ := remove(v); status != 200 || len(h.did) != had+1 {
				t.Errorf("the next, right after a proof = %d, did %q", status, h.did[had:])
			}
		})
	}
}

// TestRemovingTakesACodeToo: who has a second factor may give a code instead, each once.
func TestRemovingTakesACodeToo(t *testing.T) {
	h := furnished()
	v, _ := openGate(t, h)
	v.as("owner")
	v.post("/me/factor/begin")
	v.post("/me/factor/confirm", "code", fakeSecret20.Code(proof.Step(h.now.UnixMilli())))
	path, form := "/members/"+fakeID(43).String()+"/remove", []string{"g", fakeID(20).String(), "reason", "广告"}
	h.pass(6 * time.Minute)
	code := fakeSecret20.Code(proof.Step(h.now.UnixMilli()))
	if status, _ := v.post(path, append(form, "_proof", code)...); status != 200 || h.last(t) != "act member.remove group 1 target 4 seconds 0: 广告" {
		t.Errorf("a code = %d, did %q", status, h.last(t))
	}
	had := len(h.did)
	h.pass(6 * time.Minute)
	if status, _ := v.post(path, append(form, "_proof", code)...); status != 403 || len(h.did) != had {
		t.Errorf("the code before = %d, did %q", status, h.did[had:])
	}
}
