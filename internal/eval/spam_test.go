package eval

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"qunluo/internal/lexicon"
)

// variants of a line: two characters are others.
func variantsOf(line string, n int) (out []labelled) {
	for i := range n {
		r := []rune(line)
		r[i%len(r)], r[(i*5+2)%len(r)] = rune('一'+i), rune('丁'+3*i)
		out = append(out, labelled{text: string(r), spam: true})
	}
	return out
}

func sideOf(p parts, text string) string {
	for name, list := range map[string][]labelled{"train": p.train, "check": p.check, "test": p.test} {
		for _, t := range list {
			if t.text == text {
				return name
			}
		}
	}
	return "nowhere"
}

func TestATemplateStandsInOnePartOnly(t *testing.T) {
	var all []labelled
	for i := range 60 {
		var line strings.Builder
		for k := range 16 {
			line.WriteRune(rune(0x4e00 + (i*977+k*613)%18000))
		}
		all = append(all, variantsOf(line.String(), 5)...)
	}
	all = append(all, all[0], all[7]) // copies to the letter count once
	p := split(all)
	if n := len(p.train) + len(p.check) + len(p.test); n != 300 || p.templates < 50 || len(p.train) < len(p.test) || len(p.test) == 0 || len(p.check) == 0 {
		t.Fatalf("%d texts in %d, %d, %d, %d templates", n, len(p.train), len(p.check), len(p.test), p.templates)
	}
	names := map[uint64]string{}
	for _, part := range []struct {
		name string
		list []labelled
	}{{"train", p.train}, {"check", p.check}, {"test", p.test}} {
		for _, x := range part.list {
			if was := names[x.template]; was != "" && was != part.name {
				t.Fatalf("template %x stands in %s and %s", x.template, was, part.name)
			}
			names[x.template] = part.name
		}
	}
	if a, b := sideOf(p, all[5].text), sideOf(split(all[5:10]), all[5].text); a != b {
		t.Errorf("with other texts beside it a template stands in %s, alone in %s", a, b)
	}
}

func TestAUCIsHowOftenTheOneScoresHigher(t *testing.T) {
	for _, c := range []struct {
		of   scored
		want float64
	}{
		{scored{[]float64{3, 4}, []float64{1, 2}}, 100}, {scored{[]float64{1}, []float64{2}}, 0}, {scored{[]float64{1, 1}, []float64{1}}, 50},
		{scored{[]float64{1, 3}, []float64{2, 0}}, 75},
	} {
		if got := c.of.auc(); got != c.want {
			t.Errorf("%+v: %v, want %v", c.of, got, c.want)
		}
	}
	if th := atMost([]float64{1, 2, 3, 4}, 25); above([]float64{1, 2, 3, 4}, th).hits != 1 {
		t.Errorf("a quarter lies above %v, want one of four", th)
	}
}

func TestChangedCopiesKeepTheirLinks(t *testing.T) {
	text := "周末团建去哪里玩大家快来 https://a.example.com/b1 报名呀"
	seen := map[string]bool{}
	for i := range 50 {
		got := change(text, rand.New(rand.NewPCG(uint64(i), 1)), []rune("甲乙"))
		if got == text || !strings.Contains(got, "https://a.example.com/b1") || len(lexicon.Links(got, nil)) != 1 {
			t.Fatalf("changed to %q", got)
		}
		seen[got] = true
	}
	if len(seen) < 40 {
		t.Errorf("%d different copies of 50", len(seen))
	}
}

func TestCommonLettersAreCountedInOrder(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"甲乙丙", "甲丙", 2}, {"甲乙", "乙甲", 1}, {"", "甲", 0}, {"abc", "abc", 3}} {
		if got := common([]rune(c.a), []rune(c.b)); got != c.want {
			t.Errorf("%q and %q: %d, want %d", c.a, c.b, got, c.want)
		}
	}
}

// TestShippedModelIsGentleAndUseful holds the part for choosing to the targets: a floor while things are built. The measuring
// part is for the command.
func TestShippedModelIsGentleAndUseful(t *testing.T) {
	rows, err := Run(t.Context(), "shipped", Options{Data: data(t), Part: Train, Told: func(line string) { t.Log(line) }})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		t.Log(fmt.Sprintf("%-24s %7.3f %s (%.3f to %.3f) of %d", r.Name, r.Value, r.Unit, r.Low, r.High, r.N))
		if !r.Met {
			t.Errorf("%s = %v, want %v", r.Name, r.Value, r.Target)
		}
	}
	if len(rows) < 5 {
		t.Errorf("%d rows", len(rows))
	}
}

func TestCopiesAreCaughtInRealTexts(t *testing.T) {
	rows, err := Run(t.Context(), "copies", Options{Data: data(t), Part: Train})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		t.Log(fmt.Sprintf("%-24s %7.4f %s (%.4f to %.4f) of %d", r.Name, r.Value, r.Unit, r.Low, r.High, r.N))
		if (r.Name == "copies.found" || r.Name == "copies.cost" || r.Name == "copies.across.found" || r.Name == "copies.across.cost") && !r.Met {
			t.Errorf("%s = %v, want %v", r.Name, r.Value, r.Target)
		}
	}
}
