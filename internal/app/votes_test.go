package app_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"qunluo/internal/cli"
	"qunluo/internal/community"
	"qunluo/internal/points"
)

// replies lets a member answer a message.
func (n *night) replies(name, to, key string) {
	n.t.Helper()
	_, err := n.app.Engine().Apply(n.t.Context(), community.Inbound{Type: community.MessageCreated, GroupKey: n.group.Key, ActorKey: n.member(name).Key, Key: key, OccurredAt: n.app.Now(), Body: community.Body{Text: "说得好 " + key, Message: key, ReplyTo: to}})
	check(n.t, err)
}

// happens lets something happen to a member of the group.
func (n *night) happens(kind community.Type, name, key string, body community.Body) {
	n.t.Helper()
	_, err := n.app.Engine().Apply(n.t.Context(), community.Inbound{Type: kind, GroupKey: n.group.Key, ActorKey: n.member(name).Key, Key: key, OccurredAt: n.app.Now(), Body: body})
	check(n.t, err)
}

// sent gives what the group was told, the newest first.
func (n *night) sent() []string {
	n.t.Helper()
	rows, _, err := n.desk.FindActions(n.t.Context(), community.ActionFilter{Group: n.group.Key, Verb: community.Send})
	check(n.t, err)
	var out []string
	for _, r := range rows {
		out = append(out, r.Text)
	}
	return out
}

func (n *night) told(words string) {
	n.t.Helper()
	await(n.t, func() bool {
		for _, text := range n.sent() {
			if strings.Contains(text, words) {
				return true
			}
		}
		return false
	})
}

// ballot gives the newest vote with its candidates.
func (n *night) ballot() (points.Ballot, []points.Candidate) {
	n.t.Helper()
	v := n.app.Votes(n.org, nil)
	list, _, err := v.List(n.t.Context(), n.group.Key, community.Page{})
	check(n.t, err)
	if len(list) == 0 {
		return points.Ballot{}, nil
	}
	b, cands, err := v.ByID(n.t.Context(), list[0].ID)
	check(n.t, err)
	return b, cands
}

// TestWeeklyVoteFromCandidatesToPayouts: what the most members answered stands; members vote by their page and in chat, once and
// not for themselves; who left does not count; ties share; points are booked, prizes wait for a person, and a mark is undone.
func TestWeeklyVoteFromCandidatesToPayouts(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		n := startNight(t, dbURL, `{"scene":"quiet"}`)
		ctx, v := t.Context(), n.app.Votes(n.org, nil)
		g := n.group.Key
		r, err := v.Rules(ctx, g)
		check(t, err)
		if r.On {
			t.Error("the vote is on by default")
		}
		r.Prizes = []points.Prize{{Points: 50, Name: "=一本书"}, {Points: 20}}
		check(t, v.SetRules(ctx, "ming", g, r, "试试"))

		b, err := v.Open(ctx, "ming", g, "")
		check(t, err)
		if b, list := n.ballot(); len(list) != 0 || b.Stand != 0 || len(n.sent()) != 0 {
			t.Errorf("a week without candidates: %+v, told %q", list, n.sent())
		}
		link, err := v.Link(ctx, g, n.member("阿青").Key)
		check(t, err)
		phone := newPerson(t, n.url)
		if code, body := phone.get(strings.TrimPrefix(link, n.url)); code != http.StatusOK || !strings.Contains(body, "没有可投的内容") {
			t.Errorf("nothing to vote on: %d %s", code, excerpt(body))
		}
		_, err = v.Open(ctx, "ming", g, "")
		codeIs(t, "a second vote", err, community.CodeConflict)
		_, err = v.End(ctx, "ming", b.ID, false, " ")
		codeIs(t, "called off without a reason", err, community.CodeBadInput)
		_, err = v.End(ctx, "ming", b.ID, false, "没内容")
		check(t, err)

		n.says("大刘", "这是大刘写的长文章 <script>", "best")
		n.says("大刘", "大刘的另一条", "other")
		n.says("米粒", "米粒的菜谱", "cook")
		n.says("群主陈默", "群主的公告", "boss")
		n.says("河马先生", "随便说一句", "plain")
		for _, name := range []string{"阿青", "老周", "林小满"} {
			n.replies(name, "best", "r1-"+name)
			n.replies(name, "boss", "r2-"+name)
		}
		n.replies("阿青", "cook", "r3")
		n.happens(community.ReactionAdded, "老周", "re1", community.Body{Message: "cook", Text: "👍"})
		n.pass(25 * time.Hour) // one a day
		check(t, n.app.Store().CatchUp(ctx))
		b, err = v.Open(ctx, "ming", g, "")
		check(t, err)
		b, list := n.ballot()
		if len(list) != 2 || list[0].Text != "这是大刘写的长文章 <script>" || list[0].Score != 3 || list[1].Text != "米粒的菜谱" || list[1].Score != 2 {
			t.Fatalf("candidates = %+v", list)
		}
		n.told("2. 米粒：米粒的菜谱")
		msgs, _, err := n.desk.FindMessages(ctx, community.MessageFilter{Group: g, Member: n.member("河马先生").Key})
		check(t, err)
		_, err = v.Add(ctx, "ming", b.ID, msgs[0].Number, "我喜欢")
		check(t, err)
		_, err = v.Add(ctx, "ming", b.ID, msgs[0].Number, "再来")
		codeIs(t, "added twice", err, community.CodeConflict)
		_, err = v.Add(ctx, "ming", b.ID, 99999999, "")
		codeIs(t, "a message that is not there", err, community.CodeNotFound)
		codeIs(t, "taken out without a reason", v.Stand(ctx, "ming", b.ID, 3, false, ""), community.CodeBadInput)
		check(t, v.Stand(ctx, "ming", b.ID, 3, false, "跑题"))
		check(t, v.Stand(ctx, "ming", b.ID, 3, true, ""))

		at := func(name string) string {
			link, err := v.Link(ctx, g, n.member(name).Key)
			check(t, err)
			return strings.TrimPrefix(link, n.url)
		}
		cast := func(name, no string, want int, words string) {
			t.Helper()
			if code, body := phone.send(at(name), at(name), url.Values{"no": {no}}); code != want || !strings.Contains(body, words) {
				t.Errorf("%s votes %s: %d, want %d and %q: %s", name, no, code, want, words, excerpt(body))
			}
		}
		cast("阿青", "2", http.StatusOK, "已投给 2 号")
		cast("阿青", "1", http.StatusOK, "已投给 1 号") // changed
		cast("大刘", "1", http.StatusConflict, "不能投给自己")
		cast("大刘", "9", http.StatusUnprocessableEntity, "没有这个候选")
		cast("大刘", "x", http.StatusUnprocessableEntity, "请选一个候选")
		if _, body := phone.get(at("阿青")); strings.Contains(body, "<script>") || !strings.Contains(body, "你投的是这个") {
			t.Errorf("page: %s", excerpt(body))
		}
		for _, bad := range []string{"/v/none", at("阿青") + "A", "/v/" + strings.Repeat("A", 60)} {
			if code, _ := phone.get(bad); code != http.StatusNotFound {
				t.Errorf("GET %s = %d", bad, code)
			}
		}
		group, err := v.Link(ctx, g, 0)
		check(t, err)
		group = strings.TrimPrefix(group, n.url)
		if code, body := phone.send(group, group, url.Values{"no": {"1"}}); code != http.StatusForbidden || strings.Contains(body, "大刘写的") {
			t.Errorf("a vote by nobody: %d %s", code, excerpt(body))
		}
		n.says("老周", "投票 2", "v1")
		n.says("米粒", "投票2", "v2") // her own
		n.says("林小满", "投票 2", "v3")
		n.told("你投给了 2 号")
		n.told("不能投给自己")
		await(t, func() bool { b, _ := n.ballot(); return b.Votes == 3 })
		n.says("河马先生", "投票 1", "v4")
		n.says("大刘", "投票 2", "v5")
		await(t, func() bool { b, _ := n.ballot(); return b.Votes == 5 })
		left := at("林小满")
		n.happens(community.MemberLeft, "林小满", "gone", community.Body{Reason: "left"}) // her vote counts no more
		check(t, n.app.Store().CatchUp(ctx))
		if code, _ := phone.get(left); code != http.StatusNotFound {
			t.Errorf("the link of somebody who left = %d", code)
		}

		_, err = v.End(ctx, "ming", b.ID, true, "提前")
		check(t, err)
		b, list = n.ballot()
		ranked := map[int][2]int{}
		for _, c := range list {
			ranked[c.No] = [2]int{c.Votes, c.Place}
		}
		if b.State != points.BallotEnded || ranked[1] != [2]int{2, 1} || ranked[2] != [2]int{2, 1} || ranked[3] != [2]int{0, 0} {
			t.Errorf("result (votes, place) = %v of %+v", ranked, b)
		}
		n.told("第 1 名：米粒，2 票（并列）")
		if code, body := phone.send(at("老周"), at("老周"), url.Values{"no": {"1"}}); code != http.StatusGone || !strings.Contains(body, "已经截止") {
			t.Errorf("after the end: %d %s", code, excerpt(body))
		}
		n.says("老周", "投票 1", "late")

		pay, total, err := v.Payouts(ctx, g, b.ID, "", community.Page{})
		check(t, err)
		if total != 4 || pay[0].State != points.PayoutOpen || pay[0].Prize != "=一本书" || pay[2].Kind != points.PayPoints || pay[2].PaidBy != "system" {
			t.Fatalf("payouts = %+v", pay)
		}
		row, _, err := n.app.Points(n.org, nil).Ranking(ctx, g, n.member("大刘").Key, 0, community.Page{})
		if err != nil || len(row) != 1 || row[0].Points != 50 {
			t.Errorf("points = %+v, %v", row, err)
		}
		todo := func() int {
			tasks, _, err := n.desk.FindTasks(ctx, community.TaskFilter{Group: g, Page: community.Page{Limit: 50}})
			check(t, err)
			open := 0
			for _, k := range tasks {
				if k.Verb == community.Todo && strings.HasSuffix(k.Text, "/vote/payouts/"+pay[0].ID.String()) {
					open++
				}
			}
			return open
		}
		await(t, func() bool { return todo() == 1 })
		n.pass(8 * 24 * time.Hour)
		if list, _, err := v.Payouts(ctx, 0, community.ID{}, "unclaimed", community.Page{}); err != nil || len(list) != 2 {
			t.Errorf("unclaimed = %+v, %v", list, err)
		}
		_, err = v.Pay(ctx, "anna", pay[0].ID, "顺丰 123")
		check(t, err)
		await(t, func() bool { return todo() == 0 })
		_, err = v.Pay(ctx, "ben", pay[0].ID, "")
		codeIs(t, "paid twice", err, community.CodeConflict)
		_, err = v.Unpay(ctx, "anna", pay[0].ID, "")
		codeIs(t, "taken back without a reason", err, community.CodeBadInput)
		p, err := v.Unpay(ctx, "anna", pay[0].ID, "寄错人")
		check(t, err)
		if p.State != points.PayoutOpen || p.Note != "寄错人" {
			t.Errorf("taken back = %+v", p)
		}
		await(t, func() bool { return todo() == 1 }) // somebody is asked again
	})
}

// TestVoteOpensAndEndsByItself, on its day and hour, once; the group is told both, by a card where nobody can send.
func TestVoteOpensAndEndsByItself(t *testing.T) {
	t.Parallel()
	n := startNight(t, "", `{"scene":"quiet","abilities":"message.send=human,member.list=native"}`)
	ctx, v := t.Context(), n.app.Votes(n.org, nil)
	r := points.DefaultVote()
	zone, err := time.LoadLocation(n.group.Zone)
	check(t, err)
	soon := time.UnixMilli(n.app.Now()).In(zone).Add(time.Hour)
	r.On, r.Least, r.Hours, r.Lang = true, 1, 24, "en"
	r.Weekday, r.Hour = int(soon.Weekday()), soon.Hour()
	check(t, v.SetRules(ctx, "ming", n.group.Key, r, ""))
	n.says("大刘", "这一周最好的一条", "best")
	n.replies("阿青", "best", "r1")
	check(t, n.app.RunVotes(ctx))
	if b, _ := n.ballot(); b.Week != "" {
		t.Fatalf("opened before its time: %+v", b)
	}
	n.pass(time.Hour)
	await(t, func() bool { b, list := n.ballot(); return b.State == points.BallotOpen && len(list) == 1 })
	n.told("The candidates:\n1. 大刘: 这一周最好的一条")
	await(t, func() bool {
		tasks, _, err := n.desk.FindTasks(ctx, community.TaskFilter{Group: n.group.Key, Page: community.Page{Limit: 50}})
		return err == nil && len(tasks) == 1 && tasks[0].Verb == community.Send
	})
	n.says("阿青", "投票 1", "v1")
	await(t, func() bool { b, _ := n.ballot(); return b.Votes == 1 })
	n.pass(25 * time.Hour)
	await(t, func() bool { b, list := n.ballot(); return b.State == points.BallotEnded && list[0].Place == 1 })
	n.told("Place 1: 大刘, votes: 1, reward: 50 points")
	check(t, n.app.RunVotes(ctx))
	if list, total, err := v.List(ctx, 0, community.Page{}); err != nil || total != 1 {
		t.Errorf("votes = %+v, %v; want the one of the week", list, err)
	}
	pay, _, err := v.Payouts(ctx, n.group.Key, community.ID{}, "paid", community.Page{})
	raw, _ := json.Marshal(pay)
	if err != nil || len(pay) != 1 || !strings.Contains(string(raw), `"points":50`) {
		t.Errorf("payouts = %s, %v", raw, err)
	}
}

// TestPrizesAreChangedWhole: prizes given on the command line take the place of those that stood, also where there are as many.
func TestPrizesAreChangedWhole(t *testing.T) {
	both(t, func(t *testing.T, w terminal) {
		w.must(t, nil, "import", "--zone", "UTC", w.chat(t))
		var groups rows[struct{ ID string }]
		w.must(t, &groups, "group", "list")
		g := groups.Rows[0].ID
		for _, c := range []struct {
			change string
			want   []points.Prize
		}{
			{`{"prizes":[{"points":50,"name":"书"},{"points":20}]}`, []points.Prize{{Points: 50, Name: "书"}, {Points: 20}}},
			{`{"prizes":[{"points":30},{"name":"笔"}]}`, []points.Prize{{Points: 30}, {Name: "笔"}}},
			{`{"hour":9}`, []points.Prize{{Points: 30}, {Name: "笔"}}},
		} {
			w.must(t, nil, "vote", "rules", g, "--on", "--change", c.change)
			var kept points.VoteRules
			w.must(t, &kept, "vote", "rules", g)
			if !kept.On || !slices.Equal(kept.Prizes, c.want) {
				t.Errorf("after %s: %+v, want %+v", c.change, kept, c.want)
			}
		}
		if code, _, _ := w.types(t, "vote", "rules", g, "--change", `{"prizes":"x"}`); code == cli.ExitDone {
			t.Error("prizes that are no list are taken")
		}
	})
}
