package demo

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"qunluo/internal/community"
)

// Script is the endless life of the groups after History. Its course depends on the seed and the times at which Next is
// called, on nothing else. It is not safe for concurrent use.
type Script struct {
	seed    uint64
	w       *world
	began   int64
	until   int64               // conversations of the main group are laid out up to here
	queue   []community.Inbound // by OccurredAt
	numbers int
	guests  int   // accounts that came after the history
	arrival int64 // when the next newcomer comes
	offence int64 // when the next rule is broken
	turn    int   // which kind of offence is next
}

// Live begins to tell what follows History with the same seed, from the first call of Next on.
func Live(seed uint64) *Script { return &Script{seed: seed} }

// Next is what happens next after now (UTC ms, must not run back) and when: at is never before now, a few seconds ahead
// as a rule. The caller waits until at, plays the events, and calls again with the time it then is. A call that comes late shifts
// everything that follows, so that a machine that slept does not flood. ok is always true: the script never ends.
//
// Within the first two minutes somebody joins by QR code, asks for something the keyword replies know, an advertiser posts
// twice, a member with two strikes from the history breaks the rules a third time, and somebody floods.
func (s *Script) Next(now int64) (at int64, in []community.Inbound, ok bool) {
	if s.w == nil {
		s.begin(now)
	}
	for len(s.queue) < 30 || s.until < s.queue[0].OccurredAt+2*minute {
		s.extend()
	}
	if lag := now - s.queue[0].OccurredAt; lag > 0 {
		s.shift(lag)
	}
	ev := s.queue[0]
	s.queue = s.queue[1:]
	return ev.OccurredAt, []community.Inbound{ev}, true
}

func (s *Script) begin(now int64) {
	s.w = tell(s.seed, now)
	s.w.chance = newChance(s.seed, uint64(now))
	s.w.events, s.w.quick, s.w.made = nil, true, 0
	s.w.prefix = "lv" + strconv.FormatInt(now, 36) + "-"
	s.began, s.until = now, now+2*second
	s.arrival, s.offence = now+5*minute, now+7*minute
	s.open(now)
	s.take()
}

// open lays out the first two minutes.
func (s *Script) open(t int64) {
	s.welcome(t + 9*second)
	s.w.remark(Main, "关键词提问", t+33*second, nil)
	s.twice(t + 44*second)
	s.third(t + 82*second)
	s.flood(t + 98*second)
	s.w.remark(Main, "机器人出手", t+112*second, nil)
}

// shift moves everything to come.
func (s *Script) shift(lag int64) {
	for i := range s.queue {
		s.queue[i].OccurredAt += lag
	}
	s.until += lag
	s.arrival += lag
	s.offence += lag
}

// take moves what the world made into the queue.
func (s *Script) take() {
	for _, ev := range s.w.events {
		s.numbers++
		ev.Key = s.w.prefix + "e" + strconv.Itoa(s.numbers)
		if ev.Type == community.MessageCreated {
			ev.Key = ev.Body.Message
		}
		s.queue = append(s.queue, ev)
	}
	s.w.events = nil
	slices.SortStableFunc(s.queue, func(a, b community.Inbound) int { return cmp.Compare(a.OccurredAt, b.OccurredAt) })
}

// extend lays out the next piece: a conversation or a stray line in the main group, now and then one in a sub group
// beside it, and whatever is due.
func (s *Script) extend() {
	at := s.until
	c := s.w.chance
	if c.happens(0.3) {
		s.talk(pick(c, []string{Sub1, Sub1, Sub2}), at, 0.4)
	}
	end := s.talk(Main, at, 0.7)
	if at >= s.arrival {
		s.welcome(at)
		s.w.remark(Main, "关键词提问", at+50*second, nil)
		s.arrival = at + c.between(5, 12)*minute
	}
	if at >= s.offence {
		s.offend(at)
		s.offence = at + c.between(6, 14)*minute
	}
	if c.happens(0.02) {
		s.farewell(at)
	}
	s.until = end + c.between(3, 8)*second*s.pace(at)
	s.take()
}

// pace slows the groups down once the visitor has seen them, and at night.
func (s *Script) pace(at int64) int64 {
	p := int64(1)
	switch since := at - s.began; {
	case since > 2*hour:
		p = 6
	case since > 20*minute:
		p = 3
	}
	if hourOf(at) < 7 && p > 1 {
		p *= 3
	}
	return p
}

// talk plays a thread, rather one not heard for long, with probability p, else a stray line; it returns when that ends.
func (s *Script) talk(group string, at int64, p float64) int64 {
	if s.w.chance.happens(p) {
		for _, from := range []struct {
			threads []thread
			fresh   int64
		}{{s.w.content.threads, 10 * day}, {s.w.content.minis, 2 * hour}, {s.w.content.threads, 8 * hour}} {
			if t, ok := s.w.choose(from.threads, group, at, from.fresh); ok && (from.fresh < day || s.w.chance.happens(0.7)) {
				if end, ok := s.w.converse(t, group, at); ok {
					return end
				}
			}
		}
	}
	s.w.remark(group, s.w.situation(group, at), at, nil)
	return at
}

// welcome is a newcomer by QR code who says hello.
func (s *Script) welcome(at int64) {
	c := s.w.chance
	e := entry{nick: pick(c, s.w.content.slots["guest"]), city: pick(c, s.w.content.slots["city"]), job: "新成员", tier: tierRarely, hours: "free", topics: []string{"读书"}}
	p := s.guest(e)
	s.w.join(Main, p, at, "qr", pick(c, []string{"gzh-menu", "poster-reading", "live-wed"}), nil)
	s.w.remarkBy(p, Main, "新人报到", at+11*second)
	s.w.remark(Main, "欢迎", at+17*second, map[*person]bool{p: true})
}

func (s *Script) guest(e entry) *person {
	s.guests++
	p := s.w.newcomer(e, 100+s.guests)
	p.id = fmt.Sprintf("demo-v-%s-%d", strconv.FormatInt(s.began, 36), s.guests)
	if n := s.guests / len(s.w.content.slots["guest"]); n > 0 && e.tier != tierSpam {
		p.nick += strconv.Itoa(n + 1)
	}
	p.name, p.cardFrom = p.nick, maxTime
	return p
}

// offend is one of the ways to break the rules, in turn.
func (s *Script) offend(at int64) {
	kinds := []func(int64){s.third, s.twice, s.flood, s.third, s.disguise, s.twice}
	kinds[s.turn%len(kinds)](at)
	s.turn++
}

// twice is an advertiser who posts, is warned, posts again and is muted; the day after, they post a third time.
func (s *Script) twice(at int64) {
	c := s.w.chance
	p := s.guest(entry{nick: pick(c, s.w.content.slots["spamnick"]), tier: tierSpam, hours: "free"})
	s.w.join(Main, p, at, "link", "", nil)
	texts := s.w.spamOf(pick(c, []string{"ad", "fraud", "contact"}), false)
	i := c.r.IntN(len(texts))
	for n, after := range []int64{8 * second, 24 * second, day + 20*minute} {
		s.w.offend(p, texts[(i+n)%len(texts)], at+after)
	}
}

// third is the third offence of somebody with two strikes from the history. When all of them are gone it is an
// advertiser again.
func (s *Script) third(at int64) {
	done := s.turnsOf("third")
	if done >= len(repeaters) {
		s.twice(at)
		return
	}
	p := s.w.nicks[repeaters[done]]
	s.w.offend(p, pick(s.w.chance, s.w.spamOf("ad", false)), at)
	p.fade = 0 // gone, as far as the script expects
}

// turnsOf counts how often something was done before, and counts this time.
func (s *Script) turnsOf(what string) int {
	k := heard{line: "live " + what}
	s.w.used[k]++
	return int(s.w.used[k]) - 1
}

// flood is somebody with good news and no patience; not one of those who carry the group.
func (s *Script) flood(at int64) {
	carry := map[*person]bool{}
	for _, p := range s.w.people {
		carry[p] = p.tier <= tierCore || slices.Contains(repeaters, p.nick)
	}
	p := s.w.someone(Main, at, "写作", carry)
	if p == nil {
		return
	}
	for _, l := range s.w.content.spam {
		if l.kind == "flood" {
			s.w.offend(p, l.text, at)
			at += s.w.chance.between(250, 700)
		}
	}
}

// disguise is an advertisement made to slip past a plain word list; members report it.
func (s *Script) disguise(at int64) {
	c := s.w.chance
	p := s.guest(entry{nick: pick(c, s.w.content.slots["spamnick"]), tier: tierSpam, hours: "free"})
	s.w.join(Main, p, at, "qr", "poster-reading", nil)
	s.w.offend(p, pick(c, s.w.spamOf(pick(c, []string{"ad", "contact"}), true)), at+10*second)
	s.w.remark(Main, "举报广告", at+24*second, map[*person]bool{p: true})
}

// farewell is a quiet member who leaves by themselves.
func (s *Script) farewell(at int64) {
	for _, p := range s.w.people {
		if p.tier == tierNever && p.present(Main, at) {
			s.w.leave(Main, p, at, nil)
			return
		}
	}
}
