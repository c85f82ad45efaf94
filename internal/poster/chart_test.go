package poster

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"testing"

	"qunluo/internal/community"
)

// charts are one of each kind.
func charts() map[string]Chart {
	nan := math.NaN()
	facts := []string{"群：晨读一群　2026-11-01 – 2026-11-20（Asia/Shanghai）", "每天发言的不同成员数；机器人和转播不算。人群：发言人，n = 1,234，已知 18/20 天。The definition stands with the picture, so that nobody has to guess what was counted and of whom."}
	days, data, more := []string{}, []float64{}, []float64{}
	for i := range 20 {
		days, data, more = append(days, "11-"+string(rune('0'+(i+1)/10))+string(rune('0'+(i+1)%10))), append(data, float64(i*i)), append(more, float64(400-i*10))
	}
	data[7], data[8], more[7], more[8] = nan, nan, nan, nan
	return map[string]Chart{
		Bars:  {Title: "每天的消息", Facts: facts, Kind: Bars, Unit: "条", Labels: days, Series: []Series{{"消息", data}}, Words: UnknownWords{"不知道"}},
		Lines: {Title: "People who spoke", Facts: facts, Kind: Lines, Unit: "人", Labels: days, Series: []Series{{"DAU", data}, {"WAU", more}}, Words: UnknownWords{"not known"}},
		Heat:  {Title: "星期和钟点", Facts: facts, Kind: Heat, Labels: []string{"0", "1", "2"}, Rows: []string{"周一", "周二"}, Cells: [][]float64{{0, 2.5, 9}, {nan, 4, 1}}, Words: UnknownWords{"不知道"}},
		Steps: {Title: "留下多久", Facts: facts, Kind: Steps, Frame: Spot{640, 240}, Steps: []StepCurve{{"全部（n = 40，走了 12）", []Spot{{0, 0}, {100, 0}, {100, 40}, {640, 40}}, []Spot{{0, 0}, {100, 0}, {100, 20}, {640, 20}, {640, 70}, {100, 70}}}, {"邀请来的", []Spot{{0, 0}, {300, 0}, {300, 120}, {640, 120}}, nil}},
			X: []Mark{{0, "0"}, {320, "30"}, {640, "60"}}, Y: []Mark{{0, "100%"}, {120, "50%"}, {240, "0%"}}},
	}
}

// TestChartsBecomePictures: of every kind, with ink where figures are. With QL_SHOTS they are kept to be looked at.
func TestChartsBecomePictures(t *testing.T) {
	for name, c := range charts() {
		raw, err := Draw(c)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if dir := os.Getenv("QL_SHOTS"); dir != "" {
			if err := os.WriteFile(filepath.Join(dir, "chart-"+name+".png"), raw, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		img, err := png.Decode(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if b := img.Bounds(); b.Dx() != chartWide || b.Dy() < plotHigh+100 {
			t.Errorf("%s is %v", name, b)
		}
		for what, ink := range map[string]color.NRGBA{"title": dark, "facts": faint} {
			if n := count(img, ink); n < 200 {
				t.Errorf("%s: %d pixels of its %s", name, n, what)
			}
		}
		if name != Heat && count(img, inks[0]) < 500 {
			t.Errorf("%s has no figures", name)
		}
		if name == Lines && (count(img, inks[1]) < 300 || count(img, blank) < 1000) {
			t.Error("the second line, or what is not known, is not there")
		}
	}
}

func count(img image.Image, want color.NRGBA) (n int) {
	b := img.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			if color.NRGBAModel.Convert(img.At(x, y)) == want {
				n++
			}
		}
	}
	return n
}

// TestSameChartIsTheSamePicture, so that two people who take it have the same file.
func TestSameChartIsTheSamePicture(t *testing.T) {
	one, err := Draw(charts()[Lines])
	if err != nil {
		t.Fatal(err)
	}
	two, err := Draw(charts()[Lines])
	if err != nil || !bytes.Equal(one, two) {
		t.Errorf("the same chart gives two pictures, %v", err)
	}
}

// TestBadChartsAreRefused: nothing to draw, figures that do not fit, too many of them; hostile words and huge figures are drawn.
func TestBadChartsAreRefused(t *testing.T) {
	good := charts()[Bars]
	for name, c := range map[string]struct {
		change func(*Chart)
		want   community.Code
	}{
		"no kind":     {func(c *Chart) { c.Kind = "pie" }, community.CodeBadInput},
		"no labels":   {func(c *Chart) { c.Labels = nil }, community.CodeBadInput},
		"no series":   {func(c *Chart) { c.Series = nil }, community.CodeBadInput},
		"half a row":  {func(c *Chart) { c.Series = []Series{{"x", []float64{1}}} }, community.CodeBadInput},
		"ragged heat": {func(c *Chart) { c.Kind, c.Rows, c.Cells = Heat, []string{"a"}, [][]float64{{1}} }, community.CodeBadInput},
		"no frame":    {func(c *Chart) { c.Kind, c.Steps = Steps, []StepCurve{{}} }, community.CodeBadInput},
		"too many": {func(c *Chart) {
			c.Labels = make([]string, maxPoints+1)
			c.Series = []Series{{"x", make([]float64, maxPoints+1)}}
		}, community.CodeTooLarge},
		"hostile words": {func(c *Chart) {
			c.Title = "\u202e\x00<script>\n🎉 a"
			c.Facts = []string{string(make([]byte, 500)), "字" + string(bytes.Repeat([]byte("x"), 3000))}
		}, ""},
		"huge figures": {func(c *Chart) { c.Series = []Series{{"x", append([]float64{9e17, 0}, make([]float64, 18)...)}} }, ""},
		"all unknown": {func(c *Chart) {
			for i := range c.Series[0].Data {
				c.Series[0].Data[i] = math.NaN()
			}
		}, ""},
	} {
		bad := good
		bad.Series = []Series{{good.Series[0].Name, copied(good.Series[0].Data)}}
		c.change(&bad)
		if _, err := Draw(bad); community.CodeOf(err) != c.want {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func copied(list []float64) []float64 { return append([]float64(nil), list...) }

// TestFontIsWhole: Chinese and Latin letters are there, and half a file is refused.
func TestFontIsWhole(t *testing.T) {
	f, err := letters()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range "群落周报留存，。（）%AaZz09–·：" {
		if i, err := f.GlyphIndex(nil, r); err != nil || i == 0 {
			t.Errorf("%q is not there", r)
		}
	}
	for name, raw := range map[string][]byte{"empty": nil, "another": []byte("not a font at all, but long enough to look like the head of one"), "half": packed[:len(packed)/2], "head": packed[:60]} {
		if _, err := unpackFont(raw); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("%s: %v", name, err)
		}
	}
}
