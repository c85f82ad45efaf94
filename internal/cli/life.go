package cli

import (
	"qunluo/internal/community"
	"qunluo/internal/measure"
)

type lifeCmd struct {
	fresh `kong:"-"`
}

// LifeLine is a group from entering decline on.
type LifeLine struct {
	ID      string `json:"id"`
	Group   string `json:"group" col:"群|group"`
	Entered string `json:"entered" col:"进入衰退|entered decline"`
	Last    string `json:"last_two_way" col:"最后双向聊天|last two-way talk"`
	Renewed string `json:"renewed" col:"焕新|renewed"` // "" = not, or not between decline and end
	State   string `json:"state" col:"状态|state"`     // watched, ended, gone
	Until   string `json:"until" col:"到|until"`
	Days    int    `json:"days" col:"天|days"`
}

// LifeCurve is a survival curve by its steps.
type LifeCurve struct {
	N      int         `json:"n"`
	Ends   int         `json:"ends"`
	Points []LifePoint `json:"points"`
}

// LifePoint is a step of a curve; limits are 95 % and there where drawn is true.
type LifePoint struct {
	Day      float64 `json:"day"`
	AtRisk   int     `json:"at_risk"`
	Survival float64 `json:"survival"`
	Low      float64 `json:"low"`
	High     float64 `json:"high"`
	Drawn    bool    `json:"drawn"`
}

// LifeReport compares renewed groups with others.
type LifeReport struct {
	Looked   int            `json:"looked" col:"看过的群|groups looked at"`
	Declined int            `json:"declined" col:"进入衰退|entered decline"`
	Counted  int            `json:"counted" col:"能算|counted"`
	Renewed  int            `json:"renewed" col:"做过焕新|renewed"`
	Ended    int            `json:"ended" col:"已结束|ended"`
	Verdict  string         `json:"verdict" col:"结论|verdict"` // cannot_be_decided, no_difference, different
	Missing  map[string]int `json:"missing"`                  // groups, renewed, plain, ends: how many more are needed
	Chi2     float64        `json:"chi2" col:"χ²|chi2"`
	P        float64        `json:"p" col:"p|p"` // of the log-rank test; 1 where there is none
	Plain    LifeCurve      `json:"not_renewed_curve"`
	Anew     LifeCurve      `json:"renewed_curve"`
	Groups   []LifeLine     `json:"groups"`
}

func (lifeCmd) Shape() any { return LifeReport{} }
func (lifeCmd) Examples() []example {
	return []example{{"insight life --json", [2]string{"焕新过的群和没有的比，或还差什么", "renewed groups against others, or what is missing"}}}
}

// Do compares groups from entering decline.
func (q *lifeCmd) Do(c *call, h *House) error {
	p, err := inOrg(c, h, h.Goals)
	if err != nil {
		return err
	}
	if err := p.ReadLives(c.ctx); err != nil {
		return err
	}
	l, looked, err := p.Lives(c.ctx)
	if err != nil {
		return err
	}
	r := lifeReport(l, looked)
	if c.json {
		return c.printJSON(r)
	}
	if err := printOne(c, r); err != nil {
		return err
	}
	return printList(c, r.Groups, len(r.Groups))
}

func lifeReport(l measure.Lives, looked int) LifeReport {
	m := l.Missing()
	r := LifeReport{Looked: looked, Declined: len(l.Groups), Counted: l.N, Renewed: l.With, Ended: l.Ends, Verdict: "cannot_be_decided", P: 1, Plain: lifeCurve(l.Plain), Anew: lifeCurve(l.Anew), Groups: []LifeLine{},
		Missing: map[string]int{"groups": m.Groups, "renewed": m.Renewed, "plain": m.Plain, "ends": m.Ends}}
	if l.Decidable() {
		r.Chi2, r.P, r.Verdict = l.Test.Chi2, l.Test.P, "no_difference"
		if r.P < 0.05 {
			r.Verdict = "different"
		}
	}
	for _, g := range l.Groups {
		line := LifeLine{ID: g.GroupID.String(), Group: g.Name, Entered: g.Entered.String(), State: "watched", Until: g.Until.String(), Days: int(g.Until - g.Entered)}
		if g.Last != 0 {
			line.Last = g.Last.String()
		}
		if g.Is {
			line.Renewed = g.Renewed.String()
		}
		switch {
		case g.Gone:
			line.State = "gone"
		case g.Ended:
			line.State = "ended"
		}
		r.Groups = append(r.Groups, line)
	}
	return r
}

func lifeCurve(c measure.Curve) LifeCurve {
	out := LifeCurve{N: c.N, Ends: c.Ends, Points: []LifePoint{}}
	for _, p := range c.Points {
		out.Points = append(out.Points, LifePoint{p.Time, p.AtRisk, p.Survival, p.Low, p.High, p.Drawn})
	}
	return out
}

type renewalCmd struct {
	List renewalListCmd `cmd:"" help:"列出焕新：应对步骤和人记的|list renewals: play-books and what was entered"`
	Add  renewalAddCmd  `cmd:"" help:"记一次焕新，今天或过去的|enter a renewal, of today or the past"`
	Void renewalVoidCmd `cmd:"" help:"作废一次记错的|void one that was entered wrongly"`
}

// renewalLine is a renewal as verbs print it.
type renewalLine struct {
	ID   string `json:"id" col:"编号|id"`
	Day  string `json:"day" col:"哪天|day"`
	What string `json:"what" col:"做了什么|what"`
	From string `json:"from" col:"来源|from"` // playbook, entered, void
	At   Moment `json:"entered_at"`
	Why  string `json:"void_why"`
}

func lineOfRenewal(r measure.Renewal) renewalLine {
	l := renewalLine{r.ID.String(), r.Day.String(), r.What, "entered", Moment(r.At), r.VoidWhy}
	switch {
	case !r.Adjust.IsZero():
		l.From = "playbook"
	case r.Voided != 0:
		l.From = "void"
	}
	return l
}

type renewalListCmd struct {
	Group string `arg:"" optional:"" help:"群，默认全部|group, by default all"`
}

func (renewalListCmd) Shape() any          { return rowsOf[renewalLine]() }
func (renewalListCmd) Examples() []example { return nil }

// Do lists renewals by their days.
func (q *renewalListCmd) Do(c *call, h *House) error {
	p, g, err := c.goalsAt(h, q.Group)
	if err != nil {
		return err
	}
	list, err := p.Renewals(c.ctx, g.Key)
	if err != nil {
		return err
	}
	return printList(c, mapped(list, lineOfRenewal), len(list))
}

type renewalAddCmd struct {
	Group string `arg:"" help:"群|group"`
	What  string `arg:"" help:"做了什么|what was done"`
	Day   string `placeholder:"2026-11-02" help:"哪天，默认今天|which day, by default today"`
}

func (renewalAddCmd) Shape() any { return renewalLine{} }
func (renewalAddCmd) Examples() []example {
	return []example{{"renewal add '#books' 换主题重新开群 --day 2026-11-02", [2]string{"从那天起算做过焕新", "the group counts as renewed from that day on"}}}
}

// Do enters a renewal.
func (q *renewalAddCmd) Do(c *call, h *House) error {
	p, g, err := c.goalsAt(h, q.Group)
	if err != nil {
		return err
	}
	day, err := c.today(h, g.Key)
	if err != nil {
		return err
	}
	if q.Day != "" {
		if day, err = measure.ParseDay(q.Day); err != nil {
			return badUsage("日期不对：%q", "no day: %q", q.Day)
		}
	}
	v, err := p.AddRenewal(c.ctx, user, measure.Renewal{Group: g.Key, Day: day, What: q.What})
	if err != nil {
		return err
	}
	return printOne(c, lineOfRenewal(v))
}

type renewalVoidCmd struct {
	ID     string `arg:"" help:"编号|id"`
	Reason string `required:"" placeholder:"TEXT" help:"原因|why"`
}

func (renewalVoidCmd) Shape() any          { return renewalLine{} }
func (renewalVoidCmd) Examples() []example { return nil }

// Do voids a renewal.
func (q *renewalVoidCmd) Do(c *call, h *House) error {
	p, err := inOrg(c, h, h.Goals)
	if err != nil {
		return err
	}
	id, err := idOf(q.ID)
	if err != nil {
		return err
	}
	if err := p.VoidRenewal(c.ctx, user, id, q.Reason); err != nil {
		return err
	}
	list, err := p.Renewals(c.ctx, 0)
	if err != nil {
		return err
	}
	for _, r := range list {
		if r.ID == id {
			return printOne(c, lineOfRenewal(r))
		}
	}
	return community.Errorf(community.CodeNotFound, "renewal %s: not found", id)
}
