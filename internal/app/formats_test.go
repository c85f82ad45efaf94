package app_test

import (
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/measure"
	"qunluo/internal/plan"
)

// TestFormatsRestOnWhatCameAndWhatFollowed: things come to a group, members answer and leave; what counts is who was there, who spoke soon
// after, and who left within a day; a person says cost and enters a poll.
func TestFormatsRestOnWhatCameAndWhatFollowed(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		g := openGate(t, dbURL)
		ctx, goals, key := t.Context(), g.app.Goals(g.org, nil), g.group.Key
		event := func(kind community.Type, name, id string, body community.Body) {
			g.apply(community.Inbound{Type: kind, Key: id, Group: community.Ref{ID: g.group.External}, Actor: community.Who{ID: "u-" + name, Name: name}, Body: body})
		}
		word := func(name, id string) {
			event(community.MessageCreated, name, id, community.Body{Class: community.Text, Text: "收到，挺好", Message: id})
		}
		for _, name := range []string{"老周", "阿敏", "小林"} {
			event(community.MemberJoined, name, "j-"+name, community.Body{})
		}
		enter := func(title, format string, minutes int64) measure.SentKey {
			t.Helper()
			k, err := goals.AddSent(ctx, "ming", key, title, g.app.Now(), measure.SentSaid{Format: format, Minutes: minutes, Fen: measure.SentUnknown, Reads: measure.SentUnknown})
			check(t, err)
			return k
		}
		for i := range 9 {
			g.pass(24 * time.Hour)
			word("阿敏", "d"+string(rune('a'+i))) // the group is on record every day
		}
		g.pass(3 * time.Hour)
		article := enter("第三章导读", measure.FormatArticle, 60)
		g.pass(time.Hour)
		word("老周", "r1")
		word("老周", "r2")
		g.pass(2 * time.Hour)
		word("阿敏", "late")
		event(community.MemberLeft, "小林", "l-小林", community.Body{})
		g.pass(30 * time.Hour)
		event(community.MemberJoined, "新人", "j-新人", community.Body{})
		g.pass(time.Minute)
		enter("一分钟短视频", measure.FormatVideo, measure.SentUnknown)
		g.pass(time.Minute)
		word("阿敏", "v1")
		word("新人", "v2")
		g.pass(12 * time.Hour)
		word("阿敏", "between") // the next day is on record
		g.pass(14 * time.Hour)
		word("阿敏", "after")
		today, err := g.desk.Today(ctx, key)
		check(t, err)
		_, err = goals.AddFormatPoll(ctx, "ming", measure.FormatPollRow{Group: key, Title: "更喜欢哪种", Day: today, Votes: map[string]int64{measure.FormatArticle: 5, measure.FormatVideo: 15}})
		check(t, err)
		check(t, g.app.Store().CatchUp(ctx))
		rep, list, polls, err := goals.Formats(ctx, key, today-20, today)
		check(t, err)
		if len(list) != 2 || len(polls) != 1 || len(rep.Rows) != 2 || rep.Rows[0].Open != 0 || rep.Rows[1].Open != 0 {
			t.Fatalf("what came = %+v, %d polls, %+v", list, len(polls), rep.Rows)
		}
		a, v := rep.Rows[0], rep.Rows[1]
		if a.Format != measure.FormatArticle || a.Offers != 3 || a.Answered.Num != 1 || a.Replies != 2 || a.Leaves.Num != 1 || a.Usual != 0 || a.Minutes != 60 || a.ReadOf != 0 {
			t.Errorf("article = %+v; want 3 offered, 1 answered twice, 1 left, none as a rule, 60 minutes, reach unknown", a)
		}
		if v.Offers != 3 || v.Answered.Num != 2 || v.Leaves.Num != 0 || v.Usual == 0 || v.Costed != 0 { // 小林 has left meanwhile, 新人 has come
			t.Errorf("video = %+v; want 3 offered, 2 answered, nobody left, no cost", v)
		}
		if len(rep.Every) != 2 || a.Engaged.Num != 1 || v.Engaged.Num != 1 || v.Engaged.Den != 2 || !v.Engaged.Few { // of 老周 and 阿敏, one each
			t.Errorf("by behaviour: %+v, %+v", a.Engaged, v.Engaged)
		}
		if v.Liked.Num != 15 || v.Liked.Den != 20 || v.Liked.Few {
			t.Errorf("by poll: %+v", v.Liked)
		}
		check(t, goals.SaySent(ctx, "ming", article, measure.SentSaid{Format: measure.FormatVoice, Minutes: 90, Fen: 5000, Reads: 2}, "其实是语音"))
		rep, _, _, err = goals.Formats(ctx, key, today-20, today)
		check(t, err)
		if r := rep.Rows[1]; r.Format != measure.FormatVoice || r.Minutes != 90 || r.Fen != 5000 || r.Reach.Num != 2 || r.Reach.Den != 3 {
			t.Errorf("what a person said = %+v", rep.Rows)
		}
		if err := goals.SaySent(ctx, "ming", measure.SentKey{Kind: measure.SentMass, Source: article.Source}, measure.SentSaid{}, ""); community.CodeOf(err) != community.CodeNotFound {
			t.Errorf("of what was never sent: %v, want not found", err)
		}
		if _, err := goals.AddSent(ctx, "ming", key, "明天的", g.app.Now()+1, measure.SentSaid{Format: measure.FormatPoll}); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("in the future: %v, want bad input", err)
		}
		check(t, goals.DropFormatPoll(ctx, "ming", polls[0].ID, "记错"))
		if rep, _, polls, err = goals.Formats(ctx, key, today-20, today); err != nil || len(polls) != 0 || rep.Rows[1].Liked.Den != 0 {
			t.Errorf("after the poll is taken out: %d polls, %v", len(polls), err)
		}
		none, list, _, err := g.app.Goals(g.org, nil).Formats(ctx, g.second.Key, today-20, today)
		if err != nil || len(none.Rows) != 0 || len(list) != 0 {
			t.Errorf("another group: %+v, %v", none, err)
		}
	})
}

// TestFormatOfAMassSendIsGuessedAndSaid: what was really sent appears in each group that got it, its cost shared; a person corrects it once
// for all groups.
func TestFormatOfAMassSendIsGuessedAndSaid(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		s := startSender(t, dbURL)
		ctx, goals, plans := t.Context(), s.app.Goals(s.org, nil), s.app.Plans(s.org, nil)
		b, err := plans.NewBroadcast(ctx, "lin", plan.Broadcast{Title: "导读", Text: "这周读第三章 https://mp.weixin.qq.com/s/abc", Filter: plan.Filter{Groups: []community.GroupKey{s.keys["one"], s.keys["two"]}}})
		check(t, err)
		await(t, func() bool { return s.states(b.ID) == "读书one sent, 读书two sent" })
		check(t, goals.SaySent(ctx, "lin", measure.SentKey{Kind: measure.SentMass, Source: b.ID}, measure.SentSaid{Minutes: 40, Fen: measure.SentUnknown, Reads: 9}, ""))
		look := func(group string) (measure.FormatReport, []measure.Sent) {
			t.Helper()
			today, err := s.desk().Today(ctx, s.keys[group])
			check(t, err)
			check(t, s.app.Store().CatchUp(ctx))
			rep, list, _, err := goals.Formats(ctx, s.keys[group], today-1, today)
			check(t, err)
			return rep, list
		}
		rep, list := look("one")
		if len(list) != 1 || list[0].Guess != measure.FormatArticle || list[0].Format != "" || list[0].Places != 2 || list[0].Counted || len(rep.Rows) != 1 || rep.Rows[0].Minutes != 20 || rep.Rows[0].Open != 1 || rep.Rows[0].ReadOf != 0 {
			t.Errorf("one = %+v, %+v; want an article, guessed, half of 40 minutes, too young to count, its reads not this group's", list, rep.Rows)
		}
		check(t, goals.SaySent(ctx, "lin", measure.SentKey{Kind: measure.SentMass, Source: b.ID}, measure.SentSaid{Format: measure.FormatPoll, Minutes: measure.SentUnknown, Fen: measure.SentUnknown, Reads: measure.SentUnknown}, "是投票"))
		over, err := goals.FormatsOver(ctx, "", mustDay(t, s)-1, mustDay(t, s))
		check(t, err)
		if len(over.Groups) != 2 || len(over.Rows) != 1 || over.Rows[0].Things != 1 || over.Rows[0].Sends != 2 || over.Rows[0].Minutes != 40 && over.Rows[0].Costed != 0 || over.Of < 2 {
			t.Errorf("over all groups = %+v; want one thing in two groups, its cost once", over)
		}
		mine, err := s.app.Goals(s.org, []community.GroupKey{s.keys["two"]}).FormatsOver(ctx, "", mustDay(t, s)-1, mustDay(t, s))
		check(t, err)
		if len(mine.Groups) != 1 || mine.Groups[0].Group != s.keys["two"] || mine.Of != 1 {
			t.Errorf("who sees one group is told of %+v, of %d", mine.Groups, mine.Of)
		}
		none, err := s.app.Goals(s.org, []community.GroupKey{}).FormatsOver(ctx, "", mustDay(t, s)-1, mustDay(t, s))
		check(t, err)
		if len(none.Groups)+none.Of != 0 {
			t.Errorf("who sees no group is told of %+v", none)
		}
		if tagged, err := goals.FormatsOver(ctx, "没有这个标签", mustDay(t, s)-1, mustDay(t, s)); err != nil || len(tagged.Groups)+tagged.Of != 0 {
			t.Errorf("by a tag that no group has: %+v, %v", tagged, err)
		}
		if rep, list := look("two"); len(list) != 1 || list[0].FormatIs() != measure.FormatPoll || rep.Rows[0].Costed != 0 {
			t.Errorf("two = %+v, %+v; want the poll that a person said", list, rep.Rows)
		}
	})
}

// mustDay is today in a group of the sender.
func mustDay(t *testing.T, s *sender) measure.Day {
	t.Helper()
	today, err := s.desk().Today(t.Context(), s.keys["one"])
	check(t, err)
	return today
}

// TestFormatsOnTheCommandLine: things and polls are entered and compared there, too.
func TestFormatsOnTheCommandLine(t *testing.T) {
	both(t, func(t *testing.T, w terminal) {
		w.must(t, nil, "group", "add", "读书群")
		w.must(t, nil, "insight", "formats", "add", "读书群", "第三章语音直播", "--at", "2020-11-20 20:00", "--format", "voice_live", "--minutes", "90", "--money", "12.50")
		w.must(t, nil, "insight", "formats", "poll", "读书群", "更喜欢哪种", "--day", "2020-11-20", "--option", "文章=12", "--option", "短视频=30")
		var r struct {
			Formats []struct {
				Format  string
				Minutes float64
				Money   string
				Sends   int
				Poll    struct{ Num, Of int } `json:"preference_by_poll"`
				Reach   struct{ Of int }
			}
			Sent []struct{ Kind, Source string }
		}
		w.must(t, &r, "insight", "formats", "读书群", "--from", "2020-11-01", "--to", "2020-11-30")
		if len(r.Formats) != 3 || r.Formats[1].Format != "voice_live" || r.Formats[1].Minutes != 90 || r.Formats[1].Money != "12.50" || r.Formats[1].Sends != 1 || r.Formats[1].Reach.Of != 0 || r.Formats[2].Poll.Num != 30 || r.Formats[2].Poll.Of != 42 || len(r.Sent) != 1 {
			t.Fatalf("formats = %+v", r)
		}
		w.must(t, nil, "group", "add", "写作群")
		w.must(t, nil, "insight", "formats", "add", "写作群", "第一章短视频", "--at", "2020-11-21 20:00", "--format", "short_video")
		var all struct {
			Group    string
			Formats  []struct{ Format string }
			Groups   []struct{ Group string }
			GroupsOf int `json:"groups_of"`
		}
		w.must(t, &all, "insight", "formats", "--from", "2020-11-01", "--to", "2020-11-30")
		if all.Group != "" || len(all.Groups) != 2 || all.GroupsOf != 2 || len(all.Formats) != 3 {
			t.Errorf("over all groups = %+v", all)
		}
		w.must(t, nil, "insight", "formats", "said", r.Sent[0].Kind, r.Sent[0].Source, "--format", "short_video")
		w.must(t, &r, "insight", "formats", "读书群", "--from", "2020-11-01", "--to", "2020-11-30")
		if len(r.Formats) != 2 || r.Formats[1].Format != "short_video" || r.Formats[1].Minutes != -1 {
			t.Errorf("after it was said: %+v", r.Formats)
		}
		for _, bad := range [][]string{{"insight", "formats", "poll", "读书群", "x", "--day", "2020-11-20", "--option", "都行=12"}, {"insight", "formats", "add", "读书群", "x", "--at", "昨天", "--format", "poll"}, {"insight", "formats", "said", "hand", "x"}} {
			if exit, _, _ := w.types(t, bad...); exit == 0 {
				t.Errorf("%q was taken", bad)
			}
		}
	})
}
