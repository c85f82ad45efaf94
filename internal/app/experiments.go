package app

import (
	"cmp"
	"context"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/experiment"
	"qunluo/internal/measure"
	"qunluo/internal/plan"
	"qunluo/internal/policy"
)

// experiments is what a person sees and changes of experiments, bounded as hands are.
type experiments struct{ *hands }

// Experiments makes the handle of experiments.
func (a *App) Experiments(org community.OrgKey, groups []community.GroupKey) experiments {
	return experiments{a.Hands(org, groups)}
}

// usualRho is the correlation of members of one group where the own groups do not say (measured on public channels, methods §7.2).
const usualRho = 0.074

// pastDays is how far back figures for a plan are looked for; recentDays how many days of groups they are made of.
const (
	pastDays   = 90
	recentDays = 28
)

// Find lists experiments, the newest first; state "" = all. Those on what the handle does not see are left out.
func (x experiments) Find(ctx context.Context, state string, p community.Page) ([]experiment.Row, int, error) {
	list, total, err := x.desk().FindExperiments(ctx, state, p)
	if err != nil || x.groups == nil {
		return list, total, err
	}
	out := list[:0]
	for _, row := range list {
		if _, err := x.tried(ctx, row.Definition); err == nil {
			out = append(out, row)
		}
	}
	return out, len(out), nil
}

// ByID gives one; community.CodeNotFound.
func (x experiments) ByID(ctx context.Context, id community.ID) (experiment.Row, error) {
	row, err := x.desk().ExperimentByID(ctx, id)
	if err == nil && x.groups != nil {
		_, err = x.tried(ctx, row.Definition)
	}
	return row, err
}

// subject is what is tried: its name, how it is today, and where.
type subject struct {
	name, now string
	state     string               // of a code: its mark
	code      community.ID         // of a code
	key       int64                // of a code that hands out a poster
	group     community.GroupKey   // of a rule
	groups    []community.GroupKey // of an SOP
}

// tried finds what a definition is about; community.CodeNotFound where the handle does not see it.
func (x experiments) tried(ctx context.Context, d experiment.Definition) (subject, error) {
	id, err := community.ParseID(d.Subject)
	if err != nil {
		return subject{}, community.Errorf(community.CodeBadInput, "subject: %q is no id", d.Subject)
	}
	switch d.Switch {
	case experiment.WelcomeCode, experiment.JoinPage:
		return x.triedCode(ctx, d.Switch, id)
	case experiment.Poster:
		return x.triedPoster(ctx, id)
	case experiment.WelcomeRule, experiment.ReplyRule:
		return x.triedRule(ctx, d, id)
	case experiment.SendTime:
		return x.triedSOP(ctx, id)
	}
	return subject{}, community.Errorf(community.CodeBadInput, "switch: want one of %s", strings.Join(experiment.Switches(), ", "))
}

func (x experiments) triedCode(ctx context.Context, kind string, id community.ID) (subject, error) {
	code, err := x.desk().CodeByID(ctx, id)
	if err != nil {
		return subject{}, err
	}
	if code.Closed != 0 || code.State == "" {
		return subject{}, community.Errorf(community.CodeBadInput, "subject: the code is closed, or has no mark by which who joins can be told")
	}
	if kind == experiment.WelcomeCode && code.Welcome == "" {
		return subject{}, community.Errorf(community.CodeBadInput, "subject: the code greets nobody yet: give it a welcome first")
	}
	s := subject{name: code.Name, now: code.Welcome, state: code.State, code: id}
	if kind == experiment.JoinPage {
		s.now = code.Line
	}
	return s, nil
}

// triedRule reads what a rule of a group's book in force says. A welcome that waits for others greets several at once: it has no arms.
func (x experiments) triedRule(ctx context.Context, d experiment.Definition, id community.ID) (subject, error) {
	group, err := x.desk().GroupByID(ctx, id)
	if err != nil {
		return subject{}, err
	}
	raw, err := x.app.store.BookBody(ctx, group.Key, group.Book)
	if err != nil {
		return subject{}, err
	}
	var book policy.Book
	if err := json.Unmarshal(raw, &book); err != nil {
		return subject{}, err
	}
	i := slices.IndexFunc(book.Rules, func(r policy.Rule) bool { return r.ID == d.Rule })
	kind := ruleKinds[d.Switch]
	if i < 0 || book.Rules[i].Kind != kind {
		return subject{}, community.Errorf(community.CodeBadInput, "rule: %q is no %s rule of the group", d.Rule, kind)
	}
	var said struct {
		Text     string `json:"text"`
		Coalesce int64  `json:"coalesce"`
		Entries  []struct {
			Text string `json:"text"`
		} `json:"entries"`
	}
	if err := json.Unmarshal(book.Rules[i].Params, &said); err != nil {
		return subject{}, err
	}
	if said.Coalesce > 0 {
		return subject{}, community.Errorf(community.CodeBadInput, "rule: it greets several people at once; set its waiting time to 0 first")
	}
	if len(said.Entries) > 0 && said.Entries[0].Text == "" && kind == "welcome" {
		return subject{}, community.Errorf(community.CodeBadInput, "rule: it says an item of the library: give it words of its own first")
	}
	if len(said.Entries) > 0 {
		said.Text = said.Entries[0].Text
	}
	return subject{name: group.Name + " · " + d.Rule, now: said.Text, group: group.Key}, nil
}

func (x experiments) triedSOP(ctx context.Context, id community.ID) (subject, error) {
	sop, err := x.app.store.SOPByID(ctx, x.scope(), id)
	if err != nil {
		return subject{}, err
	}
	s := subject{name: sop.Name}
	for i, step := range sop.Steps {
		if i == 0 {
			s.now = step.At
		}
		if step.At != s.now {
			s.now += " …"
			break
		}
	}
	in, err := x.app.store.SOPGroups(ctx, id)
	for _, m := range in {
		if m.Left != 0 {
			continue
		}
		if x.groups != nil && !slices.Contains(x.groups, m.Group) {
			return s, community.Errorf(community.CodeNotFound, "sop %s: not found", id)
		}
		s.groups = append(s.groups, m.Group)
	}
	return s, err
}

// Plan fills in what is not said from what is there and from one's own past, and says what the experiment needs. What it cannot know
// stays as it was given.
func (x experiments) Plan(ctx context.Context, d experiment.Definition) (experiment.Definition, experiment.Need, error) {
	what, err := x.tried(ctx, d)
	if err != nil {
		return d, experiment.Need{}, err
	}
	d.Arms[0] = what.now
	if d.Switch == experiment.Poster && d.Arms[1] != "" {
		other, err := x.app.Posters(x.org, x.groups).Get(ctx, d.Arms[1])
		if err != nil {
			return d, experiment.Need{}, community.Errorf(community.CodeBadInput, "b: %w", err)
		}
		d.Arms[1] = other.Ref // with its version: what becomes of the poster later changes no arm
	}
	if d = d.Usual(); d.Salt == "" {
		d.Salt = x.app.store.NewID().String()
	}
	switch d.Unit() {
	case experiment.Member:
		d, err = x.planMembers(ctx, d, what)
	case experiment.Group:
		d, err = x.planGroups(ctx, d, what)
	case experiment.Slot:
		d, err = x.planSlots(ctx, d, what)
	}
	if err != nil {
		return d, experiment.Need{}, err
	}
	return d, experiment.Plan(d.Ask()), d.Check()
}

// planMembers looks how many came a day, and what became of them.
func (x experiments) planMembers(ctx context.Context, d experiment.Definition, what subject) (experiment.Definition, error) {
	now := x.app.millis()
	if d.Switch == experiment.Poster {
		return x.planPosters(ctx, d, what)
	}
	f, err := x.desk().JoinFates(ctx, what.group, what.state, now-pastDays*day, now-7*day)
	if err != nil {
		return d, err
	}
	if d.PerDay == 0 {
		recent, err := x.desk().JoinFates(ctx, what.group, what.state, now-recentDays*day, now)
		if err != nil {
			return d, err
		}
		d.PerDay = float64(recent.Joins) / recentDays
	}
	hits := map[string]int64{experiment.Spoke7: f.Spoke7, experiment.Stay7: f.Stay7, experiment.Stay30: f.Stay30}
	if n, known := hits[d.Primary]; d.Base == 0 && known && f.Joins >= 20 {
		d.Base = float64(n) / float64(f.Joins)
	}
	if d.Base == 0 {
		d.Base = 0.5 // the spread is largest there: nothing is promised that others would need more for
	}
	return d, nil
}

// planGroups looks how many of each group speak on a day.
func (x experiments) planGroups(ctx context.Context, d experiment.Definition, what subject) (experiment.Definition, error) {
	d.Units = len(what.groups)
	today, err := x.desk().Today(ctx, 0)
	if err != nil {
		return d, err
	}
	talk, err := x.app.talk(ctx, what.groups, today-recentDays, today-1)
	if err != nil {
		return d, err
	}
	var list []experiment.Cluster
	var sum, sq, n float64
	for _, g := range what.groups {
		var c experiment.Cluster
		for _, y := range talk[g] {
			c.N, c.Sum, c.Sq = c.N+1, c.Sum+y, c.Sq+y*y
		}
		list, sum, sq, n = append(list, c), sum+c.Sum, sq+c.Sq, n+float64(c.N)
	}
	if n >= 14 {
		if d.Base == 0 {
			d.Base = sum / n
		}
		if d.Sigma == 0 {
			d.Sigma = math.Sqrt(max(0, (sq-sum*sum/n)/(n-1)))
		}
	}
	if d.Rho == 0 {
		rho, known := experiment.Rho(list)
		if d.Rho = rho; !known {
			d.Rho = usualRho
		}
	}
	return d, nil
}

// planSlots looks how many of those who saw the page joined, day by day.
func (x experiments) planSlots(ctx context.Context, d experiment.Definition, what subject) (experiment.Definition, error) {
	rates, err := x.joinRates(ctx, what.code, recentDays)
	if err != nil || len(rates) < 7 {
		return d, err
	}
	var sum, sq float64
	for _, r := range rates {
		sum, sq = sum+r.y, sq+r.y*r.y
	}
	n := float64(len(rates))
	if d.Base == 0 {
		d.Base = sum / n
	}
	if d.Sigma == 0 {
		d.Sigma = math.Sqrt(max(0, (sq-sum*sum/n)/(n-1)))
	}
	return d, nil
}

// rate is a figure of a day.
type rate struct {
	day measure.Day
	y   float64
}

// joinRates are joins per visit of a code's page on its last days, today not among them; days without a visit have none.
func (x experiments) joinRates(ctx context.Context, code community.ID, days int) ([]rate, error) {
	list, err := x.app.Codes(x.org, nil).Days(ctx, code, days+1)
	if err != nil {
		return nil, err
	}
	var out []rate
	for _, d := range list[:len(list)-1] {
		at, err := measure.ParseDay(d.Date)
		if err != nil {
			return nil, err
		}
		if d.Scans > 0 {
			out = append(out, rate{at, float64(d.Joins) / float64(d.Scans)})
		}
	}
	return out, nil
}

// talk is which share of a group's members spoke, day by day, on the days on which somebody listened.
func (a *App) talk(ctx context.Context, groups []community.GroupKey, from, to measure.Day) (map[community.GroupKey]map[measure.Day]float64, error) {
	out := map[community.GroupKey]map[measure.Day]float64{}
	for _, g := range groups {
		org, err := a.store.OrgOf(ctx, g)
		if err != nil {
			return nil, err
		}
		desk := a.store.For(community.Scope{Org: org})
		row, err := desk.GroupByKey(ctx, g)
		if err != nil {
			return nil, err
		}
		if row.Members <= 0 {
			continue // nobody knows how many could have spoken
		}
		places := []measure.Place{{Group: g, Zone: zoneFor(row.Zone)}}
		known, err := desk.Covered(ctx, places, from, to)
		if err != nil {
			return nil, err
		}
		spoke, err := a.store.SpeakersByDay(ctx, []community.GroupKey{g}, int64(from), int64(to))
		if err != nil {
			return nil, err
		}
		days := map[measure.Day]float64{}
		for i, ok := range known[0] {
			if ok {
				days[from+measure.Day(i)] = 0
			}
		}
		for _, s := range spoke {
			if _, ok := days[measure.Day(s.Day)]; ok {
				days[measure.Day(s.Day)] = float64(s.Speakers) / float64(row.Members)
			}
		}
		out[g] = days
	}
	return out, nil
}

// Save makes a draft (zero ID) or changes one.
func (x experiments) Save(ctx context.Context, user string, row experiment.Row, reason string) (experiment.Row, error) {
	if !row.ID.IsZero() {
		old, err := x.ByID(ctx, row.ID)
		if err != nil {
			return row, err
		}
		row.Salt, row.Version = old.Salt, max(row.Version, 1)
	}
	d, need, err := x.Plan(ctx, row.Definition)
	if err != nil {
		return row, err
	}
	row.Definition, row.Need, row.Org, row.User = d, need, x.org, user
	return x.app.store.SaveExperiment(ctx, row, x.audit(user, "experiment.save", "", reason))
}

// Start begins a draft. community.CodeRefused where the plan says that it cannot be decided and nothing is said in writing why it
// begins nevertheless.
func (x experiments) Start(ctx context.Context, user string, id community.ID, override string) (experiment.Row, error) {
	row, err := x.ByID(ctx, id)
	if err != nil {
		return row, err
	}
	if row.State != experiment.Draft {
		return row, community.Errorf(community.CodeConflict, "experiment %s: started before", id)
	}
	what, err := x.tried(ctx, row.Definition)
	if err != nil {
		return row, err
	}
	if row.Definition, row.Need, err = x.Plan(ctx, row.Definition); err != nil {
		return row, err
	}
	if row.Override = strings.TrimSpace(override); len(row.Need.Undecidable()) > 0 && row.Override == "" {
		return row, community.Errorf(community.CodeRefused, "%s: it cannot be decided like this; say in writing why it begins nevertheless", strings.Join(row.Need.Undecidable(), ", "))
	}
	if err := row.Check(); err != nil {
		return row, err
	}
	var heads []community.GroupKey
	if what.group != 0 {
		heads = append(heads, what.group)
	}
	row, err = x.app.store.StartExperiment(ctx, row, dealt(row, what), heads, x.audit(user, "experiment.start", "", row.Override))
	if err != nil {
		return row, err
	}
	return row, x.app.readRuleArms(ctx)
}

// dealt gives the groups of an SOP their arms.
func dealt(row experiment.Row, what subject) []experiment.Assignment {
	if row.Unit() != experiment.Group {
		return nil
	}
	var names []string
	for _, g := range what.groups {
		names = append(names, strconv.FormatInt(int64(g), 10))
	}
	arms := experiment.Deal(row.Salt, names)
	var out []experiment.Assignment
	for i, g := range what.groups {
		out = append(out, experiment.Assignment{Unit: names[i], Arm: arms[names[i]], Group: g})
	}
	return out
}

// Stop gives nobody an arm any more; everything is as it was before. What was seen goes on being looked at until it is decided.
func (x experiments) Stop(ctx context.Context, user string, id community.ID, reason string) error {
	row, err := x.ByID(ctx, id)
	if err != nil {
		return err
	}
	return x.stop(ctx, user, row, "manual", reason)
}

func (x experiments) stop(ctx context.Context, user string, row experiment.Row, why, reason string) error {
	if why == "manual" && strings.TrimSpace(reason) == "" {
		return community.Errorf(community.CodeBadInput, "reason: say why it stops")
	}
	row.State, row.Ended, row.EndedWhy, row.EndedBy = experiment.Stopped, x.app.millis(), why, user
	if err := x.app.store.EndExperiment(ctx, row, []string{experiment.Running}, x.audit(user, "experiment.stop", "", reason)); err != nil {
		return err
	}
	return x.app.readRuleArms(ctx)
}

// Decide ends an experiment: which way is taken, by whom and why, with what was seen then. Nothing is changed by it: the text or time
// is set where it is set always.
func (x experiments) Decide(ctx context.Context, user string, id community.ID, decision, reason string) error {
	row, result, err := x.Look(ctx, id)
	if err != nil {
		return err
	}
	if !slices.Contains(experiment.Decisions, decision) || strings.TrimSpace(reason) == "" {
		return community.Errorf(community.CodeBadInput, "decision: want one of %s, and a reason", strings.Join(experiment.Decisions, ", "))
	}
	now := x.app.millis()
	if row.State == experiment.Running {
		row.Ended, row.EndedWhy, row.EndedBy = now, "decided", user
	}
	row.State, row.Decision, row.Reason, row.Decider, row.DecidedAt, row.Result = experiment.Decided, decision, reason, user, now, &result
	if err := x.app.store.EndExperiment(ctx, row, []string{experiment.Running, experiment.Stopped}, x.audit(user, "experiment.decide", "", reason)); err != nil {
		return err
	}
	return x.app.readRuleArms(ctx)
}

// Drop takes a draft away.
func (x experiments) Drop(ctx context.Context, user string, id community.ID, reason string) error {
	row, err := x.ByID(ctx, id)
	if err != nil {
		return err
	}
	return x.app.store.DropExperiment(ctx, row, x.audit(user, "experiment.drop", "", reason))
}

// Subjects lists what a switch can be tried on: id (of a group and its rule: both, with a blank between) and name.
func (x experiments) Subjects(ctx context.Context, kind string) ([][2]string, error) {
	var out [][2]string
	switch kind {
	case experiment.WelcomeCode, experiment.JoinPage:
		codes, err := x.app.Codes(x.org, x.groups).everyCode(ctx)
		for _, c := range codes {
			if c.State != "" {
				out = append(out, [2]string{c.ID.String(), c.Name})
			}
		}
		return out, err
	case experiment.Poster:
		return x.posterSubjects(ctx)
	case experiment.WelcomeRule, experiment.ReplyRule:
		return x.ruleSubjects(ctx, kind)
	case experiment.SendTime:
		sops, err := x.app.store.SOPs(ctx, x.scope(), "")
		for _, s := range sops {
			if s.State == plan.Running {
				out = append(out, [2]string{s.ID.String(), s.Name})
			}
		}
		return out, err
	}
	return nil, nil
}

// ruleKinds are the kinds of rules that a switch is about.
var ruleKinds = map[string]string{experiment.WelcomeRule: "welcome", experiment.ReplyRule: "reply"}

// ruleSubjects lists the live rules of a kind in the books in force: id of the group, a blank, id of the rule.
func (x experiments) ruleSubjects(ctx context.Context, kind string) ([][2]string, error) {
	groups, _, err := x.desk().FindGroups(ctx, community.GroupFilter{Page: community.Page{Limit: 200}})
	if err != nil {
		return nil, err
	}
	var out [][2]string
	for _, g := range groups {
		if g.Book == 0 {
			continue
		}
		raw, err := x.app.store.BookBody(ctx, g.Key, g.Book)
		if err != nil {
			return nil, err
		}
		var book policy.Book
		if err := json.Unmarshal(raw, &book); err != nil {
			return nil, err
		}
		for _, r := range book.Rules {
			if r.Kind == ruleKinds[kind] && r.Mode == policy.RuleLive {
				out = append(out, [2]string{g.ID.String() + " " + r.ID, g.Name + " · " + cmp.Or(r.Name, r.ID)})
			}
		}
	}
	return out, nil
}

// NameOf is what an experiment is about, in words people know; its id where it is gone.
func (x experiments) NameOf(ctx context.Context, d experiment.Definition) string {
	what, err := x.tried(ctx, d)
	if err != nil {
		return d.Subject
	}
	return what.name
}
