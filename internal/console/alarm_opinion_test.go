package console

import (
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/duty"
)

// TestOpinionAlarmShowsThreadPeopleAndGrowth: in both languages, with the subject; a false alarm needs a reason, judges the
// decision and ends the alarm; other alarms are no false opinions.
func TestOpinionAlarmShowsThreadPeopleAndGrowth(t *testing.T) {
	for lang, words := range map[string][]string{
		"zh-CN": {"舆情：徒步群，30 分钟内 5 人在说同一件事，其中 4 人在抱怨", "每 5 分钟：0 → 0 → 1 → 2 → 1 → 2", "是平时的 9 倍", "误报", "/members/"},
		"en":    {"Public opinion: 徒步群", "each 5 minutes: 0 → 0 → 1 → 2 → 1 → 2", "False alarm"},
	} {
		h := furnished()
		h.users[0].Lang = lang
		d := h.fullDeps()
		watch := d.Duty(1, nil).(*fakeDuty)
		about := h.decided[0]
		about.Hits = []community.RuleHit{{Rule: "opinion", Kind: "opinion", Why: "opinion 5 4 6 30 9", Near: []int64{1001, 1002}, Spans: []community.Span{{Start: 0, End: 3}}}}
		h.decided[0] = about
		watch.alarms = append(watch.alarms, duty.Alarm{ID: fakeID(830), Kind: duty.KindOpinion, Subject: duty.OpinionOf(about.ID), Group: 1, Detail: "徒步群: 5 4 6 30 9 0,0,1,2,1,2", State: duty.Waiting, Opened: fakeNow.UnixMilli()})
		v := openWith(t, d).as("owner")
		at := "/duty/alarms/" + fakeID(830).String()
		status, body := v.get(at)
		if status != 200 || unsaid.FindAllString(body, 5) != nil {
			t.Fatalf("%s = %d, unsaid %v", at, status, unsaid.FindAllString(body, 5))
		}
		for _, want := range words {
			if !strings.Contains(body, want) {
				t.Errorf("%s: the alarm does not say %q", lang, want)
			}
		}
		v.post(at+"/false", "reason", "")
		if got := h.last(t); strings.Contains(got, "false_hit") {
			t.Errorf("without a reason: %q", got)
		}
		v.post(at+"/false", "reason", "只是闲聊")
		if did := strings.Join(h.did, "; "); !strings.Contains(did, "false_hit") || !strings.Contains(did, "finish") {
			t.Errorf("did %q", did)
		}
		if status, _ = v.post("/duty/alarms/"+watch.alarms[0].ID.String()+"/false", "reason", "x"); status != 404 {
			t.Errorf("another alarm is a false opinion: %d, want 404", status)
		}
	}
}
