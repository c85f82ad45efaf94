package demo

import (
	"fmt"
	"slices"
)

// sources are the ways in: scene and the code's mark, with how often they are used.
var sources = []struct {
	scene, state string
	weight       float64
}{
	{"qr", "gzh-menu", 5}, {"qr", "poster-reading", 3}, {"qr", "live-wed", 3}, {"invite", "", 4}, {"link", "article-footer", 2},
}

// gather gives everybody their time in the groups and tells of those who come and go.
func (w *world) gather() {
	written := w.content.named()
	for _, p := range w.people {
		switch {
		case slices.Contains(repeaters, p.nick):
			w.join(Main, p, w.dayStart(campaignFrom)+w.chance.between(9*60, 21*60)*minute, "qr", "campaign-7days", nil)
		case p.tier <= tierCore, written[p.nick]:
			w.found(p)
		default:
			w.settle(p)
		}
	}
	for _, g := range Groups() {
		w.moments = append(w.moments, Moment{At: w.dayStart(ObserveDays) + 10*hour, Kind: GoLive, Group: g.Ref.ID, User: "阿梧", Why: goLiveWhy})
	}
}

// found makes a person a founder: there from the first minute, in all groups, to stay.
func (w *world) found(p *person) {
	for _, g := range Groups() {
		p.stays[g.Ref.ID] = stay{0, maxTime}
	}
}

// settle draws how a member's time goes: when they come, to which sub groups, when they fall silent or leave.
func (w *world) settle(p *person) {
	c := w.chance
	came := -1
	p.stays[Main] = stay{0, maxTime}
	if !c.happens(0.46) {
		came = w.arrive(p)
	}
	for _, sub := range []struct {
		group string
		p     float64
	}{{Sub1, 0.38}, {Sub2, 0.3}} {
		if !c.happens(sub.p) {
			continue
		}
		p.stays[sub.group] = stay{0, maxTime}
		if came >= 0 {
			w.join(sub.group, p, p.stays[Main].from+c.between(hour, 30*hour), "invite", "", w.staff(pick(c, []string{"M", "N"})))
		}
	}
	w.depart(p, came)
	if p.tier == tierRarely && c.happens(0.4) {
		p.fade = int(c.between(int64(max(came, 0))+4, Days+20))
	}
}

// arrive lets a member join the main group on a drawn story day, and be greeted.
func (w *world) arrive(p *person) int {
	c := w.chance
	d := int(c.between(1, Days-3))
	src := sources[c.weighted([]float64{5, 3, 3, 4, 2})]
	if c.happens(0.36) {
		d = int(c.between(campaignFrom-1, campaignTo-1))
		src.scene, src.state = "qr", "campaign-7days"
	}
	at := w.dayStart(d) + c.between(8*60, 22*60+40)*minute + c.between(0, 59)*second
	p.cardFrom = at + c.between(3, 90)*minute
	if c.happens(0.2) {
		p.cardFrom = maxTime
	}
	var by *person
	if src.scene == "invite" {
		by = w.someone(Main, at, "", nil)
	}
	w.join(Main, p, at, src.scene, src.state, by)
	w.greet(p, at)
	return d
}

// greet is what follows an arrival: welcomes, a word about the card, a first hello.
func (w *world) greet(p *person, at int64) {
	c := w.chance
	taken := map[*person]bool{p: true}
	hello := p.tier <= tierRarely && c.happens(0.6) && hourOf(at) > 7
	if hello {
		w.remarkBy(p, Main, "自我介绍", at+c.between(60, 600)*second)
	}
	if hello || c.happens(0.3) {
		for range c.between(1, 3) {
			w.remark(Main, "欢迎", at+c.between(20, 900)*second, taken)
		}
	}
	if p.cardFrom < maxTime {
		w.setCard(p)
	}
}

// depart lets some members leave again, the campaign's more often.
func (w *world) depart(p *person, came int) {
	c := w.chance
	chanceOf := 0.07
	if came >= campaignFrom-1 && came < campaignTo {
		chanceOf = 0.2
	}
	if p.tier == tierOften || !c.happens(chanceOf) || came > Days-12 {
		return
	}
	at := w.dayStart(int(c.between(int64(max(came, 0))+5, Days-2))) + c.between(9*60, 23*60)*minute
	for _, g := range Groups() {
		if p.present(g.Ref.ID, at) {
			w.leave(g.Ref.ID, p, at, nil)
			at += c.between(20, 200) * second
		}
	}
}

// speakOnce gives those who speak a single time their line, somewhere in their time.
func (w *world) speakOnce() {
	for _, p := range w.people {
		if p.tier != tierOnce {
			continue
		}
		s := p.stays[Main]
		lo, hi := max(s.from, w.first)+2*minute, min(s.to, w.dayStart(Days-1))-1
		at := w.chance.between(lo, min(hi, lo+60*day))
		if h := hourOf(at); h < 8 {
			at = min(at+8*hour, hi)
		}
		w.remarkBy(p, Main, pick(w.chance, []string{"冒泡", "谢谢", "自我介绍", "冒泡"}), at)
	}
}

// newcomer adds an account that is not among the written people.
func (w *world) newcomer(e entry, n int) *person {
	p := newPerson(e, 800+n)
	p.id = fmt.Sprintf("demo-x-%03d", n+1)
	p.card = ""
	w.people = append(w.people, p)
	return p
}
