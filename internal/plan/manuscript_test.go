package plan

import (
	"slices"
	"strings"
	"testing"

	"qunluo/internal/community"
)

func pieceOf(n byte, kind string, bytes int64) Piece {
	return Piece{Kind: "image", File: community.MakeID(1, [10]byte{n}), Name: string('a'+rune(n)) + ".png", Type: kind, Bytes: bytes}
}

func TestPicturesStandWhereTheirMarksSay(t *testing.T) {
	w := Writing{Title: "t", Text: "一\n[图2]\n二\n [pic 1] \n[图2]\n[图9]\n三 [图3]", Class: Useful, Pictures: []Piece{pieceOf(1, "image/png", 1), pieceOf(2, "image/png", 1), pieceOf(3, "image/png", 1)}}
	var got []string
	for _, b := range w.Blocks() {
		if b.Picture >= 0 {
			got = append(got, string('1'+rune(b.Picture)))
			continue
		}
		got = append(got, b.Text)
	}
	if want := []string{"一", "2", "二", "1", "三 [图3]", "3"}; !slices.Equal(got, want) {
		t.Errorf("blocks = %q, want %q", got, want)
	}
	if plain := w.Plain(); plain != "一\n二\n三 [图3]" {
		t.Errorf("plain = %q", plain)
	}
}

func TestArticleHoldsWordsAndNothingElse(t *testing.T) {
	w := Writing{Title: " 题 ", Text: "<script>alert(1)</script>\n\"a\" & b\n[图1]", Brief: strings.Repeat("长", 200), Class: Promotion, Pictures: []Piece{pieceOf(1, "image/png", 1)}}
	a := w.ArticleOf([]string{`http://mmbiz.qpic.cn/x?a=1&b="`}, "https://q.example/l/x")
	if want := "<p>【广告】&lt;script&gt;alert(1)&lt;/script&gt;</p><p>&#34;a&#34; &amp; b</p><p><img src=\"http://mmbiz.qpic.cn/x?a=1&amp;b=&#34;\"/></p>"; a.HTML != want {
		t.Errorf("html = %s\nwant %s", a.HTML, want)
	}
	if n := len([]rune(a.Digest)); n != MaxDigest || a.Title != "题" || a.Source != "https://q.example/l/x" {
		t.Errorf("%d characters of digest, title %q, source %q", n, a.Title, a.Source)
	}
}

func TestDraftBoxSaysWhatItDoesNotTake(t *testing.T) {
	for name, c := range map[string]struct {
		change func(w *Writing)
		want   []string
	}{
		"all is well":          {func(w *Writing) {}, nil},
		"a long title":         {func(w *Writing) { w.Title = strings.Repeat("长", 33) }, []string{"mp-title"}},
		"a long author":        {func(w *Writing) { w.Author = strings.Repeat("长", 17) }, []string{"mp-author"}},
		"too much text":        {func(w *Writing) { w.Text = strings.Repeat("长", 19_994) }, []string{"mp-content"}},
		"just not too much":    {func(w *Writing) { w.Text = strings.Repeat("长", 19_992) }, nil},
		"no cover":             {func(w *Writing) { w.Cover = Piece{} }, []string{"mp-cover"}},
		"a picture for it":     {func(w *Writing) { w.Cover, w.Pictures = Piece{}, []Piece{pieceOf(1, "image/png", 9)} }, nil},
		"a large picture":      {func(w *Writing) { w.Pictures = []Piece{pieceOf(1, "image/png", 1<<20)} }, []string{"mp-picture-size"}},
		"a film of a picture":  {func(w *Writing) { w.Pictures = []Piece{pieceOf(1, "image/gif", 9)} }, []string{"mp-picture-type"}},
		"a cover beyond reach": {func(w *Writing) { w.Cover = pieceOf(1, "image/webp", 9) }, []string{"mp-cover-type"}},
	} {
		w := Writing{Title: "题", Text: "正文", Class: Useful, Cover: pieceOf(7, "image/png", 9)}
		c.change(&w)
		l := w.BoxLook(BoxChannel(community.MakeID(1, [10]byte{1})), "", nil)
		var got []string
		for _, n := range l.Notes {
			if n.Refuse {
				got = append(got, n.Rule)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	w := Writing{Title: "题", Text: "先看这里。再看 https://mp.weixin.qq.com/s/x 和 https://other.example/a 。完", Class: Useful, Cover: pieceOf(7, "image/png", 9)}
	l := w.BoxLook(BoxChannel(community.MakeID(1, [10]byte{1})), "", nil)
	if len(l.Notes) != 1 || l.Notes[0].Rule != "mp-link" || l.Notes[0].Link != "https://other.example/a" || !strings.HasPrefix(l.Notes[0].Sentence, "再看 ") || l.Notes[0].Refuse {
		t.Errorf("notes = %+v", l.Notes)
	}
}

func reachOf(platform community.Platform, c Carries) Reach {
	return Reach{Group: community.GroupRow{Group: community.Group{Platform: platform}}, Verb: community.Send, Level: community.Native, Takes: c}
}

func TestGroupsGetWhatFitsAndAreLedOn(t *testing.T) {
	page := Attached{URL: "https://q.example/l/abcdefghij", Title: "全文：题"}
	w := Writing{Title: "题", Text: strings.Repeat("我们一句一句地读。", 700), Class: Useful}
	post, looks := w.GroupLooks([]Reach{reachOf("telegram", Carries{})}, page, nil, "https://q.example", 1)
	if len(looks) != 1 || looks[0].Refused() || looks[0].Cut == 0 || post.Link != page || !strings.HasSuffix(post.Text, "地读。…") {
		t.Errorf("look = cut %d, refused %v, link %v, …%s", looks[0].Cut, looks[0].Refused(), post.Link, post.Text[len(post.Text)-30:])
	}
	if said, _ := Fit(post, Carries{}, ""); len(CheckLimits(SendRules(), said, "telegram", DirectSend, 1_900_000_000_000)) != 0 {
		t.Errorf("what is said is still too long")
	}
	if _, looks = w.GroupLooks([]Reach{reachOf("telegram", Carries{})}, Attached{}, nil, "", 1_900_000_000_000); !looks[0].Refused() {
		t.Errorf("without a page it goes with its end cut off: %+v", looks[0].Notes)
	}
	short := Writing{Title: "题", Text: "正文", Brief: "群里说这个", Class: Promotion, Link: Attached{URL: "https://q.example/a", Title: "报名"}}
	if post, looks = short.GroupLooks([]Reach{reachOf("wecom", Carries{Card: true}), reachOf("wecom", Carries{Card: true})}, page, nil, "", 1_900_000_000_000); post.Text != "【广告】群里说这个" || len(looks) != 1 || looks[0].Groups != 2 || len(looks[0].Parts) != 2 || looks[0].Parts[1].Kind != "link" {
		t.Errorf("post = %+v, looks %+v", post, looks)
	}
	irc := Writing{Title: "题", Text: strings.Repeat("字", 300), Class: Useful}
	if _, looks = irc.GroupLooks([]Reach{reachOf("irc", Carries{})}, page, nil, "", 1_900_000_000_000); len(looks[0].Parts) != 4 || len(looks[0].Parts[1].Text) > ircLine || strings.ToValidUTF8(looks[0].Parts[1].Text, "") != looks[0].Parts[1].Text {
		t.Errorf("on IRC it is %d lines", len(looks[0].Parts))
	}
	pictured := Writing{Title: "题", Text: "正文", Class: Useful, Pictures: []Piece{pieceOf(1, "image/png", 9)}}
	if post, looks = pictured.GroupLooks([]Reach{reachOf("irc", Carries{})}, page, nil, "", 1_900_000_000_000); len(post.Pieces) != 0 || len(looks[0].Left) != 1 || looks[0].Refused() {
		t.Errorf("a picture that goes nowhere: %+v, %+v; want the words alone, and it said", post, looks[0])
	}
	if post, looks = pictured.GroupLooks([]Reach{reachOf("irc", Carries{})}, page, nil, "https://q.example", 1_900_000_000_000); len(post.Pieces) != 1 || len(looks[0].Left) != 0 || !strings.Contains(looks[0].Parts[2].Text, FilePath) {
		t.Errorf("a picture that goes as a link: %+v", looks[0])
	}
}

func TestAManuscriptGoesOnceIntoEachChannel(t *testing.T) {
	box, groups := BoxChannel(community.MakeID(1, [10]byte{1})), GroupsChannel("qq")
	for _, c := range []struct {
		w       Went
		version int
		now     int64
		ok      bool
	}{
		{Went{Channel: box}, 1, 0, true},
		{Went{Channel: box, State: ChannelGoing, Version: 1, At: 1000}, 1, 2000, false},
		{Went{Channel: box, State: ChannelGoing, Version: 1, At: 1000}, 1, 1000 + claimFor + 1, true},
		{Went{Channel: box, State: ChannelSent, Version: 1}, 1, 0, false},
		{Went{Channel: box, State: ChannelSent, Version: 1}, 2, 0, true},
		{Went{Channel: ChannelPage, State: ChannelSent, Version: 1}, 2, 0, true},
		{Went{Channel: groups, State: ChannelSent, Version: 1}, 2, 0, false},
		{Went{Channel: groups, State: ChannelFailed, Version: 1}, 1, 0, true},
		{Went{Channel: box, State: ChannelUnsure, Version: 1}, 1, 0, true},
		{Went{Channel: ChannelPage, State: ChannelWithdrawn, Version: 1}, 1, 0, true},
		{Went{Channel: box, State: ChannelTask, Version: 1}, 1, 0, false},
	} {
		if err := c.w.MayGo(c.version, c.now); (err == nil) != c.ok || err != nil && community.CodeOf(err) != community.CodeConflict {
			t.Errorf("%+v in version %d: %v", c.w, c.version, err)
		}
	}
	sent := Went{Channel: groups, State: ChannelSent}
	for name, c := range map[string]struct {
		b    Broadcast
		hand int
		want ChannelState
	}{
		"a second person is asked": {Broadcast{State: Draft}, 0, ChannelWaiting},
		"it has no targets yet":    {Broadcast{State: Scheduled}, 0, ChannelWaiting},
		"held in quiet hours":      {Broadcast{State: Running, Counts: Counts{All: 2, Sent: 1, Blocked: 1}}, 0, ChannelWaiting},
		"on its way":               {Broadcast{State: Running, Counts: Counts{All: 2, Sent: 1, Sending: 1}}, 0, ChannelGoing},
		"a person has it":          {Broadcast{State: Running, Counts: Counts{All: 2, Sent: 1, Sending: 1, Person: 1}}, 0, ChannelTask},
		"all have it":              {Broadcast{State: Running, Counts: Counts{All: 2, Sent: 2}}, 1, ChannelSent},
		"all by hand":              {Broadcast{State: Running, Counts: Counts{All: 2, Sent: 2}}, 2, ChannelHand},
		"some failed":              {Broadcast{State: Running, Counts: Counts{All: 2, Sent: 1, Failed: 1}}, 0, ChannelPartly},
		"all failed":               {Broadcast{State: Running, Counts: Counts{All: 2, Failed: 1, NotSent: 1}}, 0, ChannelFailed},
	} {
		if got := sent.Standing(c.b, c.hand, ""); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	task := Went{Channel: box, State: ChannelTask}
	for state, want := range map[string]ChannelState{"": ChannelTask, "open": ChannelTask, "claimed": ChannelTask, "done": ChannelHand, "refused": ChannelFailed, "expired": ChannelFailed} {
		if got := task.Standing(Broadcast{}, 0, state); got != want {
			t.Errorf("a task that is %q: %s, want %s", state, got, want)
		}
	}
}
