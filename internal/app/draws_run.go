package app

import (
	"context"
	"strconv"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/draw"
	"qunluo/internal/i18n"
	"qunluo/internal/measure"
	"qunluo/internal/plan"
	"qunluo/internal/points"
	"qunluo/internal/policy"
	"qunluo/internal/store"
)

const (
	drawsEach    = 2 * time.Second // between looks at the draws
	drawsTold    = 20              // winners that the group is told by name
	drawNextDays = 62              // within which a slot of the calendar comes again
)

// keepDraws freezes lists and draws when it is time, until ctx ends.
func (a *App) keepDraws(ctx context.Context) error {
	tick := time.NewTicker(drawsEach)
	defer tick.Stop()
	for {
		if err := a.RunDraws(ctx); err != nil && ctx.Err() == nil {
			a.log.Warn("run draws", "err", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// RunDraws does everything that is due for draws now, whenever it was due: what was missed while the server was off is made good. What one draw fails
// at holds up no other.
func (a *App) RunDraws(ctx context.Context) error {
	list, err := a.store.RunningDraws(ctx)
	if err != nil {
		return err
	}
	for _, d := range list {
		if err := a.runDraw(ctx, d); err != nil && community.CodeOf(err) != community.CodeConflict {
			a.log.Warn("run a draw", "draw", d.ID, "err", err)
		}
	}
	return nil
}

func (a *App) runDraw(ctx context.Context, d draw.Draw) error {
	freeze, reveal := d.Due(a.millis())
	switch {
	case freeze:
		return a.closeDraw(ctx, d)
	case reveal:
		return a.revealDraw(ctx, d)
	case d.Told != d.State:
		return a.tellDraw(ctx, d)
	}
	return nil
}

// closeDraw freezes the list of a draw: who takes part is decided as of the moment at which its entries close.
func (a *App) closeDraw(ctx context.Context, d draw.Draw) error {
	seed, err := a.seedOf(d)
	if err != nil {
		return err
	}
	souls, err := a.souls(ctx, d)
	if err != nil {
		return err
	}
	list, err := d.Terms.Freeze(seed, souls)
	if err != nil {
		return err
	}
	d.State, d.ClosedAt, d.List = draw.Closed, a.millis(), draw.ListHash(draw.Codes(list))
	if err := a.store.CloseDraw(ctx, d, list, community.Audit{User: "system", Verb: "draw.close"}); err != nil {
		return err
	}
	if d, err = a.store.DrawAt(ctx, d.Terms.Code); err != nil {
		return err
	}
	if _, reveal := d.Due(a.millis()); reveal {
		return a.revealDraw(ctx, d)
	}
	return a.tellDraw(ctx, d)
}

// souls gives everybody who might take part in a draw as they are when its entries close.
func (a *App) souls(ctx context.Context, d draw.Draw) ([]draw.Soul, error) {
	if err := a.store.CatchUp(ctx); err != nil { // who left a moment ago, too
		return nil, err
	}
	desk := a.store.For(community.Scope{Org: d.Org})
	g, err := desk.GroupByKey(ctx, d.Group)
	if err != nil {
		return nil, err
	}
	entered, err := a.enteredIn(ctx, d)
	if err != nil {
		return nil, err
	}
	persons, err := a.store.DrawPersons(ctx, d.Group)
	if err != nil {
		return nil, err
	}
	var list []draw.Soul
	for rows, err := range desk.AllMembers(ctx, community.MemberFilter{Group: d.Group}) {
		if err != nil {
			return nil, err
		}
		for _, m := range rows {
			s := soulOf(m, g.Created)
			s.Person, s.Entered = persons[m.Key], entered[m.Key]
			s.Here = (m.LeftAt == 0 || m.LeftAt > d.Terms.Closes) && s.Joined <= d.Terms.Closes
			if s.Entered != 0 || d.Terms.Who.Standing && s.Here {
				list = append(list, s)
			}
		}
	}
	if err := a.fillSouls(ctx, desk, d, list); err != nil {
		return nil, err
	}
	staff := map[int64]bool{}
	for _, s := range list {
		staff[s.Person] = staff[s.Person] || s.Staff && s.Person != 0
	}
	for i, s := range list {
		list[i].Staff = s.Staff || staff[s.Person]
	}
	return list, nil
}

// enteredIn says who entered a draw, and when.
func (a *App) enteredIn(ctx context.Context, d draw.Draw) (map[community.MemberKey]int64, error) {
	list, err := a.store.DrawEntries(ctx, d.ID)
	out := map[community.MemberKey]int64{}
	for _, e := range list {
		out[e.Member] = e.Entered
	}
	return out, err
}

// soulOf reads what a row of a group says of a member; since is when the group was first heard of, which counts where nobody knows when they came.
func soulOf(m community.MemberRow, since int64) draw.Soul {
	s := draw.Soul{Member: m.Key, ID: m.ID, Here: m.LeftAt == 0, Joined: m.JoinedAt, Strikes: m.Strikes}
	if s.Joined == 0 {
		s.Joined = since
	}
	s.Bot = m.Bot || m.Mark == community.RoleBot || m.Role == community.RoleBot
	s.Staff = m.Role != community.RoleMember && m.Role != community.RoleNone || m.Mark == community.RoleStaff
	return s
}

// fillSouls adds what takes a question of its own, where the terms ask for it.
func (a *App) fillSouls(ctx context.Context, desk *store.Desk, d draw.Draw, list []draw.Soul) error {
	who := d.Terms.Who
	if who.Active > 0 {
		last, _ := measure.DayOf(d.Terms.Closes, zoneFor(d.Terms.Zone))
		days := map[community.MemberKey]int{}
		f := community.MemberFilter{Group: d.Group, Spoke: community.DaySpan{From: int64(last) - int64(who.Window) + 1, To: int64(last)}}
		for rows, err := range desk.AllMembers(ctx, f) {
			if err != nil {
				return err
			}
			for _, m := range rows {
				days[m.Key] = m.SaidDays
			}
		}
		for i := range list {
			list[i].Active = days[list[i].Member]
		}
	}
	if len(who.Tiers) > 0 {
		rows, err := a.store.TierRows(ctx, d.Group, 0, "")
		if err != nil {
			return err
		}
		tiers := map[community.MemberKey]string{}
		for _, r := range rows {
			tiers[r.Member] = string(r.Tier)
		}
		for i := range list {
			list[i].Tier = tiers[list[i].Member]
		}
	}
	return nil
}

// revealDraw draws the winners and shows the seed; then the group is told, a person is asked for each prize, and the slot's next draw is drafted.
func (a *App) revealDraw(ctx context.Context, d draw.Draw) error {
	seed, err := a.seedOf(d)
	if err != nil {
		return err
	}
	list, err := a.store.DrawEntries(ctx, d.ID)
	if err != nil {
		return err
	}
	d.State, d.DrawnAt, d.Seed, d.Sealed = draw.Drawn, a.millis(), seedText(seed), nil
	until := time.UnixMilli(d.DrawnAt).In(zoneFor(d.Terms.Zone)).AddDate(0, 0, d.Terms.Days).UnixMilli()
	var pay []draw.Payout
	for _, w := range draw.Choose(d.Terms, seed, d.Commitment, d.Beacon, draw.Codes(list)) {
		p, _ := d.Terms.PrizeAt(w.Place)
		pay = append(pay, draw.Payout{Code: w.Code, Place: w.Place, Prize: p.Name, Kind: p.Kind, Fen: p.Fen, Until: until})
	}
	if _, err := a.store.RevealDraw(ctx, d, pay, community.Audit{User: "system", Verb: "draw.draw"}); err != nil {
		return err
	}
	if d, err = a.store.DrawAt(ctx, d.Terms.Code); err != nil {
		return err
	}
	return a.tellDraw(ctx, d)
}

// tellDraw tells a group how a draw stands, once for each state; once it is drawn a person is asked for each prize, and the next is drafted. What was
// done before is not done again, so that it can be begun again after the server stopped in the midst of it.
func (a *App) tellDraw(ctx context.Context, d draw.Draw) error {
	won, err := a.store.DrawWinners(ctx, d.ID)
	if err != nil {
		return err
	}
	p := community.PersonDecision{Kind: "act", User: "system", Reason: "draw", Actions: []community.Action{{Verb: community.Send, Group: d.Group, Text: a.drawText(d, won), Rule: "draw"}}}
	if _, err := a.engine.DecideOnce(ctx, d.Group, "draw-"+string(d.State)+":"+d.ID.String(), p, community.Audit{Org: d.Org, User: "system", Verb: "draw.tell", Subject: "draw:" + d.ID.String()}); err != nil {
		return err
	}
	if d.State == draw.Drawn {
		if err := a.askPrizes(ctx, d); err != nil {
			return err
		}
		if err := a.nextDraw(ctx, d); err != nil {
			return err
		}
	}
	return a.store.DrawTold(ctx, d.ID, d.State)
}

func (a *App) askPrizes(ctx context.Context, d draw.Draw) error {
	desk := a.store.For(community.Scope{Org: d.Org})
	at := community.Page{Limit: 200}
	for {
		list, _, err := desk.DrawPayouts(ctx, store.DrawPayFilter{Draw: d.ID, State: draw.Open, Page: at})
		if err != nil || len(list) == 0 {
			return err
		}
		for _, p := range list {
			if err := a.askPrize(ctx, d, p); err != nil {
				return err
			}
		}
		at.Offset += at.Limit
	}
}

// askPrize asks a person to hand a prize over.
func (a *App) askPrize(ctx context.Context, d draw.Draw, p draw.Payout) error {
	t := a.words.In(d.Terms.Lang)
	text := t.T("draw.todo", "title", d.Terms.Title, "place", p.Place, "prize", prizeSaid(t, p.Prize, p.Kind, p.Fen), "code", p.Code) + a.base() + prizePath(p)
	act := community.PersonDecision{Kind: "act", User: "system", Reason: "draw", Actions: []community.Action{{Verb: community.Todo, Group: d.Group, Target: p.Member, Until: p.Until, Text: text, Rule: "draw"}}}
	_, err := a.engine.DecideOnce(ctx, d.Group, "draw-pay:"+p.ID.String()+":"+strconv.Itoa(p.Times), act, community.Audit{Org: d.Org, User: "system", Verb: "draw.ask", Subject: "prize:" + p.ID.String()})
	return err
}

// prizeSaid names a prize with what it is worth.
func prizeSaid(t *i18n.Words, name, kind string, fen int64) string {
	return t.T("draw.prize_said", "name", name, "kind", t.T("draw.kind_"+kind), "yuan", draw.Yuan(fen))
}

// drawText is what a group is told of a draw.
func (a *App) drawText(d draw.Draw, won []draw.Entry) string {
	t, zone := a.words.In(d.Terms.Lang), zoneFor(d.Terms.Zone)
	when := func(at int64) string { return time.UnixMilli(at).In(zone).Format("2006-01-02 15:04") }
	lines := []string{t.T("draw.tell_"+string(d.State), "title", d.Terms.Title, "closes", when(d.Terms.Closes), "draws", when(d.Terms.Draws), "num", d.Entries, "hash", d.Commitment, "list", d.List, "why", d.Why)}
	switch d.State {
	case draw.Published:
		for _, p := range d.Terms.Prizes {
			lines = append(lines, t.T("draw.tell_prize", "num", p.Count, "prize", prizeSaid(t, p.Name, p.Kind, p.Fen)))
		}
		way := "draw.tell_enter"
		if d.Terms.Who.Standing {
			way = "draw.tell_standing"
		}
		lines = append(lines, t.T(way), t.T("draw.tell_commit", "hash", d.Commitment))
	case draw.Closed:
		if d.Terms.Beacon != "" {
			lines = append(lines, t.T("draw.tell_beacon", "beacon", d.Terms.Beacon))
		}
	case draw.Drawn:
		for _, e := range won[:min(drawsTold, len(won))] {
			p, _ := d.Terms.PrizeAt(e.Place)
			lines = append(lines, t.T("draw.tell_winner", "place", e.Place, "name", policy.Masked(clean(e.Name)), "code", e.Code, "prize", p.Name))
		}
		switch {
		case len(won) == 0:
			lines = append(lines, t.T("draw.tell_nobody"))
		case len(won) > drawsTold:
			lines = append(lines, t.T("draw.tell_more", "num", len(won)))
		}
		lines = append(lines, t.T("draw.tell_redeem", "days", d.Terms.Days, "how", d.Terms.Redeem))
	}
	return strings.Join(append(lines, t.T("draw.tell_look", "link", a.drawAddress(d))), "\n")
}

// clean leaves out of a name what would reorder or break a text.
func clean(name string) string { return voteName(points.Candidate{Name: name}) }

// nextDraw drafts the next draw of a slot that comes back, with the same terms. A person looks at it and publishes it.
func (a *App) nextDraw(ctx context.Context, d draw.Draw) error {
	if d.Slot == "" {
		return nil
	}
	v := a.Draws(d.Org, nil)
	fixtures, err := v.Slots(ctx)
	if err != nil {
		return err
	}
	f, known := plan.FixtureNamed(fixtures, d.Slot)
	days := daysTill(f, d)
	if !known || days == 0 {
		return nil
	}
	zone := zoneFor(d.Terms.Zone)
	t := d.Terms
	move := func(at int64) int64 { return time.UnixMilli(at).In(zone).AddDate(0, 0, days).UnixMilli() }
	t.Code, t.Closes, t.Draws = "", move(t.Closes), move(t.Draws)
	_, err = v.New(ctx, "system", d.Group, t, d.Budget, d.Slot, "")
	if code := community.CodeOf(err); code == community.CodeConflict || code == community.CodeBadInput {
		return nil // it is there, or the slot was moved: nothing is drafted by itself
	}
	return err
}

// daysTill is in how many days after a draw its slot comes again; 0 = not soon.
func daysTill(f plan.Fixture, d draw.Draw) int {
	day, err := time.Parse(time.DateOnly, d.Date)
	if err != nil {
		return 0
	}
	for i := 1; i <= drawNextDays; i++ {
		if f.On(day.AddDate(0, 0, i).Format(time.DateOnly), d.Group) {
			return i
		}
	}
	return 0
}
