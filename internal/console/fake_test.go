package console

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/measure"
)

// fakeNow is Monday 2026-11-23 16:00 in Shanghai.
var fakeNow = time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)

const fakePassword = "correct horse battery"

// fakeHash is of fakePassword, at the least cost there is: what a password costs is not what these tests are about.
const fakeHash = "$argon2id$v=19$m=8,t=1,p=1$4BdwonkQtTQ+EFK5HsQXuQ$TKlItCNGil5bH5wINbP+ID1UDe3p7aA2zC2fblBAnEQ"

// house is an invented community: everything the console needs, in memory, without rules.
type house struct {
	mu       sync.Mutex
	now      time.Time
	groups   []community.GroupRow
	members  []community.MemberRow
	messages []community.MessageRow
	decided  []community.DecisionRow
	copied   map[int64]community.CopiesRow
	let      []string // files that the guard was asked about, with their rows
	strikes  []community.StrikeRow
	actions  []community.ActionRow
	tasks    []community.TaskRow
	audit    []community.Audit
	imports  []community.ImportRow
	books    []community.BookRow
	reads    map[int64][]community.Event // readings, by message
	accounts []community.Account
	users    []community.User
	sessions map[string][]byte
	setup    map[string]int64
	frozen   bool
	quiet    bool           // nothing was ever said
	deaf     bool           // nobody ever listened: no day is known, no list was read
	ill      connect.Health // of every connection; no state = well
	refused  []string       // who was refused what
	aims     []measure.Aim  // what was said of each book that was published
	did      []string       // what was asked of Hands, in words
	err      error          // what every reading answers, when set
	changes  chan Change
	public   community.PublicAbilities

	keep      bool            // SaveDraft really changes the first of books
	published json.RawMessage // the last book published

	askedMembers  community.MemberFilter // the last question
	askedMessages community.MessageFilter
}

func fakeID(n int) community.ID {
	return community.MakeID(fakeNow.UnixMilli()-int64(1000-n)*60_000, [10]byte{byte(n >> 8), byte(n)})
}

func newHouse() *house {
	at := fakeNow.UnixMilli()
	const minute, day = 60_000, 86400_000
	h := &house{now: fakeNow, sessions: map[string][]byte{}, setup: map[string]int64{}, changes: make(chan Change, 8)}
	h.users = []community.User{
		{Key: 1, ID: fakeID(1), Org: 1, Login: "owner", Name: "林晓", Role: RoleOwner, Hash: fakeHash, Lang: "zh-CN", Enabled: true, Created: at - 90*day},
		{Key: 2, ID: fakeID(2), Org: 1, Login: "mod", Name: "周舟", Role: RoleModerator, Hash: fakeHash, Lang: "zh-CN", Enabled: true, Created: at - 30*day},
		{Key: 3, ID: fakeID(3), Org: 1, Login: "gone", Name: "已停用的版主", Role: RoleModerator, Hash: fakeHash, Lang: "zh-CN", Created: at - 60*day},
	}
	h.accounts = []community.Account{
		{Key: 1, ID: fakeID(11), Org: 1, Platform: "qq", Connector: "onebot", Name: "小助手", External: "10001", Settings: []byte(`{"mode":"forward","url":"ws://127.0.0.1:3001","token":"s3cret-token"}`), Enabled: true, Created: at - 20*day},
		{Key: 2, ID: fakeID(12), Org: 1, Platform: "sim", Connector: "sim", Name: "演练场", Settings: []byte(`{"groups":"2"}`), Created: at - 9*day},
	}
	names := []string{"Go 语言学习交流群", "产品交流3群", "新人报到群"}
	for i, n := range names {
		mode := community.Live
		if i == 2 {
			mode = community.Observe
		}
		h.groups = append(h.groups, community.GroupRow{Group: community.Group{Key: community.GroupKey(i + 1), ID: fakeID(20 + i), Org: 1, Platform: "qq",
			External: fmt.Sprint(700100 + i), Name: n, Zone: "Asia/Shanghai", Mode: mode, Created: at - 90*day, Tags: []string{"学习"}},
			Accounts: []community.AccountKey{1}, Members: 187 - 40*i, Messages7: 1530 - int64(i)*600, Speakers7: 61, LastAt: at - int64(i)*7*minute, Book: 3 - i, OpenTasks: i, OpenReview: 2 - i})
	}
	people := []string{"老周", "阿明", "小林Lin", "\u202eevil<script>alert(1)</script>", "不说话的人", "Very-Long-Name-Without-Spaces-ABCDEFGHIJKLMNOPQRSTUVWXYZ", "陈默", "赵一一"}
	for i, n := range people {
		row := community.MemberRow{Member: community.Member{Key: community.MemberKey(i + 1), ID: fakeID(40 + i), Org: 1, Platform: "qq", External: fmt.Sprint(860000 + i), Name: n, Created: at - 80*day},
			Group: 1, GroupName: names[0], Card: n, Role: community.RoleMember, JoinedAt: at - int64(70-i)*day, Scene: "qr", LastWord: at - int64(i)*3*day, Messages: int64(900 / (i + 1)), Strikes: i % 3}
		if i == 0 {
			row.Role = community.RoleOwner
		}
		if i == 4 {
			row.LastWord, row.Messages, row.JoinedAt = 0, 0, 0
		}
		h.members = append(h.members, row)
	}
	texts := []string{"今晚直播几点？", "八点，老地方。", "有没有人试过 generics 的新写法？", "想赚钱的加微信 abc123，日入三千", "已举报", "😂😂", "https://go.dev/doc/ 这里有", "谢谢！"}
	for i := range 40 {
		m := h.members[i%len(people)]
		h.messages = append(h.messages, community.MessageRow{Number: int64(1000 + i), ID: fakeID(100 + i), Group: 1, GroupName: names[0], Seq: int64(i + 1), Type: community.MessageCreated, Member: m.Key, MemberID: m.ID, Name: m.Name,
			OccurredAt: at - int64(40-i)*3*minute, Text: texts[i%len(texts)], Message: fmt.Sprint("m", i)})
	}
	ad := h.messages[3]
	for i := range 3 {
		h.decided = append(h.decided, community.DecisionRow{Decision: community.Decision{ID: fakeID(200 + i), Decider: "policy", Group: 1, Event: ad.Number, Seq: ad.Seq, At: at - int64(i)*9*minute, Member: 4, Book: 3, Verdict: community.Hit,
			Hits: []community.RuleHit{{Rule: "no-ads", Kind: "keyword", Spans: []community.Span{{Start: 12, End: 21}}, Chose: true}}, Rung: i + 1,
			Actions: []community.Action{{ID: fakeID(210 + i), Verb: community.RecallMsg, Group: 1, Target: 4, Event: ad.Number}}},
			GroupID: fakeID(20), GroupName: names[0], MemberID: fakeID(43), MemberName: people[3], Message: ad, States: map[string]community.State{fakeID(210 + i).String(): community.Confirmed}})
		h.strikes = append(h.strikes, community.StrikeRow{Strike: community.Strike{ID: fakeID(220 + i), Decision: fakeID(200 + i), Group: 1, Member: 4, Rule: "no-ads", Book: 3, Event: ad.Number, At: at - int64(i)*9*minute, Expires: at + 30*day}, GroupName: names[0], MemberName: people[3], MemberID: fakeID(43)})
	}
	verbs := []community.Verb{community.Remove, community.Announce, community.Send, community.Mute}
	for i, v := range verbs {
		t := community.TaskRow{Task: community.Task{ID: fakeID(300 + i), Group: community.GroupKey(i%3 + 1), Verb: v, Target: 4, State: "open", Why: []string{"no_ability", "removal_cap", "unknown_outcome", "frozen"}[i], Text: "", Created: at - int64(i+1)*20*minute, Evidence: i + 1},
			GroupID: fakeID(20 + i%3), GroupName: names[i%3], TargetName: people[3], TargetID: fakeID(43), TargetRef: "860003", Rule: "no-ads", Message: ad, Action: community.Action{Verb: v, Seconds: 600, Cause: community.ByRule, Rule: "no-ads"}}
		if v == community.Announce || v == community.Send {
			t.Text, t.Target, t.TargetName, t.TargetRef = "今晚 20:00 直播答疑，链接见群公告。\n有问题先发在群里，会一起回答。", 0, "", ""
		}
		if i < 2 {
			t.Due = at + int64(3-4*i)*minute
		}
		if i == 3 {
			t.State, t.Assignee = "claimed", fakeID(2).String()
		}
		h.tasks = append(h.tasks, t)
	}
	for i := range 60 {
		h.audit = append(h.audit, community.Audit{ID: fakeID(400 + i), Org: 1, At: at - int64(i)*37*minute, User: []string{fakeID(1).String(), "system", "cli", fakeID(2).String()}[i%4], Verb: []string{"rulebook.publish", "account.save", "freeze", "task.done"}[i%4],
			Subject: []string{"group:1", "account:" + fakeID(11).String(), "org:1", "task:" + fakeID(300).String()}[i%4], Reason: []string{"", "换了机器", "误报太多，先停一下", "已处理"}[i%4], Before: json.RawMessage(`{"on":false}`), After: json.RawMessage(`{"on":true}`)})
	}
	h.books = []community.BookRow{{Group: 1, Version: 3, State: "published", At: at - 5*day, User: fakeID(1).String(), Note: "加上刷屏规则", Body: json.RawMessage(`{"rules":[]}`)}}
	h.imports = []community.ImportRow{{Key: 1, ID: fakeID(500), Group: 1, Name: "go-2025.jsonl", Format: "chatlab", State: "done", Created: at - 8*day, Finished: at - 8*day + minute, User: fakeID(1).String(), Report: json.RawMessage(`{"rows":1200,"taken":1180,"same":15,"rejected":5}`)}}
	return h
}

// deps wires the house into a console.
func (h *house) deps() Deps {
	return Deps{
		For:      func(community.OrgKey, []community.GroupKey) Desk { return h },
		HandsFor: func(community.OrgKey, []community.GroupKey) Hands { return h },
		Figures:  func(community.OrgKey, []community.GroupKey) Figures { return h },
		Payments: func(community.OrgKey, []community.GroupKey) Payments { return fakePayments{h} },
		People:   h, Sessions: sessionRows{h}, Wires: h, Live: h, Moments: func(community.OrgKey) Moments { return momentPoster{h} }, Articles: func(community.OrgKey) Articles { return articleReader{h} }, Shorts: func(community.OrgKey, []community.GroupKey) Shorts { return shortener{h} }, Plans: func(community.OrgKey, []community.GroupKey) Plans { return planner{h} }, Calendars: func(community.OrgKey, []community.GroupKey) Calendars { return scheduler{h} },
		Clock: func() time.Time { h.mu.Lock(); defer h.mu.Unlock(); return h.now }, Insecure: true, Dev: true, Version: "test",
	}
}

func cut[T any](h *house, rows []T, p community.Page, keep func(T) bool) ([]T, int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.err != nil {
		return nil, 0, h.err
	}
	var got []T
	for _, r := range rows {
		if keep == nil || keep(r) {
			got = append(got, r)
		}
	}
	n := len(got)
	limit := p.Limit
	if limit == 0 {
		limit = 50
	}
	from := min(p.Offset, n)
	return got[from:min(from+limit, n)], n, nil
}

func one[T any](rows []T, fits func(T) bool) (T, error) {
	for _, r := range rows {
		if fits(r) {
			return r, nil
		}
	}
	var none T
	return none, community.Errorf(community.CodeNotFound, "not in this house")
}

func (h *house) FindGroups(_ context.Context, f community.GroupFilter) ([]community.GroupRow, int, error) {
	return cut(h, h.groups, f.Page, func(g community.GroupRow) bool {
		return strings.Contains(g.Name, f.Text) && h.tagged(g.Key, f.Tag) && (len(f.Keys) == 0 || slices.Contains(f.Keys, g.Key))
	})
}
func (h *house) GroupByID(_ context.Context, id community.ID) (community.GroupRow, error) {
	return one(h.groups, func(g community.GroupRow) bool { return g.ID == id })
}
func (h *house) Heads(_ context.Context, groups []community.GroupKey) (out []community.Head, _ error) {
	for _, m := range h.members {
		if m.Role.Immune() && slices.Contains(groups, m.Group) {
			out = append(out, community.Head{Group: m.Group, Member: m.Key, Name: shownName(m)})
		}
	}
	return out, nil
}

func (h *house) FindMembers(_ context.Context, f community.MemberFilter) ([]community.MemberRow, int, error) {
	h.askedMembers = f
	list := slices.Clone(h.members)
	for i := range list {
		if !f.Spoke.IsZero() {
			list[i].Said, list[i].SaidDays = list[i].Messages/10, int(list[i].Messages%7)
		}
	}
	return cut(h, list, f.Page, func(m community.MemberRow) bool {
		return strings.Contains(m.Name, f.Text) && (!f.NeverSpoke || m.LastWord == 0) && (f.Group == 0 || m.Group == f.Group) && h.tagged(m.Group, f.Tag)
	})
}
func (h *house) AllMembers(ctx context.Context, f community.MemberFilter) iter.Seq2[[]community.MemberRow, error] {
	return func(yield func([]community.MemberRow, error) bool) {
		f.Page.Limit, f.Page.Offset = 200, 0
		rows, _, err := h.FindMembers(ctx, f)
		for i := range rows { // in small pieces, as a long list comes
			if !yield(rows[i:i+1], nil) {
				return
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}
func (h *house) MemberByID(_ context.Context, id community.ID) (community.Member, error) {
	m, err := one(h.members, func(m community.MemberRow) bool { return m.ID == id })
	return m.Member, err
}
func (h *house) Stays(_ context.Context, m community.MemberKey) ([]community.Stay, error) {
	at := fakeNow.UnixMilli()
	return []community.Stay{{ID: fakeID(600), Group: 1, GroupName: h.groups[0].Name, Member: m, JoinedAt: at - 70*86400_000, Scene: "qr", State: "gzh-01"},
		{ID: fakeID(601), Group: 2, GroupName: h.groups[1].Name, Member: m, JoinedAt: at - 60*86400_000, LeftAt: at - 50*86400_000, LeftReason: "left"}}, nil
}
func (h *house) Names(_ context.Context, m community.MemberKey) ([]community.NameSpan, error) {
	at := fakeNow.UnixMilli()
	return []community.NameSpan{{Group: 1, Name: "旧名字", From: at - 70*86400_000, To: at - 10*86400_000}, {Group: 1, Name: h.members[m-1].Name, From: at - 10*86400_000}}, nil
}
func (h *house) FindMessages(_ context.Context, f community.MessageFilter) ([]community.MessageRow, int, error) {
	h.askedMessages = f
	rows := slices.Clone(h.messages)
	slices.Reverse(rows)
	return cut(h, rows, community.Page{Limit: f.Limit}, func(m community.MessageRow) bool {
		return strings.Contains(m.Text, f.Text) && (f.Member == 0 || m.Member == f.Member) && (f.Before == 0 || m.Number < f.Before) && h.tagged(m.Group, f.Tag)
	})
}
func (h *house) Readings(_ context.Context, message int64) ([]community.Event, error) {
	if h.reads == nil {
		return nil, nil
	}
	return h.reads[message], nil
}

func (h *house) Around(_ context.Context, _ community.GroupKey, number int64, before, after int) ([]community.MessageRow, error) {
	i := slices.IndexFunc(h.messages, func(m community.MessageRow) bool { return m.Number == number })
	if i < 0 {
		return nil, nil
	}
	return h.messages[max(0, i-before):min(len(h.messages), i+after+1)], nil
}
func (h *house) FindDecisions(_ context.Context, f community.DecisionFilter) ([]community.DecisionRow, int, error) {
	return cut(h, h.decided, f.Page, func(d community.DecisionRow) bool { return (!f.Open || d.Resolution == "") && h.tagged(d.Group, f.Tag) })
}
func (h *house) DecisionByID(_ context.Context, id community.ID) (community.DecisionRow, error) {
	return one(h.decided, func(d community.DecisionRow) bool { return d.ID == id })
}
func (h *house) Copies(_ context.Context, g community.GroupKey, number int64) (community.CopiesRow, error) {
	return h.copied[number], nil
}
func (h *house) FindStrikes(_ context.Context, f community.StrikeFilter) ([]community.StrikeRow, int, error) {
	return cut(h, h.strikes, f.Page, func(s community.StrikeRow) bool { return h.tagged(s.Group, f.Tag) })
}
func (h *house) FindActions(_ context.Context, f community.ActionFilter) ([]community.ActionRow, int, error) {
	return cut(h, h.actions, f.Page, nil)
}
func (h *house) FindTasks(_ context.Context, f community.TaskFilter) ([]community.TaskRow, int, error) {
	return cut(h, h.tasks, f.Page, func(t community.TaskRow) bool {
		waits := t.State == "open" || t.State == "claimed"
		return (f.State == "" && waits || f.State == t.State) && (f.Assignee == "" || f.Assignee == t.Assignee) && h.tagged(t.Group, f.Tag)
	})
}
func (h *house) FindJoins(_ context.Context, f community.JoinFilter) ([]community.JoinRow, int, error) {
	at := int64(1_767_000_000_000)
	rows := []community.JoinRow{
		{Number: 41, Group: 1, GroupID: fakeID(1), GroupName: "产品交流群", Member: 4, MemberID: fakeID(4), Name: "<b>新人\u202e</b>", External: "u9", Text: "我是老周介绍来的，想学做产品", Flag: "f-41", Asked: at},
		{Number: 42, Group: 1, GroupID: fakeID(1), GroupName: "产品交流群", Member: 5, MemberID: fakeID(5), Name: "阿芳", External: "u10", Flag: "f-42", Asked: at, Answer: community.JoinApproved, Answered: at + 1000},
	}
	return cut(h, rows, f.Page, func(q community.JoinRow) bool {
		return (f.Number == q.Number || f.Number == 0 && f.Answered == (q.Answer != "")) && (f.Group == 0 || f.Group == q.Group)
	})
}
func (h *house) TaskByID(_ context.Context, id community.ID) (community.TaskRow, error) {
	return one(h.tasks, func(t community.TaskRow) bool { return t.ID == id })
}
func (h *house) FindAudit(_ context.Context, f community.AuditFilter) ([]community.Audit, int, error) {
	return cut(h, h.audit, f.Page, func(a community.Audit) bool {
		return (f.Verb == "" || a.Verb == f.Verb) && (f.Subject == "" || a.Subject == f.Subject) && (f.User == "" || a.User == f.User) && (f.From == 0 || a.At >= f.From) && (f.To == 0 || a.At < f.To)
	})
}
func (h *house) FindImports(_ context.Context, p community.Page) ([]community.ImportRow, int, error) {
	return cut(h, h.imports, p, nil)
}
func (h *house) ImportByID(_ context.Context, id community.ID) (community.ImportRow, error) {
	return one(h.imports, func(r community.ImportRow) bool { return r.ID == id })
}
func (h *house) FindBooks(_ context.Context, g community.GroupKey, p community.Page) ([]community.BookRow, int, error) {
	return cut(h, h.books, p, func(b community.BookRow) bool { return b.Group == g })
}
func (h *house) RuleHits(context.Context, community.GroupKey, int64) ([]community.RuleHits, error) {
	return []community.RuleHits{{Rule: "ads", Hits: 31, Dry: 4, Last: fakeNow.UnixMilli() - 3600_000, Undone: 2}, {Rule: "no-ads", Hits: 12, Dry: 0, Last: fakeNow.UnixMilli(), Undone: 1}}, nil
}
func (h *house) Accounts(context.Context) ([]community.Account, error) {
	rows, _, err := cut(h, h.accounts, community.Page{Limit: 200}, nil)
	return slices.Clone(rows), err
}
func (h *house) AccountByID(_ context.Context, id community.ID) (community.Account, error) {
	return one(h.accounts, func(a community.Account) bool { return a.ID == id })
}
func (h *house) Frozen(context.Context) (bool, error) { return h.frozen, nil }

func (h *house) note(format string, args ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.did = append(h.did, fmt.Sprintf(format, args...))
}

func (h *house) Act(_ context.Context, user string, actions []community.Action, reason string) ([]community.ID, error) {
	for _, a := range actions {
		h.note("act %s group %d target %d seconds %d: %s", a.Verb, a.Group, a.Target, a.Seconds, reason)
	}
	return []community.ID{fakeID(200)}, nil
}
func (h *house) Undo(_ context.Context, user string, decision community.ID, reason string) error {
	h.note("undo %s: %s", decision, reason)
	return nil
}
func (h *house) Judge(_ context.Context, user string, decision community.ID, kind, reason string) error {
	h.note("judge %s %s: %s", decision, kind, reason)
	return nil
}
func (h *house) Answer(ctx context.Context, user string, decision community.ID, o community.ReviewOrder, reason string) ([]community.ID, error) {
	d, err := h.DecisionByID(ctx, decision)
	if err != nil {
		return nil, err
	}
	a, err := o.Action(d)
	if err != nil {
		return nil, err
	}
	ids, err := h.Act(ctx, user, []community.Action{a}, reason)
	if err == nil && d.Resolution == "" {
		err = h.Judge(ctx, user, decision, "kept", reason)
	}
	return ids, err
}
func (h *house) setTask(id community.ID, state, user, note string) error {
	for i, t := range h.tasks {
		if t.ID == id {
			if t.State == "done" {
				return community.Errorf(community.CodeConflict, "done by %s", t.DoneBy)
			}
			h.tasks[i].State, h.tasks[i].DoneBy, h.tasks[i].Note, h.tasks[i].DoneAt = state, user, note, fakeNow.UnixMilli()
			h.note("task %s %s: %s", id, state, note)
			return nil
		}
	}
	return community.Errorf(community.CodeNotFound, "task")
}
func (h *house) TaskClaim(_ context.Context, user string, id community.ID, note string) error {
	for i := range h.tasks {
		if h.tasks[i].ID == id {
			h.tasks[i].Assignee = user
		}
	}
	return h.setTask(id, "claimed", "", note)
}
func (h *house) TaskDone(_ context.Context, user string, id community.ID, note string) error {
	return h.setTask(id, "done", user, note)
}
func (h *house) HitRules(context.Context) (community.HitRules, error) {
	return community.HitRules{}.Or(), h.err
}

func (h *house) SetHitRules(_ context.Context, user string, rules community.HitRules, reason string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if rules.Minutes < 1 {
		return community.Errorf(community.CodeBadInput, "minutes")
	}
	h.audit = append(h.audit, community.Audit{User: user, Verb: "hits.rules", Reason: reason})
	return h.err
}

func (h *house) Strike(_ context.Context, user string, g community.GroupKey, s community.PersonStrike, reason string) (community.ID, error) {
	h.note("strike group %d member %d event %d rule %s: %s", g, s.Member, s.Event, s.Rule, reason)
	return fakeID(900), nil
}
func (h *house) TaskRelease(_ context.Context, user string, id community.ID, note string) error {
	return h.setTask(id, "expired", "", note)
}
func (h *house) TaskRefuse(_ context.Context, user string, id community.ID, note string) error {
	return h.setTask(id, "refused", user, note)
}
func (h *house) Publish(ctx context.Context, user string, g community.GroupKey, book json.RawMessage, note string) (int, error) {
	h.aims = append(h.aims, measure.AimOf(ctx))
	h.note("publish %d: %s", g, note)
	h.published = book
	return 4, nil
}
func (h *house) SaveDraft(_ context.Context, user string, g community.GroupKey, book json.RawMessage, note string) error {
	h.note("draft %d: %s", g, note)
	if h.keep && len(book) > 0 {
		h.books[0].Body = book
	}
	return nil
}
func (h *house) Learn(_ context.Context, _ string, g community.GroupKey, days int, note string) (community.Taught, error) {
	h.note("learn %d, %d days: %s", g, days, note)
	return community.Taught{Model: strings.Repeat("ab", 32), Days: days, Talk: 812, Ham: 3, Spam: 5, Messages: 900, Before: 7, After: 4, New: 1, Gone: 4}, nil
}
func (h *house) Freeze(_ context.Context, user string, g community.GroupKey, on bool, reason string) error {
	h.frozen = on
	h.note("freeze %d %v: %s", g, on, reason)
	return nil
}
func (h *house) SetMode(_ context.Context, user string, g community.GroupKey, mode community.Mode, reason string) error {
	h.note("mode %d %s: %s", g, mode, reason)
	return nil
}
func (h *house) Mark(_ context.Context, user string, m community.ID, mark community.Role, reason string) error {
	if mark != community.RoleBot && mark != community.RoleStaff && mark != community.RoleMember {
		return community.Errorf(community.CodeBadInput, "mark")
	}
	h.note("mark %s %s: %s", m, mark, reason)
	return nil
}
func (h *house) SetGroup(_ context.Context, user string, g community.Group, reason string) error {
	h.note("group %d: %s", g.Key, reason)
	return nil
}
func (h *house) SaveAccount(_ context.Context, user string, a community.Account, reason string) (community.Account, error) {
	h.note("account %s %s %v %s: %s", a.Connector, a.Name, a.Enabled, a.Settings, reason)
	for i := range h.accounts {
		if h.accounts[i].Key == a.Key {
			h.accounts[i] = a
			return a, nil
		}
	}
	a.Key, a.ID = community.AccountKey(len(h.accounts)+1), fakeID(700+len(h.accounts))
	h.accounts = append(h.accounts, a)
	return a, nil
}
func (h *house) DoChore(_ context.Context, user string, a community.AccountKey, name string, args json.RawMessage, reason string) (connect.Outcome, error) {
	h.note("chore %d %s %s: %s", a, name, args, reason)
	if name == "hand.over" {
		return connect.Outcome{}, community.Errorf(community.CodeRefused, "no")
	}
	if strings.HasSuffix(name, ".drift") || name == "welcome.list" || name == "moment.list" {
		act := connect.Act{Chore: "hand.over", Title: [2]string{"以企业微信为准", "Take over"}, Args: map[string]string{"from": "<b>zhang"}}
		return connect.Outcome{Say: [2]string{"2 处。", "2 lines."}, Columns: [][2]string{{"编号", "Id"}, {"这里", "Here"}, {"企业微信", "There"}}, Rows: [][]string{{"wm1", "意向/高", strings.Repeat("很长", 30)}, {"wm2", "", "意向/低"}},
			Acts: [][]connect.Act{{act, {Chore: "hand.over", Title: [2]string{"写到企业微信", "Write there"}}}, nil}}, nil
	}
	return connect.Outcome{Say: [2]string{"共 1 个。", "1 in all."}, Columns: [][2]string{{"标签", "Tag"}}, Rows: [][]string{{"意向/高"}}}, nil
}
func (h *house) Chores(_ context.Context, a community.AccountKey) ([]connect.Chore, error) {
	if a != 1 {
		return nil, community.Errorf(community.CodeUnsupported, "nothing")
	}
	return []connect.Chore{
		{Name: "tag.drift", Title: [2]string{"标签差异报告", "Drift of tags"}}, {Name: "moment.list", Title: [2]string{"客户朋友圈", "Moments"}},
		{Name: "tag.list", Title: [2]string{"企业标签", "Tags of the corp"}, Help: [2]string{"都有哪些标签。", "Which tags there are."}},
		{Name: "hand.over", Changes: true, Title: [2]string{"继承客户", "Hand contacts over"}, Help: [2]string{"客户会换人。", "Contacts get another employee."},
			Fields: []connect.Field{{Name: "from", Title: [2]string{"原员工", "From"}, Kind: connect.KindText, Required: true}, {Name: "left", Title: [2]string{"已离职", "Has left"}, Kind: connect.KindBool, Default: "true"}}},
	}, nil
}
func (h *house) AddGroup(_ context.Context, user string, g community.Group, most int64, reason string) (community.Group, error) {
	if slices.ContainsFunc(h.groups, func(have community.GroupRow) bool { return have.Name == g.Name }) {
		return g, community.Errorf(community.CodeConflict, "there is one")
	}
	g.Key, g.ID = community.GroupKey(len(h.groups)+1), fakeID(20+len(h.groups))
	h.groups = append(h.groups, community.GroupRow{Group: g})
	h.note("add group %s for %s, at most %d", g.Name, g.Keeper, most)
	return g, nil
}
func (h *house) PublicAbilities(context.Context) (community.PublicAbilities, error) {
	set := h.public
	set.Org = fakeID(9)
	return set, nil
}
func (h *house) SetPublicAbilities(_ context.Context, user string, set community.PublicAbilities, reason string) error {
	h.public = set
	return nil
}
func (h *house) Matrix(ctx context.Context, _ community.Scope, f community.GroupFilter) ([]connect.Place, int, error) {
	groups, total, err := h.FindGroups(ctx, f)
	var out []connect.Place
	for _, a := range h.accounts {
		at := connect.Place{Platform: a.Platform, Account: a.ID, AccountName: a.Name, Connector: a.Connector, State: "online", Restricted: a.Restricted}
		at.Can, _ = h.Abilities(ctx, a.Key, 0)
		out = append(out, at)
		for _, g := range groups {
			if slices.Contains(g.Accounts, a.Key) {
				at.Group, at.GroupName = g.ID, g.Name
				out = append(out, at)
			}
		}
	}
	for _, g := range groups {
		if len(g.Accounts) == 0 {
			out = append(out, connect.Place{Platform: g.Platform, Group: g.ID, GroupName: g.Name, Can: connect.ByHand(g.Platform)})
		}
	}
	return out, total, err
}
func (h *house) Public(context.Context, community.OrgKey, bool) ([]community.PlatformOffer, error) {
	return nil, nil
}
func (h *house) Unrestrict(_ context.Context, user string, a community.AccountKey, reason string) error {
	for i := range h.accounts {
		if h.accounts[i].Key == a {
			h.accounts[i].Restricted, h.accounts[i].RestrictedWhy = 0, ""
		}
	}
	h.note("unrestrict account %d: %s", a, reason)
	return nil
}
func (h *house) DeleteAccount(_ context.Context, user string, a community.AccountKey, reason string) error {
	h.accounts = slices.DeleteFunc(h.accounts, func(x community.Account) bool { return x.Key == a })
	h.note("delete account %d: %s", a, reason)
	return nil
}

func (h *house) UserByLogin(_ context.Context, login string) (community.User, error) {
	return one(h.users, func(u community.User) bool { return strings.EqualFold(u.Login, login) })
}
func (h *house) UserByID(_ context.Context, id community.ID) (community.User, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return one(h.users, func(u community.User) bool { return u.ID == id })
}
func (h *house) Users(context.Context, community.OrgKey) ([]community.User, error) {
	return slices.Clone(h.users), nil
}
func (h *house) SaveUser(_ context.Context, by string, u community.User, reason string) (community.User, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	owners := 0
	for _, x := range h.users {
		if x.Key != u.Key && strings.EqualFold(x.Login, u.Login) {
			return u, community.Errorf(community.CodeConflict, "login %s is taken", u.Login)
		}
		if x.Key != u.Key && x.Role == RoleOwner && x.Enabled {
			owners++
		}
	}
	if owners == 0 && (u.Role != RoleOwner || !u.Enabled) {
		return u, community.Errorf(community.CodeConflict, "last owner")
	}
	h.did = append(h.did, fmt.Sprintf("user %s %s %v", u.Login, u.Role, u.Enabled))
	for i := range h.users {
		if h.users[i].Key == u.Key {
			h.users[i] = u
			return u, nil
		}
	}
	u.Key, u.ID = int64(len(h.users)+1), fakeID(800+len(h.users))
	h.users = append(h.users, u)
	return u, nil
}
func (h *house) NoteRefusal(_ context.Context, u community.User, what, why string) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.refused = append(h.refused, u.Login+" "+what)
	return nil
}
func (h *house) SetupValid(_ context.Context, hash string, now int64) (bool, error) {
	return h.setup[hash] > now, nil
}
func (h *house) Setup(ctx context.Context, hash string, now int64, org string, owner community.User, _ bool) (community.User, error) {
	if h.setup[hash] <= now {
		return owner, community.Errorf(community.CodeForbidden, "token")
	}
	delete(h.setup, hash)
	owner.Key, owner.ID, owner.Org = int64(len(h.users)+1), fakeID(900), 1
	h.users = append(h.users, owner)
	return owner, nil
}
func (h *house) NeedsSetup(context.Context) (bool, error) { return len(h.users) == 0, nil }

type sessionRows struct{ h *house }

func (s sessionRows) Find(_ context.Context, key string) ([]byte, bool, error) {
	s.h.mu.Lock()
	defer s.h.mu.Unlock()
	b, ok := s.h.sessions[key]
	return b, ok, nil
}
func (s sessionRows) Commit(_ context.Context, key string, b []byte, _ time.Time) error {
	s.h.mu.Lock()
	defer s.h.mu.Unlock()
	s.h.sessions[key] = b
	return nil
}
func (s sessionRows) Delete(_ context.Context, key string) error {
	s.h.mu.Lock()
	defer s.h.mu.Unlock()
	delete(s.h.sessions, key)
	return nil
}

func (h *house) Days(_ context.Context, _ community.GroupKey, _ string, days int) ([]Day, error) {
	var rows []Day
	for i := range days {
		d := fakeNow.AddDate(0, 0, i+1-days)
		if h.quiet {
			rows = append(rows, Day{Date: d.Format("2006-01-02")})
			continue
		}
		rows = append(rows, Day{Date: d.Format("2006-01-02"), Messages: int64(120 + 37*(i%5)), Speakers: int64(20 + 3*(i%4)), Joins: int64(i % 3), Leaves: int64(i % 2)})
	}
	return rows, nil
}
func (h *house) Heat(context.Context, community.GroupKey, string, int) (heat [7][24]int64, err error) {
	for d := range heat {
		for x := range heat[d] {
			if h.quiet {
				continue
			}
			heat[d][x] = int64((x*x + 5*d) % 31)
		}
	}
	return heat, nil
}
func (h *house) MemberDays(ctx context.Context, g community.GroupKey, _ community.MemberKey, days int) ([]Day, [24]int64, error) {
	rows, err := h.Days(ctx, g, "", days)
	return rows, [24]int64{9: 3, 20: 12, 21: 8}, err
}

func (h *house) Kinds() []connect.Info {
	return []connect.Info{
		{Name: "onebot", Title: [2]string{"QQ（OneBot v11）", "QQ (OneBot v11)"}, Platform: "qq", Summary: [2]string{"经 NapCat、Lagrange 等 OneBot v11 实现连接 QQ 群。", "QQ groups through a OneBot v11 implementation such as NapCat or Lagrange."},
			Risk: [2]string{"OneBot 不是腾讯的官方接口，账号可能被限制。请用专门的小号。", "OneBot is not an official interface of Tencent; the account may be restricted. Use a separate one."},
			Fields: []connect.Field{
				{Name: "mode", Title: [2]string{"连接方向", "Direction"}, Kind: "choice", Choices: []string{"forward", "reverse"}, Default: "forward", Required: true},
				{Name: "url", Title: [2]string{"地址", "Address"}, Help: [2]string{"正向连接时填，如 ws://127.0.0.1:3001", "For forward connections, such as ws://127.0.0.1:3001"}, Kind: "url"},
				{Name: "token", Title: [2]string{"访问令牌", "Access token"}, Kind: "secret"},
				{Name: "heartbeat", Title: [2]string{"心跳（秒）", "Heartbeat (s)"}, Kind: "number", Default: "30"},
				{Name: "private", Title: [2]string{"接收私聊", "Take private chats"}, Kind: "bool"},
			},
			Defaults: h.abilities()},
		{Name: "sim", Title: [2]string{"模拟器", "Simulator"}, Platform: "sim", Summary: [2]string{"内存里的群，成员会说话、入群、发广告。用来看全部流程。", "Groups in memory whose members talk, join and spam: to see everything work."}, Fields: []connect.Field{{Name: "groups", Title: [2]string{"群数", "Groups"}, Kind: "number", Default: "1"}}},
	}
}
func (h *house) abilities() connect.Abilities {
	return connect.Abilities{Verbs: map[community.Verb]community.Ability{
		community.Send: {Level: community.Native, Evidence: "probed", Checked: fakeNow.UnixMilli()}, community.RecallMsg: {Level: community.Native, Evidence: "declared"},
		community.Mute: {Level: community.Human, Evidence: "learned", Note: "bot is not an admin"}, community.Remove: {Level: community.Assisted, Evidence: "declared"},
	}, ReadsAll: true}
}
func (h *house) Check(_ context.Context, kind string, settings json.RawMessage) error {
	if kind == "onebot" && !strings.Contains(string(settings), `"url":"ws`) {
		return community.Errorf(community.CodeBadInput, "url: want ws:// or wss://")
	}
	return nil
}
func (h *house) Health(a community.AccountKey) connect.Health {
	if h.ill.State != "" {
		return h.ill
	}
	if a == 1 {
		return connect.Health{State: "online", Self: "10001", Name: "小助手", At: fakeNow.UnixMilli() - 60_000}
	}
	return connect.Health{}
}
func (h *house) Abilities(context.Context, community.AccountKey, community.GroupKey) (connect.Abilities, error) {
	return h.abilities(), nil
}
func (h *house) Test(context.Context, community.AccountKey) ([]community.Ref, error) {
	return []community.Ref{{ID: "700100", Name: "Go 语言学习交流群"}}, nil
}

func (h *house) Subscribe(ctx context.Context) <-chan Change {
	out := make(chan Change, 1)
	go func() {
		defer close(out)
		for {
			select {
			case <-ctx.Done():
				return
			case ch := <-h.changes:
				out <- ch
			}
		}
	}()
	return out
}
