package storetest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/lexicon"
	"qunluo/internal/store"
	"qunluo/internal/wordlist"
)

// assetsAreKept: content is found by its hash, twice the same is one row, an unknown hash is not found, and what is too
// large is refused.
func assetsAreKept(t *testing.T, s *store.Store) {
	ctx := t.Context()
	content := []byte(strings.Repeat("刷单返利\n", 20_000))
	sum := sha256.Sum256(content)
	hash := must(s.AddAsset(ctx, 1, "words", content))(t)
	same(t, "the hash", hash, hex.EncodeToString(sum[:]))
	same(t, "once more", must(s.AddAsset(ctx, 1, "words", content))(t), hash)
	same(t, "of another organisation", must(s.AddAsset(ctx, 2, "words", content))(t), hash)
	if got := must(s.Asset(ctx, hash))(t); !bytes.Equal(got, content) {
		t.Errorf("content of %d bytes came back as %d others", len(content), len(got))
	}
	same(t, "nothing in it", len(must(s.Asset(ctx, must(s.AddAsset(ctx, 1, "words", nil))(t)))(t)), 0)
	for _, unknown := range []string{"", strings.Repeat("0", 64), "'; DROP TABLE asset", "\xff"} {
		if _, err := s.Asset(ctx, unknown); err == nil {
			t.Errorf("asset %q: found", unknown)
		}
	}
	if _, err := s.Asset(ctx, strings.Repeat("0", 64)); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("unknown asset: %v, want not found", err)
	}
	mine := must(s.AssetsOf(ctx, 2, []string{hash, strings.Repeat("0", 64)}))(t)
	same(t, "what organisation 2 keeps", []any{len(mine), mine[hash].Kind, mine[hash].Size}, []any{1, "words", int64(len(content))})
	if _, err := s.AddAsset(ctx, 1, "words", make([]byte, store.MaxAsset+1)); community.CodeOf(err) != community.CodeTooLarge {
		t.Errorf("an asset too large: %v, want too large", err)
	}
}

func entry(text string) wordlist.Entry {
	return wordlist.Entry{Word: lexicon.Word{Text: text, Views: lexicon.ViewsAuto}, State: wordlist.Active}
}

func textsOf(list []wordlist.Entry) (out []string) {
	for _, e := range list {
		out = append(out, e.Text)
	}
	slices.Sort(out)
	return out
}

// wordsAreKept: every change is a version that can be read, compared and gone back to; a word keeps its number; two who
// change the same version do not both win.
func wordsAreKept(t *testing.T, s *store.Store) {
	ctx := t.Context()
	l := must(s.AddWordList(ctx, wordlist.List{Org: 1, Name: " 广告 ", By: "u1"}, community.Audit{User: "u1", Verb: "words.new"}))(t)
	same(t, "its name", l.Name, "广告")
	if _, err := s.AddWordList(ctx, wordlist.List{Org: 1, Name: "广告"}, community.Audit{}); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("a second list of that name: %v, want a conflict", err)
	}
	must(s.AddWordList(ctx, wordlist.List{Org: 2, Name: "广告"}, community.Audit{}))(t)
	change := func(put []wordlist.Entry, drop ...int64) wordlist.Version {
		t.Helper()
		l = must(s.WordListByID(ctx, 1, l.ID))(t)
		v := must(s.ChangeWords(ctx, store.WordChange{List: l, Put: put, Drop: drop, Kind: wordlist.ByAdd, User: "u1", Note: "因为"}, community.Audit{User: "u1", Verb: "words.add"}))(t)
		l = must(s.WordListByID(ctx, 1, l.ID))(t)
		return v
	}
	v := change([]wordlist.Entry{entry("刷单返利"), entry("真人荷官"), entry("刷-单-返-利")})
	same(t, "the first version", []any{v.Number, v.Added, v.Changed, l.Active}, []any{1, 2, 0, 2})
	stale := l
	level := entry("真人荷官")
	level.Level, level.Category = 2, "赌博"
	held := entry("优惠")
	held.State, held.Why = wordlist.Held, "common|5|100"
	v = change([]wordlist.Entry{level, held, entry("刷单返利")})
	same(t, "the second version", []any{v.Number, v.Added, v.Changed, v.Removed, l.Held}, []any{2, 1, 1, 0, 1})
	if _, err := s.ChangeWords(ctx, store.WordChange{List: stale, Put: []wordlist.Entry{entry("新词")}}, community.Audit{}); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("a change of an old version: %v, want a conflict", err)
	}
	if _, err := s.ChangeWords(ctx, store.WordChange{List: l, Put: []wordlist.Entry{level}}, community.Audit{}); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("a change that changes nothing: %v, want a conflict", err)
	}
	for _, bad := range []string{"", "\x00", "两\n行", strings.Repeat("长", 65), "\xff"} {
		if _, err := s.ChangeWords(ctx, store.WordChange{List: l, Put: []wordlist.Entry{entry(bad)}}, community.Audit{}); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("word %q: %v, want bad input", bad, err)
		}
	}
	all, n, err := s.FindWords(ctx, l.Key, wordlist.Filter{})
	same(t, "all words", []any{n, textsOf(all), err}, []any{3, []string{"优惠", "刷单返利", "真人荷官"}, nil})
	found, n, err := s.FindWords(ctx, l.Key, wordlist.Filter{Text: "刷 单", State: wordlist.Active})
	same(t, "found by a disguised part", []any{n, textsOf(found), err}, []any{1, []string{"刷单返利"}, nil})
	_, n, err = s.FindWords(ctx, l.Key, wordlist.Filter{Category: "赌博"})
	same(t, "of a category", []any{n, err}, []any{1, nil})
	_, n, err = s.FindWords(ctx, l.Key, wordlist.Filter{Category: "-"})
	same(t, "without one", []any{n, err}, []any{2, nil})
	old, n, err := s.FindWords(ctx, l.Key, wordlist.Filter{Version: 1})
	same(t, "as it was", []any{n, textsOf(old), err}, []any{2, []string{"刷单返利", "真人荷官"}, nil})
	for _, hostile := range []string{"%", "_", `\`, "'; DROP TABLE word", "\x00"} {
		if _, n, err := s.FindWords(ctx, l.Key, wordlist.Filter{Text: hostile}); hostile != "\x00" && (err != nil || n != 0) {
			t.Errorf("looking for %q: %d, %v", hostile, n, err)
		}
	}
	diff, n, err := s.WordChanges(ctx, l.Key, 1, 2, community.Page{})
	if err != nil || n != 2 || diff[0].Before == nil || diff[0].After.Level != 2 || diff[1].Before != nil || diff[1].After.Text != "优惠" {
		t.Errorf("what changed: %d, %+v, %v", n, diff, err)
	}
	number := found[0].Number
	change(nil, number)
	change([]wordlist.Entry{entry("刷单返利")})
	found, _, _ = s.FindWords(ctx, l.Key, wordlist.Filter{Text: "刷单"})
	same(t, "the number of a word that came back", found[0].Number, number)
	back := must(s.RollbackWords(ctx, l, 1, "u1", "试错了", community.Audit{User: "u1", Verb: "words.rollback"}))(t)
	same(t, "going back", []any{back.Number, back.Added, back.Removed, back.Changed}, []any{5, 0, 1, 2})
	all, n, err = s.FindWords(ctx, l.Key, wordlist.Filter{})
	same(t, "after going back", []any{n, textsOf(all), err}, []any{2, []string{"刷单返利", "真人荷官"}, nil})
	if _, n, _ := s.FindWords(ctx, l.Key, wordlist.Filter{Version: 2}); n != 3 {
		t.Errorf("version 2 has %d words now, want 3", n)
	}
	versions, n, err := s.WordVersions(ctx, l.Key, community.Page{})
	same(t, "versions", []any{n, versions[0].Kind, versions[0].Note, err}, []any{5, wordlist.ByRollback, "试错了", nil})
	if _, err := s.WordListByID(ctx, 2, l.ID); community.CodeOf(err) != community.CodeNotFound {
		t.Errorf("another organisation's list: %v, want not found", err)
	}
	l = must(s.WordListByID(ctx, 1, l.ID))(t)
	l.Closed, l.Note = 1, "不用了"
	if err := s.SetWordList(ctx, l, community.Audit{User: "u1", Verb: "words.set"}); err != nil {
		t.Fatal(err)
	}
	must(s.AddWordList(ctx, wordlist.List{Org: 1, Name: "广告"}, community.Audit{}))(t)
	lists, n, err := s.WordLists(ctx, 1, community.Page{})
	same(t, "lists", []any{n, lists[1].ID, lists[1].Closed, err}, []any{2, l.ID, int64(1), nil})
}

// largeListIsPaged: 100,000 words are one change, are paged in the database, and one more is too many.
func largeListIsPaged(t *testing.T, s *store.Store) {
	ctx := t.Context()
	l := must(s.AddWordList(ctx, wordlist.List{Org: 1, Name: "大"}, community.Audit{}))(t)
	put := make([]wordlist.Entry, lexicon.MaxList)
	for i := range put {
		put[i] = entry("词" + strconv.Itoa(i) + "号")
	}
	v := must(s.ChangeWords(ctx, store.WordChange{List: l, Put: put, Kind: wordlist.ByImport}, community.Audit{}))(t)
	same(t, "added", v.Added, lexicon.MaxList)
	l = must(s.WordListByID(ctx, 1, l.ID))(t)
	if _, err := s.ChangeWords(ctx, store.WordChange{List: l, Put: []wordlist.Entry{entry("多一个")}}, community.Audit{}); community.CodeOf(err) != community.CodeTooLarge {
		t.Errorf("one more: %v, want too large", err)
	}
	page, n, err := s.FindWords(ctx, l.Key, wordlist.Filter{Text: "词9999", Page: community.Page{Limit: 5, Offset: 5}})
	same(t, "a page", []any{len(page), n, err}, []any{5, 11, nil}) // 词9999号 and 词99990号 to 词99999号
	back := must(s.RollbackWords(ctx, l, 0, "u1", "", community.Audit{}))(t)
	same(t, "emptied", back.Removed, lexicon.MaxList)
}

// runsOfWords: a run is taken once, its body comes back, and which groups use a list is known.
func runsOfWords(t *testing.T, s *store.Store) {
	ctx := t.Context()
	l := must(s.AddWordList(ctx, wordlist.List{Org: 1, Name: "导入"}, community.Audit{}))(t)
	run := must(s.AddWordRun(ctx, wordlist.Run{List: l.Key, Kind: wordlist.RunImport, File: "a\u202e.txt", User: "u1"}, []byte("rows"), "words-lint"))(t)
	same(t, "its body", string(must(s.WordRunBody(ctx, run.ID))(t)), "rows")
	run.State, run.Done, run.Of, run.Report = wordlist.RunReady, 3, 3, wordlist.Report{Rows: 3, Top: []wordlist.Top{{Text: "b", Hits: 9}}}
	if err := s.SetWordRun(ctx, run, []byte("linted")); err != nil {
		t.Fatal(err)
	}
	got := must(s.WordRunNow(ctx, run.ID))(t)
	same(t, "as noted", []any{got.State, got.Report.Top[0].Hits, string(must(s.WordRunBody(ctx, run.ID))(t))}, []any{wordlist.RunReady, 9, "linted"})
	if err := s.TakeWordRun(ctx, run.ID, wordlist.RunReady, wordlist.RunDone); err != nil {
		t.Fatal(err)
	}
	if err := s.TakeWordRun(ctx, run.ID, wordlist.RunReady, wordlist.RunDone); community.CodeOf(err) != community.CodeConflict {
		t.Errorf("taken twice: %v, want a conflict", err)
	}
	runs, n, err := s.WordRuns(ctx, l.Key, community.Page{})
	same(t, "runs", []any{len(runs), n, err}, []any{1, 1, nil})
	g := must(s.AddGroup(ctx, community.Group{Org: 1, Name: "茶友", Platform: "wechat", Zone: "Asia/Shanghai"}, 0, community.Audit{}))(t)
	for _, version := range []int{1, 2} {
		if err := s.SetWordUse(ctx, l.Key, g.Key, version, "dry", "u1", ""); err != nil {
			t.Fatal(err)
		}
	}
	users, n, err := s.WordUsers(ctx, l.Key, community.Page{})
	same(t, "users", []any{n, users[0].Group.Name, users[0].Version, users[0].Mode, err}, []any{1, "茶友", 2, "dry", nil})
	same(t, "lists of the group", len(must(s.WordUsesOf(ctx, g.Key))(t)), 1)
	if err := s.SetWordUse(ctx, l.Key, g.Key, 0, "", "u1", ""); err != nil {
		t.Fatal(err)
	}
	same(t, "none any more", len(must(s.WordUserKeys(ctx, l.Key))(t)), 0)
}
