package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"

	"qunluo/internal/community"
	"qunluo/internal/founding"
	"qunluo/internal/measure"
	"qunluo/internal/plan"
	"qunluo/internal/tier"
)

// JobFounding is the kind of job that publishes the rules of a founding where the one who began it could not; its key is the id.
const JobFounding = "founding"

// foundingWait is after how long that job looks, in milliseconds: who began it publishes at once.
const foundingWait = 120_000

const keptColumns = `SELECT body, user_id, note, at FROM group_template`

func scanKept(r *sql.Rows, v *founding.Kept) error {
	var body string
	if err := r.Scan(&body, &v.User, &v.Note, &v.At); err != nil {
		return err
	}
	v.Own = true
	return json.Unmarshal([]byte(body), &v.Template)
}

// Templates lists an organisation's own templates, the newest version of each, by name.
func (s *Store) Templates(ctx context.Context, org community.OrgKey) ([]founding.Kept, error) {
	return rows(ctx, s, keptColumns+` k WHERE org_key = $1 AND version = (SELECT max(x.version) FROM group_template x WHERE x.org_key = k.org_key AND x.name = k.name) ORDER BY name`, []any{int64(org)}, scanKept)
}

// TemplateVersions lists the versions of one, the newest first.
func (s *Store) TemplateVersions(ctx context.Context, org community.OrgKey, name string) ([]founding.Kept, error) {
	return rows(ctx, s, keptColumns+` WHERE org_key = $1 AND name = $2 ORDER BY version DESC`, []any{int64(org), name}, scanKept)
}

// TemplateOf gives one version of an organisation's template; 0 = the newest. CodeNotFound.
func (s *Store) TemplateOf(ctx context.Context, org community.OrgKey, name string, version int) (founding.Kept, error) {
	list, err := rows(ctx, s, keptColumns+` WHERE org_key = $1 AND name = $2 AND (version = $3 OR $3 = 0) ORDER BY version DESC LIMIT 1`, []any{int64(org), name, version}, scanKept)
	return oneOf(list, err, "template", name)
}

// SaveTemplate keeps a version of a template and gives it: its own number where that is new, else the next one; base is the newest version
// that the caller knew, 0 = none. CodeConflict: there is another.
func (s *Store) SaveTemplate(ctx context.Context, org community.OrgKey, base int, v founding.Template, audit community.Audit) (founding.Kept, error) {
	v.Version = max(v.Version, base+1)
	out := founding.Kept{Template: v, Own: true, User: audit.User, Note: audit.Reason, At: s.now()}
	body, err := founding.Encode(v)
	if err != nil {
		return out, err
	}
	return out, s.writeTx(ctx, func(t *Tx) error {
		var last int
		if err := t.one(ctx, `SELECT coalesce(max(version), 0) FROM group_template WHERE org_key = $1 AND name = $2`, []any{int64(org), v.Name}, &last); err != nil {
			return err
		}
		if last != base {
			return community.Errorf(community.CodeConflict, "template %s: version %d is the newest, not %d", v.Name, last, base)
		}
		if _, err := t.exec(ctx, `INSERT INTO group_template (org_key, name, version, body, note, user_id, at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			int64(org), v.Name, v.Version, string(body), out.Note, out.User, out.At); err != nil {
			return err
		}
		audit.Org, audit.Subject = org, "template:"+v.Name
		audit.After, _ = json.Marshal(map[string]any{"name": v.Name, "version": v.Version}) // plain values
		return t.AddAudit(ctx, audit)
	})
}

const foundingColumns = `SELECT f.id, f.org_key, f.group_key, g.id, g.name, f.name, f.version, f.lang, f.own, f.purpose, f.preset, f.title, f.kind, f.kpi, f.parts, f.state, f.before_marks, f.after_marks,
 f.left_out, f.user_id, f.reason, f.at, f.undone, f.undone_by, f.undo_note FROM founding f JOIN chat_group g ON g.key = f.group_key`

func scanFounding(r *sql.Rows, v *founding.Record) error {
	var id, group, parts, before, after, left []byte
	if err := r.Scan(&id, (*int64)(&v.Org), (*int64)(&v.Group), &group, &v.GroupName, &v.Use.Name, &v.Use.Version, &v.Use.Lang, &v.Use.Own, &v.Use.Purpose, &v.Use.Preset, &v.Title, &v.Type, &v.KPI,
		&parts, &v.State, &before, &after, &left, &v.User, &v.Reason, &v.At, &v.Undone, &v.UndoneBy, &v.UndoNote); err != nil {
		return err
	}
	copy(v.ID[:], id)
	copy(v.GroupID[:], group)
	for _, one := range []struct {
		raw  []byte
		into any
	}{{parts, &v.Parts}, {before, &v.Before}, {after, &v.After}, {left, &v.Left}} {
		if err := json.Unmarshal(one.raw, one.into); err != nil {
			return err
		}
	}
	return nil
}

// standing bounds foundings to the latest that stands, of each group.
const standing = `f.state IN ('begun', 'done') AND NOT EXISTS (SELECT 1 FROM founding y WHERE y.group_key = f.group_key AND y.state IN ('begun', 'done') AND (y.at > f.at OR y.at = f.at AND y.id > f.id))`

// Foundings lists the foundings of the scope, the newest first.
func (d *Desk) Foundings(ctx context.Context, f founding.Filter, p community.Page) ([]founding.Record, int, error) {
	var c clause
	d.in(&c, "g")
	groupOrAll(&c, f.Group)
	if !f.ID.IsZero() {
		c.and("f.id = ?", f.ID[:])
	}
	if f.Name != "" {
		c.and("f.name = ?", f.Name)
		c.and("f.own = ?", f.Own)
	}
	if f.Version != 0 {
		c.and("f.version = ?", f.Version)
	}
	if f.Current {
		c.and(standing)
	}
	total, err := d.count(ctx, "FROM founding f JOIN chat_group g ON g.key = f.group_key"+c.String(), c.args)
	if err != nil {
		return nil, 0, err
	}
	list, err := rows(ctx, d.s, foundingColumns+c.String()+fmt.Sprintf(` ORDER BY f.at DESC, f.id DESC LIMIT %d OFFSET %d`, limitOf(p.Limit), max(p.Offset, 0)), c.args, scanFounding)
	return list, total, err
}

// FoundingByID gives one; CodeNotFound.
func (d *Desk) FoundingByID(ctx context.Context, id community.ID) (founding.Record, error) {
	list, _, err := d.Foundings(ctx, founding.Filter{ID: id}, community.Page{Limit: 1})
	return oneOf(list, err, "founding", id)
}

// TemplateUses counts the groups of the scope that stand by each version of each template.
func (d *Desk) TemplateUses(ctx context.Context) ([]founding.Using, error) {
	var c clause
	d.in(&c, "g")
	c.and(standing)
	return rows(ctx, d.s, `SELECT f.name, f.version, f.lang, f.own, count(*) FROM founding f JOIN chat_group g ON g.key = f.group_key`+c.String()+` GROUP BY f.name, f.version, f.lang, f.own ORDER BY f.own, f.name, f.version DESC, f.lang`, c.args,
		func(r *sql.Rows, v *founding.Using) error {
			return r.Scan(&v.Use.Name, &v.Use.Version, &v.Use.Lang, &v.Use.Own, &v.Groups)
		})
}

// FoundOrder is what a founding writes.
type FoundOrder struct {
	Record  founding.Record // without id, state and time; Before are the versions that the person saw
	Goal    *measure.Goal   // nil = the part is not taken
	Tiers   *tier.Rules
	Plan    *plan.SOP // zero ID = it is made
	Book    []byte    // to be published afterwards; empty = none
	Move    *founding.Move
	Adjusts []measure.Adjustment
}

// Found begins a group with a template: everything but the rules, which wait as the job says. CodeConflict: goal, rules or tiers
// changed since the person saw them.
func (s *Store) Found(ctx context.Context, o FoundOrder, audit community.Audit) (founding.Record, error) {
	v := o.Record
	v.ID, v.At, v.State, v.After = s.NewID(), s.now(), founding.Done, v.Before
	if len(o.Book) > 0 {
		v.State = founding.Begun
	}
	audit.Org, audit.Subject = v.Org, "founding:"+v.ID.String()
	err := s.writeTx(ctx, func(t *Tx) error {
		if err := t.unchanged(ctx, v.Group, v.Before); err != nil {
			return err
		}
		if err := t.foundParts(ctx, o, &v, audit); err != nil {
			return err
		}
		if err := t.addFounding(ctx, o, v); err != nil {
			return err
		}
		audit.Verb = "template.apply"
		audit.Before, _ = json.Marshal(v.Before)                                                     // plain values
		audit.After, _ = json.Marshal(map[string]any{"use": v.Use, "parts": v.Parts, "to": v.After}) // plain values
		return t.AddAudit(ctx, audit)
	})
	return v, err
}

// unchanged says whether a group is as a person saw it: CodeConflict.
func (t *Tx) unchanged(ctx context.Context, g community.GroupKey, seen founding.Marks) error {
	for _, one := range []struct {
		table string
		seen  int
	}{{"group_goal", seen.Goal}, {"rulebook", seen.Book}, {"tier_rules", seen.Tiers}} {
		var now int
		if err := t.one(ctx, `SELECT coalesce(max(version), 0) FROM `+one.table+` WHERE group_key = $1`, []any{int64(g)}, &now); err != nil {
			return err
		}
		if now != one.seen {
			return community.Errorf(community.CodeConflict, "group %d: %s changed since it was shown", g, one.table)
		}
	}
	return nil
}

func (t *Tx) foundParts(ctx context.Context, o FoundOrder, v *founding.Record, audit community.Audit) error {
	if o.Goal != nil {
		a := audit
		a.Verb, a.Subject = "goal.set", fmt.Sprintf("group:%d", v.Group)
		goal, err := t.setGoal(ctx, v.Group, *o.Goal, a)
		if err != nil {
			return err
		}
		v.After.Goal = goal.Version
	}
	if o.Tiers != nil {
		if err := t.setTierRules(ctx, v.Org, v.Group, v.Before.Tiers, *o.Tiers, audit); err != nil {
			return err
		}
		v.After.Tiers = v.Before.Tiers + 1
	}
	if o.Plan != nil {
		sop := *o.Plan
		if sop.ID.IsZero() {
			var err error
			if sop, err = t.saveSOP(ctx, sop, audit); err != nil {
				return err
			}
			v.After.Made = true
		}
		if err := t.enterSOP(ctx, sop, v.Group, audit); err != nil {
			return err
		}
		v.After.SOP = sop.ID
	}
	for _, a := range o.Adjusts {
		a.ID, a.At, a.State = t.store.NewID(), v.At, measure.AdjustOpen
		switch a.Kind {
		case measure.AdjustTier:
			a.Ref = fmt.Sprintf("tier:%d", v.After.Tiers)
		case measure.AdjustPlan:
			a.Ref = "sop:" + v.After.SOP.String()
		}
		trail := audit
		trail.Verb, trail.Reason = "adjust.add", a.What
		if err := t.addAdjustment(ctx, a, trail); err != nil {
			return err
		}
		v.After.Adjusts = append(v.After.Adjusts, a.ID)
	}
	if len(o.Book) > 0 {
		v.After.Book = v.Before.Book + 1
		t.Enqueue(Job{Kind: JobFounding, Key: v.ID.String(), RunAt: v.At + foundingWait})
	}
	return nil
}

func (t *Tx) addFounding(ctx context.Context, o FoundOrder, v founding.Record) error {
	var raw [5]string
	for i, one := range []any{v.Parts, v.Before, v.After, listed(v.Left), o.Move} {
		text, err := json.Marshal(one)
		if err != nil {
			return err
		}
		raw[i] = string(text)
	}
	_, err := t.exec(ctx, `INSERT INTO founding (id, org_key, group_key, name, version, lang, own, purpose, preset, title, kind, kpi, parts, state, before_marks, after_marks, left_out, book, move, user_id, reason, at, undone, undone_by, undo_note)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, 0, '', '')`,
		v.ID[:], int64(v.Org), int64(v.Group), v.Use.Name, v.Use.Version, v.Use.Lang, v.Use.Own, v.Use.Purpose, v.Use.Preset, v.Title, v.Type, v.KPI, raw[0], v.State, raw[1], raw[2], raw[3], string(o.Book), raw[4], v.User, v.Reason, v.At)
	return err
}

func listed(list []founding.Part) []founding.Part {
	if list == nil {
		return []founding.Part{}
	}
	return list
}

// FoundingWork is a founding with the rulebook that is still to be published, and the figure that it should move.
type FoundingWork struct {
	founding.Record
	Book []byte
	Move *founding.Move
}

// FoundingWork gives what a founding still has to do. CodeNotFound.
func (s *Store) FoundingWork(ctx context.Context, id community.ID) (FoundingWork, error) {
	list, err := rows(ctx, s, foundingColumns+` WHERE f.id = $1`, []any{id[:]}, scanFounding)
	v, err := oneOf(list, err, "founding", id)
	w := FoundingWork{Record: v}
	if err != nil {
		return w, err
	}
	var book string
	var move []byte
	if err := s.read.QueryRowContext(ctx, `SELECT book, move FROM founding WHERE id = $1`, id[:]).Scan(&book, &move); err != nil {
		return w, coded(s.dialect, err)
	}
	w.Book = []byte(book)
	return w, json.Unmarshal(move, &w.Move)
}

// FoundingPublished notes that the rules of a founding are in force (adjust is then added), or were left out because somebody else
// published meanwhile (left); and that an undoing is over. Done twice it changes nothing.
func (s *Store) FoundingPublished(ctx context.Context, v founding.Record, left bool, adjust *measure.Adjustment, audit community.Audit) error {
	to := map[string]string{founding.Begun: founding.Done, founding.Undoing: founding.Undone}[v.State]
	if left {
		v.Left = append(slices.Clone(v.Left), founding.Rules)
	}
	return s.writeTx(ctx, func(t *Tx) error {
		if adjust != nil && !left {
			a := *adjust
			a.ID, a.At, a.State = s.NewID(), s.now(), measure.AdjustOpen
			v.After.Adjusts = append(slices.Clone(v.After.Adjusts), a.ID)
			trail := audit
			trail.Verb, trail.Reason = "adjust.add", a.What
			if err := t.addAdjustment(ctx, a, trail); err != nil {
				return err
			}
		}
		after, err := json.Marshal(v.After)
		if err != nil {
			return err
		}
		gone, err := json.Marshal(listed(v.Left))
		if err != nil {
			return err
		}
		n, err := t.exec(ctx, `UPDATE founding SET state = $1, after_marks = $2, left_out = $3, book = '' WHERE id = $4 AND state = $5`, to, string(after), string(gone), v.ID[:], v.State)
		if err == nil && n == 0 {
			return community.Errorf(community.CodeConflict, "founding %s: it is no longer %s", v.ID, v.State)
		}
		return err
	})
}

// UndoFounding takes back what a founding changed and nobody changed since, but the rules: book is then published. Parts that somebody
// changed since stand in Left. CodeConflict: it does not stand any more.
func (s *Store) UndoFounding(ctx context.Context, v founding.Record, book []byte, audit community.Audit) (founding.Record, error) {
	was := v.State
	v.Undone, v.UndoneBy, v.UndoNote, v.State = s.now(), audit.User, audit.Reason, founding.Undone
	if len(book) > 0 {
		v.State = founding.Undoing
	}
	audit.Org, audit.Subject, audit.Verb = v.Org, "founding:"+v.ID.String(), "template.undo"
	return v, s.writeTx(ctx, func(t *Tx) error {
		for _, back := range []struct {
			part founding.Part
			do   func(*Tx, context.Context, founding.Record, community.Audit) (bool, error)
		}{{founding.Goal, (*Tx).goalBack}, {founding.Tiers, (*Tx).tiersBack}, {founding.Plan, (*Tx).planBack}} {
			if !v.Took(back.part) {
				continue
			}
			did, err := back.do(t, ctx, v, audit)
			if err != nil {
				return err
			}
			if !did {
				v.Left = append(slices.Clone(v.Left), back.part)
			}
		}
		for _, id := range v.After.Adjusts {
			if _, err := t.exec(ctx, `UPDATE adjustment SET state = 'reverted', decided = $1, decider = $2, note = $3 WHERE id = $4 AND state IN ('open', 'due')`, v.Undone, audit.User, audit.Reason, id[:]); err != nil {
				return err
			}
		}
		left, err := json.Marshal(listed(v.Left))
		if err != nil {
			return err
		}
		n, err := t.exec(ctx, `UPDATE founding SET state = $1, left_out = $2, book = $3, undone = $4, undone_by = $5, undo_note = $6 WHERE id = $7 AND state = $8`,
			v.State, string(left), string(book), v.Undone, v.UndoneBy, v.UndoNote, v.ID[:], was)
		if err != nil {
			return err
		}
		if n == 0 {
			return community.Errorf(community.CodeConflict, "founding %s: it does not stand any more", v.ID)
		}
		if len(book) > 0 {
			t.Enqueue(Job{Kind: JobFounding, Key: v.ID.String() + ":undo", RunAt: v.Undone + foundingWait}) // the one of its beginning may just be ending
		}
		audit.After, _ = json.Marshal(map[string]any{"left": listed(v.Left)}) // plain values
		return t.AddAudit(ctx, audit)
	})
}

// goalBack makes the goal before a founding the group's again; false when somebody wrote another since.
func (t *Tx) goalBack(ctx context.Context, v founding.Record, audit community.Audit) (bool, error) {
	var last int
	if err := t.one(ctx, `SELECT coalesce(max(version), 0) FROM group_goal WHERE group_key = $1`, []any{int64(v.Group)}, &last); err != nil || last != v.After.Goal {
		return false, err
	}
	var goal measure.Goal
	if v.Before.Goal > 0 {
		var raw []byte
		if err := t.one(ctx, `SELECT body FROM group_goal WHERE group_key = $1 AND version = $2`, []any{int64(v.Group), v.Before.Goal}, &raw); err != nil {
			return false, err
		}
		if err := json.Unmarshal(raw, &goal); err != nil {
			return false, err
		}
	}
	audit.Verb, audit.Subject = "goal.set", fmt.Sprintf("group:%d", v.Group)
	_, err := t.setGoal(ctx, v.Group, goal, audit)
	return true, err
}

// tiersBack does the same with the rules of tiers.
func (t *Tx) tiersBack(ctx context.Context, v founding.Record, audit community.Audit) (bool, error) {
	var last int
	if err := t.one(ctx, `SELECT coalesce(max(version), 0) FROM tier_rules WHERE group_key = $1`, []any{int64(v.Group)}, &last); err != nil || last != v.After.Tiers {
		return false, err
	}
	rules := tier.Default()
	if v.Before.Tiers > 0 {
		var raw []byte
		if err := t.one(ctx, `SELECT rules FROM tier_rules WHERE group_key = $1 AND version = $2`, []any{int64(v.Group), v.Before.Tiers}, &raw); err != nil {
			return false, err
		}
		if err := json.Unmarshal(raw, &rules); err != nil {
			return false, err
		}
	}
	return true, t.setTierRules(ctx, v.Org, v.Group, last, rules, audit)
}

// planBack lets the group leave the plan; a plan that was made for it and has no group any more ends. False when the group left before.
func (t *Tx) planBack(ctx context.Context, v founding.Record, audit community.Audit) (bool, error) {
	id := v.After.SOP
	err := t.leaveSOP(ctx, plan.SOP{ID: id, Org: v.Org}, v.Group, audit)
	if community.CodeOf(err) == community.CodeNotFound {
		return false, nil
	}
	if err != nil || !v.After.Made {
		return true, err
	}
	_, err = t.exec(ctx, `UPDATE sop SET state = 'cancelled' WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM sop_group m WHERE m.sop_id = sop.id AND m.left_at = 0)`, id[:])
	return true, err
}

// GroupSOPs lists the SOPs that a group is in.
func (s *Store) GroupSOPs(ctx context.Context, g community.GroupKey) ([]plan.SOP, error) {
	return rows(ctx, s, sopColumns+` JOIN sop_group n ON n.sop_id = p.id WHERE n.group_key = $1 AND n.left_at = 0 ORDER BY p.created, p.id`, []any{int64(g)}, scanSOP)
}

// GroupUses lists what a group was begun with over time, oldest first, what was undone later among it.
func (s *Store) GroupUses(ctx context.Context, g community.GroupKey) ([]founding.Record, error) {
	return rows(ctx, s, foundingColumns+` WHERE f.group_key = $1 ORDER BY f.at, f.id`, []any{int64(g)}, scanFounding)
}

// SameSOP finds a running SOP that was made for a version of a template, with just these steps; zero = none.
func (s *Store) SameSOP(ctx context.Context, org community.OrgKey, u founding.Use, steps []plan.Step) (plan.SOP, error) {
	ids, err := rows(ctx, s, `SELECT after_marks FROM founding WHERE org_key = $1 AND name = $2 AND own = $3 AND version = $4 AND lang = $5 AND purpose = $6 AND preset = $7 ORDER BY at DESC, id LIMIT 200`,
		[]any{int64(org), u.Name, u.Own, u.Version, u.Lang, u.Purpose, u.Preset}, func(r *sql.Rows, v *founding.Marks) error {
			var raw []byte
			if err := r.Scan(&raw); err != nil {
				return err
			}
			return json.Unmarshal(raw, v)
		})
	seen := map[community.ID]bool{{}: true}
	for _, m := range ids {
		if seen[m.SOP] {
			continue
		}
		seen[m.SOP] = true
		p, err := s.SOPByID(ctx, community.Scope{Org: org}, m.SOP)
		if community.CodeOf(err) == community.CodeNotFound {
			continue
		}
		if err != nil {
			return p, err
		}
		if p.State == plan.Running && founding.SameSteps(p.Steps, steps) {
			return p, nil
		}
	}
	return plan.SOP{}, err
}
