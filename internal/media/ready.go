package media

import (
	"context"
	"slices"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/engine"
)

var _ engine.Media = (*Shelf)(nil)

// sending is one send whose parts are being made ready.
type sending struct {
	engine.Way
	s     *Shelf
	fates []community.Fate
	sent  int // parts that go as content or address
}

// Ready gives the action as a session can send it: each part with its content where the session uploads that kind, else by
// its web address where the session takes those, else as words that say what is missing and why. An address that is no
// longer good is never passed on. CodeUnreachable: a part cannot be had now; try again.
func (s *Shelf) Ready(ctx context.Context, a community.Action, way engine.Way) (community.Action, []community.Fate, error) {
	g := &sending{Way: way, s: s}
	out := make([]community.Segment, 0, len(a.Segments))
	worded := false
	for _, seg := range a.Segments {
		if !seg.IsMedia() || seg.Kind == "face" && way.Same {
			out = append(out, seg)
			continue
		}
		if seg.Kind == "face" { // a sticker of another platform is a picture here
			seg.Kind, seg.Text = "image", ""
		}
		ready, err := g.part(ctx, seg)
		if err != nil {
			return a, nil, err
		}
		worded = worded || ready.Kind == "text"
		out = append(out, ready)
	}
	a.Segments = out
	if worded {
		a.Text = textOf(out)
	}
	if g.sent == 0 && !slices.ContainsFunc(out, func(x community.Segment) bool { return x.Kind != "text" }) {
		a.Segments = nil
	}
	return a, g.fates, nil
}

// part makes one part ready and notes what became of it.
func (g *sending) part(ctx context.Context, seg community.Segment) (community.Segment, error) {
	fate := community.Fate{Kind: seg.Kind, How: community.PartUploaded}
	most, takes := g.Can.Upload[seg.Kind]
	switch {
	case g.Can.Most > 0 && g.sent >= g.Can.Most:
		return g.words(seg, fate, community.CodeLimited), nil
	case g.Same && !g.Look && takes && !seg.IsWeb() && !strings.HasPrefix(seg.Ref, community.UploadScheme):
		fate.How = community.PartSame
		return g.goes(seg, fate), nil
	case !takes && !g.Look && g.Can.ByWeb && seg.IsWeb() && !g.expired(seg):
		fate.How = community.PartAddress
		return g.goes(seg, fate), nil
	case !takes && g.expired(seg):
		return g.words(seg, fate, community.CodeLate), nil
	case !takes:
		return g.words(seg, fate, community.CodeUnsupported), nil
	}
	f, err := g.s.File(ctx, want{seg, g.Account, g.Source})
	code := community.CodeOf(err)
	switch {
	case err == nil && int64(len(f.Data)) > most:
		return g.words(seg, fate, community.CodeTooLarge), nil
	case err == nil && g.Can.Only[seg.Kind] != nil && !slices.Contains(g.Can.Only[seg.Kind], f.Type):
		return g.words(seg, fate, community.CodeUnsupported), nil
	case err == nil:
		seg.File, fate.Bytes, fate.Hash = &f, int64(len(f.Data)), f.Hash
		return g.goes(seg, fate), nil
	case passes(code) && !g.Look && g.Can.ByWeb && seg.IsWeb():
		fate.How, fate.Code = community.PartAddress, code
		return g.goes(seg, fate), nil
	case final(code) || g.Last:
		return g.words(seg, fate, code), nil
	}
	return seg, err
}

func (g *sending) expired(seg community.Segment) bool {
	return seg.Expires != 0 && seg.Expires <= g.s.clock().UnixMilli()
}

// passes reports whether an address that we do not read may still be good for the platform: one inside the network of the
// platform's own machine, or content larger than we hold.
func passes(code community.Code) bool {
	switch code {
	case community.CodeForbidden, community.CodeTooLarge, community.CodeUnreachable, community.CodeRefused:
		return true
	}
	return false
}

func (g *sending) goes(seg community.Segment, fate community.Fate) community.Segment {
	g.sent++
	g.fates = append(g.fates, fate)
	return seg
}

// words stand for a part that does not go.
func (g *sending) words(seg community.Segment, fate community.Fate, code community.Code) community.Segment {
	fate.How, fate.Code = community.PartWords, code
	g.fates = append(g.fates, fate)
	text := g.s.words(seg.Kind, code)
	if (seg.Kind == "file" || seg.Kind == "app") && seg.Text != "" {
		text += " " + seg.Text
	}
	return community.Segment{Kind: "text", Text: text}
}

// labels stand for parts in a text alone.
var labels = map[string]string{"image": "[图片]", "app": "[小程序]", "audio": "[语音]", "video": "[视频]", "file": "[文件]", "face": "[表情]"}

// textOf is what a session says that knows only words.
func textOf(segs []community.Segment) string {
	var out strings.Builder
	for _, seg := range segs {
		switch {
		case seg.Text != "" && !seg.IsMedia():
			out.WriteString(seg.Text)
		case seg.Kind == "link":
			out.WriteString(seg.Ref)
		default:
			out.WriteString(labels[seg.Kind])
		}
	}
	return out.String()
}
