package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"qunluo/internal/community"
)

const actionFrom = `FROM action a JOIN chat_group g ON g.key = a.group_key LEFT JOIN member m ON m.key = a.target_key`

// FindActions lists actions, the newest first. Sort: "created", "updated".
func (d *Desk) FindActions(ctx context.Context, f community.ActionFilter) ([]community.ActionRow, int, error) {
	var c clause
	d.in(&c, "g")
	tagged(&c, "g", f.Tag)
	if f.Group != 0 {
		c.and("a.group_key = ?", int64(f.Group))
	}
	if f.Member != 0 {
		c.and("a.target_key = ?", int64(f.Member))
	}
	if !f.Decision.IsZero() {
		c.and("a.decision_id = ?", f.Decision[:])
	}
	if f.State != "" {
		c.and("a.state = ?", string(f.State))
	}
	if f.Verb != "" {
		c.and("a.verb = ?", string(f.Verb))
	}
	order, err := sorts{"created": "a.created", "updated": "a.updated"}.newest(f.Page, "a.created", "a.id")
	if err != nil {
		return nil, 0, err
	}
	total, err := d.count(ctx, actionFrom+c.String(), c.args)
	if err != nil {
		return nil, 0, err
	}
	list, err := rows(ctx, d.s, `SELECT a.body, g.id, g.name, coalesce(m.called, ''), a.state, a.mode, a.attempts, a.detail, a.code, a.created, a.updated,
 a.user_name, a.parts `+actionFrom+c.String()+order, c.args, scanAction)
	return list, total, err
}

func scanAction(r *sql.Rows, v *community.ActionRow) error {
	var body, g []byte
	var parts string
	err := r.Scan(&body, &g, &v.GroupName, &v.TargetName, &v.State, &v.Mode, &v.Attempts, &v.Detail, &v.Code, &v.Created, &v.Updated, &v.User, &parts)
	if err != nil {
		return err
	}
	copy(v.GroupID[:], g)
	if parts != "" {
		if err := json.Unmarshal([]byte(parts), &v.Parts); err != nil {
			return fmt.Errorf("parts of an action: %w", err)
		}
	}
	if err := json.Unmarshal(body, &v.Action); err != nil {
		return fmt.Errorf("action: %w", err)
	}
	return nil
}

const taskFrom = `FROM task k JOIN chat_group g ON g.key = k.group_key LEFT JOIN member m ON m.key = k.target_key`

// FindTasks lists task cards: those waiting for a person, the most urgent first. Sort: "due" (default), "created".
func (d *Desk) FindTasks(ctx context.Context, f community.TaskFilter) ([]community.TaskRow, int, error) {
	var c clause
	d.in(&c, "g")
	tagged(&c, "g", f.Tag)
	if f.Group != 0 {
		c.and("k.group_key = ?", int64(f.Group))
	}
	if f.State == "" {
		c.and("k.state IN ('open', 'claimed')")
	} else {
		c.and("k.state = ?", f.State)
	}
	if f.Assignee != "" {
		c.and("k.assignee = ?", f.Assignee)
	}
	order, err := sorts{"due": "k.due", "created": "k.created"}.order(f.Page, "k.due", "k.id")
	if err != nil {
		return nil, 0, err
	}
	total, err := d.count(ctx, taskFrom+c.String(), c.args)
	if err != nil {
		return nil, 0, err
	}
	list, err := d.tasks(ctx, c.String()+order, c.args)
	return list, total, err
}

// TaskByID gives one task card.
func (d *Desk) TaskByID(ctx context.Context, id community.ID) (community.TaskRow, error) {
	var c clause
	d.in(&c, "g")
	c.and("k.id = ?", id[:])
	list, err := d.tasks(ctx, c.String(), c.args)
	return oneOf(list, err, "task", id)
}

func (d *Desk) tasks(ctx context.Context, rest string, args []any) ([]community.TaskRow, error) {
	list, err := rows(ctx, d.s, `SELECT k.id, k.group_key, k.verb, k.target_key, k.state, k.assignee, k.why, k.text, k.created, k.due, k.done_by, k.done_at,
 k.note, k.evidence, g.id, g.name, coalesce(m.called, ''), m.id, coalesce(m.external_id, ''), a.body `+taskFrom+` LEFT JOIN action a ON a.id = k.id`+rest, args, scanTask)
	if err != nil {
		return nil, err
	}
	numbers := make([]int64, len(list))
	for i := range list {
		numbers[i] = list[i].Action.Event
	}
	messages, err := d.messagesAt(ctx, numbers)
	for i := range list {
		if m := messages[list[i].Action.Event]; m.Group == list[i].Group {
			list[i].Message = m
		}
	}
	for i := range list {
		if err == nil {
			err = d.taskGroups(ctx, &list[i])
		}
	}
	return list, err
}

// taskGroups fills in which groups a mass send asks a person for, when it is more than one.
func (d *Desk) taskGroups(ctx context.Context, t *community.TaskRow) error {
	var order community.MassOrder
	if t.Verb != community.MassSend || len(t.Action.Args) == 0 || json.Unmarshal(t.Action.Args, &order) != nil || len(order.Groups) < 2 {
		return nil //nolint:nilerr // an order that cannot be read names no groups
	}
	for part := range slices.Chunk(order.Groups, 500) {
		var c clause
		d.in(&c, "g")
		c.and("g.platform = (SELECT o.platform FROM chat_group o WHERE o.key = ?)", int64(t.Group))
		in, ids := oneOfThem(part)
		c.and("g.external_id "+in, ids...)
		where := c.String()
		found, err := rows(ctx, d.s, `SELECT g.id, g.name, coalesce(r.state, '') FROM chat_group g LEFT JOIN mass_result r ON r.chat = g.external_id AND r.action_id = `+c.arg(t.ID[:])+where, c.args,
			func(r *sql.Rows, v *community.TaskGroup) error {
				var id []byte
				err := r.Scan(&id, &v.Name, &v.State)
				copy(v.ID[:], id)
				return err
			})
		if err != nil {
			return err
		}
		t.Groups = append(t.Groups, found...)
	}
	slices.SortFunc(t.Groups, func(a, b community.TaskGroup) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), slices.Compare(a.ID[:], b.ID[:]))
	})
	t.Hidden = len(order.Groups) - len(t.Groups)
	return nil
}

func scanTask(r *sql.Rows, v *community.TaskRow) error {
	var id, g, m, body []byte
	var group, target int64
	err := r.Scan(&id, &group, &v.Verb, &target, &v.State, &v.Assignee, &v.Why, &v.Text, &v.Created, &v.Due, &v.DoneBy, &v.DoneAt,
		&v.Note, &v.Evidence, &g, &v.GroupName, &v.TargetName, &m, &v.TargetRef, &body)
	if err != nil {
		return err
	}
	copy(v.ID[:], id)
	copy(v.GroupID[:], g)
	copy(v.TargetID[:], m)
	v.Group, v.Target = community.GroupKey(group), community.MemberKey(target)
	if len(body) == 0 {
		return nil // a task without an action
	}
	if err := json.Unmarshal(body, &v.Action); err != nil {
		return fmt.Errorf("task %s: %w", v.ID, err)
	}
	v.Rule = v.Action.Rule
	return nil
}

// FindAudit lists the trail of the organisation, the newest first. Who may see only some groups sees what names them.
func (d *Desk) FindAudit(ctx context.Context, f community.AuditFilter) ([]community.Audit, int, error) {
	var c clause
	c.and("a.org_key = ?", int64(d.scope.Org))
	if d.scope.Groups != nil {
		subjects, err := d.groupSubjects(ctx)
		if err != nil {
			return nil, 0, err
		}
		c.and("a.subject IN (" + subjects(&c) + ")")
	}
	if f.User != "" {
		c.and("a.user_name = ?", f.User)
	}
	if f.Verb != "" {
		c.and("a.verb = ?", f.Verb)
	}
	if f.Subject != "" {
		c.and("a.subject = ?", f.Subject)
	}
	within(&c, "a.at", f.From, f.To)
	order, err := sorts{"at": "a.at"}.newest(f.Page, "a.at", "a.id")
	if err != nil {
		return nil, 0, err
	}
	total, err := d.count(ctx, "FROM audit a"+c.String(), c.args)
	if err != nil {
		return nil, 0, err
	}
	list, err := rows(ctx, d.s, `SELECT a.id, a.org_key, a.at, a.user_name, a.verb, a.subject, a.reason, a.before, a.after FROM audit a`+c.String()+order, c.args, scanAudit)
	return list, total, err
}

// groupSubjects are the subjects of audit rows about groups of the scope.
func (d *Desk) groupSubjects(ctx context.Context) (func(c *clause) string, error) {
	var in clause
	d.in(&in, "g")
	ids, err := rows(ctx, d.s, "SELECT g.id FROM chat_group g"+in.String(), in.args, func(r *sql.Rows, v *community.ID) error {
		var id []byte
		err := r.Scan(&id)
		copy(v[:], id)
		return err
	})
	return func(c *clause) string {
		list := "''"
		for _, id := range ids {
			list += ", " + c.arg("group:"+id.String())
		}
		return list
	}, err
}

func scanAudit(r *sql.Rows, a *community.Audit) error {
	var id, before, after []byte
	var org int64
	err := r.Scan(&id, &org, &a.At, &a.User, &a.Verb, &a.Subject, &a.Reason, &before, &after)
	copy(a.ID[:], id)
	a.Org, a.Before, a.After = community.OrgKey(org), before, after
	return err
}

const importColumns = `SELECT i.key, i.id, i.group_key, i.name, i.format, i.hash, i.state, i.created, i.finished, i.user_name, i.report FROM import_run i`

// importsHere bounds import runs by the scope: with some groups only, those that wrote into one of them and nowhere else.
func (d *Desk) importsHere(c *clause) {
	c.and("i.org_key = ?", int64(d.scope.Org))
	if d.scope.Groups == nil {
		return
	}
	mine := "(" + keyList(d.scope.Groups) + ")"
	c.and("(i.group_key IN " + mine + " OR EXISTS (SELECT 1 FROM import_range r WHERE r.import_key = i.key))")
	c.and("NOT EXISTS (SELECT 1 FROM import_range r WHERE r.import_key = i.key AND r.group_key NOT IN " + mine + ")")
}

// FindImports lists imports, the newest first.
func (d *Desk) FindImports(ctx context.Context, p community.Page) ([]community.ImportRow, int, error) {
	var c clause
	d.importsHere(&c)
	order, err := sorts{"created": "i.created", "name": "i.name"}.newest(p, "i.created", "i.key")
	if err != nil {
		return nil, 0, err
	}
	total, err := d.count(ctx, "FROM import_run i"+c.String(), c.args)
	if err != nil {
		return nil, 0, err
	}
	list, err := rows(ctx, d.s, importColumns+c.String()+order, c.args, scanImport)
	return list, total, err
}

// ImportByID gives one import.
func (d *Desk) ImportByID(ctx context.Context, id community.ID) (community.ImportRow, error) {
	var c clause
	d.importsHere(&c)
	c.and("i.id = ?", id[:])
	list, err := rows(ctx, d.s, importColumns+c.String(), c.args, scanImport)
	return oneOf(list, err, "import", id)
}

func scanImport(r *sql.Rows, v *community.ImportRow) error {
	var id, report []byte
	var g int64
	err := r.Scan(&v.Key, &id, &g, &v.Name, &v.Format, &v.Hash, &v.State, &v.Created, &v.Finished, &v.User, &report)
	copy(v.ID[:], id)
	v.Group, v.Report = community.GroupKey(g), report
	return err
}

const bookColumns = `SELECT b.group_key, b.version, b.state, b.at, b.user_name, b.note, b.body FROM rulebook b JOIN chat_group g ON g.key = b.group_key`

func scanBook(r *sql.Rows, v *community.BookRow) error {
	var g int64
	var body []byte
	err := r.Scan(&g, &v.Version, &v.State, &v.At, &v.User, &v.Note, &body)
	v.Group, v.Body = community.GroupKey(g), body
	return err
}

// FindBooks lists a group's rulebooks: the draft first, then the versions, the newest first.
func (d *Desk) FindBooks(ctx context.Context, g community.GroupKey, p community.Page) ([]community.BookRow, int, error) {
	var c clause
	d.in(&c, "g")
	c.and("b.group_key = ?", int64(g))
	if p.Offset < 0 || p.Sort != "" {
		return nil, 0, community.Errorf(community.CodeBadInput, "rulebooks have one order")
	}
	total, err := d.count(ctx, "FROM rulebook b JOIN chat_group g ON g.key = b.group_key"+c.String(), c.args)
	if err != nil {
		return nil, 0, err
	}
	list, err := rows(ctx, d.s, bookColumns+c.String()+fmt.Sprintf(" ORDER BY CASE WHEN b.state = 'draft' THEN 0 ELSE 1 END, b.version DESC LIMIT %d OFFSET %d",
		limitOf(p.Limit), p.Offset), c.args, scanBook)
	return list, total, err
}

// Book gives one version of a group's rulebook; 0 = the one in force.
func (d *Desk) Book(ctx context.Context, g community.GroupKey, version int) (community.BookRow, error) {
	var c clause
	d.in(&c, "g")
	c.and("b.group_key = ?", int64(g))
	if version == 0 {
		c.and("b.state = 'published'")
	} else {
		c.and("b.version = ?", version)
	}
	list, err := rows(ctx, d.s, bookColumns+c.String()+" ORDER BY b.version DESC LIMIT 1", c.args, scanBook)
	return oneOf(list, err, "rulebook", version)
}

// FindJobs lists jobs in a state; "" = all, the newest first. Jobs belong to the installation: only who may see every
// group gets any.
func (d *Desk) FindJobs(ctx context.Context, state string, p community.Page) ([]community.JobRow, int, error) {
	if d.scope.Groups != nil {
		return nil, 0, nil
	}
	var c clause
	if state != "" {
		c.and("j.state = ?", state)
	}
	order, err := sorts{"created": "j.created", "run_at": "j.run_at"}.newest(p, "j.created", "j.id")
	if err != nil {
		return nil, 0, err
	}
	total, err := d.count(ctx, "FROM job j"+c.String(), c.args)
	if err != nil {
		return nil, 0, err
	}
	list, err := rows(ctx, d.s, `SELECT j.id, j.kind, j.unique_key, j.state, j.run_at, j.attempts, j.max_attempts, j.error, j.payload, j.created FROM job j`+
		c.String()+order, c.args, func(r *sql.Rows, v *community.JobRow) error {
		var id, payload []byte
		err := r.Scan(&id, &v.Kind, &v.Key, &v.State, &v.RunAt, &v.Attempts, &v.Max, &v.Error, &payload, &v.Created)
		copy(v.ID[:], id)
		v.Payload = payload
		return err
	})
	return list, total, err
}

const accountColumns = `SELECT a.key, a.id, a.org_key, a.platform, a.connector, a.name, a.external_id, a.settings, a.enabled, a.created, a.restricted, a.restricted_why FROM account a`

func (d *Desk) accounts(ctx context.Context, c *clause) ([]community.Account, error) {
	c.and("a.org_key = ?", int64(d.scope.Org))
	if d.scope.Groups != nil {
		c.and("EXISTS (SELECT 1 FROM group_account x WHERE x.account_key = a.key AND x.group_key IN (" + keyList(d.scope.Groups) + "))")
	}
	return rows(ctx, d.s, accountColumns+c.String()+" ORDER BY a.key", c.args, scanAccount)
}

func scanAccount(r *sql.Rows, v *community.Account) error {
	var id, settings []byte
	var key, org int64
	err := r.Scan(&key, &id, &org, &v.Platform, &v.Connector, &v.Name, &v.External, &settings, &v.Enabled, &v.Created, &v.Restricted, &v.RestrictedWhy)
	copy(v.ID[:], id)
	v.Key, v.Org, v.Settings = community.AccountKey(key), community.OrgKey(org), settings
	return err
}

// Accounts lists our accounts with their settings, secrets included.
func (d *Desk) Accounts(ctx context.Context) ([]community.Account, error) {
	return d.accounts(ctx, &clause{})
}

// AccountByID gives one of our accounts.
func (d *Desk) AccountByID(ctx context.Context, id community.ID) (community.Account, error) {
	var c clause
	c.and("a.id = ?", id[:])
	list, err := d.accounts(ctx, &c)
	return oneOf(list, err, "account", id)
}

// Frozen reports whether all automatic actions of the organisation are held.
func (d *Desk) Frozen(ctx context.Context) (bool, error) {
	var on freezeFlag
	err := d.s.read.QueryRowContext(ctx, `SELECT value FROM setting WHERE org_key = $1 AND name = 'freeze'`, int64(d.scope.Org)).Scan(&on)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return bool(on), coded(d.s.dialect, err)
}
