package console

import (
	"context"
	"strconv"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/rights"
)

// Shields is what the page of a group's shield asks and changes.
type Shields interface {
	// Of lists a group's shields, the newest first; group 0: those that are on.
	Of(ctx context.Context, g community.GroupKey) ([]community.Shield, error)
	// On switches it on until a time (UTC ms); 0 = until somebody switches it off. CodeConflict: it is on.
	On(ctx context.Context, user string, g community.GroupKey, until int64, reason string) (community.Shield, error)
	Off(ctx context.Context, user string, g community.GroupKey, reason string) (community.Shield, error)
	// How says how each part is done in a group.
	How(ctx context.Context, g community.GroupKey) ([]community.ShieldHow, error)
}

// shieldRoutes are there where shields are.
func (c *Console) shieldRoutes() []route {
	if c.deps.Shields == nil {
		return nil
	}
	return []route{
		{pattern: "GET /groups/{id}/shield", may: rights.SeeGroups, serve: (*Console).shieldPage},
		{pattern: "POST /groups/{id}/shield", may: rights.Freeze, serve: (*Console).shieldSwitch},
	}
}

func (k *call) shields() Shields { return k.c.deps.Shields(k.User.Org, k.groups) }

// shieldHours are how long a shield may be set for; 0 = until somebody ends it.
var shieldHours = []int{1, 2, 6, 12, 24, 72, 0}

// shieldPage shows the switch, how each part is done here, and what was before.
func (c *Console) shieldPage(k *call) error {
	g, err := k.groupHere()
	if err != nil {
		return err
	}
	list, err := k.shields().Of(k.ctx(), g.Key)
	if err != nil {
		return err
	}
	how, err := k.shields().How(k.ctx(), g.Key)
	if err != nil {
		return err
	}
	who, err := k.userNames()
	if err != nil {
		return err
	}
	at := "/groups/" + g.ID.String()
	p := view.PlanPage{Head: ui.Head{Title: k.T("shield.title"), Sub: g.Name, Back: at}, State: ui.Pill("", "circle-check", k.T("shield.is_off")), Means: k.T("shield.means"),
		Links: []ui.Option{{Value: "/reports?kind=private&g=" + g.ID.String(), Text: k.T("shield.reports")}}}
	if len(list) > 0 && list[0].On {
		p.State = ui.Pill("warning", "alert-circle", k.T("shield.is_on"))
		p.Means = k.shieldUntil(list[0], g, who)
		p.Asks = []ui.Confirm{{ID: "off", Title: k.T("shield.off"), Object: g.Name, Effect: k.T("shield.off_effect"), Action: at + "/shield", Button: k.T("shield.off"), Reason: k.T("form.reason"), Fields: []ui.Option{{Value: "do", Text: "off"}}}}
		p.Openers = []ui.Opener{{Target: "off", Text: k.T("shield.off"), Icon: "arrow-back-up"}}
	} else {
		hours := ui.Input{Kind: "select", Name: "hours", Label: k.T("lock.hours"), Value: "2"}
		for _, n := range shieldHours {
			text := k.T("shield.open_end")
			if n > 0 {
				text = k.Words.Seconds(int64(n) * 3600)
			}
			hours.Options = append(hours.Options, ui.Option{Value: strconv.Itoa(n), Text: text})
		}
		p.Asks = []ui.Confirm{{ID: "on", Title: k.T("shield.on"), Object: g.Name, Effect: k.T("shield.on_effect"), Action: at + "/shield", Button: k.T("shield.on"), Danger: true, Reason: k.T("form.reason"), Need: true,
			Fields: []ui.Option{{Value: "do", Text: "on"}}, Inputs: []ui.Input{hours}}}
		p.Openers = []ui.Opener{{Target: "on", Text: k.T("shield.on"), Icon: "alert-circle", Danger: true}}
	}
	p.Tables = []view.PlanTable{{Title: k.T("shield.parts"), Note: k.T("shield.parts_note"), Table: k.shieldParts(how)}, {Title: k.T("shield.past"), Table: k.shieldPast(list, g, who)}}
	return k.show(p.Head.Title, view.PlanShow(p), inZone(g))
}

func (k *call) shieldUntil(s community.Shield, g community.GroupRow, who func(string) string) string {
	said := k.T("shield.by", "who", who(s.User), "at", moment(s.Began, g), "why", s.Reason)
	if s.Until != 0 {
		return said + k.T("list.semicolon") + k.T("shield.until", "at", moment(s.Until, g))
	}
	return said + k.T("list.semicolon") + k.T("shield.open_end")
}

func (k *call) shieldParts(how []community.ShieldHow) ui.Table {
	t := ui.Table{Label: k.T("shield.parts"), Columns: []ui.Column{{Title: k.T("shield.part")}, {Title: k.T("shield.does")}, {Title: k.T("shield.level")}}}
	for _, h := range how {
		look := map[community.Level][2]string{community.Native: {"good", "circle-check"}, community.Assisted: {"", "eye"}, community.Human: {"warning", "user-check"}, community.None: {"danger", "x"}}[h.Level]
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(k.T("shield.part_" + string(h.Part))), ui.Text(k.T("shield.does_" + string(h.Part) + "_" + h.By)), ui.Pill(look[0], look[1], k.T("shield.level_"+string(h.Level)))}})
	}
	return t
}

func (k *call) shieldPast(list []community.Shield, g community.GroupRow, who func(string) string) ui.Table {
	t := ui.Table{Label: k.T("shield.past"), Columns: []ui.Column{{Title: k.T("shield.began")}, {Title: k.T("shield.ended")}, {Title: k.T("shield.who")}, {Title: k.T("form.reason")}, {Title: k.T("shield.book")}, {Title: k.T("shield.before")}},
		Empty: ui.Empty{Icon: "circle-check", Title: k.T("shield.never")}}
	for _, s := range list {
		ended := k.T("shield.is_on")
		if s.Ended != 0 {
			ended = moment(s.Ended, g) + " " + k.T("shield.by_itself")
			if s.EndedBy != "" {
				ended = moment(s.Ended, g) + " " + who(s.EndedBy)
			}
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Moment(s.Began), ui.Text(ended), ui.Text(who(s.User)), ui.Text(s.Reason), ui.Text("v" + strconv.Itoa(s.Book)), ui.Text(s.Before)}})
	}
	return t
}

// shieldSwitch switches a group's shield.
func (c *Console) shieldSwitch(k *call) error {
	g, err := k.groupHere()
	if err != nil {
		return err
	}
	to := "/groups/" + g.ID.String() + "/shield"
	switch k.form("do") {
	case "on":
		if k.form("reason") == "" {
			return k.done(to, "danger", k.T("act.need_reason"), community.ID{})
		}
		until := int64(0)
		if hours, err := strconv.Atoi(k.form("hours")); err == nil && hours > 0 {
			until = k.now() + int64(hours)*3600*1000
		}
		if _, err = k.shields().On(k.ctx(), k.who(), g.Key, until, k.form("reason")); err != nil {
			return k.refused(to, err)
		}
		return k.ok(to, k.T("shield.said_on"))
	case "off":
		if _, err = k.shields().Off(k.ctx(), k.who(), g.Key, k.form("reason")); err != nil {
			return k.refused(to, err)
		}
		return k.ok(to, k.T("shield.said_off"))
	}
	return community.Errorf(community.CodeBadInput, "do %q", k.form("do"))
}
