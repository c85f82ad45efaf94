// Package poster makes pictures and takes them in: values in, bytes out. It reads no disk and asks no network.
package poster

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	_ "image/png" // one of the two forms that are taken in

	"github.com/skip2/go-qrcode"
	"golang.org/x/image/draw"

	"qunluo/internal/community"
)

// Bounds of a picture that is taken in.
const (
	MaxPicture = 1 << 20 // bytes
	maxSide    = 8000    // pixels
	maxPixels  = 16 << 20
	minSide    = 80 // pixels: below it nobody can scan a code
)

// What a kept picture is like: small enough for a page of 60 KB on a phone.
const (
	keptWide  = 640
	keptHigh  = 1120
	keptBytes = 44 << 10
)

// qrSide is the width of a drawn QR code in pixels, its quiet zone included.
const qrSide = 480

// QR draws a text as a QR code (PNG), readable with a seventh of it dirty. community.CodeTooLarge when it is too long.
func QR(text string) ([]byte, error) {
	png, err := qrcode.Encode(text, qrcode.Medium, qrSide)
	if err != nil {
		return nil, community.Errorf(community.CodeTooLarge, "QR code of %d bytes: %w", len(text), err)
	}
	return png, nil
}

// Clean takes in a picture of a QR code as people upload it, PNG or JPEG, and gives a small JPEG without anything but the
// pixels: no place, no device, no comment. Its size is looked at before it is decoded. community.CodeTooLarge: more than
// 1 MiB or 16 million pixels; community.CodeBadInput: no such picture, half a file, or too small to scan.
func Clean(raw []byte) ([]byte, error) {
	if len(raw) > MaxPicture {
		return nil, community.Errorf(community.CodeTooLarge, "picture: %d bytes, at most %d", len(raw), MaxPicture)
	}
	cfg, kind, err := image.DecodeConfig(bytes.NewReader(raw))
	switch {
	case err != nil || kind != "png" && kind != "jpeg":
		return nil, community.Errorf(community.CodeBadInput, "picture: want PNG or JPEG")
	case cfg.Width > maxSide || cfg.Height > maxSide || cfg.Width*cfg.Height > maxPixels:
		return nil, community.Errorf(community.CodeTooLarge, "picture: %d by %d pixels", cfg.Width, cfg.Height)
	case cfg.Width < minSide || cfg.Height < minSide:
		return nil, community.Errorf(community.CodeBadInput, "picture: %d by %d pixels is too small to scan", cfg.Width, cfg.Height)
	}
	img, _, err := image.Decode(bytes.NewReader(raw))
	if err != nil {
		return nil, community.Errorf(community.CodeBadInput, "picture: half a file or a broken one")
	}
	return squeeze(img)
}

// squeeze encodes a picture ever smaller until it fits.
func squeeze(img image.Image) ([]byte, error) {
	b := img.Bounds()
	scale := min(1, keptWide/float64(b.Dx()), keptHigh/float64(b.Dy()))
	for {
		small := shrink(img, scale)
		for _, quality := range []int{85, 70, 55} {
			var out bytes.Buffer
			if err := jpeg.Encode(&out, small, &jpeg.Options{Quality: quality}); err != nil {
				return nil, err
			}
			if out.Len() <= keptBytes {
				return out.Bytes(), nil
			}
		}
		scale *= 0.8 // ends: a picture of few pixels is always small enough
	}
}

// shrink scales a picture on a white ground.
func shrink(img image.Image, scale float64) image.Image {
	b := img.Bounds()
	to := image.NewRGBA(image.Rect(0, 0, max(1, int(float64(b.Dx())*scale)), max(1, int(float64(b.Dy())*scale))))
	draw.Draw(to, to.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.CatmullRom.Scale(to, to.Bounds(), img, b, draw.Over, nil)
	return to
}
