package policy

import (
	"fmt"
	"slices"
	"strings"
)

// Charter is the rules as members read them (群规): articles in three levels. What enforces an article is a rule of the same
// book, or nobody but people.
type Charter struct {
	Intro    string    `json:"intro,omitempty"`
	Articles []Article `json:"articles,omitempty"`
	Appeal   string    `json:"appeal,omitempty"` // how to appeal; "" = the page's own words
	Notice   string    `json:"notice,omitempty"` // what the group is told of a new version: {group} {version} {changes} {rules}; "" = DefaultNotice
}

// Article is one article (条) of a charter.
type Article struct {
	ID    string   `json:"id"`
	Level string   `json:"level"` // base, value, exit
	Title string   `json:"title"`
	Body  string   `json:"body,omitempty"`
	Rules []string `json:"rules,omitempty"` // ids of the rules that enforce it; empty = people judge
}

// Levels of articles: what everybody keeps to; what the group lives by; what ends a membership.
const (
	LevelBase  = "base"
	LevelValue = "value"
	LevelExit  = "exit"
)

// Levels lists the levels in the order in which pages show them.
func Levels() []Choice {
	return []Choice{
		{LevelBase, words("基础规则", "Base rules")},
		{LevelValue, words("价值规则", "Values")},
		{LevelExit, words("退出规则", "Rules of exit")},
	}
}

// Bounds of a charter, texts in characters.
const (
	MaxArticles  = 100
	maxTitle     = 60
	maxArticle   = 2000
	maxIntro     = 1000
	maxEnforcing = 50 // rules of one article
)

// DefaultNotice is what a group is told of a new version.
const DefaultNotice = "《{group}群规》第 {version} 版已发布：{changes}。全文：{rules}"

// CharterFields describes a charter.
func CharterFields() []Field {
	return []Field{
		{Name: "intro", Title: words("开头的话", "Opening words"), Type: typeLong, Max: maxIntro},
		{Name: "articles", Title: words("条文", "Articles"), Type: typeObjects, Max: MaxArticles, Fields: ArticleFields()},
		{Name: "appeal", Title: words("怎样申诉", "How to appeal"), Type: typeLong, Max: 500,
			Help: words("公开页上的话，留空用默认的", "words of the public page; empty = its own")},
		{Name: "notice", Title: words("发布时的群通知", "Notice of a new version"), Type: typeLong, Max: 1000, Default: DefaultNotice,
			Help: words("可用 {group} {version} {changes} {rules}；{rules} 是公开页的地址", "may hold {group} {version} {changes} {rules}; {rules} is the address of the public page")},
	}
}

// ArticleFields describes an article.
func ArticleFields() []Field {
	return []Field{
		{Name: "level", Title: words("层级", "Level"), Type: typeChoice, Required: true, Default: LevelBase, Choices: Levels()},
		{Name: "title", Title: words("标题", "Title"), Type: typeText, Max: maxTitle, Required: true},
		{Name: "body", Title: words("正文", "Text"), Type: typeLong, Max: maxArticle},
		{Name: "rules", Title: words("由哪些规则执行", "Enforced by rules"), Type: typeRules, Max: maxEnforcing,
			Help: words("规则的编号；留空表示由人判断", "ids of rules; empty = people judge")},
		{Name: "id", Title: words("编号", "Id"), Type: typeID, Required: true},
	}
}

// Ordered is the articles in the order in which they are numbered from 1: by level, within a level as they were written.
func (c Charter) Ordered() []Article {
	out := slices.Clone(c.Articles)
	slices.SortStableFunc(out, func(a, b Article) int { return levelRank(a.Level) - levelRank(b.Level) })
	return out
}

func levelRank(level string) int {
	return slices.IndexFunc(Levels(), func(c Choice) bool { return c.Value == level })
}

// Number is an article's number; 0 = there is no such article.
func (c Charter) Number(id string) int {
	return slices.IndexFunc(c.Ordered(), func(a Article) bool { return a.ID == id }) + 1
}

// At gives the article with a number.
func (c Charter) At(number int) (Article, bool) {
	all := c.Ordered()
	if number < 1 || number > len(all) {
		return Article{}, false
	}
	return all[number-1], true
}

// OfRule is the number of the article that a rule enforces, the first where there are several; 0 = none.
func (c Charter) OfRule(rule string) int {
	if rule == "" {
		return 0
	}
	return slices.IndexFunc(c.Ordered(), func(a Article) bool { return slices.Contains(a.Rules, rule) }) + 1
}

// Cite names the version of the rules and the article on which a sanction rests: 《群规》第 3 版第 2 条. version 0 = "".
func Cite(version, article int) string {
	if version <= 0 {
		return ""
	}
	return fmt.Sprintf("《群规》第 %d 版", version) + articleWord(article)
}

func articleWord(article int) string {
	if article <= 0 {
		return ""
	}
	return fmt.Sprintf("第 %d 条", article)
}

// article is the number of the article that a rule of a published book enforces; 0 = none.
func (rb *Rulebook) article(rule string) int {
	if rb.book.Version == 0 {
		return 0
	}
	return rb.book.Charter.OfRule(rule)
}

// cited fills {version} and {article} into a text.
func (rb *Rulebook) cited(text string, article int) string {
	return strings.NewReplacer("{version}", fmt.Sprint(rb.book.Version), "{article}", articleWord(article)).Replace(text)
}

// charter looks whether the articles say of the rules what the rules do.
func (b *builder) charter() {
	articles := b.rb.book.Charter.Articles
	ids, titles := map[string]int{}, map[string]int{}
	named := map[string]int{} // rule → the first article that names it
	for i, a := range articles {
		path := at("charter.articles", i)
		if k, ok := ids[a.ID]; ok {
			b.add(path+".id", "duplicate", at("charter.articles", k)+".id")
		}
		title := strings.TrimSpace(a.Title)
		if k, ok := titles[title]; ok {
			b.add(path+".title", "article_title", at("charter.articles", k)+".title")
		}
		ids[a.ID], titles[title] = i, i
		for n, id := range a.Rules {
			where := at(path+".rules", n)
			k, ok := named[id]
			switch {
			case !ok:
				named[id] = i
			case k == i:
				b.add(where, "duplicate", at(path+".rules", slices.Index(a.Rules, id)))
			case articles[k].Level != a.Level:
				b.add(where, "article_contradicts", id, articles[k].Title, a.Title)
			}
			if code := b.enforces(a, id); code != "" {
				b.add(where, code, id, a.Title)
			}
		}
	}
}

// enforces says what is wrong with an article's rule; "" = nothing.
func (b *builder) enforces(a Article, id string) string {
	i := indexRule(b.rb.book.Rules, id)
	if i < 0 {
		return "article_no_rule"
	}
	r := b.rb.book.Rules[i]
	k := slices.IndexFunc(b.kinds, func(k kind) bool { return k.schema.Name == r.Kind })
	switch {
	case k < 0:
		return "" // said at the rule
	case !b.kinds[k].schema.Sanction:
		return "article_no_sanction"
	case a.Level == LevelExit && !removes(b.rb.book.ladderOf(r)):
		return "article_never_removes"
	}
	return ""
}

func removes(ladder []Rung) bool {
	return slices.ContainsFunc(ladder, func(r Rung) bool { return slices.Contains(r.Actions, ActRemove) })
}

// ladderOf is the ladder that follows a rule of the book, from its first rung on.
func (b Book) ladderOf(r Rule) []Rung {
	ladder := r.Ladder
	switch {
	case ladder == nil && r.Remind:
		ladder = []Rung{{Actions: []string{ActWarn}}}
	case ladder == nil && b.Ladder == nil:
		ladder = DefaultLadder()
	case ladder == nil:
		ladder = b.Ladder
	}
	if len(ladder) == 0 {
		return nil
	}
	from := min(max(r.StartRung, 1), len(ladder)) - 1
	if r.Remind {
		return ladder[from : from+1]
	}
	return ladder[from:]
}

// Advice is what is not wrong with a charter and yet may mislead: an article that nothing enforces now, a rule that punishes
// without an article.
func (b Book) Advice() Problems {
	var c checker
	if len(b.Charter.Articles) == 0 {
		return nil
	}
	named := map[string]bool{}
	for i, a := range b.Charter.Articles {
		for n, id := range a.Rules {
			where := at(at("charter.articles", i)+".rules", n)
			named[id] = true
			k := indexRule(b.Rules, id)
			if k < 0 {
				continue // that is wrong, and Parse says so
			}
			r := b.Rules[k]
			if r.Mode != RuleLive {
				c.add(where, "article_"+r.Mode, r.Name, a.Title)
			}
			if ladder := b.ladderOf(r); a.Level == LevelBase && len(ladder) > 0 && removes(ladder[:1]) {
				c.add(where, "article_base_removes", r.Name, a.Title)
			}
		}
	}
	for i, r := range b.Rules {
		k := slices.IndexFunc(Kinds(), func(s Schema) bool { return s.Name == r.Kind && s.Sanction })
		if k >= 0 && r.Mode == RuleLive && !named[r.ID] {
			c.add(at("rules", i), "rule_no_article", r.Name)
		}
	}
	return c.problems
}
