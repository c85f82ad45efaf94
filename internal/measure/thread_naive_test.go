package measure_test

import (
	"math"
	"strings"
	"unicode"

	"qunluo/internal/community"
	"qunluo/internal/measure"
)

// naiveTurn is a message as the slow reading keeps it.
type naiveTurn struct {
	measure.Said
	to, with  community.MemberKey
	asks, met bool
	words     map[string]bool
}

// naiveLinks says what each message follows, by the table of points written out again; 0 = nothing of anybody else's.
func naiveLinks(list []measure.Said) []int64 {
	var all []naiveTurn
	out := make([]int64, len(list))
	for n, s := range list {
		now := naiveTurn{Said: s, asks: measure.Asks(s.Text), words: naiveWords(s.Text)}
		window := all[max(0, len(all)-100):]
		parts := strings.FieldsFunc(s.Text, func(r rune) bool { return unicode.IsSpace(r) || r == ':' || r == '？' })
		for i := len(window) - 1; i >= 0 && now.to == 0; i-- {
			if w := window[i]; w.Member != s.Member && (strings.HasPrefix(s.Text, w.Name+":") || strings.HasPrefix(s.Text, w.Name+" ")) {
				now.to = w.Member
			}
		}
		best, at := naiveBegins(window, now), -1
		for i := len(window) - 1; i >= 0; i-- {
			if now.At-window[i].At > 3*3600_000 {
				break
			}
			if p := naivePoints(window, now, i, parts); p > best+1e-12 {
				best, at = p, i
			}
		}
		if at >= 0 {
			w := &window[at]
			if now.with = w.with; w.Member != now.Member {
				now.with, w.met, out[n] = w.Member, true, w.Number
			}
		}
		all = append(all, now)
	}
	return out
}

func naiveBegins(window []naiveTurn, now naiveTurn) (p float64) {
	p = 2.5
	for _, w := range window {
		if w.Member == now.Member {
			p = 0
		}
	}
	if now.asks {
		p++
	}
	if now.to != 0 {
		p -= 3.5
	}
	return p
}

func naivePoints(window []naiveTurn, now naiveTurn, i int, parts []string) (p float64) {
	w := window[i]
	p = -0.8*math.Log2(float64(1+len(window)-i)) - 0.5*math.Log2(float64(1+(now.At-w.At)/60_000))
	share := 0.0
	for word := range now.words {
		holders := 0
		for _, x := range window {
			if x.words[word] {
				holders++
			}
		}
		if w.words[word] && holders <= 12 {
			share += 1 / float64(holders)
		}
	}
	share = min(share, 3)
	own := -1
	for j, x := range window {
		if x.Member == now.Member {
			own = j
		}
	}
	if w.Member == now.Member {
		p += share
		if i == own {
			p += 2
		}
		if i == len(window)-1 {
			p += 0.5
		}
		if now.to != 0 && w.to == now.to {
			p += 0.5
		} else if now.to != 0 {
			p -= 2.5
		}
		return p
	}
	p += 1.5 * share
	latest, named := true, false
	for _, x := range window[i+1:] {
		latest = latest && x.Member != w.Member
	}
	for _, part := range parts {
		named = named || now.to == 0 && part == w.Name
	}
	for _, c := range []struct {
		when   bool
		points float64
	}{
		{now.to != 0 && now.to == w.Member, 3}, {now.to != 0 && now.to != w.Member, -3}, {w.to == now.Member, 1.5}, {w.to != 0 && w.to != now.Member, -1.5},
		{w.asks && !w.met, 0.5}, {latest, 0.5}, {named, 4.5}, {own >= 0 && (window[max(0, own)].with == w.Member || window[max(0, own)].to == w.Member), 1},
		{w.with == now.Member, 1}, {i < own, -1.5},
	} {
		if c.when {
			p += c.points
		}
	}
	return p
}

// naiveWords are words of letters and digits, and pairs of Han.
func naiveWords(text string) map[string]bool {
	out := map[string]bool{}
	var runs []string
	last := 0
	for _, r := range strings.ToLower(text) {
		kind := 0
		switch {
		case unicode.Is(unicode.Han, r):
			kind = 1
		case unicode.IsLetter(r) || unicode.IsNumber(r):
			kind = 2
		}
		if kind != last {
			runs = append(runs, "")
		}
		if last = kind; kind != 0 {
			runs[len(runs)-1] += string(r)
		}
	}
	for _, run := range runs {
		han := []rune(run)
		if len(han) == 0 {
			continue
		}
		if !unicode.Is(unicode.Han, han[0]) {
			out[run] = true
			continue
		}
		for i := range len(han) - 1 {
			out[string(han[i:i+2])] = true
		}
	}
	return out
}
