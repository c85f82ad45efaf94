package app

import (
	"context"
	"strconv"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/h5"
	"qunluo/internal/i18n"
	"qunluo/internal/points"
	"qunluo/internal/store"
)

// passVote is the purpose of the links by which members vote: a group and a member (0 = the group's page, which only tells how
// it stands), with an end.
const passVote = "vote"

// voteLinkLives is how long such a link can be used; it leads to the vote of the week then.
const voteLinkLives = 90 * 24 * time.Hour

// maxVoteWords bounds reasons and receipts, in characters.
const maxVoteWords = 500

// votes is what people see and change of the weekly vote, bounded as hands are.
type votes struct{ *hands }

// Votes makes the handle for the weekly vote.
func (a *App) Votes(org community.OrgKey, groups []community.GroupKey) votes {
	return votes{a.Hands(org, groups)}
}

// Rules are a group's rules for the vote; switched off where nobody set any.
func (v votes) Rules(ctx context.Context, g community.GroupKey) (points.VoteRules, error) {
	if err := v.sees(ctx, g); err != nil {
		return points.VoteRules{}, err
	}
	list, err := v.app.store.VoteGroups(ctx, g)
	if err != nil || len(list) == 0 {
		return points.DefaultVote(), err
	}
	return list[0].Rules, nil
}

// SetRules changes them. A vote that is open goes on under those it began with.
func (v votes) SetRules(ctx context.Context, user string, g community.GroupKey, r points.VoteRules, reason string) error {
	if err := v.sees(ctx, g); err != nil {
		return err
	}
	if err := r.Check(); err != nil {
		return err
	}
	return v.app.store.SetVote(ctx, v.org, g, r, v.audit(user, "", "", reason))
}

// List lists the votes of one group, or (0) of all, the newest first.
func (v votes) List(ctx context.Context, g community.GroupKey, page community.Page) ([]points.Ballot, int, error) {
	return v.desk().Ballots(ctx, g, page)
}

// ByID gives a vote and its candidates with what they said, in order of their numbers, or once it is over of their places.
func (v votes) ByID(ctx context.Context, id community.ID) (points.Ballot, []points.Candidate, error) {
	b, err := v.desk().BallotByID(ctx, id)
	if err != nil {
		return b, nil, err
	}
	list, err := v.app.candidates(ctx, v.desk(), b)
	return b, list, err
}

// candidates gives those of a vote with what they said now, and how they stand. It reads the whole of them: there are few.
func (a *App) candidates(ctx context.Context, desk *store.Desk, b points.Ballot) ([]points.Candidate, error) {
	list, err := a.store.Candidates(ctx, b.ID)
	if err != nil {
		return nil, err
	}
	if b.State == points.BallotOpen {
		cast, err := a.store.Votes(ctx, b.ID)
		if err != nil {
			return nil, err
		}
		n := map[int]int{}
		for _, c := range cast {
			n[c.No]++
		}
		for i := range list {
			list[i].Votes = n[list[i].No]
		}
	}
	var numbers []int64
	for _, c := range list {
		numbers = append(numbers, c.Event)
	}
	said, err := desk.MessagesByNumber(ctx, numbers)
	for i := range list {
		m := said[list[i].Event]
		list[i].Text, list[i].Class, list[i].At = m.Text, m.Class, m.OccurredAt
		if m.Recalled || m.Erased {
			list[i].Text = ""
			if b.State == points.BallotOpen && list[i].Out == "" {
				list[i].Out = points.OutRecalled
			}
		}
	}
	return list, err
}

// Open opens a group's vote out of turn, on the last seven days. CodeConflict: one is open, or was opened today.
func (v votes) Open(ctx context.Context, user string, g community.GroupKey, reason string) (points.Ballot, error) {
	row, err := v.mine(ctx, g)
	if err != nil {
		return points.Ballot{}, err
	}
	r, err := v.Rules(ctx, g)
	if err != nil {
		return points.Ballot{}, err
	}
	if last, _, err := v.List(ctx, g, community.Page{Limit: 1}); err != nil || len(last) > 0 && last[0].State == points.BallotOpen {
		if err == nil {
			err = community.Errorf(community.CodeConflict, "the vote of %s is open", last[0].Week)
		}
		return points.Ballot{}, err
	}
	b := r.Now(v.app.millis(), zoneFor(row.Zone))
	return v.app.openVote(ctx, row, b, v.audit(user, "", "", reason))
}

// Add makes a message a candidate, by its number. CodeNotFound: it is not the group's, or not there any more; CodeConflict: it
// or another of its author stands; CodeForbidden: the author is none of the members.
func (v votes) Add(ctx context.Context, user string, id community.ID, event int64, reason string) (points.Candidate, error) {
	var c points.Candidate
	b, list, err := v.ByID(ctx, id)
	if err != nil {
		return c, err
	}
	said, err := v.desk().MessagesByNumber(ctx, []int64{event})
	if err != nil {
		return c, err
	}
	m, found := said[event]
	if !found || m.Group != b.Group || m.Type != community.MessageCreated || m.Recalled || m.Erased {
		return c, community.Errorf(community.CodeNotFound, "message %d: not in this group, or taken back", event)
	}
	who, err := v.app.voteWho(v.desk(), b.Group)(ctx, m.Member)
	if err != nil {
		return c, err
	}
	if !who.Count {
		return c, community.Errorf(community.CodeForbidden, "the author is not a member of the group")
	}
	if c, err = b.Add(list, points.Candidate{Member: m.Member, Event: event, Added: user}); err != nil {
		return c, err
	}
	return c, v.app.store.PutCandidate(ctx, b, c, true, v.audit(user, "vote.add", "", reason))
}

// Stand takes a candidate out, with a reason, or lets it stand again. Votes for it count again with it.
func (v votes) Stand(ctx context.Context, user string, id community.ID, no int, stands bool, reason string) error {
	b, list, err := v.ByID(ctx, id)
	if err != nil {
		return err
	}
	for _, c := range list {
		if c.No != no {
			continue
		}
		if (c.Out == "") == stands || stands && c.Out != points.OutRemoved {
			return community.Errorf(community.CodeConflict, "candidate %d: nothing to change", no)
		}
		if !stands {
			if reason = strings.TrimSpace(reason); reason == "" {
				return community.Errorf(community.CodeBadInput, "reason: say why")
			}
			c.Out, c.OutBy, c.OutWhy = points.OutRemoved, user, reason
			return v.app.store.PutCandidate(ctx, b, c, false, v.audit(user, "vote.remove", "", reason))
		}
		for _, other := range list {
			if other.Member == c.Member && other.Out == "" {
				return community.Errorf(community.CodeConflict, "candidate %d is by the same author: one for each", other.No)
			}
		}
		c.Out, c.OutBy, c.OutWhy = "", "", ""
		return v.app.store.PutCandidate(ctx, b, c, false, v.audit(user, "vote.restore", "", reason))
	}
	return community.Errorf(community.CodeNotFound, "no candidate %d", no)
}

// End ends a vote before its time: counted now, or called off, when nobody gets anything. A reason is needed.
func (v votes) End(ctx context.Context, user string, id community.ID, count bool, reason string) (points.Ballot, error) {
	b, err := v.desk().BallotByID(ctx, id)
	if err != nil {
		return b, err
	}
	if reason = strings.TrimSpace(reason); reason == "" {
		return b, community.Errorf(community.CodeBadInput, "reason: say why")
	}
	b.By, b.Why = user, reason
	if count {
		return v.app.countVote(ctx, b, v.audit(user, "vote.end", "", reason))
	}
	b.State, b.Ended = points.BallotCalled, v.app.millis()
	_, err = v.app.store.EndBallot(ctx, b, nil, nil, v.audit(user, "vote.cancel", "", reason))
	return b, err
}

// Link is the address at which one member of a group votes; 0 = the group's page.
func (v votes) Link(ctx context.Context, g community.GroupKey, m community.MemberKey) (string, error) {
	if err := v.sees(ctx, g); err != nil {
		return "", err
	}
	return v.app.voteLink(ctx, g, m)
}

func (a *App) voteLink(ctx context.Context, g community.GroupKey, m community.MemberKey) (string, error) {
	link, err := a.timedLink(ctx, passVote, voteLinkLives, int64(g), int64(m))
	return a.base() + "/v/" + link, err
}

// Payouts lists who gets what: what is open first.
func (v votes) Payouts(ctx context.Context, g community.GroupKey, ballot community.ID, state string, page community.Page) ([]points.Payout, int, error) {
	f := store.PayoutFilter{Group: g, Ballot: ballot, State: state, Page: page}
	if state == "unclaimed" {
		f.State, f.Before = points.PayoutOpen, v.app.millis()-points.Unclaimed
	}
	return v.desk().Payouts(ctx, f)
}

// Payout gives one; CodeNotFound.
func (v votes) Payout(ctx context.Context, id community.ID) (points.Payout, error) {
	return v.desk().PayoutByID(ctx, id)
}

// Pay marks a payout as paid, with a receipt. CodeConflict: it was before.
func (v votes) Pay(ctx context.Context, user string, id community.ID, note string) (points.Payout, error) {
	return v.movePayout(ctx, user, id, "vote.pay", note, func(p points.Payout) (points.Payout, error) { return p.Mark(user, note, v.app.millis()) })
}

// Unpay takes the mark back, with a reason; points that it booked are taken back with it, and for a prize a person is asked again.
// CodeConflict: it is not marked.
func (v votes) Unpay(ctx context.Context, user string, id community.ID, reason string) (points.Payout, error) {
	p, err := v.movePayout(ctx, user, id, "vote.unpay", reason, func(p points.Payout) (points.Payout, error) { return p.Unmark(reason) })
	if err != nil || p.Prize == "" {
		return p, err
	}
	b, err := v.desk().BallotByID(ctx, p.Ballot)
	if err != nil {
		return p, err
	}
	g, err := v.desk().GroupByKey(ctx, p.Group)
	if err != nil {
		return p, err
	}
	return p, v.app.askPayout(ctx, g, b, p, ":"+strconv.FormatInt(v.app.millis(), 10))
}

func (v votes) movePayout(ctx context.Context, user string, id community.ID, verb, words string, move func(points.Payout) (points.Payout, error)) (points.Payout, error) {
	was, err := v.Payout(ctx, id)
	if err != nil {
		return was, err
	}
	if len([]rune(words)) > maxVoteWords {
		return was, community.Errorf(community.CodeTooLarge, "note: at most %d characters", maxVoteWords)
	}
	p, err := move(was)
	if err != nil {
		return was, err
	}
	if err := v.app.store.MovePayout(ctx, v.org, was, p, v.audit(user, verb, "", words)); err != nil {
		return was, err
	}
	if p.State == points.PayoutPaid {
		err = v.app.todoDone(ctx, v.hands, p.Group, payoutPath(p), user, words)
	}
	return p, err
}

func payoutPath(p points.Payout) string { return "/vote/payouts/" + p.ID.String() }

// booth is what the public page of the vote asks and changes.
type booth struct{ app *App }

// ballot finds what a link leads to: the group, the vote that is open or was last, and the member whose own it is (0 = the
// group's page). CodeNotFound: it was not made here, or they are not a member any more; CodeLate: its time is over.
func (f booth) ballot(ctx context.Context, link string) (*store.Desk, community.GroupRow, points.Ballot, community.MemberRow, error) {
	var b points.Ballot
	of, err := f.app.timedOf(ctx, link, passVote, 2)
	if err != nil {
		return nil, community.GroupRow{}, b, community.MemberRow{}, err
	}
	g, m, err := whistle(f).place(ctx, of)
	if err != nil {
		return nil, g, b, m, err
	}
	desk := f.app.store.For(community.Scope{Org: g.Org})
	list, _, err := desk.Ballots(ctx, g.Key, community.Page{Limit: 1})
	if len(list) > 0 {
		b = list[0]
	}
	return desk, g, b, m, err
}

// Ballot gives what a link shows.
func (f booth) Ballot(ctx context.Context, link string) (h5.Ballot, error) {
	desk, g, b, m, err := f.ballot(ctx, link)
	if err != nil {
		return h5.Ballot{}, err
	}
	out := h5.Ballot{Group: g.Name, Zone: g.Zone, Name: m.Name, Week: b.Week, State: b.State, Opens: b.Opens, Ends: b.Ends, Word: b.Rules.Word, Prizes: b.Rules.Prizes}
	if m.Card != "" {
		out.Name = m.Card
	}
	if b.ID.IsZero() {
		return out, nil
	}
	if b.State == points.BallotOpen && f.app.millis() >= b.Ends {
		out.State = h5.BallotCounting
	}
	list, err := f.app.candidates(ctx, desk, b)
	if err != nil {
		return out, err
	}
	for _, c := range list {
		if c.Out == "" {
			out.Stand++
		}
		if m.Key != 0 || c.Place > 0 {
			out.Candidates = append(out.Candidates, h5.Choice{Candidate: c, Own: m.Key != 0 && c.Member == m.Key, Tied: points.Tied(list, c.Place)})
		}
	}
	if m.Key != 0 {
		out.Mine, err = f.app.store.VoteOf(ctx, b.ID, m.Key)
	}
	return out, err
}

// Cast takes a member's vote; a later one takes its place. The codes are those of points.Ballot.Take.
func (f booth) Cast(ctx context.Context, link string, no int) error {
	desk, g, b, m, err := f.ballot(ctx, link)
	if err != nil {
		return err
	}
	if m.Key == 0 || b.ID.IsZero() {
		return community.Errorf(community.CodeForbidden, "only members of the group vote")
	}
	list, err := f.app.candidates(ctx, desk, b)
	if err != nil {
		return err
	}
	who, err := f.app.voteWho(desk, g.Key)(ctx, m.Key)
	if err != nil {
		return err
	}
	v := points.Vote{Member: m.Key, No: no, Way: points.ByPage, At: f.app.millis()}
	if err := b.Take(list, v, who.Count); err != nil {
		return err
	}
	return f.app.store.CastVote(ctx, b.ID, v)
}

// voteWho says what members of a group may in its vote: whoever is there is counted, bots and accounts of ours are not; who
// runs the group is not voted for.
func (a *App) voteWho(desk *store.Desk, g community.GroupKey) func(context.Context, community.MemberKey) (points.Who, error) {
	known := map[community.MemberKey]points.Who{}
	return func(ctx context.Context, m community.MemberKey) (points.Who, error) {
		if who, ok := known[m]; ok {
			return who, nil
		}
		places, err := desk.Memberships(ctx, m)
		if err != nil {
			return points.Who{}, err
		}
		who := points.Who{}
		for _, at := range places {
			if at.Group != g || at.LeftAt != 0 {
				continue
			}
			bot := at.Bot || at.Mark == community.RoleBot || at.Role == community.RoleSelf || at.Role == community.RoleBot
			who = points.Who{Count: !bot, Stand: !bot && at.Role == community.RoleMember && at.Mark != community.RoleStaff}
		}
		known[m] = who
		return who, nil
	}
}

// voteWords are the words in which a group is told.
func (a *App) voteWords(r points.VoteRules) *i18n.Words { return a.words.In(r.Lang) }
