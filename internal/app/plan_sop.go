package app

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"qunluo/internal/bulk"
	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/measure"
	"qunluo/internal/plan"
	"qunluo/internal/store"
)

// SOPs lists the SOPs, the newest first.
func (p *plans) SOPs(ctx context.Context, tag string) ([]plan.SOP, error) {
	return p.app.store.SOPs(ctx, p.scope(), tag)
}

// SOP gives one SOP.
func (p *plans) SOP(ctx context.Context, id community.ID) (plan.SOP, error) {
	return p.app.store.SOPByID(ctx, p.scope(), id)
}

// SaveSOP makes an SOP (zero ID) or a new version of the one whose version the caller read; steps without an id get one.
// CodeBadInput when nobody says what a new version should move, CodeRefused when a group in it cannot get a step at all, or the link check stops one and nothing forces it.
func (p *plans) SaveSOP(ctx context.Context, user string, s plan.SOP, reason string) (plan.SOP, error) {
	s, err := p.readySOP(ctx, s)
	if err != nil {
		return s, err
	}
	found, err := p.CheckSOP(ctx, s)
	if err == nil {
		err = stepRefusal(s.Force, found)
	}
	if err != nil {
		return s, err
	}
	if !s.ID.IsZero() {
		if _, err := p.SOP(ctx, s.ID); err != nil {
			return s, err
		}
		if err := p.within(ctx, s.ID, plan.Filter{}); err != nil {
			return s, err
		}
	}
	s.User = user
	if s.ID.IsZero() {
		return p.app.store.SaveSOP(ctx, s, p.audit(user, "", "", cmp.Or(reason, s.Force)))
	}
	return p.changeSOP(ctx, user, s, reason)
}

// changeSOP makes a new version of an SOP, with what it should move.
func (p *plans) changeSOP(ctx context.Context, user string, s plan.SOP, reason string) (plan.SOP, error) {
	groups, err := p.sopGroups(ctx, s.ID)
	if err != nil {
		return s, err
	}
	aim, err := p.asked(ctx)
	if err != nil {
		return s, err
	}
	made, err := p.app.store.SaveSOP(ctx, s, p.audit(user, "", "", cmp.Or(reason, s.Force)))
	if err != nil {
		return made, err
	}
	version := strconv.Itoa(made.Version)
	if err := p.noteAim(ctx, user, aim, change{measure.AdjustPlan, made.Name + " v" + version, "sop:" + made.ID.String() + ":" + version, groups}); err != nil || made.State != plan.Running {
		return made, err
	}
	return made, p.guardSaved(ctx, user, made, reason)
}

// guardSaved asks the guard about new steps for the groups that are in an SOP: where a second person is needed it pauses until
// they agree.
func (p *plans) guardSaved(ctx context.Context, user string, s plan.SOP, reason string) error {
	groups, people, err := p.sopReach(ctx, s.ID)
	if err != nil || groups == 0 {
		return err
	}
	wait, err := p.mustWait(ctx, bulk.Send, user, groups)
	if err == nil && !wait {
		return p.passSOP(ctx, user, s, sopOrder{}, groups, people, reason)
	}
	if moved := p.moveSOPNow(ctx, user, s.ID, plan.Paused, reason); moved != nil {
		return moved
	}
	if err != nil {
		return err
	}
	return p.passSOP(ctx, user, s, sopOrder{SOP: s.ID, To: plan.Running}, groups, people, reason)
}

// sopOrder is what waits for a second person: a group that enters an SOP, or an SOP that goes on.
type sopOrder struct {
	SOP   community.ID       `json:"sop"`
	Group community.GroupKey `json:"group,omitempty"`
	To    plan.State         `json:"to,omitempty"`
}

// passSOP asks the guard over what touches many: *bulk.Waits when so many groups need a second person.
func (p *plans) passSOP(ctx context.Context, user string, s plan.SOP, o sopOrder, groups int, people int64, reason string) error {
	raw, err := json.Marshal(o)
	if err != nil {
		return err
	}
	return p.pass(ctx, bulk.Proposal{Kind: bulk.Send, User: user, Reason: cmp.Or(reason, s.Name), Params: bulk.Params{Ref: s.ID, Order: raw, Groups: groups}, Total: groups, People: people})
}

// sopReach counts the groups in an SOP now, and the people in them.
func (p *plans) sopReach(ctx context.Context, id community.ID) (groups int, people int64, err error) {
	list, err := p.app.store.SOPGroups(ctx, id)
	if err != nil {
		return 0, 0, err
	}
	desk := p.app.store.For(community.Scope{Org: p.org})
	for _, m := range list {
		if m.Left != 0 {
			continue
		}
		g, err := desk.GroupByKey(ctx, m.Group)
		if err != nil {
			return 0, 0, err
		}
		groups++
		people += int64(g.Members)
	}
	return groups, people, nil
}

// sopUndone takes that back: the group leaves, or the SOP pauses.
func (p *plans) sopUndone(ctx context.Context, user string, raw json.RawMessage, reason string) error {
	var o sopOrder
	if err := json.Unmarshal(raw, &o); err != nil {
		return err
	}
	if o.Group != 0 {
		return p.RemoveFromSOP(ctx, user, o.SOP, o.Group, reason)
	}
	return p.moveSOPNow(ctx, user, o.SOP, plan.Paused, reason)
}

// readySOP checks an SOP and fills in what its files are.
func (p *plans) readySOP(ctx context.Context, s plan.SOP) (plan.SOP, error) {
	s.Org, s.Steps = p.org, plan.NameSteps(s.Steps)
	if err := s.Check(); err != nil {
		return s, err
	}
	for i, step := range s.Steps {
		pieces := slices.Clone(step.Pieces)
		for j, piece := range pieces {
			kept, err := p.KeptFile(ctx, piece.File)
			if err != nil {
				return s, fmt.Errorf("step %d: %w", i+1, err)
			}
			if pieces[j] = kept; piece.Kind == "app" {
				pieces[j].Kind, pieces[j].App = piece.Kind, piece.App
			}
		}
		s.Steps[i].Pieces = pieces
	}
	return s, nil
}

// CheckSOP says what is wrong with the steps of an SOP for the groups in it now: the dated limits of their platforms, what
// their connections take, and the links. Where no group is in it, only the links are judged: a group is when it enters.
func (p *plans) CheckSOP(ctx context.Context, s plan.SOP) ([]plan.StepFinding, error) {
	s, err := p.readySOP(ctx, s)
	if err != nil {
		return nil, err
	}
	var groups []community.GroupRow
	if !s.ID.IsZero() {
		in, err := p.app.store.SOPGroups(ctx, s.ID)
		if err != nil {
			return nil, err
		}
		for _, m := range in {
			if m.Left != 0 {
				continue
			}
			g, err := p.app.store.For(community.Scope{Org: p.org}).GroupByKey(ctx, m.Group)
			if err != nil {
				return nil, err
			}
			groups = append(groups, g)
		}
	}
	return p.stepFindings(ctx, s, groups)
}

// stepFindings judges steps for groups.
func (p *plans) stepFindings(ctx context.Context, s plan.SOP, groups []community.GroupRow) ([]plan.StepFinding, error) {
	now := p.app.millis()
	rules, err := p.LinkRules(ctx)
	if err != nil {
		return nil, err
	}
	s, out, err := p.named(ctx, s, groups)
	if err != nil {
		return nil, err
	}
	var links []string
	for _, step := range s.Steps {
		links = append(links, plan.LinksOf(plan.Spoken(step.Post()))...)
	}
	slices.Sort(links)
	chains := p.follow(ctx, slices.Compact(links), plan.MaxSteps)
	for i, step := range s.Steps {
		for _, f := range linkFindings(rules, plan.Spoken(step.Post()), chains, platformsOf(groups), now) {
			out = append(out, plan.StepFinding{Step: i + 1, Finding: f})
		}
		away, err := p.givenAway(ctx, step.Post(), step.Library, keysOfGroups(groups))
		if err != nil {
			return nil, err
		}
		for _, f := range away {
			out = append(out, plan.StepFinding{Step: i + 1, Finding: f})
		}
	}
	rows := make([]plan.Reach, len(groups))
	for i, g := range groups {
		rows[i] = plan.Reach{Group: g, Takes: p.app.way(ctx, g).Takes}
	}
	return append(out, s.Fits(rows, p.app.publicURL(), now)...), nil
}

// stepRefusal says why steps may not be: CodeRefused.
func stepRefusal(force string, list []plan.StepFinding) error {
	for _, f := range list {
		if f.Refuse && (force == "" || plan.Impossible([]plan.Finding{f.Finding})) {
			return connect.Trouble(community.CodeRefused, fmt.Sprintf("第 %d 步：%s：%s（%s）。", f.Step, f.Link, f.Reason[0], f.Found), fmt.Sprintf("Step %d: %s: %s (%s).", f.Step, f.Link, f.Reason[1], f.Found))
		}
	}
	return nil
}

// MoveSOP pauses an SOP or lets it go on. *bulk.Waits when it would go on in so many groups that a second person is needed.
func (p *plans) MoveSOP(ctx context.Context, user string, id community.ID, to plan.State, reason string) error {
	s, err := p.SOP(ctx, id)
	if err != nil {
		return err
	}
	if err := p.within(ctx, id, plan.Filter{}); err != nil {
		return err
	}
	if to == plan.Running && plan.MayBecome(s.State, to) {
		groups, people, err := p.sopReach(ctx, id)
		if err == nil && groups > 0 {
			err = p.passSOP(ctx, user, s, sopOrder{SOP: id, To: to}, groups, people, reason)
		}
		if err != nil {
			return err
		}
	}
	return p.moveSOPNow(ctx, user, id, to, reason)
}

func (p *plans) moveSOPNow(ctx context.Context, user string, id community.ID, to plan.State, reason string) error {
	s, err := p.SOP(ctx, id)
	if err != nil {
		return err
	}
	if to == plan.Scheduled || !plan.MayBecome(s.State, to) {
		return community.Errorf(community.CodeConflict, "it is %s and cannot become %s", s.State, to)
	}
	err = p.app.store.MoveSOP(ctx, s, to, p.audit(user, "", "", reason))
	p.app.jobs.Wake()
	return err
}

// AddToSOP lets a group enter an SOP now. CodeRefused when it cannot get one of the steps at all, or the
// link check of its platform stops one and no reason is given; *bulk.Waits when so many entered today that a second person is
// needed.
func (p *plans) AddToSOP(ctx context.Context, user string, id community.ID, g community.GroupKey, reason string) error {
	s, err := p.SOP(ctx, id)
	if err != nil {
		return err
	}
	group, err := p.mine(ctx, g)
	if err != nil {
		return err
	}
	found, err := p.stepFindings(ctx, s, []community.GroupRow{group})
	if err == nil {
		err = stepRefusal(reason, found)
	}
	if err != nil {
		return err
	}
	if err := p.passSOP(ctx, user, s, sopOrder{SOP: id, Group: g}, 1, int64(group.Members), reason); err != nil {
		return err
	}
	return p.enterSOPNow(ctx, user, s, g, reason)
}

func (p *plans) enterSOPNow(ctx context.Context, user string, s plan.SOP, g community.GroupKey, reason string) error {
	if err := p.app.store.EnterSOP(ctx, s, g, p.audit(user, "", "", reason)); err != nil {
		return err
	}
	return p.app.materialise(ctx, s)
}

// sopAgreed does what waited for a second person.
func (p *plans) sopAgreed(ctx context.Context, user string, raw json.RawMessage, reason string) error {
	var o sopOrder
	if err := json.Unmarshal(raw, &o); err != nil {
		return err
	}
	s, err := p.SOP(ctx, o.SOP)
	switch {
	case err != nil:
		return err
	case o.Group != 0:
		return p.enterSOPNow(ctx, user, s, o.Group, reason)
	}
	return p.moveSOPNow(ctx, user, o.SOP, o.To, reason)
}

// RemoveFromSOP takes a group out: nothing more of the SOP is sent to it.
func (p *plans) RemoveFromSOP(ctx context.Context, user string, id community.ID, g community.GroupKey, reason string) error {
	s, err := p.SOP(ctx, id)
	if err != nil {
		return err
	}
	if _, err := p.mine(ctx, g); err != nil {
		return err
	}
	return p.app.store.LeaveSOP(ctx, s, g, p.audit(user, "", "", reason))
}

// foresight is how far ahead a group's next turn is looked for, in milliseconds.
const foresight = 60 * 24 * 3600 * 1000

// SOPGroups lists the groups in an SOP with their next turns.
func (p *plans) SOPGroups(ctx context.Context, id community.ID) ([]plan.Member, error) {
	s, err := p.SOP(ctx, id)
	if err != nil {
		return nil, err
	}
	list, err := p.app.store.SOPGroups(ctx, id)
	if err != nil {
		return nil, err
	}
	if p.groups != nil {
		list = slices.DeleteFunc(list, func(m plan.Member) bool { return !slices.Contains(p.groups, m.Group) })
	}
	now := p.app.millis()
	desk := p.desk()
	for i := range list {
		m := &list[i]
		if m.Left != 0 {
			continue
		}
		g, err := desk.GroupByKey(ctx, m.Group)
		if err != nil {
			return nil, err
		}
		m.People = g.Members
		if slots := plan.Due(s.Steps, m.Entered, zoneFor(m.Zone), now, now+foresight); len(slots) > 0 {
			m.Next = slots[0].Due
		}
	}
	return list, nil
}

const (
	jobSOPs = "plan-sops"
	// ahead is how long before their time turns become targets, in milliseconds: an edit that comes later does not change them.
	ahead = 3600 * 1000
)

// lookSOPs materialises the turns that come soon.
func (a *App) lookSOPs(ctx context.Context, _ store.Job) error {
	list, err := a.store.RunningSOPs(ctx)
	if err != nil {
		return err
	}
	for _, s := range list {
		if err := a.materialise(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

func (a *App) materialise(ctx context.Context, s plan.SOP) error {
	groups, err := a.store.SOPGroups(ctx, s.ID)
	if err != nil || s.State != plan.Running {
		return err
	}
	through := a.millis() + ahead
	for _, m := range groups {
		if m.Left != 0 {
			continue
		}
		steps, err := a.timed(ctx, s, m.Group)
		if err != nil {
			return err
		}
		slots := plan.Due(steps, m.Entered, zoneFor(m.Zone), m.Through, through)
		if len(slots) == 0 {
			continue
		}
		if err := a.store.Materialise(ctx, s, m, slots, through); err != nil {
			return err
		}
	}
	a.jobs.Wake()
	return nil
}

// zoneFor is a group's zone; that of the organisation's figures where the machine does not know it.
func zoneFor(name string) *time.Location {
	for _, n := range []string{name, store.DefaultZone} {
		if zone, err := time.LoadLocation(n); err == nil && n != "" {
			return zone
		}
	}
	return time.UTC
}
