package lexicon

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"
)

// wordsAndTalk draws words from 3,000 characters and talk mostly from 120: like chat, most characters begin no word.
func wordsAndTalk(n int) (list, talk []string) {
	chance := rand.New(rand.NewPCG(7, 8))
	draw := func(n, from int) string {
		w := make([]rune, n)
		for i := range w {
			w[i] = rune(0x4e00 + chance.IntN(from)*7)
		}
		return string(w)
	}
	for range n {
		list = append(list, draw(2+chance.IntN(8), 3000))
	}
	for range 4096 {
		line := draw(10+chance.IntN(30), 120) + "，" + draw(chance.IntN(8), 3000)
		if chance.IntN(50) == 0 {
			line += list[chance.IntN(len(list))]
		}
		talk = append(talk, line)
	}
	return list, talk
}

func BenchmarkFind(b *testing.B) {
	for _, n := range []int{1000, 10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			list, talk := wordsAndTalk(n)
			m := compile(b, list...)
			var buf []Match
			before, bytes, i := cpuSeconds(b), 0, 0
			b.ReportAllocs()
			for b.Loop() {
				buf = m.Find(talk[i%len(talk)], buf[:0])
				bytes += len(talk[i%len(talk)])
				i++
			}
			used := cpuSeconds(b) - before
			b.ReportMetric(float64(b.N)/used/1e6, "Mmsg/CPU-s")
			b.ReportMetric(float64(bytes)/used/1e6, "MB/CPU-s")
			b.ReportMetric(float64(m.Size())/1e6, "MB")
		})
	}
}

func BenchmarkCompile10k(b *testing.B) {
	list, _ := wordsAndTalk(10_000)
	before := cpuSeconds(b)
	for b.Loop() {
		compile(b, list...)
	}
	b.ReportMetric((cpuSeconds(b)-before)/float64(b.N)*1000, "CPU-ms")
}

// TestHostileTextCostsLinearTime feeds what is worst for a trie without failure links, near misses of the longest phrase
// at every position: twice the text may cost twice as much, not four times.
func TestHostileTextCostsLinearTime(t *testing.T) {
	m := compile(t, strings.Repeat("长", MaxPhrase-1)+"短")
	cost := func(n int) float64 {
		text, best := strings.Repeat("长", n), 1e9
		for range 7 {
			before := cpuSeconds(t)
			for range 2 {
				if got := m.Find(text, nil); len(got) != 0 {
					t.Fatal("found what is not there")
				}
			}
			best = min(best, cpuSeconds(t)-before)
		}
		return best
	}
	once, twice := cost(10_000), cost(20_000)
	t.Logf("a hostile text of 60 KB costs %.1f ms", twice*500)
	if twice > 3*once {
		t.Errorf("twice the text costs %.1f times as much", twice/once)
	}
}

// cpuSeconds is what the process has used so far: other work on the machine does not count.
func cpuSeconds(t testing.TB) float64 {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Skip(err)
	}
	return float64(used.Utime.Nano()+used.Stime.Nano()) / 1e9
}
