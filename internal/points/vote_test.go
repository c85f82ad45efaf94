package points_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/points"
)

func voteCode(t *testing.T, what string, err error, want community.Code) {
	t.Helper()
	if got := community.CodeOf(err); got != want {
		t.Errorf("%s: %v, want %q", what, err, want)
	}
}

// week builds the events of a week.
type week struct {
	tally *points.Tally
	n     int64
}

func (w *week) says(who community.MemberKey, id, to string, body ...func(*community.Body)) {
	w.n++
	ev := community.Event{Number: w.n, Type: community.MessageCreated, Actor: who, At: w.n, Body: community.Body{Message: id, Text: "话 " + id, ReplyTo: to}}
	for _, change := range body {
		change(&ev.Body)
	}
	w.tally.Take(&ev)
}

func (w *week) does(kind community.Type, who community.MemberKey, id string) {
	w.n++
	w.tally.Take(&community.Event{Number: w.n, Type: kind, Actor: who, At: w.n, Body: community.Body{Message: id, Text: "👍"}})
}

func everybody(m community.MemberKey) (points.Who, error) {
	return points.Who{Stand: m < 90, Count: m < 100}, nil
}

// TestCandidatesAreWhatTheMostMembersAnswered: each member counts once, nobody for themselves, one message of an author; bots,
// people of ours and what was recalled are left out.
func TestCandidatesAreWhatTheMostMembersAnswered(t *testing.T) {
	w := &week{tally: points.NewTally()}
	for _, m := range []community.MemberKey{1, 2, 3, 4, 95, 100} {
		w.says(m, fmt.Sprint("p", m), "")
	}
	w.says(1, "second", "")
	for _, m := range []community.MemberKey{2, 3, 4} {
		w.says(m, fmt.Sprint("a", m), "p1")
		w.says(m, fmt.Sprint("again", m), "p1") // counts once
		w.says(m, fmt.Sprint("b", m), "second") // by the same author
		w.says(m, fmt.Sprint("c", m), "p95")    // of ours
		w.says(m, fmt.Sprint("d", m), "p4")
	}
	w.says(1, "self", "p1")
	w.says(100, "bot", "p2")
	w.does(community.ReactionAdded, 1, "p2")
	w.does(community.ReactionAdded, 3, "p2")
	w.does(community.ReactionAdded, 4, "p2")
	w.does(community.ReactionRemoved, 4, "p2")
	w.says(5, "quotes", "", func(b *community.Body) {
		b.Segments = []community.Segment{{Kind: "quote", Text: "好长好长的一段话 p3"}}
	})
	w.says(3, "long", "", func(b *community.Body) { b.Text = "好长好长的一段话 p3" })
	w.says(1, "copies", "", func(b *community.Body) { b.Text = "「小三：好长好长的一段话 p3」\n说得好" })
	w.says(2, "quotes2", "", func(b *community.Body) {
		b.Segments = []community.Segment{{Kind: "quote", Text: "好长好长的一段话 p3"}}
	})
	w.does(community.MessageDeleted, 4, "p4")
	w.does(community.MessageDeleted, 9, "early")
	w.says(9, "early", "")
	w.does(community.ReactionAdded, 1, "early")
	w.does(community.ReactionAdded, 2, "early")
	r := points.DefaultVote()
	got, err := w.tally.Top(r, everybody)
	if err != nil {
		t.Fatal(err)
	}
	var said [][3]int64
	for _, c := range got {
		said = append(said, [3]int64{int64(c.No), int64(c.Member), int64(c.Score)})
	}
	if want := [][3]int64{{1, 1, 3}, {2, 2, 2}, {3, 3, 2}}; !reflect.DeepEqual(said, want) {
		t.Errorf("candidates (no, author, score) = %v, want %v", said, want)
	}
	w.does(community.MessageDeleted, 2, "again2") // they answered twice: still once
	w.does(community.MessageDeleted, 3, "a3")
	w.does(community.MessageDeleted, 3, "again3")                                    // nothing of theirs is left
	if got, _ = w.tally.Top(r, everybody); got[0].Member != 1 || got[0].Score != 3 { // by the second message now, which all three answered
		t.Errorf("after recalls: %+v", got)
	}
	if got, err := points.NewTally().Top(r, everybody); err != nil || got != nil {
		t.Errorf("an empty week gives %v, %v", got, err)
	}
}

func TestVoteOpensOnItsDayInTheGroupsZone(t *testing.T) {
	zone := time.FixedZone("CST", 8*3600)
	r := points.DefaultVote() // Sunday 20:00, 48 hours
	at := func(text string) int64 {
		v, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
		if err != nil {
			t.Fatal(err)
		}
		return v.UnixMilli()
	}
	for now, week := range map[string]string{"2026-11-29 19:59": "2026-11-22", "2026-11-29 20:00": "2026-11-29", "2026-12-05 23:00": "2026-11-29"} {
		if b := r.Opening(at(now), zone); b.Week != week || b.Ends-b.Opens != 48*3600_000 || b.Opens-b.From != 7*24*3600_000 {
			t.Errorf("at %s: %+v, want the week of %s", now, b, week)
		}
	}
	b := r.Opening(at("2026-11-29 20:05"), zone)
	for what, want := range map[[2]int64]bool{
		{0, at("2026-11-29 20:05")}: true, {0, at("2026-11-30 21:00")}: false, // too little time is left
		{at("2026-11-29 20:01"), at("2026-11-29 20:05")}: false, // it was switched on after its time
	} {
		if got := b.Due(what[0], what[1]); got != want {
			t.Errorf("due since %d at %d: %v", what[0], what[1], got)
		}
	}
}

func TestVotesThatDoNotCount(t *testing.T) {
	b := points.Ballot{State: points.BallotOpen, Ends: 100}
	list := []points.Candidate{{No: 1, Member: 7}, {No: 2, Member: 8, Out: points.OutRemoved}}
	voteCode(t, "as it should be", b.Take(list, points.Vote{Member: 9, No: 1, At: 99}, true), "")
	voteCode(t, "at the end", b.Take(list, points.Vote{Member: 9, No: 1, At: 100}, true), community.CodeLate)
	voteCode(t, "a stranger", b.Take(list, points.Vote{Member: 9, No: 1, At: 9}, false), community.CodeForbidden)
	voteCode(t, "oneself", b.Take(list, points.Vote{Member: 7, No: 1, At: 9}, true), community.CodeConflict)
	voteCode(t, "removed", b.Take(list, points.Vote{Member: 9, No: 2, At: 9}, true), community.CodeNotFound)
	voteCode(t, "no such number", b.Take(list, points.Vote{Member: 9, No: 0, At: 9}, true), community.CodeNotFound)
	b.State = points.BallotCalled
	voteCode(t, "called off", b.Take(list, points.Vote{Member: 9, No: 1, At: 9}, true), community.CodeLate)
	_, err := b.Add(list, points.Candidate{Event: 5, Member: 1})
	voteCode(t, "added to what is over", err, community.CodeLate)
	b.State = points.BallotOpen
	_, err = b.Add(list, points.Candidate{Event: 5, Member: 7})
	voteCode(t, "a second of an author", err, community.CodeConflict)
	if c, err := b.Add(list, points.Candidate{Event: 5, Member: 8}); err != nil || c.No != 3 { // the other of 8 does not stand
		t.Errorf("added = %+v, %v", c, err)
	}
}

func TestVoteInChatIsRead(t *testing.T) {
	for text, want := range map[string]int{"投票 2": 2, " 投票2 ": 2, "投票２号": 2, "投票：12": 12, "投票 #3": 3, "投票": 0, "投票 二": 0, "投票 2 吧，大家": 0, "投票 -1": 0, "我要投票 2": 0, "投票 99999999999999999": 0} {
		if got, ok := points.VoteIn("投票", text); ok != (want > 0) || ok && got != want {
			t.Errorf("%q = %d, %v; want %d", text, got, ok, want)
		}
	}
	if no, ok := points.VoteIn("Vote", "VOTE 4"); !ok || no != 4 {
		t.Errorf("VOTE 4 = %d, %v", no, ok)
	}
}

// TestTiesShareAPlaceAndItsReward: whoever shares a place gets what it earns; without votes there is no place.
func TestTiesShareAPlaceAndItsReward(t *testing.T) {
	list := []points.Candidate{{No: 1, Member: 1}, {No: 2, Member: 2}, {No: 3, Member: 3, Out: points.OutLeft}, {No: 4, Member: 4}, {No: 5, Member: 5}}
	var votes []points.Vote
	for m, no := range []int{2, 2, 4, 4, 1, 3, 3, 3} {
		votes = append(votes, points.Vote{Member: community.MemberKey(m + 10), No: no})
	}
	got := points.Count(list, votes)
	var places [][3]int
	for _, c := range got {
		places = append(places, [3]int{c.No, c.Votes, c.Place})
	}
	if want := [][3]int{{2, 2, 1}, {4, 2, 1}, {1, 1, 3}, {5, 0, 0}, {3, 3, 0}}; !reflect.DeepEqual(places, want) {
		t.Errorf("(no, votes, place) = %v, want %v", places, want)
	}
	if !points.Tied(got, 1) || points.Tied(got, 3) || points.Tied(got, 0) {
		t.Error("the tie is not seen")
	}
	pay := points.Payouts(got, []points.Prize{{Points: 50, Name: "书"}, {Points: 30}, {Name: "徽章"}})
	var said []string
	for _, p := range pay {
		said = append(said, fmt.Sprintf("%d %s %d %s %s", p.Member, p.Kind, p.Points, p.Prize, p.State))
	}
	if want := []string{"2 points 50  paid", "2 prize 0 书 open", "4 points 50  paid", "4 prize 0 书 open", "1 prize 0 徽章 open"}; !reflect.DeepEqual(said, want) {
		t.Errorf("payouts = %q, want %q", said, want)
	}
}

func TestPaymentMarkIsTakenBackWithAReason(t *testing.T) {
	p := points.Payout{State: points.PayoutOpen}
	_, err := p.Unmark("错了")
	voteCode(t, "not paid", err, community.CodeConflict)
	p, err = p.Mark("ming", "顺丰 123", 9)
	if err != nil || p.State != points.PayoutPaid || p.PaidBy != "ming" || p.PaidAt != 9 || p.Times != 1 {
		t.Fatalf("marked = %+v, %v", p, err)
	}
	_, err = p.Mark("anna", "", 10)
	voteCode(t, "twice", err, community.CodeConflict)
	_, err = p.Unmark("  ")
	voteCode(t, "without a reason", err, community.CodeBadInput)
	if p, err = p.Unmark("寄错了"); err != nil || p.State != points.PayoutOpen || p.PaidBy != "" || p.Note != "寄错了" {
		t.Errorf("taken back = %+v, %v", p, err)
	}
}

func TestVoteRulesAreBounded(t *testing.T) {
	if err := points.DefaultVote().Check(); err != nil {
		t.Fatal(err)
	}
	if points.DefaultVote().On {
		t.Error("a vote is on by default")
	}
	for _, change := range []func(*points.VoteRules){func(r *points.VoteRules) { r.Weekday = 7 }, func(r *points.VoteRules) { r.Hour = 24 }, func(r *points.VoteRules) { r.Hours = 168 },
		func(r *points.VoteRules) { r.Word = " " }, func(r *points.VoteRules) { r.Most = 1 }, func(r *points.VoteRules) { r.Lang = "xx" }, func(r *points.VoteRules) { r.Prizes = make([]points.Prize, 11) },
		func(r *points.VoteRules) { r.Prizes = []points.Prize{{Points: -1}} }} {
		r := points.DefaultVote()
		change(&r)
		voteCode(t, fmt.Sprintf("%+v", r), r.Check(), community.CodeBadInput)
	}
}
