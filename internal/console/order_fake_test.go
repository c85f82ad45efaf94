package console

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"qunluo/internal/blocklist"
	"qunluo/internal/bulk"
	"qunluo/internal/community"
	"qunluo/internal/points"
)

// What the invented house knows of points and the weekly vote, of rules as members read them, of lists shared between
// installations, and of what touches many. What is asked of it is noted.

const hostile = "\u202eevil<script>alert(1)</script>"

// purse keeps points.
type purse struct{ h *house }

func (p purse) Rules(context.Context, community.GroupKey) (points.Rules, error) {
	r := points.Default()
	r.On = !p.h.quiet
	return r, p.h.err
}

func (p purse) SetRules(_ context.Context, _ string, g community.GroupKey, r points.Rules, reason string) error {
	if err := r.Check(); err != nil {
		return err
	}
	p.h.note("points rules of %d: sign %d: %s", g, r.Sign, reason)
	return p.h.err
}

func (p purse) Ranking(_ context.Context, _ community.GroupKey, m community.MemberKey, _ int64, page community.Page) ([]points.Row, int, error) {
	if p.h.quiet || page.Offset > 0 {
		return nil, 0, p.h.err
	}
	rows := []points.Row{{Place: 1, Member: 2, MemberID: fakeID(41), Name: "阿明", Points: 86, Signed: 40, Spoke: 26, Invited: 20, Streak: 6}, {Place: 2, Member: 4, MemberID: fakeID(43), Name: hostile, Points: -3, Hand: -3}}
	if m != 0 {
		rows = slices.DeleteFunc(rows, func(r points.Row) bool { return r.Member != m })
	}
	return rows, len(rows), p.h.err
}

func (p purse) Entries(context.Context, community.GroupKey, community.MemberKey, community.Page) ([]points.Entry, error) {
	at := fakeNow.UnixMilli()
	var out []points.Entry
	for i, reason := range []string{points.Signed, points.Spoke, points.Recalled, points.Invited, points.ByHand, points.Undone, points.Voted} {
		out = append(out, points.Entry{ID: fakeID(900 + i), Reason: reason, Amount: 5 - 2*i, At: at - int64(i)*3600_000, User: map[string]string{points.ByHand: fakeID(1).String()}[reason], Note: hostile, Undone: i == 4})
	}
	return out, p.h.err
}

func (p purse) Give(_ context.Context, _ string, g community.GroupKey, m community.ID, amount int, reason string) (points.Entry, error) {
	p.h.note("give %d in %d: %s", amount, g, reason)
	return points.Entry{}, p.h.err
}

func (p purse) Undo(_ context.Context, _ string, id community.ID, reason string) (points.Entry, error) {
	p.h.note("undo entry %s", reason)
	return points.Entry{}, p.h.err
}

// booth keeps votes.
type booth struct{ h *house }

func (b booth) Rules(context.Context, community.GroupKey) (points.VoteRules, error) {
	r := points.DefaultVote()
	r.On, r.Prizes = !b.h.quiet, []points.Prize{{Points: 50, Name: "一本书"}, {Points: 20}, {Name: "徽章"}}
	return r, b.h.err
}

func (b booth) SetRules(_ context.Context, _ string, g community.GroupKey, r points.VoteRules, reason string) error {
	if err := r.Check(); err != nil {
		return err
	}
	b.h.note("vote rules of %d: %d %d prizes %v: %s", g, r.Weekday, r.Hour, r.Prizes, reason)
	return b.h.err
}

func (b booth) ballots() []points.Ballot {
	at := fakeNow.UnixMilli()
	var out []points.Ballot
	for i, state := range []string{points.BallotOpen, points.BallotEnded, points.BallotCalled} {
		one := points.Ballot{ID: fakeID(910 + i), Group: 1, GroupID: b.h.groups[0].ID, GroupName: b.h.groups[0].Name, Week: "2026-11-1" + string(rune('7'-i)), Opens: at - int64(7*i)*86400_000, Ends: at + int64(2-7*i)*86400_000, State: state, Stand: 3, Votes: 12}
		if state != points.BallotOpen {
			one.Ended, one.By, one.Why = one.Ends, fakeID(2).String(), hostile
		}
		out = append(out, one)
	}
	return out
}

func (b booth) List(context.Context, community.GroupKey, community.Page) ([]points.Ballot, int, error) {
	if b.h.quiet {
		return nil, 0, b.h.err
	}
	return b.ballots(), 3, b.h.err
}

func (b booth) ByID(_ context.Context, id community.ID) (points.Ballot, []points.Candidate, error) {
	for _, one := range b.ballots() {
		if one.ID != id {
			continue
		}
		list := []points.Candidate{{No: 1, Member: 2, MemberID: fakeID(41), Name: "阿明", Event: 1001, Score: 9, Votes: 5, Text: "八点，老地方。"}, {No: 2, Member: 4, MemberID: fakeID(43), Name: hostile, Event: 1003, Score: 7, Votes: 5, Text: hostile},
			{No: 3, Member: 3, MemberID: fakeID(42), Name: "小林Lin", Event: 1002, Score: 4, Votes: 2, Added: fakeID(2).String()}, {No: 4, Member: 6, MemberID: fakeID(45), Name: "Very-Long-Name-Without-Spaces-ABCDEFGHIJKLMNOPQRSTUVWXYZ", Event: 1005, Score: 3, Out: points.OutRemoved, OutBy: fakeID(2).String(), OutWhy: "跑题"},
			{No: 5, Member: 7, MemberID: fakeID(46), Name: "陈默", Event: 1006, Score: 3, Out: points.OutRecalled}}
		if b.h.quiet {
			list, one.Stand = nil, 0
		}
		if one.State == points.BallotEnded {
			for i, place := range []int{1, 1, 3} {
				list[i].Place = place
			}
		}
		return one, list, b.h.err
	}
	return points.Ballot{}, nil, community.Errorf(community.CodeNotFound, "ballot")
}

func (b booth) Open(_ context.Context, _ string, g community.GroupKey, reason string) (points.Ballot, error) {
	b.h.note("open a vote in %d: %s", g, reason)
	return b.ballots()[0], b.h.err
}

func (b booth) Add(_ context.Context, _ string, _ community.ID, event int64, reason string) (points.Candidate, error) {
	if event == 1003 {
		return points.Candidate{}, community.Errorf(community.CodeConflict, "it stands")
	}
	b.h.note("candidate %d: %s", event, reason)
	return points.Candidate{}, b.h.err
}

func (b booth) Stand(_ context.Context, _ string, _ community.ID, no int, stands bool, reason string) error {
	b.h.note("candidate %d stands %v: %s", no, stands, reason)
	return b.h.err
}

func (b booth) End(_ context.Context, _ string, _ community.ID, count bool, reason string) (points.Ballot, error) {
	b.h.note("end, counted %v: %s", count, reason)
	return points.Ballot{}, b.h.err
}

func (b booth) Link(_ context.Context, g community.GroupKey, m community.MemberKey) (string, error) {
	return "https://qun.example/v/" + strings.Repeat("Ab-9_", 16), b.h.err
}

func (b booth) payouts() []points.Payout {
	at := fakeNow.UnixMilli()
	base := points.Payout{Ballot: fakeID(911), Group: 1, GroupName: b.h.groups[0].Name, Week: "2026-11-16", Member: 2, MemberID: fakeID(41), Name: "阿明", Place: 1, Kind: points.PayPrize, Prize: "=一本书", State: points.PayoutOpen, Made: at - 9*86400_000}
	out := []points.Payout{base, base, base, base}
	out[1].Made, out[1].Name, out[1].Place = at-3600_000, hostile, 2
	out[2].State, out[2].PaidAt, out[2].PaidBy, out[2].Note, out[2].Times = points.PayoutPaid, at-60_000, fakeID(2).String(), "顺丰 123", 1
	out[3].Kind, out[3].Prize, out[3].Points, out[3].State, out[3].PaidAt, out[3].PaidBy = points.PayPoints, "", 50, points.PayoutPaid, at, "system"
	for i := range out {
		out[i].ID = fakeID(920 + i)
	}
	return out
}

func (b booth) Payouts(_ context.Context, _ community.GroupKey, _ community.ID, state string, page community.Page) ([]points.Payout, int, error) {
	if b.h.quiet || page.Offset > 0 {
		return nil, 0, b.h.err
	}
	all := slices.DeleteFunc(b.payouts(), func(p points.Payout) bool {
		return state == points.PayoutPaid && p.State != state || state != "" && state != points.PayoutPaid && p.State != points.PayoutOpen
	})
	return all, len(all), b.h.err
}

func (b booth) Payout(_ context.Context, id community.ID) (points.Payout, error) {
	for _, p := range b.payouts() {
		if p.ID == id {
			return p, b.h.err
		}
	}
	return points.Payout{}, community.Errorf(community.CodeNotFound, "payout")
}

func (b booth) Pay(_ context.Context, user string, _ community.ID, note string) (points.Payout, error) {
	b.h.note("paid by %s: %s", user, note)
	return points.Payout{}, b.h.err
}

func (b booth) Unpay(_ context.Context, _ string, _ community.ID, reason string) (points.Payout, error) {
	b.h.note("not paid: %s", reason)
	return points.Payout{}, b.h.err
}

// noticeboard keeps rules as members read them.
type noticeboard struct{ h *house }

func (n noticeboard) Page(_ context.Context, g community.GroupKey) (community.CharterPage, string, error) {
	return community.CharterPage{Group: g, Slug: "abcd2345", Created: fakeNow.UnixMilli()}, "https://qun.example/g/abcd2345", n.h.err
}

func (n noticeboard) SetPage(_ context.Context, _ string, g community.GroupKey, closed, another bool, _ string) (community.CharterPage, error) {
	n.h.note("page of %d closed %v, another %v", g, closed, another)
	return community.CharterPage{}, n.h.err
}

func (n noticeboard) Preview(context.Context, community.GroupKey, json.RawMessage, string) ([]byte, error) {
	return []byte("<!DOCTYPE html><html lang=\"zh-CN\"><head><title>群规</title></head><body><main><h1>群规</h1></main></body></html>"), n.h.err
}

func (n noticeboard) Notice(context.Context, community.GroupKey, json.RawMessage) (community.CharterNotice, error) {
	return community.CharterNotice{Version: 4, Text: "群规有更新：" + community.RulesMark, Verb: community.Announce, Level: community.Native, Changed: true}, n.h.err
}

func (n noticeboard) Publish(ctx context.Context, user string, g community.GroupKey, book json.RawMessage, note, _, _ string) (int, error) {
	return n.h.Publish(ctx, user, g, book, note)
}

func (n noticeboard) Confirmations(context.Context, community.ConfirmationFilter) ([]community.ConfirmationRow, int, error) {
	if n.h.quiet {
		return nil, 0, n.h.err
	}
	at := fakeNow.UnixMilli()
	list := []community.ConfirmationRow{{Number: 1, At: at, Group: 1, GroupID: n.h.groups[0].ID, GroupName: n.h.groups[0].Name, Member: 2, MemberID: fakeID(41), MemberName: "阿明", Confirmation: community.Confirmation{Version: 3, Way: community.ConfirmedOnPage}},
		{Number: 2, At: at, Group: 1, GroupID: n.h.groups[0].ID, GroupName: n.h.groups[0].Name, Member: 4, MemberID: fakeID(43), MemberName: hostile, Confirmation: community.Confirmation{Version: 2, Way: community.ConfirmedByHand, User: fakeID(2).String(), Note: "电话里说的"}}}
	return list, len(list), n.h.err
}

func (n noticeboard) Sums(context.Context, community.GroupKey, int) (community.ConfirmationSums, error) {
	return community.ConfirmationSums{Present: 187, Confirmed: 120, Current: 90, Ways: map[community.ConfirmWay]int{community.ConfirmedInChat: 60, community.ConfirmedOnPage: 50, community.ConfirmedByHand: 10}}, n.h.err
}

func (n noticeboard) Confirm(_ context.Context, _ string, g community.GroupKey, _ community.ID, note string) (int, error) {
	n.h.note("confirmed in %d: %s", g, note)
	return 3, n.h.err
}

func (n noticeboard) ConfirmLink(context.Context, community.GroupKey, community.ID) (string, error) {
	return "https://qun.example/y/abc", n.h.err
}

// register keeps shared lists.
type register struct{ h *house }

func (r register) Own(context.Context) (blocklist.Subscription, []blocklist.Mine, error) {
	if r.h.quiet {
		return blocklist.Subscription{}, nil, community.Errorf(community.CodeNotFound, "none")
	}
	at := fakeNow.UnixMilli()
	return blocklist.Subscription{ID: fakeID(930), Name: "我们的名单", URL: "https://qun.example/lists/abc", Key: strings.Repeat("a", 44), Version: 3, Fetched: at, Entries: 2},
		[]blocklist.Mine{{Platform: "qq", External: "860003", Class: "ads", Evidence: 3, Added: at, Expires: at + 90*86400_000, Why: hostile, User: fakeID(1).String(), Name: hostile}, {Platform: "qq", External: "860004", Class: "fraud", Evidence: 1, Added: at, Expires: at + 86400_000, Withdrawn: at}}, r.h.err
}

func (r register) Publish(_ context.Context, _, name string, hashed bool, _ string) (blocklist.Subscription, error) {
	r.h.note("publish list %s hashed %v", name, hashed)
	return blocklist.Subscription{}, r.h.err
}

func (r register) Put(_ context.Context, _ string, m blocklist.Mine, _ string) error {
	r.h.note("list %s %s", m.Platform, m.External)
	return r.h.err
}

func (r register) PutMember(_ context.Context, _ string, _ community.ID, class string, _, _ int, _ string) error {
	r.h.note("list a member as %s", class)
	return r.h.err
}

func (r register) Withdraw(_ context.Context, _ string, _ community.Platform, external, reason string) error {
	r.h.note("withdraw %s: %s", external, reason)
	return r.h.err
}

func (r register) Subscriptions(context.Context) ([]blocklist.Subscription, error) {
	if r.h.quiet {
		return nil, r.h.err
	}
	at := fakeNow.UnixMilli()
	return []blocklist.Subscription{{ID: fakeID(931), Name: "友群联盟", URL: "https://list.example/lists/x", Key: strings.Repeat("b", 44), State: "on", Version: 9, Entries: 120, Later: blocklist.Hold, Created: at - 9*86400_000, Tried: at, Fetched: at, User: fakeID(1).String()},
		{ID: fakeID(932), Name: hostile, URL: "https://other.example/lists/y", Key: strings.Repeat("c", 44), NewKey: strings.Repeat("d", 44), State: "stopped", Later: blocklist.Refuse, Created: at, Error: "unreachable"}}, r.h.err
}

func (r register) Subscribe(_ context.Context, _ string, s blocklist.Subscription, _ string) (blocklist.Subscription, error) {
	r.h.note("follow %s", s.URL)
	return s, r.h.err
}

func (r register) Refresh(context.Context, community.ID) (blocklist.Subscription, error) {
	r.h.note("read the list")
	return blocklist.Subscription{}, r.h.err
}

func (r register) Trust(_ context.Context, _ string, _ community.ID, key, _ string) error {
	r.h.note("trust %s", key)
	return r.h.err
}

func (r register) Unsubscribe(context.Context, string, community.ID, string) error {
	r.h.note("leave the list")
	return r.h.err
}

func (r register) Effects(context.Context, community.ID) (map[community.GroupKey]blocklist.Effect, error) {
	return map[community.GroupKey]blocklist.Effect{1: blocklist.Hold}, r.h.err
}

func (r register) Set(_ context.Context, _ string, _ community.ID, g community.GroupKey, e blocklist.Effect, _ string) error {
	r.h.note("list in %d: %s", g, e)
	return r.h.err
}

func (r register) LetIn(_ context.Context, _ string, _ community.ID, on bool, reason string) error {
	r.h.note("let in %v: %s", on, reason)
	return r.h.err
}

func (r register) Hits(context.Context, community.Page) ([]blocklist.Hit, int, error) {
	if r.h.quiet {
		return nil, 0, r.h.err
	}
	return []blocklist.Hit{{Subscription: fakeID(931), Source: "友群联盟", Group: 1, GroupName: r.h.groups[0].Name, Member: 4, MemberID: fakeID(43), MemberName: hostile, Class: "ads", Effect: "refuse", Request: true, Decision: fakeID(200), At: fakeNow.UnixMilli()}}, 1, r.h.err
}

// gate is the guard over what touches many.
type gate struct{ h *house }

func (g gate) Rules(context.Context) (bulk.Rules, error) { return bulk.Default(), g.h.err }

func (g gate) SetRules(_ context.Context, _ string, r bulk.Rules, _ string) error {
	if err := r.Check(); err != nil {
		return err
	}
	g.h.note("limits: remove %d", r.Limits[bulk.Remove].Soft)
	return g.h.err
}

func (g gate) Preview(_ context.Context, _ string, o bulk.Order) (bulk.Preview, error) {
	if err := o.Params.Check(o.Kind); err != nil {
		return bulk.Preview{}, err
	}
	v := bulk.Preview{People: 2, Limit: bulk.Default().Limits[o.Kind], Spent: bulk.Spent{Alone: 4, All: 9}, Need: bulk.Need{Second: true}, Others: 1, Out: []bulk.Left{{Why: "immune", N: 7, Names: []string{"老周", hostile}}}}
	v.Items = []bulk.Item{{N: 1, MemberID: fakeID(41), Name: "阿明", InGroup: g.h.groups[0].Name, State: "planned"}, {N: 2, MemberID: fakeID(43), Name: hostile, InGroup: g.h.groups[0].Name, State: "planned"}}
	if g.h.quiet {
		v.Others = 0
	}
	return v, g.h.err
}

func (g gate) Propose(_ context.Context, _ string, o bulk.Order, reason string) (bulk.Proposal, error) {
	if err := bulk.Alone(o.Kind, bulk.Need{Second: true}, map[bool]int{false: 1}[g.h.quiet]); err != nil {
		return bulk.Proposal{}, err
	}
	g.h.note("propose %s: %s", o.Kind, reason)
	return g.proposals()[0], g.h.err
}

func (g gate) proposals() []bulk.Proposal {
	at := fakeNow.UnixMilli()
	var out []bulk.Proposal
	for i, s := range bulk.States {
		p := bulk.Proposal{ID: fakeID(940 + i), Kind: bulk.Kinds[i%len(bulk.Kinds)], State: s, User: fakeID(2).String(), Reason: hostile, Total: 9, People: 9, Second: true, Created: at - int64(i)*3600_000, Expires: at + 3600_000, Starts: at + 600_000,
			Out: []bulk.Left{{Why: "left", N: 2, Names: []string{hostile}}}, Progress: bulk.Progress{Planned: 3, Done: 4, Failed: 1, Left: 1}}
		if !s.Open() {
			p.Decided, p.Decider, p.Ended, p.EndedBy, p.Note = at, fakeID(1).String(), at, fakeID(1).String(), "够了"
		}
		out = append(out, p)
	}
	return out
}

func (g gate) List(_ context.Context, state bulk.State, _ community.Page) ([]bulk.Proposal, int, error) {
	if g.h.quiet {
		return nil, 0, g.h.err
	}
	list := slices.DeleteFunc(g.proposals(), func(p bulk.Proposal) bool { return state != "" && p.State != state })
	return list, len(list), g.h.err
}

func (g gate) ByID(_ context.Context, id community.ID) (bulk.Proposal, error) {
	for _, p := range g.proposals() {
		if p.ID == id {
			return p, g.h.err
		}
	}
	return bulk.Proposal{}, community.Errorf(community.CodeNotFound, "proposal")
}

func (g gate) Items(context.Context, community.ID, string, int, int) ([]bulk.Item, error) {
	return []bulk.Item{{N: 1, MemberID: fakeID(41), Name: "阿明", InGroup: g.h.groups[0].Name, State: "done"}, {N: 2, MemberID: fakeID(43), Name: hostile, State: "failed", Why: "unreachable"}}, g.h.err
}

func (g gate) MayDecide(_ context.Context, user string, p bulk.Proposal) error {
	return bulk.MayDecide(p, bulk.Person{ID: user, Known: true, Owner: user == fakeID(1).String(), On: true}, fakeNow.UnixMilli())
}

func (g gate) Others(context.Context, string, bulk.Kind) (int, error) { return 1, g.h.err }

func (g gate) Decide(_ context.Context, user string, id community.ID, yes bool, answer string) (bulk.Proposal, error) {
	p, err := g.ByID(context.Background(), id)
	if err == nil {
		err = g.MayDecide(context.Background(), user, p)
	}
	if err == nil {
		g.h.note("second word %v: %s", yes, answer)
	}
	return p, err
}

func (g gate) Cancel(_ context.Context, _ string, _ community.ID, reason string) (bulk.Proposal, error) {
	g.h.note("cancel: %s", reason)
	return bulk.Proposal{}, g.h.err
}

func (g gate) Undo(_ context.Context, _ string, _ community.ID, reason string) (bulk.Proposal, error) {
	g.h.note("undo run: %s", reason)
	return bulk.Proposal{}, g.h.err
}

func (g gate) Export(_ context.Context, _, path string, rows int, _ string) error {
	g.h.let = append(g.h.let, fmt.Sprintf("%s %d", path, rows))
	return nil
}

// keepOrder adds them to what the pages are given.
func (h *house) keepOrder(d *Deps) {
	d.Points = func(community.OrgKey, []community.GroupKey) Points { return purse{h} }
	d.Votes = func(community.OrgKey, []community.GroupKey) Votes { return booth{h} }
	d.Charters = func(community.OrgKey, []community.GroupKey) Charters { return noticeboard{h} }
	d.Blocklists = func(community.OrgKey, []community.GroupKey) Blocklists { return register{h} }
	d.Bulks = func(community.OrgKey, []community.GroupKey) Bulks { return gate{h} }
	d.Draws = func(community.OrgKey, []community.GroupKey) Draws { return drum{h} }
	d.LiveQAs = func(community.OrgKey, []community.GroupKey) LiveQAs { return stage{h} }
	scraps := newScrapbook(h)
	d.Digests = func(community.OrgKey, []community.GroupKey) Digests { return scraps }
	d.Libraries = func(community.OrgKey, []community.GroupKey) Libraries { return bookcase{h} }
	d.Drafts = func(community.OrgKey, []community.GroupKey) Drafts { return pressroom{h} }
	d.Essences = func(community.OrgKey, []community.GroupKey) Essences { return cardbox{h} }
	d.Tables = func(community.OrgKey, []community.GroupKey) Tables { return ledger{h} }
	news := newNewsdesk(h)
	d.Mornings = func(community.OrgKey, []community.GroupKey) Mornings { return news }
	paper := newPress(h)
	d.Weeklies = func(community.OrgKey, []community.GroupKey) Weeklies { return paper }
	d.Comparisons = func(community.OrgKey, []community.GroupKey) Comparisons { return paper }
}

// orderPages are their pages in every state.
func orderPages() map[string]string {
	g, rules := "?g="+fakeID(20).String(), "/rules/"+fakeID(20).String()
	out := map[string]string{"digests": "/digests", "digests-of": "/digests" + g, "digest": "/digests/" + fakeID(933).String(), "digest-sent": "/digests/" + fakeID(934).String(), "digest-dropped": "/digests/" + fakeID(935).String(), "digest-edit": "/digests/" + fakeID(933).String() + "/edit",
		"morning": "/morning", "morning-of": "/morning" + g, "morning-feeds": "/morning/feeds", "morning-draft": "/morning/" + fakeID(941).String(), "morning-sent": "/morning/" + fakeID(942).String(), "morning-dropped": "/morning/" + fakeID(943).String(), "morning-skipped": "/morning/" + fakeID(944).String(),
		"morning-pick": "/morning/" + fakeID(941).String() + "/pick", "morning-edit": "/morning/" + fakeID(941).String() + "/edit",
		"points": "/points" + g, "points-rules": "/points/rules" + g, "points-member": "/points/members/" + fakeID(43).String() + g,
		"votes": "/vote" + g, "vote-rules": "/vote/rules" + g, "vote-links": "/vote/links" + g, "vote-open": "/vote/" + fakeID(910).String(), "vote-ended": "/vote/" + fakeID(911).String(), "vote-cancelled": "/vote/" + fakeID(912).String(),
		"payouts": "/vote/payouts", "payouts-unclaimed": "/vote/payouts?state=unclaimed" + "&g=" + fakeID(20).String(), "payout-open": "/vote/payouts/" + fakeID(921).String(), "payout-paid": "/vote/payouts/" + fakeID(922).String(),
		"charter": rules + "/charter", "charter-words": rules + "/charter/words", "charter-new": rules + "/charter/new?level=base", "confirmed": rules + "/confirmed", "confirmed-missing": rules + "/confirmed?missing=1",
		"weekly": "/weekly", "weekly-new": "/weekly/new", "weekly-edit": "/weekly/" + fakeID(971).String(), "weekly-preview": "/weekly/preview", "weekly-order": "/weekly/" + fakeID(970).String() + "/preview", "weekly-sent": "/weekly/" + fakeID(980).String() + "/sent",
		"compare": "/compare", "compare-two": "/compare?g1=" + fakeID(20).String() + "&g2=" + fakeID(21).String(),
		"blocklists": "/blocklists", "blocklist": "/blocklists/" + fakeID(931).String(), "blocklist-stopped": "/blocklists/" + fakeID(932).String(),
		"bulk": "/bulk", "bulk-waiting": "/bulk?state=waiting", "bulk-rules": "/bulk/rules", "bulk-undo": "/bulk/new?do=undo", "bulk-new": "/bulk/new?do=remove&scope=all&g=" + fakeID(20).String(), "bulk-nobody": "/bulk/new?do=tag&scope=picked"}
	for i, s := range bulk.States {
		out["bulk-"+string(s)+"-run"] = "/bulk/" + fakeID(940+i).String()
	}
	return out
}

func TestPagesOfOrderSpeakBothLanguages(t *testing.T) {
	for _, lang := range []string{"zh-CN", "en"} {
		for _, quiet := range []bool{false, true} {
			h := furnished()
			h.users[0].Lang, h.quiet = lang, quiet
			v := open(t, h).as("owner")
			for name, path := range orderPages() {
				status, body := v.get(path)
				if quiet && strings.HasPrefix(path, "/blocklists/") || quiet && name == "vote-ended" {
					continue // there is none then
				}
				if status != 200 || strings.Contains(body, "<script>alert") || strings.Contains(body, "\u202e") {
					t.Errorf("%s in %s = %d, or a name that is not shown as it is", name, lang, status)
				}
				if got := unsaid.FindAllString(body, 5); got != nil {
					t.Errorf("%s in %s leaves unsaid: %v", name, lang, got)
				}
			}
		}
	}
}

// TestFailingHouseIsSaidOnPagesOfOrder: nothing of the pages breaks when the store does not answer.
func TestFailingHouseIsSaidOnPagesOfOrder(t *testing.T) {
	for _, path := range []string{"/points", "/vote", "/vote/" + fakeID(910).String(), "/vote/payouts", "/blocklists", "/bulk", "/rules/" + fakeID(20).String() + "/charter"} {
		h := furnished()
		v := open(t, h).as("owner")
		h.err = community.Errorf(community.CodeBusy, "full")
		if status, body := v.get(path); status != 503 || !strings.Contains(body, "服务器正忙") {
			t.Errorf("%s = %d, want 503 with words", path, status)
		}
	}
}

func TestWhatIsDoneForOrderReachesIt(t *testing.T) {
	h := furnished()
	mod, owner := open(t, h).as("mod"), open(t, h).as("owner")
	g := h.groups[0].ID.String()
	vote, pay := "/vote/"+fakeID(910).String(), "/vote/payouts/"+fakeID(921).String()
	post(mod, "/points/give", url.Values{"g": {g}, "member": {fakeID(41).String()}, "amount": {"-5"}, "reason": {"违规"}})
	post(mod, "/points/give", url.Values{"g": {g}, "member": {fakeID(41).String()}, "amount": {"很多"}, "reason": {"违规"}})
	post(mod, "/vote/open", url.Values{"g": {g}, "reason": {"试"}})
	post(mod, vote+"/add", url.Values{"message": {"https://qun.example/messages/1007"}, "reason": {"好"}})
	post(mod, vote+"/add", url.Values{"message": {"没有编号"}})
	if _, body := mod.get(vote); !strings.Contains(body, `href="/messages/`+g+`/1001"`) {
		t.Error("nothing leads from a candidate to its message")
	}
	if _, body := post(mod, vote+"/add", url.Values{"message": {"1003"}}); !strings.Contains(body, "已经有候选") {
		t.Error("a message that stands already: not said")
	}
	post(mod, vote+"/remove", url.Values{"no": {"2"}, "reason": {"跑题"}})
	post(mod, vote+"/restore", url.Values{"no": {"4"}})
	post(mod, vote+"/end", url.Values{"reason": {"提前"}})
	post(mod, vote+"/cancel", url.Values{"reason": {"没人投"}})
	post(owner, pay+"/pay", url.Values{"note": {"顺丰 9"}})
	post(owner, pay+"/unpay", url.Values{"reason": {"寄错"}})
	post(owner, "/vote/rules", url.Values{"g": {g}, "on": {"1"}, "weekday": {"5"}, "hour": {"21"}, "hours": {"24"}, "most": {"6"}, "least": {"1"}, "word": {"投票"}, "lang": {"zh-CN"}, "prizes": {"50 一本书\r\n20\n徽章"}, "reason": {"周五"}})
	if status, body := post(owner, "/vote/rules", url.Values{"g": {g}, "weekday": {"9"}, "hour": {"x"}, "prizes": {"-3"}}); status != 200 || !strings.Contains(body, "没有保存") {
		t.Errorf("bad rules = %d", status)
	}
	post(owner, "/points/rules", url.Values{"g": {g}, "word": {"签到"}, "mine": {"积分"}, "rank": {"排行"}, "sign": {"8"}, "streak": {"1"}, "most": {"5"}, "speak": {"1"}, "speak_cap": {"10"}, "runes": {"4"}, "gap": {"30"}, "invite": {"20"}, "days": {"7"}})
	post(mod, "/bulk/"+fakeID(940).String()+"/approve", url.Values{}) // their own
	post(owner, "/bulk/"+fakeID(940).String()+"/approve", url.Values{})
	post(owner, "/blocklists/"+fakeID(931).String()+"/set", url.Values{"g": {g}, "effect": {"hold"}})
	post(owner, "/bulk?do=remove&scope=all&g="+g, url.Values{"reason": {"广告"}, "expect": {"2"}})
	h.quiet = true
	if _, body := post(owner, "/bulk?do=remove&scope=all&g="+g, url.Values{"reason": {"广告"}, "expect": {"2"}}); !strings.Contains(body, "现在只有你一个用户") {
		t.Error("what nobody could confirm: not said")
	}
	want := []string{"give -5 in 1: 违规", "open a vote in 1: 试", "candidate 1007: 好", "candidate 2 stands false: 跑题", "candidate 4 stands true: ", "end, counted true: 提前", "end, counted false: 没人投",
		"paid by " + fakeID(1).String() + ": 顺丰 9", "not paid: 寄错", "vote rules of 1: 5 21 prizes [{50 一本书} {20 } {0 徽章}]: 周五", "points rules of 1: sign 8: ", "second word true: ", "list in 1: hold", "propose remove: 广告"}
	if !slices.Equal(h.did, want) {
		t.Errorf("did %q, want %q", h.did, want)
	}
}

// TestPayoutsLeaveTheHouseHarmless: no cell of the sheet is a formula, and programs get the same rows as JSON.
func TestPayoutsLeaveTheHouseHarmless(t *testing.T) {
	v := open(t, furnished()).as("owner")
	status, sheet := v.get("/vote/payouts.csv?state=open")
	if status != 200 || !strings.Contains(sheet, "'=一本书") || strings.Contains(sheet, ",=") || strings.Contains(sheet, "顺丰") {
		t.Errorf("sheet %d: %s", status, sheet)
	}
	status, body := v.get("/vote/payouts.json")
	var rows []points.Payout
	if err := json.Unmarshal([]byte(body), &rows); err != nil || status != 200 || len(rows) != 4 || rows[2].Note != "顺丰 123" {
		t.Errorf("json %d: %v %s", status, err, body)
	}
	if status, _ := v.get("/vote/payouts?state=lost"); status != 422 {
		t.Errorf("a state that is none = %d", status)
	}
	if status, _ := open(t, furnished()).as("mod").get("/vote/payouts.csv"); status != 403 {
		t.Errorf("a moderator fetches the sheet: %d", status)
	}
}

// TestOrderIsSoundInABrowser looks at every page at both widths and in both languages.
func TestOrderIsSoundInABrowser(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"zh-CN", "en"} {
		h := furnished()
		h.users[0].Lang = lang
		v := open(t, h)
		soundTo(t, v.base, lang, orderPages())
	}
}
