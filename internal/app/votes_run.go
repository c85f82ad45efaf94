package app

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/i18n"
	"qunluo/internal/points"
	"qunluo/internal/store"
)

const (
	votesEach  = 2 * time.Second // between looks at the votes
	voteTeaser = 40              // characters of a candidate that the group is told
)

// keepVotes opens votes, reads those cast in chat, and counts, until ctx ends.
func (a *App) keepVotes(ctx context.Context) error {
	tick := time.NewTicker(votesEach)
	defer tick.Stop()
	for {
		if err := a.RunVotes(ctx); err != nil && ctx.Err() == nil {
			a.log.Warn("run votes", "err", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// RunVotes does everything that is due for votes now. What one group's fails at holds up no other.
func (a *App) RunVotes(ctx context.Context) error {
	groups, err := a.store.VoteGroups(ctx, 0)
	if err != nil {
		return err
	}
	for _, g := range groups {
		if g.Rules.On {
			if err := a.openDue(ctx, g); err != nil && community.CodeOf(err) != community.CodeConflict {
				a.log.Warn("open a vote", "group", g.Group, "err", err)
			}
		}
	}
	open, err := a.store.OpenBallots(ctx)
	if err != nil {
		return err
	}
	for _, b := range open {
		if err := a.runVote(ctx, b); err != nil && community.CodeOf(err) != community.CodeConflict {
			a.log.Warn("run a vote", "group", b.Group, "err", err)
		}
	}
	return nil
}

func (a *App) openDue(ctx context.Context, g store.VoteGroup) error {
	org, err := a.store.OrgOf(ctx, g.Group)
	if err != nil {
		return err
	}
	row, err := a.store.For(community.Scope{Org: org}).GroupByKey(ctx, g.Group)
	if err != nil {
		return err
	}
	b := g.Rules.Opening(a.millis(), zoneFor(row.Zone))
	if b.Week == g.Week || !b.Due(g.Since, a.millis()) {
		return nil
	}
	_, err = a.openVote(ctx, row, b, community.Audit{Org: org, User: "system"})
	return err
}

// openVote looks for the candidates of a vote, opens it and tells the group, once. Without a candidate there is nothing to vote
// on, and nothing is said: a moderator may still add some.
func (a *App) openVote(ctx context.Context, g community.GroupRow, b points.Ballot, audit community.Audit) (points.Ballot, error) {
	tally := points.NewTally()
	for ev, err := range a.store.Events(ctx, store.EventScan{Group: g.Key, From: b.From, To: b.Opens, Kept: true}) {
		if err != nil {
			return b, err
		}
		tally.Take(&ev)
	}
	who := a.voteWho(a.store.For(community.Scope{Org: g.Org}), g.Key)
	list, err := tally.Top(b.Rules, func(m community.MemberKey) (points.Who, error) { return who(ctx, m) })
	if err != nil {
		return b, err
	}
	b.Group = g.Key
	if b, err = a.store.OpenBallot(ctx, b, list, audit); err != nil || len(list) == 0 {
		return b, err
	}
	return b, a.tellVote(ctx, g, b, false)
}

// tellVote tells a group that its vote is open, or how it ended: where nobody can send there, a person is asked to.
func (a *App) tellVote(ctx context.Context, g community.GroupRow, b points.Ballot, ended bool) error {
	list, err := a.candidates(ctx, a.store.For(community.Scope{Org: g.Org}), b)
	if err != nil {
		return err
	}
	link, err := a.voteLink(ctx, g.Key, 0)
	if err != nil {
		return err
	}
	key, text := "vote-open:", openWords(a.voteWords(b.Rules), g, b, list, link)
	if ended {
		key, text = "vote-end:", endWords(a.voteWords(b.Rules), b, list, link)
	}
	p := community.PersonDecision{Kind: "act", User: "system", Reason: "vote", Actions: []community.Action{{Verb: community.Send, Group: g.Key, Text: text, Rule: "vote"}}}
	_, err = a.engine.DecideOnce(ctx, g.Key, key+b.ID.String(), p, community.Audit{Org: g.Org, User: "system", Verb: "vote.tell", Subject: "ballot:" + b.ID.String()})
	return err
}

// teaser is the beginning of what a candidate said, on one line.
func teaser(t *i18n.Words, c points.Candidate) string {
	text := []rune(strings.Join(strings.Fields(c.Text), " "))
	switch {
	case len(text) == 0:
		return t.T("vote.no_text")
	case len(text) > voteTeaser:
		return string(text[:voteTeaser]) + "…"
	}
	return string(text)
}

func voteName(c points.Candidate) string {
	return strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x200b || r == 0xfeff || r == '@' {
			return -1
		}
		return r
	}, c.Name)), " ")
}

func openWords(t *i18n.Words, g community.GroupRow, b points.Ballot, list []points.Candidate, link string) string {
	lines := []string{t.T("vote.tell_open")}
	for _, c := range list {
		if c.Out == "" {
			lines = append(lines, t.T("vote.tell_line", "no", c.No, "name", voteName(c), "text", teaser(t, c)))
		}
	}
	ends := time.UnixMilli(b.Ends).In(zoneFor(g.Zone)).Format("2006-01-02 15:04")
	if len(g.Accounts) > 0 {
		lines = append(lines, t.T("vote.tell_word", "word", b.Rules.Word, "at", ends))
	} else {
		lines = append(lines, t.T("vote.tell_page", "at", ends))
	}
	return strings.Join(append(lines, t.T("vote.tell_look", "link", link)), "\n")
}

func endWords(t *i18n.Words, b points.Ballot, list []points.Candidate, link string) string {
	ranked := points.Count(list, nil) // puts what stands first; places and votes are those of the end
	lines := []string{}
	for place := 1; place <= max(len(b.Rules.Prizes), 1); place++ {
		for _, c := range list {
			if c.Place != place {
				continue
			}
			line := t.T("vote.tell_place", "place", place, "name", voteName(c), "votes", c.Votes)
			if points.Tied(list, place) {
				line += t.T("vote.tell_tied")
			}
			if place <= len(b.Rules.Prizes) {
				if won := prizeWords(t, b.Rules.Prizes[place-1]); won != "" {
					line += t.T("vote.tell_won", "prize", won)
				}
			}
			lines = append(lines, line)
		}
	}
	if len(ranked) == 0 || len(lines) == 0 {
		return t.T("vote.tell_nobody")
	}
	return strings.Join(append(append([]string{t.T("vote.tell_end")}, lines...), t.T("vote.tell_look", "link", link)), "\n")
}

func prizeWords(t *i18n.Words, p points.Prize) string {
	var parts []string
	if p.Points > 0 {
		parts = append(parts, t.T("vote.points", "num", p.Points))
	}
	if p.Name != "" {
		parts = append(parts, p.Name)
	}
	return strings.Join(parts, t.T("list.comma"))
}

// runVote reads what was voted in chat, and counts once the time is over.
func (a *App) runVote(ctx context.Context, b points.Ballot) error {
	over := a.millis() >= b.Ends // what is told later came later
	for more := true; more; {
		var err error
		if more, err = a.readVotes(ctx, &b); err != nil {
			return err
		}
	}
	if !over {
		return nil
	}
	_, err := a.countVote(ctx, b, community.Audit{User: "system", Verb: "vote.end"})
	return err
}

// readVotes reads on in a group's log, and says whether there is more.
func (a *App) readVotes(ctx context.Context, b *points.Ballot) (bool, error) {
	var cast []points.Vote
	var asked []voted
	var list []points.Candidate
	var who func(context.Context, community.MemberKey) (points.Who, error)
	n, to := 0, b.Seq
	for ev, err := range a.store.Events(ctx, store.EventScan{Group: b.Group, After: b.Seq}) {
		if err != nil {
			return false, err
		}
		n, to = n+1, ev.Seq
		no, ok := points.VoteIn(b.Rules.Word, ev.Body.Text)
		if ok && ev.Type == community.MessageCreated && ev.Origin != community.OriginImport && ev.Actor != 0 && ev.Body.Caused.IsZero() {
			if who == nil {
				org, err := a.store.OrgOf(ctx, b.Group)
				if err != nil {
					return false, err
				}
				desk := a.store.For(community.Scope{Org: org})
				who = a.voteWho(desk, b.Group)
				if list, err = a.candidates(ctx, desk, *b); err != nil {
					return false, err
				}
			}
			may, err := who(ctx, ev.Actor)
			if err != nil {
				return false, err
			}
			v := points.Vote{Member: ev.Actor, No: no, Way: points.ByChat, At: ev.At}
			fault := b.Take(list, v, may.Count)
			if fault == nil {
				cast = append(cast, v)
			}
			if may.Count && ev.At > a.millis()-pointsStale.Milliseconds() {
				asked = append(asked, voted{ev, no, community.CodeOf(fault)})
			}
		}
		if n >= pointsBatch {
			break
		}
	}
	if n == 0 {
		return false, nil
	}
	if err := a.store.ReadVotes(ctx, *b, to, cast); err != nil {
		return false, err
	}
	b.Seq = to
	for _, q := range asked {
		if err := a.answerVote(ctx, b, q); err != nil {
			return false, err
		}
	}
	return n >= pointsBatch, nil
}

// voted is a vote in chat that is to be answered.
type voted struct {
	ev    community.Event
	no    int
	fault community.Code // "" = it counts
}

// answerVote says it in the group, once, where a connection can: nobody is asked to paste it.
func (a *App) answerVote(ctx context.Context, b *points.Ballot, q voted) error {
	org, err := a.store.OrgOf(ctx, b.Group)
	if err != nil {
		return err
	}
	g, err := a.store.For(community.Scope{Org: org}).GroupByKey(ctx, b.Group)
	if err != nil || !a.canSend(ctx, g) {
		return err
	}
	key := "vote.say_ok"
	if q.fault != "" {
		key = "vote.say_" + string(q.fault)
	}
	text := a.voteWords(b.Rules).T(key, "no", q.no)
	p := community.PersonDecision{Kind: "act", User: "system", Reason: "vote", Actions: []community.Action{{Verb: community.Send, Group: g.Key, Target: q.ev.Actor, Mention: true, Text: text, Rule: "vote"}}}
	_, err = a.engine.DecideOnce(ctx, g.Key, "vote:"+strconv.FormatInt(q.ev.Number, 10), p, community.Audit{Org: org, User: "system", Verb: "vote.answer", Subject: subjectOf("group", int64(g.Key))})
	return err
}

// countVote ends a vote: votes of people who left do not count, nor does a candidate whose message was recalled or whose author
// is gone. Points are booked with it; for each thing to hand over a person is asked; the group is told.
func (a *App) countVote(ctx context.Context, b points.Ballot, audit community.Audit) (points.Ballot, error) {
	org, err := a.store.OrgOf(ctx, b.Group)
	if err != nil {
		return b, err
	}
	if err := a.store.CatchUp(ctx); err != nil { // what was recalled a moment ago, too
		return b, err
	}
	desk := a.store.For(community.Scope{Org: org})
	who := a.voteWho(desk, b.Group)
	list, err := a.candidates(ctx, desk, b)
	if err != nil {
		return b, err
	}
	for i, c := range list {
		here, err := who(ctx, c.Member)
		if err != nil {
			return b, err
		}
		if c.Out == "" && !here.Count {
			list[i].Out = points.OutLeft
		}
	}
	cast, err := a.store.Votes(ctx, b.ID)
	if err != nil {
		return b, err
	}
	var count []points.Vote
	for _, v := range cast {
		here, err := who(ctx, v.Member)
		if err != nil {
			return b, err
		}
		if here.Count {
			count = append(count, v)
		}
	}
	ranked := points.Count(list, count)
	b.State, b.Ended = points.BallotEnded, a.millis()
	audit.Org = org
	pay, err := a.store.EndBallot(ctx, b, ranked, points.Payouts(ranked, b.Rules.Prizes), audit)
	if err != nil {
		return b, err
	}
	g, err := desk.GroupByKey(ctx, b.Group)
	if err != nil {
		return b, err
	}
	for _, p := range pay {
		if p.State == points.PayoutOpen {
			if err := a.askPayout(ctx, g, b, p, ""); err != nil {
				return b, err
			}
		}
	}
	if len(list) == 0 {
		return b, nil
	}
	return b, a.tellVote(ctx, g, b, true)
}

// askPayout asks a person to hand a prize over; again tells one asking from another.
func (a *App) askPayout(ctx context.Context, g community.GroupRow, b points.Ballot, p points.Payout, again string) error {
	text := a.voteWords(b.Rules).T("vote.todo", "week", b.Week, "place", p.Place, "prize", p.Prize) + a.base() + payoutPath(p)
	d := community.PersonDecision{Kind: "act", User: "system", Reason: "vote", Actions: []community.Action{{Verb: community.Todo, Group: g.Key, Target: p.Member, Until: a.millis() + points.Unclaimed, Text: text, Rule: "vote"}}}
	_, err := a.engine.DecideOnce(ctx, g.Key, fmt.Sprintf("vote-pay:%s%s", p.ID, again), d, community.Audit{Org: g.Org, User: "system", Verb: "vote.ask", Subject: "payout:" + p.ID.String()})
	return err
}
