package console

import (
	"context"
	"math"
	"net/url"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/experiment"
	"qunluo/internal/measure"
	"qunluo/internal/tier"
)

// keepInsight equips a house with goals and a stage, tiers, experiments and growth.
func (h *house) keepInsight(d *Deps) {
	goals, tiers := newGoalKeeper(h), &tierKeeper{h: h, rules: tier.Default()}
	leads := &scout{h: h}
	if !h.quiet {
		var facts []measure.LifeFacts
		for d := range 24 { // two dozen groups that declined, half of them renewed, and six people with signals
			f := declined("群"+hostile, measure.Day(20_640+8*(d%16)), 20_603)
			if d%2 == 0 {
				f = declined("群", measure.Day(20_610+5*(d%16)))
			}
			facts = append(facts, f)
			leads.list = append(leads.list, measure.Signal{Person: int64(d/4 + 1), Who: hostile, Kind: measure.SignalKinds()[d%4], At: fakeNow.UnixMilli() - int64(50-d)*86400_000, Source: hostile, Hand: d%5 == 0})
		}
		goals.lives = measure.CompareLives(facts)
	}
	d.Leads = func(community.OrgKey, []community.GroupKey) Leads { return leads }
	d.Goals = func(community.OrgKey, []community.GroupKey) Goals { return goals }
	d.Foundings = func(community.OrgKey, []community.GroupKey) Foundings { return &drawer{h: h} }
	d.Tiers = func(community.OrgKey, []community.GroupKey) Tiers { return tiers }
	d.Experiments = func(community.OrgKey, []community.GroupKey) Experiments { return trialKeeper{h} }
	d.Posters = func(community.OrgKey, []community.GroupKey) Posters { return posterKeeper{h} }
	d.Growths = func(community.OrgKey, []community.GroupKey) Growths { return growthKeeper{h} }
}

// tierKeeper keeps thirty people of whom two talk most, one with a hostile name, one pinned by hand.
type tierKeeper struct {
	h     *house
	rules tier.Rules
}

func (f *tierKeeper) day() int64 { d, _ := f.h.Today(context.Background(), 0); return int64(d) - 1 }

// people are thirty, each with fewer days than the one before.
func (f *tierKeeper) people() (out []tier.Person) {
	if f.h.quiet {
		return nil
	}
	for i := range 30 {
		p := tier.Person{Member: community.MemberKey(i + 1), Spans: []tier.Span{{From: f.day() - 200, To: f.day() + 1}}}
		for d := range max(0, 15-i) {
			p.Active = append(p.Active, f.day()-int64(d*3))
		}
		out = append(out, p)
	}
	return out
}

func (f *tierKeeper) rows() (out []tier.Row) {
	list, _ := tier.Book{Rules: f.rules, Decided: -1}.Round(f.people(), nil, f.day())
	for _, d := range list {
		r := tier.Row{Member: d.Member, Tier: d.Tier, Since: f.day(), Place: d.Rank, Places: d.Of, Why: d.Why, Numbers: d.Numbers, Day: f.day(), MemberID: fakeID(39 + int(d.Member)), Name: "书友"}
		if int(d.Member) <= len(f.h.members) {
			r.Name = f.h.members[d.Member-1].Name
		}
		if d.Member == 4 {
			r.Pin, r.PinUser, r.PinNote, r.PinAt = tier.Core, fakeID(1).String(), hostile, fakeNow.UnixMilli()
		}
		out = append(out, r)
	}
	return out
}

func (f *tierKeeper) Book(_ context.Context, g community.GroupKey) (tier.Book, error) {
	return tier.Book{Group: g, Version: 2, Rules: f.rules, Day: f.day(), Decided: f.day() - 2}, f.h.err
}
func (f *tierKeeper) Versions(context.Context, community.GroupKey) ([]tier.Version, error) {
	return []tier.Version{{Version: 2, Rules: f.rules, At: fakeNow.UnixMilli(), User: fakeID(1).String(), Note: hostile}, {Version: 1, Rules: tier.Default(), At: 1}}, f.h.err
}
func (f *tierKeeper) Rows(_ context.Context, _ community.GroupKey, m community.MemberKey, of tier.Tier) ([]tier.Row, error) {
	var out []tier.Row
	for _, r := range f.rows() {
		if (m == 0 || r.Member == m) && (of == tier.None || r.Tier == of) {
			out = append(out, r)
		}
	}
	return out, f.h.err
}
func (f *tierKeeper) Changes(_ context.Context, g community.GroupKey, m community.MemberKey, _ community.Page) ([]tier.Change, int, error) {
	var out []tier.Change
	for i, r := range f.rows() {
		if i < 5 && (m == 0 || m == r.Member) {
			out = append(out, tier.Change{ID: fakeID(960 + i), Group: g, Member: r.Member, MemberID: r.MemberID, Name: r.Name, Was: tier.Normal, Tier: r.Tier, Why: r.Why, Version: 2, Place: r.Place, Places: r.Places, Numbers: r.Numbers, Day: r.Day, At: fakeNow.UnixMilli()})
		}
	}
	return out, len(out), f.h.err
}
func (f *tierKeeper) Of(_ context.Context, m community.MemberKey) ([]tier.Place, error) {
	rows, err := f.Rows(context.Background(), 1, m, tier.None)
	if len(rows) == 0 {
		return nil, err
	}
	return []tier.Place{{Group: 1, GroupID: f.h.groups[0].ID, GroupName: f.h.groups[0].Name, Row: rows[0]}}, err
}
func (f *tierKeeper) Now(context.Context, community.GroupKey) (bool, error) { return true, f.h.err }
func (f *tierKeeper) Link(context.Context, community.GroupKey, community.MemberKey) (string, error) {
	return "https://qun.example/t/abc", f.h.err
}
func (f *tierKeeper) Pin(_ context.Context, _ string, g community.GroupKey, m community.ID, to tier.Tier, reason string) error {
	f.h.note("pin %s in %d to %q: %s", m, g, to, reason)
	return f.h.err
}
func (f *tierKeeper) SetRules(_ context.Context, _ string, g community.GroupKey, base int, r tier.Rules, reason string) (int, error) {
	if base != 2 {
		return 0, community.Errorf(community.CodeConflict, "changed by somebody else")
	}
	f.h.note("tier rules of %d: core in %d: %s", g, r.CoreIn, reason)
	return base + 1, f.h.err
}
func (f *tierKeeper) Try(_ context.Context, _ community.GroupKey, r tier.Rules, weeks int) (tier.Comparison, error) {
	if err := r.Check(); err != nil {
		return tier.Comparison{}, err
	}
	return tier.Compare(f.rules, r, f.people(), f.rows(), f.day(), weeks), f.h.err
}

func (f *tierKeeper) benefit(i int) tier.Benefit {
	return tier.Benefit{ID: fakeID(970 + i), Group: 1, Tier: tier.Tiers()[i], Name: "内部资料", Means: hostile, Created: fakeNow.UnixMilli(), User: fakeID(1).String(), Holders: 2, Uses: 1}
}
func (f *tierKeeper) Benefits(context.Context, community.GroupKey) ([]tier.Benefit, error) {
	if f.h.quiet {
		return nil, f.h.err
	}
	old := f.benefit(1)
	old.Ended = fakeNow.UnixMilli()
	return []tier.Benefit{f.benefit(0), old}, f.h.err
}
func (f *tierKeeper) Benefit(_ context.Context, id community.ID) (tier.Benefit, error) {
	return one([]tier.Benefit{f.benefit(0)}, func(b tier.Benefit) bool { return b.ID == id })
}
func (f *tierKeeper) AddBenefit(_ context.Context, _ string, b tier.Benefit) (tier.Benefit, error) {
	f.h.note("benefit %s for %s", b.Name, b.Tier)
	return b, b.Check()
}
func (f *tierKeeper) EndBenefit(_ context.Context, _ string, id community.ID, reason string) error {
	f.h.note("benefit %s ends: %s", id, reason)
	return f.h.err
}
func (f *tierKeeper) grants() []tier.Grant {
	return []tier.Grant{{Benefit: fakeID(970), Name: "内部资料", Tier: tier.Core, Group: 1, Member: 1, MemberID: fakeID(40), Called: hostile, Granted: fakeNow.UnixMilli() - 1},
		{Benefit: fakeID(970), Name: "内部资料", Tier: tier.Core, Group: 1, Member: 2, MemberID: fakeID(41), Called: "阿明", Granted: 1, Withdrawn: fakeNow.UnixMilli()}}
}
func (f *tierKeeper) Holders(context.Context, community.ID, community.Page) ([]tier.Grant, error) {
	return f.grants(), f.h.err
}
func (f *tierKeeper) Held(context.Context, community.GroupKey, community.MemberKey) ([]tier.Grant, error) {
	return f.grants(), f.h.err
}
func (f *tierKeeper) UseBenefit(_ context.Context, _ string, id, m community.ID, what string) (tier.Use, error) {
	if m != fakeID(40) {
		return tier.Use{}, community.Errorf(community.CodeForbidden, "not entitled")
	}
	f.h.note("benefit %s used: %s", id, what)
	return tier.Use{}, f.h.err
}
func (f *tierKeeper) Uses(context.Context, community.GroupKey, community.ID, community.Page) ([]tier.Use, int, error) {
	return []tier.Use{{ID: fakeID(975), Benefit: fakeID(970), Name: "内部资料", Tier: tier.Core, Member: 1, MemberID: fakeID(40), Called: hostile, At: fakeNow.UnixMilli(), What: hostile, User: fakeID(2).String()}}, 1, f.h.err
}

func (f *tierKeeper) reach() tier.Reach {
	at := fakeNow.UnixMilli()
	return tier.Reach{ID: fakeID(980), Group: 1, Text: "好久不见，" + hostile, Starts: at - 3600_000, Ends: at + 9*86400_000, Gap: 30, PerDay: 20, Created: at - 3600_000, User: fakeID(1).String(), Counts: map[string]int{tier.Asked: 1}}
}
func (f *tierKeeper) Reaches(context.Context, community.GroupKey) ([]tier.Reach, error) {
	if f.h.quiet {
		return nil, f.h.err
	}
	return []tier.Reach{f.reach()}, f.h.err
}
func (f *tierKeeper) Souls(_ context.Context, id community.ID) (tier.Reach, []tier.Soul, error) {
	if id != fakeID(980) {
		return tier.Reach{}, nil, community.Errorf(community.CodeNotFound, "no such reach")
	}
	return f.reach(), []tier.Soul{{Member: 5, MemberID: fakeID(44), Called: hostile, Tier: tier.Lurker, Present: true, LastWord: 1, LastAsk: 2, Mine: true, State: tier.Asked, Asked: 2},
		{Member: 6, MemberID: fakeID(45), Called: "小林", Tier: tier.Lurker, Present: true, Declined: true}}, f.h.err
}
func (f *tierKeeper) AddReach(_ context.Context, _ string, r tier.Reach) (tier.Reach, error) {
	f.h.note("reach %s gap %d", r.Text, r.Gap)
	return f.reach(), f.h.err
}
func (f *tierKeeper) StopReach(_ context.Context, _ string, id community.ID, reason string) error {
	f.h.note("reach %s stops: %s", id, reason)
	return f.h.err
}
func (f *tierKeeper) Decline(_ context.Context, _ string, _ community.GroupKey, m community.ID, reason string) error {
	f.h.note("%s declines: %s", m, reason)
	return f.h.err
}

// trialKeeper keeps a draft, an experiment that runs and is not decided yet, one whose split is broken, and one that is decided.
type trialKeeper struct{ h *house }

func (f trialKeeper) rows() (out []experiment.Row) {
	if f.h.quiet {
		return nil
	}
	at := fakeNow.UnixMilli()
	for i, state := range []string{experiment.Draft, experiment.Running, experiment.Stopped, experiment.Decided} {
		d := experiment.Definition{Name: "欢迎语" + hostile, Why: "新人不知道从哪开始", Switch: experiment.WelcomeCode, Subject: "code-1", Arms: [2]string{"欢迎！", "欢迎，先做个自我介绍吧"}, ShareB: 50,
			Primary: experiment.Spoke7, Base: 0.2, Hoped: 0.1, PerDay: 12, Days: 28}
		r := experiment.Row{ID: fakeID(990 + i), Org: 1, Version: 1, State: state, Definition: d, Need: experiment.Plan(d.Ask()), User: fakeID(1).String(), Created: at - 20*86400_000}
		if i > 0 {
			r.Started = at - 19*86400_000
		}
		if i > 1 {
			r.Ended, r.EndedWhy, r.EndedBy = at, "split", fakeID(2).String()
		}
		if i == 3 {
			r.Decision, r.Reason, r.Decider, r.DecidedAt = experiment.TakeB, hostile, fakeID(1).String(), at
			known := f.look(r)
			r.Result = &known
		}
		out = append(out, r)
	}
	return out
}

// look is what twenty days of invented newcomers say.
func (f trialKeeper) look(r experiment.Row) experiment.Result {
	if r.State == experiment.Draft {
		return experiment.Result{}
	}
	data := experiment.Data{Assigned: [2]int{120, 118}, Today: 19, By: map[string][]experiment.Seen{}}
	if r.State == experiment.Stopped {
		data.Assigned = [2]int{200, 90}
	}
	for i := range 220 {
		data.By[r.Primary] = append(data.By[r.Primary], experiment.Seen{Arm: i % 2, Day: i / 12, Y: math.Floor(float64(i%10) / float64(8-i%2))})
	}
	return experiment.LookAt(r.Definition, data)
}
func (f trialKeeper) Find(_ context.Context, state string, p community.Page) ([]experiment.Row, int, error) {
	return cut(f.h, f.rows(), p, func(r experiment.Row) bool { return state == "" || r.State == state })
}
func (f trialKeeper) Look(_ context.Context, id community.ID) (experiment.Row, experiment.Result, error) {
	if f.h.err != nil {
		return experiment.Row{}, experiment.Result{}, f.h.err
	}
	r, err := one(f.rows(), func(r experiment.Row) bool { return r.ID == id })
	return r, f.look(r), err
}
func (f trialKeeper) Plan(_ context.Context, d experiment.Definition) (experiment.Definition, experiment.Need, error) {
	return d, experiment.Plan(d.Ask()), f.h.err
}
func (f trialKeeper) Save(_ context.Context, _ string, row experiment.Row, reason string) (experiment.Row, error) {
	f.h.note("experiment %s: %s", row.Name, reason)
	row.ID = fakeID(990)
	return row, f.h.err
}
func (f trialKeeper) Start(_ context.Context, _ string, id community.ID, override string) (experiment.Row, error) {
	f.h.note("experiment %s starts: %s", id, override)
	return experiment.Row{}, f.h.err
}
func (f trialKeeper) Stop(_ context.Context, _ string, id community.ID, reason string) error {
	f.h.note("experiment %s stops: %s", id, reason)
	return f.h.err
}
func (f trialKeeper) Decide(_ context.Context, _ string, id community.ID, decision, reason string) error {
	f.h.note("experiment %s decided %s: %s", id, decision, reason)
	return f.h.err
}
func (f trialKeeper) Drop(_ context.Context, _ string, id community.ID, reason string) error {
	f.h.note("experiment %s dropped: %s", id, reason)
	return f.h.err
}
func (f trialKeeper) Subjects(context.Context, string) ([][2]string, error) {
	return [][2]string{{"code-1", "读书活码"}}, f.h.err
}
func (f trialKeeper) Choices(_ context.Context, kind, _ string) ([][2]string, error) {
	if kind == experiment.Poster {
		return [][2]string{{"referral/zh-CN/portrait", hostile}}, nil
	}
	return nil, nil
}

func (f trialKeeper) NameOf(context.Context, experiment.Definition) string { return "读书活码" }

// growthKeeper has two months, and claims of which nothing is known, or too little.
type growthKeeper struct{ h *house }

func (f growthKeeper) Growth(_ context.Context, g community.GroupRow, _ int) ([]measure.GrowthMonth, error) {
	if f.h.quiet {
		return nil, f.h.err
	}
	return []measure.GrowthMonth{{Group: g.Key, Month: "2026-11", Ways: map[string]int64{measure.ByMember: 4, measure.ByOperator: 9}, Talk: measure.Talked{Messages: 900, Members: 700}, Questions: 20, Answered: 15, ByMembers: 9},
		{Group: g.Key, Month: "2026-10", Ways: map[string]int64{}}}, f.h.err
}
func (f growthKeeper) Claims(context.Context) ([]measure.Claim, error) {
	if f.h.quiet {
		return measure.Claims(measure.ClaimFacts{}), f.h.err
	}
	return measure.Claims(measure.ClaimFacts{Leavers: 12, Judged: 40, Held: 30}), f.h.err
}

// insightPages are pages of insight by the names of their pictures.
func insightPages() map[string]string {
	g := "g=" + fakeID(20).String()
	out := map[string]string{
		"goals": "/goals", "goal": "/groups/" + fakeID(20).String() + "/goal", "stage": "/stage", "stage-group": "/stage?" + g, "stage-rules": "/stage/rules", "adjustments": "/adjustments",
		"board": "/board?" + g, "journey": "/journey?" + g, "bonds": "/bonds?" + g, "growth": "/growth", "growth-group": "/growth?" + g, "claims": "/claims",
		"tiers": "/tiers?" + g, "tiers-core": "/tiers?" + g + "&tier=core", "tier-changes": "/tiers/changes?" + g, "tier-rules": "/tiers/rules?" + g, "benefits": "/tiers/benefits?" + g,
		"benefit": "/tiers/benefits/" + fakeID(970).String(), "reaches": "/tiers/reach?" + g, "reach": "/tiers/reach/" + fakeID(980).String(),
		"experiments": "/experiments", "experiment-new": "/experiments/new", "experiment-new-reply": "/experiments/new?switch=reply_rule", "payments": "/payments", "life": "/life", "leavers": "/leavers?" + g, "without": "/groups/" + fakeID(20).String() + "/goal/without", "begin": "/begin", "formats": "/formats?" + g, "formats-people": "/formats/people?" + g + "&what=took&format=article", "leads": "/leads", "overlap": "/groups/" + fakeID(20).String() + "/overlap", "weekly": "/weekly", "weekly-new": "/weekly/new",
		"compare": "/compare", "compare-two": "/compare?g1=" + fakeID(20).String() + "&g2=" + fakeID(21).String(),
	}
	for i, state := range []string{experiment.Draft, experiment.Running, experiment.Stopped, experiment.Decided} {
		out["experiment-"+state] = "/experiments/" + fakeID(990+i).String()
	}
	out["experiment-edit"] = out["experiment-"+experiment.Draft] + "/edit"
	return out
}

func TestPagesOfInsightSpeakBothLanguages(t *testing.T) {
	for _, lang := range []string{"zh-CN", "en"} {
		for _, quiet := range []bool{false, true} {
			h := furnished()
			h.users[0].Lang, h.quiet = lang, quiet
			v := open(t, h).as("owner")
			for name, path := range insightPages() {
				status, body := v.get(path)
				if quiet && strings.HasPrefix(name, "experiment-") && !strings.HasPrefix(name, "experiment-new") {
					continue // there is none then
				}
				if status != 200 || strings.Contains(body, "<script>alert") || strings.Contains(body, "\u202e") && name != "experiment-edit" { // a field holds what it is
					t.Errorf("%s in %s = %d, or a name that is not shown as it is", name, lang, status)
				}
				if got := unsaid.FindAllString(body, 5); got != nil || strings.Contains(body, "NaN") {
					t.Errorf("%s in %s leaves unsaid: %v", name, lang, got)
				}
			}
		}
	}
}

// TestFailingHouseIsSaidOnPagesOfInsight: nothing of the pages breaks when the store does not answer.
func TestFailingHouseIsSaidOnPagesOfInsight(t *testing.T) {
	for _, name := range []string{"goals", "stage-group", "adjustments", "growth-group", "claims", "tiers", "tier-changes", "tier-rules", "benefits", "reaches", "experiments", "experiment-running"} {
		h := furnished()
		v := open(t, h).as("owner")
		h.err = community.Errorf(community.CodeBusy, "full")
		if status, body := v.get(insightPages()[name]); status != 503 || !strings.Contains(body, "服务器正忙") {
			t.Errorf("%s = %d, want 503 with words", name, status)
		}
	}
}

// TestWhatIsDoneForInsightReachesIt: and who may not do it does not.
func TestWhatIsDoneForInsightReachesIt(t *testing.T) {
	h := furnished()
	mod, owner := open(t, h).as("mod"), open(t, h).as("owner")
	g, run := h.groups[0].ID.String(), "/experiments/"+fakeID(991).String()
	post(mod, "/tiers/pin", url.Values{"g": {g}, "member": {fakeID(41).String()}, "tier": {"core"}, "reason": {"带新人"}})
	post(mod, "/tiers/benefits/use", url.Values{"g": {g}, "benefit": {fakeID(970).String()}, "member": {fakeID(40).String()}, "what": {"领了"}})
	post(mod, "/tiers/reach/stop", url.Values{"g": {g}, "reach": {fakeID(980).String()}, "reason": {"够了"}})
	for path, form := range map[string]url.Values{"/tiers/benefits/end": {"g": {g}, "benefit": {fakeID(970).String()}, "reason": {"换了"}}, run + "/stop": {"reason": {"停"}}, run + "/decide": {"decision": {"b"}, "reason": {"好"}}} {
		if status, _ := post(mod, path, form); status != 403 {
			t.Errorf("a moderator at %s: %d, want 403", path, status)
		}
	}
	post(owner, "/tiers/benefits/end", url.Values{"g": {g}, "benefit": {fakeID(970).String()}, "reason": {"换了"}})
	post(owner, run+"/stop", url.Values{"reason": {"停"}})
	post(owner, "/experiments/"+fakeID(992).String()+"/decide", url.Values{"decision": {"b"}, "reason": {"好"}})
	for _, want := range []string{`to "core": 带新人`, "used: 领了", "stops: 够了", "ends: 换了", "stops: 停", "decided b: 好"} {
		if !strings.Contains(strings.Join(h.did, "\n"), want) {
			t.Errorf("not done: %s; done:\n%s", want, strings.Join(h.did, "\n"))
		}
	}
}

func TestPagesOfInsightAreSoundInABrowser(t *testing.T) {
	t.Parallel()
	soundTo(t, open(t, furnished()).base, "zh-CN", insightPages())
}
