package console

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/plan"
)

// pressroom is an invented heap of drafts: one that went many ways, one that goes nowhere and one that was put away.
type pressroom struct{ h *house }

func (p pressroom) drafts() []plan.Manuscript {
	if p.h.quiet {
		return nil
	}
	at := fakeNow.UnixMilli()
	picture := plan.Piece{Kind: "image", File: fakeID(90), Name: "图 " + hostile + ".png", Type: "image/png", Bytes: 2 << 20}
	went := []plan.Went{
		{Channel: plan.ChannelPage, State: plan.ChannelSent, Version: 1, Handle: "abcdefghij", User: fakeID(1).String(), At: at},
		{Channel: plan.BoxChannel(fakeID(30)), State: plan.ChannelFailed, Version: 2, Code: community.CodeLimited, Why: [2]string{"调用太频繁 " + hostile, "Too many calls " + hostile}, User: fakeID(1).String(), At: at, Tries: 2},
		{Channel: plan.GroupsChannel("wecom"), State: plan.ChannelSent, Version: 1, Ref: fakeID(80), At: at},
	}
	return []plan.Manuscript{
		{ID: fakeID(971), Writing: plan.Writing{Title: "共读第三章 " + hostile, Author: "林晓 " + hostile, Text: "读到第三章卡住了？\n[图1]\n必须要今晚一起读，限时 99元 https://other.example/x <script>alert(1)</script>", Brief: "今晚一起读", Pictures: []plan.Piece{picture}, Cover: picture, Class: plan.Useful,
			Link: plan.Attached{URL: "https://qun.example/a", Title: "报名"}, To: plan.To{Groups: true, Page: true, Accounts: []community.ID{fakeID(30)}, Filter: plan.Filter{Tags: []string{"共读"}, Groups: []community.GroupKey{p.h.groups[0].Key}}}}, Version: 2, Changed: 2, Maker: fakeID(1).String(), Updated: at, Went: went},
		{ID: fakeID(972), Writing: plan.Writing{Title: "没有去处", Text: "正文", Class: plan.Promotion}, Version: 1, Changed: 1, Updated: at},
		{ID: fakeID(973), Writing: plan.Writing{Title: "旧稿", Text: "正文", Class: plan.Useful}, Version: 1, Changed: 1, Archived: true, Updated: at},
	}
}

func (p pressroom) Find(_ context.Context, away bool, _ community.Page) ([]plan.Manuscript, int, error) {
	var out []plan.Manuscript
	for _, m := range p.drafts() {
		if m.Archived == away {
			out = append(out, m)
		}
	}
	return out, len(out), p.h.err
}

func (p pressroom) Get(_ context.Context, id community.ID) (plan.Manuscript, error) {
	for _, m := range p.drafts() {
		if m.ID == id {
			return m, p.h.err
		}
	}
	return plan.Manuscript{}, community.Errorf(community.CodeNotFound, "draft: not found")
}

func (p pressroom) Save(_ context.Context, _ string, id community.ID, seen int64, w plan.Writing, note string) (plan.Manuscript, error) {
	if err := w.Check(); err != nil {
		return plan.Manuscript{}, err
	}
	p.h.note("draft %s by %s %s to %s seen %d: %s", w.Title, w.Author, w.Link.Title, w.To, seen, note)
	return plan.Manuscript{ID: fakeID(971), Version: 3}, p.h.err
}

func (p pressroom) Versions(ctx context.Context, id community.ID) ([]plan.WritingVersion, error) {
	m, err := p.Get(ctx, id)
	old := m.Writing
	old.Title, old.Text = "从前的题目 "+hostile, "从前的话"
	return []plan.WritingVersion{{Version: 2, Writing: m.Writing, User: fakeID(1).String(), Note: "换题 " + hostile, At: m.Updated}, {Version: 1, Writing: old, User: "system", At: m.Updated}}, err
}

func (p pressroom) Archive(_ context.Context, _ string, id community.ID, away bool, reason string) (plan.Manuscript, error) {
	p.h.note("draft away %v: %s", away, reason)
	return plan.Manuscript{}, p.h.err
}

func (p pressroom) Boxes(context.Context) ([]community.Account, error) {
	return []community.Account{{ID: fakeID(30), Key: 30, Connector: "mp", Name: "读书公众号 " + hostile}}, p.h.err
}

func (p pressroom) Looks(ctx context.Context, id community.ID) ([]plan.Look, error) {
	m, err := p.Get(ctx, id)
	if err != nil || !m.To.Groups {
		return nil, err
	}
	rules := plan.DefaultLinkRules()
	text := m.All()
	looks := []plan.Look{m.PageLook(plan.CheckLinks(rules, text, nil, "wechat", fakeNow.UnixMilli()), ""), m.BoxLook(plan.BoxChannel(fakeID(30)), "", nil)}
	row := plan.Reach{Group: community.GroupRow{Group: community.Group{Platform: "wecom"}}, Verb: community.MassSend, Level: community.Assisted, Takes: plan.Carries{Card: true}}
	_, groups := m.GroupLooks([]plan.Reach{row}, plan.Attached{}, nil, "", fakeNow.UnixMilli())
	return append(looks, groups...), nil
}

func (p pressroom) Stands(ctx context.Context, id community.ID) ([]plan.Stand, error) {
	m, err := p.Get(ctx, id)
	var out []plan.Stand
	for _, w := range m.Went {
		s := plan.Stand{Channel: w.Channel, Went: w, State: w.State}
		if _, groups := w.Channel.Groups(); groups {
			s.Send = plan.Broadcast{ID: w.Ref, Counts: plan.Counts{All: 3, Sent: 2, Failed: 1}}
			s.State = w.Standing(s.Send, 0, "")
		}
		out = append(out, s)
	}
	if m.To.Groups {
		for _, c := range []plan.Channel{plan.GroupsChannel("qq"), plan.GroupsChannel("telegram")} {
			out = append(out, plan.Stand{Channel: c, Went: plan.Went{Channel: c}, State: plan.ChannelIdle, Groups: 2})
		}
	}
	return out, err
}

func (p pressroom) Send(_ context.Context, _ string, id community.ID, channels []plan.Channel, force string) ([]plan.Stand, error) {
	p.h.note("draft send %v: %s", channels, force)
	if len(channels) == 1 && channels[0] == plan.GroupsChannel("qq") {
		return []plan.Stand{{Channel: channels[0], State: plan.ChannelFailed}}, nil
	}
	return nil, p.h.err
}

func (p pressroom) Page(ctx context.Context, id community.ID) (plan.WebPage, admit.Short, error) {
	m, err := p.Get(ctx, id)
	if err == nil && len(m.Went) == 0 {
		err = community.Errorf(community.CodeNotFound, "page: not found")
	}
	return plan.WebPage{ID: fakeID(95), Code: "abcdefghij", Version: 1, Sheet: m.SheetOf(1)}, admit.Short{ID: fakeID(96), Slug: "klmnopqrst", Known: 2, Unknown: 40}, err
}

func (p pressroom) PageVersions(ctx context.Context, id community.ID) ([]plan.SheetVersion, error) {
	m, err := p.Get(ctx, id)
	return []plan.SheetVersion{{Version: 1, Sheet: m.SheetOf(1), User: fakeID(1).String(), At: m.Updated}}, err
}

func (p pressroom) Withdraw(_ context.Context, _ string, id community.ID, reason string) error {
	p.h.note("draft withdraw: %s", reason)
	return p.h.err
}

// draftPages are the pages of drafts in every state.
func draftPages() map[string]string {
	one := func(n int) string { return "/drafts/" + fakeID(n).String() }
	return map[string]string{"drafts": "/drafts", "drafts-away": "/drafts?away=1", "draft-new": "/drafts/new", "draft": one(971), "draft-nowhere": one(972), "draft-away": one(973), "draft-edit": one(971) + "/edit"}
}

func TestPagesOfDraftsSpeakBothLanguages(t *testing.T) {
	for _, lang := range []string{"zh-CN", "en"} {
		for _, quiet := range []bool{false, true} {
			h := furnished()
			h.users[0].Lang, h.quiet = lang, quiet
			v := open(t, h).as("owner")
			for name, path := range draftPages() {
				if quiet && strings.Contains(path, "/drafts/") && name != "draft-new" {
					continue // there is none then
				}
				status, body := v.get(path)
				if status != 200 || strings.Contains(body, "<script>alert") || name != "draft-edit" && strings.Contains(body, "\u202e") { // a form holds what was written
					t.Errorf("%s in %s = %d, or a text that is not shown as it is", name, lang, status)
				}
				if got := unsaid.FindAllString(body, 5); got != nil {
					t.Errorf("%s in %s leaves unsaid: %v", name, lang, got)
				}
			}
		}
	}
}

func TestWhatIsDoneWithDraftsReachesThem(t *testing.T) {
	h := furnished()
	owner := open(t, h).as("owner")
	one, g := "/drafts/"+fakeID(971).String(), fakeID(20).String()
	post(owner, "/drafts", url.Values{"title": {"新稿"}, "author": {"林晓"}, "text": {"正文"}, "class": {"useful"}, "link": {"https://q.example/a"}, "to_groups": {"1"}, "tags": {"读书"}, "groups": {g}, "to_page": {"1"}, "accounts": {fakeID(30).String()}, "note": {"初稿"}})
	post(owner, "/drafts", url.Values{"title": {""}, "text": {"正文"}, "class": {"useful"}})
	post(owner, "/drafts", url.Values{"id": {fakeID(971).String()}, "seen": {"2"}, "title": {"改稿"}, "text": {"正文"}, "class": {"useful"}})
	post(owner, one+"/send", url.Values{"channel": {"groups:qq"}, "reason": {"老板要"}})
	post(owner, one+"/send", url.Values{})
	post(owner, one+"/withdraw", url.Values{"reason": {"写错了"}})
	post(owner, one+"/archive", url.Values{"away": {"1"}, "reason": {"过时"}})
	want := []string{"draft 新稿 by 林晓 新稿 to groups 读书 (1); page; accounts (1) seen 0: 初稿", "draft 改稿 by   to  seen 2: ", "draft send [groups:qq]: 老板要", "draft send []: ", "draft withdraw: 写错了", "draft away true: 过时"}
	if got := strings.Join(h.did, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("done:\n%s\nwant:\n%s", got, strings.Join(want, "\n"))
	}
}

// TestDraftsAreSoundInABrowser looks at every page at both widths and in both languages.
func TestDraftsAreSoundInABrowser(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"zh-CN", "en"} {
		h := furnished()
		h.users[0].Lang = lang
		v := open(t, h)
		soundTo(t, v.base, lang, draftPages())
	}
}
