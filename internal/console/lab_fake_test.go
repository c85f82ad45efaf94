package console

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/policy"
	"qunluo/internal/replay"
)

// workshop is the invented house's laboratory, with its labelled cases and suggestions.
type workshop struct {
	h    *house
	busy bool // the trial on the past is under way
}

func (w workshop) Start(_ context.Context, _ string, g community.GroupKey, _ json.RawMessage, days int, _ func(done, of int64)) (replay.Run, error) {
	w.h.note("try group %d over %d days", g, days)
	return replay.Run{}, w.h.err
}

func (w workshop) Runs(context.Context, community.GroupKey, community.Page) ([]replay.Run, int, error) {
	run, err := w.Run(context.Background(), fakeID(800))
	return []replay.Run{run}, 1, err
}

func (w workshop) Run(context.Context, community.ID) (replay.Run, error) {
	run := replay.Run{ID: fakeID(800), Group: 1, At: fakeNow.UnixMilli(), From: fakeNow.UnixMilli() - 30*86400_000, To: fakeNow.UnixMilli(), State: replay.RunDone, Done: 900, Of: 41_234, Book: json.RawMessage(`{"name":"x"}`)}
	run.RunReport = replay.RunReport{Messages: 41_234, Rules: []replay.RuleDiff{{Rule: "ads", Both: 5, OnlyB: 3, OnlyA: 1}}, Micros: 800_000, Millis: 900}
	if w.busy {
		run.State = replay.RunBusy
	}
	return run, w.h.err
}

func (w workshop) Stop(_ context.Context, id community.ID) error {
	w.h.note("stop %s", id)
	return w.h.err
}

func (w workshop) Report(ctx context.Context, run replay.Run) (ReplayReport, error) {
	return bookroom{w.h}.Replay(ctx, run.Group, nil, json.RawMessage(`{}`), run.From, run.To)
}

// example is a labelled case about a message of the furnished house.
func (w workshop) example() community.CaseRow {
	row := community.CaseRow{Case: community.Case{ID: fakeID(810), Group: 1, Event: 1003, Want: community.WantNone, Rule: "ads", User: fakeID(1).String(), At: fakeNow.UnixMilli(), Why: "闲聊"}, GroupID: fakeID(20), GroupName: "徒步群"}
	for _, m := range w.h.messages {
		if m.Number == row.Event {
			row.Message = m
		}
	}
	return row
}

// caseBox keeps one labelled case, which the draft breaks.
type caseBox struct{ workshop }

func (c caseBox) Find(context.Context, community.CaseFilter) ([]community.CaseRow, int, error) {
	return []community.CaseRow{c.example()}, 1, c.h.err
}

func (c caseBox) Add(_ context.Context, _ string, one community.Case) (community.Case, error) {
	return one, c.h.err
}

func (c caseBox) Remove(context.Context, string, community.ID, string) error { return c.h.err }

func (c caseBox) Judge(_ context.Context, _ community.GroupKey, book json.RawMessage) ([]replay.Standing, replay.CaseSums, error) {
	if len(book) == 0 {
		return []replay.Standing{{Case: fakeID(810), Fate: replay.Right}}, replay.CaseSums{Cases: 1, Right: 1}, c.h.err
	}
	return []replay.Standing{{Case: fakeID(810), Fate: replay.Broken}}, replay.CaseSums{Cases: 1, Broken: 1, False: 1, Rules: []replay.RuleCases{{Rule: "ads", False: 1}}}, c.h.err
}

func (c caseBox) Publish(_ context.Context, _ string, _ community.GroupKey, _ json.RawMessage, note, despite string) (int, error) {
	c.h.note("publish despite %s: %s", despite, note)
	return 4, c.h.err
}

// adviser has one suggestion.
type adviser struct{ h *house }

func (a adviser) one() replay.Suggestion {
	s := replay.Suggestion{ID: fakeID(820), Group: 1, State: replay.Open, At: fakeNow.UnixMilli(), Seen: fakeNow.UnixMilli(), Book: 3, Place: replay.Place{GroupID: fakeID(20), GroupName: "徒步群"}}
	s.Variant = policy.Variant{Rule: "flood", What: policy.NumberUp, Field: "params.windows[0].messages", Before: "5", After: "7",
		From: policy.Rule{ID: "flood", Name: "刷屏", Kind: "flood", Mode: policy.RuleLive, Params: json.RawMessage(`{"windows":[{"seconds":60,"messages":5}]}`)},
		To:   policy.Rule{ID: "flood", Name: "刷屏", Kind: "flood", Mode: policy.RuleLive, Params: json.RawMessage(`{"windows":[{"seconds":60,"messages":7}]}`)}}
	s.Today = replay.Weighed{Found: 9, False: 4, Clean: 7, Missed: 1, Removals: 1}
	s.Would = replay.Weighed{Found: 9, False: 2, Clean: 9, Missed: 1, Mended: []int64{1003, 99999}, Caught: []int64{1001}, New: []int64{1002}, More: 1}
	return s
}

func (a adviser) Find(_ context.Context, _ community.GroupKey, state string, _ community.Page) ([]replay.Suggestion, int, error) {
	if state != replay.Open {
		return nil, 0, a.h.err
	}
	return []replay.Suggestion{a.one()}, 1, a.h.err
}

func (a adviser) ByID(_ context.Context, id community.ID) (replay.Suggestion, error) {
	if id != fakeID(820) {
		return replay.Suggestion{}, community.Errorf(community.CodeNotFound, "no suggestion %s", id)
	}
	return a.one(), a.h.err
}

func (a adviser) Weighings(context.Context, community.GroupKey, community.Page) ([]replay.Weighing, error) {
	return []replay.Weighing{{Group: 1, At: fakeNow.UnixMilli(), Days: 30, Messages: 41_234, Judged: 21, Tried: 18, Better: 1, Place: replay.Place{GroupID: fakeID(20), GroupName: "徒步群"}},
		{Group: 2, Judged: 3, Place: replay.Place{GroupID: fakeID(21), GroupName: "读书群"}}}, a.h.err
}

func (a adviser) Messages(_ context.Context, numbers []int64) (map[int64]community.MessageRow, error) {
	out := map[int64]community.MessageRow{}
	for _, m := range a.h.messages {
		out[m.Number] = m
	}
	return out, a.h.err
}

func (a adviser) Weigh(_ context.Context, g community.GroupKey, days int, _ func(done, of int64)) (replay.Weighing, error) {
	a.h.note("weigh group %d over %d days", g, days)
	return replay.Weighing{}, a.h.err
}

func (a adviser) Apply(_ context.Context, _ string, id community.ID, reason, despite string) (int, error) {
	a.h.note("apply %s: %s%s", id, reason, despite)
	return 4, a.h.err
}

func (a adviser) Dismiss(_ context.Context, _ string, id community.ID, reason string) error {
	a.h.note("dismiss %s: %s", id, reason)
	return a.h.err
}

// equip gives a house laboratory, labelled cases and suggestions.
func (h *house) equip(d *Deps, busy bool) {
	d.Lab = func(community.OrgKey, []community.GroupKey) Lab { return workshop{h, busy} }
	d.Cases = func(community.OrgKey, []community.GroupKey) Cases { return caseBox{workshop{h, busy}} }
	d.Suggests = func(community.OrgKey, []community.GroupKey) Suggests { return adviser{h} }
}

// TestLabIsOnePage: the rule's form, the test box, the labelled case that would break, what came of the past, and the ways into
// force stand on one page, in both languages; a trial under way shows how far it is and can be cancelled.
func TestLabIsOnePage(t *testing.T) {
	at := "/rules/" + fakeID(20).String() + "/lab?rule=ads"
	for lang, words := range map[string][]string{
		"zh-CN": {"1 个现在判得对的案例会被判错", "闲聊", "41,234", "启用或试运行", "多命中 3 条，少命中 1 条", `name="class"`, `name="params.lists[0].words"`, "另一份草稿"},
		"en":    {"1 case(s) that stand right today would be judged wrong", "3 more hits, 1 fewer", "Enable or dry-run", "another draft"},
	} {
		h := furnished()
		h.users[0].Lang = lang
		v := open(t, h).as("owner")
		status, body := v.get(at)
		if status != 200 {
			t.Fatalf("%s = %d", at, status)
		}
		for _, want := range words {
			if !strings.Contains(body, want) {
				t.Errorf("%s: the laboratory lacks %q", lang, want)
			}
		}
		for _, path := range []string{at, at + "&as=json", "/rules/" + fakeID(20).String() + "/lab?rule=new:flood", "/suggestions", "/suggestions?state=applied", "/suggestions/" + fakeID(820).String()} {
			if status, body = v.get(path); status != 200 || unsaid.FindAllString(body, 5) != nil {
				t.Errorf("%s in %s = %d, unsaid %v", path, lang, status, unsaid.FindAllString(body, 5))
			}
		}
		if status, _ = v.get("/rules/" + fakeID(20).String() + "/lab?rule=none"); status != 404 {
			t.Errorf("a rule that is none = %d, want 404", status)
		}
	}
	h := furnished()
	d := h.fullDeps()
	h.equip(&d, true)
	v := openWith(t, d).as("owner")
	_, body := v.get(at)
	for _, want := range []string{"<progress", "900 / 约 41,234", "/lab/stop", "every 2s"} {
		if !strings.Contains(body, want) {
			t.Errorf("a trial under way does not show %q", want)
		}
	}
	v.post("/rules/"+fakeID(20).String()+"/lab/stop", "run", fakeID(800).String())
	if got := h.last(t); got != "stop "+fakeID(800).String() {
		t.Errorf("did %q", got)
	}
	v.post("/rules/"+fakeID(20).String()+"/lab/run", "days", "90")
	if got := h.last(t); got != "try group 1 over 90 days" {
		t.Errorf("did %q", got)
	}
}

// TestSuggestionsAreAnsweredByPeople: a moderator may dismiss and not apply; both need a reason.
func TestSuggestionsAreAnsweredByPeople(t *testing.T) {
	at := "/suggestions/" + fakeID(820).String()
	h := furnished()
	owner, mod := open(t, h).as("owner"), open(t, h).as("mod")
	if _, body := owner.get(at); !strings.Contains(body, "别的群的案例") || !strings.Contains(body, "最多消息数从 5 改为 7") {
		t.Error("the suggestion does not say the change, or shows what is another group's")
	}
	owner.post(at+"/apply", "reason", "")
	if got := h.last(t); strings.HasPrefix(got, "apply") {
		t.Errorf("applied without a reason: %q", got)
	}
	if owner.post(at+"/apply", "reason", "少误判"); len(h.did) != 0 {
		t.Errorf("applied without a word on its figure: %q", h.did)
	}
	owner.post(at+"/apply", "reason", "少误判", "move", "messages", "move_days", "28")
	if got := h.last(t); got != "apply "+fakeID(820).String()+": 少误判" {
		t.Errorf("did %q", got)
	}
	if status, _ := mod.post(at+"/apply", "reason", "少误判"); status != 403 {
		t.Errorf("a moderator applies: %d, want 403", status)
	}
	mod.post(at+"/dismiss", "reason", "再看看")
	if got := h.last(t); got != "dismiss "+fakeID(820).String()+": 再看看" {
		t.Errorf("did %q", got)
	}
	mod.post("/suggestions", "g", fakeID(20).String(), "days", "7")
	if got := h.last(t); got != "weigh group 1 over 7 days" {
		t.Errorf("did %q", got)
	}
}
