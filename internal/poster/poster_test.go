package poster

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"strings"
	"testing"

	"qunluo/internal/community"
)

// noise is a picture that compresses badly.
func noise(w, h int) image.Image {
	chance := rand.New(rand.NewPCG(1, 2))
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := range img.Pix {
		img.Pix[i] = uint8(chance.IntN(256))
	}
	return img
}

func encoded(t *testing.T, img image.Image, kind string) []byte {
	t.Helper()
	var b bytes.Buffer
	var err error
	switch kind {
	case "png":
		err = png.Encode(&b, img)
	case "jpeg":
		err = jpeg.Encode(&b, img, &jpeg.Options{Quality: 60})
	case "gif":
		err = gif.Encode(&b, img, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// bomb is a PNG of a few bytes that says it is huge.
func bomb(w, h uint32) []byte {
	head := append([]byte("IHDR"), make([]byte, 13)...)
	binary.BigEndian.PutUint32(head[4:], w)
	binary.BigEndian.PutUint32(head[8:], h)
	head[12], head[13] = 8, 6
	out := append([]byte("\x89PNG\r\n\x1a\n"), 0, 0, 0, 13)
	out = append(out, head...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(head))
}

func TestKeptPicturesAreSmallAndPlain(t *testing.T) {
	for kind, size := range map[string][2]int{"png": {500, 400}, "jpeg": {1000, 900}} {
		raw := encoded(t, noise(size[0], size[1]), kind)
		got, err := Clean(raw)
		if err != nil {
			t.Fatalf("%s of %d bytes: %v", kind, len(raw), err)
		}
		cfg, form, err := image.DecodeConfig(bytes.NewReader(got))
		if err != nil || form != "jpeg" || len(got) > keptBytes || cfg.Width > keptWide || cfg.Height > keptHigh {
			t.Errorf("%s: kept as %s, %d bytes, %d by %d (%v)", kind, form, len(got), cfg.Width, cfg.Height, err)
		}
	}
	clear := image.NewNRGBA(image.Rect(0, 0, 100, 100)) // wholly transparent: a code on it must not turn black
	got, err := Clean(encoded(t, clear, "png"))
	if err != nil {
		t.Fatal(err)
	}
	img, _, err := image.Decode(bytes.NewReader(got))
	if err != nil {
		t.Fatal(err)
	}
	if r, _, _, _ := color.NRGBAModel.Convert(img.At(50, 50)).RGBA(); r < 0xf000 {
		t.Errorf("transparent ground became %v, want white", img.At(50, 50))
	}
}

func TestBadPicturesAreRefused(t *testing.T) {
	whole := encoded(t, noise(300, 300), "png")
	for name, c := range map[string]struct {
		raw  []byte
		want community.Code
	}{
		"empty":     {nil, community.CodeBadInput},
		"text":      {[]byte("<svg onload=alert(1)>"), community.CodeBadInput},
		"gif":       {encoded(t, image.NewPaletted(image.Rect(0, 0, 200, 200), color.Palette{color.Black, color.White}), "gif"), community.CodeBadInput},
		"half":      {whole[:len(whole)/2], community.CodeBadInput},
		"tiny":      {encoded(t, noise(10, 10), "png"), community.CodeBadInput},
		"bomb":      {bomb(60000, 60000), community.CodeTooLarge},
		"flat bomb": {bomb(7000, 7000), community.CodeTooLarge},
		"huge":      {make([]byte, MaxPicture+1), community.CodeTooLarge},
	} {
		if _, err := Clean(c.raw); community.CodeOf(err) != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

func TestQRIsDrawnAndBounded(t *testing.T) {
	raw, err := QR("https://t.me/+AbCdEfGh")
	if err != nil {
		t.Fatal(err)
	}
	cfg, form, err := image.DecodeConfig(bytes.NewReader(raw))
	if err != nil || form != "png" || cfg.Width != qrSide || len(raw) > 8<<10 {
		t.Errorf("QR = %s of %d px, %d bytes (%v)", form, cfg.Width, len(raw), err)
	}
	if _, err := QR(strings.Repeat("长", 3000)); community.CodeOf(err) != community.CodeTooLarge {
		t.Errorf("a text of 9,000 bytes: %v, want too large", err)
	}
}
