package console

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/plan"
	"qunluo/internal/shelf"
)

// bookcase is an invented library: an item that is good, one that has expired and one that was put away.
type bookcase struct{ h *house }

func (b bookcase) items() []shelf.Item {
	if b.h.quiet {
		return nil
	}
	out := []shelf.Item{
		{ID: fakeID(951), Kind: shelf.Post, Content: shelf.Content{Title: "共读邀请 " + hostile, Text: "{group}今晚共读，收 {price} 元 <script>alert(1)</script>", Tags: []string{"共读", "售前"}, URL: "https://qun.example/a", Files: []shelf.File{{ID: fakeID(90), Name: "图 " + hostile + ".png", Type: "image/png", Bytes: 9}}}, Version: 2, Changed: 2, Maker: fakeID(1).String(), Updated: fakeNow.UnixMilli(), Exclusive: true, Groups: []community.GroupKey{b.h.groups[0].Key}},
		{ID: fakeID(952), Kind: shelf.Script, Content: shelf.Content{Title: "催付", Text: "还剩三个名额", Expires: "2020-01-01"}, Version: 1, Changed: 1, Updated: fakeNow.UnixMilli()},
		{ID: fakeID(953), Kind: shelf.Poster, Content: shelf.Content{Title: "海报", Poster: "welcome"}, Version: 1, Archived: true, Changed: 1, Updated: fakeNow.UnixMilli()}}
	return out
}

func (b bookcase) Find(_ context.Context, f shelf.Filter) ([]shelf.Item, int, error) {
	var out []shelf.Item
	for _, i := range b.items() {
		if i.Archived == f.Archived && (f.Text == "" || strings.Contains(i.Title, f.Text)) {
			out = append(out, i)
		}
	}
	return out, len(out), b.h.err
}

func (b bookcase) Tags(context.Context) ([]string, error) {
	return []string{"共读", "售前"}, b.h.err
}

func (b bookcase) Get(_ context.Context, id community.ID) (shelf.Item, error) {
	for _, i := range b.items() {
		if i.ID == id {
			return i, b.h.err
		}
	}
	return shelf.Item{}, community.Errorf(community.CodeNotFound, "item: not found")
}

func (bookcase) Standing(i shelf.Item) string { return i.Standing(fakeNow.UnixMilli(), zone("")) }

func (b bookcase) Save(_ context.Context, _ string, id community.ID, seen int64, kind shelf.Kind, c shelf.Content, note string) (shelf.Item, error) {
	if err := c.Check(kind); err != nil {
		return shelf.Item{}, err
	}
	b.h.note("library %s %s %s seen %d: %s", kind, c.Title, strings.Join(c.Tags, "/"), seen, note)
	return shelf.Item{ID: fakeID(951), Version: 3}, b.h.err
}

func (b bookcase) Versions(_ context.Context, id community.ID) ([]shelf.Version, error) {
	i, err := b.Get(context.Background(), id)
	was := i.Content
	was.Text, was.Tags = "以前的字 "+hostile, nil
	return []shelf.Version{{Version: 2, Content: i.Content, User: fakeID(1).String(), Note: "改字 " + hostile, At: fakeNow.UnixMilli()}, {Version: 1, Content: was, User: "?", At: fakeNow.UnixMilli() - 1}}, err
}

func (b bookcase) Restore(_ context.Context, _ string, id community.ID, version int, note string) (shelf.Item, error) {
	b.h.note("library restore %d: %s", version, note)
	return b.Get(context.Background(), id)
}

func (b bookcase) Archive(_ context.Context, _ string, id community.ID, away bool, reason string) (shelf.Item, error) {
	b.h.note("library away %v: %s", away, reason)
	return b.Get(context.Background(), id)
}

func (b bookcase) ToCalendar(_ context.Context, _ string, id community.ID, o shelf.Order, c plan.Content) (plan.Item, error) {
	i, err := b.Get(context.Background(), id)
	if err != nil {
		return plan.Item{}, err
	}
	if i.Standing(fakeNow.UnixMilli(), zone("")) == shelf.Expired && o.Override == "" {
		return plan.Item{}, community.Errorf(community.CodeRefused, "it has expired")
	}
	b.h.note("library plan %s %s %d groups %v", c.Date, c.Class, len(c.Groups), o.Values)
	return plan.Item{ID: fakeID(503)}, b.h.err
}

func (b bookcase) ToBroadcast(_ context.Context, _ string, _ community.ID, o shelf.Order, v plan.Broadcast) (plan.Broadcast, error) {
	if o.Values["price"] == "" {
		return v, community.Errorf(community.CodeBadInput, "price")
	}
	b.h.note("library send %s %v %v", v.State, v.Filter.Groups, o.Values)
	v.ID = fakeID(700)
	return v, b.h.err
}

func (b bookcase) Preview(context.Context, community.ID, shelf.Order) ([]shelf.Preview, error) {
	if b.h.quiet {
		return nil, b.h.err
	}
	return []shelf.Preview{{Platform: "sim", Group: "读书会 " + hostile, Text: "读书会今晚共读 " + hostile, Missing: []string{"price"}, Lost: []string{"图.png"}, ByHand: true}, {Platform: "irc", Group: "#x", Text: "ok"}}, b.h.err
}

func (b bookcase) Uses(context.Context, community.ID) ([]shelf.Use, int, error) {
	if b.h.quiet {
		return nil, 0, b.h.err
	}
	g := []community.GroupKey{b.h.groups[0].Key}
	return []shelf.Use{{Place: shelf.InCalendar, Ref: fakeID(503), Title: "周五 " + hostile, Version: 1, User: fakeID(1).String(), At: 5, Groups: g, Override: "老板要 " + hostile}, {Place: shelf.InBroadcast, Ref: fakeID(700), Title: "群发", Version: 2, At: 6},
		{Place: shelf.InWelcome, Title: "读书会", Groups: g, At: 7}, {Place: shelf.InCharter, Title: "读书会", Groups: g, At: 8},
		{Place: shelf.InStep, Ref: fakeID(800), Title: "新群七天 " + hostile, Groups: g, At: 9}, {Place: shelf.InGreeting, Title: "读书会", Groups: g, At: 10}}, 3, b.h.err
}

func (b bookcase) Said(context.Context, community.ID) ([]shelf.SaidOf, error) {
	if b.h.quiet {
		return nil, nil
	}
	return []shelf.SaidOf{{Version: 3, Steps: 4, Welcomes: 12, At: fakeNow.UnixMilli()}, {Version: 2, Steps: 1, At: fakeNow.UnixMilli() - 1000}}, nil
}

func (b bookcase) Greet(context.Context, string, community.ID, community.GroupKey, string) (int, error) {
	return 2, nil
}

func (b bookcase) Short(_ context.Context, id community.ID) (admit.Short, error) {
	if id != fakeID(951) {
		return admit.Short{}, community.Errorf(community.CodeNotFound, "none yet")
	}
	return admit.Short{ID: fakeID(97), Known: 12, Unknown: 30, People: 7}, b.h.err
}

func (b bookcase) Exclusive(_ context.Context, _ string, id community.ID, groups []community.GroupKey, reason string) (shelf.Item, error) {
	b.h.note("library exclusive %v: %s", groups, reason)
	return b.Get(context.Background(), id)
}

func (b bookcase) Release(_ context.Context, _ string, _ community.ID, g community.GroupKey, reason string) error {
	b.h.note("library release %d: %s", g, reason)
	return b.h.err
}

func (b bookcase) Releases(context.Context, community.ID) ([]shelf.Release, error) {
	return []shelf.Release{{Group: b.h.groups[len(b.h.groups)-1].Key, Reason: "合办 " + hostile, User: fakeID(1).String(), At: 5}}, b.h.err
}

func (b bookcase) Withheld(context.Context, community.ID) ([]shelf.Withheld, error) {
	return []shelf.Withheld{{Task: fakeID(301), Group: b.h.groups[0].Key, By: community.ByRule, Rule: "mirror"}, {Task: fakeID(302), Group: b.h.groups[0].Key, By: community.ByPerson}}, b.h.err
}

func (b bookcase) Mine(_ context.Context, _ string, _, member community.ID) (string, error) {
	b.h.note("library mine %s", member)
	return "https://qun.example/l/abc/def", b.h.err
}

// cardbox keeps cards in the invented house: one that stands, one that was taken off, one that was erased.
type cardbox struct{ h *house }

func (b cardbox) cards() []shelf.Card {
	if b.h.quiet {
		return nil
	}
	g := b.h.groups[0]
	one := shelf.Card{ID: fakeID(961), Group: g.Key, GroupID: g.ID, GroupName: g.Name, Number: 1007, Author: 41, AuthorID: fakeID(41), Name: "老周 " + hostile, SaidAt: fakeNow.UnixMilli(), Made: fakeNow.UnixMilli(), Text: "发票在订单页右上角 <script>alert(1)</script>" + hostile, Note: "以这条为准", Tags: []string{"售后"}, By: shelf.ByPeople,
		Why: shelf.Why{Reactions: 5, Replies: 1, Least: 5}, There: true, Recalled: true, Version: 2}
	off, gone := one, one
	off.ID, off.Removed, off.By, off.User, off.There = fakeID(962), 7, shelf.ByHand, fakeID(1).String(), false
	gone.ID, gone.Erased, gone.Text, gone.Name, gone.Author, gone.Tags, gone.Note = fakeID(963), 7, "", "", 0, nil, ""
	return []shelf.Card{one, off, gone}
}

func (b cardbox) Cards(_ context.Context, f shelf.CardFilter) ([]shelf.Card, int, error) {
	var out []shelf.Card
	for _, v := range b.cards() {
		if (v.Removed != 0) == f.Removed && v.Erased == 0 && (f.Text == "" || strings.Contains(v.Text, f.Text)) {
			out = append(out, v)
		}
	}
	return out, len(out), b.h.err
}

func (b cardbox) Card(_ context.Context, id community.ID) (shelf.Card, error) {
	for _, v := range b.cards() {
		if v.ID == id {
			return v, b.h.err
		}
	}
	return shelf.Card{}, community.Errorf(community.CodeNotFound, "card: not found")
}

func (cardbox) CardOf(context.Context, int64) (shelf.Card, error) {
	return shelf.Card{}, community.Errorf(community.CodeNotFound, "card: not found")
}

func (b cardbox) Tags(context.Context) ([]string, error) { return []string{"售后"}, b.h.err }

func (b cardbox) Keep(_ context.Context, _ string, _ community.GroupKey, number int64, tags []string, note string) (shelf.Card, error) {
	b.h.note("keep %d %s: %s", number, strings.Join(tags, "/"), note)
	return shelf.Card{ID: fakeID(961)}, b.h.err
}

func (b cardbox) Edit(_ context.Context, _ string, id community.ID, version int, tags []string, note string) (shelf.Card, error) {
	b.h.note("card %d %s: %s", version, strings.Join(tags, "/"), note)
	return b.Card(context.Background(), id)
}

func (b cardbox) Remove(_ context.Context, _ string, id community.ID, off bool, reason string) (shelf.Card, error) {
	b.h.note("card off %v: %s", off, reason)
	return b.Card(context.Background(), id)
}

func (b cardbox) EraseMember(_ context.Context, _ string, member community.ID, reason string) (int, error) {
	b.h.note("erase %s: %s", member, reason)
	return 1, b.h.err
}

func (b cardbox) Rule(context.Context, community.GroupKey) (shelf.Rule, bool, error) {
	return shelf.DefaultRule(), !b.h.quiet, b.h.err
}

func (b cardbox) SaveRule(_ context.Context, _ string, g community.GroupKey, rule *shelf.Rule, reason string) error {
	if rule == nil {
		b.h.note("no rule in %d", g)
		return b.h.err
	}
	if err := rule.Check(); err != nil {
		return err
	}
	b.h.note("rule in %d: %d react, %d answer, %d days: %s", g, rule.Reactions, rule.Replies, rule.Days, reason)
	return b.h.err
}

// shelfPages are the pages of the library and of cards in every state.
func shelfPages() map[string]string {
	g := "?g=" + fakeID(20).String()
	item := func(n int) string { return "/library/" + fakeID(n).String() }
	return map[string]string{"library": "/library", "library-away": "/library?away=1", "library-sought": "/library?q=nothing", "library-new": "/library/new?kind=picture", "library-item": item(951), "library-greet": item(951) + "/greet", "library-expired": item(952), "library-put-away": item(953),
		"library-edit": item(951) + "/edit", "library-plan": item(951) + "/plan", "library-plan-expired": item(952) + "/plan", "library-send": item(951) + "/send",
		"essence": "/essence", "essence-of": "/essence" + g, "essence-off": "/essence?off=1", "essence-sought": "/essence?q=nothing", "essence-rule": "/essence/rule", "essence-rule-of": "/essence/rule" + g,
		"card": "/essence/" + fakeID(961).String(), "card-off": "/essence/" + fakeID(962).String(), "card-erased": "/essence/" + fakeID(963).String()}
}

func TestPagesOfTheShelfSpeakBothLanguages(t *testing.T) {
	for _, lang := range []string{"zh-CN", "en"} {
		for _, quiet := range []bool{false, true} {
			h := furnished()
			h.users[0].Lang, h.quiet = lang, quiet
			v := open(t, h).as("owner")
			for name, path := range shelfPages() {
				if quiet && (strings.Contains(path, fakeID(951).String()) || strings.Contains(path, fakeID(952).String()) || strings.Contains(path, fakeID(953).String()) || strings.HasPrefix(name, "card")) {
					continue // there is none then
				}
				status, body := v.get(path)
				if status != 200 || strings.Contains(body, "<script>alert") || name != "library-edit" && strings.Contains(body, "\u202e") { // a form holds what was written
					t.Errorf("%s in %s = %d, or a text that is not shown as it is", name, lang, status)
				}
				if got := unsaid.FindAllString(body, 5); got != nil {
					t.Errorf("%s in %s leaves unsaid: %v", name, lang, got)
				}
			}
		}
	}
}

func TestWhatIsDoneOnTheShelfReachesIt(t *testing.T) {
	h := furnished()
	owner, mod := open(t, h).as("owner"), open(t, h).as("mod")
	item, card, g := "/library/"+fakeID(951).String(), "/essence/"+fakeID(961).String(), fakeID(20).String()
	post(owner, item+"/restore", url.Values{"version": {"1"}, "reason": {"还是原来的好"}})
	post(owner, item+"/archive", url.Values{"away": {"1"}, "reason": {"过时"}})
	post(owner, item+"/plan", url.Values{"date": {"2026-12-01"}, "at": {"10:00"}, "class": {"useful"}, "groups": {g}, "var_price": {"9.9"}})
	post(owner, "/library/"+fakeID(952).String()+"/plan", url.Values{"date": {"2026-12-01"}, "at": {"10:00"}, "class": {"useful"}, "groups": {g}})
	post(owner, item+"/send", url.Values{"g": {g}})
	post(owner, item+"/send", url.Values{"g": {g}, "var_price": {"8"}})
	post(owner, item+"/exclusive", url.Values{"groups": {g}, "reason": {"只给会员"}})
	post(mod, item+"/exclusive", url.Values{"reason": {"不该行"}})
	post(owner, item+"/release", url.Values{"g": {g}, "reason": {"合办"}})
	post(mod, item+"/mine", url.Values{"member": {fakeID(41).String()}})
	post(mod, item+"/mine", url.Values{"member": {"谁"}})
	post(mod, card+"/edit", url.Values{"version": {"2"}, "tags": {"售后，发票"}, "note": {"新说明"}})
	post(mod, card+"/remove", url.Values{"off": {"1"}, "reason": {"过时"}})
	post(mod, card+"/erase", url.Values{"reason": {"不该行"}})
	post(owner, card+"/erase", url.Values{"reason": {"本人要求"}})
	post(mod, "/essence/rule", url.Values{"on": {"1"}, "reactions": {"3"}, "days": {"7"}})
	post(owner, "/essence/rule", url.Values{"g": {g}, "on": {"1"}, "reactions": {"3"}, "replies": {"2"}, "days": {"7"}, "reason": {"试试"}})
	post(owner, "/essence/rule", url.Values{"on": {"1"}, "days": {"7"}})
	post(owner, "/essence/rule", url.Values{"g": {g}, "drop": {"1"}, "days": {"7"}})
	post(mod, "/messages/"+g+"/1007/keep", url.Values{"tags": {"常见问题"}, "note": {"好"}})
	want := []string{"library restore 1: 还是原来的好", "library away true: 过时", "library plan 2026-12-01 useful 1 groups map[price:9.9]", "library send draft [1] map[price:8]", "library exclusive [1]: 只给会员", "library release 1: 合办", "library mine " + fakeID(41).String(), "card 2 售后/发票: 新说明", "card off true: 过时",
		"erase " + fakeID(41).String() + ": 本人要求", "rule in 1: 3 react, 2 answer, 7 days: 试试", "no rule in 1", "keep 1007 常见问题: 好"}
	if got := strings.Join(h.did, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("done:\n%s\nwant:\n%s", got, strings.Join(want, "\n"))
	}
}

// TestTheShelfIsSoundInABrowser looks at every page at both widths and in both languages.
func TestTheShelfIsSoundInABrowser(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"zh-CN", "en"} {
		h := furnished()
		h.users[0].Lang = lang
		v := open(t, h)
		soundTo(t, v.base, lang, shelfPages())
	}
}
