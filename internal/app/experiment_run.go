package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/experiment"
	"qunluo/internal/measure"
	"qunluo/internal/plan"
	"qunluo/internal/store"
)

// jobExperiments is the round that books what became of those with an arm, and stops what must not go on.
const jobExperiments = "experiment-round"

// experimentBatch is how many events of a group one step reads.
const experimentBatch = 5000

// spokeWithin is how long after the arm was given words and answers count, in milliseconds.
const spokeWithin = 7 * day

// gives reports whether an experiment gives arms now: it runs, and its days are not over.
func gives(x experiment.Row, now int64) bool {
	return x.State == experiment.Running && now < x.Started+int64(x.Days)*day
}

// greeting is what is said to who came by a code: the words of their arm where the welcome is tried two ways. The arm is drawn and
// kept before it is said.
func (c codes) greeting(ctx context.Context, code admit.Code, who admit.Comer) (string, error) {
	x, on, err := c.app.store.RunningOn(ctx, code.Org, experiment.WelcomeCode, code.ID.String(), "")
	if err != nil || !on || !gives(x, c.app.millis()) {
		return code.Greeting(who.Name), err
	}
	unit := strconv.FormatInt(int64(who.Member), 10)
	a, err := c.app.store.Assign(ctx, x.ID, experiment.Assignment{Unit: unit, Arm: experiment.ArmOf(x.Salt, unit, x.ShareB), Group: who.Group, Member: who.Member, At: c.app.millis()})
	code.Welcome = x.Arms[a.Arm&1] // as declared, whatever became of the code's own text since
	return code.Greeting(who.Name), err
}

// pageLine is what a code's page says: the line of today's arm where it is tried two ways.
func (l landings) pageLine(ctx context.Context, code admit.Code) (string, error) {
	x, on, err := l.app.store.RunningOn(ctx, code.Org, experiment.JoinPage, code.ID.String(), "")
	if err != nil || !on || !gives(x, l.app.millis()) {
		return code.Line, err
	}
	_, arm, _ := slotOf(x, shanghaiDay(l.app.millis()))
	return x.Arms[arm], nil
}

// shanghaiDay is a day as codes count them.
func shanghaiDay(ms int64) measure.Day { return measure.Day((ms + 8*3600_000) / day) }

// slotOf is the slot of a day of an experiment.
func slotOf(x experiment.Row, at measure.Day) (slot, arm int, counts bool) {
	return experiment.Switch{Length: x.Length, Wash: x.Wash}.Slot(x.Salt, int(at-shanghaiDay(x.Started)))
}

// timed gives the steps of an SOP with the time of the group's arm, where the time is tried two ways.
func (a *App) timed(ctx context.Context, s plan.SOP, g community.GroupKey) ([]plan.Step, error) {
	x, on, err := a.store.RunningOn(ctx, s.Org, experiment.SendTime, s.ID.String(), "")
	if err != nil || !on || !gives(x, a.millis()) {
		return s.Steps, err
	}
	arm, known, err := a.store.ArmOf(ctx, x.ID, strconv.FormatInt(int64(g), 10))
	if err != nil || !known || arm == 0 {
		return s.Steps, err
	}
	steps := slices.Clone(s.Steps)
	for i := range steps {
		steps[i].At = x.Arms[1]
	}
	return steps, nil
}

// ruleArms are the experiments on what rules say, by group and rule.
type ruleArms map[ruleOf]experiment.Row

type ruleOf struct {
	group community.GroupKey
	rule  string
}

// readRuleArms looks which words of rules are tried two ways.
func (a *App) readRuleArms(ctx context.Context) error {
	list, err := a.store.LiveExperiments(ctx)
	if err != nil {
		return err
	}
	arms := ruleArms{}
	for _, x := range list {
		if x.State != experiment.Running || x.Switch != experiment.WelcomeRule && x.Switch != experiment.ReplyRule {
			continue
		}
		what, err := a.Experiments(x.Org, nil).tried(ctx, x.Definition)
		if err == nil {
			arms[ruleOf{what.group, x.Rule}] = x
		}
	}
	a.arms.Store(&arms)
	return nil
}

// varied reports whether what a rule says in a group is tried two ways now.
func (a *App) varied(g community.GroupKey, rule string) bool {
	arms := a.arms.Load()
	if arms == nil || len(*arms) == 0 {
		return false
	}
	_, on := (*arms)[ruleOf{g, rule}]
	return on
}

// vary says what the arm of the member is told instead. What was decided stays as it was decided; the arm follows from salt and
// member alone, and is kept by the round.
func (a *App) vary(ctx context.Context, act *community.Action) error {
	if act.Target == 0 || act.Cause != community.ByRule || !a.varied(act.Group, act.Rule) {
		return nil
	}
	x := (*a.arms.Load())[ruleOf{act.Group, act.Rule}]
	if !gives(x, a.millis()) || experiment.ArmOf(x.Salt, strconv.FormatInt(int64(act.Target), 10), x.ShareB) == 0 {
		return nil
	}
	group, err := a.store.For(community.Scope{Org: x.Org}).GroupByKey(ctx, act.Group)
	if err != nil {
		return err
	}
	act.Text, _ = experiment.Instead(act.Text, x.Arms[0], x.Arms[1], "新朋友", group.Name)
	return nil
}

// experimentRound goes through all experiments that are not decided yet. What goes wrong with one does not keep the others waiting.
func (a *App) experimentRound(ctx context.Context, _ store.Job) error {
	if err := a.readRuleArms(ctx); err != nil {
		return err
	}
	list, err := a.store.LiveExperiments(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, x := range list {
		if err := a.tendExperiment(ctx, x); err != nil {
			errs = append(errs, fmt.Errorf("experiment %s: %w", x.ID, err))
		}
	}
	return errors.Join(errs...)
}

// tendExperiment books what happened and stops an experiment whose split is broken or whose guardrail says that it harms.
func (a *App) tendExperiment(ctx context.Context, x experiment.Row) error {
	h := a.Experiments(x.Org, nil)
	x, result, err := h.Look(ctx, x.ID)
	if err != nil || x.State != experiment.Running {
		return err
	}
	if result.Verdict == experiment.VerdictSplit || result.Verdict == experiment.VerdictHarm {
		err = h.stop(ctx, system, x, result.Verdict, "")
	}
	if community.CodeOf(err) == community.CodeConflict {
		return nil // a person was quicker
	}
	return err
}

// Look books what happened since the last look and says what may be said of it now. What was decided is shown as it was then.
func (x experiments) Look(ctx context.Context, id community.ID) (experiment.Row, experiment.Result, error) {
	row, err := x.ByID(ctx, id)
	if err != nil || row.State == experiment.Draft {
		return row, experiment.Result{}, err
	}
	if row.Result != nil {
		return row, *row.Result, nil
	}
	what, err := x.tried(ctx, row.Definition)
	if err != nil && community.CodeOf(err) != community.CodeBadInput && community.CodeOf(err) != community.CodeNotFound {
		return row, experiment.Result{}, err // what is gone meanwhile keeps what was seen
	}
	var data experiment.Data
	switch row.Unit() {
	case experiment.Member:
		data, err = x.lookMembers(ctx, row, what)
	case experiment.Group:
		data, err = x.lookGroups(ctx, row)
	case experiment.Slot:
		data, err = x.lookSlots(ctx, row, what)
	}
	if err != nil {
		return row, experiment.Result{}, err
	}
	return row, experiment.LookAt(row.Definition, data), nil
}

// clockOf says which day of the experiment it is, and whether anything more can become known.
func (x experiments) clockOf(row experiment.Row, data *experiment.Data) {
	o, _ := experiment.OutcomeNamed(row.Primary)
	last := row.Started + int64(row.Days)*day
	if row.Ended > 0 {
		last = min(last, row.Ended)
	}
	now := x.app.millis()
	data.Over = now >= last+o.Window
	data.Today = int((min(now, last+31*day) - row.Started) / day)
}

func (x experiments) lookMembers(ctx context.Context, row experiment.Row, what subject) (experiment.Data, error) {
	data := experiment.Data{By: map[string][]experiment.Seen{}}
	x.clockOf(row, &data)
	if what.group != 0 {
		if err := x.app.seeRuleArms(ctx, row, what.group); err != nil {
			return data, err
		}
	}
	if err := x.app.readExperiment(ctx, row); err != nil {
		return data, err
	}
	units, err := x.app.store.ExperimentUnits(ctx, row.ID)
	if err != nil {
		return data, err
	}
	for _, u := range units {
		data.Assigned[u.Arm&1]++
		for _, o := range experiment.Outcomes() {
			if y, known := fate(o, u, x.app.millis()); known {
				data.By[o.Name] = append(data.By[o.Name], experiment.Seen{Arm: u.Arm, Cluster: strconv.FormatInt(int64(u.Group), 10), Day: int((u.At + o.Window - row.Started) / day), Y: y})
			}
		}
	}
	return data, nil
}

// fate is an outcome of a member. It is known once the whole window is over, whatever was seen before: else those who act early would
// count before those who do not.
func fate(o experiment.Outcome, u store.UnitRow, now int64) (float64, bool) {
	if !o.Proportion || u.At+o.Window > now {
		return 0, false
	}
	within := func(at int64) bool { return at > 0 && at-u.At <= o.Window }
	yes := false
	switch o.Name {
	case experiment.Spoke7:
		yes = within(u.SpokeAt)
	case experiment.Replied7:
		yes = within(u.RepliedAt)
	case experiment.Stay7, experiment.Stay30:
		yes = u.LeftAt == 0 || u.LeftAt-u.At > o.Window
	case experiment.Left24:
		yes = within(u.LeftAt)
	case experiment.Scanned7:
		yes = within(u.ScannedAt)
	}
	if yes {
		return 1, true
	}
	return 0, true
}

// lookGroups reads which share of each group spoke, day by day, and what it was before the start.
func (x experiments) lookGroups(ctx context.Context, row experiment.Row) (experiment.Data, error) {
	data := experiment.Data{By: map[string][]experiment.Seen{}}
	x.clockOf(row, &data)
	units, err := x.app.store.ExperimentUnits(ctx, row.ID)
	if err != nil {
		return data, err
	}
	var groups []community.GroupKey
	for _, u := range units {
		data.Assigned[u.Arm&1]++
		groups = append(groups, u.Group)
	}
	from := shanghaiDay(row.Started)
	to := min(shanghaiDay(x.app.millis())-1, from+measure.Day(row.Days))
	if row.Ended > 0 {
		to = min(to, shanghaiDay(row.Ended)-1)
	}
	past, err := x.app.talk(ctx, groups, from-recentDays, from-1)
	if err != nil || to <= from {
		return data, err
	}
	talk, err := x.app.talk(ctx, groups, from+1, to)
	if err != nil {
		return data, err
	}
	for _, u := range units {
		sum := 0.0
		for _, y := range past[u.Group] {
			sum += y
		}
		n := len(past[u.Group])
		for d := from + 1; d <= to; d++ {
			y, known := talk[u.Group][d]
			if !known {
				continue
			}
			seen := experiment.Seen{Arm: u.Arm, Cluster: u.Unit, Day: int(d-from) + 1, Y: y, HasPast: n >= 7}
			if n > 0 {
				seen.Past = sum / float64(n)
			}
			data.By[experiment.Talk] = append(data.By[experiment.Talk], seen)
		}
	}
	return data, nil
}

// lookSlots reads how many of those who saw the page joined, day by day; the slots that began are kept with their arms.
func (x experiments) lookSlots(ctx context.Context, row experiment.Row, what subject) (experiment.Data, error) {
	data := experiment.Data{By: map[string][]experiment.Seen{}}
	x.clockOf(row, &data)
	from, end := shanghaiDay(row.Started), min(int(shanghaiDay(x.app.millis())-shanghaiDay(row.Started)), row.Days-1)
	if row.Ended > 0 {
		end = min(end, int(shanghaiDay(row.Ended)-from))
	}
	for d := 0; d <= end; d++ {
		slot, arm, _ := slotOf(row, from+measure.Day(d))
		if _, err := x.app.store.Assign(ctx, row.ID, experiment.Assignment{Unit: strconv.Itoa(slot), Arm: arm, At: row.Started + int64(d)*day}); err != nil {
			return data, err
		}
	}
	units, err := x.app.store.ExperimentUnits(ctx, row.ID)
	if err != nil {
		return data, err
	}
	for _, u := range units {
		data.Assigned[u.Arm&1]++
	}
	if what.code.IsZero() {
		return data, nil
	}
	rates, err := x.joinRates(ctx, what.code, min(366, int(shanghaiDay(x.app.millis())-from)+1))
	for _, r := range rates {
		slot, arm, counts := slotOf(row, r.day)
		if d := int(r.day - from); counts && d > 0 && d <= end { // the day of the start began otherwise
			data.By[experiment.JoinRate] = append(data.By[experiment.JoinRate], experiment.Seen{Arm: arm, Cluster: strconv.Itoa(slot), Day: d + 1, Y: r.y})
		}
	}
	return data, err
}

// seeRuleArms keeps the arms of those to whom a rule spoke since the last look, by what was said to them.
func (a *App) seeRuleArms(ctx context.Context, x experiment.Row, g community.GroupKey) error {
	last, err := a.store.LastAssigned(ctx, x.ID)
	if err != nil {
		return err
	}
	end := x.Started + int64(x.Days)*day
	if x.Ended > 0 {
		end = min(end, x.Ended)
	}
	since, desk := max(x.Started, last-600_000), a.store.For(community.Scope{Org: x.Org})
	for page := (community.Page{Limit: 200, Sort: "created", Desc: true}); ; page.Offset += page.Limit {
		list, _, err := desk.FindActions(ctx, community.ActionFilter{Group: g, Verb: community.Send, Page: page})
		if err != nil {
			return err
		}
		for _, act := range list {
			if act.Created < since {
				return nil
			}
			if err := a.seeRuleArm(ctx, x, act, end); err != nil {
				return err
			}
		}
		if len(list) < page.Limit {
			return nil
		}
	}
}

func (a *App) seeRuleArm(ctx context.Context, x experiment.Row, act community.ActionRow, end int64) error {
	if act.Rule != x.Rule || act.Target == 0 || act.Created >= end {
		return nil
	}
	unit := strconv.FormatInt(int64(act.Target), 10)
	arm := experiment.ArmOf(x.Salt, unit, x.ShareB)
	if _, _, _, said := experiment.Filled(x.Arms[arm], act.Text); !said {
		return nil // another text of the rule, or one that was changed meanwhile: it was no arm
	}
	_, err := a.store.Assign(ctx, x.ID, experiment.Assignment{Unit: unit, Arm: arm, Group: act.Group, Member: act.Target, At: act.Created})
	return err
}

// readExperiment reads on in the logs of the groups in which members have arms.
func (a *App) readExperiment(ctx context.Context, x experiment.Row) error {
	heads, err := a.store.ExperimentHeads(ctx, x.ID)
	if err != nil || len(heads) == 0 {
		return err
	}
	units, err := a.store.ExperimentUnits(ctx, x.ID)
	if err != nil {
		return err
	}
	r := fateReading{units: map[community.MemberKey]store.UnitRow{}, named: map[string]store.UnitRow{}}
	for _, u := range units {
		r.units[u.Member], r.named[u.External] = u, u
	}
	for _, head := range heads {
		for more := true; more; {
			if more, err = a.readStep(ctx, x.ID, &head, r); err != nil {
				if community.CodeOf(err) == community.CodeConflict {
					break // another reads
				}
				return err
			}
		}
	}
	return nil
}

// fateReading is who has an arm, by key and by the platform's name for them.
type fateReading struct {
	units map[community.MemberKey]store.UnitRow
	named map[string]store.UnitRow
}

func (a *App) readStep(ctx context.Context, id community.ID, head *store.ExperimentHead, r fateReading) (more bool, err error) {
	step := store.ExperimentStep{Group: head.Group, From: head.Seq, To: head.Seq, Spoke: map[string]int64{}, Replied: map[string]int64{}, Words: map[string]string{}}
	waiting, err := a.store.ExperimentWords(ctx, id, head.Group)
	if err != nil {
		return false, err
	}
	n := 0
	for ev, err := range a.store.Events(ctx, store.EventScan{Group: head.Group, After: head.Seq}) {
		if err != nil {
			return false, err
		}
		r.take(&step, waiting, &ev)
		if step.To = ev.Seq; n+1 >= experimentBatch {
			more = true
			break
		}
		n++
	}
	if step.To == step.From {
		return false, nil
	}
	if err := a.store.ReadExperiment(ctx, id, step); err != nil {
		return false, err
	}
	head.Seq = step.To
	return more, nil
}

// take books one event: a word of somebody with an arm, or a person's answer to one (quoted, or addressed).
func (r fateReading) take(step *store.ExperimentStep, waiting map[string]string, ev *community.Event) {
	if ev.Type != community.MessageCreated || ev.Origin == community.OriginImport || !ev.Body.Caused.IsZero() || ev.Body.Role == community.RoleSelf || ev.Body.Role == community.RoleBot {
		return
	}
	if u, has := r.units[ev.Actor]; has && u.Group == ev.Group && ev.OccurredAt >= u.At && ev.OccurredAt-u.At <= spokeWithin {
		if _, before := step.Spoke[u.Unit]; !before {
			step.Spoke[u.Unit] = ev.OccurredAt
		}
		if u.RepliedAt == 0 && ev.Body.Message != "" {
			step.Words[ev.Body.Message], waiting[ev.Body.Message] = u.Unit, u.Unit
		}
	}
	for _, unit := range r.answered(waiting, ev) {
		u := r.byUnit(unit)
		if u.Member == ev.Actor || u.Unit == "" || ev.OccurredAt < u.At || ev.OccurredAt-u.At > spokeWithin {
			continue
		}
		if _, before := step.Replied[unit]; !before {
			step.Replied[unit] = ev.OccurredAt
		}
	}
}

func (r fateReading) byUnit(unit string) store.UnitRow {
	key, err := strconv.ParseInt(unit, 10, 64)
	if err != nil {
		return store.UnitRow{}
	}
	return r.units[community.MemberKey(key)]
}

// answered lists the units that a message answers: it quotes a message of theirs, or names them.
func (r fateReading) answered(waiting map[string]string, ev *community.Event) []string {
	var out []string
	quoted := ev.Body.ReplyTo
	for _, part := range ev.Body.Segments {
		switch {
		case part.Kind == "quote" && quoted == "":
			quoted = part.Ref
		case part.Kind == "at" && part.Ref != "":
			if u, has := r.named[part.Ref]; has && u.Group == ev.Group {
				out = append(out, u.Unit)
			}
		}
	}
	if unit, has := waiting[quoted]; has && quoted != "" {
		out = append(out, unit)
	}
	return out
}
