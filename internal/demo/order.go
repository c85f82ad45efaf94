package demo

import (
	"fmt"

	"qunluo/internal/community"
)

// spamAccounts is how many advertisers come by during the story.
const spamAccounts = 34

// repeaters are the nicks of members who broke the rules twice in the last weeks of the history: the next time, in Live,
// is their third.
var repeaters = []string{"雅雅", "阿豪", "晴天"}

// setCard tells of a member's name in the group once it is set.
func (w *world) setCard(p *person) {
	for _, g := range Groups() {
		if !p.present(g.Ref.ID, p.cardFrom) {
			continue
		}
		w.add(community.Inbound{Type: community.MemberUpdated, OccurredAt: p.cardFrom, Group: g.Ref, Actor: p.who(p.cardFrom),
			Body: community.Body{Name: p.name, Card: p.card, Role: p.role}})
	}
}

// breakRules tells of advertisers: while observed, moderators clean up by hand; later the rulebook is quicker, and only
// what was disguised is left to them.
func (w *world) breakRules() {
	for i := range spamAccounts {
		w.advertiser(i)
	}
	for i, nick := range repeaters {
		p := w.nicks[nick]
		w.offend(p, pick(w.chance, w.spamOf("ad", false)), w.dayStart(Days-21+3*i)+14*hour+w.chance.between(0, 200)*minute)
		w.offend(p, pick(w.chance, w.spamOf("contact", false)), w.dayStart(Days-9+2*i)+15*hour+w.chance.between(0, 200)*minute)
	}
	w.excite(w.nicks["毛豆"], w.dayStart(Days-31)+20*hour+12*minute)
	w.excite(w.nicks["小北"], w.dayStart(Days-13)+12*hour+40*minute)
}

func (w *world) offend(p *person, text string, at int64) string {
	if !p.present(Main, at) {
		return ""
	}
	return w.say(Main, p, at, said{text: text, class: classOf(text)})
}

// excite is a good member who floods for joy.
func (w *world) excite(p *person, at int64) {
	for _, l := range w.content.spam {
		if l.kind == "flood" && p.present(Main, at) {
			w.say(Main, p, at, said{text: l.text})
			at += w.chance.between(700, 2600)
		}
	}
}

func (w *world) spamOf(kind string, disguised bool) []string {
	var out []string
	for _, s := range w.content.spam {
		if s.kind == kind && s.disguised == disguised {
			out = append(out, s.text)
		}
	}
	return out
}

// advertiser is one account: it comes, posts, and goes or is sent away.
func (w *world) advertiser(n int) {
	c := w.chance
	d := 1 + n*(Days-3)/spamAccounts
	group := pick(c, []string{Main, Main, Main, Sub2, Sub1})
	p := w.newcomer(entry{nick: pick(c, w.content.slots["spamnick"]), city: "", job: "", tier: tierSpam, hours: "free"}, n)
	p.name = p.nick
	p.cardFrom = maxTime
	at := w.dayStart(d) + c.between(9*60, 23*60)*minute
	w.join(group, p, at, pick(c, []string{"qr", "link", "qr"}), pick(c, []string{"poster-reading", "gzh-menu", ""}), nil)
	kind := pick(c, []string{"ad", "fraud", "contact", "gamble", "ad", "contact"})
	disguised := c.happens(0.35)
	texts := w.spamOf(kind, disguised)
	var posts []string
	at += c.between(40, 1500) * second
	for i := range int(c.between(1, 2)) {
		posts = append(posts, w.say(group, p, at, said{text: texts[(n+i*3)%len(texts)]}))
		at += c.between(2, 25) * minute
	}
	if d < ObserveDays || disguised {
		w.cleanUp(group, p, posts, at)
		return
	}
	if c.happens(0.6) {
		w.remark(group, "机器人出手", at, nil)
	}
	if len(posts) == 2 && d < Days-4 { // back when the mute is over, for the third strike
		at += day + c.between(1, 200)*minute
		w.say(group, p, at, said{text: texts[(n+6)%len(texts)]})
	}
	w.leave(group, p, at+c.between(1, 30)*hour, nil)
}

// cleanUp is a moderator's work by hand: recall what is there, remove the account, say so.
func (w *world) cleanUp(group string, p *person, posts []string, at int64) {
	mod := w.staff(pick(w.chance, []string{"M", "N"}))
	w.remark(group, "举报广告", at, map[*person]bool{p: true})
	at += w.chance.between(60, 900) * second
	for i, id := range posts {
		if id != "" {
			w.recall(group, mod, p, id, at+int64(i)*2*second)
		}
	}
	at += 20 * second
	w.leave(group, p, at, mod)
	w.remarkBy(mod, group, "已清理", at+w.chance.between(10, 60)*second)
}

// playScenes plays the written incidents at their fixed places.
func (w *world) playScenes() {
	for i, t := range w.content.scenes {
		t.id = 20000 + i
		group := map[string]string{"m": Main, "1": Sub1, "2": Sub2}[t.groups]
		if _, ok := w.converse(t, group, w.dayStart(Days-1-t.daysBack)+t.clock); !ok {
			panic(fmt.Sprintf("demo: scene %s lacks somebody", t.topic))
		}
	}
}
