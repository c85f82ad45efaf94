package console

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/plan"
)

// Plans is what is sent by plan. user is the id of the person. Besides CodeBadInput, CodeTooLarge and CodeNotFound: CodeConflict
// when the state does not allow it, CodeRefused when the link check stops it.
type Plans interface {
	Estimate(ctx context.Context, b plan.Broadcast) (plan.Estimate, error)
	NewBroadcast(ctx context.Context, user string, b plan.Broadcast) (plan.Broadcast, error)
	Broadcasts(ctx context.Context, tag string, p community.Page) ([]plan.Broadcast, int, error)
	Broadcast(ctx context.Context, id community.ID) (plan.Broadcast, error)
	Targets(ctx context.Context, source community.ID, g community.GroupKey, p community.Page) ([]plan.Target, int, error)
	MoveBroadcast(ctx context.Context, user string, id community.ID, to plan.State, reason string) error
	Retry(ctx context.Context, user string, id community.ID, reason string) (int, error)
	Remind(ctx context.Context, user string, id community.ID) (reminded, enough int, err error)
	Override(ctx context.Context, user string, target community.ID, reason string) error
	// KeepFile keeps a file that is to be sent. CodeBadInput: it is empty; CodeTooLarge: more than community.MaxMedium bytes.
	KeepFile(ctx context.Context, user, name string, data []byte) (plan.Piece, error)
	KeptFile(ctx context.Context, id community.ID) (plan.Piece, error)
	// FileContent reads a kept file; CodeLate when its content is gone.
	FileContent(ctx context.Context, id community.ID) (community.Medium, error)
	SOPs(ctx context.Context, tag string) ([]plan.SOP, error)
	SOP(ctx context.Context, id community.ID) (plan.SOP, error)
	// SaveSOP: CodeRefused too when a group in it cannot get a step at all.
	SaveSOP(ctx context.Context, user string, s plan.SOP, reason string) (plan.SOP, error)
	// CheckSOP says what is wrong with the steps for the groups in it now.
	CheckSOP(ctx context.Context, s plan.SOP) ([]plan.StepFinding, error)
	MoveSOP(ctx context.Context, user string, id community.ID, to plan.State, reason string) error
	AddToSOP(ctx context.Context, user string, id community.ID, g community.GroupKey, reason string) error
	RemoveFromSOP(ctx context.Context, user string, id community.ID, g community.GroupKey, reason string) error
	SOPGroups(ctx context.Context, id community.ID) ([]plan.Member, error)
	Limits(ctx context.Context) (plan.Limits, error)
	SaveLimits(ctx context.Context, user string, l plan.Limits, reason string) error
	LinkRules(ctx context.Context) ([]plan.LinkRule, error)
	// SaveLinkRules changes the rules about links; nil = those of the program again.
	SaveLinkRules(ctx context.Context, user string, list []plan.LinkRule, reason string) error
}

// planRoutes are there where something can be sent by plan.
func (c *Console) planRoutes() []route {
	if c.deps.Plans == nil {
		return nil
	}
	return slices.Concat(guardRoutes, broadcastRoutes, sopRoutes, []route{fileRoute})
}

func (k *call) plans() Plans { return k.c.deps.Plans(k.User.Org, k.groups) }

// looks are tone and icon of states of mass sends, SOPs and targets.
var looks = map[string][2]string{
	"draft": {"", "edit"}, "scheduled": {"info", "clock"}, "running": {"info", "refresh"}, "paused": {"warning", "clock"}, "cancelled": {"", "x"}, "finished": {"good", "circle-check"},
	"waiting": {"", "clock"}, "blocked": {"warning", "alert-circle"}, "sending": {"info", "refresh"}, "sent": {"good", "circle-check"}, "failed": {"danger", "alert-triangle"}, "not_sent": {"", "x"},
	"on_time": {"good", "circle-check"}, "late": {"warning", "clock"}, "overdue": {"warning", "clock"}, "not_sent_mark": {"danger", "x"},
}

func planPill(k *call, state string) templ.Component {
	look := looks[state]
	return ui.Pill(look[0], look[1], k.T("plan.is_"+state))
}

func markPill(k *call, m plan.Mark) templ.Component {
	switch m {
	case plan.NoMark:
		return ui.Text("–")
	case plan.NoSend:
		return planPill(k, "not_sent_mark")
	}
	return planPill(k, string(m))
}

// planWhy says why a send does not go, with figures and when it might.
func planWhy(k *call, list []plan.Reason, zoneName string) string {
	var out []string
	for _, r := range list {
		if r.Said != nil {
			out = append(out, k.Words.Pick(r.Said.Why)+" ("+r.Said.Found+")")
			continue
		}
		said := k.T("plan.why_"+r.Code, "have", r.Have, "cap", r.Cap, "of", r.Of, "hours", r.Hours)
		if r.Possible > 0 {
			said += k.T("plan.possible", "at", time.UnixMilli(r.Possible).In(zone(zoneName)).Format("01-02 15:04"))
		}
		out = append(out, said)
	}
	return strings.Join(out, k.T("list.comma"))
}

// targetTable lists sends; those that are blocked can be let pass.
func targetTable(k *call, list []plan.Target, limits plan.Limits, total int, at community.Page) (ui.Table, []ui.Confirm, error) {
	keys := make([]community.GroupKey, 0, len(list))
	for _, t := range list {
		keys = append(keys, t.Group)
	}
	groups, err := k.groupsOf(keys)
	if err != nil {
		return ui.Table{}, nil, err
	}
	out := ui.Table{Label: k.T("plan.results"), Columns: []ui.Column{{Title: k.T("word.group")}, {Title: k.T("plan.state")}, {Title: k.T("plan.mark")}, {Title: k.T("plan.due")}, {Title: k.T("plan.done")}, {Title: k.T("plan.how")}},
		Empty: ui.Empty{Icon: "message", Title: k.T("plan.no_targets"), Text: k.T("plan.no_targets_text")}, Pager: k.pager(at, len(list), total)}
	var asks []ui.Confirm
	for _, t := range list {
		state := t.State()
		slot := t.Slot
		if t.LibraryN > 0 {
			slot += " · " + k.T("library.version_n", "num", t.LibraryN)
		}
		row := ui.Row{Link: "/groups/" + t.GroupID.String(), Cells: []templ.Component{ui.Two(t.GroupName, slot), planPill(k, string(state)), markPill(k, t.Mark(limits, k.now())), ui.Moment(t.Due), doneAt(t), ui.Two(targetHow(k, t, groups[t.Group].Zone), targetParts(k, t))}}
		if state == plan.Blocked {
			ask := "let-" + t.ID.String()
			row.Actions = ui.ConfirmButton(ui.Opener{Target: ask, Text: k.T("plan.let"), Small: true, Icon: "check"})
			asks = append(asks, ui.Confirm{ID: ask, Title: k.T("plan.let"), Object: t.GroupName, Effect: planWhy(k, t.Why, groups[t.Group].Zone) + "\n" + k.T("plan.let_effect"),
				Action: "/broadcasts/targets/" + t.ID.String() + "/let", Button: k.T("plan.let"), Reason: k.T("form.reason"), Need: true, Fields: []ui.Option{{Value: "back", Text: k.here()}}})
		}
		out.Rows = append(out.Rows, row)
	}
	return out, asks, nil
}

func doneAt(t plan.Target) templ.Component {
	if t.State() != plan.Sent {
		return ui.Text("–")
	}
	return ui.Moment(t.DidAt)
}

// targetHow says how a send goes, or why it does not.
func targetHow(k *call, t plan.Target, zoneName string) string {
	switch state := t.State(); {
	case len(t.Why) > 0 && (state == plan.Blocked || state == plan.NotSent):
		return planWhy(k, t.Why, zoneName)
	case t.ToConfirm() && t.Sender != "":
		return k.T("plan.waits_owner", "owner", cmp.Or(t.Name, t.Sender), "num", len(t.Reminded))
	case t.Remindable() && len(t.Reminded) > 0:
		return k.T("plan.waits_reminded", "num", len(t.Reminded))
	case t.Remindable():
		return k.T("plan.waits_person")
	case t.Missed != "":
		return k.T("plan.missed_" + t.Missed)
	case state == plan.Sent && t.Sender != "":
		return k.T("plan.by_owner", "owner", cmp.Or(t.Name, t.Sender))
	case state == plan.Failed:
		return t.Detail
	case t.Mode != "":
		return k.T("plan.level_" + string(t.Mode))
	}
	return "–"
}

// targetParts says what became of the pieces of a send.
func targetParts(k *call, t plan.Target) string {
	lost := t.Lost()
	switch {
	case len(lost) > 0:
		said := make([]string, len(lost))
		for i, f := range lost {
			said[i] = k.partSaid(f)
		}
		return k.T("plan.pieces_gone", "list", strings.Join(said, k.T("list.comma")))
	case len(t.Parts) > 0 && t.State() == plan.Sent:
		return k.T("plan.pieces_ok", "num", len(t.Parts))
	}
	return ""
}

func countStats(k *call, n plan.Counts) []ui.Number {
	num := func(key string, v int, tone string) ui.Number {
		return ui.Number{Label: k.T("plan.is_" + key), Value: k.Words.Number(int64(v)), Tone: tone}
	}
	waits := num("sending", n.Sending, "")
	if n.Person > 0 {
		waits.Note = k.T("plan.of_person", "num", n.Person)
	}
	bad := ""
	if n.Failed > 0 {
		bad = "bad"
	}
	return []ui.Number{num("sent", n.Sent, "good"), waits, num("waiting", n.Waiting, ""), num("blocked", n.Blocked, ""), num("failed", n.Failed, bad), num("not_sent", n.NotSent, "")}
}
