package console

import (
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/measure"
)

// journeySpan is the page's usual span: steps need time to pass.
const journeySpan = 90

// settingOf is where people change what leads to a touch point.
var settingOf = map[measure.Point]string{measure.Admitted: "/requests", measure.Joined: "/codes", measure.Confirmed: "/charter", measure.Spoke: "/rules", measure.Heard: "/questions", measure.Stayed: "/sops", measure.Invited: "/points/rules"}

// journeyAsk is what the address asks for, with more days than other pages where none are chosen.
func (k *call) journeyAsk() (activityAsk, error) {
	ask, err := k.oneGroupAsk()
	if k.query("days")+k.query("from")+k.query("to") == "" {
		ask.days, ask.from = journeySpan, ask.to-journeySpan+1
	}
	return ask, err
}

// journey shows the ways of a group's members: touch points, who goes on, how long it takes, and what controls each.
func (c *Console) journey(k *call) error {
	ask, err := k.journeyAsk()
	if err != nil {
		return err
	}
	p, err := k.oneGroupPage(ask, "nav.journey", "journey.sub", "/journey")
	if err != nil {
		return err
	}
	if ask.group.Key == 0 {
		return k.show(p.Head.Title, view.InsightPage(p))
	}
	t, err := k.travelsOf(ask)
	if err != nil {
		return err
	}
	p.Notes = append(p.Notes, k.T("journey.unit"), k.T("journey.edge"), k.T("journey.median"), k.T("board.before"), k.covered(t.Coverage, 1))
	p.Lead = []view.PlanTable{{Title: k.T("journey.steps"), Note: k.T("journey.steps_note"), Table: stepTable(k, ask, t.Steps, t.Coverage)}}
	p.Tables = []view.PlanTable{{Title: k.T("journey.standings"), Note: k.T("journey.standings_note"), Table: standingTable(k, t.Standings)}, {Title: k.T("journey.paths"), Note: k.T("journey.paths_note"), Table: pathTable(k, t.Paths)}}
	return k.show(p.Head.Title, view.InsightPage(p), inZone(ask.group))
}

func (k *call) point(p measure.Point) string { return k.T("journey.point_" + measure.PointNames()[p]) }

// stepTable has a row for each step that anybody came to the beginning of.
func stepTable(k *call, ask activityAsk, steps []measure.Step, cover measure.Coverage) ui.Table {
	t := ui.Table{Label: k.T("journey.steps"), Empty: ui.Empty{Icon: "users", Title: k.T("insight.too_few"), Text: k.T("journey.none")},
		Columns: []ui.Column{{Title: k.T("journey.step")}, {Title: k.T("journey.went"), Num: true}, {Title: k.T("journey.dropped"), Num: true}, {Title: k.T("journey.took"), Num: true}, {Title: k.T("journey.waiting"), Num: true}, {Title: k.T("journey.setting")}}}
	for i, s := range steps {
		if len(s.Of)+s.Waiting == 0 {
			continue
		}
		link := peopleOf("/journey/people", ask, "step", strconv.Itoa(i))
		f := s.Figure(cover)
		went, dropped := k.Words.Number(len(s.Went))+" / "+k.Words.Number(len(s.Of)), k.Words.Number(len(s.Of)-len(s.Went))
		switch {
		case s.Unused:
			went, dropped = k.T("journey.unused_"+measure.PointNames()[s.To]), "–"
		case f.Withheld != "" || len(s.Of) == 0:
			went, dropped = "–", "–"
		case !f.Grey:
			went, dropped = went+" · "+percent(f.Value), dropped+" · "+percent(1-f.Value)
		}
		took := "–"
		if s.Took.N >= fewest && !s.Unused {
			took = k.T("journey.not_reached")
			if d, ok := s.Took.Median(); ok {
				took = k.minutes(d * 24 * 60)
			}
		}
		setting := settingOf[s.To] + "?g=" + ask.group.ID.String()
		t.Rows = append(t.Rows, ui.Row{Link: link, Cells: []templ.Component{
			ui.Two(k.point(s.From)+" → "+k.point(s.To), k.T("journey.within", "days", s.Within/(24*3600_000))),
			ui.Text(went), ui.Text(dropped), ui.Text(took), ui.Figure(int64(s.Waiting)), view.Person(setting, k.T("journey.set_"+measure.PointNames()[s.To]))}})
	}
	return t
}

func standingTable(k *call, list []measure.Standing) ui.Table {
	t := ui.Table{Label: k.T("journey.standings"), Empty: ui.Empty{Icon: "users", Title: k.T("insight.too_few"), Text: k.T("journey.none")},
		Columns: []ui.Column{{Title: k.T("journey.standing")}, {Title: k.T("journey.times"), Num: true}, {Title: k.T("journey.now"), Num: true}, {Title: k.T("journey.stays"), Num: true}, {Title: k.T("journey.next")}}}
	for _, s := range list {
		if s.Took.N == 0 {
			continue
		}
		stays := "–"
		if s.Took.N >= fewest {
			stays = k.T("journey.not_reached")
			if d, ok := s.Took.Median(); ok {
				stays = k.T("question.days", "n", tenth(d))
			}
		}
		var next []string
		for _, to := range s.To {
			next = append(next, k.T("journey.to", "to", k.T("journey.as_"+to.To), "count", k.Words.Number(to.Count), "days", tenth(to.Median)))
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(k.T("journey.as_" + s.Name)), ui.Figure(int64(s.Took.N)), ui.Figure(int64(s.Now)), ui.Text(stays), ui.Text(strings.Join(next, " · "))}})
	}
	return t
}

// topPaths is how many paths the page lists.
const topPaths = 10

func pathTable(k *call, list []measure.Path) ui.Table {
	t := ui.Table{Label: k.T("journey.paths"), Columns: []ui.Column{{Title: k.T("journey.path")}, {Title: k.T("unit.people"), Num: true}}, Empty: ui.Empty{Icon: "users", Title: k.T("insight.too_few"), Text: k.T("journey.none")}}
	for _, p := range list[:min(topPaths, len(list))] {
		var names []string
		for _, s := range p.Standings {
			names = append(names, k.T("journey.as_"+s))
		}
		t.Rows = append(t.Rows, ui.Row{Cells: []templ.Component{ui.Text(strings.Join(names, " → ")), ui.Figure(int64(p.Count))}})
	}
	return t
}

// journeyPeople lists the people of one step, and who of them went on.
func (c *Console) journeyPeople(k *call) error {
	ask, err := k.journeyAsk()
	if err != nil {
		return err
	}
	i, err := strconv.Atoi(k.query("step"))
	if err != nil || i < 0 || i >= len(measure.Steps()) || ask.group.Key == 0 {
		return community.Errorf(community.CodeNotFound, "step %q", k.query("step"))
	}
	t, err := k.travelsOf(ask)
	if err != nil {
		return err
	}
	s := t.Steps[i]
	return k.counted(ask, k.point(s.From)+" → "+k.point(s.To), peopleOf("/journey", ask), s.Of, s.Went)
}
