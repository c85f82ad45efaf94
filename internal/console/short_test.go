package console

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"qunluo/internal/admit"
	"qunluo/internal/community"
)

// shortener is invented short links: one of each kind, with readers.
type shortener struct{ h *house }

func (s shortener) all() []admit.Short {
	var out []admit.Short
	for i, f := range admit.ShortFors {
		out = append(out, admit.Short{Key: int64(i + 1), ID: fakeID(700 + i), Slug: fmt.Sprint("abcdefghi", i), Title: "第三章导读", Target: "https://mp.example/s/" + strings.Repeat("abc", 20), For: f,
			Created: fakeNow.UnixMilli() - 86400_000, Known: 12, Unknown: 40, People: 9, Made: 20})
	}
	out[2].Closed, out[2].Title = fakeNow.UnixMilli(), strings.Repeat("很长的名称", 12)
	return out
}

func (s shortener) Find(context.Context, community.Page) ([]admit.Short, int, error) {
	if s.h.quiet {
		return nil, 0, s.h.err
	}
	return s.all(), 3, s.h.err
}

func (s shortener) ByID(_ context.Context, id community.ID) (admit.Short, error) {
	return one(s.all(), func(l admit.Short) bool { return l.ID == id })
}

func (s shortener) New(_ context.Context, _ string, l admit.Short, _ string) (admit.Short, error) {
	if err := l.Check(); err != nil {
		return l, err
	}
	if strings.Contains(l.Target, "refused") {
		return l, community.Errorf(community.CodeRefused, "target: no")
	}
	s.h.did = append(s.h.did, "short "+l.Target+" for "+l.For)
	l.ID = fakeID(700)
	return l, s.h.err
}

func (s shortener) Close(_ context.Context, _ string, _ community.ID, closed bool, reason string) error {
	s.h.did = append(s.h.did, fmt.Sprint("closed ", closed, ": ", reason))
	return nil
}

func (s shortener) Days(context.Context, community.ID, int) ([]admit.ShortDay, error) {
	return []admit.ShortDay{{Day: 20780, Known: 3, Unknown: 9}, {Day: 20781, Unknown: 1}}, nil
}

func (s shortener) Readers(_ context.Context, id community.ID, _ community.Page) ([]admit.Reading, int, error) {
	if id != fakeID(700) {
		return nil, 0, nil
	}
	return []admit.Reading{{Short: id, Member: community.Member{ID: fakeID(31), Name: "\u202e老周", Platform: "mp", External: "oA"}, Token: "tokentoken", Opens: 2, First: fakeNow.UnixMilli(), Last: fakeNow.UnixMilli()},
		{Short: id, Member: community.Member{ID: fakeID(32), External: "oB"}, Token: "tokentokem"}}, 2, nil
}

func (s shortener) For(_ context.Context, _, member community.ID) (string, error) {
	s.h.did = append(s.h.did, "address of "+member.String())
	return "/l/abc/tok", nil
}

func (s shortener) Trail(context.Context, community.MemberKey) ([]community.Event, error) {
	at := fakeNow.UnixMilli()
	return []community.Event{{Type: community.MenuClicked, OccurredAt: at, Body: community.Body{State: "join"}}, {Type: community.Scanned, OccurredAt: at, Body: community.Body{State: "spring-01"}},
		{Type: community.FollowerAdded, OccurredAt: at}, {Type: community.FollowerRemoved, OccurredAt: at}, {Type: community.ReactionAdded, OccurredAt: at, Body: community.Body{Text: "like"}}}, nil
}

func (s shortener) Leads(context.Context, community.Page) ([]admit.Lead, int, error) {
	if s.h.quiet {
		return nil, 0, s.h.err
	}
	return []admit.Lead{{Member: community.Member{ID: fakeID(31), Name: "老周", Platform: "wecom"}, Likes: 2, Comments: 1, Last: fakeNow.UnixMilli()}}, 1, s.h.err
}

func (s shortener) ReadBy(context.Context, community.MemberKey) ([]admit.Reading, error) {
	return []admit.Reading{{Short: fakeID(700), Title: "第三章导读", Opens: 2, Last: fakeNow.UnixMilli()}}, nil
}

func TestShortLinkIsMadeAndItsReadersAreShown(t *testing.T) {
	h := furnished()
	v := open(t, h).as("mod")
	for name, form := range map[string]url.Values{"no address": {"title": {"x"}, "target": {"javascript:alert(1)"}, "for": {"article"}}, "nothing": {}, "refused": {"title": {"x"}, "target": {"https://refused.example/"}, "for": {"article"}}} {
		if status, _ := post(v, "/shorts", form); status != 200 || len(h.did) != 0 {
			t.Errorf("%s = %d, did %q; want the form again", name, status, h.did)
		}
	}
	post(v, "/shorts", url.Values{"title": {"导读"}, "target": {"https://mp.example/s/1"}, "for": {"moment"}})
	at := "/shorts/" + fakeID(700).String()
	post(v, at+"/for", url.Values{"member": {"nobody"}})
	post(v, at+"/for", url.Values{"member": {fakeID(31).String()}})
	post(v, at+"/close", url.Values{"closed": {"1"}, "reason": {"活动完了"}})
	want := []string{"short https://mp.example/s/1 for moment", "address of " + fakeID(31).String(), "closed true: 活动完了"}
	if !slices.Equal(h.did, want) {
		t.Errorf("did %q, want %q", h.did, want)
	}
	_, body := v.get(at)
	if !strings.Contains(body, "老周") || strings.Contains(body, "\u202e") || !strings.Contains(body, "两者不相加") {
		t.Error("the page does not show its readers, or does not say that the platform's totals are apart")
	}
	if _, body := v.get("/shorts/" + fakeID(701).String()); !strings.Contains(body, "个人朋友圈没有接口") {
		t.Error("a link for a post does not say what cannot be seen")
	}
	if status, _ := v.get("/shorts/" + fakeID(799).String()); status != 404 {
		t.Errorf("an unknown link = %d, want 404", status)
	}
	_, body = v.get("/members/" + h.members[0].ID.String())
	for _, want := range []string{"点菜单", "spring-01", "读了 2 次", "第三章导读"} {
		if !strings.Contains(body, want) {
			t.Errorf("the member's page does not say %q", want)
		}
	}
}
