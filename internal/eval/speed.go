package eval

import (
	"bytes"
	"context"
	"crypto/sha256"
	"math"
	"path"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"qunluo/internal/community"
	"qunluo/internal/learn"
	"qunluo/internal/lexicon"
	"qunluo/internal/policy"
)

const (
	speedWords  = 10_000
	speedRounds = 5
	speedLeast  = 0.4 // CPU-seconds of a round
	speedTarget = 10  // times the plain way
)

// cpuSeconds is what this process has used of the processors so far.
func cpuSeconds() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0 // cannot happen: the address is good and the question known
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// wholeDecision compares a decision by all rules with the plain way, naive Bayes and a loop over stop words, on the same messages
// and the same 10,000 words; and judges twice, to the byte.
func wholeDecision(ctx context.Context, o Options) ([]Row, error) {
	words, err := o.words(speedWords)
	if err != nil {
		return nil, err
	}
	talk, err := o.channel("#ubuntu-cn", "01", "20")
	if err != nil {
		return nil, err
	}
	rb, err := wholeBook(words)
	if err != nil {
		return nil, err
	}
	plain := stopWords(words)
	var ours, theirs []float64
	for range speedRounds + 1 { // the first warms up
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		theirs = append(theirs, rate(talk, func(list []timed) {
			for _, t := range list[:min(len(list), 400)] {
				plain(t.text)
			}
		}, 400))
		ours = append(ours, rate(talk, func(list []timed) {
			run := newRun(rb)
			for _, t := range list {
				run.say(t)
			}
		}, len(talk)))
	}
	ours, theirs = ours[1:], theirs[1:]
	slices.Sort(ours)
	slices.Sort(theirs)
	mine, base := ours[speedRounds/2], theirs[speedRounds/2]
	speed := Row{Name: "decision.speed", Value: mine, Low: ours[0], High: ours[speedRounds-1], Unit: "messages/CPU-s", N: len(talk), Baseline: base, Target: speedTarget * base, Met: mine >= speedTarget*base}
	var same count
	same.add(bytes.Equal(verdictsOf(rb, talk), verdictsOf(rb, talk)))
	return []Row{speed, told("decision.ratio", mine/base, "×", len(talk)), least("decision.same", same, 100)}, nil
}

// rate is how many messages a CPU-second allows; n are judged in one go.
func rate(talk []timed, judge func([]timed), n int) float64 {
	runtime.GC()
	began, done := cpuSeconds(), 0
	for done == 0 || cpuSeconds()-began < speedLeast {
		judge(talk)
		done += min(n, len(talk))
	}
	return float64(done) / (cpuSeconds() - began)
}

// verdictsOf is the hash of all decisions about recorded talk.
func verdictsOf(rb *policy.Rulebook, talk []timed) []byte {
	run, sum := newRun(rb), sha256.New()
	for _, t := range talk {
		if d := run.say(t); d != nil {
			sum.Write(policy.Canonical(*d))
		}
	}
	return sum.Sum(nil)
}

// words reads the first n words of the archive of lists that can be phrases.
func (o Options) words(n int) ([]string, error) {
	files, err := o.archive(wordsArchive, func(p string) bool { return path.Ext(p) == ".txt" })
	if err != nil {
		return nil, err
	}
	var out []string
	seen := map[string]bool{}
	for _, f := range files {
		for line := range strings.Lines(strings.ToValidUTF8(string(f.body), "")) {
			w := strings.TrimSpace(line)
			if len([]rune(w)) < 3 || seen[w] || lexicon.CheckPhrase(w) != nil {
				continue
			}
			seen[w] = true
			if out = append(out, w); len(out) == n {
				return out, nil
			}
		}
	}
	return out, community.Errorf(community.CodeNotFound, "%s holds %d words, want %d", wordsArchive, len(out), n)
}

// wholeBook is a book with a rule of every kind that judges messages.
func wholeBook(words []string) (*policy.Rulebook, error) {
	rule := func(kind string, params map[string]any) policy.Rule {
		return policy.Rule{ID: kind, Name: kind, Kind: kind, Mode: policy.RuleLive, Params: jsonOf(params)}
	}
	return bookOf(
		rule("keyword", map[string]any{"lists": []map[string]any{{"name": "list", "words": words}}}),
		rule("flood", map[string]any{"windows": []map[string]any{{"seconds": 1, "messages": 5}, {"seconds": 60, "messages": 20, "same": 5}, {"seconds": 3600, "messages": 500, "same": 20}}}),
		rule("copies", map[string]any{}), rule("learned", map[string]any{"model": learn.ShippedHash}),
		rule("probation", map[string]any{"hours": 24, "no_links": true, "no_contact": true}),
	)
}

// stopWords is the plain way: a loop over the words, then naive Bayes over the tokens, as spam bots do it.
func stopWords(words []string) func(text string) bool {
	lower := make([]string, len(words))
	for i, w := range words {
		lower[i] = strings.ToLower(w)
	}
	counts := [2]map[string]int{{}, {}}
	var totals [2]int
	for _, ex := range learn.Base() {
		side := 0
		if ex.Spam {
			side = 1
		}
		for _, t := range tokens(ex.Text) {
			counts[side][t]++
			totals[side]++
		}
	}
	vocabulary := float64(len(counts[0]) + len(counts[1]))
	return func(text string) bool {
		low, hit := strings.ToLower(text), false
		for _, w := range lower {
			if strings.Contains(low, w) {
				hit = true
				break
			}
		}
		score := 0.0
		for _, t := range tokens(text) {
			score += math.Log((float64(counts[1][t])+1)/(float64(totals[1])+vocabulary)) - math.Log((float64(counts[0][t])+1)/(float64(totals[0])+vocabulary))
		}
		return hit || score > 0
	}
}

// tokens are pairs of characters, as Chinese has no blanks.
func tokens(text string) (out []string) {
	runes := []rune(strings.ToLower(text))
	for i := 0; i+1 < len(runes); i++ {
		out = append(out, string(runes[i:i+2]))
	}
	return out
}
