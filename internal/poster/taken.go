package poster

import (
	"bytes"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/draw"

	"qunluo/internal/community"
)

// Bounds of an image for a poster.
const (
	MaxUpload = 10 << 20 // bytes
	imageSide = 1600     // pixels of the longer side of what is kept
)

// TakeImage takes in an image for a poster, PNG, JPEG or the first frame of a GIF, and gives it as a JPEG, or as a PNG where it is
// not opaque, of at most 1,600 pixels a side and without anything but the pixels. Its pixels and frames are counted before it is
// decoded. community.CodeTooLarge: more than 10 MiB, 16 million pixels or 100 million pixels over all frames;
// community.CodeBadInput: no such picture, or half a file.
func TakeImage(raw []byte) (kept []byte, kind string, err error) {
	img, err := openImage(raw)
	if err != nil {
		return nil, "", err
	}
	b := img.Bounds()
	by := min(1, imageSide/float64(max(b.Dx(), b.Dy())))
	small := image.NewNRGBA(image.Rect(0, 0, max(1, int(float64(b.Dx())*by)), max(1, int(float64(b.Dy())*by))))
	draw.CatmullRom.Scale(small, small.Bounds(), img, b, draw.Src, nil)
	var out bytes.Buffer
	if small.Opaque() {
		err = jpeg.Encode(&out, small, &jpeg.Options{Quality: 88})
		return out.Bytes(), "image/jpeg", err
	}
	err = png.Encode(&out, small)
	return out.Bytes(), "image/png", err
}

// OpenImage decodes an image that TakeImage kept, or a frame for a moving picture. Codes as of TakeImage.
func OpenImage(raw []byte) (image.Image, error) { return openImage(raw) }

func openImage(raw []byte) (image.Image, error) {
	if len(raw) > MaxUpload {
		return nil, community.Errorf(community.CodeTooLarge, "picture: %d bytes, at most %d", len(raw), MaxUpload)
	}
	cfg, kind, err := image.DecodeConfig(bytes.NewReader(raw))
	switch {
	case err != nil || kind != "png" && kind != "jpeg" && kind != "gif":
		return nil, community.Errorf(community.CodeBadInput, "picture: want PNG, JPEG or GIF")
	case cfg.Width <= 0 || cfg.Height <= 0 || cfg.Width > maxSide || cfg.Height > maxSide || cfg.Width*cfg.Height > maxPixels:
		return nil, community.Errorf(community.CodeTooLarge, "picture: %d by %d pixels", cfg.Width, cfg.Height)
	}
	if err := measured(raw, cfg, kind); err != nil {
		return nil, err
	}
	var img image.Image
	if kind == "gif" {
		img, err = gif.Decode(bytes.NewReader(raw)) // the first frame alone
	} else {
		img, _, err = image.Decode(bytes.NewReader(raw))
	}
	if err != nil {
		return nil, community.Errorf(community.CodeBadInput, "picture: half a file or a broken one")
	}
	return img, nil
}

// OpenFrames decodes the frames of a GIF as they are shown one after another, at most so many; a still picture is one.
func OpenFrames(raw []byte, most int) ([]image.Image, error) {
	first, err := openImage(raw)
	if err != nil {
		return nil, err
	}
	if n, ok := countFrames(raw); !ok || n == 1 {
		return []image.Image{first}, nil
	}
	all, err := gif.DecodeAll(bytes.NewReader(raw))
	if err != nil {
		return nil, community.Errorf(community.CodeBadInput, "picture: half a file or a broken one")
	}
	shown := image.NewRGBA(image.Rect(0, 0, all.Config.Width, all.Config.Height))
	var out []image.Image
	for _, f := range all.Image {
		if len(out) == most {
			break
		}
		draw.Draw(shown, f.Bounds(), f, f.Bounds().Min, draw.Over)
		frame := image.NewRGBA(shown.Rect)
		copy(frame.Pix, shown.Pix)
		out = append(out, frame)
	}
	return out, nil
}
