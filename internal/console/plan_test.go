package console

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/plan"
)

// planner is invented sends by plan: every state of a mass send and of a target, and two SOPs.
type planner struct{ h *house }

func (p planner) note(format string, args ...any) {
	p.h.did = append(p.h.did, fmt.Sprintf(format, args...))
}

func (p planner) SaveLimits(_ context.Context, _ string, l plan.Limits, reason string) error {
	if err := l.Check(); err != nil {
		return err
	}
	p.note("limits %+v: %s", l, reason)
	return p.h.err
}

func (p planner) LinkRules(context.Context) ([]plan.LinkRule, error) {
	return plan.DefaultLinkRules(), p.h.err
}

func (p planner) SaveLinkRules(_ context.Context, _ string, list []plan.LinkRule, reason string) error {
	if err := plan.CheckLinkRules(list); err != nil {
		return err
	}
	p.note("%d link rules: %s", len(list), reason)
	return p.h.err
}

func (p planner) Limits(context.Context) (plan.Limits, error) { return plan.DefaultLimits(), p.h.err }

func (p planner) Estimate(_ context.Context, b plan.Broadcast) (plan.Estimate, error) {
	if err := b.Check(); err != nil {
		return plan.Estimate{}, err
	}
	at := fakeNow.UnixMilli()
	rows := []plan.Reach{}
	for i, level := range []community.Level{community.Native, community.Assisted, community.Human} {
		rows = append(rows, plan.Reach{Group: p.h.groups[i], Level: level, Members: []community.MemberKey{1, community.MemberKey(i + 2)}, Facts: plan.Facts{Zone: time.UTC}})
	}
	rows[1].Facts.Sends = []int64{at - 3600_000, at - 7200_000}
	return plan.Foresee(plan.DefaultLimits(), b.Post(), rows, nil, plan.CheckLinks(plan.DefaultLinkRules(), b.Text, nil, "wechat", at), "https://q.example", at), p.h.err
}

// filed are the files that the planner keeps, by id.
var filed = map[community.ID]plan.Piece{
	fakeID(680): {Kind: "image", File: fakeID(680), Name: "海报.png", Type: "image/png", Bytes: 180 << 10},
	fakeID(681): {Kind: "file", File: fakeID(681), Name: "课程表.pdf", Type: "application/pdf", Bytes: 2 << 20},
}

func (p planner) KeepFile(_ context.Context, _, name string, data []byte) (plan.Piece, error) {
	switch {
	case len(data) == 0:
		return plan.Piece{}, community.Errorf(community.CodeBadInput, "empty")
	case len(data) > community.MaxMedium:
		return plan.Piece{}, community.Errorf(community.CodeTooLarge, "large")
	}
	p.note("keep %s, %d bytes", name, len(data))
	return filed[fakeID(680)], p.h.err
}

func (p planner) KeptFile(_ context.Context, id community.ID) (plan.Piece, error) {
	if one, ok := filed[id]; ok {
		return one, p.h.err
	}
	return plan.Piece{}, community.Errorf(community.CodeNotFound, "file: not found")
}

func (p planner) FileContent(_ context.Context, id community.ID) (community.Medium, error) {
	one, err := p.KeptFile(context.Background(), id)
	return community.Medium{Name: one.Name, Type: one.Type, Data: []byte("content of " + one.Name)}, err
}

func (p planner) NewBroadcast(_ context.Context, user string, b plan.Broadcast) (plan.Broadcast, error) {
	if err := b.Check(); err != nil {
		return b, err
	}
	p.note("send %q at %d to %v, force %q", b.Text, b.Start, b.Filter, b.Force)
	for _, one := range b.Pieces {
		p.note("with %s %s, by link %v", one.Kind, one.Called(), b.ByLink)
	}
	b.ID = fakeID(600)
	return b, p.h.err
}

func (p planner) all() []plan.Broadcast {
	var out []plan.Broadcast
	for i, s := range []plan.State{plan.Running, plan.Scheduled, plan.Paused, plan.Cancelled, plan.Draft, plan.Running} {
		b := plan.Broadcast{ID: fakeID(600 + i), Org: 1, Title: "读书会直播提醒", Text: "今晚 20:00 读书会直播。\n带上书，先看第三章。", State: s, Start: fakeNow.UnixMilli() - 3600_000, Created: fakeNow.UnixMilli()}
		switch i {
		case 0:
			for _, k := range p.targets() {
				b.Counts.Add(k)
			}
		case 5:
			b.Title, b.Counts = strings.Repeat("很长的标题", 12), plan.Counts{All: 3, Sent: 3}
		}
		out = append(out, b)
	}
	return out
}

func (p planner) Broadcasts(context.Context, string, community.Page) ([]plan.Broadcast, int, error) {
	if p.h.quiet {
		return nil, 0, p.h.err
	}
	return p.all(), 6, p.h.err
}

func (p planner) Broadcast(_ context.Context, id community.ID) (plan.Broadcast, error) {
	for _, b := range p.all() {
		if b.ID == id {
			return b, p.h.err
		}
	}
	return plan.Broadcast{}, community.Errorf(community.CodeNotFound, "mass send: not found")
}

// targets are one of each state.
func (p planner) targets() []plan.Target {
	due := fakeNow.UnixMilli() - 3600_000
	base := func(i int) plan.Target {
		return plan.Target{ID: fakeID(620 + i), Org: 1, Group: community.GroupKey(i%3 + 1), GroupID: p.h.groups[i%3].ID, GroupName: p.h.groups[i%3].Name, Text: "今晚直播", Due: due, Kept: plan.Sending}
	}
	list := []plan.Target{base(0), base(1), base(2), base(3), base(4), base(5), base(6)}
	list[0].Did, list[0].DidAt, list[0].Mode = community.Confirmed, due+60_000, community.Native
	list[1].Did, list[1].DidAt, list[1].Mode = community.Acked, due+30*60_000, community.Human
	list[2].Did, list[2].Mode, list[2].Reminded = community.HumanTask, community.Assisted, []int64{due + 1}
	list[3].Kept, list[3].Why = plan.Blocked, []plan.Reason{{Code: plan.QuietHours, Hours: "22:30-08:00", Possible: due + 8*3600_000}, {Code: plan.Fatigue, Have: 40, Of: 100, Cap: 5}}
	list[4].Kept = plan.Waiting
	list[5].Did, list[5].Detail = community.Failed, "the bot was muted"
	list[6].Kept, list[6].Why = plan.NotSent, []plan.Reason{{Code: plan.GaveUp, Cap: 24}}
	return list
}

func (p planner) Targets(_ context.Context, source community.ID, _ community.GroupKey, _ community.Page) ([]plan.Target, int, error) {
	if source != fakeID(600) && source != fakeID(650) {
		return nil, 0, p.h.err
	}
	return p.targets(), 7, p.h.err
}

func (p planner) MoveBroadcast(_ context.Context, _ string, id community.ID, to plan.State, reason string) error {
	p.note("move to %s: %s", to, reason)
	return nil
}

func (p planner) Retry(context.Context, string, community.ID, string) (int, error) {
	p.note("retry")
	return 2, nil
}

func (p planner) Remind(context.Context, string, community.ID) (int, int, error) {
	p.note("remind")
	return 1, 0, nil
}

func (p planner) Override(_ context.Context, _ string, _ community.ID, reason string) error {
	p.note("let pass: %s", reason)
	return nil
}

func (p planner) SOPs(context.Context, string) ([]plan.SOP, error) {
	if p.h.quiet {
		return nil, p.h.err
	}
	s := plan.SOP{ID: fakeID(650), Org: 1, Name: "新群七天", Version: 3, State: plan.Running, Groups: 2, Counts: plan.Counts{All: 7, Sent: 2, Waiting: 3, NotSent: 2}, Steps: []plan.Step{
		{ID: "s1", Kind: plan.ByDay, At: "20:00", Text: "欢迎大家，先看群公告。"}, {ID: "s2", Kind: plan.Weekly, Weekday: 1, At: "09:00", Text: "本周计划"}, {ID: "s3", Kind: plan.OnDate, Date: "2026-12-31", At: "12:00", Text: "年终活动"},
		{ID: "s4", Kind: plan.ByDay, Day: 2, At: "12:00", Library: fakeID(951), Values: map[string]string{"price": "9.9"}}, {ID: "s5", Kind: plan.ByDay, Day: 3, At: "12:00", Library: fakeID(952)}, {ID: "s6", Kind: plan.ByDay, Day: 4, At: "12:00", Library: fakeID(999)}}}
	idle := s
	idle.ID, idle.State, idle.Groups, idle.Counts = fakeID(651), plan.Paused, 0, plan.Counts{}
	return []plan.SOP{s, idle}, p.h.err
}

func (p planner) SOP(ctx context.Context, id community.ID) (plan.SOP, error) {
	list, err := p.SOPs(ctx, "")
	if i := slices.IndexFunc(list, func(s plan.SOP) bool { return s.ID == id }); i >= 0 {
		return list[i], err
	}
	return plan.SOP{}, community.Errorf(community.CodeNotFound, "SOP: not found")
}

func (p planner) SaveSOP(_ context.Context, _ string, s plan.SOP, _ string) (plan.SOP, error) {
	s.Steps = plan.NameSteps(s.Steps)
	if err := s.Check(); err != nil {
		return s, err
	}
	p.note("save %s of version %d: %+v", s.Name, s.Version, s.Steps)
	s.ID = fakeID(650)
	return s, nil
}

func (p planner) CheckSOP(_ context.Context, s plan.SOP) ([]plan.StepFinding, error) {
	s.Steps = plan.NameSteps(s.Steps)
	rows := []plan.Reach{{Group: community.GroupRow{Group: community.Group{Platform: "wecom"}}, Takes: plan.Carries{Card: true, Upload: map[string]int64{"image": 10 << 20}, Most: 9}}}
	return s.Fits(rows, "", fakeNow.UnixMilli()), s.Check()
}

func (p planner) MoveSOP(_ context.Context, _ string, _ community.ID, to plan.State, _ string) error {
	p.note("sop to %s", to)
	return nil
}

func (p planner) AddToSOP(_ context.Context, _ string, _ community.ID, g community.GroupKey, _ string) error {
	p.note("enter %d", g)
	return nil
}

func (p planner) RemoveFromSOP(_ context.Context, _ string, _ community.ID, g community.GroupKey, _ string) error {
	p.note("leave %d", g)
	return nil
}

func (p planner) SOPGroups(_ context.Context, id community.ID) ([]plan.Member, error) {
	if id != fakeID(650) {
		return nil, p.h.err
	}
	at := fakeNow.UnixMilli()
	return []plan.Member{{Group: 1, GroupID: p.h.groups[0].ID, GroupName: p.h.groups[0].Name, Entered: at - 86400_000, Next: at + 3600_000, Counts: plan.Counts{All: 2, Sent: 1, Waiting: 1}},
		{Group: 2, GroupID: p.h.groups[1].ID, GroupName: p.h.groups[1].Name, Entered: at - 5*86400_000, Left: at - 86400_000}}, p.h.err
}

// planPages are the pages of what is sent by plan, in every state.
func planPages() map[string]string {
	out := map[string]string{"broadcasts": "/broadcasts", "broadcast-new": "/broadcasts/new", "limits": "/broadcasts/limits", "limits-edit": "/broadcasts/limits/edit", "link-rule": "/broadcasts/links?rule=abroad", "sops": "/sops", "sop-new": "/sops/new", "sop": "/sops/" + fakeID(650).String(), "sop-idle": "/sops/" + fakeID(651).String(), "sop-edit": "/sops/" + fakeID(650).String() + "/edit",
		"moments": "/moments", "moment-new": "/moments/" + fakeID(11).String() + "/new", "moment": "/moments/" + fakeID(11).String() + "/post?m=mom1", "articles": "/articles", "drift": "/connections/" + fakeID(11).String() + "/drift", "shorts": "/shorts", "short-new": "/shorts/new", "short": "/shorts/" + fakeID(700).String(), "short-closed": "/shorts/" + fakeID(702).String()}
	for i := range 6 {
		out[fmt.Sprint("broadcast-", i)] = "/broadcasts/" + fakeID(600+i).String()
	}
	return out
}

func TestPagesOfPlansSpeakBothLanguages(t *testing.T) {
	for _, lang := range []string{"zh-CN", "en"} {
		for _, quiet := range []bool{false, true} {
			h := furnished()
			h.users[0].Lang, h.quiet = lang, quiet
			v := open(t, h).as("owner")
			for name, path := range planPages() {
				status, body := v.get(path)
				if quiet && strings.HasPrefix(path, "/sops/") && path != "/sops/new" {
					continue // there is none then
				}
				if status != 200 {
					t.Errorf("%s = %d", path, status)
				}
				if got := unsaid.FindAllString(body, 5); got != nil {
					t.Errorf("%s in %s leaves unsaid: %v", name, lang, got)
				}
			}
		}
	}
}

// post sends a form of single values.
func post(v *visitor, path string, form url.Values) (int, string) {
	var pairs []string
	for name, values := range form {
		pairs = append(pairs, name, values[0])
	}
	return v.post(path, pairs...)
}

func TestMassSendIsEstimatedBeforeItCanBeSent(t *testing.T) {
	h := furnished()
	v := open(t, h).as("mod")
	if _, body := v.get("/broadcasts/new"); !strings.Contains(body, "disabled") {
		t.Error("the button that sends is not disabled before the estimate")
	}
	_, body := post(v, "/broadcasts/estimate", url.Values{"text": {"今晚直播"}})
	if strings.Contains(body, " disabled") || !strings.Contains(body, "24 小时内已发 2 条，上限 2") {
		t.Errorf("after the estimate: disabled %v; want it free, and the held group with its figure", strings.Contains(body, " disabled"))
	}
	_, body = post(v, "/broadcasts/estimate", url.Values{"text": {"转发到群领资料 https://example.com/a"}})
	if !strings.Contains(body, " disabled") || !strings.Contains(body, "wechat-inducement") || !strings.Contains(body, "未核实") {
		t.Error("an inducement beside a link: want the button disabled, the rule and that it is not verified")
	}
	for name, form := range map[string]url.Values{"empty": {"text": {" "}}, "huge": {"text": {strings.Repeat("长", plan.MaxText+1)}}, "bad time": {"text": {"x"}, "start": {"tomorrow"}}} {
		for _, path := range []string{"/broadcasts", "/broadcasts/estimate"} {
			if status, _ := post(v, path, form); status != 200 || len(h.did) != 0 {
				t.Errorf("%s to %s = %d, did %q; want the form again and nothing done", name, path, status, h.did)
			}
		}
	}
	post(v, "/broadcasts", url.Values{"text": {"今晚直播\r\n带书"}, "start": {"2026-12-01 19:30"}, "tag": {"学习"}})
	if want := `send "今晚直播\n带书" at 1796124600000 to {[学习] [] }, force ""`; len(h.did) != 1 || h.did[0] != want {
		t.Errorf("did %q, want %q", h.did, want)
	}
}

func TestWhatIsDoneWithPlansReachesThem(t *testing.T) {
	h := furnished()
	v := open(t, h).as("mod")
	b, s := "/broadcasts/"+fakeID(600).String(), "/sops/"+fakeID(650).String()
	post(v, b+"/move", url.Values{"to": {"paused"}, "reason": {"等一等"}})
	post(v, b+"/remind", url.Values{})
	post(v, b+"/retry", url.Values{})
	post(v, "/broadcasts/targets/"+fakeID(623).String()+"/let", url.Values{"reason": {""}})
	post(v, "/broadcasts/targets/"+fakeID(623).String()+"/let", url.Values{"reason": {"急"}})
	post(v, s+"/groups", url.Values{"g": {h.groups[1].ID.String()}})
	post(v, s+"/leave", url.Values{"g": {h.groups[1].ID.String()}})
	post(v, s+"/move", url.Values{"to": {"paused"}})
	post(v, "/sops", url.Values{"id": {fakeID(650).String()}, "version": {"3"}, "name": {"新群"}, "kind0": {"weekly"}, "weekday0": {"2"}, "at0": {"09:00"}, "text0": {"早"}, "id0": {"s2"}, "text1": {""}, "kind1": {"day"}, "move_none": {"只改时间"}})
	if status, body := post(v, "/sops", url.Values{"name": {"坏"}, "kind0": {"day"}, "day0": {"0"}, "at0": {"9点"}, "text0": {"早"}}); status != 200 || !strings.Contains(body, "9点") {
		t.Errorf("a bad step = %d; want the form again with what was written", status)
	}
	want := []string{"move to paused: 等一等", "remind", "retry", "let pass: 急", "enter 2", "leave 2", "sop to paused", "save 新群 of version 3: [{ID:s2 Kind:weekly Day:0 Weekday:2 Date: At:09:00 Text:早 Link:{URL: Title:} Pieces:[] ByLink:false Library:---------------------- Values:map[]}]"}
	if !slices.Equal(h.did, want) {
		t.Errorf("did %q, want %q", h.did, want)
	}
}

// TestPlansAreSoundInABrowser looks at every page at both widths and in both languages.
func TestPlansAreSoundInABrowser(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"zh-CN", "en"} {
		h := furnished()
		h.users[0].Lang = lang
		v := open(t, h)
		soundTo(t, v.base, lang, planPages())
	}
}
