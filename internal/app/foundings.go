package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"qunluo/internal/bulk"
	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/founding"
	"qunluo/internal/measure"
	"qunluo/internal/plan"
	"qunluo/internal/policy"
	"qunluo/internal/store"
)

// foundings is what a person does with templates and the groups that are begun with them, bounded as hands are.
type foundings struct{ goals }

// Foundings makes the handle for templates.
func (a *App) Foundings(org community.OrgKey, groups []community.GroupKey) foundings {
	return foundings{a.Goals(org, groups)}
}

// Templates lists what may be taken: those that come with Qunluo in both languages, then the organisation's own.
func (f foundings) Templates(ctx context.Context) ([]founding.Kept, error) {
	var out []founding.Kept
	for _, t := range founding.Shipped() {
		out = append(out, founding.Kept{Template: t})
	}
	own, err := f.app.store.Templates(ctx, f.org)
	return append(out, own...), err
}

// Template gives one; Version 0 = the newest, Lang "" = Chinese. CodeNotFound.
func (f foundings) Template(ctx context.Context, u founding.Use) (founding.Kept, error) {
	if u.Own {
		return f.app.store.TemplateOf(ctx, f.org, u.Name, u.Version)
	}
	if u.Lang == "" {
		u.Lang = "zh-CN"
	}
	t, err := founding.ShippedNamed(u.Name, u.Lang)
	if err == nil && u.Version != 0 && u.Version != t.Version {
		err = community.Errorf(community.CodeNotFound, "template %q: version %d comes with this Qunluo, not %d", u.Name, t.Version, u.Version)
	}
	return founding.Kept{Template: t}, err
}

// TemplateVersions lists the versions of an own template, the newest first.
func (f foundings) TemplateVersions(ctx context.Context, name string) ([]founding.Kept, error) {
	return f.app.store.TemplateVersions(ctx, f.org, name)
}

// Uses counts the groups that stand by each version of each template.
func (f foundings) Uses(ctx context.Context) ([]founding.Using, error) {
	return f.desk().TemplateUses(ctx)
}

// List lists foundings, the newest first.
func (f foundings) List(ctx context.Context, by founding.Filter, page community.Page) ([]founding.Record, int, error) {
	return f.desk().Foundings(ctx, by, page)
}

// GroupUses lists what a group was begun with over time, oldest first, what was undone later among it.
func (f foundings) GroupUses(ctx context.Context, g community.GroupKey) ([]founding.Record, error) {
	if err := f.sees(ctx, g); err != nil {
		return nil, err
	}
	return f.app.store.GroupUses(ctx, g)
}

// ByID gives one; CodeNotFound.
func (f foundings) ByID(ctx context.Context, id community.ID) (founding.Record, error) {
	return f.desk().FoundingByID(ctx, id)
}

// stands gives what a group has now, and its versions.
func (f foundings) stands(ctx context.Context, g community.GroupRow) (now founding.Standing, seen founding.Marks, err error) {
	goals, err := f.GoalVersions(ctx, g.Key)
	if err != nil {
		return now, seen, err
	}
	if len(goals) > 0 {
		if seen.Goal = goals[0].Version; !goals[0].Taken() {
			now.Goal = goals[0]
		}
	}
	if now.Book, err = f.inForce(ctx, g); err != nil {
		return now, seen, err
	}
	seen.Book = now.Book.Version
	tiers, err := f.app.store.TierBook(ctx, g.Key)
	if err != nil {
		return now, seen, err
	}
	now.Tiers, now.TierVer, seen.Tiers = tiers.Rules, tiers.Version, tiers.Version
	now.Plans, err = f.app.store.GroupSOPs(ctx, g.Key)
	return now, seen, err
}

// Preview says what a template would change in a group; parts nil = all that it fills. It changes nothing.
func (f foundings) Preview(ctx context.Context, g community.GroupKey, u founding.Use, parts []founding.Part) (founding.Preview, error) {
	var v founding.Preview
	group, err := f.chatGroup(ctx, g)
	if err != nil {
		return v, err
	}
	kept, err := f.Template(ctx, u)
	if err != nil {
		return v, err
	}
	if v.Foundation, err = kept.Compose(u.Purpose, u.Preset); err != nil {
		return v, err
	}
	v.Foundation.Use.Own = kept.Own
	if v.Now, v.Seen, err = f.stands(ctx, group); err != nil {
		return v, err
	}
	can, asked := f.app.canIn(ctx, group)
	v.Changes = v.Differences(v.Now, can)
	if parts == nil {
		parts = v.Holds()
	}
	v.Next, v.Swaps = founding.Fitted(v.NextBook(v.Now.Book, parts), can)
	if *asked != nil {
		return v, *asked
	}
	if v.Next.Group == "" {
		v.Next.Group = group.Name
	}
	for part, look := range map[founding.Part]func(context.Context, community.GroupRow, founding.Preview) error{founding.Rules: f.lookBook, founding.Plan: f.lookPlan} {
		err := look(ctx, group, v)
		if say, ok := sayOf(err); ok {
			v.Faults = append(v.Faults, founding.PartFault{Part: part, Say: say})
		} else if err != nil {
			return v, err
		}
	}
	slices.SortFunc(v.Faults, func(a, b founding.PartFault) int { return strings.Compare(string(b.Part), string(a.Part)) })
	return v, nil
}

// canIn says what a group's connections can do; what went wrong when they were asked stands behind the pointer.
func (a *App) canIn(ctx context.Context, group community.GroupRow) (func(community.Verb) bool, *error) {
	var asked error
	return func(verb community.Verb) bool {
		level, err := a.level(ctx, group, verb)
		asked = errors.Join(asked, err)
		return level != community.None
	}, &asked
}

// chatGroup is a group that may be begun with a template: not an account's desk.
func (f foundings) chatGroup(ctx context.Context, g community.GroupKey) (community.GroupRow, error) {
	group, err := f.mine(ctx, g)
	if err == nil && group.Desk {
		err = community.Errorf(community.CodeBadInput, "group: an account's desk is no group")
	}
	return group, err
}

// lookBook says what is wrong with the rulebook that the group would have.
func (f foundings) lookBook(ctx context.Context, group community.GroupRow, v founding.Preview) error {
	raw, err := json.Marshal(v.Next)
	if err != nil {
		return err
	}
	rb, err := f.app.library.Parse(raw)
	if err == nil {
		err = f.placed(ctx, group, rb)
	}
	if err != nil {
		return err
	}
	broken, err := f.breaks(ctx, group, rb)
	if err == nil && len(broken) > 0 {
		err = refusedFor(broken)
	}
	return err
}

// lookPlan says what of the plan cannot get into the group.
func (f foundings) lookPlan(ctx context.Context, group community.GroupRow, v founding.Preview) error {
	if len(v.Steps) == 0 {
		return nil
	}
	found, err := f.app.Plans(f.org, f.groups).stepFindings(ctx, plan.SOP{Name: v.PlanName(), Steps: v.Steps}, []community.GroupRow{group})
	if err != nil {
		return err
	}
	return stepRefusal("", found)
}

// sayOf words what is wrong, where a person can do something about it.
func sayOf(err error) (say [2]string, ok bool) {
	if err == nil {
		return say, false
	}
	if list := problemsOf(err); len(list) > 0 {
		words := list[0].Words()
		return [2]string{list[0].Path + "：" + words[0], list[0].Path + ": " + words[1]}, true
	}
	say = connect.SayOf(err)
	return say, say[0] != ""
}

const mostReason = 500 // bytes

// Apply begins a group with a template, in one go: the parts chosen, on record and to be undone. CodeConflict: the group changed since
// it was looked at. CodeRefused: a part cannot be taken.
func (f foundings) Apply(ctx context.Context, user string, o founding.Order) (founding.Record, error) {
	var none founding.Record
	if o.Reason = strings.TrimSpace(o.Reason); o.Reason == "" || len(o.Reason) > mostReason {
		return none, community.Errorf(community.CodeBadInput, "reason: want 1 to %d bytes", mostReason)
	}
	v, err := f.Preview(ctx, o.Group, o.Use, o.Parts)
	if err != nil {
		return none, err
	}
	if o.Seen != nil && (o.Seen.Goal != v.Seen.Goal || o.Seen.Book != v.Seen.Book || o.Seen.Tiers != v.Seen.Tiers) {
		return none, connect.Trouble(community.CodeConflict, "这个群在你看差异之后又有改动，请重新看一遍再应用。", "this group changed since you looked at the difference: look again, then apply.")
	}
	order, err := f.order(ctx, user, o, v)
	if err != nil {
		return none, err
	}
	r, err := f.app.store.Found(ctx, order, f.audit(user, "template.apply", "", o.Reason))
	if err != nil {
		return r, err
	}
	if order.Plan != nil {
		if err := f.entered(ctx, user, r, o.Reason); err != nil {
			return r, err
		}
	}
	if err := f.app.finishFounding(ctx, r.ID); err != nil {
		if _, undo := f.Undo(ctx, user, r.ID, "规则没能发布 / the rules could not be published"); undo != nil {
			return r, errors.Join(err, undo)
		}
		return r, err
	}
	return f.ByID(ctx, r.ID)
}

// order makes of a choice of parts what is to be written.
func (f foundings) order(ctx context.Context, user string, o founding.Order, v founding.Preview) (store.FoundOrder, error) {
	out := store.FoundOrder{Record: founding.Record{Org: f.org, Group: o.Group, Use: v.Use, Title: v.Title, Type: v.Type, KPI: v.KPI, Before: v.Seen, User: user, Reason: o.Reason}}
	takes, err := v.Takes(o.Parts)
	if err != nil {
		return out, err
	}
	out.Record.Parts = takes
	if slices.Contains(takes, founding.Goal) {
		out.Goal = v.Foundation.Goal
	}
	if slices.Contains(takes, founding.Tiers) {
		out.Tiers = v.Foundation.Tiers
	}
	if slices.Contains(takes, founding.Rules) || slices.Contains(takes, founding.Welcome) {
		v.Next.Version = v.Seen.Book + 1
		if out.Book, err = json.Marshal(v.Next); err != nil {
			return out, err
		}
		if m, ok := v.Moves[founding.Rules]; ok && slices.Contains(takes, founding.Rules) {
			out.Move = &m
		}
	}
	if slices.Contains(takes, founding.Plan) {
		if out.Plan, err = f.planOf(ctx, user, v); err != nil {
			return out, err
		}
	}
	today, err := f.desk().Today(ctx, o.Group)
	if err != nil {
		return out, err
	}
	for part, kind := range map[founding.Part]string{founding.Tiers: measure.AdjustTier, founding.Plan: measure.AdjustPlan} {
		if m, ok := v.Moves[part]; ok && slices.Contains(takes, part) {
			out.Adjusts = append(out.Adjusts, f.moved(out.Record, kind, m, today))
		}
	}
	return out, nil
}

// planOf is the plan that the group enters: the one that others of the same template are in, or a new one. CodeRefused: so many groups
// entered today that a second person is needed.
func (f foundings) planOf(ctx context.Context, user string, v founding.Preview) (*plan.SOP, error) {
	wait, err := f.mustWait(ctx, bulk.Send, user, 1)
	if err != nil {
		return nil, err
	}
	if wait {
		return nil, connect.Trouble(community.CodeRefused, "今天进入 SOP 的群已经多到要第二个人确认：先不选「计划」应用，再到 SOP 页把这个群加进去。",
			"so many groups entered SOPs today that a second person is needed: apply without the plan, then add the group on the SOP's page.")
	}
	same, err := f.app.store.SameSOP(ctx, f.org, v.Use, v.Steps)
	if err != nil || !same.ID.IsZero() {
		return &same, err
	}
	sop, err := f.app.Plans(f.org, f.groups).readySOP(ctx, plan.SOP{Name: v.PlanName(), Steps: v.Steps, User: user})
	return &sop, err
}

// entered counts a group's entering of a plan as the guard counts it, and makes its first turns.
func (f foundings) entered(ctx context.Context, user string, r founding.Record, reason string) error {
	p := f.app.Plans(f.org, f.groups)
	sop, err := p.SOP(ctx, r.After.SOP)
	if err != nil {
		return err
	}
	group, err := f.mine(ctx, r.Group)
	if err != nil {
		return err
	}
	var waits *bulk.Waits
	if err := p.passSOP(ctx, user, sop, sopOrder{SOP: sop.ID, Group: r.Group}, 1, int64(group.Members), reason); err != nil && !errors.As(err, &waits) {
		return err
	}
	return f.app.materialise(ctx, sop)
}

// moved is the adjustment that a part of a template is: with its own figure and day of review.
func (f foundings) moved(r founding.Record, kind string, m founding.Move, today measure.Day) measure.Adjustment {
	return measure.Adjustment{Org: f.org, Group: r.Group, Kind: kind, What: clipped(fmt.Sprintf("%s v%d (%s): %s", r.Title, r.Use.Version, r.Use.Name, r.Reason), 400), Metric: m.Metric, Down: m.Down, Day: today, Review: today + measure.Day(m.Review), User: r.User}
}

// foundingJob finishes what the one who began it could not.
func (a *App) foundingJob(ctx context.Context, j store.Job) error {
	name, _, _ := strings.Cut(j.Key, ":")
	id, err := community.ParseID(name)
	if err != nil {
		return err
	}
	err = a.finishFounding(ctx, id)
	if _, told := sayOf(err); told || community.CodeOf(err) == community.CodeNotFound {
		return nil // the record says that the rules were left out
	}
	return err
}

// finishFounding publishes the rulebook of a founding, or the one before it, where that is still to be done. A book that is refused, or
// that somebody else was quicker than, is left out, and the record says so; the refusal is returned.
func (a *App) finishFounding(ctx context.Context, id community.ID) error {
	w, err := a.store.FoundingWork(ctx, id)
	if err != nil || w.State != founding.Begun && w.State != founding.Undoing {
		return err
	}
	f := a.Foundings(w.Org, nil)
	book, err := policy.Read(w.Book)
	if err != nil {
		return err
	}
	last, err := a.store.LastBook(ctx, w.Group)
	if err != nil {
		return err
	}
	who, note := w.User, fmt.Sprintf("%s v%d: %s", w.Title, w.Use.Version, w.Reason)
	if w.State == founding.Undoing {
		who, note = w.UndoneBy, w.UndoNote
	}
	var refused error
	left := false
	switch {
	case last == book.Version-1:
		_, err := f.putBook(ctx, who, w.Group, w.Book, note, "", "", false) // published says what it should move
		if _, told := sayOf(err); err != nil && !told {
			return err
		}
		left, refused = err != nil, err
	case last < book.Version-1:
		left = true
	default:
		raw, err := a.store.BookBody(ctx, w.Group, book.Version)
		if err != nil {
			return err
		}
		there, err := policy.Read(raw)
		if err != nil {
			return err
		}
		left = len(policy.DiffBooks(there, book)) > 0
	}
	if err := f.published(ctx, w, book.Version, left, who); err != nil {
		return err
	}
	return refused
}

// published notes what became of the rules, with the figure that they should move, or why there is none.
func (f foundings) published(ctx context.Context, w store.FoundingWork, version int, left bool, who string) error {
	var adjust *measure.Adjustment
	ref := fmt.Sprintf("book:%d", version)
	if w.State == founding.Begun && w.Move != nil {
		today, err := f.desk().Today(ctx, w.Group)
		if err != nil {
			return err
		}
		a := f.moved(w.Record, measure.AdjustRule, *w.Move, today)
		a.Ref, adjust = ref, &a
	}
	err := f.app.store.FoundingPublished(ctx, w.Record, left, adjust, f.audit(who, "", "", w.Reason))
	if community.CodeOf(err) == community.CodeConflict {
		return nil // the job or the person was quicker
	}
	if err != nil || left || adjust != nil {
		return err
	}
	why := "欢迎语来自模板 / the welcome is that of a template"
	if w.State == founding.Undoing {
		why = "撤销模板，恢复原样 / a template was undone: as it was before"
	}
	v := measure.NoFigure{Group: w.Group, Kind: measure.AdjustRule, Ref: ref, What: clipped(w.Title, mostWhat), Why: why}
	return f.app.store.PutNoFigure(ctx, f.org, v, f.audit(who, "adjust.none", "", why))
}

// Undo makes a group again what it was before a founding. What somebody changed since stays as it is and stands in the record's Left.
// CodeConflict: it does not stand any more.
func (f foundings) Undo(ctx context.Context, user string, id community.ID, note string) (founding.Record, error) {
	r, err := f.ByID(ctx, id)
	if err != nil {
		return r, err
	}
	if note = strings.TrimSpace(note); note == "" || len(note) > mostReason {
		return r, community.Errorf(community.CodeBadInput, "reason: want 1 to %d bytes", mostReason)
	}
	switch r.State {
	case founding.Begun:
		return r, connect.Trouble(community.CodeConflict, "群规还在发布，过两分钟再撤销。", "the rules are still being published: undo it in two minutes.")
	case founding.Undoing, founding.Undone:
		return r, connect.Trouble(community.CodeConflict, "已经撤销过了。", "it was undone already.")
	}
	var book []byte
	if r.After.Book > 0 && !slices.Contains(r.Left, founding.Rules) {
		if book, err = f.bookBefore(ctx, r); err != nil {
			return r, err
		}
		if book == nil {
			r.Left = append(slices.Clone(r.Left), founding.Rules)
		}
	}
	if r, err = f.app.store.UndoFounding(ctx, r, book, f.audit(user, "template.undo", "", note)); err != nil {
		return r, err
	}
	if err := f.app.finishFounding(ctx, id); err != nil {
		return r, err
	}
	f.app.jobs.Wake()
	return f.ByID(ctx, id)
}

// bookBefore is the rulebook before a founding, in the mode of now; nil when somebody changed the rules since.
func (f foundings) bookBefore(ctx context.Context, r founding.Record) ([]byte, error) {
	group, err := f.mine(ctx, r.Group)
	if err != nil {
		return nil, err
	}
	now, err := f.inForce(ctx, group)
	if err != nil {
		return nil, err
	}
	raw, err := f.app.store.BookBody(ctx, r.Group, r.After.Book)
	if err != nil {
		return nil, err
	}
	made, err := policy.Read(raw)
	if err != nil {
		return nil, err
	}
	if made.Mode = now.Mode; len(policy.DiffBooks(made, now)) > 0 {
		return nil, nil
	}
	before := f.app.library.Default().Book()
	before.Group, before.Zone = group.Name, group.Zone
	if r.Before.Book > 0 {
		if raw, err = f.app.store.BookBody(ctx, r.Group, r.Before.Book); err != nil {
			return nil, err
		}
		if before, err = policy.Read(raw); err != nil {
			return nil, err
		}
	}
	before.Mode, before.Version = now.Mode, now.Version+1
	if can, asked := f.app.canIn(ctx, group); r.Before.Book == 0 { // nobody ever asked whether its default can be done
		if before, _ = founding.Fitted(before, can); *asked != nil {
			return nil, *asked
		}
	}
	return json.Marshal(before)
}

// Export writes a template as a file, and says what to call it.
func (f foundings) Export(ctx context.Context, u founding.Use) (raw []byte, name string, err error) {
	kept, err := f.Template(ctx, u)
	if err != nil {
		return nil, "", err
	}
	raw, err = founding.Encode(kept.Template)
	return raw, fmt.Sprintf("%s-v%d.%s.json", kept.Name, kept.Version, kept.Lang), err
}

// Import keeps a file as a version of an own template: the number in the file where it is new, else the next one. The error is a
// *founding.Fault, or says (CodeConflict) that just this is the newest version already.
func (f foundings) Import(ctx context.Context, user string, raw []byte, note string) (founding.Kept, error) {
	t, err := founding.Decode(raw)
	if err != nil {
		return founding.Kept{}, err
	}
	return f.keep(ctx, user, "template.import", t, note)
}

func (f foundings) keep(ctx context.Context, user, verb string, t founding.Template, note string) (founding.Kept, error) {
	if len(note) > mostReason {
		return founding.Kept{}, community.Errorf(community.CodeBadInput, "reason: at most %d bytes", mostReason)
	}
	last, err := f.app.store.TemplateOf(ctx, f.org, t.Name, 0)
	if community.CodeOf(err) == community.CodeNotFound {
		err = nil
	}
	if err != nil {
		return last, err
	}
	if last.Version > 0 && sameTemplate(last.Template, t) {
		return last, connect.Trouble(community.CodeConflict, fmt.Sprintf("这份内容就是现在的 %s v%d，没有变化。", last.Name, last.Version), fmt.Sprintf("this is just what %s v%d says already; nothing was changed.", last.Name, last.Version))
	}
	return f.app.store.SaveTemplate(ctx, f.org, last.Version, t, f.audit(user, verb, "", note))
}

func sameTemplate(a, b founding.Template) bool {
	a.Version, b.Version = 0, 0
	x, errX := founding.Encode(a)
	y, errY := founding.Encode(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// SaveFrom makes an own template of what a group has: its goal, rules, welcome, tiers and plans; head says name, language, type, title,
// summary and KPI. What is the group's alone (members, copying, files) is left out.
func (f foundings) SaveFrom(ctx context.Context, user string, g community.GroupKey, head founding.Template, parts []founding.Part, note string) (founding.Kept, error) {
	group, err := f.chatGroup(ctx, g)
	if err != nil {
		return founding.Kept{}, err
	}
	now, _, err := f.stands(ctx, group)
	if err != nil {
		return founding.Kept{}, err
	}
	t, err := founding.Of(now, head, parts)
	if err != nil {
		return founding.Kept{}, err
	}
	return f.keep(ctx, user, "template.save", t, note)
}
