package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"qunluo/internal/community"
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

// shelf is the house's rulebooks; the kinds are the real ones.
type shelf struct{ h *house }

func (s shelf) Check(_ context.Context, _ community.GroupKey, book json.RawMessage) []Fault {
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

func (s shelf) Ready(book json.RawMessage) (*policy.Rulebook, error) { return policy.Parse(book) }

func (s shelf) Replay(_ context.Context, g community.GroupKey, book, base json.RawMessage, from, to int64) (ReplayReport, error) {
	s.h.note("replay %d against %v over %d days", g, base != nil, (to-from)/86400_000)
	rep := ReplayReport{From: from, To: to, Events: 41234, Erased: 12, Millis: 87, Rows: s.h.decided, PerRule: []ReplayCount{{Rule: "ads", Hits: 12, Members: 5, BaseHits: 9, BaseMembers: 4, Would: map[string]int64{"warn": 8, "mute": 3, "remove": 1, "recall": 12}}}}
	if base != nil {
		rep.Gone = s.h.decided[:1]
	}
	return rep, s.h.err
}

func (s shelf) Try(context.Context, community.GroupKey, json.RawMessage, string) ([]community.Decision, error) {
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
	d.Books, d.Importer = shelf{h}, postman{h}
	watch := newFakeDuty(h)
	d.Duty, d.Phones = func(community.OrgKey, []community.GroupKey) Duty { return watch }, fakePhones{h}
	d.Standbys = func(community.OrgKey, []community.GroupKey) Standbys { return &harbour{h: h} }
	d.Drifts = func(community.OrgKey, []community.GroupKey) Drifts { return weighed(h) }
	d.Handovers = func(community.OrgKey, []community.GroupKey) Handovers { return &attic{h: h} }
	d.Persons = func(community.OrgKey, []community.GroupKey) Persons { return &kin{h: h} }
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
