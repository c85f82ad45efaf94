package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"qunluo/internal/app"
	"qunluo/internal/community"
	"qunluo/internal/duty"
	"qunluo/internal/policy"
	"qunluo/internal/wordlist"
)

// library is a house with two groups that an account hears, and one person who keeps word lists.
type library struct {
	t       *testing.T
	app     *app.App
	org     community.OrgKey
	account community.AccountKey
	groups  []community.GroupKey
	said    int
}

func newWordHouse(t *testing.T, url string) *library {
	t.Helper()
	a := house(t, url)
	org, err := a.Store().Org(t.Context(), "测试", false)
	check(t, err)
	account, err := a.Store().SaveAccount(t.Context(), community.Account{Org: org, Connector: "sim", Platform: "sim", Name: "听", Settings: []byte("{}")}, community.Audit{Org: org, User: "test"})
	check(t, err)
	l := &library{t: t, app: a, org: org, account: account.Key}
	for _, name := range []string{"茶友一群", "茶友二群"} {
		l.says(name, "小明", "大家好")
		rows, _, err := a.Store().For(community.Scope{Org: org}).FindGroups(t.Context(), community.GroupFilter{Text: name})
		check(t, err)
		l.groups = append(l.groups, rows[0].Key)
	}
	return l
}

func (l *library) says(group, who, text string) {
	l.t.Helper()
	l.said++
	key := fmt.Sprintf("m%d", l.said)
	check(l.t, l.app.Intake().Host(l.account, "sim").Receive(l.t.Context(), community.Inbound{
		Type: community.MessageCreated, Key: key, OccurredAt: l.app.Now(), Group: community.Ref{ID: group, Name: group}, Actor: community.Who{ID: who, Name: who},
		Body: community.Body{Text: text, Message: key},
	}))
}

// hits are the newest decisions that rest on words, the newest first.
func (l *library) hits(g community.GroupKey) []community.DecisionRow {
	l.t.Helper()
	rows, _, err := l.app.Store().For(community.Scope{Org: l.org}).FindDecisions(l.t.Context(), community.DecisionFilter{Group: g, Page: community.Page{Limit: 200}})
	check(l.t, err)
	var out []community.DecisionRow
	for _, d := range rows {
		if len(wordlist.WordsOf(d.Decision)) > 0 {
			out = append(out, d)
		}
	}
	return out
}

func (l *library) replays() {
	l.t.Helper()
	for _, g := range l.groups {
		rep, err := l.app.AsDecided(l.t.Context(), g)
		check(l.t, err)
		if rep.Different != 0 || rep.Messages == 0 {
			l.t.Errorf("replay of group %d: %d of %d messages decided otherwise: %+v", g, rep.Different, rep.Messages, rep.Differences)
		}
	}
}

func quiet(int64, int64) {}

// TestListComesIntoForceWhereItIsUsedAndOldBooksMeanWhatTheyMeant: a version published is an ordinary book of every group
// that uses the list; decisions name list, version and word; going back and switching off are books too; replay of all of it
// decides the same, also after a restart of what is remembered.
func TestListComesIntoForceWhereItIsUsedAndOldBooksMeanWhatTheyMeant(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		l := newWordHouse(t, url)
		ctx, words := t.Context(), l.app.Words(l.org, nil)
		list, err := words.New(ctx, "ming", wordlist.List{Pack: "fraud"}, "开始用")
		check(t, err)
		if list.Name != "诈骗" || list.Version != 1 || list.Active < 30 || list.Groups != 0 {
			t.Fatalf("list = %+v, want the shipped one, used by nobody", list)
		}
		l.says("茶友一群", "小王", "刷单返利找我")
		if got := l.hits(l.groups[0]); len(got) != 0 {
			t.Fatalf("a list that is off hit: %+v", got)
		}
		run, err := words.Use(ctx, "ming", list.ID, l.groups, policy.RuleLive, "试试", quiet)
		check(t, err)
		if run.State != wordlist.RunDone || run.Done != 2 || run.Error != "" {
			t.Fatalf("run = %+v", run)
		}
		check(t, l.app.Hands(l.org, nil).SetMode(ctx, "ming", l.groups[0], community.Live, "开"))
		l.says("茶友一群", "小王", "刷 单 返 利 找我")
		hit := l.hits(l.groups[0])
		if len(hit) != 1 || wordlist.WordsOf(hit[0].Decision)[0] != (community.HitWord{List: list.ID.String(), Version: 1, Word: 2}) || hit[0].Verdict != community.Hit {
			t.Fatalf("hit = %+v", hit)
		}
		v, linted, err := words.Add(ctx, "ming", list.ID, []wordlist.Row{{Line: 1, Text: "茶叶内部价", Category: "引流", Level: "2"}, {Line: 2, Text: "好"}}, "有人在推")
		check(t, err)
		if v.Number != 2 || v.Added != 1 || linted[1].Verdict() != wordlist.Reject {
			t.Errorf("version = %+v, linted %+v", v, linted)
		}
		l.says("茶友二群", "小李", "茶叶内部价")
		if got := l.hits(l.groups[1]); len(got) != 0 {
			t.Errorf("a version that is not published hit: %+v", got)
		}
		list, err = words.ByID(ctx, list.ID)
		check(t, err)
		if list.Groups != 2 || list.Behind != 2 {
			t.Errorf("list = %+v, want two groups, both behind", list)
		}
		draft := fmt.Appendf(nil, `{"version":1,"mode":"live","rules":[{"id":"words-%d","name":"诈骗","kind":"keyword","mode":"live","params":{"lists":[{"name":"诈骗","level":0,"list":%q,"version":1,"asset":%q}]}}]}`,
			list.Key, list.ID.String(), policy.ListsOf(l.book(l.groups[0]))[0].Asset)
		check(t, l.app.Hands(l.org, nil).SaveDraft(ctx, "ming", l.groups[0], draft, "改到一半"))
		_, err = words.Publish(plain(ctx), "ming", list.ID, "加了一个词", quiet)
		check(t, err)
		l.says("茶友二群", "小李", "茶叶内部价")
		hit = l.hits(l.groups[1])
		if len(hit) != 1 || hit[0].Hits[0].Words[0].Version != 2 || !strings.HasPrefix(hit[0].Hits[0].Why, "keyword 引流") {
			t.Errorf("hit = %+v", hit)
		}
		kept, err := l.app.Store().BookBody(ctx, l.groups[0], 0)
		if err != nil || !strings.Contains(string(kept), `"version":2,"asset"`) {
			t.Errorf("draft = %s, %v; want it there, with the list's new version", kept, err)
		}
		books, _, err := l.app.Store().For(community.Scope{Org: l.org}).FindBooks(ctx, l.groups[1], community.Page{Limit: 10})
		check(t, err)
		if !strings.Contains(books[0].Note, "第 2 版") || len(books[0].Body) > 8<<10 {
			t.Errorf("book %d: note %q, %d bytes", books[0].Version, books[0].Note, len(books[0].Body))
		}
		_, err = words.Rollback(ctx, "ming", list.ID, 1, "弄错了")
		check(t, err)
		_, err = words.Publish(plain(ctx), "ming", list.ID, "", quiet)
		check(t, err)
		l.says("茶友二群", "小李", "茶叶内部价")
		if got := l.hits(l.groups[1]); len(got) != 1 {
			t.Errorf("after going back: %d hits, want the one before", len(got))
		}
		_, err = words.Use(ctx, "ming", list.ID, l.groups[:1], policy.RuleOff, "", quiet)
		check(t, err)
		l.says("茶友一群", "小王", "刷单返利找我")
		if got := l.hits(l.groups[0]); len(got) != 1 {
			t.Errorf("after switching off: %d hits, want the one before", len(got))
		}
		l.replays()
		audits, _, err := l.app.Store().For(community.Scope{Org: l.org}).FindAudit(ctx, community.AuditFilter{Page: community.Page{Limit: 200}})
		check(t, err)
		verbs := map[string]int{}
		for _, a := range audits {
			verbs[a.Verb]++
		}
		for verb, n := range map[string]int{"words.new": 1, "words.pack": 1, "words.add": 1, "words.rollback": 1, "rulebook.words": 7} {
			if verbs[verb] != n {
				t.Errorf("%d audit rows %q, want %d", verbs[verb], verb, n)
			}
		}
	})
}

// book is a group's rulebook in force.
func (l *library) book(g community.GroupKey) policy.Book {
	l.t.Helper()
	last, err := l.app.Store().LastBook(l.t.Context(), g)
	check(l.t, err)
	raw, err := l.app.Store().BookBody(l.t.Context(), g, last)
	check(l.t, err)
	book, err := policy.Sound(raw)
	check(l.t, err)
	return book
}

// TestWordThatProvesWrongIsSuspendedByItself: after ten judged hits of which nine or more were wrong the word is out of use, in
// a version of its own that says why and is in force at once.
func TestWordThatProvesWrongIsSuspendedByItself(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		l := newWordHouse(t, url)
		ctx, words := t.Context(), l.app.Words(l.org, nil)
		list, err := words.New(ctx, "ming", wordlist.List{Name: "自家"}, "")
		check(t, err)
		_, _, err = words.Add(ctx, "ming", list.ID, []wordlist.Row{{Line: 1, Text: "喝茶聊天"}, {Line: 2, Text: "真人荷官"}}, "")
		check(t, err)
		_, err = words.Use(ctx, "ming", list.ID, l.groups, policy.RuleDry, "", quiet)
		check(t, err)
		for i := range 10 {
			l.says("茶友一群", fmt.Sprintf("茶友%d", i), "周末一起喝茶聊天")
		}
		hits := l.hits(l.groups[0])
		if len(hits) != 10 {
			t.Fatalf("%d hits, want 10", len(hits))
		}
		hands := l.app.Hands(l.org, nil)
		for i, d := range hits {
			now, err := words.ByID(ctx, list.ID)
			check(t, err)
			if now.Suspended != 0 {
				t.Fatalf("suspended after %d judged hits", i)
			}
			check(t, hands.Judge(ctx, "hong", d.ID, "false_hit", "在聊天"))
			l.settle()
		}
		await(t, func() bool {
			now, err := words.ByID(ctx, list.ID)
			return err == nil && now.Suspended == 1 && now.Active == 1 && now.Behind == 0
		})
		out, _, err := words.List(ctx, list.ID, wordlist.Filter{State: wordlist.Suspended})
		check(t, err)
		if len(out) != 1 || wordlist.ParseReasons(out[0].Why)[0].Words()[0] != "判过 10 次命中，10 次判错：准确率上限低于一半" {
			t.Errorf("suspended = %+v", out)
		}
		versions, _, err := words.Versions(ctx, list.ID, community.Page{})
		check(t, err)
		if versions[0].Kind != wordlist.BySuspend || versions[0].User != "qunluo" {
			t.Errorf("version = %+v", versions[0])
		}
		alarm, err := l.app.Store().AlarmOf(ctx, l.org, fmt.Sprintf("word:%s:%d", list.ID, out[0].Number))
		check(t, err)
		if alarm.Kind != duty.KindWord || !strings.Contains(alarm.Detail, "喝茶聊天") || !strings.Contains(alarm.Detail, list.Name) {
			t.Errorf("whoever is on duty is told %+v", alarm)
		}
		l.says("茶友一群", "茶友1", "再喝茶聊天")
		if got := l.hits(l.groups[0]); len(got) != 10 {
			t.Errorf("%d hits, want no more", len(got))
		}
		scores, n, err := words.Scores(ctx, list.ID, community.Page{})
		if err != nil || n != 1 || scores[0].Text != "喝茶聊天" || scores[0].Hits != 10 || scores[0].Wrong != 10 {
			t.Errorf("scores = %+v, %d, %v", scores, n, err)
		}
		if _, err := words.Edit(ctx, "ming", list.ID, []int64{out[0].Number}, wordlist.Patch{Release: true}, ""); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("released without a reason: %v", err)
		}
		_, err = words.Edit(ctx, "ming", list.ID, []int64{out[0].Number}, wordlist.Patch{Release: true}, "改了群规")
		check(t, err)
		l.replays()
	})
}

// settle waits until no job of word lists waits.
func (l *library) settle() {
	l.t.Helper()
	await(l.t, func() bool {
		rows, _, err := l.app.Store().For(community.Scope{Org: l.org}).FindJobs(l.t.Context(), "ready", community.Page{Limit: 200})
		for _, j := range rows {
			if strings.HasPrefix(j.Kind, "words") {
				return false
			}
		}
		return err == nil
	})
}

// TestImportIsLintedByThePastAndTakenInOnce: what the groups' own members say is quarantined with its reason, what is no word
// is rejected, and a person takes the rest in, once.
func TestImportIsLintedByThePastAndTakenInOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		l := newWordHouse(t, url)
		ctx, words := t.Context(), l.app.Words(l.org, nil)
		now := l.app.Now()
		var past []community.Inbound
		for i := range 1200 {
			past = append(past, community.Inbound{
				Type: community.MessageCreated, Key: fmt.Sprintf("p%d", i), OccurredAt: now - int64(1200-i)*10*time.Minute.Milliseconds(),
				Group: community.Ref{ID: "茶友一群"}, Actor: community.Who{ID: fmt.Sprintf("u%d", i%7), Name: "茶友"}, Body: community.Body{Text: fmt.Sprintf("今天喝第%d泡普洱", i), Message: fmt.Sprintf("p%d", i)},
			})
		}
		check(t, l.app.Intake().Host(l.account, "sim").Receive(ctx, past...))
		list, err := words.New(ctx, "ming", wordlist.List{Name: "网上找的"}, "")
		check(t, err)
		raw := "普洱\n好\n刷单返利\n刷-单-返-利\nsb\n12345\n今天喝第\n"
		run, err := words.Import(ctx, "ming", list.ID, "../敏感词\u202e.txt", []byte(raw), "试一下", nil)
		check(t, err)
		await(t, func() bool {
			run, err = words.Run(ctx, list.ID, run.ID)
			return err == nil && run.State != wordlist.RunBusy
		})
		r := run.Report
		if run.State != wordlist.RunReady || r.Rows != 7 || r.Kept != 1 || r.Quarantined != 3 || r.Rejected != 3 || !r.Judged || r.Before < 1200 || r.After != 0 || r.Ordinary < 1000 {
			t.Fatalf("run = %+v", run)
		}
		if strings.Contains(run.File, "/") {
			t.Errorf("file = %q", run.File)
		}
		rows, n, err := words.Preview(ctx, list.ID, run.ID, wordlist.Quarantine, "", community.Page{Limit: 10})
		if err != nil || n != 3 || rows[0].Entry.Text != "普洱" || rows[0].Reasons[0].Code != "common" {
			t.Errorf("quarantined = %+v, %d, %v", rows, n, err)
		}
		v, err := words.Take(ctx, "ming", list.ID, run.ID, "")
		check(t, err)
		if v.Added != 4 || v.Note != "试一下 ("+run.File+")" {
			t.Errorf("version = %+v", v)
		}
		if _, err := words.Take(ctx, "ming", list.ID, run.ID, ""); community.CodeOf(err) != community.CodeConflict {
			t.Errorf("taken twice: %v, want a conflict", err)
		}
		got, err := words.ByID(ctx, list.ID)
		if err != nil || got.Active != 1 || got.Held != 3 {
			t.Errorf("list = %+v, %v", got, err)
		}
		held, _, err := words.List(ctx, list.ID, wordlist.Filter{State: wordlist.Held, Text: "sb"})
		check(t, err)
		_, err = words.Edit(ctx, "ming", list.ID, []int64{held[0].Number}, wordlist.Patch{Release: true}, "骂人的，本群不许")
		check(t, err)
		again, err := words.Import(ctx, "ming", list.ID, "again.txt", []byte(raw), "", quiet)
		check(t, err)
		if again.Report.Kept+again.Report.Quarantined != 0 || again.Report.Rejected != 7 {
			t.Errorf("the same file again = %+v, want nothing new", again.Report)
		}
		if _, err := words.Take(ctx, "ming", list.ID, again.ID, ""); community.CodeOf(err) != community.CodeConflict {
			t.Errorf("taking in nothing: %v, want a conflict", err)
		}
		check(t, words.Discard(ctx, "ming", list.ID, again.ID))
		for _, bad := range []struct{ name, raw string }{{"leer.txt", ""}, {"a.xlsx", "PK\x03\x04half"}, {"huge.txt", strings.Repeat("a\n", 300_000)}} {
			if _, err := words.Import(ctx, "ming", list.ID, bad.name, []byte(bad.raw), "", quiet); err == nil || community.CodeOf(err) == community.CodeInternal {
				t.Errorf("%s: %v, want a refusal", bad.name, err)
			}
		}
	})
}

// TestAnotherOrganisationsListIsNotThere: neither the list nor its content may be named by others.
func TestAnotherOrganisationsListIsNotThere(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		l := newWordHouse(t, url)
		ctx := t.Context()
		other, err := l.app.Store().Org(ctx, "别家", true)
		check(t, err)
		theirs, err := l.app.Words(other, nil).New(ctx, "x", wordlist.List{Pack: "gambling"}, "")
		check(t, err)
		if _, err := l.app.Words(l.org, nil).ByID(ctx, theirs.ID); community.CodeOf(err) != community.CodeNotFound {
			t.Errorf("their list: %v, want not found", err)
		}
		hash, err := l.app.Store().AddAsset(ctx, other, "words", []byte("qunluo words 1\n1\t0\t0\tauto\t\t词语\n"))
		check(t, err)
		book := fmt.Appendf(nil, `{"mode":"live","rules":[{"id":"x","name":"x","kind":"keyword","mode":"live","params":{"lists":[{"list":"y","version":1,"asset":%q}]}}]}`, hash)
		_, err = l.app.Hands(l.org, nil).Publish(plain(ctx), "ming", l.groups[0], book, "")
		if community.CodeOf(err) != community.CodeBadInput || !strings.Contains(err.Error(), "rules[0].params.lists[0].asset") {
			t.Errorf("their content in our book: %v, want bad input at its path", err)
		}
		bounded := l.app.Words(l.org, l.groups[:1])
		if _, err := bounded.New(ctx, "x", wordlist.List{Name: "小群的"}, ""); community.CodeOf(err) != community.CodeForbidden {
			t.Errorf("somebody who sees one group makes a list: %v, want forbidden", err)
		}
	})
}
