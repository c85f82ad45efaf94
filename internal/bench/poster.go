package bench

import (
	"bytes"
	"context"
	"image"
	"image/gif"
	"strconv"

	"qunluo/internal/poster"
)

// Bounds that posters are held to (see the targets in the reference: ≤ 120 ms of one processor for a PNG with a code, 20 times the
// standard library's way for a moving picture).
const (
	posterMS  = 120
	gifTimes  = 20
	gifFrames = 20
	gifWide   = 480
)

// posters draws personal posters of 1080 × 1920 pixels with a QR code, and makes a moving picture of 480 × 480 × 20, beside what the
// standard library does of the same frames.
func posters(ctx context.Context, o Options) ([]Row, error) {
	drawn, err := personalPosters(ctx, o)
	if err != nil {
		return nil, err
	}
	moved, err := movingPosters(ctx, o)
	return append(drawn, moved...), err
}

func personalPosters(ctx context.Context, o Options) ([]Row, error) {
	l, try, err := poster.Template("referral", "zh-CN", poster.Portrait)
	if err != nil {
		return nil, err
	}
	p, err := poster.NewPress(l, 0, nil, nil)
	if err != nil {
		return nil, err
	}
	n, bytes := o.rows(20, 3), 0
	s := side{name: "posters", prepare: func(context.Context) error { return nil }, tidy: func() error { return nil },
		run: func(context.Context, part) (int, error) {
			for i := range n {
				try["name"], try["link"] = "书友"+strconv.Itoa(i), "https://q.example.cn/j/abcdefgh/"+strconv.Itoa(i)
				raw, _, err := p.PNG(try)
				if err != nil {
					return i, err
				}
				bytes = len(raw)
			}
			return n, nil
		}}
	if err := compare(ctx, o, 1, &s); err != nil {
		return nil, err
	}
	return []Row{most("poster 1080×1920 with QR, PNG", 1000/median(s.rates), "CPU ms", posterMS), told("its size", float64(bytes)/1024, "KB")}, nil
}

func movingPosters(ctx context.Context, o Options) ([]Row, error) {
	frames, delays := movingFrames()
	ours := side{name: "15-bit table", prepare: func(context.Context) error { return nil }, tidy: func() error { return nil },
		run: func(context.Context, part) (int, error) {
			_, err := poster.EncodeGIF(frames, delays)
			return len(frames), err
		}}
	theirs := side{name: "standard library", prepare: ours.prepare, tidy: ours.tidy,
		run: func(context.Context, part) (int, error) {
			for _, f := range frames {
				var out bytes.Buffer
				if err := gif.Encode(&out, f, nil); err != nil {
					return 0, err
				}
			}
			return len(frames), nil
		}}
	o.Rounds = min(o.Rounds, 3)
	if err := compare(ctx, o, 1, &theirs, &ours); err != nil {
		return nil, err
	}
	row := ratioRow("GIF 480×480×20, frames", &theirs, &ours, gifTimes)
	return []Row{row, told("all of it", 1000*gifFrames/median(ours.rates), "CPU ms")}, nil
}

// movingFrames are frames in which every pixel changes: what no part of can be left out.
func movingFrames() (frames []*image.RGBA, delays []int) {
	for n := range gifFrames {
		f := image.NewRGBA(image.Rect(0, 0, gifWide, gifWide))
		for y := range gifWide {
			for x := range gifWide {
				i := f.PixOffset(x, y)
				f.Pix[i], f.Pix[i+1], f.Pix[i+2], f.Pix[i+3] = uint8(x/2+n*5), uint8(y/2+n*3), uint8((x+y)/4+n*7), 0xff
			}
		}
		frames, delays = append(frames, f), append(delays, 10)
	}
	return frames, delays
}
