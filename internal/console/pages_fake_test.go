package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/founding"
	"qunluo/internal/measure"
	"qunluo/internal/policy"
)

// What the pages of groups, members, messages, rules, review, strikes and imports need of the house.

func (h *house) Memberships(_ context.Context, m community.MemberKey) ([]community.MemberRow, error) {
	rows, _, err := cut(h, h.members, community.Page{}, func(r community.MemberRow) bool { return r.Key == m })
	return rows, err
}

func (h *house) MembersByKey(_ context.Context, keys []community.MemberKey) ([]community.Member, error) {
	var out []community.Member
	for _, k := range keys {
		for _, m := range h.members {
			if m.Key == k {
				out = append(out, m.Member)
			}
		}
	}
	return out, h.err
}

func (h *house) FindMuted(_ context.Context, g community.GroupKey, tag string, now int64, p community.Page) ([]community.MemberRow, int, error) {
	return cut(h, h.members, p, func(m community.MemberRow) bool {
		return m.MutedTill > now && (g == 0 || m.Group == g) && h.tagged(m.Group, tag)
	})
}

// tagged reports whether a group has a tag; "" = any or none.
func (h *house) tagged(g community.GroupKey, tag string) bool {
	return tag == "" || slices.ContainsFunc(h.groups, func(row community.GroupRow) bool { return row.Key == g && slices.Contains(row.Tags, tag) })
}

func (h *house) Tags(context.Context) ([]string, error) {
	var out []string
	for _, g := range h.groups {
		out = append(out, g.Tags...)
	}
	slices.Sort(out)
	return slices.Compact(out), h.err
}

func (h *house) Today(context.Context, community.GroupKey) (measure.Day, error) {
	today, _ := measure.DayOf(fakeNow.UnixMilli(), zone("Asia/Shanghai"))
	return today, h.err
}

// Activity measures invented days with the real definitions: a group of eight who talk, every ninth day unknown.
func (h *house) Activity(ctx context.Context, g community.GroupKey, tag string, from, to measure.Day) (measure.Activity, error) {
	var places []measure.Place
	for _, row := range h.groups {
		if (g == 0 || row.Key == g) && h.tagged(row.Key, tag) {
			places = append(places, measure.Place{Group: row.Key, Zone: zone(row.Zone)})
		}
	}
	return measure.Measure(ctx, talkDays{h}, places, from, to)
}

type talkDays struct{ h *house }

func (t talkDays) known(d measure.Day) bool { return !t.h.deaf && d%9 != 0 }

func (t talkDays) DaySums(ctx context.Context, groups []community.GroupKey, from, to measure.Day, fn func(*measure.DaySum) error) error {
	return measure.SumRows(func(each func(measure.DayRow) error) error { return t.DayRows(ctx, groups, from, to, each) }, fn)
}

func (t talkDays) DayRows(_ context.Context, groups []community.GroupKey, from, to measure.Day, fn func(measure.DayRow) error) error {
	for _, g := range groups {
		for d := from; d <= to && !t.h.quiet; d++ {
			if !t.known(d) {
				continue
			}
			row := measure.DayRow{Group: g, Day: d, Events: 1, Joins: int64(d % 3), Leaves: int64(d % 2), Recalled: int64(d % 4)}
			for m := range 30 {
				n := int64((int(d)*7 + m*m) % (3 + 40/(m+1)))
				if n == 0 {
					continue
				}
				row.Speech = append(row.Speech, measure.Speech{Member: community.MemberKey(m + 1), Cells: []measure.Cell{{Hour: (9 + m + int(d)) % 24, Class: []community.Class{community.Text, community.Image, community.Reply}[m%3], Count: n}}})
				row.Messages += n
				row.Speakers++
			}
			if err := fn(row); err != nil {
				return err
			}
		}
	}
	return nil
}

func (t talkDays) Covered(_ context.Context, places []measure.Place, from, to measure.Day) ([][]bool, error) {
	out := make([][]bool, len(places))
	for i := range out {
		for d := from; d <= to; d++ {
			out[i] = append(out[i], t.known(d))
		}
	}
	return out, nil
}

func (t talkDays) Roster(_ context.Context, places []measure.Place, from, to measure.Day) ([]int64, error) {
	n := int64(187) * int64(len(places))
	if t.h.deaf {
		n = -1
	}
	return slices.Repeat([]int64{n}, int(to-from)+1), nil
}

func (t talkDays) Silent(context.Context, []community.GroupKey) (silent, present int64, err error) {
	if t.h.quiet {
		return 0, 0, nil
	}
	return 41, 187, nil
}

func (h *house) BookVersion(_ context.Context, g community.GroupKey, version int) (community.BookRow, error) {
	return one(h.books, func(b community.BookRow) bool {
		return b.Group == g && b.Version == version && (b.State == "draft") == (version == 0)
	})
}

func (h *house) MemberClasses(context.Context, community.GroupKey, community.MemberKey, int) (map[community.Class]int64, error) {
	return map[community.Class]int64{community.Text: 210, community.Image: 31, community.Reply: 12, community.Voice: 0}, nil
}

func (h *house) Talkers(_ context.Context, _ community.GroupKey, days, limit int) ([]Talker, error) {
	var out []Talker
	for i, m := range h.members[:4] {
		out = append(out, Talker{Member: m.Key, MemberID: m.ID, Name: m.Name, Messages: int64(300 - 60*i), Days: days - i})
	}
	return out, nil
}

// bookroom is the house's rulebooks; the kinds are the real ones.
type bookroom struct{ h *house }

func (s bookroom) Check(_ context.Context, _ community.GroupKey, book json.RawMessage) []Fault {
	_, err := policy.Parse(book)
	var problems policy.Problems
	if !errors.As(err, &problems) {
		return nil
	}
	var out []Fault
	for _, p := range problems {
		out = append(out, Fault{Path: p.Path, Code: p.Code, Text: p.Words()})
	}
	return out
}

func (s bookroom) Ready(book json.RawMessage) (*policy.Rulebook, error) { return policy.Parse(book) }

func (s bookroom) Replay(_ context.Context, g community.GroupKey, book, base json.RawMessage, from, to int64) (ReplayReport, error) {
	s.h.note("replay %d against %v over %d days", g, base != nil, (to-from)/86400_000)
	rep := ReplayReport{From: from, To: to, Events: 41234, Erased: 12, Millis: 87, Rows: s.h.decided, PerRule: []ReplayCount{{Rule: "ads", Hits: 12, Members: 5, BaseHits: 9, BaseMembers: 4, Would: map[string]int64{"warn": 8, "mute": 3, "remove": 1, "recall": 12}}}}
	if base != nil {
		rep.Gone = s.h.decided[:1]
	}
	return rep, s.h.err
}

func (s bookroom) Try(context.Context, community.GroupKey, json.RawMessage, string) ([]community.Decision, error) {
	return nil, nil
}

// postman is the house's importer.
type postman struct{ h *house }

func (p postman) Formats() []string { return []string{"chatlab-jsonl", "irc", "qq-txt"} }

func (p postman) Start(_ context.Context, user string, _ community.OrgKey, o ImportOrder) (community.ID, error) {
	raw, err := io.ReadAll(o.File)
	if err != nil {
		return community.ID{}, err
	}
	p.h.note("import %s %s: %d bytes", o.Name, chosen(o), len(raw))
	return p.h.imports[0].ID, nil
}

// chosen is what a person chose, in words.
func chosen(o ImportOrder) string {
	words := fmt.Sprintf("%s zone %q group %d %q chats %q keep %v dry %v", o.Format, o.Zone, o.Group, o.Called, o.Chats, o.KeepNear, o.Dry)
	if o.At != 0 {
		words += fmt.Sprint(" at ", o.At)
	}
	if o.Renamed != nil {
		words += fmt.Sprint(" renamed ", o.Renamed)
	}
	return words
}

func (p postman) Again(_ context.Context, _ string, _ community.OrgKey, run community.ID, o ImportOrder) (community.ID, error) {
	p.h.note("again %s %s", run, chosen(o))
	return run, nil
}

func (p postman) Await(context.Context, community.ID) error { return nil }

func (p postman) Commit(_ context.Context, _ string, _ community.OrgKey, run community.ID) (community.ID, error) {
	p.h.note("commit %s", run)
	return run, nil
}

func (p postman) Undo(_ context.Context, _ string, _ community.OrgKey, run community.ID, reason string) error {
	p.h.note("undo import %s: %s", run, reason)
	return nil
}

// fullDeps is the house with rulebooks and imports.
func (h *house) fullDeps() Deps {
	d := h.deps()
	d.Books, d.Importer = bookroom{h}, postman{h}
	watch := newFakeDuty(h)
	d.Duty, d.Phones = func(community.OrgKey, []community.GroupKey) Duty { return watch }, fakePhones{h}
	d.Standbys = func(community.OrgKey, []community.GroupKey) Standbys { return &harbour{h: h} }
	d.Drifts = func(community.OrgKey, []community.GroupKey) Drifts { return weighed(h) }
	d.Overlaps = func(community.OrgKey, []community.GroupKey) Overlaps { return &mingler{h: h} }
	d.Handovers = func(community.OrgKey, []community.GroupKey) Handovers { return &attic{h: h} }
	d.Persons = func(community.OrgKey, []community.GroupKey) Persons { return &kin{h: h} }
	d.Tokens = func(community.OrgKey) Tokens { return someTokens() }
	d.Gate, d.Veil = newFakeGate(h), fakeVeil{h}
	d.Beginning = func(community.OrgKey) Beginning {
		return &novice{start: founding.Start{Closed: true, Skipped: []string{founding.StepLive}}, missing: map[string][]string{founding.StepPeople: {"second", "duty"}, founding.StepLive: nil, founding.StepSafe: {"address"}}}
	}
	h.equip(&d, false)
	h.keepOrder(&d)
	h.keepInsight(&d)
	h.equipTags(&d, false)
	return d
}

// nearReport is a trial of a file without a zone that another program's export was imported before.
const nearReport = `{"dry_run":true,"rows":120,"extra":0,"added":80,"duplicates":0,"near":40,"skipped":0,"bad":0,"asked":{},"chats":[{"value":"45678@chatroom","text":"晨读一群"}],` +
	`"units":[{"run":{"format":"chatlog-csv","name":"微信导出.csv","group":{"id":"45678@chatroom","name":"晨读一群"}},"group_how":"remembered","from":1735689600000,"to":1763800000000,"zone":"Asia/Shanghai","zone_how":"guessed","need_zone":true,` +
	`"nears":{"found":40,"samples":[{"at":1735689600000,"name":"阿敏","text":"![图片](http://127.0.0.1:5030/image/9d)","old":"[图片]","from":"wechatmsg-csv WeChatMsg"},{"at":1735689660000,"name":"\u202e老周","text":"引用：早安","old":"早安","from":""}]},` +
	`"reservations":["near_left_out"],"rows":120,"extra":0,"added":80,"duplicates":0,"near":40,"skipped":0,"bad":0}]}`

// rosterReport is a trial of a list of members.
const rosterReport = `{"dry_run":true,"rows":44,"extra":0,"added":1,"duplicates":0,"near":0,"skipped":43,"bad":0,"asked":{"at":1763800020000},"units":[{"run":{"format":"roster-csv","name":"名单.csv","group":{"id":"名单","name":"名单"}},` +
	`"from":1763800000000,"to":1763800000000,"rosters":[{"at":1763800020000,"before":1735689600000,"members":43,"joined":3,"gone":2,"doubtful":1,"samples":["+ 小何","- \u202e老周","? 阿敏"]}],"skips":{"listed":43},"rows":44,"extra":0,"added":1,"duplicates":0,"near":0,"skipped":43,"bad":0}]}`

// severalReport is a trial of a file with several chats that were to go into one group.
const severalReport = `{"dry_run":true,"rows":60,"extra":0,"added":60,"duplicates":0,"near":0,"skipped":0,"bad":0,"asked":{"called":"读书","zone":"Europe/Berlin"},"blocked":"several_chats","blocked_what":"#a, #b",` +
	`"chats":[{"value":"#a","text":"#a"},{"value":"#b","text":"#b"},{"value":"#Very-Long-Channel-Name-Without-Spaces-ABCDEFGHIJKLMNOPQRSTUVWXYZ","text":"#Very-Long-Channel-Name-Without-Spaces-ABCDEFGHIJKLMNOPQRSTUVWXYZ"}],` +
	`"units":[{"run":{"format":"irc","name":"logs.tar.gz/#a","group":{"id":"#a","name":"#a"}},"from":1735689600000,"to":1763800000000,"zone":"Europe/Berlin","zone_how":"given","rows":60,"extra":0,"added":60,"duplicates":0,"near":0,"skipped":0,"bad":0}]}`

// furnish adds what the pages need to look lived in: a real rulebook in two versions and a draft, a mute, imports in
// every state, a held removal, a dry hit.
func furnish(h *house) {
	at := fakeNow.UnixMilli()
	const minute, day = 60_000, 86400_000
	book, _ := policy.Default(policy.PresetGeneral)
	old, _ := json.Marshal(book)
	book.Rules[0].Params = json.RawMessage(strings.Replace(string(book.Rules[0].Params), "黑户可贷", "黑户可贷款", 1))
	book.MemoryDays = 60
	now, _ := json.Marshal(book)
	book.Rules[2].Mode, book.Rules[1].StartRung = policy.RuleDry, 2
	draft, _ := json.Marshal(book)
	h.books = []community.BookRow{
		{Group: 1, State: "draft", At: at - 9*minute, User: fakeID(2).String(), Body: draft},
		{Group: 1, Version: 3, State: "published", At: at - 5*day, User: fakeID(1).String(), Note: "词库补一条，记分改为 60 天", Body: now},
		{Group: 1, Version: 2, State: "published", At: at - 12*day, User: fakeID(1).String(), Note: "第一版", Body: old},
	}
	h.groups[0].Frozen = false
	h.groups[2].Book = 0
	h.groups[1].Parent, h.groups[1].ParentName = 1, h.groups[0].Name
	h.members[5].MutedTill = at + 7*3600_000
	h.members[4].LeftAt = 0
	report := `{"dry_run":false,"rows":1200,"extra":2,"added":1180,"duplicates":15,"skipped":2,"bad":5,"units":[{"run":{"format":"chatlab-jsonl","name":"go-2025.jsonl","group":{"id":"700100","name":"Go 语言学习交流群"}},"from":1735689600000,"to":1763800000000,"zone":"Asia/Shanghai","zone_how":"guessed","types":{"text":1100},"skips":{"empty":2},"messages":1150,"rows":1200,"extra":2,"added":1180,"duplicates":15,"skipped":2,"bad":5,"bad_rows":[{"place":17,"why":"not_json","text":"{\"sender\": \u202e<script>"},{"place":208,"why":"no_time","text":"Very-Long-Line-Without-Spaces-ABCDEFGHIJKLMNOPQRSTUVWXYZ-ABCDEFGHIJKLMNOPQRSTUVWXYZ"}]}]}`
	h.imports = nil
	for i, state := range []string{"dry", "done", "running", "reserved", "failed", "undone"} {
		r := community.ImportRow{Key: int64(i + 1), ID: fakeID(500 + i), Group: 1, Name: "go-2025.jsonl", Format: "chatlab-jsonl", State: state, Created: at - int64(i+1)*day, User: fakeID(1).String(), Report: json.RawMessage(report)}
		if state == "running" {
			r.Report = json.RawMessage(`{"done":4200000,"of":12000000}`)
		}
		h.imports = append(h.imports, r)
	}
	near := community.ImportRow{Key: 7, ID: fakeID(506), Name: "微信导出.csv", Format: "chatlog-csv", State: "dry", Created: at - 7*day, User: fakeID(1).String(), Report: json.RawMessage(nearReport)}
	several := community.ImportRow{Key: 8, ID: fakeID(507), Name: "logs.tar.gz", Format: "irc", State: "dry", Created: at - 7*day, User: fakeID(1).String(), Report: json.RawMessage(severalReport)}
	unread := community.ImportRow{Key: 9, ID: fakeID(508), Name: "照片.png", State: "failed", Created: at - 7*day, User: fakeID(1).String(),
		Report: json.RawMessage(`{"error":"not recognised: 照片.png","code":"bad_input","why":"not_recognised","what":"照片.png"}`)}
	roster := community.ImportRow{Key: 10, ID: fakeID(509), Name: "名单.csv", Format: "roster-csv", State: "dry", Created: at - 7*day, User: fakeID(1).String(), Report: json.RawMessage(rosterReport)}
	h.imports = append(h.imports, near, several, unread, roster)
	held := h.decided[1]
	held.Actions = []community.Action{{ID: fakeID(230), Verb: community.Remove, Group: 1, Target: 4, Event: held.Event, Hold: "removal_cap"}}
	held.States, held.Strikes = map[string]community.State{fakeID(230).String(): community.HumanTask}, []community.Strike{h.strikes[1].Strike}
	h.decided[1] = held
	h.decided[2].Verdict, h.decided[2].Hits[0].Dry = community.DryHit, true
	h.decided[2].Hits = []community.RuleHit{{Rule: "flood", Kind: "flood", Why: "flood 60s 12>10", Dry: true}}
	closed := h.decided[0]
	closed.ID, closed.Resolution, closed.ResolvedBy, closed.ResolvedAt = fakeID(209), "false_hit", fakeID(2).String(), at-minute
	h.decided = append(h.decided, closed)
	h.strikes[1].Revoked, h.strikes[1].RevokedBy, h.strikes[1].Why = at-minute, fakeID(2).String(), "误判"
	h.strikes[2].Expires = at - day
}

// Questions invents three a day of the first group: one answered by a reply, one by its course, one open.
func (h *house) Questions(_ context.Context, g community.GroupKey, tag string, from, to measure.Day) ([]measure.Question, measure.Response, error) {
	var list []measure.Question
	for d := to; d >= from && len(h.groups) > 0 && !h.quiet; d-- {
		first := h.groups[0]
		if g != 0 && first.Key != g || !h.tagged(first.Key, tag) {
			break
		}
		at := d.Start(zone(first.Zone)) + 10*3600_000
		n := int64(d) * 10
		list = append(list, measure.Question{Number: n, Group: first.Key, At: at, Member: 1, Answers: []measure.Answer{{Number: n + 1, At: at + 300_000, Member: 2, By: measure.ByReply}}},
			measure.Question{Number: n + 2, Group: first.Key, At: at, Member: 1, Answers: []measure.Answer{{Number: n + 3, At: at + 900_000, Member: 2, By: measure.ByThread}}},
			measure.Question{Number: n + 4, Group: first.Key, At: at, Member: 3})
	}
	until := func(community.GroupKey) int64 { return fakeNow.UnixMilli() }
	return list, measure.Respond(list, until, measure.Coverage{Covered: int(to-from) + 1, Of: int(to-from) + 1}), h.err
}

func (h *house) MessagesByNumber(_ context.Context, numbers []int64) (map[int64]community.MessageRow, error) {
	out := map[int64]community.MessageRow{}
	for _, n := range numbers {
		if n > 0 {
			out[n] = community.MessageRow{Number: n, Group: h.groups[0].Key, GroupName: h.groups[0].Name, Name: "小满", MemberID: community.ID{1}, Text: "押金什么时候退？" + itoa(n), OccurredAt: fakeNow.UnixMilli()}
		}
	}
	return out, h.err
}

// History invents a year of members who come each week and go after a while; the quiet house has one member of one day.
func (h *house) History(_ context.Context, g community.GroupKey, to measure.Day) (measure.History, error) {
	z := zone("Asia/Shanghai")
	out := measure.History{Watched: measure.Watched{From: to - 200, To: to}, Until: (to + 1).Start(z), DayOf: func(ms int64) measure.Day { d, _ := measure.DayOf(ms, z); return d }}
	if h.quiet {
		out.Watched.From = to
		out.Spoke = []measure.Life{{Member: 1, First: to, Days: []measure.Day{to}}}
	}
	for range out.Watched.To - out.Watched.From + 1 {
		out.Watched.Known = append(out.Watched.Known, true)
	}
	for m := community.MemberKey(1); m <= 150 && !h.quiet; m++ {
		l := measure.Life{Member: m, First: to - 200 + measure.Day(m)}
		for d := l.First; d <= to && d < l.First+measure.Day(m%50)+3; d += 1 + measure.Day(m%4) {
			l.Days = append(l.Days, d)
		}
		out.Spoke = append(out.Spoke, l)
		st := measure.Stay{Member: m, Joined: l.First.Start(z), Source: []string{"qr", "invite", ""}[m%3]}
		if m%2 == 0 {
			st.Left, st.Cause = (l.First + measure.Day(m%60)).Start(z), measure.Cause(1+m%4)
			if st.Left > out.Until {
				st.Left, st.Cause = 0, measure.Censored
			}
		}
		if st.Source == "invite" {
			st.Inviter = m/2 + 1
		}
		out.Stays = append(out.Stays, st)
	}
	return out, h.err
}

// Invited says that the first member brought the others.
func (h *house) Invited(_ context.Context, m community.MemberKey, p community.Page) ([]community.MemberRow, int, error) {
	if len(h.members) == 0 || m != h.members[0].Key {
		return nil, 0, h.err
	}
	return cut(h, h.members, p, func(r community.MemberRow) bool { return r.Key != m })
}

// Traces invents what happened on the ways of the members of History: every second confirmed, two thirds spoke, half of them were heard.
func (h *house) Traces(_ context.Context, _ community.GroupKey, hist measure.History) (out measure.Traces, err error) {
	for _, s := range hist.Stays {
		if s.Member%5 == 0 {
			out.Requests = append(out.Requests, measure.Request{Member: s.Member, Asked: s.Joined - 7_200_000, Answered: s.Joined - 3_600_000, Admitted: true})
		}
		if s.Member%2 == 1 {
			out.Confirmed = append(out.Confirmed, measure.Moment{Member: s.Member, At: s.Joined + 600_000})
		}
		if s.Member%3 != 0 {
			out.FirstWords = append(out.FirstWords, measure.Moment{Member: s.Member, At: s.Joined + 3_600_000*int64(s.Member)})
		}
		if s.Member%3 == 1 {
			out.Contacts = append(out.Contacts, measure.Contact{From: s.Member + 1, To: s.Member, At: s.Joined + 3_700_000*int64(s.Member), Reply: true})
		}
	}
	return out, h.err
}

// Contacts invents a ring in which every fourth answers.
func (h *house) Contacts(_ context.Context, _ community.GroupKey, from, to measure.Day) (list []measure.Contact, c measure.Coverage, err error) {
	c = measure.Coverage{Covered: int(to-from) + 1, Of: int(to-from) + 1}
	for m := community.MemberKey(1); m <= 40 && !h.quiet; m++ {
		list = append(list, measure.Contact{From: m, To: m%40 + 1, At: fakeNow.UnixMilli()})
		if m%4 == 0 {
			list = append(list, measure.Contact{From: m%40 + 1, To: m, At: fakeNow.UnixMilli(), Reply: true})
		}
	}
	return list, c, h.err
}

// Paid invents three payments and a refund.
func (h *house) Paid(_ context.Context, _ community.GroupKey, from, _ measure.Day) (map[string][]measure.Payment, error) {
	if h.quiet {
		return nil, h.err
	}
	at := from.Start(zone("Asia/Shanghai"))
	return map[string][]measure.Payment{"CNY": {{Member: 1, At: at, Amount: 9900}, {Member: 2, At: at, Amount: 19900}, {Member: 2, At: at + 1, Amount: -5000}}, "USD": {{Member: 3, At: at, Amount: 1000}}}, h.err
}

// fakePayments are those of a house: one that stands, one that is void.
type fakePayments struct{ h *house }

func (p fakePayments) Find(_ context.Context, f community.PaymentFilter) ([]community.PaymentRow, int, error) {
	if p.h.quiet || f.Page.Offset > 0 {
		return nil, 0, p.h.err
	}
	g := p.h.groups[0]
	one := community.PaymentRow{Payment: community.Payment{ID: fakeID(900), Group: g.Key, Member: 1, At: fakeNow.UnixMilli(), Amount: 9900, Currency: "CNY", What: "年卡", Ref: "A1", User: fakeID(2).String()}, GroupID: g.ID, GroupName: g.Name, MemberID: fakeID(30), Name: "=小满"}
	gone := one
	gone.ID, gone.Amount, gone.Voided, gone.VoidedBy, gone.VoidWhy = fakeID(901), -9900, fakeNow.UnixMilli(), fakeID(2).String(), "记错了人"
	return []community.PaymentRow{one, gone}, 2, p.h.err
}

func (p fakePayments) AddFile(_ context.Context, user string, g community.GroupKey, file io.Reader) ([]community.Payment, int, []community.PaymentFault, error) {
	lines, faults, err := community.ReadPayments(file, time.UTC)
	var out []community.Payment
	for _, l := range lines {
		out = append(out, l.Payment)
	}
	if len(faults) == 0 {
		p.h.did = append(p.h.did, "payments "+itoa(int64(len(out))))
	}
	return out, 0, faults, err
}

func (p fakePayments) Void(_ context.Context, _ string, id community.ID, why string) error {
	p.h.did = append(p.h.did, "void "+id.String()+" "+why)
	return p.h.err
}
