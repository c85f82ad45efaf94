package replay

import (
	"fmt"
	"math/rand/v2"
	"syscall"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/policy"
)

// crowd is a group's talk of 300 members with a thousand-word rulebook; 2 of 100 messages hold a word.
func crowd(n int) (policy.Book, []community.Event) {
	chance := rand.New(rand.NewPCG(5, 6))
	rare := func() string {
		w := make([]rune, 3+chance.IntN(4))
		for i := range w {
			w[i] = rune(0x5000 + chance.IntN(2500))
		}
		return string(w)
	}
	var list []string
	for range 1000 {
		list = append(list, rare())
	}
	b, err := policy.Default(policy.PresetCommercial)
	if err != nil {
		panic(err)
	}
	b.Mode = community.Live
	b.Rules = append(b.Rules, keyword("words", "live", list...))
	common := []rune("的一是不了在人有我他这为之大来以个中上们到说国和地也子时道出而要于就下得可你年生自会那后能对着事其里所去行过家十用发天如然作方成者多日都三小军二无同么经法当起与好看学进种将还分此心前面又定见只主没公从")
	events := make([]community.Event, n)
	for i := range events {
		text := make([]rune, 0, 40)
		for range 10 + chance.IntN(38) {
			text = append(text, common[chance.IntN(len(common))])
		}
		said := string(text)
		if chance.IntN(50) == 0 {
			said += list[chance.IntN(len(list))]
		}
		at := noon + int64(i)*700
		events[i] = community.Event{
			Number: int64(i) + 1, ID: community.MakeID(at, [10]byte{byte(i), byte(i >> 8), byte(i >> 16)}), Group: 7, Seq: int64(i) + 1,
			Type: community.MessageCreated, At: at, OccurredAt: at, Actor: community.MemberKey(1 + chance.IntN(300)),
			Body: community.Body{Text: said, Message: "m"},
		}
	}
	return b, events
}

func BenchmarkWhatIf(b *testing.B) {
	spec, events := crowd(100_000)
	rb := ready(b, spec)
	r := &record{events: events}
	before, hits := cpuSeconds(b), int64(0)
	for b.Loop() {
		o, err := WhatIf(7, rb, r.stream(), Span{})
		if err != nil || o.Messages != int64(len(events)) {
			b.Fatal(fmt.Sprint(o.Messages, err))
		}
		hits = o.Hits
	}
	b.ReportMetric(float64(b.N*len(events))/(cpuSeconds(b)-before), "msg/CPU-s")
	b.ReportMetric(float64(hits)/float64(len(events)), "hits/msg")
}

// cpuSeconds is what the process has used so far: other work on the machine does not count.
func cpuSeconds(t testing.TB) float64 {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Skip(err)
	}
	return float64(used.Utime.Nano()+used.Stime.Nano()) / 1e9
}
