package app_test

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/policy"
	"qunluo/internal/replay"
)

// TestRuleIsWrittenTriedAndEnabledInTheLab: the whole way on one page: a rule is changed, tried on a text and on the group's
// past in the background, the labelled case that it breaks is named, publishing is refused without a reason for it, and with
// one the rule is live.
func TestRuleIsWrittenTriedAndEnabledInTheLab(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startShift(t, dbURL, "")
		ctx, hands := t.Context(), s.app.Hands(s.org, nil)
		_, err := hands.Publish(plain(ctx), "ming", s.group.Key, wordBook(t, "代购"), "第一版")
		check(t, err)
		m := s.member("大刘")
		s.says(m, "代购包包加我")
		fine := s.says(m, "上次的团购真好吃")
		s.says(m, "团购一折")
		_, err = s.app.Cases(s.org, nil).Add(ctx, "ming", community.Case{Group: s.group.Key, Event: fine.Number, Want: community.WantNone, Why: "闲聊"})
		check(t, err)

		at := "/rules/" + s.group.ID.String()
		lab := at + "/lab?rule=ads"
		if _, body := s.get(at); !strings.Contains(body, "/lab?rule=ads") {
			t.Error("the rulebook does not lead to the laboratory")
		}
		if _, body := s.get(at + "/test"); !strings.Contains(body, `id="try"`) || !strings.Contains(body, `id="past"`) {
			t.Error("the old address of the test box does not lead to the laboratory")
		}
		changed := `{"id":"ads","name":"广告","kind":"keyword","mode":"dry","params":{"lists":[{"words":["团购"]}]}}`
		body := s.does(lab+"&as=json", at+"/lab/json", url.Values{"stamp": {"v1"}, "rule": {"ads"}, "json": {changed}})
		if !strings.Contains(body, "已存进草稿") && !strings.Contains(body, "团购") {
			t.Fatalf("the rule as JSON: %s", excerpt(body))
		}
		_, body = s.get(lab)
		if !strings.Contains(body, `name="params.lists[0].words"`) || !strings.Contains(body, "标注案例") {
			t.Fatalf("the laboratory has no form, or no cases: %s", excerpt(body))
		}
		if body = s.does(lab, at+"/test", url.Values{"rule": {"ads"}, "text": {"团购啦"}, "joined": {"30"}, "repeat": {"1"}, "class": {"0"}}); !strings.Contains(body, `<mark class="wrap">团购</mark>`) || !strings.Contains(body, `id="past"`) {
			t.Errorf("the trial of a text: %s", excerpt(body))
		}
		s.does(lab, at+"/lab/run", url.Values{"days": {"7"}, "back": {lab}})
		await(t, func() bool { _, body = s.get(lab); return strings.Contains(body, "少命中") })
		for _, want := range []string{"多命中 2 条，少命中 1 条", "真好吃", "包包加我", `<mark class="wrap">代购</mark>`} {
			if !strings.Contains(body, want) {
				t.Errorf("the trial on the past does not say %s: %s", want, excerpt(body))
			}
		}

		draft, err := s.desk.BookVersion(ctx, s.group.Key, 0)
		check(t, err)
		stamp := "d" + strconv.FormatInt(draft.At, 10)
		enable := url.Values{"stamp": {stamp}, "rule": {"ads"}, "mode": {"live"}, "reason": {"试过"}, "move_none": {"试出来的"}, "back": {lab}}
		if body = s.does(lab, at+"/enable", enable); !strings.Contains(body, "没有发布") {
			t.Errorf("a rule that breaks a labelled case is published: %s", excerpt(body))
		}
		enable.Set("despite", "宁可多拦")
		s.does(lab, at+"/enable", enable)
		now, err := s.desk.BookVersion(ctx, s.group.Key, 2)
		check(t, err)
		var book policy.Book
		check(t, json.Unmarshal(now.Body, &book))
		if book.Rules[0].Mode != policy.RuleLive || now.Note != "试过" {
			t.Errorf("in force: %+v, note %q", book.Rules[0], now.Note)
		}
	})
}

// TestTrialIsStoppedAndBadOnesAreRefused: one at a time, cancel, and bad input at the door.
func TestTrialIsStoppedAndBadOnesAreRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startShift(t, dbURL, "")
		ctx, lab := t.Context(), s.app.Lab(s.org, nil)
		good := wordBook(t, "团购")
		for name, try := range map[string]func() error{
			"no days":  func() error { _, err := lab.Start(ctx, "ming", s.group.Key, good, 0, nil); return err },
			"too many": func() error { _, err := lab.Start(ctx, "ming", s.group.Key, good, 1<<30, nil); return err },
			"no book": func() error {
				_, err := lab.Start(ctx, "ming", s.group.Key, json.RawMessage(`{half`), 7, nil)
				return err
			},
			"no group":  func() error { _, err := lab.Start(ctx, "ming", 999, good, 7, nil); return err },
			"stop none": func() error { return lab.Stop(ctx, s.app.Store().NewID()) },
			"other one": func() error {
				_, _, err := s.app.Lab(s.org+1, nil).Runs(ctx, s.group.Key, community.Page{})
				return err
			},
			"out of eye": func() error {
				_, _, err := s.app.Lab(s.org, []community.GroupKey{999}).Runs(ctx, s.group.Key, community.Page{})
				return err
			},
		} {
			if err := try(); community.CodeOf(err) == community.CodeNone || community.CodeOf(err) == community.CodeInternal {
				t.Errorf("%s: %v, want a refusal", name, err)
			}
		}
		// begun by nobody's job: it stays under way until somebody stops it
		run, err := s.app.Store().AddTrial(ctx, replay.Run{Group: s.group.Key, User: "ming", Book: good, To: 1}, "")
		check(t, err)
		if _, err := lab.Start(ctx, "ming", s.group.Key, good, 7, nil); community.CodeOf(err) != community.CodeConflict {
			t.Errorf("a second one at once: %v, want a conflict", err)
		}
		at := "/rules/" + s.group.ID.String()
		_, err = s.app.Hands(s.org, nil).Publish(plain(ctx), "ming", s.group.Key, good, "第一版")
		check(t, err)
		if body := s.does(at+"/lab", at+"/lab/stop", url.Values{"run": {run.ID.String()}}); !strings.Contains(body, "已取消") {
			t.Errorf("cancelled: %s", excerpt(body))
		}
		if err := lab.Stop(ctx, run.ID); community.CodeOf(err) != community.CodeConflict {
			t.Errorf("stopped twice: %v, want a conflict", err)
		}
		got, err := lab.Start(context.WithoutCancel(ctx), "ming", s.group.Key, good, 7, func(int64, int64) {})
		check(t, err)
		if got.State != replay.RunDone || got.Of < got.Done || got.Micros <= 0 && got.Events > 0 {
			t.Errorf("waited for: %+v", got)
		}
	})
}
