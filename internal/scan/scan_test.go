package scan

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
	"golang.org/x/image/draw"

	"qunluo/internal/community"
)

// TestMain makes the test's own program the child, as the server makes its own.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 {
		switch os.Args[1] {
		case Verb:
			os.Exit(Serve(os.Stdin, os.Stdout))
		case "hog":
			os.Exit(hog())
		case "spin":
			if confine() == nil {
				for n := 0; ; n++ { // until it is ended
				}
			}
		case "babble":
			fmt.Print(strings.Repeat("no answer ", 100_000))
			os.Exit(0)
		}
	}
	os.Exit(m.Run())
}

// hog takes more memory than a child may have; 7 = it got it.
func hog() int {
	if confine() != nil {
		return 7
	}
	var held [][]byte
	for range 40 {
		b := make([]byte, 32<<20)
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
		held = append(held, b)
	}
	runtime.KeepAlive(held)
	return 7
}

// code draws a QR code of a text.
func code(t testing.TB, text string, side int) image.Image {
	t.Helper()
	bits, err := qrcode.NewQRCodeWriter().Encode(text, gozxing.BarcodeFormat_QR_CODE, side, side, nil)
	if err != nil {
		t.Fatal(err)
	}
	out := image.NewGray(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			if !bits.Get(x, y) {
				out.SetGray(x, y, color.Gray{Y: 255})
			}
		}
	}
	return out
}

// poster puts pictures onto a ground of a colour at places.
func poster(w, h int, ground color.Color, at map[image.Point]image.Image) *image.RGBA {
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(out, out.Bounds(), image.NewUniform(ground), image.Point{}, draw.Src)
	for p, img := range at {
		draw.Draw(out, img.Bounds().Add(p), img, image.Point{}, draw.Over)
	}
	return out
}

func asPNG(t testing.TB, img image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func asJPEG(t testing.TB, img image.Image, quality int) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: quality}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func negative(img image.Image) image.Image {
	b := img.Bounds()
	out := image.NewGray(b)
	for y := range b.Dy() {
		for x := range b.Dx() {
			g := color.GrayModel.Convert(img.At(x, y)).(color.Gray)
			out.SetGray(x, y, color.Gray{Y: 255 - g.Y})
		}
	}
	return out
}

func TestCodesAreFoundInWhatPeoplePost(t *testing.T) {
	const invite = "https://weixin.qq.com/g/AQYAAtest加群"
	blue := color.RGBA{30, 80, 160, 255}
	moving := &gif.GIF{}
	for i := range 8 {
		img := image.Image(image.NewUniform(color.White))
		frame := image.NewPaletted(image.Rect(0, 0, 300, 300), color.Palette{color.White, color.Black})
		if i >= 6 {
			img = code(t, invite, 300)
		}
		draw.Draw(frame, frame.Bounds(), img, image.Point{}, draw.Src)
		moving.Image, moving.Delay = append(moving.Image, frame), append(moving.Delay, 10)
	}
	var movingBytes bytes.Buffer
	if err := gif.EncodeAll(&movingBytes, moving); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		data []byte
		want []string
	}{
		"a code":                   {asPNG(t, code(t, invite, 300)), []string{invite}},
		"a screenshot with a code": {asJPEG(t, poster(1080, 1920, blue, map[image.Point]image.Image{{400, 1500}: code(t, invite, 240)}), 70), []string{invite}},
		"a small code in a large":  {asJPEG(t, poster(3000, 4000, blue, map[image.Point]image.Image{{2600, 3700}: code(t, invite, 160)}), 85), []string{invite}},
		"two codes":                {asPNG(t, poster(900, 500, color.White, map[image.Point]image.Image{{50, 50}: code(t, "一", 300), {500, 100}: code(t, "wxp://二", 300)})), []string{"wxp://二", "一"}},
		"white on black":           {asPNG(t, negative(code(t, invite, 300))), []string{invite}},
		"late in a moving picture": {movingBytes.Bytes(), []string{invite}},
		"control signs and lines":  {asPNG(t, code(t, "a\nb\x00\x1bc", 300)), []string{"a bc"}},
		"a picture without a code": {asJPEG(t, poster(800, 600, blue, nil), 80), nil},
		"a picture of one pixel":   {asPNG(t, image.NewGray(image.Rect(0, 0, 1, 1))), nil},
		"a very long thin picture": {asPNG(t, image.NewGray(image.Rect(0, 0, 30000, 3))), nil},
	} {
		got, err := Read(c.data)
		slices.Sort(got)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, %v, want %q", name, got, err, c.want)
		}
	}
}

// header is a PNG that says it is large and ends there.
func header(w, h uint32) []byte {
	body := []byte("IHDR")
	body = binary.BigEndian.AppendUint32(body, w)
	body = binary.BigEndian.AppendUint32(body, h)
	body = append(body, 8, 6, 0, 0, 0)
	out := binary.BigEndian.AppendUint32([]byte("\x89PNG\r\n\x1a\n"), 13)
	out = append(out, body...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(body))
}

// bomb is a GIF of few bytes that would become frames × w × h.
func bomb(t testing.TB, frames, w, h int) []byte {
	g := &gif.GIF{Config: image.Config{Width: w, Height: h}}
	for range frames {
		g.Image = append(g.Image, image.NewPaletted(image.Rect(0, 0, 1, 1), color.Palette{color.White, color.Black}))
		g.Delay = append(g.Delay, 1)
	}
	var out bytes.Buffer
	if err := gif.EncodeAll(&out, g); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// bad are pictures that must not be decoded, with the code that says why.
func bad(t testing.TB) map[string]struct {
	data []byte
	code community.Code
} {
	whole := asPNG(t, code(t, "x", 200))
	moving := bomb(t, 3, 10, 10)
	return map[string]struct {
		data []byte
		code community.Code
	}{
		"nothing":                     {nil, community.CodeUnsupported},
		"a page":                      {[]byte("<html>expired</html>"), community.CodeUnsupported},
		"SVG":                         {[]byte(`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><rect/></svg>`), community.CodeUnsupported},
		"more bytes than are read":    {append(slices.Clone(whole), make([]byte, MaxBytes)...), community.CodeTooLarge},
		"PNG of 400 million pixels":   {header(20000, 20000), community.CodeTooLarge},
		"PNG of more pixels than int": {header(1<<31-1, 1<<31-1), community.CodeUnsupported},
		"PNG without pixels":          {header(0, 10), community.CodeUnsupported},
		"GIF of 1000 large frames":    {bomb(t, 1000, 2000, 1500), community.CodeTooLarge},
		"half a PNG":                  {whole[:len(whole)/2], community.CodeBadInput},
		"a PNG's head":                {header(100, 100), community.CodeBadInput},
		"half a GIF":                  {moving[:len(moving)-4], community.CodeBadInput},
		"a GIF's head":                {moving[:13], community.CodeBadInput},
	}
}

func TestBombsAndBrokenPicturesAreRefusedBeforeTheyAreDecoded(t *testing.T) {
	for name, c := range bad(t) {
		began := time.Now()
		_, err := Read(c.data)
		if community.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("%s took %s", name, took)
		}
	}
	if n := len(bomb(t, 1000, 2000, 1500)); n > 100<<10 {
		t.Errorf("the bomb has %d bytes: it should be small", n)
	}
}

func child(t *testing.T, verb string) *Reader {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return NewReader([]string{self, verb}, 1)
}

func TestChildReadsPicturesAndSaysWhatIsWrong(t *testing.T) {
	r := child(t, Verb)
	if got, err := r.Read(t.Context(), asPNG(t, code(t, "https://evil.example/x", 300))); err != nil || !slices.Equal(got, []string{"https://evil.example/x"}) {
		t.Errorf("read %q, %v", got, err)
	}
	for name, c := range bad(t) {
		if _, err := r.Read(t.Context(), c.data); community.CodeOf(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.code)
		}
	}
}

// A picture within every bound may still need more memory or time than a child has: then the child ends and nobody else.
func TestChildOfTooMuchMemoryOrTimeIsEnded(t *testing.T) {
	small := asPNG(t, image.NewGray(image.Rect(0, 0, 9, 9)))
	for verb, want := range map[string]community.Code{"hog": community.CodeTooLarge, "spin": community.CodeTimeout, "babble": community.CodeBadInput} {
		t.Run(verb, func(t *testing.T) {
			t.Parallel()
			if _, err := child(t, verb).Read(t.Context(), small); community.CodeOf(err) != want {
				t.Errorf("%v, want %s", err, want)
			}
		})
	}
}

func TestNoMoreChildrenRunThanMay(t *testing.T) {
	r := child(t, Verb)
	r.places <- struct{}{}
	if _, err := r.Read(t.Context(), asPNG(t, code(t, "x", 200))); !errors.Is(err, ErrNoPlace) {
		t.Errorf("a second child: %v, want no place", err)
	}
	<-r.places
	var once sync.WaitGroup
	once.Go(func() {
		if _, err := r.Read(t.Context(), asPNG(t, code(t, "x", 200))); err != nil {
			t.Errorf("the place that is free again: %v", err)
		}
	})
	once.Wait()
}
