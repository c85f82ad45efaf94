package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/duty"
	"qunluo/internal/i18n"
	"qunluo/internal/measure"
	"qunluo/internal/notify"
	"qunluo/internal/rights"
	"qunluo/internal/store"
)

const (
	jobWeeklies  = "weekly-reports"
	weekliesEach = 5 * time.Minute
	weeklyPast   = 12 // reports that a page lists
)

// weeklies is what a person sees and changes of the weekly report, bounded as hands are.
type weeklies struct{ *hands }

// Weeklies makes the handle of the weekly report.
func (a *App) Weeklies(org community.OrgKey, groups []community.GroupKey) weeklies {
	return weeklies{a.Hands(org, groups)}
}

// CanMail reports whether a mail server is set.
func (w weeklies) CanMail() bool { return w.app.cfg.Mail.Host != "" }

// Zone is the organisation's zone, in which hours are meant.
func (w weeklies) Zone(ctx context.Context) (*time.Location, error) { return w.app.zoneOf(ctx, w.org) }

func (a *App) zoneOf(ctx context.Context, org community.OrgKey) (*time.Location, error) {
	set, err := a.store.DutySettings(ctx, org)
	return zoneFor(set.Zone), err
}

// Orders lists the orders of the organisation. Secrets are left out.
func (w weeklies) Orders(ctx context.Context) ([]measure.WeeklyOrder, error) {
	list, err := w.app.store.WeeklyOrders(ctx, w.org)
	for i := range list {
		list[i].Secret = ""
	}
	return slices.DeleteFunc(list, func(v measure.WeeklyOrder) bool { return !w.holds(v) }), err
}

// holds reports whether an order lies within the handle: who sees some groups sees orders of those alone.
func (w weeklies) holds(v measure.WeeklyOrder) bool {
	return w.groups == nil || len(v.Groups) > 0 && inside(v.Groups, w.groups)
}

// order reads one that lies within the handle, with its secret; community.CodeNotFound.
func (w weeklies) order(ctx context.Context, id community.ID) (measure.WeeklyOrder, error) {
	v, err := w.app.store.WeeklyOrder(ctx, w.org, id)
	if err == nil && !w.holds(v) {
		err = community.Errorf(community.CodeNotFound, "weekly order %s: not found", id)
	}
	return v, err
}

// Order gives one, without its secret; community.CodeNotFound.
func (w weeklies) Order(ctx context.Context, id community.ID) (measure.WeeklyOrder, error) {
	v, err := w.order(ctx, id)
	v.Secret = ""
	return v, err
}

// SaveOrder keeps an order. An empty secret keeps the one it has, as long as the address stays. Groups lie within the handle; those
// of an order that was paused are not made up for.
func (w weeklies) SaveOrder(ctx context.Context, user string, v measure.WeeklyOrder, reason string) (measure.WeeklyOrder, error) {
	verb := "weekly.order"
	v.Org = w.org
	if v.User == "" {
		v.User = user
	}
	if w.groups != nil && len(v.Groups) == 0 { // all are all that may be seen
		v.Groups = slices.Clone(w.groups)
	}
	if v.ID.IsZero() {
		v.Since = w.app.millis()
	} else {
		was, err := w.order(ctx, v.ID)
		if err != nil {
			return v, err
		}
		verb, v.Since, v.Created = "weekly.change", was.Since, was.Created
		if v.Secret == "" && v.Way == was.Way && v.Address == was.Address {
			v.Secret = was.Secret
		}
		if was.Paused && !v.Paused || was.Weekday != v.Weekday || was.Hour != v.Hour {
			v.Since = w.app.millis()
		}
	}
	if err := w.checkOrder(ctx, v); err != nil {
		return v, err
	}
	out, err := w.app.store.SaveWeeklyOrder(ctx, v, w.audit(user, verb, "", reason))
	out.Secret = ""
	return out, err
}

func (w weeklies) checkOrder(ctx context.Context, v measure.WeeklyOrder) error {
	if err := v.Check([]string{i18n.Chinese, i18n.English}); err != nil {
		return err
	}
	if v.Way != duty.ByMail && v.Way != duty.ByWebhook {
		return community.Errorf(community.CodeBadInput, "way: want mail or webhook")
	}
	if err := duty.CheckWays([]duty.Way{{Kind: v.Way, Address: v.Address, Secret: v.Secret}}); err != nil {
		return err
	}
	for i, g := range v.Groups {
		row, err := w.mine(ctx, g)
		if err != nil {
			return err
		}
		if row.Desk || slices.Contains(v.Groups[:i], g) {
			return community.Errorf(community.CodeBadInput, "groups: one stands twice, or is an account's desk")
		}
	}
	return w.app.mayGet(ctx, v)
}

// mayGet says whether a report may go to whom it is for: community.CodeForbidden when they can no longer sign in.
func (a *App) mayGet(ctx context.Context, v measure.WeeklyOrder) error {
	id, err := community.ParseID(v.User)
	if err != nil {
		return nil // ordered on the command line, by whoever has the machine
	}
	u, err := a.store.UserByID(ctx, id)
	if community.CodeOf(err) == community.CodeNotFound || err == nil && (!u.Enabled || u.Org != v.Org) {
		return community.Errorf(community.CodeForbidden, "the person can no longer sign in")
	}
	if err == nil && !rights.May(rights.Role(u.Role), rights.SeeFigures) {
		err = community.Errorf(community.CodeForbidden, "the person may no longer see figures")
	}
	return err
}

// reachOfOrder finds the groups that the person of an order sees, whoever is on duty; nil = all.
func (a *App) reachOfOrder(ctx context.Context, v measure.WeeklyOrder) ([]community.GroupKey, error) {
	id, err := community.ParseID(v.User)
	if err != nil {
		return nil, nil //nolint:nilerr // ordered on the command line, by whoever has the machine
	}
	u, err := a.store.UserByID(ctx, id)
	if err != nil {
		return nil, err
	}
	kept, err := a.store.KeptBy(ctx, u)
	return rights.Of(u).Sees(kept, false), err
}

// DropOrder forgets an order.
func (w weeklies) DropOrder(ctx context.Context, user string, id community.ID, reason string) error {
	if _, err := w.order(ctx, id); err != nil {
		return err
	}
	return w.app.store.DropWeeklyOrder(ctx, w.org, id, w.audit(user, "weekly.drop", "", reason))
}

// PauseOrder holds an order, or lets it go on; what was due meanwhile is not made up for.
func (w weeklies) PauseOrder(ctx context.Context, user string, id community.ID, on bool, reason string) error {
	v, err := w.order(ctx, id)
	if err != nil || v.Paused == on {
		return err
	}
	v.Paused = on
	if !on {
		v.Since = w.app.millis()
	}
	_, err = w.app.store.SaveWeeklyOrder(ctx, v, w.audit(user, map[bool]string{true: "weekly.pause", false: "weekly.resume"}[on], "", reason))
	return err
}

// Runs lists what was sent, the latest first.
func (w weeklies) Runs(ctx context.Context, id community.ID) ([]measure.ReportRun, error) {
	if _, err := w.Order(ctx, id); err != nil {
		return nil, err
	}
	return w.app.store.ReportRuns(ctx, id, weeklyPast)
}

// Run gives one of them; community.CodeNotFound.
func (w weeklies) Run(ctx context.Context, id community.ID) (measure.ReportRun, error) {
	run, order, err := w.app.store.ReportRun(ctx, id)
	if err == nil && (order.Org != w.org || !w.holds(order)) {
		err = community.Errorf(community.CodeNotFound, "report %s: not found", id)
	}
	return run, err
}

// SendNow sends the report about the last seven complete days at once; the next by the calendar comes all the same.
func (w weeklies) SendNow(ctx context.Context, user string, id community.ID) (measure.ReportRun, error) {
	order, err := w.Order(ctx, id)
	if err != nil {
		return measure.ReportRun{}, err
	}
	zone, err := w.Zone(ctx)
	if err != nil {
		return measure.ReportRun{}, err
	}
	today, _ := measure.DayOf(w.app.millis(), zone)
	run, _, err := w.app.store.AddReportRun(ctx, measure.ReportRun{Sub: order.ID, Manual: true, Until: today - 1, User: user}, w.audit(user, "weekly.send", "", ""))
	w.app.jobs.Wake()
	return run, err
}

// Preview composes what an order would send now.
func (w weeklies) Preview(ctx context.Context, v measure.WeeklyOrder) (measure.Report, error) {
	zone, err := w.Zone(ctx)
	if err != nil {
		return measure.Report{}, err
	}
	today, _ := measure.DayOf(w.app.millis(), zone)
	v.Org = w.org
	return w.app.composeReport(ctx, v, w.groups, today-1)
}

// Text is a report as a mail has it.
func (w weeklies) Text(r measure.Report) string { return r.Text(w.app.words.In(r.Lang)) }

// weeklyRound asks for the reports that are due: each once a week, however often it is looked, and after a time away the latest alone.
func (a *App) weeklyRound(ctx context.Context, _ store.Job) error {
	orders, err := a.store.WeeklyOrders(ctx, 0)
	if err != nil {
		return err
	}
	var errs []error
	for _, v := range orders {
		zone, err := a.zoneOf(ctx, v.Org)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		week, due := v.Due(a.millis(), zone)
		if !due {
			continue
		}
		until := week + measure.Day(v.Weekday) - 1 // the day before the moment it is due at
		if _, fresh, err := a.store.AddReportRun(ctx, measure.ReportRun{Sub: v.ID, Slot: week.String(), Until: until}, community.Audit{}); err != nil {
			errs = append(errs, fmt.Errorf("weekly report %s: %w", v.ID, err))
		} else if fresh {
			a.jobs.Wake()
		}
	}
	return errors.Join(errs...)
}

// sendWeekly composes a report once and hands it over. What may go better later is tried again; each try carries the same id.
func (a *App) sendWeekly(ctx context.Context, j store.Job) error {
	id, err := community.ParseID(j.Key)
	if err != nil {
		return err
	}
	run, order, err := a.store.ReportRun(ctx, id)
	if community.CodeOf(err) == community.CodeNotFound {
		return nil // its order was dropped
	}
	if err != nil || run.State != measure.ReportWaits && run.State != measure.ReportRetry {
		return err
	}
	run.Attempts = j.Attempts
	err = a.mayGet(ctx, order)
	if err == nil && run.Report == nil {
		var r measure.Report
		var scope []community.GroupKey
		if scope, err = a.reachOfOrder(ctx, order); err != nil {
			return err
		}
		if r, err = a.composeReport(ctx, order, scope, run.Until); err == nil {
			r.ID, run.Report = "weekly."+run.ID.String(), &r
			err = a.store.PutReportRun(ctx, run) // what is sent again is the same
		}
	}
	if err == nil {
		err = a.teller.weekly(ctx, order, *run.Report)
	}
	run.State, run.Error, run.Done = reportState(err, j), "", a.millis()
	if err != nil {
		run.Error = clipText(err.Error(), maxWhy)
	}
	if putErr := a.store.PutReportRun(ctx, run); putErr != nil {
		return putErr
	}
	if run.State == measure.ReportRetry {
		return err
	}
	return nil
}

// reportState says how a report stands after a try.
func reportState(err error, j store.Job) string {
	switch community.CodeOf(err) {
	case "":
		if err == nil {
			return measure.ReportSent
		}
	case community.CodeUnsupported:
		return measure.ReportKept
	case community.CodeBadInput, community.CodeForbidden, community.CodeNotFound:
		return measure.ReportFailed
	}
	if j.Attempts >= j.Max {
		return measure.ReportFailed
	}
	return measure.ReportRetry
}

// clipText bounds a text to so many bytes, whole characters.
func clipText(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "")
}

// weekly hands a report to its receiver.
func (t *teller) weekly(ctx context.Context, v measure.WeeklyOrder, r measure.Report) error {
	m := notify.Message{ID: r.ID, At: t.app.millis(), Title: r.Title, Text: r.Text(t.words.In(r.Lang)), URL: t.app.base() + "/weekly", Data: r}
	if v.Way == duty.ByMail {
		return t.mail.Send(ctx, v.Address, m)
	}
	return t.hooks.Post(ctx, v.Address, v.Secret, "report.weekly", m, t.app.millis())
}
