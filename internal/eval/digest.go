package eval

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/digest"
	"qunluo/internal/measure"
)

const (
	digestTime   = 1.0 // CPU-seconds of a digest of digestTalk messages
	digestTalk   = 10_000
	digestRounds = 5
)

// digests makes the digest of each day of a lively Chinese channel, compared with the days before it. Every topic must rest on
// three messages of two speakers and on no bot's; the same talk must give the same digest; and one of 10,000 messages must not take
// long. What the topics are is shown.
func digests(ctx context.Context, o Options) ([]Row, error) {
	talks, err := o.ordinary("00", "99")
	if err != nil {
		return nil, err
	}
	lines, err := linesOf(talks)
	if err != nil {
		return nil, err
	}
	var grounded, same, spoken count
	var usual []string
	for from := 0; from < len(lines); {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		to := from
		for to < len(lines) && talks[to].day == talks[from].day {
			to++
		}
		talk := digest.Talk{Lines: lines[from:to], Usual: usual[max(0, len(usual)-digest.MaxUsual):]}
		d := digest.Make(talk)
		same.add(reflect.DeepEqual(d, digest.Make(talk)))
		spoken.add(len(d.Topics) > 0)
		for _, t := range d.Topics {
			ok := rests(lines, t)
			grounded.add(ok)
			o.Show(fmt.Sprintf("%s %s: %d messages of %d, usual %d, %v; %s", talks[from].day, strings.Join(t.Phrases, " · "), len(t.Messages), t.Speakers, t.Usual, ok, lines[t.Quotes[0]-1].Text))
		}
		for _, l := range lines[from:to] {
			if !l.Bot {
				usual = append(usual, l.Text)
			}
		}
		from = to
	}
	var took []float64
	long := digest.Talk{Lines: lines[max(0, len(lines)-digestTalk):], Usual: usual[:min(len(usual), digest.MaxUsual)]}
	for range digestRounds {
		began := cpuSeconds()
		digest.Make(long)
		took = append(took, cpuSeconds()-began)
	}
	slices.Sort(took)
	cost := Row{Name: "digest.cpu", Value: took[digestRounds/2], Low: took[0], High: took[digestRounds-1], Unit: "CPU-s", N: len(long.Lines), Target: digestTime, AtMost: true, Met: took[digestRounds/2] <= digestTime && len(long.Lines) == digestTalk}
	return []Row{least("digest.grounded", grounded, 100), least("digest.same", same, 100), percent("digest.days_with_topics", spoken), cost}, nil
}

// linesOf gives the messages of a channel as a digest reads them; a message's number is its place, from 1.
func linesOf(talks []talk) ([]digest.Line, error) {
	who := map[string]community.MemberKey{}
	var out []digest.Line
	for i, t := range talks {
		day, err := measure.ParseDay("2013-01-" + t.day)
		if err != nil {
			return nil, err
		}
		if who[t.nick] == 0 {
			who[t.nick] = community.MemberKey(len(who) + 1)
		}
		out = append(out, digest.Line{Number: int64(i + 1), At: int64(day)*dayMS + int64(i), Member: who[t.nick], Name: t.nick, Text: t.text, Bot: slices.Contains(machines(), t.nick)})
	}
	return out, nil
}

// rests looks a topic's messages up again: at least three, of two people, none of a bot, and all its quotes among them.
func rests(lines []digest.Line, t digest.Topic) bool {
	who, seen := map[string]bool{}, map[int64]bool{}
	for _, n := range t.Messages {
		l := lines[n-1]
		if l.Bot || seen[n] {
			return false
		}
		who[l.Name], seen[n] = true, true
	}
	for _, q := range t.Quotes {
		if !seen[q] {
			return false
		}
	}
	return len(t.Messages) >= 3 && len(who) >= 2 && len(t.Quotes) > 0
}
