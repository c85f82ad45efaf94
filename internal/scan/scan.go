// Package scan reads QR codes in pictures that strangers sent. What a picture will be is looked at before it is decoded, and
// it is decoded in a child process of few rights (our own program with a verb of its own): whatever a picture does there,
// nobody else is slower or falls with it.
package scan

import (
	"bytes"
	"image"
	"image/gif"
	_ "image/jpeg" // a format that is read
	_ "image/png"  // a format that is read
	"slices"
	"strings"
	"unicode"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/multi/qrcode"
	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp" // a format that is read

	"qunluo/internal/community"
)

// Bounds of a picture.
const (
	MaxBytes  = 10 << 20
	MaxPixels = 40_000_000
	MaxMoving = 100_000_000 // GIF: frames × width × height

	smallSide  = 960        // the first look is at a picture of this size
	fullPixels = 16_000_000 // the second at one of so many pixels at most
	maxFrames  = 6          // frames of a moving picture that are looked at, spread over it
)

// Examine says whether a picture may be decoded: community.CodeTooLarge when it is large or would become so,
// CodeUnsupported when it is no picture of a kind that is read (PNG, JPEG, GIF, WebP), CodeBadInput when it is half one.
func Examine(data []byte) error {
	if len(data) > MaxBytes {
		return community.Errorf(community.CodeTooLarge, "picture: %d bytes, at most %d", len(data), MaxBytes)
	}
	cfg, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return community.Errorf(community.CodeUnsupported, "picture: not one that can be read")
	}
	pixels := int64(cfg.Width) * int64(cfg.Height)
	switch {
	case pixels == 0:
		return community.Errorf(community.CodeBadInput, "picture: it has no pixels")
	case pixels > MaxPixels:
		return community.Errorf(community.CodeTooLarge, "picture: %d × %d pixels", cfg.Width, cfg.Height)
	case format != "gif":
		return nil
	}
	frames, whole := gifFrames(data)
	switch {
	case int64(frames)*pixels > MaxMoving:
		return community.Errorf(community.CodeTooLarge, "picture: %d frames of %d × %d pixels", frames, cfg.Width, cfg.Height)
	case !whole || frames == 0:
		return community.Errorf(community.CodeBadInput, "picture: half a file")
	}
	return nil
}

// Read finds the texts of a picture's QR codes, each once. Codes as Examine.
func Read(data []byte) ([]string, error) {
	if err := Examine(data); err != nil {
		return nil, err
	}
	frames, err := decode(data)
	if err != nil {
		return nil, community.Errorf(community.CodeBadInput, "picture: half a file or a broken one")
	}
	var out []string
	for _, f := range frames {
		for _, text := range codesIn(f) {
			if text = clean(text); text != "" && !slices.Contains(out, text) && len(out) < community.MaxReadParts {
				out = append(out, text)
			}
		}
	}
	return out, nil
}

// decode gives the frames that are looked at: of a still picture the one.
func decode(data []byte) ([]image.Image, error) {
	_, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	if format != "gif" {
		img, _, err := image.Decode(bytes.NewReader(data))
		return []image.Image{img}, err
	}
	all, err := gif.DecodeAll(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	return chosen(all), nil
}

// chosen paints a moving picture frame by frame and keeps some of what is seen.
func chosen(all *gif.GIF) []image.Image {
	canvas := image.NewRGBA(image.Rect(0, 0, all.Config.Width, all.Config.Height))
	step := max(1, len(all.Image)/maxFrames)
	var out []image.Image
	for i, frame := range all.Image {
		draw.Draw(canvas, frame.Bounds(), frame, frame.Bounds().Min, draw.Over)
		if i%step == 0 && len(out) < maxFrames || i == len(all.Image)-1 {
			out = append(out, grey(canvas, smallSide*smallSide))
		}
		if all.Disposal[i] == gif.DisposalBackground {
			draw.Draw(canvas, frame.Bounds(), image.Transparent, image.Point{}, draw.Src)
		}
	}
	return out
}

// codesIn looks at a small copy first, which is five times as fast and finds most; then at the picture itself; then at its
// negative.
func codesIn(img image.Image) []string {
	small := grey(img, smallSide*smallSide)
	if found := look(gozxing.NewLuminanceSourceFromImage(small)); len(found) > 0 {
		return found
	}
	if full := grey(img, fullPixels); full.Bounds() != small.Bounds() {
		if found := look(gozxing.NewLuminanceSourceFromImage(full)); len(found) > 0 {
			return found
		}
	}
	return look(gozxing.NewLuminanceSourceFromImage(small).Invert())
}

func look(source gozxing.LuminanceSource) []string {
	bitmap, err := gozxing.NewBinaryBitmap(gozxing.NewHybridBinarizer(source))
	if err != nil {
		return nil
	}
	results, err := qrcode.NewQRCodeMultiReader().DecodeMultiple(bitmap, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true})
	if err != nil {
		return nil // none is there, or none that can be read
	}
	var out []string
	for _, r := range results {
		out = append(out, r.GetText())
	}
	return out
}

// grey is a picture in shades of grey on a white ground, scaled down to so many pixels.
func grey(img image.Image, most int) *image.Gray {
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	for w*h > most {
		w, h = max(1, w*9/10), max(1, h*9/10)
	}
	out := image.NewGray(image.Rect(0, 0, w, h))
	for i := range out.Pix {
		out.Pix[i] = 0xff
	}
	if w == img.Bounds().Dx() && h == img.Bounds().Dy() {
		draw.Draw(out, out.Bounds(), img, img.Bounds().Min, draw.Over)
		return out
	}
	draw.ApproxBiLinear.Scale(out, out.Bounds(), img, img.Bounds(), draw.Over, nil)
	return out
}

// clean makes a text one line of bounded length, without signs that show nothing.
func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case unicode.IsControl(r) || r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	if len(text) > community.MaxReadText {
		text = strings.ToValidUTF8(text[:community.MaxReadText], "")
	}
	return strings.TrimSpace(text)
}
