package demo

import (
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strings"

	"qunluo/internal/community"
)

const maxTime = math.MaxInt64

// tier is how much a person talks. It shapes the figures: a few carry the group, many speak now and then, some never.
type tier int

const (
	tierStaff  tier = 0
	tierStar   tier = 1
	tierCore   tier = 2
	tierOften  tier = 3
	tierRarely tier = 4
	tierOnce   tier = 5
	tierNever  tier = 6
	tierSpam   tier = 7
)

// weights is the share of each tier in free talk, per person.
var weights = [...]float64{tierStaff: 4, tierStar: 24, tierCore: 6.6, tierOften: 1.1, tierRarely: 0.42, tierOnce: 0, tierNever: 0, tierSpam: 0}

// curves are relative inclinations to write by hour of the day.
var curves = map[string][24]float64{
	"early":  {0, 0, 0, 0, .2, 2, 5, 6, 5, 3, 2, 2, 3, 2, 1, 1, 2, 2, 3, 4, 4, 3, .8, .1},
	"office": {.2, 0, 0, 0, 0, 0, .3, 2, 4, 3, 2, 2.5, 5, 3, 2, 2, 2, 2.5, 4, 4, 5, 5, 4, 1.5},
	"night":  {4, 2, .7, .2, 0, 0, 0, .2, 1, 1.5, 2, 2, 3, 2, 2, 2, 2, 2, 2.5, 3, 5, 6, 7, 6},
	"home":   {.1, 0, 0, 0, 0, .2, 1, 2, 2, 5, 5, 3, 2, 4, 4, 3, 1, 1, 1, 2, 3, 6, 4, 1},
	"free":   {.8, .2, 0, 0, 0, 0, .5, 2, 3, 4, 4, 3, 3, 3, 4, 4, 4, 3, 3, 4, 5, 5, 4, 2},
}

var curveNames = []string{"early", "office", "office", "office", "night", "home", "free"}

var topics = []string{"读书", "写作", "副业", "生活", "职场", "育儿", "工具", "运动", "美食", "宠物"}

// stay is a person's time in a group, UTC ms: [from, to).
type stay struct{ from, to int64 }

// person is a member with their habits.
type person struct {
	entry
	id       string
	name     string // account name
	card     string // name in the groups
	cardFrom int64  // when they set it; before, the card is empty
	role     community.Role
	curve    [24]float64
	tails    []string // how they like to end a line
	stays    map[string]stay
	fade     int // story day after which they fall silent
	book     string
	page     int
	streak   int
}

var tailSets = [][]string{{"～"}, {"哈哈"}, {"[旺柴]", "[捂脸]"}, {"！"}, {""}, {""}, {"呀"}, {"……"}, {"[呲牙]"}, {""}, {"hhh"}, {" 🌱", " ☕️"}}

var nameForms = []string{"%s", "%s", "%s", "是%s呀", "%s🌿", "%s.", "小号%s", "%s_", "%s☁️"}

var cardForms = []string{"%s_%s_%s", "%s_%s_%s", "%s_%s_%s", "%s-%s-%s", "%s｜%s｜%s"}

func newPerson(e entry, n int) *person {
	h := fnv.New64a()
	h.Write([]byte(e.nick)) // a person's habits are their own, whatever the seed
	c := newChance(h.Sum64(), 1)
	p := &person{entry: e, id: fmt.Sprintf("demo-u-%03d", n+1), role: community.RoleMember, fade: math.MaxInt, stays: map[string]stay{}}
	p.name = fmt.Sprintf(pick(c, nameForms), e.nick)
	p.card = fmt.Sprintf(pick(c, cardForms), e.nick, e.city, e.job)
	p.tails = pick(c, tailSets)
	if p.hours == "" {
		p.hours = pick(c, curveNames)
		p.topics = []string{pick(c, topics), pick(c, topics)}
	}
	p.curve = curves[p.hours]
	if e.tier == tierStaff {
		p.role = community.RoleAdmin
		if n == 0 {
			p.role = community.RoleOwner
		}
		p.name, p.tails = e.nick, []string{""}
	}
	return p
}

// who is the person as a platform would name them at that time.
func (p *person) who(at int64) community.Who {
	w := community.Who{ID: p.id, Name: p.name, Role: p.role}
	if at >= p.cardFrom {
		w.Card = p.card
	}
	return w
}

func (p *person) present(group string, at int64) bool {
	s, ok := p.stays[group]
	return ok && s.from <= at && at < s.to
}

// eager is how likely the person is to write at that hour about that topic.
func (p *person) eager(storyDay, hourOfDay int, topic string) float64 {
	if storyDay > p.fade {
		return 0
	}
	x := weights[p.tier] * (p.curve[hourOfDay] + 0.05)
	switch at := slices.Contains(p.topics, topic); {
	case at:
		x *= 2
	case topic == "育儿" || topic == "宠物": // who has no child, no cat, rarely begins about one
		x *= 0.15
	}
	return x
}

// voice gives a sentence the person's manner of ending, now and then.
func (p *person) voice(c chance, text string) string {
	if !c.happens(0.16) || strings.ContainsAny(text[len(text)-1:], "]>)!?.:/") || strings.Contains(text, "\n") || strings.Contains(text, "http") {
		return text
	}
	tail := pick(c, p.tails)
	for _, end := range []string{"。", "！", "？", "～", "…", "）", "」", "》", "哈", "：", "啊", "呀", "呢", "吗", "嘛", "吧", "的", "了"} {
		if tail != "" && strings.HasSuffix(text, end) {
			if strings.HasPrefix(tail, "[") || strings.HasPrefix(tail, " ") {
				return text + tail
			}
			return text
		}
	}
	return text + tail
}
