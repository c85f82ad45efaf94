package console

import (
	"bytes"
	"context"
	"io"

	"qunluo/internal/community"
	"qunluo/internal/poster"
)

// posterKeeper keeps one own poster of two versions with a hostile note, and two batches.
type posterKeeper struct{ h *house }

func (f posterKeeper) own(version int) poster.Kept {
	l, try, _ := poster.Template("referral", "zh-CN", poster.Portrait)
	l.Layers[0].Text, l.Layers[len(l.Layers)-1].Move = "", poster.Typed
	return poster.Kept{Ref: poster.Ref{Own: true, Name: "拉新", Version: version}.String(), Name: "拉新", Own: true, Version: version, Layout: l, Try: try, Note: hostile, User: "u", At: fakeNow.UnixMilli()}
}

func (f posterKeeper) List(_ context.Context, lang string) (out []poster.Kept, err error) {
	if f.h.quiet {
		return nil, nil
	}
	for _, name := range poster.Names()[:3] {
		k, err := poster.Ref{Name: name, Lang: lang, Canvas: poster.Portrait}.Shipped()
		if err != nil {
			return nil, err
		}
		out = append(out, k)
	}
	return append(out, f.own(2)), nil
}

func (f posterKeeper) Get(_ context.Context, ref string) (poster.Kept, error) {
	r, err := poster.ParseRef(ref)
	if err != nil {
		return poster.Kept{}, err
	}
	if r.Own {
		return f.own(max(r.Version, 1)), nil
	}
	return r.Shipped()
}

func (f posterKeeper) Versions(context.Context, string) ([]poster.Kept, error) {
	return []poster.Kept{f.own(2), f.own(1)}, nil
}

func (f posterKeeper) Save(_ context.Context, _, name string, base int, l poster.Layout, _ string) (poster.Kept, error) {
	if err := poster.CheckName(name); err != nil {
		return poster.Kept{}, err
	}
	if name == "占了" {
		return poster.Kept{}, community.Errorf(community.CodeConflict, "taken")
	}
	return f.own(base + 1), l.Check()
}

func (f posterKeeper) Restore(_ context.Context, _, _ string, version int, _ string) (poster.Kept, error) {
	return f.own(version + 2), nil
}
func (f posterKeeper) Drop(context.Context, string, string, string) error { return nil }

func (f posterKeeper) Draw(_ context.Context, l poster.Layout, _ map[string]string, _ int) ([]byte, []poster.Warned, error) {
	return []byte("png"), []poster.Warned{{What: poster.NoGlyph, Text: hostile}}, l.Check()
}

func (f posterKeeper) Look(context.Context, poster.Layout, map[string]string, int) ([]byte, error) {
	return []byte("png"), nil
}

func (f posterKeeper) Animate(context.Context, poster.Layout, poster.Motion, map[string]string) ([]byte, []poster.Warned, error) {
	return []byte("gif"), nil, nil
}

func (f posterKeeper) Frames(context.Context, [][]byte, int, int) ([]byte, error) {
	return poster.FromPictures(nil, 20, 200)
}
func (f posterKeeper) AddImage(context.Context, []byte) (string, error) { return "ab", nil }

func (f posterKeeper) ForCode(context.Context, community.ID) (poster.ForCode, error) {
	if f.h.quiet {
		return poster.ForCode{}, nil
	}
	return poster.ForCode{Ref: "own/拉新/1", Filled: map[string]string{"text": hostile}, Path: "/p/abc", Asked: 3, Shares: []poster.Share{{Path: "/p/abc/def", Name: hostile, At: fakeNow.UnixMilli(), Scan: 2}}}, nil
}

func (f posterKeeper) SetForCode(context.Context, string, community.ID, string, map[string]string, string) error {
	return nil
}

func (f posterKeeper) Batch(context.Context, string, poster.Order, string) (poster.Batch, error) {
	return poster.Batch{}, nil
}

func (f posterKeeper) Batches(context.Context) ([]poster.Batch, error) {
	if f.h.quiet {
		return nil, nil
	}
	return []poster.Batch{{Title: hostile, Ref: "own/拉新/1", Total: 500, Done: 120, State: "waits", Warned: []string{hostile}, Created: fakeNow.UnixMilli()}, {Title: "卡", Ref: "card", Total: 2, Done: 2, State: "done", Bytes: 3 << 20, Created: fakeNow.UnixMilli()}}, nil
}

func (f posterKeeper) BatchFile(context.Context, community.ID) (io.ReadCloser, int64, error) {
	return io.NopCloser(bytes.NewReader([]byte("PK"))), 2, nil
}
