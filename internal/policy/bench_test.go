package policy

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"

	"qunluo/internal/community"
)

// bigBook has a thousand words and every kind of rule on.
func bigBook() Book {
	book := mustDefault(PresetCommercial)
	book.Mode = community.Live
	chance := rand.New(rand.NewPCG(1, 2))
	var list []string
	for range 1000 {
		w := make([]rune, 3+chance.IntN(4))
		for i := range w {
			w[i] = rune(0x4e00 + chance.IntN(2500))
		}
		list = append(list, string(w))
	}
	book.Rules = append(book.Rules, Rule{ID: "words", Name: "词库", Kind: "keyword", Mode: RuleLive,
		Params: params(map[string]any{"lists": []wordList{{Words: list}}})})
	return book
}

// talk is ordinary chat of 300 members, without any hit: mean about 29 characters.
func talk(n int) []*community.Event {
	chance := rand.New(rand.NewPCG(3, 4))
	common := []rune("的一是不了在人有我他这为之大来以个中上们到说国和地也子时道出而要于就下得可你年生自会那后能对着事其里所去行过家十用发天如然作方成者多日都三小军二无同么经法当起与好看学进种将还分此心前面又定见只主没公从")
	out := make([]*community.Event, n)
	for i := range out {
		text := make([]rune, 0, 40)
		for range 10 + chance.IntN(38) {
			switch chance.IntN(12) {
			case 0:
				text = append(text, '，')
			case 1:
				text = append(text, rune('a'+chance.IntN(26)))
			default:
				text = append(text, common[chance.IntN(len(common))])
			}
		}
		at := noon + int64(i)*400
		out[i] = &community.Event{
			Number: int64(i) + 1, ID: community.MakeID(at, [10]byte{byte(i), byte(i >> 8)}), Group: 7, Seq: int64(i) + 1,
			Type: community.MessageCreated, At: at, OccurredAt: at, Actor: community.MemberKey(1 + chance.IntN(300)),
			Body: community.Body{Text: string(text), Message: "m", Role: community.RoleMember},
		}
	}
	return out
}

func BenchmarkStepOrdinaryTalk(b *testing.B) {
	rb, s, events := ready(b, bigBook()), NewState(7), talk(8192)
	i, hits := 0, 0
	b.ReportAllocs()
	before := cpuSeconds(b)
	for b.Loop() {
		hits += len(Step(rb, s, events[i]))
		events[i].At += 8192 * 400 // ready for the next round
		events[i].OccurredAt = events[i].At
		i = (i + 1) % len(events)
	}
	b.ReportMetric(float64(hits)/float64(b.N), "decisions/op")
	b.ReportMetric(float64(b.N)/(cpuSeconds(b)-before), "msg/CPU-s")
}

func BenchmarkSnapshot(b *testing.B) {
	k := NewDecider(NewLibrary(nil)).New(7)
	for _, ev := range talk(20000) {
		k.Step(ev)
	}
	for b.Loop() {
		k.Snapshot()
	}
}

func BenchmarkParse(b *testing.B) {
	raw, err := json.Marshal(bigBook())
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := Parse(raw); err != nil {
			b.Fatal(err)
		}
	}
}

func TestOrdinaryTalkAllocatesNothing(t *testing.T) {
	rb, s, events := ready(t, bigBook()), NewState(7), talk(4096)
	for _, ev := range events {
		if out := Step(rb, s, ev); len(out) != 0 {
			t.Fatal(fmt.Sprint("ordinary talk was decided upon: ", gist(&out[0]), ev.Body.Text))
		}
	}
	i := 0
	if n := testing.AllocsPerRun(2000, func() {
		events[i].At += 4096 * 400
		Step(rb, s, events[i])
		i++
	}); n > 0.1 { // windows grow now and then
		t.Errorf("%v allocations per message, want none", n)
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
