package console

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// wallet keeps invented codes.
type wallet struct {
	h    *house
	rows []admit.Row
	did  []string
}

func (w *wallet) note(format string, args ...any) {
	w.did = append(w.did, fmt.Sprintf(format, args...))
}

func newWallet(h *house) *wallet {
	now := fakeNow.UnixMilli()
	const day = 86400_000
	sizes := admit.Sizes{1: {Members: 466, Limit: 500}, 2: {Members: 120, Limit: 500}}
	entries := []admit.Entry{
		{ID: fakeID(950), Group: 1, GroupName: h.groups[0].Name, Picture: "aa", Expires: now + day/2, Scans: 180, Most: 200, Created: now - 6*day},
		{ID: fakeID(951), Group: 2, GroupName: h.groups[1].Name, Link: "https://chat.example/+a-very-long-link-that-goes-on-and-on-and-on", Created: now - day},
		{ID: fakeID(952), Group: 2, GroupName: h.groups[1].Name, Created: now}}
	w := &wallet{h: h}
	for i, c := range []admit.Code{
		{Key: 1, ID: fakeID(940), Kind: admit.Channel, Slug: "abcdefghij", Name: "公众号菜单", State: "gzh-menu", Line: "每周一本书", Tags: []string{"公众号", "新人"}, Welcome: "{{name}}，欢迎！", Entries: entries, Created: now - 20*day},
		{Key: 2, ID: fakeID(941), Kind: admit.Group, Slug: "bcdefghijk", Name: "海报 \u202e<b>群活码</b> " + strings.Repeat("很长", 12), Entries: entries[:1], Created: now - 8*day},
		{Key: 3, ID: fakeID(942), Kind: admit.Group, Slug: "cdefghijkl", Name: "空的", Created: now - day},
		{Key: 4, ID: fakeID(943), Kind: admit.Group, Slug: "defghijklm", Name: "停用的", Created: now - 50*day, Closed: now - day},
	} {
		r := admit.Row{Code: c, Sizes: sizes, Now: admit.Pick(c, sizes, now), Warnings: admit.Warnings(c, sizes, now), Flow: admit.Flow{Scans: 1830 - int64(i)*600}}
		if c.Marked() {
			r.Joins, r.Leaves, r.Here = 412, 57, 349
		}
		w.rows = append(w.rows, r)
	}
	return w
}

func (w *wallet) Find(_ context.Context, f admit.Filter) ([]admit.Row, int, error) {
	return cut(w.h, w.rows, f.Page, func(r admit.Row) bool {
		return strings.Contains(r.Name+r.State, f.Text) && (f.Kind == "" || r.Kind == f.Kind) && (r.Closed != 0) == f.Closed
	})
}
func (w *wallet) ByID(_ context.Context, id community.ID) (admit.Row, error) {
	return one(w.rows, func(r admit.Row) bool { return r.ID == id })
}
func (w *wallet) Days(context.Context, community.ID, int) ([]admit.DayFlow, error) {
	return []admit.DayFlow{{Date: "2026-11-22", Flow: admit.Flow{Scans: 40, Joins: 9, Leaves: 2}}, {Date: "2026-11-23"}}, nil
}
func (w *wallet) Save(_ context.Context, _ string, c admit.Code, _ string) (admit.Code, error) {
	if err := c.Check(); err != nil {
		return c, err
	}
	if c.ID.IsZero() {
		c.ID = fakeID(940)
	}
	w.note("save %s %s", c.Kind, c.Name)
	return c, nil
}
func (w *wallet) AddEntry(_ context.Context, _ string, _ community.ID, e admit.Entry, picture []byte) (admit.Entry, error) {
	w.note("entry of group %d: %d bytes, link %q, until %d, most %d", e.Group, len(picture), e.Link, e.Expires, e.Most)
	return e, nil
}
func (w *wallet) Order(_ context.Context, _ string, _ community.ID, g community.GroupKey) (admit.Entry, error) {
	w.note("order in group %d", g)
	return admit.Entry{}, nil
}
func (w *wallet) Rotate(context.Context, string, community.ID) error {
	return community.Errorf(community.CodeConflict, "no other")
}
func (w *wallet) RemoveEntry(_ context.Context, _ string, _, e community.ID, reason string) error {
	w.note("remove %s: %s", e, reason)
	return nil
}
func (w *wallet) Close(_ context.Context, _ string, _ community.ID, reason string) error {
	w.note("close: %s", reason)
	return nil
}
func (w *wallet) QR(string) ([]byte, error) {
	return []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89\x00\x00\x00\rIDATx\x9cc\xf8\xff\xff?\x00\x05\xfe\x02\xfe\xdc\xccY\xe7\x00\x00\x00\x00IEND\xaeB`\x82"), nil
}
func (w *wallet) Caps(_ context.Context, rows []community.GroupRow) (map[community.GroupKey]measure.Cap, error) {
	out := map[community.GroupKey]measure.Cap{}
	states := []measure.Cap{
		{State: measure.CapDay, Size: 466, Limit: 500, Day: 20785, Early: 20784, Late: 20790, Growth: 3.4, Known: 26, Coverage: measure.Coverage{Covered: 26, Of: 28}},
		{State: measure.CapFew, Size: 120, Limit: 500, Known: 3, Growth: 1, Coverage: measure.Coverage{Covered: 3, Of: 28}}, {State: measure.CapNone, Size: -1}}
	for _, g := range rows {
		out[g.Key] = states[(int(g.Key)-1)%3]
	}
	return out, nil
}
func (w *wallet) Cap(context.Context, community.GroupKey) (admit.CapRule, error) {
	return admit.CapRule{Most: 500, Lead: 7}, nil
}
func (w *wallet) SetCap(_ context.Context, _ string, g community.GroupKey, most, lead int64, reason string) error {
	w.note("cap of %d: %d, %d: %s", g, most, lead, reason)
	return nil
}
func (w *wallet) Doubles(_ context.Context, _ community.GroupKey, p community.Page) ([]admit.Double, int, error) {
	places := []admit.Place{{Group: 1, Name: w.h.groups[0].Name, Messages: 31}, {Group: 2, Name: w.h.groups[1].Name}}
	return cut(w.h, []admit.Double{{Member: w.h.members[1].Member, Places: places}, {Member: w.h.members[3].Member, Places: places, Task: fakeID(300)}}, p, nil)
}
func (w *wallet) AskDouble(_ context.Context, _ string, main community.GroupKey, m community.ID) error {
	w.note("ask %s of %d", m, main)
	return nil
}
func (w *wallet) MemberTags(context.Context, community.MemberKey) ([]string, error) {
	return []string{"公众号"}, nil
}

// codeHouse is a house that keeps codes.
func codeHouse() (*house, *wallet, Deps) {
	h := furnished()
	w := newWallet(h)
	d := h.fullDeps()
	d.Codes = func(community.OrgKey, []community.GroupKey) Codes { return w }
	return h, w, d
}

func codePages() map[string]string {
	return map[string]string{"codes": "/codes", "codes-closed": "/codes?closed=1", "codes-nothing": "/codes?q=zzz", "code-new": "/codes/new", "code": "/codes/" + fakeID(940).String(), "code-plain": "/codes/" + fakeID(941).String(),
		"code-empty": "/codes/" + fakeID(942).String(), "code-closed": "/codes/" + fakeID(943).String(), "doubles": "/doubles", "cap-groups": "/groups", "cap-group": "/groups/" + fakeID(20).String()}
}

func TestCodesSpeakBothLanguages(t *testing.T) {
	for _, lang := range []string{"zh-CN", "en"} {
		h, _, d := codeHouse()
		h.users[0].Lang = lang
		v := openWith(t, d).as("owner")
		for name, path := range codePages() {
			status, body := v.get(path)
			if got := unsaid.FindAllString(body, 5); status != 200 || got != nil {
				t.Errorf("%s in %s = %d, leaves unsaid: %v", name, lang, status, got)
			}
		}
	}
}

func TestEachNumberOfACodeLeadsToItsPeople(t *testing.T) {
	_, _, d := codeHouse()
	_, body := openWith(t, d).as("owner").get("/codes/" + fakeID(940).String())
	for _, want := range []string{"/members?source=gzh-menu&amp;there=all", "/members?source=gzh-menu&amp;there=left", "412", "355", "349", "/j/abcdefghij"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	_, body = openWith(t, d).as("owner").get("/codes/" + fakeID(941).String())
	if strings.Contains(body, "/members?source=") || !strings.Contains(body, "没有来源标记") {
		t.Error("a code without a mark shows numbers that nobody can know")
	}
}

func TestCodesAreChangedByThoseWhoMay(t *testing.T) {
	_, w, d := codeHouse()
	v, mod := openWith(t, d).as("owner"), openWith(t, d).as("mod")
	at, g := "/codes/"+fakeID(940).String(), fakeID(20).String()
	for _, c := range []struct {
		path  string
		pairs []string
		want  string
	}{
		{"/codes", []string{"kind", "channel", "name", "菜单", "state", "menu"}, "save channel 菜单"},
		{"/codes", []string{"kind", "channel", "name", "", "state", "menu"}, ""},
		{at, []string{"name", "新名", "state", "menu"}, ""}, // it leads to a group: which figure should it move?
		{at, []string{"name", "新名", "state", "menu", "move_none", "只是改名"}, "save channel 新名"},
		{at, []string{"name", strings.Repeat("长", 61), "state", "menu", "move_none", "只是改名"}, ""},
		{at + "/link", []string{"g", g, "link", "https://a.example/x", "days", "0", "most", "9"}, `entry of group 1: 0 bytes, link "https://a.example/x", until 0, most 9`},
		{at + "/link", []string{"g", g, "link", "javascript:alert(1)", "days", "0", "most", "0"}, ""},
		{at + "/link", []string{"g", g, "link", "https://a.example", "days", "-3", "most", "0"}, ""},
		{at + "/link", []string{"g", "", "link", "https://a.example", "days", "1", "most", "0"}, ""},
		{at + "/order", []string{"g", g}, "order in group 1"},
		{at + "/rotate", nil, ""},
		{at + "/remove", []string{"entry", fakeID(950).String(), "reason", "旧"}, "remove " + fakeID(950).String() + ": 旧"},
		{at + "/remove", []string{"entry", "zzz"}, ""},
		{at + "/close", nil, ""},
		{at + "/close", []string{"reason", "完"}, "close: 完"},
		{"/groups/" + g + "/cap", []string{"most", "300", "lead", "9", "reason", "小"}, ""},
		{"/groups/" + g + "/cap", []string{"most", "300", "lead", "9", "reason", "小", "move", "joins", "move_days", "28"}, "cap of 1: 300, 9: 小"},
		{"/groups/" + g + "/cap", []string{"most", "many", "lead", "9"}, ""},
		{"/doubles/" + fakeID(41).String(), []string{"g", ""}, "ask " + fakeID(41).String() + " of 0"},
	} {
		w.did = nil
		v.post(c.path, c.pairs...)
		got := strings.Join(w.did, "; ")
		if got != c.want {
			t.Errorf("POST %s %q did %q, want %q", c.path, c.pairs, got, c.want)
		}
	}
	w.did = nil
	for _, path := range []string{"/codes", at, at + "/close"} {
		if status, _ := mod.post(path, "reason", "x", "name", "x", "kind", "group"); status != 403 {
			t.Errorf("a moderator posts to %s: %d, want 403", path, status)
		}
	}
	if status, _ := mod.get("/codes.csv"); status != 403 || w.did != nil {
		t.Errorf("a moderator gets the file: %d, did %v", status, w.did)
	}
}

func TestCodesAreSoundInABrowser(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"zh-CN", "en"} {
		h, _, d := codeHouse()
		h.users[0].Lang = lang
		v := openWith(t, d)
		soundTo(t, v.base, lang, codePages())
	}
}
