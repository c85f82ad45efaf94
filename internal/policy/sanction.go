package policy

import (
	"fmt"
	"slices"
	"strings"

	"qunluo/internal/community"
)

// How long an action is worth doing, in ms. A removal has no end.
const (
	muteLasts   = 30_000
	warnLasts   = 120_000
	recallLasts = 120_000
)

// Why a removal is held until a person releases it (Action.Hold): it goes beyond the cap; or it rests on the word of an
// unofficial gateway, which anybody who holds the client could have made up.
const (
	HoldRemovals = "removal_cap"
	HoldGateway  = "unofficial_gateway"
)

const hourMs = 3600 * 1000

// severity orders consequences: remove > mute > recall > warn.
func severity(r Rung) int {
	worst := 0
	for i, act := range []string{ActWarn, ActRecall, ActMute, ActRemove} {
		if slices.Contains(r.Actions, act) {
			worst = i + 1
		}
	}
	return worst
}

// step is the rung of a rule's ladder for a number of live strikes, this one included.
func (r *rule) step(strikes, least int) (int, Rung) {
	n := min(max(strikes, least, 1), len(r.ladder))
	if n == 0 {
		return 0, Rung{}
	}
	return n, r.ladder[n-1]
}

// rung says on which rung a live finding stands.
func (l *look) rung(f *finding) (int, Rung) {
	if f.rule.Remind {
		return f.rule.step(0, f.rule.StartRung)
	}
	scope := ""
	if f.rule.OwnStrikes {
		scope = f.rule.ID
	}
	return f.rule.step(l.member.liveStrikes(l.ev.At, scope)+1, f.rung)
}

// shadow puts a dry finding on the rule's own ladder, which nothing else feeds and which feeds nothing.
func (l *look) shadow(f *finding, d *community.Decision, hit *community.RuleHit) {
	r := f.rule
	strikes, least := 0, r.StartRung
	if !r.Remind {
		strikes, least = l.member.shadowStrikes(l.ev.At, r.ID)+1, f.rung
		l.member.addShadow(l.ev.At, shadow{Rule: r.ID, Expires: l.ev.At + l.rb.memory})
	}
	n, rung := r.step(strikes, least)
	hit.Why += fmt.Sprintf("; rung %d%s%s", n, wouldMark, strings.Join(rung.Actions, "+"))
}

const wouldMark = " would "

// shadowWould reads from a dry hit's reason what shadow wrote there.
func shadowWould(why string) string {
	i := strings.LastIndex(why, wouldMark)
	if i < 0 {
		return ""
	}
	return why[i+len(wouldMark):]
}

// sanction gives the one strike and the one consequence of a message that live rules hit.
func (l *look) sanction(found []*finding, d *community.Decision) {
	var chosen, striking *finding
	var mark, chosenRung, strikingRung int // mark: the chosen one's place in d.Hits, which is that in found
	var what Rung
	for i, f := range found {
		if f.spared || f.rule.dry || f.suspect {
			continue
		}
		n, rung := l.rung(f)
		if chosen == nil || severity(rung) > severity(what) {
			chosen, mark, chosenRung, what = f, i, n, rung
		}
		if !f.rule.Remind && (striking == nil || n > strikingRung) {
			striking, strikingRung = f, n
		}
	}
	if !chosen.rule.Remind {
		striking = chosen // the strike is the chosen rule's where that one strikes
	}
	d.Hits[mark].Chose, d.Rung, d.Article = true, chosenRung, chosen.rule.article
	if striking != nil {
		l.strike(d, striking.rule)
	}
	l.act(d, chosen.rule, chosenRung, what)
}

func (l *look) strike(d *community.Decision, r *rule) {
	row := community.Strike{
		ID: community.DeriveID(l.ev.ID, "strike:"+r.ID, 0), Decision: d.ID, Group: l.ev.Group, Member: l.ev.Actor, Rule: r.ID,
		Book: l.rb.book.Version, Article: r.article, Event: l.evidence, At: l.ev.At, Expires: l.ev.At + l.rb.memory,
	}
	d.Strikes = append(d.Strikes, row)
	l.member.addStrike(l.ev.At, strike{ID: row.ID, Decision: d.ID, Rule: r.ID, Expires: row.Expires})
}

// act turns a rung into actions: recall, mute, remove, then the warning.
func (l *look) act(d *community.Decision, r *rule, n int, rung Rung) {
	for _, make := range []struct {
		act  string
		with func(r *rule, n int, rung Rung, a *community.Action)
	}{
		{ActRecall, l.recall}, {ActMute, l.mute}, {ActRemove, l.remove}, {ActWarn, l.warn},
	} {
		if !slices.Contains(rung.Actions, make.act) {
			continue
		}
		a := community.Action{
			ID: community.DeriveID(l.ev.ID, r.ID, len(d.Actions)), Decision: d.ID, Group: l.ev.Group, Target: l.ev.Actor,
			Event: l.evidence, Cause: community.ByRule, Rule: r.ID,
		}
		make.with(r, n, rung, &a)
		d.Actions = append(d.Actions, a)
		if a.Verb == community.Mute {
			d.Wakes = append(d.Wakes, unmuteWake(a.Target, a.Until))
		}
	}
	l.state.remember(l.rb, d)
}

func (l *look) recall(_ *rule, _ int, _ Rung, a *community.Action) {
	a.Verb, a.Message, a.Deadline = community.RecallMsg, l.ev.Body.Message, l.ev.At+recallLasts
}

// mute lasts until its end; one that already lasts longer is not shortened.
func (l *look) mute(_ *rule, _ int, rung Rung, a *community.Action) {
	until := max(l.ev.At+rung.MuteSeconds*1000, l.member.MutedTill)
	a.Verb, a.Until, a.Seconds, a.Deadline = community.Mute, until, (until-l.ev.At)/1000, l.ev.At+muteLasts
	l.member.mute(l.ev.At, until, a.Decision)
}

func (l *look) remove(r *rule, _ int, rung Rung, a *community.Action) {
	a.Verb, a.Block = community.Remove, rung.Block
	a.Hold = l.state.holdRemoval(l.rb, l.ev.At, a.Target, l.ev.Origin == community.OriginUnofficial)
	l.state.await(l.rb, l.ev.At, awaited{Action: a.ID, Member: a.Target, Name: nameOf(l.ev), Reason: r.reason, Rule: r.ID, Article: r.article, Held: a.Hold != ""})
}

func (l *look) warn(r *rule, n int, _ Rung, a *community.Action) {
	a.Verb, a.Mention, a.Deadline = community.Send, true, l.ev.At+warnLasts
	a.Text = warning(l.rb, r, n, nameOf(l.ev))
}

// warning is the book's text of a warning.
func warning(rb *Rulebook, r *rule, n int, name string) string {
	return fill(strings.NewReplacer("{reason}", r.reason, "{rung}", fmt.Sprint(n)).Replace(rb.cited(rb.book.WarnText, r.article)), rb, name)
}

// holdRemoval says why a removal that nobody asked for must wait for a person; "" = it need not. unproved: what it rests on
// came through an unofficial gateway.
func (s *State) holdRemoval(rb *Rulebook, now int64, who community.MemberKey, unproved bool) string {
	switch {
	case unproved && !rb.book.TrustGateway:
		return HoldGateway
	case !s.mayRemove(rb, now, who):
		return HoldRemovals
	}
	return ""
}

// mayRemove counts the automatic removals of the last hour and takes one more if the cap allows it. The same member
// counts once.
func (s *State) mayRemove(rb *Rulebook, now int64, who community.MemberKey) bool {
	var recent []removal
	for _, r := range s.now.Removals {
		if r.At > now-hourMs {
			recent = append(recent, r)
		}
	}
	if slices.ContainsFunc(recent, func(r removal) bool { return r.Member == who }) {
		return true
	}
	if len(recent) >= rb.removalCap(s.now.Roster) {
		return false
	}
	s.now.Removals = append(recent, removal{now, who})
	return true
}

// removalCap is how many removals an hour may bring without a person: a number, and a share of the members where their
// number is known.
func (rb *Rulebook) removalCap(members int64) int {
	most := rb.book.RemovalsMax
	if rb.book.RemovalsPct > 0 && members > 0 {
		most = min(most, max(1, int(members)*rb.book.RemovalsPct/100))
	}
	return most
}

// find gives a rule by id; nil when the book has none that is on.
func (rb *Rulebook) find(id string) *rule {
	for _, r := range rb.rules {
		if r.ID == id {
			return r
		}
	}
	return nil
}
