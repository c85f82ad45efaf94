package app

import (
	"context"
	"fmt"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/i18n"
	"qunluo/internal/points"
	"qunluo/internal/store"
)

// pointsBook is what people see and change of points, bounded as hands are.
type pointsBook struct{ *hands }

// Points makes the handle for points.
func (a *App) Points(org community.OrgKey, groups []community.GroupKey) pointsBook {
	return pointsBook{a.Hands(org, groups)}
}

// Bounds of points.
const (
	pointsEach  = time.Second     // between looks at the log
	pointsBatch = 2000            // events of one step
	pointsStale = 5 * time.Minute // what was said longer ago is counted and not answered
	pointsShown = 10              // places that the group is told
	maxGiven    = 1_000_000
)

// Rules are a group's rules for points; switched off where nobody set any.
func (b pointsBook) Rules(ctx context.Context, g community.GroupKey) (points.Rules, error) {
	if err := b.sees(ctx, g); err != nil {
		return points.Rules{}, err
	}
	list, err := b.app.store.PointsGroups(ctx, g)
	if err != nil || len(list) == 0 {
		return points.Default(), err
	}
	return list[0].Rules, nil
}

// SetRules changes them. They hold for what is said from then on.
func (b pointsBook) SetRules(ctx context.Context, user string, g community.GroupKey, r points.Rules, reason string) error {
	if err := b.sees(ctx, g); err != nil {
		return err
	}
	if err := r.Check(); err != nil {
		return err
	}
	return b.app.store.SetPoints(ctx, b.org, g, r, b.audit(user, "", "", reason))
}

// Ranking lists a group's members by points from a time on; m 0 = all.
func (b pointsBook) Ranking(ctx context.Context, g community.GroupKey, m community.MemberKey, from int64, page community.Page) ([]points.Row, int, error) {
	if err := b.sees(ctx, g); err != nil {
		return nil, 0, err
	}
	list, total, err := b.app.store.PointsRank(ctx, g, m, from, page)
	if err != nil {
		return nil, 0, err
	}
	points.Places(list)
	for i := range list {
		s, err := b.app.store.PointsState(ctx, g, list[i].Member)
		if err != nil {
			return nil, 0, err
		}
		list[i].Streak = s.Streak
		list[i].Place += max(page.Offset, 0)
	}
	return list, total, nil
}

// Entries lists a member's rows, the newest first.
func (b pointsBook) Entries(ctx context.Context, g community.GroupKey, m community.MemberKey, page community.Page) ([]points.Entry, error) {
	if err := b.sees(ctx, g); err != nil {
		return nil, err
	}
	return b.app.store.PointsEntries(ctx, g, m, page)
}

// Give adds points by hand; a negative amount takes some.
func (b pointsBook) Give(ctx context.Context, user string, g community.GroupKey, member community.ID, amount int, reason string) (points.Entry, error) {
	e := points.Entry{Group: g, Reason: points.ByHand, Amount: amount, User: user, Note: reason}
	if err := b.sees(ctx, g); err != nil {
		return e, err
	}
	if reason = strings.TrimSpace(reason); reason == "" || amount == 0 || amount > maxGiven || amount < -maxGiven {
		return e, community.Errorf(community.CodeBadInput, "give: want a reason and an amount within %d", maxGiven)
	}
	m, err := b.desk().MemberByID(ctx, member)
	if err != nil {
		return e, err
	}
	e.Member = m.Key
	return b.app.store.GivePoints(ctx, b.org, e, b.audit(user, "points.give", "", reason))
}

// Undo takes a row back by a counter-entry. CodeConflict: it was before, or is one itself.
func (b pointsBook) Undo(ctx context.Context, user string, id community.ID, reason string) (points.Entry, error) {
	e, err := b.app.store.PointsEntry(ctx, id)
	if err != nil {
		return e, err
	}
	if err := b.sees(ctx, e.Group); err != nil {
		return e, err
	}
	if e.Reason == points.Undone || e.Reason == points.Recalled {
		return e, community.Errorf(community.CodeConflict, "a counter-entry is not taken back: give the points by hand")
	}
	if e.Reason == points.Voted {
		return e, community.Errorf(community.CodeConflict, "a reward of the vote is taken back on the list of payouts")
	}
	gone, err := b.app.store.PointsRecalled(ctx, e.Group, e.Ref)
	if err != nil {
		return e, err
	}
	if e.Amount+gone == 0 {
		return e, community.Errorf(community.CodeConflict, "its messages were recalled: nothing is left of it")
	}
	back := points.Entry{Group: e.Group, Member: e.Member, Reason: points.Undone, Amount: -e.Amount - gone, Ref: "undo:" + e.Ref, Event: e.Event, User: user, Note: e.Ref}
	return b.app.store.GivePoints(ctx, b.org, back, b.audit(user, "points.undo", "", reason))
}

// keepPoints books what is earned until ctx ends.
func (a *App) keepPoints(ctx context.Context) error {
	tick := time.NewTicker(pointsEach)
	defer tick.Stop()
	for {
		if err := a.BookPoints(ctx); err != nil && ctx.Err() == nil {
			a.log.Warn("book points", "err", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// BookPoints books everything that was earned up to now: what was said in groups that keep points, and who stayed long enough.
func (a *App) BookPoints(ctx context.Context) error {
	list, err := a.store.PointsGroups(ctx, 0)
	if err != nil || len(list) == 0 {
		return err
	}
	for _, g := range list {
		if !g.Rules.On {
			continue
		}
		if err := a.bookGroup(ctx, g); err != nil && community.CodeOf(err) != community.CodeConflict {
			return fmt.Errorf("points of group %d: %w", g.Group, err)
		}
	}
	return a.payGuests(ctx, list)
}

// question is a message that is to be answered once it is booked.
type question struct {
	ev     community.Event
	answer points.Answer
}

// bookGroup reads on in a group's log. Where nothing was said nothing else is read.
func (a *App) bookGroup(ctx context.Context, g store.PointsGroup) error {
	var row community.GroupRow
	var step *pointsStep
	n := 0
	for ev, err := range a.store.Events(ctx, store.EventScan{Group: g.Group, After: g.Seq}) {
		if err == nil && step == nil {
			row, step, err = a.pointsStep(ctx, g)
		}
		if err == nil {
			err = step.take(ctx, ev)
		}
		if err != nil {
			return err
		}
		if step.book.To = ev.Seq; n+1 >= pointsBatch {
			break
		}
		n++
	}
	if step == nil {
		return nil
	}
	if err := a.store.BookPoints(ctx, g.Group, step.book); err != nil {
		return err
	}
	for _, q := range step.asked {
		if err := a.answerPoints(ctx, row, a.words.In(g.Rules.Lang), q); err != nil {
			return err
		}
	}
	return nil
}

// pointsStep begins a reading of a group's log.
func (a *App) pointsStep(ctx context.Context, g store.PointsGroup) (community.GroupRow, *pointsStep, error) {
	org, err := a.store.OrgOf(ctx, g.Group)
	if err != nil {
		return community.GroupRow{}, nil, err
	}
	desk := a.store.For(community.Scope{Org: org})
	row, err := desk.GroupByKey(ctx, g.Group)
	return row, &pointsStep{app: a, rules: g.Rules, zone: zoneFor(row.Zone), group: g.Group, desk: desk, people: map[community.MemberKey]bool{},
		book: store.PointsBook{From: g.Seq, To: g.Seq, States: map[community.MemberKey]points.State{}}}, err
}

// pointsStep is one reading of a group's log.
type pointsStep struct {
	app    *App
	rules  points.Rules
	zone   *time.Location
	group  community.GroupKey
	desk   *store.Desk
	people map[community.MemberKey]bool // who may earn
	book   store.PointsBook
	asked  []question
}

// take takes one event in. What was imported earns nothing, nor do bots and accounts of ours.
func (p *pointsStep) take(ctx context.Context, ev community.Event) error {
	if ev.Origin == community.OriginImport {
		return nil
	}
	switch ev.Type {
	case community.MemberJoined:
		if g, ok := points.Joined(p.rules, ev); ok {
			if may, err := p.may(ctx, g.Inviter); err != nil || !may {
				return err
			}
			p.book.Guests = append(p.book.Guests, g)
		}
	case community.MemberLeft:
		who := ev.Subject
		if who == 0 {
			who = ev.Actor
		}
		p.book.Gone = append(p.book.Gone, who)
	case community.MessageDeleted:
		if ev.Body.Message != "" {
			p.book.Recalls = append(p.book.Recalls, points.Recall{Message: ev.Body.Message, Event: ev.Number, At: ev.At})
		}
	case community.MessageCreated:
		return p.message(ctx, ev)
	}
	return nil
}

func (p *pointsStep) message(ctx context.Context, ev community.Event) error {
	if ev.Actor == 0 || !ev.Body.Caused.IsZero() || ev.Body.Role == community.RoleSelf || ev.Body.Role == community.RoleBot || ev.Body.Class != community.Text && ev.Body.Class != community.Reply {
		return nil
	}
	if may, err := p.may(ctx, ev.Actor); err != nil || !may {
		return err
	}
	s, known := p.book.States[ev.Actor]
	if !known {
		var err error
		if s, err = p.app.store.PointsState(ctx, p.group, ev.Actor); err != nil {
			return err
		}
	}
	s, entries, answer := points.Message(p.rules, p.zone, s, ev)
	p.book.States[ev.Actor] = s
	p.book.Entries = append(p.book.Entries, entries...)
	if answer != points.Silent && ev.At > p.app.millis()-pointsStale.Milliseconds() {
		p.asked = append(p.asked, question{ev, answer})
	}
	return nil
}

func (p *pointsStep) may(ctx context.Context, m community.MemberKey) (bool, error) {
	if may, known := p.people[m]; known {
		return may, nil
	}
	places, err := p.desk.Memberships(ctx, m)
	may := true
	for _, at := range places {
		if at.Bot || at.Mark == community.RoleBot || at.Group == p.group && (at.Role == community.RoleSelf || at.Role == community.RoleBot) {
			may = false
		}
	}
	p.people[m] = may
	return may, err
}

// answerPoints says it in the group, once, where a connection can: nobody is asked to paste it.
func (a *App) answerPoints(ctx context.Context, g community.GroupRow, words *i18n.Words, q question) error {
	if !a.canSend(ctx, g) {
		return nil
	}
	text, err := a.pointsWords(ctx, g, words, q)
	if err != nil || text == "" {
		return err
	}
	p := community.PersonDecision{Kind: "act", User: "system", Reason: "points", Actions: []community.Action{{Verb: community.Send, Group: g.Key, Target: q.ev.Actor, Mention: q.answer != points.SayRank, Text: text, Rule: "points"}}}
	_, err = a.engine.DecideOnce(ctx, g.Key, fmt.Sprintf("points:%d", q.ev.Number), p, community.Audit{Org: g.Org, User: "system", Verb: "points.answer", Subject: subjectOf("group", int64(g.Key))})
	return err
}

func (a *App) canSend(ctx context.Context, g community.GroupRow) bool {
	for _, k := range g.Accounts {
		if able, err := a.wires.Abilities(ctx, k, g.Key); err == nil && able.Level(community.Send) == community.Native {
			return true
		}
	}
	return false
}

func (a *App) pointsWords(ctx context.Context, g community.GroupRow, words *i18n.Words, q question) (string, error) {
	b := a.Points(g.Org, nil)
	if q.answer == points.SayRank {
		list, _, err := b.Ranking(ctx, g.Key, 0, 0, community.Page{Limit: pointsShown})
		if err != nil || len(list) == 0 {
			return words.T("points.tell_none"), err
		}
		lines := []string{words.T("points.tell_rank")}
		for _, r := range list {
			lines = append(lines, fmt.Sprintf("%d. %s  %d", r.Place, r.Name, r.Points))
		}
		return strings.Join(lines, "\n"), nil
	}
	list, _, err := b.Ranking(ctx, g.Key, q.ev.Actor, 0, community.Page{Limit: 1})
	if err != nil {
		return "", err
	}
	var mine points.Row
	if len(list) > 0 {
		mine = list[0]
	}
	switch q.answer {
	case points.SaySigned:
		return words.T("points.tell_signed", "n", max(mine.Streak, 1), "points", mine.Points), nil
	case points.SayAgain:
		return words.T("points.tell_again", "points", mine.Points), nil
	}
	return words.T("points.tell_mine", "points", mine.Points, "signed", mine.Signed, "spoke", mine.Spoke, "invited", mine.Invited, "rest", mine.Points-mine.Signed-mine.Spoke-mine.Invited), nil
}

// payGuests pays for guests who stayed; one who is not there any more pays nothing.
func (a *App) payGuests(ctx context.Context, list []store.PointsGroup) error {
	due, err := a.store.GuestsDue(ctx, a.millis())
	if err != nil {
		return err
	}
	rules := map[community.GroupKey]points.Rules{}
	for _, g := range list {
		rules[g.Group] = g.Rules
	}
	for _, x := range due {
		e := points.Entry{}
		here, err := a.isHere(ctx, x.Group, x.Member)
		if err != nil {
			return err
		}
		if here && rules[x.Group].On {
			e = points.Stayed(rules[x.Group], x)
		}
		if err := a.store.GuestStayed(ctx, x, e); err != nil {
			return err
		}
	}
	return nil
}

func (a *App) isHere(ctx context.Context, g community.GroupKey, m community.MemberKey) (bool, error) {
	org, err := a.store.OrgOf(ctx, g)
	if err != nil {
		return false, err
	}
	places, err := a.store.For(community.Scope{Org: org}).Memberships(ctx, m)
	for _, p := range places {
		if p.Group == g && p.LeftAt == 0 {
			return true, err
		}
	}
	return false, err
}
