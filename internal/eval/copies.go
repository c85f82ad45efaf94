package eval

import (
	"context"
	"math/rand/v2"
	"strings"
	"unicode"

	"qunluo/internal/community"
	"qunluo/internal/lexicon"
	"qunluo/internal/policy"
)

// Targets of copies.
const (
	copiesFound  = 99
	copiesWrong  = 0.001 // percent of ordinary messages: one in 100,000
	copiesCost   = 50    // µs a message
	copiesLeast  = 8     // letters that a text must have to count
	copiesOf     = 6     // copies of each text
	sameByLetter = 60    // percent of letters in common, in order, from which on ordinary messages are copies indeed
)

// nearCopies changes texts of live rooms as advertisers do, gives them to a group's rule, and looks which copies from the third on
// are caught; and whom the rule hits in recorded talk.
func nearCopies(ctx context.Context, o Options) ([]Row, error) {
	p, err := o.liveRoom()
	if err != nil {
		return nil, err
	}
	rb, err := bookOf(policy.Rule{ID: "copies", Name: "copies", Kind: "copies", Mode: policy.RuleLive, Params: jsonOf(map[string]any{})})
	if err != nil {
		return nil, err
	}
	var found, short count
	other := hanOf(p.check)
	for i, t := range o.measured(p) {
		if !t.spam {
			continue
		}
		long := countLetters(t.text) >= copiesLeast
		if short.add(!long); long {
			o.copied(rb, t.text, rand.New(rand.NewPCG(uint64(i), 3)), other, &found)
		}
	}
	rows := []Row{least("copies.found", found, copiesFound), percent("copies.short", short)}
	talk, err := o.innocentCopies(ctx, rb)
	if err != nil {
		return append(rows, talk...), err
	}
	across, err := copiesAcross(ctx, o, p)
	return append(append(rows, talk...), across...), err
}

// copied lets six members send changed copies of a text.
func (o Options) copied(rb *policy.Rulebook, text string, chance *rand.Rand, other []rune, found *count) {
	run := newRun(rb)
	for n := range copiesOf {
		changed := change(text, chance, other)
		d := run.say(timed{talk{nick: string(rune('a' + n)), text: changed}, int64(1_700_000_000_000 + n*20_000)})
		if n < 2 {
			continue
		}
		if found.add(d != nil); d == nil {
			o.Show("missed copy", text, changed)
		}
	}
}

// change is what is done to every copy: one letter is another, a symbol stands after each tenth character, a number is added.
// A link stays as it is: one that leads nowhere is of no use to anybody.
func change(text string, chance *rand.Rand, other []rune) string {
	links := lexicon.Links(text, nil)
	runes := []rune(text)
	var letters []int
	keep := make([]bool, len(runes))
	at := 0
	for i, r := range runes {
		for _, l := range links {
			keep[i] = keep[i] || l.Span.Start <= at && at < l.Span.End
		}
		if unicode.In(r, unicode.Han, unicode.Latin) && !keep[i] {
			letters = append(letters, i)
		}
		at += len(string(r))
	}
	if len(letters) > 0 {
		runes[letters[chance.IntN(len(letters))]] = other[chance.IntN(len(other))]
	}
	symbols := []rune(" .-_~*|/·•★☆♥✨🔥👉＋+。，！")
	var b strings.Builder
	for i, r := range runes {
		b.WriteRune(r)
		if chance.IntN(10) == 0 && !keep[i] {
			b.WriteRune(symbols[chance.IntN(len(symbols))])
		}
	}
	b.WriteByte(' ')
	for range 3 {
		b.WriteByte(byte('0' + chance.IntN(10)))
	}
	return b.String()
}

// hanOf are the Chinese characters of ordinary lines, as often as they occur.
func hanOf(texts []labelled) (out []rune) {
	for _, t := range texts {
		for _, r := range t.text {
			if !t.spam && unicode.Is(unicode.Han, r) {
				out = append(out, r)
			}
		}
	}
	return out
}

// said are the letters of a text that copies have in common: Chinese and Latin, folded.
func lettersSaid(text string) (out []rune) {
	for _, r := range text {
		if f := lexicon.Fold(r); unicode.In(f, unicode.Han, unicode.Latin) {
			out = append(out, f)
		}
	}
	return out
}

func countLetters(text string) int { return len(lettersSaid(text)) }

// innocentCopies gives the recorded channels to the rule. Hits on texts that are copies by another measure, their letters in
// order, are told apart from those that are not: who says one thing four times has said it four times.
func (o Options) innocentCopies(ctx context.Context, rb *policy.Rulebook) ([]Row, error) {
	from, to := "11", "20"
	if o.Part == Train {
		from, to = "01", "10"
	}
	var rows []Row
	var wrong, all count
	used := 0.0
	for _, name := range []string{"#ubuntu-cn", "#ubuntu-tw", "#ubuntu", "#ubuntu-de", "#ubuntu-devel", "#ubuntu-server", "#ubuntu-touch", "#kubuntu"} {
		list, err := o.channel(name, from, to)
		if err != nil {
			return rows, err
		}
		run := newRun(rb)
		events := make([]*community.Event, len(list))
		for i, t := range list {
			events[i] = run.event(t)
		}
		var hits, here count
		decisions := make([][]community.Decision, len(list))
		began := cpuSeconds()
		for i, ev := range events {
			decisions[i] = policy.Step(rb, run.state, ev)
		}
		used += cpuSeconds() - began
		for i, out := range decisions {
			bad := len(out) > 0 && !areCopies(list, i, out[0].Hits[0].Near)
			hits.add(len(out) > 0)
			here.add(bad)
			wrong.add(bad)
			all.add(len(out) > 0)
			if bad {
				o.Show("no copy", list[i].nick, list[i].text)
			}
		}
		if name == "#ubuntu-cn" {
			rows = append(rows, percent("copies.zh.hit", hits), percent("copies.zh.wrong", here))
		}
		if ctx.Err() != nil {
			return rows, ctx.Err()
		}
	}
	cost := Row{Name: "copies.cost", Value: used / float64(max(all.n, 1)) * 1e6, Unit: "µs", N: all.n, Target: copiesCost, AtMost: true}
	cost.Low, cost.High, cost.Met = cost.Value, cost.Value, cost.Value <= cost.Target
	return append(rows, percent("copies.hit", all), most("copies.wrong", wrong, copiesWrong), cost), nil
}

// areCopies reports whether a message shares most of its letters, in order, with two of the earlier ones that a hit names.
func areCopies(list []timed, i int, near []int64) bool {
	n := 0
	for _, number := range near {
		a, b := lettersSaid(list[i].text), lettersSaid(list[number-1].text)
		if sameLink(list[i].text, list[number-1].text) || 100*common(a, b) >= sameByLetter*max(len(a), len(b)) {
			n++
		}
	}
	return n >= 2
}

func sameLink(a, b string) bool {
	one, two := lexicon.Links(a, nil), lexicon.Links(b, nil)
	if len(one) == 0 || len(two) == 0 {
		return false
	}
	return a[one[0].Span.Start:one[0].Span.End] == b[two[0].Span.Start:two[0].Span.End]
}

// common is the length of the longest common subsequence.
func common(a, b []rune) int {
	row := make([]int, len(b)+1)
	for _, x := range a {
		diagonal := 0
		for k, y := range b {
			above := row[k+1]
			if x == y {
				row[k+1] = diagonal + 1
			} else {
				row[k+1] = max(above, row[k])
			}
			diagonal = above
		}
	}
	return row[len(b)]
}
