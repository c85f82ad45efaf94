package demo

import (
	"fmt"
	"math"
	"time"
)

// The campaign: a week of shared reading that brings many in, few of whom stay talkative.
const (
	campaignFrom = 41
	campaignTo   = 47
)

// volume is how many lines a group writes on an average day before the story's ups and downs.
var volume = map[string]float64{Main: 92, Sub1: 44, Sub2: 46}

// groupCurve is when a group talks, by hour; weekends shift to late morning.
var groupCurve = [24]float64{1.2, .5, .2, .1, .1, .3, 1.5, 3.5, 5, 4, 3.5, 3.5, 6, 4.5, 3, 3, 3, 3.5, 4, 5, 7, 8, 7, 3.5}
var weekendCurve = [24]float64{2, 1, .4, .1, .1, .2, .6, 1.5, 3, 5, 6, 5, 4, 3, 3, 4, 4, 4, 4, 5, 6, 7, 7, 4}

// wanted is the number of lines of a group on a story day.
func (w *world) wanted(group string, d int) int {
	x := volume[group] * (0.75 + 0.35*float64(d)/Days)
	switch wd := weekday(w.dayStart(d)); {
	case wd == 6:
		x *= 0.72
	case wd == 0:
		x *= 0.85
	case wd == 3 && group == Main:
		x *= 1.15
	}
	if d >= campaignFrom && d <= campaignTo && group != Sub2 {
		x *= 1.75
	}
	if group == Sub2 && d > 30 { // the laboratory runs out of steam
		x *= math.Max(0.14, 1-float64(d-30)/48)
	}
	return int(x * (0.8 + 0.4*w.chance.r.Float64()))
}

// moment draws a time of day from the group's curve.
func (w *world) moment(d int) int64 {
	at := w.dayStart(d)
	curve := groupCurve[:]
	if wd := weekday(at); wd == 0 || wd == 6 {
		curve = weekendCurve[:]
	}
	return at + int64(w.chance.weighted(curve))*hour + w.chance.between(0, hour-1)
}

// liveDay tells one day in all groups.
func (w *world) liveDay(d int) {
	for _, g := range Groups() {
		group := g.Ref.ID
		before := w.made
		w.rituals(group, d)
		want := w.wanted(group, d)
		w.fillThreads(group, d, before+want*8/10)
		w.fillRemarks(group, d, before+want)
	}
}

// perDay is how many long conversations a group has on a day, so that what was written lasts.
var perDay = map[string]int{Main: 3, Sub1: 2, Sub2: 1}

// fillThreads begins long conversations, then short exchanges until about that many messages were made.
func (w *world) fillThreads(group string, d, until int) {
	long := perDay[group] + w.chance.r.IntN(2)
	for tries := 0; w.made < until && tries < 60; tries++ {
		at := w.moment(d)
		if long > 0 && tries < 20 {
			if t, ok := w.choose(w.content.threads, group, at, freshFor); ok {
				w.converse(t, group, at)
				long--
			}
			continue
		}
		if t, ok := w.choose(w.content.minis, group, at, 3*day); ok {
			w.converse(t, group, at)
		}
	}
}

func (w *world) fillRemarks(group string, d, until int) {
	for tries := 0; w.made < until && tries < 200; tries++ {
		at := w.moment(d)
		w.remark(group, w.situation(group, at), at, nil)
	}
}

// situation is what a stray line is about at that time.
func (w *world) situation(group string, at int64) string {
	h, wd := hourOf(at), weekday(at)
	switch {
	case h < 5 || h == 23:
		return pick(w.chance, []string{"深夜", "深夜", "晚安", "读书"})
	case h < 9:
		return pick(w.chance, []string{"早安", "早安", "早安", "通勤"})
	case h == 12 || h == 11:
		return pick(w.chance, []string{"午饭", "午饭", "闲聊", "表情"})
	case h == 18 || h == 17:
		return pick(w.chance, []string{"下班", "闲聊", "天气"})
	case h == 22:
		return pick(w.chance, []string{"晚安", "读书", "写作", "闲聊"})
	case wd == 5 && h > 12 && w.chance.happens(0.3):
		return "周五"
	case wd == 1 && w.chance.happens(0.25):
		return "周一"
	case (wd == 0 || wd == 6) && w.chance.happens(0.3):
		return "周末"
	case group == Sub2:
		return pick(w.chance, []string{"副业", "副业", "闲聊", "表情", "写作"})
	case group == Sub1:
		return pick(w.chance, []string{"写作", "写作", "读书", "闲聊", "表情"})
	}
	return pick(w.chance, []string{"读书", "读书", "闲聊", "闲聊", "写作", "天气", "表情", "分享", "求助"})
}

// rituals are what happens at the same time every day or week.
func (w *world) rituals(group string, d int) {
	start := w.dayStart(d)
	wd := weekday(start)
	switch group {
	case Main:
		w.morningReport(d)
		if wd == 3 {
			w.liveEvening(d)
		}
		if wd == 5 {
			w.selfPraise(start + 20*hour)
		}
		if wd == 0 {
			w.announce(Main, "O", "周小结", start+21*hour+w.chance.between(0, 10)*minute, 5)
		}
		if d >= campaignFrom && d <= campaignTo {
			w.announce(Main, "M", "共读营", start+19*hour+w.chance.between(0, 5)*minute, 7)
		}
	case Sub1:
		w.announce(Sub1, "N", "练笔题", start+7*hour+30*minute+w.chance.between(0, 9)*minute, 2)
		w.checkIns(d)
	case Sub2:
		if wd == 1 {
			w.announce(Sub2, "M", "周目标", start+10*hour+w.chance.between(0, 9)*minute, 4)
		}
		if wd == 0 && d < 70 {
			w.announce(Sub2, "N", "复盘", start+20*hour+30*minute+w.chance.between(0, 9)*minute, 4)
		}
	}
}

// announce lets one of the team post a line of a kind and some people answer it.
func (w *world) announce(group, staff, kind string, at int64, answers int64) {
	w.remarkBy(w.staff(staff), group, kind, at)
	taken := map[*person]bool{}
	for range w.chance.between(answers/2, answers) {
		at += w.chance.between(15, 300) * second
		w.remark(group, kind+"回应", at, taken)
	}
}

// morningReport is posted at eight, half past on weekends, and greeted.
func (w *world) morningReport(d int) {
	at := w.dayStart(d) + 8*hour + w.chance.between(0, 150)*second
	if wd := weekday(at); wd == 0 || wd == 6 {
		at += 30 * minute
	}
	when := time.UnixMilli(at + offset).UTC()
	sp := w.newSpeech(nil)
	sp.slots["date"] = fmt.Sprintf("%d月%d日 周%s", when.Month(), when.Day(), []string{"日", "一", "二", "三", "四", "五", "六"}[weekday(at)])
	sp.slots["today"] = pick(w.chance, w.content.slots[fmt.Sprintf("today-%d", weekday(at))])
	m := sp.w.staff("M")
	w.say(Main, m, at, sp.render(m, pick(w.chance, w.content.lines["早报"]), at))
	taken := map[*person]bool{}
	for range w.chance.between(3, 8) {
		at += w.chance.between(20, 400) * second
		w.remark(Main, pick(w.chance, []string{"早报回应", "早安"}), at, taken)
	}
}

// liveEvening is the weekly question hour, Wednesday 20:00.
func (w *world) liveEvening(d int) {
	at := w.dayStart(d) + 19*hour + 30*minute
	w.remarkBy(w.staff("M"), Main, "直播预告", at)
	at = w.dayStart(d) + 20*hour + w.chance.between(0, 60)*second
	w.remarkBy(w.staff("O"), Main, "直播开场", at)
	for range w.chance.between(3, 6) {
		at += w.chance.between(5, 60) * second
		w.remark(Main, "直播到场", at, nil)
	}
	for range w.chance.between(4, 6) {
		i := w.chance.r.IntN(len(w.content.qa))
		last, ok := w.used[heard{group: Main, id: 10000 + i}]
		if ok && at < last+freshFor {
			continue
		}
		w.used[heard{group: Main, id: 10000 + i}] = at
		end, _ := w.converse(thread{id: 10000 + i, topic: "写作", lines: w.content.qa[i]}, Main, at+w.chance.between(60, 240)*second)
		at = end
	}
	at += w.chance.between(60, 200) * second
	w.remarkBy(w.staff("O"), Main, "直播收尾", at)
	taken := map[*person]bool{}
	for range w.chance.between(4, 9) {
		at += w.chance.between(4, 50) * second
		w.remark(Main, "谢谢", at, taken)
	}
}

// selfPraise is the Friday hour in which members may recommend their own work.
func (w *world) selfPraise(at int64) {
	w.remarkBy(w.staff("M"), Main, "自荐开场", at)
	taken := map[*person]bool{}
	for range w.chance.between(3, 6) {
		at += w.chance.between(40, 400) * second
		w.remark(Main, "自荐", at, taken)
		if w.chance.happens(0.5) {
			w.remark(Main, "夸夸", at+w.chance.between(15, 90)*second, taken)
		}
	}
}

// checkIns are the evening's notes of who read and wrote what; everybody keeps their own book and streak.
func (w *world) checkIns(d int) {
	taken := map[*person]bool{}
	n := w.chance.between(9, 15)
	if d >= campaignFrom && d <= campaignTo {
		n += 6
	}
	for range n {
		at := w.dayStart(d) + 19*hour + w.chance.between(0, 235)*minute + w.chance.between(0, 59)*second
		if w.chance.happens(0.2) {
			at -= 12 * hour
		}
		p := w.someone(Sub1, at, "写作", taken)
		if p == nil {
			return
		}
		taken[p] = true
		w.checkIn(p, at)
	}
}

func (w *world) checkIn(p *person, at int64) {
	if p.book == "" || p.page > 260 {
		p.book, p.page = pick(w.chance, w.content.slots["book"]), 1
	}
	p.streak++
	to := p.page + int(w.chance.between(6, 28))
	sp := w.newSpeech(nil)
	sp.slots["mybook"], sp.slots["p1"], sp.slots["p2"], sp.slots["n"] = p.book, fmt.Sprint(p.page), fmt.Sprint(to), fmt.Sprint(p.streak)
	p.page = to + 1
	w.say(Sub1, p, at, sp.render(p, w.phrase(Sub1, "打卡", at), at))
}
