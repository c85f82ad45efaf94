package console

import (
	"context"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/duty"
	"qunluo/internal/i18n"
	"qunluo/internal/measure"
)

// press keeps orders of the weekly report: one by mail that waits for a server, and one by webhook that did not arrive.
type press struct {
	h      *house
	mail   bool
	orders []measure.WeeklyOrder
	did    []string
}

func newPress(h *house) *press {
	at := fakeNow.UnixMilli()
	return &press{h: h, orders: []measure.WeeklyOrder{
		{ID: fakeID(970), Org: 1, User: fakeID(1).String(), Weekday: 0, Hour: 9, Lang: i18n.Chinese, Way: duty.ByMail, Address: "ops@example.com", Since: at},
		{ID: fakeID(971), Org: 1, User: fakeID(2).String(), Groups: []community.GroupKey{1}, Weekday: 4, Hour: 18, Lang: i18n.English, Way: duty.ByWebhook, Address: "https://hooks.example.com/s3cret-path", Paused: true}}}
}

func (p *press) CanMail() bool                                { return p.mail }
func (p *press) Zone(context.Context) (*time.Location, error) { return time.UTC, p.h.err }
func (p *press) Orders(context.Context) ([]measure.WeeklyOrder, error) {
	if p.h.quiet {
		return nil, p.h.err
	}
	return p.orders, p.h.err
}
func (p *press) Order(_ context.Context, id community.ID) (measure.WeeklyOrder, error) {
	for _, v := range p.orders {
		if v.ID == id {
			return v, p.h.err
		}
	}
	return measure.WeeklyOrder{}, community.Errorf(community.CodeNotFound, "weekly report %s: not found", id)
}
func (p *press) SaveOrder(_ context.Context, user string, v measure.WeeklyOrder, _ string) (measure.WeeklyOrder, error) {
	if err := v.Check([]string{i18n.Chinese, i18n.English}); err != nil {
		return v, err
	}
	if err := duty.CheckWays([]duty.Way{{Kind: v.Way, Address: v.Address, Secret: v.Secret}}); err != nil {
		return v, err
	}
	p.did = append(p.did, "save by "+user+" to "+v.Address+" groups "+itoa(int64(len(v.Groups)))+" at "+itoa(int64(v.Weekday))+":"+itoa(int64(v.Hour)))
	return v, p.h.err
}
func (p *press) DropOrder(_ context.Context, _ string, id community.ID, _ string) error {
	p.did = append(p.did, "drop")
	return p.h.err
}
func (p *press) PauseOrder(_ context.Context, _ string, _ community.ID, on bool, _ string) error {
	p.did = append(p.did, map[bool]string{true: "pause", false: "resume"}[on])
	return p.h.err
}
func (p *press) Runs(context.Context, community.ID) ([]measure.ReportRun, error) {
	run, _ := p.Run(context.Background(), fakeID(980))
	waits := measure.ReportRun{ID: fakeID(981), State: measure.ReportWaits, Manual: true, Until: 20_400}
	failed := measure.ReportRun{ID: fakeID(982), State: measure.ReportFailed, Error: "webhook: 410 " + hostile, Attempts: 12, Until: 20_393, Done: fakeNow.UnixMilli()}
	return []measure.ReportRun{run, waits, failed}, p.h.err
}
func (p *press) Run(_ context.Context, id community.ID) (measure.ReportRun, error) {
	r, _ := p.Preview(context.Background(), measure.WeeklyOrder{Lang: i18n.Chinese})
	run := measure.ReportRun{ID: id, Sub: fakeID(970), State: measure.ReportKept, Error: "no mail server is set (mail.host)", Attempts: 1, Until: 20_400, Report: &r, Done: fakeNow.UnixMilli()}
	if id != fakeID(980) {
		return run, community.Errorf(community.CodeNotFound, "report %s: not found", id)
	}
	return run, p.h.err
}
func (p *press) SendNow(context.Context, string, community.ID) (measure.ReportRun, error) {
	p.did = append(p.did, "send")
	return measure.ReportRun{}, p.h.err
}
func (p *press) Preview(_ context.Context, v measure.WeeklyOrder) (measure.Report, error) {
	w := p.words(v.Lang)
	r := measure.Report{Lang: v.Lang, From: "2026-11-16", To: "2026-11-22", Title: w.T("weekly.subject", "org", "读书会", "from", "2026-11-16", "to", "2026-11-22")}
	for _, name := range []string{w.T("weekly.all"), "晨读一群", hostile} {
		s := measure.ReportSection{Name: name}
		for _, l := range measure.Pick(measure.MakeSheet(fakeFacts()), measure.WeeklyMetrics()...) {
			s.Lines = append(s.Lines, measure.ReportLineOf(l, &l, w, "http://qun.example"+l.Path+"?g="+fakeID(20).String()))
		}
		r.Sections = append(r.Sections, s)
	}
	return r, p.h.err
}
func (p *press) Text(r measure.Report) string { return r.Text(p.words(r.Lang)) }
func (p *press) words(lang string) *i18n.Words {
	c, err := i18n.New()
	if err != nil {
		panic(err)
	}
	return c.In(lang)
}

// Beside gives sheets of groups that differ in one thing.
func (p *press) Beside(_ context.Context, groups []community.GroupKey, from, to measure.Day) ([]measure.Sheet, error) {
	if err := measure.CheckBeside(groups, from, to); err != nil {
		return nil, err
	}
	var out []measure.Sheet
	for i, g := range p.h.groups {
		for _, key := range groups {
			if g.Key == key {
				f := fakeFacts()
				f.Alarms = i
				out = append(out, measure.Sheet{Group: g.Key, GroupID: g.ID, Name: g.Name, From: from, To: to, Lines: measure.MakeSheet(f)})
			}
		}
	}
	return out, p.h.err
}

// fakeFacts are of a group with few people and a gap.
func fakeFacts() measure.SheetFacts {
	c := measure.Coverage{Covered: 7, Of: 7}
	a := measure.Activity{Coverage: c, Messages: 12345, Speakers: 9, MeanDAU: measure.Figure{Value: 3.4, Num: 24, Den: 7, Population: measure.Speakers, Coverage: c}}
	a.Top10 = measure.Figure{Value: 0.5, Num: 5, Den: 10, Grey: true, Population: measure.Speakers, Coverage: c}
	a.Daily = []measure.Daily{{Covered: 1, Joins: 3, Leaves: 1, Roster: 120, Week: c, Month: measure.Coverage{Covered: 9, Of: 30}}}
	return measure.SheetFacts{Activity: a, Response: measure.Response{Questions: 4, Open: 2}, Stage: &measure.Stage{Verdict: measure.StageYoung}, Ruled: measure.StageStable, HasGoal: true,
		Targets: []measure.Actual{{State: measure.TargetMet}}, Tiers: []measure.TierPart{{Tier: "core", Count: 2, Of: 30}}, Retention: &measure.Retention{Days: []measure.NDay{{K: 1}}}, Board: &measure.Board{}, Bonds: &measure.Bonds{}, Growth: &measure.GrowthMonth{}, Alarms: 2}
}
