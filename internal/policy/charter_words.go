package policy

import (
	"fmt"
	"slices"
	"strings"
)

// What follows is said from the rules themselves, so that a page cannot promise what the machine does not do.

var actWords = map[string][2]string{
	ActRecall: {"撤回消息", "the message is recalled"}, ActWarn: {"警告", "a warning"},
	ActMute: {"禁言", "muted"}, ActRemove: {"移出群", "removed from the group"},
}

// lengths are spans of time in words, the longest first.
var lengths = []struct {
	seconds int64
	zh, en  string
}{{daySeconds, "天", "d"}, {3600, "小时", "h"}, {60, "分钟", "min"}, {1, "秒", "s"}}

func lengthWords(seconds int64) [2]string {
	for _, l := range lengths {
		if seconds >= l.seconds && seconds%l.seconds == 0 {
			return words(fmt.Sprintf("%d %s", seconds/l.seconds, l.zh), fmt.Sprintf("%d %s", seconds/l.seconds, l.en))
		}
	}
	return words("0 秒", "0 s")
}

func rungWords(r Rung) [2]string {
	var zh, en []string
	for _, act := range []string{ActRecall, ActWarn, ActMute, ActRemove} {
		if !slices.Contains(r.Actions, act) {
			continue
		}
		w := actWords[act]
		if act == ActMute {
			l := lengthWords(r.MuteSeconds)
			w = words(w[0]+" "+l[0], w[1]+" for "+l[1])
		}
		if act == ActRemove && r.Block {
			w = words(w[0]+"且不再接受申请", w[1]+" for good")
		}
		zh, en = append(zh, w[0]), append(en, w[1])
	}
	if len(zh) == 0 {
		return words("只记录", "only noted")
	}
	return words(strings.Join(zh, "并"), strings.Join(en, " and "))
}

// LadderWords says a ladder: Chinese, English.
func LadderWords(ladder []Rung) [2]string {
	var zh, en []string
	for i, r := range ladder {
		w := rungWords(r)
		if len(ladder) == 1 {
			return w
		}
		zh, en = append(zh, fmt.Sprintf("第 %d 次%s", i+1, w[0])), append(en, fmt.Sprintf("%d. %s", i+1, w[1]))
	}
	return words(strings.Join(zh, "，"), strings.Join(en, "; "))
}

// Says tells what follows from a breach of an article: from the ladders of the rules that enforce it, or what people do.
func (b Book) Says(a Article) [2]string {
	var zh, en []string
	for _, id := range a.Rules {
		i := indexRule(b.Rules, id)
		if i < 0 || b.Rules[i].Mode == RuleOff {
			continue
		}
		if w := LadderWords(b.ladderOf(b.Rules[i])); !slices.Contains(zh, w[0]) {
			zh, en = append(zh, w[0]), append(en, w[1])
		}
	}
	if len(zh) > 0 {
		return words(strings.Join(zh, "；"), strings.Join(en, "; or: "))
	}
	w := LadderWords(b.handLadder(a))
	return words("由管理员判断："+w[0], "judged by people: "+w[1])
}

// handLadder is what follows when a person finds an article breached: the book's ladder; of an exit article only removal.
func (b Book) handLadder(a Article) []Rung {
	ladder := b.ladderOf(Rule{})
	if a.Level != LevelExit {
		return ladder
	}
	if i := slices.IndexFunc(ladder, func(r Rung) bool { return slices.Contains(r.Actions, ActRemove) }); i >= 0 {
		return ladder[i:]
	}
	return []Rung{{Actions: []string{ActRemove}}}
}

// ArticleChange is what became of one article between two charters.
type ArticleChange struct {
	ID     string   `json:"id"`
	Kind   string   `json:"kind"` // added, removed, changed, moved
	Level  string   `json:"level"`
	Before *Article `json:"before,omitempty"`
	After  *Article `json:"after,omitempty"`
	Was    int      `json:"was,omitempty"`    // number before
	Number int      `json:"number,omitempty"` // number after
	// Follows is what follows from a breach, where that changed: before and after, Chinese and English each.
	Follows *[2][2]string `json:"follows,omitempty"`
}

// Kinds of an ArticleChange.
const (
	ArticleAdded   = "added"
	ArticleRemoved = "removed"
	ArticleChanged = "changed"
	ArticleMoved   = "moved"
)

// DiffCharters lists what a reader of both charters sees to be different, in the order of the later one, then what is gone. An
// article whose number alone changed because of others is no change; one that changed places with another is.
func DiffCharters(a, b Book) []ArticleChange {
	before, after := a.Charter.Ordered(), b.Charter.Ordered()
	var out []ArticleChange
	for i, now := range after {
		ch := ArticleChange{ID: now.ID, Level: now.Level, After: &now, Number: i + 1}
		k := slices.IndexFunc(before, func(x Article) bool { return x.ID == now.ID })
		if k < 0 {
			ch.Kind = ArticleAdded
			out = append(out, ch)
			continue
		}
		was := before[k]
		ch.Before, ch.Was = &was, k+1
		if x, y := a.Says(was), b.Says(now); x != y {
			ch.Follows = &[2][2]string{x, y}
		}
		switch {
		case was.Level != now.Level || was.Title != now.Title || was.Body != now.Body || ch.Follows != nil:
			ch.Kind = ArticleChanged
		case movedAmong(before, after, was.ID):
			ch.Kind = ArticleMoved
		default:
			continue
		}
		out = append(out, ch)
	}
	for k, was := range before {
		if !slices.ContainsFunc(after, func(x Article) bool { return x.ID == was.ID }) {
			out = append(out, ArticleChange{ID: was.ID, Kind: ArticleRemoved, Level: was.Level, Before: &was, Was: k + 1})
		}
	}
	return out
}

// movedAmong reports whether an article stands before another one now that stood before it.
func movedAmong(before, after []Article, id string) bool {
	at := func(list []Article, id string) int {
		return slices.IndexFunc(list, func(x Article) bool { return x.ID == id })
	}
	from, to := at(before, id), at(after, id)
	for _, other := range after[to+1:] {
		if k := at(before, other.ID); k >= 0 && k < from {
			return true
		}
	}
	return false
}

// changeWords says in a line what changed for members: "新增第 3 条；修改第 1 条". "" = nothing.
func changeWords(list []ArticleChange) string {
	var out []string
	for _, k := range []struct{ kind, word string }{{ArticleAdded, "新增"}, {ArticleChanged, "修改"}, {ArticleRemoved, "删去原"}, {ArticleMoved, "移动"}} {
		var numbers []string
		for _, ch := range list {
			n := ch.Number
			if k.kind == ArticleRemoved {
				n = ch.Was
			}
			if ch.Kind == k.kind {
				numbers = append(numbers, fmt.Sprint(n))
			}
		}
		if len(numbers) > 0 {
			out = append(out, k.word+"第 "+strings.Join(numbers, "、")+" 条")
		}
	}
	return strings.Join(out, "，")
}

// NoticeText is what the group is told when b follows a as a version: the charter's own words, or the default. changed is false
// where a reader sees no difference. {rules} stays for whoever knows the address.
func NoticeText(a, b Book, version int) (text string, changed bool) {
	if len(b.Charter.Articles) == 0 {
		return "", false
	}
	list := DiffCharters(a, b)
	said := changeWords(list)
	switch {
	case len(a.Charter.Articles) == 0:
		said = fmt.Sprintf("共 %d 条", len(b.Charter.Articles))
	case said == "":
		said = "条文没有变化"
	}
	text = b.Charter.Notice
	if text == "" {
		text = DefaultNotice
	}
	group := b.Group
	if group == "" {
		group = "本群"
	}
	changed = len(list) > 0 || a.Charter.Intro != b.Charter.Intro
	return strings.NewReplacer("{group}", group, "{version}", fmt.Sprint(version), "{changes}", said).Replace(text), changed
}

// Contents lists the titles of a charter, a line each.
func Contents(c Charter) string {
	var out []string
	for i, a := range c.Ordered() {
		out = append(out, fmt.Sprintf("%d. %s", i+1, a.Title))
	}
	return strings.Join(out, "\n")
}
