package policy

import (
	"errors"
	"strings"
	"testing"

	"qunluo/internal/community"
)

// chartered is a book with rules and what members read of them.
func chartered(articles ...Article) Book {
	b := live(word("ads", "广告"), with(word("fraud", "刷单"), func(r *Rule) { r.StartRung, r.Reason = 3, "诈骗" }),
		Rule{ID: "hello", Name: "欢迎", Kind: "welcome", Mode: RuleLive, Params: params(welcome{Entries: []greeting{{Text: "欢迎"}}})})
	b.Charter.Articles = articles
	return b
}

func house() Book {
	return chartered(
		Article{ID: "no-fraud", Level: LevelExit, Title: "不骗人", Rules: []string{"fraud"}},
		Article{ID: "no-ads", Level: LevelBase, Title: "不发广告", Rules: []string{"ads"}},
		Article{ID: "help", Level: LevelValue, Title: "互相帮忙"},
		Article{ID: "theft", Level: LevelExit, Title: "不搬运群内容"},
	)
}

// codesOf are the codes of what is wrong with a book.
func codesOf(err error) string {
	var problems Problems
	errors.As(err, &problems)
	var out []string
	for _, p := range problems {
		out = append(out, p.Code)
	}
	return strings.Join(out, " ")
}

func TestArticlesAreNumberedByLevelInAStableOrder(t *testing.T) {
	var got []string
	for _, a := range house().Charter.Ordered() {
		got = append(got, a.ID)
	}
	if want := "no-ads help no-fraud theft"; strings.Join(got, " ") != want {
		t.Errorf("order = %q, want %q", strings.Join(got, " "), want)
	}
}

func TestEverySanctionCitesVersionAndArticle(t *testing.T) {
	b := house()
	b.WarnText, b.RemovedText = "{reason}（第 {version} 版{article}）", "{name} 被移出"
	r := newRoom(t, b)
	d := r.says(1, "广告")
	if d.Article != 1 || d.Strikes[0].Article != 1 || d.Strikes[0].Book != 3 || !strings.Contains(d.Actions[1].Text, "（第 3 版第 1 条）") {
		t.Errorf("warning: article %d, strike %+v, %q", d.Article, d.Strikes[0], d.Actions[1].Text)
	}
	r.says(2, "刷单")
	left := r.one(r.event(community.MemberLeft, 2, community.Body{Reason: "kicked"}))
	if left == nil || left.Article != 3 || left.Actions[0].Text != "小明 被移出\n依据：《群规》第 3 版第 3 条" {
		t.Errorf("public notice: %+v", left)
	}
	b.Version = 0
	if d := newRoom(t, b).says(1, "广告"); d.Article != 0 || d.Strikes[0].Article != 0 {
		t.Errorf("a book that was never published is cited: %+v", d)
	}
}

func TestStrikeByHandCitesTheChosenArticle(t *testing.T) {
	r := newRoom(t, house())
	d := r.give(community.PersonStrike{Member: 5, Name: "小明", Event: 42, Message: "m42", Article: "no-ads"})
	if got := gist(d); got != "judged rung1 strike:ads recall send" || d.Strikes[0].Article != 1 {
		t.Errorf("under the article's rule: %s, article %d", got, d.Strikes[0].Article)
	}
	d = r.give(community.PersonStrike{Member: 6, Event: 43, Article: "help"})
	if got := gist(d); got != "judged rung1 strike: send" || d.Strikes[0].Article != 2 {
		t.Errorf("under an article that people judge: %s, article %d", got, d.Strikes[0].Article)
	}
	d = r.give(community.PersonStrike{Member: 7, Event: 44, Article: "theft"})
	if got := gist(d); got != "judged rung1 strike: remove" || d.Strikes[0].Article != 4 {
		t.Errorf("under an article of exit: %s, article %d", got, d.Strikes[0].Article)
	}
	d = r.give(community.PersonStrike{Member: 8, Event: 45, Rule: "ads", Article: "help"})
	if d.Strikes[0].Rule != "ads" || d.Strikes[0].Article != 2 {
		t.Errorf("rule and article both named: %+v", d.Strikes[0])
	}
	if d = r.give(community.PersonStrike{Member: 9, Event: 46, Article: "nonsense"}); d.Verdict != community.Faulted || len(d.Strikes) > 0 {
		t.Errorf("an article that is not there: %s", gist(d))
	}
}

func TestCharterMayNotPromiseWhatRulesDoNotDo(t *testing.T) {
	for want, articles := range map[string][]Article{
		"article_no_rule":       {{ID: "a", Level: LevelBase, Title: "一", Rules: []string{"nothing"}}},
		"article_no_sanction":   {{ID: "a", Level: LevelBase, Title: "一", Rules: []string{"hello"}}},
		"article_never_removes": {{ID: "a", Level: LevelExit, Title: "一", Rules: []string{"soft"}}},
		"article_contradicts":   {{ID: "a", Level: LevelBase, Title: "一", Rules: []string{"ads"}}, {ID: "b", Level: LevelExit, Title: "二", Rules: []string{"ads"}}},
		"article_title":         {{ID: "a", Level: LevelBase, Title: "一"}, {ID: "b", Level: LevelExit, Title: "一 "}},
		"duplicate":             {{ID: "a", Level: LevelBase, Title: "一"}, {ID: "a", Level: LevelBase, Title: "二"}},
		"unknown_choice":        {{ID: "a", Level: "law", Title: "一"}},
		"too_long":              {{ID: "a", Level: LevelBase, Title: strings.Repeat("长", 61)}},
		"bad_id":                {{ID: "条", Level: LevelBase, Title: "一"}},
		"required":              {{ID: "a", Level: LevelBase}},
	} {
		b := chartered(articles...)
		b.Rules = append(b.Rules, with(word("soft", "软文"), func(r *Rule) { r.Remind = true }))
		_, err := Parse(params(b))
		if err == nil || !strings.Contains(codesOf(err), want) {
			t.Errorf("%s: %v", want, codesOf(err))
		}
	}
	if _, err := Parse(params(house())); err != nil {
		t.Error(err)
	}
}

func TestAdviceSaysWhatAnArticleLeavesOpen(t *testing.T) {
	b := chartered(Article{ID: "a", Level: LevelBase, Title: "一", Rules: []string{"fraud", "dry", "off"}})
	b.Rules = append(b.Rules, with(word("dry", "甲"), func(r *Rule) { r.Mode = RuleDry }), with(word("off", "乙"), func(r *Rule) { r.Mode = RuleOff }))
	var got []string
	for _, p := range b.Advice() {
		got = append(got, p.Code)
		if w := p.Words(); w[0] == "" || strings.Contains(w[0]+w[1], "{") {
			t.Errorf("%s has no words: %q", p.Code, w)
		}
	}
	if want := "article_base_removes article_dry article_off rule_no_article"; strings.Join(got, " ") != want {
		t.Errorf("advice = %q, want %q", strings.Join(got, " "), want)
	}
}

func TestCharterSaysTheLadderThatHolds(t *testing.T) {
	b := house()
	for id, want := range map[string]string{
		"no-ads": "第 1 次撤回消息并警告，第 2 次禁言 1 天，第 3 次移出群", "no-fraud": "移出群",
		"help": "由管理员判断：第 1 次撤回消息并警告，第 2 次禁言 1 天，第 3 次移出群", "theft": "由管理员判断：移出群",
	} {
		a, _ := b.Charter.At(b.Charter.Number(id))
		if got := b.Says(a); got[0] != want || got[1] == "" {
			t.Errorf("%s: %q, want %q", id, got, want)
		}
	}
	b.Rules[0].Ladder = []Rung{{Actions: []string{ActMute}, MuteSeconds: 5400}, {Actions: []string{ActRemove}, Block: true}}
	if a, _ := b.Charter.At(1); b.Says(a)[0] != "第 1 次禁言 90 分钟，第 2 次移出群且不再接受申请" {
		t.Errorf("its own ladder: %q", b.Says(a)[0])
	}
}

func TestDiffOfTwoChartersIsWhatAReaderSees(t *testing.T) {
	a, b := house(), house()
	b.Charter.Articles[1].Body = "包括二维码"
	b.Charter.Articles[3].Level = LevelValue
	b.Charter.Articles = append(b.Charter.Articles[:2:2], b.Charter.Articles[3], Article{ID: "new", Level: LevelBase, Title: "实名"})
	b.Rules[1].StartRung = 2
	var got []string
	for _, ch := range DiffCharters(a, b) {
		got = append(got, ch.Kind+" "+ch.ID)
	}
	if want := "changed no-ads,added new,changed theft,changed no-fraud,removed help"; strings.Join(got, ",") != want {
		t.Errorf("diff = %q, want %q", strings.Join(got, ","), want)
	}
	if text, changed := NoticeText(a, b, 4); !changed || text != "《本群群规》第 4 版已发布：新增第 2 条，修改第 1、3、4 条，删去原第 2 条。全文：{rules}" {
		t.Errorf("notice = %q, %v", text, changed)
	}
	if text, changed := NoticeText(a, a, 4); changed || !strings.Contains(text, "没有变化") {
		t.Errorf("notice of the same = %q, %v", text, changed)
	}
	if text, _ := NoticeText(a, live(), 4); text != "" {
		t.Errorf("notice without articles = %q", text)
	}
	var fields []string
	for _, ch := range DiffBooks(a, b) {
		fields = append(fields, ch.Article+ch.Rule+"."+ch.Field)
	}
	if want := "no-ads.body,help.article,theft.level,new.article,fraud.start_rung"; strings.Join(fields, ",") != want {
		t.Errorf("fields = %q, want %q", strings.Join(fields, ","), want)
	}
}

func TestARosterThatProvesARemovalMakesItPublic(t *testing.T) {
	r := newRoom(t, expels())
	r.says(1, "广告")
	r.says(2, "广告")
	r.says(3, "广告")
	list := params([]community.Who{{ID: "x"}})
	if got := r.one(r.event(community.RosterRead, 0, community.Body{Data: list})); got != nil {
		t.Errorf("a list that proves nothing: %s", gist(got))
	}
	got := r.one(r.event(community.RosterRead, 0, community.Body{Data: list, Removed: []community.MemberKey{1, 2, 9}}))
	if gist(got) != "served send send" || got.Actions[0].ID == got.Actions[1].ID || !strings.Contains(got.Actions[1].Text, "被移出本群") {
		t.Errorf("notices = %s", gist(got))
	}
	if again := r.one(r.event(community.RosterRead, 0, community.Body{Data: list, Removed: []community.MemberKey{1, 2}})); again != nil {
		t.Errorf("once more: %s", gist(again))
	}
	r.now += 8 * 24 * 3600 * second
	if late := r.one(r.event(community.RosterRead, 0, community.Body{Data: list, Removed: []community.MemberKey{3}})); late != nil {
		t.Errorf("a week later: %s", gist(late))
	}
}
