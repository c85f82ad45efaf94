package console

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/draw"
	"qunluo/internal/plan"
)

// drum keeps draws in the invented house, one in every state.
type drum struct{ h *house }

var drawStates = []draw.State{draw.Draft, draw.Published, draw.Closed, draw.Drawn, draw.Settled, draw.Called}

func (d drum) all() []draw.Draw {
	var out []draw.Draw
	for i, s := range drawStates {
		t := draw.Default()
		t.Title, t.Sponsor, t.Contact, t.Redeem, t.Note = "十二月抽奖", "徒步社", "群主", "联系群主领取", "长期有效 <script>alert(1)</script>"
		t.Prizes = []draw.Prize{{Name: "大红包", Kind: draw.RedPacket, Count: 1, Fen: 88_00}, {Name: "Very-Long-Name-Without-Spaces-ABCDEFGHIJKLMNOPQRSTUVWXYZ", Kind: draw.Thing, Count: 3, Fen: 40_00}}
		t.Who.Active, t.Who.Tiers = 3, []string{"core", "normal"}
		t.Closes, t.Draws = fakeNow.UnixMilli()+86400_000, fakeNow.UnixMilli()+2*86400_000
		one := draw.Draw{ID: fakeID(950 + i), Group: 1, GroupID: d.h.groups[0].ID, GroupName: d.h.groups[0].Name, State: s, Terms: t, Budget: 300_00, Version: 2, Why: hostile, Slot: "draw", Date: "2026-12-01"}
		if s != draw.Draft {
			one.Commitment, one.Entries = strings.Repeat("3f9a", 16), 41
		}
		switch s {
		case draw.Closed:
			one.Terms.Beacon, one.Terms.Closes, one.Terms.Draws, one.List = "当晚福彩 3D 开奖号", fakeNow.UnixMilli()-7200_000, fakeNow.UnixMilli()-3600_000, strings.Repeat("77ab", 16)
		case draw.Drawn, draw.Settled:
			one.State, one.List, one.Seed, one.Open = draw.Drawn, strings.Repeat("77ab", 16), strings.Repeat("01", 32), map[draw.State]int{draw.Drawn: 2}[s]
		}
		out = append(out, one)
	}
	return out
}

func (d drum) List(_ context.Context, g community.GroupKey, _ community.Page) ([]draw.Draw, int, error) {
	if g > 1 || d.h.quiet {
		return nil, 0, d.h.err
	}
	return d.all(), len(drawStates), d.h.err
}

func (d drum) ByID(_ context.Context, id community.ID) (draw.Draw, draw.Sums, error) {
	for _, one := range d.all() {
		if one.ID == id {
			return one, draw.Sums{Budget: 300_00, Worth: 208_00, Awarded: 128_00, Paid: 88_00, Open: 40_00, Unclaimed: 40_00, Left: 80_00}, d.h.err
		}
	}
	return draw.Draw{}, draw.Sums{}, community.Errorf(community.CodeNotFound, "draw: not found")
}

func (d drum) Entries(context.Context, community.ID, community.Page) ([]draw.Entry, int, error) {
	if d.h.quiet {
		return nil, 0, d.h.err
	}
	return []draw.Entry{{Member: 2, MemberID: fakeID(41), Name: "阿明", Code: "OJCILRF2SRMJ", Entered: fakeNow.UnixMilli(), Place: 1}, {Member: 4, MemberID: fakeID(43), Name: hostile, Code: "AAAALRF2SRMJ"}, {Member: 3, MemberID: fakeID(42), Name: "小林Lin", Code: "BBBBLRF2SRMJ", Out: draw.OutTwice}}, 3, d.h.err
}

func (d drum) Slots(context.Context) ([]plan.Fixture, error) {
	return plan.DefaultFixtures(), d.h.err
}

func (d drum) New(_ context.Context, _ string, g community.GroupKey, t draw.Terms, budget int64, slot, _ string) (draw.Draw, error) {
	d.h.note("draw %d %s %d prizes of %d within %d, slot %q, lasts %d min, standing %v %v", g, t.Title, t.Winners(), t.Worth(), budget, slot, (t.Draws-t.Closes)/60_000, t.Who.Standing, t.Who.Tiers)
	if err := t.Check(); err != nil {
		return draw.Draw{}, err
	}
	return d.all()[0], d.h.err
}

func (d drum) Edit(_ context.Context, _ string, _ community.ID, version int, t draw.Terms, budget int64, _, _ string) (draw.Draw, error) {
	d.h.note("edit draw %d %s %d", version, t.Title, budget)
	return d.all()[0], community.Errorf(community.CodeConflict, "changed")
}

func (d drum) Publish(_ context.Context, _ string, _ community.ID, version int, override, _ string) (draw.Draw, error) {
	d.h.note("publish draw %d %s", version, override)
	return draw.Draw{}, draw.Terms{Note: "转发朋友圈"}.Lawful("wechat", false)
}

func (d drum) Cancel(_ context.Context, _ string, _ community.ID, reason string) (draw.Draw, error) {
	d.h.note("cancel draw: %s", reason)
	return draw.Draw{}, d.h.err
}

func (d drum) Mix(_ context.Context, _ string, _ community.ID, number, source string) (draw.Draw, error) {
	d.h.note("number %s from %s", number, source)
	return draw.Draw{}, d.h.err
}

func (d drum) Address(one draw.Draw) string {
	if one.Commitment == "" {
		return ""
	}
	return "https://qun.example/draw/abcdefgh"
}

func (d drum) Link(context.Context, community.ID, community.MemberKey) (string, error) {
	return "https://qun.example/draw/abcdefgh/" + strings.Repeat("Ab3", 16), d.h.err
}

func (d drum) prizes() []draw.Payout {
	at := fakeNow.UnixMilli()
	p := draw.Payout{ID: fakeID(960), Draw: fakeID(953), Title: "十二月抽奖", Group: 1, GroupName: d.h.groups[0].Name, MemberID: fakeID(41), Name: "阿明", Code: "OJCILRF2SRMJ", Place: 1, Prize: "大红包", Kind: draw.RedPacket, Fen: 88_00, State: draw.Open, Made: at - 8*86400_000, Until: at - 86400_000}
	paid, lapsed := p, p
	paid.ID, paid.State, paid.PaidAt, paid.PaidBy, paid.Receipt, paid.Name = fakeID(961), draw.Paid, at, fakeID(2).String(), "转账单 10023", hostile
	lapsed.ID, lapsed.State, lapsed.PaidAt, lapsed.PaidBy, lapsed.Receipt = fakeID(962), draw.Lapsed, at, fakeID(2).String(), "没来"
	return []draw.Payout{p, paid, lapsed}
}

func (d drum) Payouts(_ context.Context, _ community.GroupKey, _ community.ID, _ string, p community.Page) ([]draw.Payout, int, error) {
	if d.h.quiet || p.Offset > 0 {
		return nil, 0, d.h.err
	}
	return d.prizes(), 3, d.h.err
}

func (d drum) Payout(_ context.Context, id community.ID) (draw.Payout, error) {
	for _, p := range d.prizes() {
		if p.ID == id {
			return p, d.h.err
		}
	}
	return draw.Payout{}, community.Errorf(community.CodeNotFound, "prize: not found")
}

func (d drum) Pay(_ context.Context, _ string, _ community.ID, receipt string) (draw.Payout, error) {
	d.h.note("pay prize: %s", receipt)
	if receipt == "" {
		return draw.Payout{}, community.Errorf(community.CodeBadInput, "receipt: missing")
	}
	return draw.Payout{}, d.h.err
}

func (d drum) Lapse(_ context.Context, _ string, _ community.ID, reason string) (draw.Payout, error) {
	d.h.note("lapse prize: %s", reason)
	return draw.Payout{}, d.h.err
}

func (d drum) Unpay(_ context.Context, _ string, _ community.ID, reason string) (draw.Payout, error) {
	d.h.note("unpay prize: %s", reason)
	return draw.Payout{}, d.h.err
}

// drawPages are their pages in every state.
func drawPages() map[string]string {
	out := map[string]string{"draws": "/draws", "draws-of": "/draws?g=" + fakeID(20).String(), "draw-new": "/draws/new?g=" + fakeID(20).String(), "draw-edit": "/draws/" + fakeID(950).String() + "/edit", "draw-links": "/draws/" + fakeID(951).String() + "/links",
		"prizes": "/prizes", "prizes-unclaimed": "/prizes?state=unclaimed&d=" + fakeID(953).String(), "prize-open": "/prizes/" + fakeID(960).String(), "prize-paid": "/prizes/" + fakeID(961).String(), "prize-lapsed": "/prizes/" + fakeID(962).String()}
	for i, s := range drawStates {
		out["draw-"+string(s)] = "/draws/" + fakeID(950+i).String()
	}
	return out
}

func TestPagesOfDrawsSpeakBothLanguages(t *testing.T) {
	for _, lang := range []string{"zh-CN", "en"} {
		for _, quiet := range []bool{false, true} {
			h := furnished()
			h.users[0].Lang, h.quiet = lang, quiet
			v := open(t, h).as("owner")
			for name, path := range drawPages() {
				status, body := v.get(path)
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

// postAll sends a form with every value of its fields.
func postAll(v *visitor, path string, form url.Values) (int, string) {
	var pairs []string
	for name, values := range form {
		for _, value := range values {
			pairs = append(pairs, name, value)
		}
	}
	return v.post(path, pairs...)
}

// TestWhatIsDoneWithDrawsReachesThem: forms are read as they were typed, and what is wrong is said beside what was typed.
func TestWhatIsDoneWithDrawsReachesThem(t *testing.T) {
	h := furnished()
	owner := open(t, h).as("owner")
	g := h.groups[0].ID.String()
	form := url.Values{"g": {g}, "title": {"新年抽奖"}, "sponsor": {"徒步社"}, "contact": {"群主"}, "redeem": {"找群主"}, "prizes": {"大 红包 1 88\r\n\r\n书 2 40.5 实物"}, "budget": {""}, "days": {"7"}, "closes": {"2026-12-31 20:00"}, "draws": {"2026-12-31 21:00"},
		"slot": {"draw"}, "lang": {"zh-CN"}, "in_days": {"7"}, "active": {"0"}, "window": {"30"}, "standing": {"1"}, "tier": {"core", "normal"}}
	with := func(key, value string) url.Values {
		f := maps.Clone(form)
		f[key] = []string{value}
		return f
	}
	home, prize := "/draws/"+fakeID(950).String(), "/prizes/"+fakeID(960).String()
	for _, c := range []struct {
		to     string
		form   url.Values
		status int
		words  string
	}{
		{"/draws/new", form, 200, "阿明"}, {"/draws/new", with("closes", "明晚"), 422, "时间看不懂"}, {"/draws/new", with("prizes", "红包"), 422, "奖品看不懂"}, {"/draws/new", with("budget", "很多"), 422, "预算看不懂"}, {"/draws/new", with("budget", "1.001"), 422, "预算看不懂"},
		{"/draws/new", with("prizes", "红包 1 60000"), 422, "50,000"}, {"/draws/new", with("title", ""), 422, "标题"}, {home + "/edit", with("version", "2"), 422, "已经有人改过"},
	} {
		if status, body := postAll(owner, c.to, c.form); status != c.status || !strings.Contains(body, c.words) {
			t.Errorf("%s: %d, want %d and %q", c.to, status, c.status, c.words)
		}
	}
	if _, body := postAll(owner, home+"/publish", url.Values{"version": {"2"}, "override": {"内部群"}}); !strings.Contains(body, "微信禁止用奖励诱导分享") {
		t.Error("it is not said why it was not published")
	}
	postAll(owner, home+"/cancel", url.Values{"reason": {"不办了"}})
	postAll(owner, home+"/number", url.Values{"number": {"0 7 3"}, "source": {"https://example.org"}})
	if _, body := postAll(owner, prize+"/pay", url.Values{"receipt": {""}}); !strings.Contains(body, "请写下凭据") {
		t.Error("it is not said that a receipt is missing")
	}
	postAll(owner, prize+"/pay", url.Values{"receipt": {"单号 1"}})
	postAll(owner, prize+"/lapse", url.Values{"reason": {"没来"}})
	postAll(owner, prize+"/unpay", url.Values{"reason": {"弄错"}})
	for _, want := range []string{`draw 1 新年抽奖 3 prizes of 16900 within 16900, slot "draw", lasts 60 min, standing true [core normal]`, "edit draw 2 新年抽奖 16900", "publish draw 2 内部群", "cancel draw: 不办了", "number 0 7 3 from https://example.org", "pay prize: 单号 1", "lapse prize: 没来", "unpay prize: 弄错"} {
		if !slices.Contains(h.did, want) {
			t.Errorf("not done: %s; done: %q", want, h.did)
		}
	}
	viewer := open(t, h).as("mod")
	if status, _ := postAll(viewer, prize+"/pay", url.Values{"receipt": {"x"}}); status != 403 {
		t.Errorf("somebody who may not pay pays: %d", status)
	}
}

// TestDrawPagesAreSoundInABrowser at 1440 and 390 px, in both languages.
func TestDrawPagesAreSoundInABrowser(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"zh-CN", "en"} {
		h := furnished()
		h.users[0].Lang = lang
		v := open(t, h)
		soundTo(t, v.base, lang, drawPages())
	}
}
