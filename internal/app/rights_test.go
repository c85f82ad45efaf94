package app_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"qunluo/internal/admit"
	"qunluo/internal/app"
	"qunluo/internal/bulk"
	"qunluo/internal/community"
	"qunluo/internal/console"
	"qunluo/internal/draft"
	"qunluo/internal/draw"
	"qunluo/internal/measure"
	"qunluo/internal/plan"
	"qunluo/internal/proof"
	"qunluo/internal/rights"
	"qunluo/internal/store"
	"qunluo/internal/table"
)

const rightsPassword = "a-long-enough-password-1"

// secret marks everything that belongs to a group which somebody must not see: names, texts, titles.
const secret = "隐谷"

// estate is a house of two organisations; the first has two groups of which one is the secret one.
type estate struct {
	t          *testing.T
	app        *app.App
	base       string
	org, other community.OrgKey
	plain      ids // of the group that may be seen
	secret     ids // of the one that may not
	users      map[string]community.User
}

// ids name what a group has, by the beginning of the routes that ask for it.
type ids struct {
	key    community.GroupKey
	member community.MemberKey
	of     map[string]string
}

func openEstate(t *testing.T, dbURL string) *estate {
	a, doors := serve(t, dbURL)
	ctx := t.Context()
	e := &estate{t: t, app: a, base: doors.URL, users: map[string]community.User{}}
	var err error
	e.org, err = a.Store().Org(ctx, "甲社", false)
	check(t, err)
	e.other, err = a.Store().Org(ctx, "乙社", true)
	check(t, err)
	hash := console.HashPassword(rightsPassword)
	for _, org := range []community.OrgKey{e.org, e.other} {
		for _, r := range rights.Roles() {
			login := fmt.Sprintf("%s%d", r, org)
			e.users[login], err = a.Store().SaveUser(ctx, "test", community.User{Org: org, Login: login, Name: login, Role: string(r), Lang: "zh-CN", Enabled: true, Hash: hash}, "")
			check(t, err)
		}
	}
	e.plain, e.secret = e.furnish("晴川"), e.furnish(secret)
	check(t, a.Store().CatchUp(ctx))
	for _, org := range []community.OrgKey{e.org, e.other} { // a walk over all pages takes longer than a proof is usually good
		check(t, a.Gate().Ask(ctx, "test", org, proof.Demand{Minutes: proof.MaxMinutes}, ""))
	}
	e.users["far"], err = a.Store().SaveUser(ctx, "test", community.User{Org: e.org, Login: "far", Name: "far", Role: "admin", Reach: "groups", Groups: []community.GroupKey{e.plain.key}, Lang: "zh-CN", Enabled: true, Hash: hash}, "")
	check(t, err)
	return e
}

// story writes a history whose every name and text carries the group's mark.
func story(t *testing.T, name string) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintf(&b, `{"_type":"header","chatlab":{"version":"0.0.2","exportedAt":1767225600},"meta":{"name":"%[1]s群","platform":"wechat","type":"group","groupId":"%[1]s@chatroom"}}`+"\n", name)
	start := time.Now().Add(-72 * time.Hour).Unix()
	for i := range 40 {
		fmt.Fprintf(&b, `{"_type":"message","platformMessageId":"%[1]s%[2]d","sender":"%[1]s-u%[3]d","accountName":"%[1]s甲%[3]d","timestamp":%[4]d,"type":0,"content":"%[1]s里今天读到第%[2]d章了吗？"}`+"\n", name, i, i%3, start+int64(600*i))
	}
	path := filepath.Join(t.TempDir(), name+".jsonl")
	check(t, os.WriteFile(path, []byte(b.String()), 0o600))
	return path
}

// furnish makes a group with something of every kind that pages show.
func (e *estate) furnish(mark string) ids {
	t, a, ctx := e.t, e.app, e.t.Context()
	t.Helper()
	owner := e.users["owner"+strconv.Itoa(int(e.org))].ID.String()
	_, _, err := a.Import(ctx, owner, e.org, console.ImportOrder{}, []string{story(t, mark)}, nil)
	check(t, err)
	check(t, a.Store().CatchUp(ctx))
	groups, _, err := a.Store().For(community.Scope{Org: e.org}).FindGroups(ctx, community.GroupFilter{Text: mark, Page: community.Page{Limit: 5}})
	check(t, err)
	return e.equip(groups[0], mark)
}

// equip gives a group something of every kind that pages show, with a mark in all of it.
func (e *estate) equip(g community.GroupRow, mark string) ids {
	t, a, ctx := e.t, e.app, e.t.Context()
	t.Helper()
	owner := e.users["owner"+strconv.Itoa(int(e.org))].ID.String()
	desk, hands := a.Store().For(community.Scope{Org: e.org}), a.Hands(e.org, nil)
	people, _, err := desk.FindMembers(ctx, community.MemberFilter{Group: g.Key, Page: community.Page{Limit: 5}})
	check(t, err)
	said, _, err := desk.FindMessages(ctx, community.MessageFilter{Group: g.Key, Limit: 5})
	check(t, err)
	m := people[0]
	out := ids{key: g.Key, member: m.Key, of: map[string]string{"groups": g.ID.String(), "rules": g.ID.String(), "m/paste": g.ID.String(), "messages": g.ID.String(), "members": m.ID.String(), "points/members": m.ID.String(),
		"number": strconv.FormatInt(said[0].Number, 10), "connections": community.ID{}.String()}}
	decided, err := hands.Act(ctx, owner, []community.Action{{Verb: community.Send, Group: g.Key, Text: mark + "的通知"}}, mark+"要发")
	check(t, err)
	out.of["decisions"], out.of["review"], out.of["m/review"] = decided[0].String(), decided[0].String(), decided[0].String()
	strike, err := hands.Strike(ctx, owner, g.Key, community.PersonStrike{Member: m.Key, Name: m.Name, Event: said[0].Number}, mark+"的违规")
	check(t, err)
	await(t, func() bool {
		tasks, _, err := desk.FindTasks(ctx, community.TaskFilter{Group: g.Key, Page: community.Page{Limit: 5}})
		check(t, err)
		if len(tasks) > 0 {
			out.of["inbox"], out.of["m/tasks"] = tasks[0].ID.String(), tasks[0].ID.String()
		}
		return len(tasks) > 0
	})
	out.of["strikes"] = strike.String()
	paid, err := a.Payments(e.org, nil).Add(ctx, owner, []community.Payment{{Group: g.Key, Member: m.Key, At: time.Now().UnixMilli() - 3600_000, Amount: 9900, Currency: "CNY", What: mark + "课程", Ref: mark}})
	check(t, err)
	out.of["payments"] = paid[0].ID.String()
	code, err := a.Codes(e.org, nil).Save(ctx, owner, admit.Code{Kind: admit.Group, Name: mark + "码"}, "试")
	check(t, err)
	mayOpen(t, a, e.org, g.Key)
	_, err = a.Codes(e.org, nil).SetDifference(ctx, owner, g.Key, mark+"只读"+mark+"的书")
	check(t, err)
	_, err = a.Codes(e.org, nil).AddEntry(ctx, owner, code.ID, admit.Entry{Group: g.Key, Link: "https://example.com/join/" + g.ID.String()}, nil)
	check(t, err)
	out.of["codes"] = code.ID.String()
	sent, err := a.Plans(e.org, nil).NewBroadcast(ctx, owner, plan.Broadcast{Title: mark + "群发", Text: mark + "的公告", Filter: plan.Filter{Groups: []community.GroupKey{g.Key}}, Start: time.Now().Add(time.Hour).UnixMilli(), Force: "试"})
	check(t, err)
	out.of["broadcasts"] = sent.ID.String()
	_, err = a.Points(e.org, nil).Give(ctx, owner, g.Key, m.ID, 5, mark+"的奖励")
	check(t, err)
	written, err := a.Manuscripts(e.org, nil).Save(ctx, owner, community.ID{}, 0, plan.Writing{Title: mark + "的稿子", Text: mark + "的正文", Class: plan.Useful, To: plan.To{Groups: true, Filter: plan.Filter{Groups: []community.GroupKey{g.Key}}}}, mark+"初稿")
	check(t, err)
	out.of["drafts"] = written.ID.String()
	sop, err := a.Plans(e.org, nil).SaveSOP(ctx, owner, plan.SOP{Name: mark + "SOP", Steps: []plan.Step{{Kind: plan.ByDay, Day: 1, At: "09:00", Text: mark + "早安"}}, Force: "试"}, "试")
	check(t, err)
	check(t, a.Plans(e.org, nil).AddToSOP(ctx, owner, sop.ID, g.Key, "试"))
	out.of["sops"] = sop.ID.String()
	today, err := desk.Today(ctx, g.Key)
	check(t, err)
	best, err := a.Digests(e.org, nil).Make(ctx, owner, g.Key, today, today, "zh-CN")
	check(t, err)
	best, err = a.Digests(e.org, nil).Edit(ctx, owner, best.ID, best.Version, mark+"的群精华")
	check(t, err)
	check(t, err)
	out.of["digests"] = best.ID.String()
	text, err := a.Models(e.org, nil).Draft(ctx, owner, g.Key, draft.Order{Kind: draft.ForPost, About: "notice", Goal: mark + "的通知", Tone: "warm", Length: "short", Lang: "zh-CN"})
	check(e.t, err)
	out.of["wordings"] = text.ID.String()
	v := draft.Default()
	v.On, v.Host, v.Model, v.Region = true, "m.example", "m1", "CN"
	check(e.t, a.Store().PutSetting(ctx, e.org, store.SettingModel, v, community.Audit{User: owner, Verb: "model.set"}))
	asked, err := a.Store().BeginModelCall(ctx, draft.Call{Org: e.org, User: owner, Group: g.Key, Purpose: draft.ForPost, Host: v.Host, Model: v.Model, Region: v.Region, Sent: `[{"role":"user","content":"` + mark + `"}]`}, "CN")
	check(e.t, err)
	out.of["model/calls"] = asked.ID.String()
	v.On = false
	check(e.t, a.Store().PutSetting(ctx, e.org, store.SettingModel, v, community.Audit{User: owner, Verb: "model.set"}))
	paper, err := a.Mornings(e.org, nil).Draft(ctx, owner, g.Key, (today + 1).String(), "zh-CN")
	check(t, err)
	paper, err = a.Mornings(e.org, nil).Edit(ctx, owner, paper.ID, paper.Version, mark+"的早报")
	check(t, err)
	out.of["morning"] = paper.ID.String()
	sheet, _, err := a.Tables(e.org, nil).Add(ctx, owner, table.Table{Title: mark + "的资料表", Group: g.Key, Access: table.StaffOnly, Columns: []table.Column{{ID: "c1", Name: "说明", Kind: table.Text}}}, "", nil)
	check(t, err)
	_, _, err = a.Tables(e.org, nil).Edit(ctx, owner, sheet.ID, []table.Edit{{Key: "one", Verb: table.Add, Values: map[string]string{"c1": mark + "的格"}}})
	check(t, err)
	out.of["tables"] = sheet.ID.String()
	card, err := a.Essences(e.org, nil).Keep(ctx, owner, g.Key, said[0].Number, []string{"好文"}, mark+"值得留")
	check(t, err)
	out.of["essence"] = card.ID.String()
	moved, err := a.Goals(e.org, nil).AddAdjustment(ctx, owner, measure.Adjustment{Group: g.Key, Kind: measure.AdjustKinds()[0], What: mark + "换了主题", Metric: measure.MoveMetrics()[0], Review: today + 14})
	check(t, err)
	out.of["adjustments"] = moved.ID.String()
	_, err = a.Cases(e.org, nil).Add(ctx, owner, community.Case{Group: g.Key, Event: said[0].Number, Want: community.WantNone, Why: mark + "的例子"})
	check(t, err)
	ballot, err := a.Votes(e.org, nil).Open(ctx, owner, g.Key, mark+"的投票")
	check(t, err)
	out.of["vote"] = ballot.ID.String()
	lots := draw.Default()
	lots.Title, lots.Sponsor, lots.Contact, lots.Redeem, lots.Note = "月度抽奖", "徒步社", "群主", "找群主", mark+"的条件"
	lots.Closes = time.Now().Add(time.Hour).UnixMilli()
	lottery, err := a.Draws(e.org, nil).New(ctx, owner, g.Key, lots, lots.Worth(), "", "试")
	check(t, err)
	out.of["draws"] = lottery.ID.String()
	session, err := a.LiveQAs(e.org, nil).New(ctx, owner, plan.LiveQA{Group: g.Key, LiveTerms: plan.DefaultLive(), Starts: time.Now().Add(50 * time.Hour).UnixMilli()}, "试")
	check(t, err)
	_, err = a.LiveQAs(e.org, nil).Add(ctx, owner, session.ID, 0, mark+"的问题")
	check(t, err)
	_, err = a.LiveQAs(e.org, nil).SetNotes(ctx, owner, session.ID, 0, mark+"的笔记")
	check(t, err)
	out.of["liveqa"] = session.ID.String()
	proposed, err := a.Bulks(e.org, nil).Propose(ctx, owner, bulk.Order{Kind: bulk.Tag, Params: bulk.Params{Tag: tagOf(mark) + "标签"}, Members: community.MemberFilter{Group: g.Key}}, mark+"打标签")
	check(t, err)
	out.of["bulk"] = proposed.ID.String()
	return out
}

// tagOf is as much of a text as a tag may hold.
func tagOf(text string) string {
	var out []rune
	for _, r := range text {
		if len(out) < 20 && unicode.IsGraphic(r) && !unicode.IsSpace(r) && !strings.ContainsRune(",，、", r) {
			out = append(out, r)
		}
	}
	return string(out)
}

// visit signs somebody in.
func (e *estate) visit(login string) *person {
	e.t.Helper()
	p := newPerson(e.t, e.base)
	if code, body := p.send("/signin", "/signin", url.Values{"login": {login}, "password": {rightsPassword}}); code != http.StatusOK || strings.Contains(body, `name="password"`) {
		e.t.Fatalf("%s signs in: %d %s", login, code, excerpt(body))
	}
	return p
}

// path fills the variables of a pattern with what a group has. What the group has none of is asked for with an id of nothing, and
// the pattern is noted as only half looked at.
func (x ids) path(pattern string, half map[string]bool) string {
	_, path, _ := strings.Cut(pattern, " ")
	path = strings.ReplaceAll(path, "{$}", "")
	parts := strings.Split(strings.Trim(path, "/"), "/")
	for i, part := range parts {
		if !strings.HasPrefix(part, "{") {
			continue
		}
		key := strings.Join(parts[:i], "/")
		if part == "{number}" {
			key = "number"
		}
		if part == "{no}" { // every row that is looked for is the first
			parts[i] = "1"
			continue
		}
		fill, ok := x.of[key]
		if !ok {
			half[pattern] = true
			fill = community.MakeID(time.Now().UnixMilli(), [10]byte{9}).String()
		}
		parts[i] = fill
	}
	return "/" + strings.Join(parts, "/")
}

// TestWhatLiesOutsideOnesScopeIsNowhere walks every page as somebody who sees one of two groups, with ids of the other, and as the
// owner of another organisation.
func TestWhatLiesOutsideOnesScopeIsNowhere(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		e := openEstate(t, dbURL)
		owner := e.visit(fmt.Sprintf("owner%d", e.org))
		far, stranger := e.visit("far"), e.visit(fmt.Sprintf("owner%d", e.other))
		halves, seen := map[string]bool{}, 0
		for _, need := range e.app.Needs() {
			if !strings.HasPrefix(need.Pattern, "GET ") || strings.HasSuffix(need.Pattern, "/live") || strings.Contains(need.Pattern, "{token}") {
				continue
			}
			path := e.secret.path(need.Pattern, halves)
			paths := []string{path}
			if !strings.Contains(need.Pattern, "{") {
				paths = append(paths, path+"?g="+e.secret.of["groups"]+"&m="+e.secret.of["members"], path+"?q="+url.QueryEscape(secret))
			} else {
				paths = append(paths, e.plain.path(need.Pattern, map[string]bool{}))
			}
			for i, at := range paths {
				if i == 0 {
					if _, body := owner.get(at); strings.Contains(body, secret) {
						seen++
					}
				}
				for who, p := range map[string]*person{"somebody who does not see the group": far, "the owner of another organisation": stranger} {
					_, body := p.get(at)
					asked := strings.NewReplacer(url.QueryEscape(secret), "", `value="`+secret+`"`, "").Replace(body)
					if j := strings.Index(asked, secret); j >= 0 {
						t.Errorf("%s (%s): %s reads …%s…", need.Pattern, at, who, asked[max(0, j-160):min(len(asked), j+80)])
					}
				}
			}
		}
		if seen < 80 {
			t.Errorf("the owner reads of the group on %d pages: the walk looks at too little", seen)
		}
		if got := sortedKeys(halves); !slices.Equal(got, half()) {
			t.Errorf("pages asked for with the id of nothing: %q, want %q: give the new ones something of the group", got, half())
		}
	})
}

// half lists the pages that are only asked for with the id of nothing: what they are about belongs to the organisation, or the
// estate has none of it.
func half() []string {
	return []string{
		"GET /appeals/{id}", "GET /blocklists/{id}", "GET /calendar/{id}", "GET /calendar/{id}/edit", "GET /calendar/{id}/picture", "GET /connections/{id}/chores/{name}", "GET /duty/alarms/{id}", "GET /experiments/{id}", "GET /experiments/{id}/edit", "GET /files/{id}", "GET /groups/{id}/paste/{run}", "GET /handovers/{id}", "GET /hooks/{id}/try", "GET /imports/{id}", "GET /library/{id}", "GET /library/{id}/edit", "GET /library/{id}/greet", "GET /library/{id}/plan", "GET /library/{id}/send", "GET /m/paste/{id}/{run}", "GET /moments/{id}/new", "GET /moments/{id}/post", "GET /outlets/{id}", "GET /outlets/{id}/edit", "GET /posters/batches/{id}/zip", "GET /prizes/{id}", "GET /reports/{id}", "GET /rules/{id}/charter/article/{article}", "GET /rules/{id}/rule/{rule}", "GET /shorts/{id}", "GET /suggestions/{id}", "GET /templates/{name}", "GET /templates/{name}/file", "GET /tiers/benefits/{id}", "GET /tiers/reach/{id}", "GET /users/{id}", "GET /users/{id}/notify", "GET /users/{id}/signins", "GET /vote/payouts/{id}", "GET /weekly/{id}", "GET /weekly/{id}/preview", "GET /weekly/{id}/sent", "GET /words/{id}", "GET /words/{id}/export", "GET /words/{id}/groups", "GET /words/{id}/import", "GET /words/{id}/runs/{run}", "GET /words/{id}/scores", "GET /words/{id}/versions", "GET /words/{id}/versions/{n}",
	}
}

func sortedKeys(m map[string]bool) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// facts is everything that a change in a group would touch; all: with the whole trail of the organisation.
func (e *estate) facts(x ids, all bool) string {
	e.t.Helper()
	ctx := e.t.Context()
	desk := e.app.Store().For(community.Scope{Org: e.org, Groups: []community.GroupKey{x.key}})
	g, err := desk.GroupByKey(ctx, x.key)
	check(e.t, err)
	g.Messages7, g.Speakers7 = 0, 0
	page := community.Page{Limit: 200}
	_, actions, err := desk.FindActions(ctx, community.ActionFilter{Group: x.key, Page: page})
	check(e.t, err)
	decided, _, err := desk.FindDecisions(ctx, community.DecisionFilter{Group: x.key, Page: page})
	check(e.t, err)
	struck, _, err := desk.FindStrikes(ctx, community.StrikeFilter{Group: x.key, Page: page})
	check(e.t, err)
	books, _, err := desk.FindBooks(ctx, x.key, page)
	check(e.t, err)
	tasks, _, err := desk.FindTasks(ctx, community.TaskFilter{Group: x.key, Page: page})
	check(e.t, err)
	paid, _, err := desk.FindPayments(ctx, community.PaymentFilter{Group: x.key, Page: page})
	check(e.t, err)
	trail, _, err := e.app.Store().For(community.Scope{Org: e.org}).FindAudit(ctx, community.AuditFilter{Page: page})
	check(e.t, err)
	trail = slices.DeleteFunc(trail, func(a community.Audit) bool { return a.Verb == "access.refuse" })
	if !all { // others of the organisation may do what lies within their scope
		trail = slices.DeleteFunc(trail, func(a community.Audit) bool {
			for _, id := range x.of {
				if strings.Contains(a.Subject, id) {
					return false
				}
			}
			return true
		})
	}
	raw, err := json.Marshal([]any{g, actions, decided, struck, books, tasks, paid, trail})
	check(e.t, err)
	return string(raw)
}

// TestNobodyActsOutsideTheirScope posts to every change with the ids of a group that lies outside, and compares what is kept.
func TestNobodyActsOutsideTheirScope(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		e := openEstate(t, dbURL)
		far, stranger := e.visit("far"), e.visit(fmt.Sprintf("owner%d", e.other))
		for who, p := range map[string]*person{"somebody who does not see the group": far, "the owner of another organisation": stranger} {
			for _, need := range e.app.Needs() {
				if !strings.HasPrefix(need.Pattern, "POST ") || slices.Contains([]string{"POST /signout", "POST /signin", "POST /lang", "POST /m/out", "POST /me"}, need.Pattern) || strings.Contains(need.Pattern, "{token}") {
					continue
				}
				path := e.secret.path(need.Pattern, map[string]bool{})
				for _, step := range []string{"{step}", "{way}", "{kind}", "{act}", "{name}"} {
					path = strings.ReplaceAll(path, step, "done")
				}
				was := e.facts(e.secret, p == stranger)
				p.send("/me", path, url.Values{"g": {e.secret.of["groups"]}, "group": {e.secret.of["groups"]}, "member": {e.secret.of["members"]}, "other": {e.secret.of["members"]}, "reason": {"试"}, "note": {"试"}, "on": {"1"},
					"mode": {"live"}, "mark": {"staff"}, "text": {"你好"}, "amount": {"5"}, "seconds": {"600"}, "minutes": {"10"}, "stamp": {"x"}, "name": {"名"}, "title": {"题"}, "kind": {"false_hit"}, "act": {"approve"}, "date": {"2026-01-01"}})
				if now := e.facts(e.secret, p == stranger); now != was {
					t.Errorf("%s: %s changed the group:\n%s", need.Pattern, who, apart(was, now))
				}
			}
		}
	})
}

// TestEveryRouteKnowsTheEightRoles asks every route as each of the eight roles and as a stranger, and compares with the table of powers.
func TestEveryRouteKnowsTheEightRoles(t *testing.T) {
	t.Parallel()
	e := openEstate(t, "")
	for _, r := range rights.Roles() {
		p := e.visit(fmt.Sprintf("%s%d", r, e.org))
		for _, need := range e.app.Needs() {
			method, _, _ := strings.Cut(need.Pattern, " ")
			if strings.HasSuffix(need.Pattern, "/live") || strings.Contains(need.Pattern, "{token}") || need.Pattern == "POST /signin" {
				continue
			}
			want := !slices.ContainsFunc(need.Powers, func(p rights.Power) bool { return !rights.May(r, p) }) || need.Veiled != "" && rights.May(r, need.Veiled)
			req, err := http.NewRequest(method, e.base+e.secret.path(need.Pattern, map[string]bool{}), nil)
			check(t, err)
			req.Header.Set("Sec-Fetch-Site", "same-origin")
			res, err := p.http.Do(req)
			check(t, err)
			raw, err := io.ReadAll(res.Body)
			check(t, err)
			check(t, res.Body.Close())
			body := string(raw)
			refused := res.StatusCode == http.StatusForbidden && !strings.Contains(body, "stale_form")
			if refused == want {
				t.Errorf("%s as %s: refused = %v (%d), want allowed = %v", need.Pattern, r, refused, res.StatusCode, want)
			}
			if res.StatusCode >= 500 {
				t.Errorf("%s as %s: %d %s", need.Pattern, r, res.StatusCode, excerpt(body))
			}
			if !rights.May(r, rights.SeePeople) && !rights.May(r, rights.SeeMoney) && strings.Contains(body, secret+"甲") {
				t.Errorf("%s as %s: the page names a member", need.Pattern, r)
			}
			if !rights.May(r, rights.SeeTexts) && strings.Contains(body, secret+"里今天读到") {
				t.Errorf("%s as %s: the page shows what a member wrote", need.Pattern, r)
			}
			if refused && (!strings.Contains(body, "有这个权力的角色") || !strings.Contains(body, fmt.Sprintf("owner%d", e.org)) && r != rights.Owner) {
				t.Errorf("%s as %s: the refusal names neither the roles nor the people: %s", need.Pattern, r, excerpt(body))
			}
		}
	}
}

// apart shows where two texts begin to differ.
func apart(a, b string) string {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	return "was …" + a[max(0, i-200):min(len(a), i+400)] + "\n is …" + b[max(0, i-200):min(len(b), i+400)]
}
