package demo

import (
	"slices"
	"strings"
)

const freshFor = 30 * day // a thread is not begun again in a group before this

var letterOf = map[string]string{Main: "m", Sub1: "1", Sub2: "2"}

// converse plays a thread in a group from a time on and returns when it ended. It is not played (ok false) when its
// people are not there.
func (w *world) converse(t thread, group string, at int64) (end int64, ok bool) {
	cast := w.casting(t, group, at)
	if cast == nil {
		return at, false
	}
	sp := w.newSpeech(cast)
	ids := make([]string, len(t.lines))
	hit := ""
	for i, l := range t.lines {
		if l.optional && w.chance.happens(0.3) {
			continue
		}
		p := cast[l.who]
		m := sp.render(p, l.text, at)
		if l.reply > 0 {
			m.reply = ids[l.reply-1]
		}
		ids[i] = w.say(group, p, at, m)
		if l.breaks {
			hit = ids[i]
		}
		if l.undoes {
			w.moments = append(w.moments, Moment{At: at + 5*second, Kind: FalseHit, Group: group, Key: hit, User: p.nick, Why: "引用防骗案例，不是广告"})
		}
		end = at
		at += w.gap(l)
	}
	w.used[heard{group: group, id: t.id}] = at
	return end, true
}

// gap is the pause after a line.
func (w *world) gap(l line) int64 {
	if w.quick {
		return w.chance.between(3500, 9000)
	}
	if w.chance.happens(0.08) {
		return w.chance.between(2*60, 9*60) * second
	}
	return (w.chance.between(5, 25) + int64(len(l.text)/8) + w.chance.between(0, 35)) * second
}

// casting finds somebody for every part of a thread; nil when that is not possible.
func (w *world) casting(t thread, group string, at int64) map[string]*person {
	cast := map[string]*person{}
	taken := map[*person]bool{}
	for _, l := range t.lines {
		p := w.named(l.who)
		if p == nil || cast[l.who] != nil {
			continue
		}
		if !p.present(group, at) {
			return nil
		}
		cast[l.who], taken[p] = p, true
	}
	for _, l := range t.lines {
		if cast[l.who] != nil {
			continue
		}
		p := w.someone(group, at, t.topic, taken)
		if p == nil {
			return nil
		}
		cast[l.who], taken[p] = p, true
	}
	return cast
}

// named is the person a line belongs to by name; nil for the letters a to h.
func (w *world) named(who string) *person {
	switch {
	case strings.Contains("OMN", who):
		return w.staff(who)
	case len(who) == 1:
		return nil
	}
	p := w.nicks[who]
	if p == nil {
		panic("demo: nobody is called " + who)
	}
	return p
}

// someone draws a talker for a topic, not one already taken; nil when nobody is there.
func (w *world) someone(group string, at int64, topic string, taken map[*person]bool) *person {
	ws := make([]float64, len(w.people))
	d, h := w.dayOf(at), hourOf(at)
	for i, p := range w.people {
		if p.tier == tierStaff || taken[p] || !p.present(group, at) || !p.present(group, at+2*hour) {
			continue
		}
		ws[i] = p.eager(d, h, topic)
	}
	if i := w.chance.weighted(ws); i >= 0 {
		return w.people[i]
	}
	return nil
}

// choose draws one of the threads that suits the group and hour and was not begun there for so long (ms); ok false when none is left.
func (w *world) choose(from []thread, group string, at, fresh int64) (thread, bool) {
	h, wd := hourOf(at), weekday(at)
	weekend := wd == 0 || wd == 6
	var fit []thread
	for _, t := range from {
		if !strings.Contains(t.groups, letterOf[group]) || !w.suits(t, h) {
			continue
		}
		if t.week == 'k' && weekend || t.week == 'e' && !weekend {
			continue
		}
		if last, ok := w.used[heard{group: group, id: t.id}]; ok && at < last+fresh {
			continue
		}
		fit = append(fit, t)
	}
	if len(fit) == 0 {
		return thread{}, false
	}
	return w.rarest(group, fit), true
}

// suits reports whether a thread may begin in that hour. Live, what is not bound to an hour also suits the night: the
// visitor is awake.
func (w *world) suits(t thread, h int) bool {
	if w.quick && t.from == 8 && t.to == 23 {
		return true
	}
	return h >= t.from && h <= t.to
}

// rarest prefers threads not yet heard in the group at all, then those heard longest ago.
func (w *world) rarest(group string, fit []thread) thread {
	fresh := slices.DeleteFunc(slices.Clone(fit), func(t thread) bool {
		_, known := w.used[heard{group: group, id: t.id}]
		return known
	})
	if len(fresh) > 0 {
		return pick(w.chance, fresh)
	}
	slices.SortStableFunc(fit, func(a, b thread) int {
		return int((w.used[heard{group: group, id: a.id}] - w.used[heard{group: group, id: b.id}]) / hour)
	})
	return pick(w.chance, fit[:min(4, len(fit))])
}

// phrase draws a line for a situation that was not heard in the group lately.
func (w *world) phrase(group, situation string, at int64) string {
	list := w.content.lines[situation]
	if len(list) == 0 {
		panic("demo: no lines for " + situation)
	}
	best, oldest := "", int64(maxTime)
	for range 6 {
		l := pick(w.chance, list)
		last := w.used[heard{group: group, line: l}]
		if last < oldest {
			best, oldest = l, last
		}
		if last == 0 {
			break
		}
	}
	w.used[heard{group: group, line: best}] = at
	return best
}

// remark lets somebody say a line for a situation. It reports whether somebody did.
func (w *world) remark(group, situation string, at int64, taken map[*person]bool) bool {
	p := w.someone(group, at, situation, taken)
	if p == nil {
		return false
	}
	if taken != nil {
		taken[p] = true
	}
	w.remarkBy(p, group, situation, at)
	return true
}

func (w *world) remarkBy(p *person, group, situation string, at int64) string {
	sp := w.newSpeech(map[string]*person{"me": p})
	sp.slots["mycity"], sp.slots["myjob"] = p.city, p.job
	return w.say(group, p, at, sp.render(p, w.phrase(group, situation, at), at))
}
