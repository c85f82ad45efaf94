package console

import (
	"context"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// momentPoster is invented moments.
type momentPoster struct{ h *house }

func (p momentPoster) Accounts(context.Context) ([]community.Account, error) {
	if p.h.quiet {
		return nil, p.h.err
	}
	return p.h.accounts[:1], p.h.err
}

func (p momentPoster) List(context.Context, community.AccountKey, int) ([]community.Moment, error) {
	at := fakeNow.UnixMilli()
	return []community.Moment{
		{ID: "mom1", Text: "周六读书会，西门集合。\n带上第三章。", Pictures: 3, At: at - 7200_000, Partly: true, Posts: []community.MomentPost{{Employee: "wang", Name: "王掌柜", Published: true}, {Employee: "zhao"}}},
		{ID: "mom2", Link: "https://q.example/c", At: at - 86400_000, Posts: []community.MomentPost{{Employee: "wang", Name: "王掌柜", Published: true}}},
		{ID: "mom3", Text: "自己发的", Creator: "li", At: at, Posts: []community.MomentPost{{Employee: "li", Published: true}}},
	}, p.h.err
}

func (p momentPoster) Sums(context.Context) (map[string][2]int64, error) {
	return map[string][2]int64{"mom1": {12, 3}}, p.h.err
}

func (p momentPoster) Reactions(_ context.Context, moment string, _ community.Page) ([]community.MomentReaction, int, error) {
	if moment != "mom1" || p.h.quiet {
		return nil, 0, p.h.err
	}
	return []community.MomentReaction{{Member: community.Member{ID: fakeID(40), Name: "老周", Platform: "wecom"}, Moment: moment, Likes: 1, Comments: 2, Last: fakeNow.UnixMilli()}}, 1, p.h.err
}

func (p momentPoster) Post(_ context.Context, _ string, _ community.AccountKey, o community.MomentOrder, pictures []community.ID, reason string) (string, error) {
	for range pictures {
		o.Pictures = append(o.Pictures, community.Medium{})
	}
	if err := o.Check(); err != nil {
		return "", err
	}
	p.h.note("moment %q link %q by %v for %v, %d pictures: %s", o.Text, o.Link, o.Employees, o.Tags, len(pictures), reason)
	return "mom1", p.h.err
}

// articleReader is invented totals of articles.
type articleReader struct{ h *house }

func (r articleReader) Accounts(context.Context) ([]community.Account, error) {
	if r.h.quiet {
		return nil, r.h.err
	}
	return []community.Account{{Key: 1, ID: r.h.accounts[0].ID, Name: "读书公众号", Connector: "mp"}}, r.h.err
}

func calendar(day string) measure.Day {
	d, err := measure.ParseDay(day)
	if err != nil {
		panic(err)
	}
	return d
}

func (r articleReader) May(context.Context, community.AccountKey) error { return r.h.err }

func (r articleReader) Days(context.Context, community.AccountKey, int) ([]measure.ArticleSpan, error) {
	at := fakeNow.UnixMilli()
	return []measure.ArticleSpan{{Day: calendar("2026-11-27"), State: measure.DayNotYet}, {Day: calendar("2026-11-26"), State: measure.DayTold, Sum: measure.ArticleSum{Articles: 2, Times: 520, Shares: 9}, Read: measure.ArticleRead{Told: at, Asked: at}},
		{Day: calendar("2026-11-25"), State: measure.DayFailed, Read: measure.ArticleRead{Asked: at, Code: community.CodeUnreachable}}, {Day: calendar("2026-11-24"), State: measure.DayUnasked}}, r.h.err
}

func (r articleReader) List(context.Context, community.AccountKey, int, community.Page) ([]measure.ArticleRow, int, error) {
	return []measure.ArticleRow{{Day: calendar("2026-11-26"), ArticleDay: community.ArticleDay{Article: "1_1", Title: "第三章导读", People: 300, Times: 480, Shares: 8, Saves: 4}}, {Day: calendar("2026-11-26"), ArticleDay: community.ArticleDay{Article: "1_2", Title: strings.Repeat("很长的题目", 12), People: 30, Times: 40}}}, 2, r.h.err
}

func (r articleReader) Read(context.Context, community.AccountKey) error {
	r.h.note("read articles")
	return r.h.err
}

func TestMomentIsMadeWithPicturesAndScope(t *testing.T) {
	h := furnished()
	v := open(t, h).as("owner")
	at := "/moments/" + h.accounts[0].ID.String() + "/new"
	if _, page := v.get(at); !strings.Contains(page, `enctype="multipart/form-data"`) || !strings.Contains(page, "意向/高") {
		t.Error("the form takes no files, or does not name the tags that there are")
	}
	h.did = nil
	status, _ := v.give(at, "", []string{"text", "周六读书会", "employees", "wang, zhao", "tags", "意向/高", "reason", "活动"}, givenFile{"files", "一.png", []byte("PNG")}, givenFile{"files", "二.png", []byte("PNG")})
	if want := `moment "周六读书会" link "" by [wang zhao] for [意向/高], 2 pictures: 活动`; status != 200 || !strings.Contains(strings.Join(h.did, "\n"), want) {
		t.Errorf("%d, did %q; want %q", status, h.did, want)
	}
	h.did = nil
	status, page := v.give(at, "", []string{"text", "周六读书会", "link", "https://q.example/c"}, givenFile{"files", "一.png", []byte("PNG")})
	if status != 200 || !strings.Contains(page, "alert-danger") || !strings.Contains(page, "周六读书会") || !strings.Contains(page, `name="piece"`) || strings.Contains(strings.Join(h.did, "\n"), "moment") {
		t.Errorf("pictures and a link: %d, did %q; want the form again with what was entered and why", status, h.did)
	}
	if status, _ := open(t, furnished()).as("mod").get(at); status != 403 {
		t.Errorf("a moderator sees the form: %d", status)
	}
}

func TestMomentShowsEachEmployeeAndEachContact(t *testing.T) {
	h := furnished()
	v := open(t, h).as("owner")
	at := "/moments/" + h.accounts[0].ID.String() + "/post?m="
	_, page := v.get(at + "mom1")
	for _, want := range []string{"王掌柜", "已发表", "zhao", "等确认", "老周", "部分客户", "停止发表", "/chores/moment.read"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if status, _ := v.get(at + "mom9"); status != 404 {
		t.Errorf("no such moment: %d", status)
	}
	if _, page := v.get("/moments"); !strings.Contains(page, "1 / 2 已发表") || !strings.Contains(page, "员工自己发的") || !strings.Contains(page, "m=mom1") {
		t.Error("the list does not say who confirmed")
	}
}

func TestGapsOfArticlesAreShownAndNothingIsMixed(t *testing.T) {
	h := furnished()
	v := open(t, h).as("mod")
	_, page := v.get("/articles")
	for _, want := range []string{"2026-11-26", "520", "平台数字", "平台还没出", "问过，平台没给", "没有问过", "4 天里有 2 天没有数字", "第三章导读", "按人（经我们的短链）"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if _, page := v.post("/articles/" + h.accounts[0].ID.String() + "/read"); !strings.Contains(strings.Join(h.did, "\n"), "read articles") || !strings.Contains(page, "已读取") {
		t.Errorf("did %q", h.did)
	}
	quiet := furnished()
	quiet.quiet = true
	if _, page := open(t, quiet).as("mod").get("/articles"); !strings.Contains(page, "还没有公众号") {
		t.Error("without an account the page does not say what is missing")
	}
}
