package measure_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

func TestFormatIsGuessedFromTheParts(t *testing.T) {
	for _, c := range []struct {
		text, link, title string
		kinds             []string
		want              string
	}{
		{"早安", "", "", nil, measure.FormatOther},
		{"看图", "", "", []string{"image"}, measure.FormatOther},
		{"本周", "", "", []string{"image", "video"}, measure.FormatVideo},
		{"导读", "https://mp.weixin.qq.com/s/abc", "第三章", nil, measure.FormatArticle},
		{"今晚八点 https://meeting.tencent.com/dm/x", "", "", nil, measure.FormatVoice},
		{"填一下", "https://wj.qq.com/s2/1", "", nil, measure.FormatPoll},
		{"看", "https://example.org/a", "一分钟短视频", nil, measure.FormatVideo},
		{"看", "https://example.org/a", "周报", nil, measure.FormatArticle},
	} {
		if got := measure.GuessFormat(c.text, c.link, c.title, c.kinds); got != c.want {
			t.Errorf("%q %q %q %v = %s, want %s", c.text, c.link, c.title, c.kinds, got, c.want)
		}
	}
	for words, want := range map[string]string{"A. 文章": measure.FormatArticle, "语音直播": measure.FormatVoice, "短视频": measure.FormatVideo, "投票": measure.FormatPoll, "都行": "", "Live": measure.FormatVoice} {
		if got := measure.FormatNamed(words); got != want {
			t.Errorf("%q names %q, want %q", words, got, want)
		}
	}
}

// TestFormatsByHand: six members, an article and a video, worked out by hand; what is not over or not on record counts nowhere.
func TestFormatsByHand(t *testing.T) {
	const hour, day = int64(3600_000), int64(24 * 3600_000)
	at := 40 * day
	a := measure.Audience{From: 0, Until: 60 * day, Stays: []measure.Stay{
		{Member: 1, Joined: 1}, {Member: 2, Joined: 1, Left: at + 5*hour}, {Member: 3, Seen: 1}, {Member: 4, Joined: at + 2*day}, {Member: 5, Joined: 1, Left: at - 14*day}, {Member: 6, Joined: 1, Left: at + 3*day}},
		Words: []measure.Word{{1, at + hour}, {1, at + 90*60_000}, {4, at + hour}, {3, at + 3*hour}, {3, at + day + hour}, {6, at + day + hour}, {1, at + day}}}
	said := func(minutes, fen, reads int64) measure.SentSaid {
		return measure.SentSaid{Minutes: minutes, Fen: fen, Reads: reads}
	}
	list := []measure.Sent{
		{SentKey: measure.SentKey{Kind: measure.SentMass, Source: community.ID{1}}, SentSaid: said(60, 900, 3), At: at, Guess: measure.FormatArticle, Places: 2},
		{SentKey: measure.SentKey{Kind: measure.SentHand, Source: community.ID{2}}, SentSaid: said(30, -1, 2), At: at + day, Guess: measure.FormatVideo, Places: 1},
		{SentKey: measure.SentKey{Kind: measure.SentHand, Source: community.ID{3}}, SentSaid: said(-1, -1, -1), At: 59*day + hour, Guess: measure.FormatPoll, Places: 1},
	}
	a.Receive(list)
	rep := measure.CompareFormats(list, []measure.FormatPollRow{{Votes: map[string]int64{measure.FormatArticle: 6, measure.FormatVideo: 18}}})
	if !slices.Equal(rep.Named, []string{measure.FormatArticle, measure.FormatVideo}) || !slices.Equal(rep.Every, []community.MemberKey{1, 3, 6}) || len(rep.Rows) != 3 {
		t.Fatalf("report = %+v", rep)
	}
	article, video, poll := rep.Rows[0], rep.Rows[1], rep.Rows[2]
	// 1, 2, 3 and 6 are there; 1 speaks twice, 2 leaves. Before it one of five left in 28 days: 5 left on day 26 of 12 … 40.
	if !slices.Equal(list[0].Offered, []community.MemberKey{1, 2, 3, 6}) || article.Answered.Num != 1 || article.Answered.Den != 4 || article.Replies != 2 || article.Leaves.Num != 1 || !slices.Equal(article.Went, []community.MemberKey{2}) {
		t.Errorf("article = %+v", article)
	}
	if want := 1 / (28.0*4 + 14) * 4; math.Abs(article.Usual-want) > 1e-9 {
		t.Errorf("usual = %v, want %v", article.Usual, want)
	}
	if article.Minutes != 30 || article.Fen != 450 || article.ReadOf != 0 { // two groups got it: half the cost, and its reads are not this group's
		t.Errorf("cost and reach of the article = %+v", article)
	}
	if video.Minutes != 30 || video.Fen != 0 || video.ReadOf != 1 || video.Reach.Num != 2 || video.Reach.Den != 3 || video.Answered.Num != 2 || video.Leaves.Num != 0 { // 1 spoke at the very moment, not after
		t.Errorf("video = %+v", video)
	}
	if poll.Open != 1 || poll.Offers != 0 || poll.Engaged.Den != 0 { // its 24 hours are not over
		t.Errorf("poll = %+v", poll)
	}
	low, high := measure.Wilson(2, 3)
	if e := video.Engaged; e.Num != 2 || e.Den != 3 || e.Low != low || e.High != high || !e.Few || article.Engaged.Num != 1 {
		t.Errorf("engaged = %+v and %+v", video.Engaged, article.Engaged)
	}
	if l := video.Liked; l.Num != 18 || l.Den != 24 || l.Few || l.Share != 0.75 || article.Liked.Num != 6 {
		t.Errorf("liked = %+v", video.Liked)
	}
	if one := measure.CompareFormats(list[:1], nil); len(one.Every) != 0 || one.Rows[0].Engaged.Den != 0 {
		t.Errorf("one format alone is compared: %+v", one)
	}
}

// TestFormatsEqualANaiveCount compares over random groups with a count that asks each member and thing anew.
func TestFormatsEqualANaiveCount(t *testing.T) {
	const hour, day = int64(3600_000), int64(24 * 3600_000)
	for seed := range uint64(40) {
		chance := rand.New(rand.NewPCG(seed, 7))
		a := measure.Audience{From: 2 * day, Until: 50 * day}
		for m := community.MemberKey(1); m <= 40; m++ {
			s := measure.Stay{Member: m, Joined: 1 + chance.Int64N(45*day)}
			if chance.IntN(2) == 0 {
				s.Left = s.Joined + 1 + chance.Int64N(30*day)
				if chance.IntN(3) == 0 { // comes back
					a.Stays = append(a.Stays, measure.Stay{Member: m, Joined: s.Left + 1 + chance.Int64N(5*day)})
				}
			}
			a.Stays = append(a.Stays, s)
		}
		for range 600 {
			a.Words = append(a.Words, measure.Word{Member: community.MemberKey(1 + chance.IntN(40)), At: chance.Int64N(52 * day)})
		}
		var list []measure.Sent
		for at := chance.Int64N(3 * day); at < 51*day; at += hour/2 + chance.Int64N(3*day) {
			list = append(list, measure.Sent{SentKey: measure.SentKey{Kind: measure.SentMass, Source: community.ID{byte(len(list))}}, At: at, Guess: measure.AllFormats()[chance.IntN(5)], Places: 1,
				SentSaid: measure.SentSaid{Minutes: -1, Fen: -1, Reads: -1}, Voters: []community.MemberKey{community.MemberKey(1 + chance.IntN(40))}})
		}
		naive := slices.Clone(list)
		a.Receive(list)
		rep := measure.CompareFormats(list, nil)
		there := func(m community.MemberKey, at int64) (in, left bool) {
			for _, s := range a.Stays {
				if s.Member == m && s.Joined <= at && (s.Left == 0 || at < s.Left) {
					return true, s.Left != 0 && s.Left-at <= day
				}
			}
			return false, false
		}
		counts := func(i int) bool { return naive[i].At >= 2*day && naive[i].At+day <= 50*day }
		took := func(m community.MemberKey, i int) bool {
			if in, _ := there(m, naive[i].At); !in {
				return false
			}
			for _, w := range a.Words {
				if w.Member == m && w.At > naive[i].At && w.At-naive[i].At <= 2*hour && (i+1 == len(naive) || w.At < naive[i+1].At) {
					return true
				}
			}
			return naive[i].Voters[0] == m
		}
		for _, r := range rep.Rows {
			var offered, answered, left, engaged, every int64
			for m := community.MemberKey(1); m <= 40; m++ {
				all, some := true, false
				for _, f := range rep.Named {
					had := false
					for i := range naive {
						in, _ := there(m, naive[i].At)
						had = had || naive[i].Guess == f && counts(i) && in
					}
					all = all && had
				}
				for i := range naive {
					if naive[i].Guess != r.Format || !counts(i) {
						continue
					}
					in, gone := there(m, naive[i].At)
					if in {
						offered++
					}
					if in && gone && naive[i].At-2*day >= 7*day {
						left++
					}
					if took(m, i) {
						answered++
						some = true
					}
				}
				if all {
					every++
					if some {
						engaged++
					}
				}
			}
			if r.Offers != offered || r.Answered.Num != answered || r.Leaves.Num != left {
				t.Errorf("seed %d, %s: offered %d, answered %d, left %d; want %d, %d, %d", seed, r.Format, r.Offers, r.Answered.Num, r.Leaves.Num, offered, answered, left)
			}
			if r.Format != measure.FormatOther && r.Engaged.Den > 0 && (r.Engaged.Num != engaged || r.Engaged.Den != every) {
				t.Errorf("seed %d, %s: engaged %d of %d, want %d of %d", seed, r.Format, r.Engaged.Num, r.Engaged.Den, engaged, every)
			}
		}
	}
}

func TestWhatIsSaidOfThingsIsChecked(t *testing.T) {
	for _, bad := range []measure.SentSaid{{Format: "song"}, {Minutes: -2}, {Fen: 1 << 60}, {Reads: -9}} {
		if err := bad.Check(); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("%+v: %v, want bad input", bad, err)
		}
	}
	for _, bad := range []measure.FormatPollRow{{Title: "x"}, {Votes: map[string]int64{"article": 1, "poll": 2}}, {Title: "x", Votes: map[string]int64{"article": 1, "other": 2}}, {Title: "x", Votes: map[string]int64{"article": -1, "poll": 2}}} {
		if err := bad.Check(); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("%+v: %v, want bad input", bad, err)
		}
	}
}
