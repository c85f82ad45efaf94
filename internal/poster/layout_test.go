package poster

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/png"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"qunluo/internal/community"
)

// shot keeps a picture to be looked at, where QL_SHOTS says so.
func shot(t *testing.T, name string, raw []byte) {
	t.Helper()
	if dir := os.Getenv("QL_SHOTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func pressed(t *testing.T, l Layout, values map[string]string) (image.Image, []Warned) {
	t.Helper()
	p, err := NewPress(l, 0, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	raw, warned, err := p.PNG(values)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	return img, warned
}

// TestShippedTemplatesAreWhole: each, in both languages and on both canvases, passes its own check, holds a code, has values for every
// field, and is drawn without a warning.
func TestShippedTemplatesAreWhole(t *testing.T) {
	if n := len(Names()); n < 12 {
		t.Fatalf("%d templates, want a dozen", n)
	}
	for _, name := range Names() {
		for _, lang := range []string{"zh-CN", "en"} {
			for _, canvas := range []string{Portrait, Square} {
				l, try, err := Template(name, lang, canvas)
				if err != nil {
					t.Fatal(err)
				}
				if again, err := Decode(l.Encode()); err != nil || !reflect.DeepEqual(again, l) {
					t.Errorf("%s/%s/%s read again: %v", name, lang, canvas, err)
				}
				p, err := NewPress(l, 0, nil, nil)
				if err != nil {
					t.Fatalf("%s/%s/%s: %v", name, lang, canvas, err)
				}
				img, warned, err := p.Draw(try)
				if err != nil || len(warned) > 0 {
					t.Fatalf("%s/%s/%s: %v %v", name, lang, canvas, warned, err)
				}
				if got := img.Bounds().Size(); got != image.Pt(1080, l.High()) {
					t.Errorf("%s is %v", name, got)
				}
				if os.Getenv("QL_SHOTS") != "" {
					raw, _, err := p.PNG(try)
					if err != nil {
						t.Fatal(err)
					}
					shot(t, "poster-"+name+"-"+lang+"-"+canvas+".png", raw)
				}
				if !slices.ContainsFunc(l.Layers, func(y Layer) bool { return y.Kind == Code && y.Text == "{{link}}" }) {
					t.Errorf("%s has no code", name)
				}
			}
		}
	}
}

// TestLinesBreakWhereTheyMay: what closes never begins a line, what opens never ends one, words and numbers stay whole, and nothing is
// lost.
func TestLinesBreakWhereTheyMay(t *testing.T) {
	text := "群落 Go 押金 ¥9.90 《群规》，大家好！“先看公告”，再说 Hello-world；（见 https://q.example/j/abc）完。"
	for _, bold := range []bool{false, true} {
		face, err := newLettering(bold, nil)
		if err != nil {
			t.Fatal(err)
		}
		for wide := 240.0; wide < 700; wide += 23 {
			list := face.lines(text, 30, wide)
			if got := strings.Join(strings.Fields(strings.Join(list, "")), ""); got != strings.ReplaceAll(text, " ", "") {
				t.Fatalf("at %v the text became %q", wide, got)
			}
			for i, l := range list {
				if r := []rune(l); len(r) == 0 || i > 0 && strings.ContainsRune(closers, r[0]) || i < len(list)-1 && strings.ContainsRune(openers, r[len(r)-1]) {
					t.Errorf("at %v a line is %q", wide, l)
				}
				if w := face.length(l, 30); w > wide+1 {
					t.Errorf("at %v the line %q is %v wide", wide, l, w)
				}
				for _, whole := range []string{"¥9.90", "Go"} {
					if strings.HasSuffix(l, whole[:len(whole)-1]) {
						t.Errorf("at %v %q is torn: %q", wide, whole, l)
					}
				}
			}
		}
		raw := wordsShot(t, text, bold)
		shot(t, "words-"+map[bool]string{true: "700", false: "400"}[bold]+".png", raw)
	}
}

func wordsShot(t *testing.T, text string, bold bool) []byte {
	t.Helper()
	l := Layout{Title: "字", Canvas: Square, Ground: Ground{Above: "#ffffff"}, Layers: []Layer{{Kind: Text, X: 60, Y: 60, W: 960, H: 960, Size: 90, Bold: bold, Text: text}}}
	raw, err := Thumb(l, 0, nil, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestLongTextShrinksThenIsCut, and says so.
func TestLongTextShrinksThenIsCut(t *testing.T) {
	face, err := newLettering(false, nil)
	if err != nil {
		t.Fatal(err)
	}
	list, at, cut := face.fit(strings.Repeat("读书", 15), 60, 36, 600, 200)
	if cut || at >= 60 || at < 36 || len(list) < 2 {
		t.Errorf("30 characters: %q at %v, cut %v", list, at, cut)
	}
	list, at, cut = face.fit(strings.Repeat("读书", 200), 60, 36, 600, 200)
	if last := list[len(list)-1]; !cut || at != 36 || !strings.HasSuffix(last, "…") || face.length(last, at) > 600 {
		t.Errorf("400 characters: %q at %v, cut %v", list, at, cut)
	}
}

// TestNamesWithEmojiAndRareCharacters: emoji are left out, what no font has becomes a box, and both are said.
func TestNamesWithEmojiAndRareCharacters(t *testing.T) {
	l := Layout{Title: "名", Canvas: Square, Ground: Ground{Above: "#ffffff"}, Layers: []Layer{{Kind: Text, X: 60, Y: 400, W: 960, H: 200, Size: 90, Text: "{{name}}"}, {Kind: Code, X: 700, Y: 700, W: 300, H: 300, Text: "{{link}}"}}}
	img, warned := pressed(t, l, map[string]string{"name": "👩‍👩‍👧 鸑𠮷\u202eabc\u200b", "link": "https://q.example"})
	want := []Warned{{Emoji, "👩👩👧", 0}, {NoGlyph, "鸑𠮷", 0}}
	if !reflect.DeepEqual(warned, want) {
		t.Errorf("warned = %+v, want %+v", warned, want)
	}
	if n := count(img, dark); n < 1000 {
		t.Errorf("%d pixels of the name", n)
	}
	_, warned = pressed(t, l, nil)
	if want := []Warned{{NoValue, "name", 0}, {NoValue, "link", 1}, {NoCode, "", 1}}; !reflect.DeepEqual(warned, want) {
		t.Errorf("without values: %+v", warned)
	}
	_, warned = pressed(t, l, map[string]string{"name": "🎉", "link": strings.Repeat("长", 500)})
	if want := []Warned{{Emoji, "🎉", 0}}; len(warned) != 1 || warned[0] != want[0] {
		t.Errorf("a name of emoji alone: %+v", warned)
	}
}

// TestAPressDrawsTheSameAgain: what one poster leaves does not shine through the next.
func TestAPressDrawsTheSameAgain(t *testing.T) {
	l, try, err := Template("referral", "zh-CN", Portrait)
	if err != nil {
		t.Fatal(err)
	}
	p, err := NewPress(l, 0, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	first, _, err := p.PNG(try)
	if err != nil {
		t.Fatal(err)
	}
	other := map[string]string{"name": "另一位名字很长的朋友", "group": "群", "link": "https://q.example/j/other"}
	if second, _, err := p.PNG(other); err != nil || bytes.Equal(first, second) {
		t.Fatalf("another person's poster is the same (%v)", err)
	}
	if third, _, err := p.PNG(try); err != nil || !bytes.Equal(first, third) {
		t.Errorf("the first person's poster changed (%v)", err)
	}
}

// TestBrokenLayoutsAreNamed in one sentence, in both languages.
func TestBrokenLayoutsAreNamed(t *testing.T) {
	layer := func(s string) string {
		return `{"title":"t","canvas":"square","ground":{"above":"#ffffff"},"layers":[{` + s + `}]}`
	}
	for raw, want := range map[string]string{
		``:    "not a whole JSON",
		`[1]`: "wrong type",
		`{"title":"t","canvas":"a4","ground":{"above":"#ffffff"}}`:                       "canvas",
		`{"title":"t","canvas":"square","ground":{"above":"red"}}`:                       "ground.above",
		`{"title":" ","canvas":"square","ground":{"above":"#ffffff"}}`:                   "title",
		`{"title":"t","canvas":"square","ground":{"above":"#ffffff"},"script":"x"}`:      "unknown field",
		`{"title":"t","canvas":"square","ground":{"above":"#ffffff"},"layers":[]}x`:      "follows",
		layer(`"kind":"text","x":0,"y":0,"w":10,"h":10,"size":2,"text":"a"`):             "layers[0].size",
		layer(`"kind":"text","x":0,"y":0,"w":1e9,"h":10,"size":20,"text":"a"`):           "layers[0].w",
		layer(`"kind":"text","x":-50,"y":0,"w":10,"h":10,"size":20,"text":"a"`):          "outside of the picture",
		layer(`"kind":"text","x":0,"y":0,"w":10,"h":10,"size":20,"text":"{{a b}}"`):      "{{a b}}",
		layer(`"kind":"text","x":0,"y":0,"w":10,"h":10,"size":20,"align":"up"`):          "align",
		layer(`"kind":"qr","x":0,"y":0,"w":300,"h":300`):                                 "text",
		layer(`"kind":"qr","x":0,"y":0,"w":30,"h":300,"text":"a"`):                       "120 pixels",
		layer(`"kind":"image","x":0,"y":0,"w":30,"h":300,"image":"../../etc/passwd"`):    "no image",
		layer(`"kind":"video","x":0,"y":0,"w":30,"h":300`):                               "kind",
		layer(`"kind":"shape","x":0,"y":0,"w":30,"h":300,"color":"javascript:alert(1)"`): "color",
		`{"title":"` + strings.Repeat("x", MaxLayout) + `"}`:                             "64 KB",
		`{"title":"t","canvas":"square","ground":{"above":"#ffffff"},"layers":[` + strings.Repeat(`{"kind":"shape","x":0,"y":0,"w":1,"h":1},`, MaxLayers) + `{"kind":"shape","x":0,"y":0,"w":1,"h":1}]}`: "at most 60",
	} {
		_, err := Decode([]byte(raw))
		var f *Fault
		if !errors.As(err, &f) || !strings.Contains(f.Error(), want) || f.Say()[0] == "" {
			t.Errorf("%.60s: %v, want %q", raw, err, want)
		}
		if code := community.CodeOf(err); code != community.CodeBadInput && code != community.CodeTooLarge {
			t.Errorf("%.60s: code %s", raw, code)
		}
	}
}

// TestMovingPictures: the text comes in over the frames, the last one has all of it, and the file is a GIF that plays.
func TestMovingPictures(t *testing.T) {
	l := Layout{Title: "动", Canvas: Square, Ground: Ground{Above: "#0f5c45", Below: "#06281f"}, Layers: []Layer{
		{Kind: Text, X: 60, Y: 300, W: 960, H: 300, Size: 120, Bold: true, Color: "#ffffff", Text: "{{name}}，欢迎！", Move: Typed},
		{Kind: Text, X: 60, Y: 620, W: 960, H: 100, Size: 60, Color: "#8ce99a", Text: "今晚八点开始", Move: Rising},
	}}
	raw, warned, err := Animate(l, Motion{}, map[string]string{"name": "小林"}, nil, nil)
	if err != nil || len(warned) > 0 {
		t.Fatal(warned, err)
	}
	shot(t, "moving.gif", raw)
	got, err := gif.DecodeAll(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if got.Config.Width != 480 || got.Config.Height != 480 || len(got.Image) < 10 || len(got.Image) > 20 || got.Delay[len(got.Delay)-1] < 200 {
		t.Errorf("%d×%d, %d frames, delays %v", got.Config.Width, got.Config.Height, len(got.Image), got.Delay)
	}
	if n, ok := countFrames(raw); !ok || n != len(got.Image) {
		t.Errorf("counted %d frames of %d", n, len(got.Image))
	}
	frames, err := OpenFrames(raw, MaxFrames)
	if err != nil {
		t.Fatal(err)
	}
	white := func(img image.Image) (n int) {
		for y := 130; y < 290; y++ {
			for x := 20; x < 460; x++ {
				if r, _, _, _ := img.At(x, y).RGBA(); r > 0xd000 {
					n++
				}
			}
		}
		return n
	}
	if a, b, c := white(frames[0]), white(frames[len(frames)/2]), white(frames[len(frames)-1]); a >= b || b >= c || c < 1000 {
		t.Errorf("white pixels over time: %d %d %d", a, b, c)
	}
	if _, _, err := Animate(l, Motion{Frames: 41}, nil, nil, nil); community.CodeOf(err) != community.CodeBadInput {
		t.Errorf("41 frames: %v", err)
	}
	l.Layers[0].Move, l.Layers[1].Move = "", ""
	if _, _, err := Animate(l, Motion{}, nil, nil, nil); community.CodeOf(err) != community.CodeBadInput {
		t.Errorf("nothing moves: %v", err)
	}
	still, err := FromPictures(frames[:3], 20, 200)
	if err != nil {
		t.Fatal(err)
	}
	if n, ok := countFrames(still); !ok || n < 1 {
		t.Errorf("of pictures: %d frames", n)
	}
}

// TestColoursAreKept: a frame of few colours loses none in the table of 15 bits.
func TestColoursAreKept(t *testing.T) {
	f := image.NewRGBA(image.Rect(0, 0, 64, 64))
	want := []color.RGBA{{0xff, 0xff, 0xff, 0xff}, {0, 0, 0, 0xff}, {0xc4, 0x16, 0x1c, 0xff}, {0x12, 0x80, 0x5c, 0xff}}
	for i := range 64 * 64 {
		f.SetRGBA(i%64, i/64, want[(i/64/16)%4])
	}
	table := newTable([]*image.RGBA{f})
	m := table.mapped(f)
	for i, w := range want {
		c := table.palette[m.ColorIndexAt(3, i*16+3)].(color.RGBA)
		near := func(a, b uint8) bool { return max(a, b)-min(a, b) <= 8 }
		if !near(c.R, w.R) || !near(c.G, w.G) || !near(c.B, w.B) {
			t.Errorf("%v became %v", w, c)
		}
	}
}

// TestPictureBombsAreNotDecoded: pixels and frames are counted before.
func TestPictureBombsAreNotDecoded(t *testing.T) {
	frames := &gif.GIF{}
	for range 30 {
		frames.Image, frames.Delay = append(frames.Image, image.NewPaletted(image.Rect(0, 0, 8, 8), color.Palette{color.Black, color.White})), append(frames.Delay, 5)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, frames); err != nil {
		t.Fatal(err)
	}
	small := b.Bytes()
	if n, ok := countFrames(small); n != 30 || !ok {
		t.Fatalf("counted %d of 30 frames (%v)", n, ok)
	}
	huge := bytes.Clone(small)
	binary.LittleEndian.PutUint16(huge[6:], 2000)
	binary.LittleEndian.PutUint16(huge[8:], 2000)
	for name, c := range map[string]struct {
		raw  []byte
		want community.Code
	}{
		"gif bomb": {huge, community.CodeTooLarge}, "png bomb": {bomb(60000, 60000), community.CodeTooLarge}, "flat bomb": {bomb(7000, 7000), community.CodeTooLarge},
		"half gif": {small[:len(small)-9], community.CodeBadInput}, "svg": {[]byte("<svg/>"), community.CodeBadInput}, "empty": {nil, community.CodeBadInput},
		"large": {make([]byte, MaxUpload+1), community.CodeTooLarge},
	} {
		if _, _, err := TakeImage(c.raw); community.CodeOf(err) != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	kept, kind, err := TakeImage(encoded(t, noise(2000, 100), "png"))
	if err != nil || kind != "image/png" && kind != "image/jpeg" {
		t.Fatal(kind, err)
	}
	if img, err := OpenImage(kept); err != nil || img.Bounds().Dx() != imageSide {
		t.Errorf("kept as %v (%v)", img.Bounds(), err)
	}
}

// TestImagesFillTheirBox, and one that is not there leaves a place and a warning.
func TestImagesFillTheirBox(t *testing.T) {
	red := image.NewRGBA(image.Rect(0, 0, 50, 20))
	for i := 0; i < len(red.Pix); i += 4 {
		red.Pix[i], red.Pix[i+3] = 0xff, 0xff
	}
	hash := strings.Repeat("ab", 32)
	l := Layout{Title: "图", Canvas: Square, Ground: Ground{Above: "#ffffff"}, Layers: []Layer{{Kind: Image, X: 100, Y: 100, W: 400, H: 400, Round: 200, Image: hash}}}
	p, err := NewPress(l, 0, map[string]image.Image{hash: red}, nil)
	if err != nil {
		t.Fatal(err)
	}
	img, warned, err := p.Draw(nil)
	if err != nil || len(warned) > 0 {
		t.Fatal(warned, err)
	}
	if c := img.RGBAAt(300, 300); c.R < 0xf0 || c.G > 8 {
		t.Errorf("inside: %v", c)
	}
	if c := img.RGBAAt(104, 104); c.G < 0xf0 {
		t.Errorf("the corner is not round: %v", c)
	}
	if _, warned := pressed(t, l, nil); len(warned) != 1 || warned[0].What != NoImage {
		t.Errorf("without the image: %+v", warned)
	}
}

// TestTablesOfPeopleAreRead, and what is wrong with one is said.
func TestTablesOfPeopleAreRead(t *testing.T) {
	got, err := ReadTable([]byte("\ufeffname,链接\n小林, https://q.example/1\n\n\"阿,宁\"\n"))
	want := []map[string]string{{"name": "小林", "链接": "https://q.example/1"}, {"name": "阿,宁"}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v (%v), want %v", got, err, want)
	}
	for raw, want := range map[string]string{
		"": "first line", "name\n": "no lines", "name,name\na,b\n": "each once", "a b\nc\n": "letters", "name\na,b\n": "line 2", "name\n\"a\n": "broken", "name\n\xff\n": "UTF-8",
		"name\n" + strings.Repeat("a\n", MaxRows+1): "1,000", strings.Repeat("x", MaxTable+1): "1 MB",
	} {
		if _, err := ReadTable([]byte(raw)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: %v, want %q", raw, err, want)
		}
	}
}
