package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"image"
	"image/jpeg"
	"maps"
	"slices"
	"strings"
	"sync"

	"qunluo/internal/community"
	"qunluo/internal/poster"
	"qunluo/internal/store"
)

// posters is what a person does with posters, bounded as hands are.
type posters struct{ *hands }

// Posters makes the handle for posters.
func (a *App) Posters(org community.OrgKey, groups []community.GroupKey) posters {
	return posters{a.Hands(org, groups)}
}

// presses is where pictures are drawn: so many at a time, the last ones kept, so that a crowd that looks at posters does not keep the
// machine from hearing.
type presses struct {
	places chan struct{}
	mu     sync.Mutex
	order  [][32]byte
	drawn  map[[32]byte][]byte
}

// Bounds of drawing.
const (
	pressesAtOnce = 2
	drawnKept     = 48
)

func newPresses() *presses {
	return &presses{places: make(chan struct{}, pressesAtOnce), drawn: map[[32]byte][]byte{}}
}

// in runs work in one of the places.
func (p *presses) in(ctx context.Context, work func() error) error {
	select {
	case p.places <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-p.places }()
	return work()
}

func (p *presses) known(key [32]byte) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.drawn[key]
}

func (p *presses) keep(key [32]byte, raw []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.drawn[key] != nil {
		return
	}
	if len(p.order) >= drawnKept {
		delete(p.drawn, p.order[0])
		p.order = p.order[1:]
	}
	p.order, p.drawn[key] = append(p.order, key), raw
}

// imagesOf reads the images of a layout; those that are not kept (any more) are left out.
func (a *App) imagesOf(ctx context.Context, l poster.Layout) (poster.Images, error) {
	out := poster.Images{}
	for _, hash := range l.Images() {
		body, _, err := a.store.PictureKind(ctx, hash)
		if community.CodeOf(err) == community.CodeNotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		if out[hash], err = poster.OpenImage(body); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// press draws a layout once, as a PNG of a width (0 = all of it), or as a small JPEG.
func (a *App) press(ctx context.Context, l poster.Layout, values map[string]string, wide int, light bool) (raw []byte, warned []poster.Warned, err error) {
	images, err := a.imagesOf(ctx, l)
	if err != nil {
		return nil, nil, err
	}
	err = a.presses.in(ctx, func() error {
		p, err := poster.NewPress(l, wide, images, nil)
		if err != nil {
			return err
		}
		if !light {
			raw, warned, err = p.PNG(values)
			return err
		}
		var img *image.RGBA
		if img, warned, err = p.Draw(values); err != nil {
			return err
		}
		var out bytes.Buffer
		err = jpeg.Encode(&out, img, &jpeg.Options{Quality: 72})
		raw = out.Bytes()
		return err
	})
	return raw, warned, err
}

// pressKept is press for pictures that are asked for again and again.
func (a *App) pressKept(ctx context.Context, l poster.Layout, values map[string]string, wide int, light bool) ([]byte, error) {
	h := sha256.New()
	h.Write(l.Encode())
	for _, f := range slices.Sorted(maps.Keys(values)) {
		h.Write([]byte("\x00" + f + "\x00" + values[f]))
	}
	h.Write([]byte{0, byte(wide >> 8), byte(wide), map[bool]byte{true: 1}[light]})
	key := [32]byte(h.Sum(nil))
	if raw := a.presses.known(key); raw != nil {
		return raw, nil
	}
	raw, _, err := a.press(ctx, l, values, wide, light)
	if err == nil {
		a.presses.keep(key, raw)
	}
	return raw, err
}

// List gives what can be drawn: what comes with Qunluo in a language on both canvases, then the organisation's own, the newest versions.
func (p posters) List(ctx context.Context, lang string) ([]poster.Kept, error) {
	var out []poster.Kept
	for _, name := range poster.Names() {
		for _, canvas := range []string{poster.Portrait, poster.Square} {
			k, err := poster.Ref{Name: name, Lang: lang, Canvas: canvas}.Shipped()
			if err != nil {
				return nil, err
			}
			out = append(out, k)
		}
	}
	own, err := p.app.store.Posters(ctx, p.org)
	for _, row := range own {
		k, err := keptOf(row, lang)
		if err != nil {
			return nil, err
		}
		out = append(out, k)
	}
	return out, err
}

// keptOf reads an own poster.
func keptOf(row store.PosterRow, lang string) (poster.Kept, error) {
	k := poster.Kept{Ref: poster.Ref{Own: true, Name: row.Name, Version: row.Version}.String(), Name: row.Name, Own: true, Version: row.Version, Note: row.Note, User: row.User, At: row.At, Gone: row.Body == ""}
	if k.Gone {
		return k, nil
	}
	var err error
	if k.Layout, err = poster.Decode([]byte(row.Body)); err == nil {
		k.Try = poster.TryValues(k.Layout, lang)
	}
	return k, err
}

// Get gives one by its reference, of an own one without a version the newest; its Ref names the version. CodeNotFound.
func (p posters) Get(ctx context.Context, ref string) (poster.Kept, error) {
	r, err := poster.ParseRef(ref)
	if err != nil {
		return poster.Kept{}, err
	}
	if !r.Own {
		return r.Shipped()
	}
	row, err := p.app.store.PosterOf(ctx, p.org, r.Name, r.Version)
	if err != nil {
		return poster.Kept{}, err
	}
	return keptOf(row, "zh-CN")
}

// Versions lists the versions of an own poster, the newest first; those with which it was taken away are among them.
func (p posters) Versions(ctx context.Context, name string) ([]poster.Kept, error) {
	list, err := p.app.store.PosterVersions(ctx, p.org, name)
	var out []poster.Kept
	for _, row := range list {
		k, err := keptOf(row, "zh-CN")
		if err != nil {
			return nil, err
		}
		out = append(out, k)
	}
	return out, err
}

// Save keeps a layout as the next version of an own poster; base is the version that it was made of, 0 = it is new. CodeConflict:
// somebody saved another meanwhile, or the name is taken; CodeBadInput: a *poster.Fault.
func (p posters) Save(ctx context.Context, user, name string, base int, l poster.Layout, reason string) (poster.Kept, error) {
	if err := poster.CheckName(name); err != nil {
		return poster.Kept{}, err
	}
	if err := l.Check(); err != nil {
		return poster.Kept{}, err
	}
	row, err := p.app.store.SavePoster(ctx, base, store.PosterRow{Org: p.org, Name: name, Body: string(l.Encode())}, p.audit(user, "poster.save", "", reason))
	if err != nil {
		return poster.Kept{}, err
	}
	return keptOf(row, "zh-CN")
}

// Restore makes an earlier version the newest again: as a version of its own.
func (p posters) Restore(ctx context.Context, user, name string, version int, reason string) (poster.Kept, error) {
	old, err := p.app.store.PosterOf(ctx, p.org, name, version)
	if err != nil {
		return poster.Kept{}, err
	}
	list, err := p.app.store.PosterVersions(ctx, p.org, name)
	if err != nil {
		return poster.Kept{}, err
	}
	old.Org = p.org
	row, err := p.app.store.SavePoster(ctx, list[0].Version, old, p.audit(user, "poster.restore", "", reason))
	if err != nil {
		return poster.Kept{}, err
	}
	return keptOf(row, "zh-CN")
}

// Drop takes an own poster away. Codes that hand it out, experiments and batches keep the version they were given.
func (p posters) Drop(ctx context.Context, user, name, reason string) error {
	now, err := p.app.store.PosterOf(ctx, p.org, name, 0)
	if err != nil {
		return err
	}
	version := now.Version
	now.Body = ""
	_, err = p.app.store.SavePoster(ctx, version, now, p.audit(user, "poster.drop", "", reason))
	return err
}

// Draw makes a PNG of a layout with values, of a width in pixels (0 = all of it), and says what was done to texts.
func (p posters) Draw(ctx context.Context, l poster.Layout, values map[string]string, wide int) ([]byte, []poster.Warned, error) {
	return p.app.press(ctx, l, values, wide, false)
}

// Look makes a small PNG of a layout to look at; it is kept for a while.
func (p posters) Look(ctx context.Context, l poster.Layout, values map[string]string, wide int) ([]byte, error) {
	return p.app.pressKept(ctx, l, values, wide, false)
}

// Animate makes a GIF of a layout whose texts move.
func (p posters) Animate(ctx context.Context, l poster.Layout, m poster.Motion, values map[string]string) (raw []byte, warned []poster.Warned, err error) {
	images, err := p.app.imagesOf(ctx, l)
	if err != nil {
		return nil, nil, err
	}
	err = p.app.presses.in(ctx, func() error {
		raw, warned, err = poster.Animate(l, m, values, images, nil)
		return err
	})
	return raw, warned, err
}

// Frames makes a GIF of pictures (PNG, JPEG, or the frames of a GIF), each shown so many hundredths of a second.
func (p posters) Frames(ctx context.Context, files [][]byte, delay, wide int) (raw []byte, err error) {
	err = p.app.presses.in(ctx, func() error {
		var frames []image.Image
		for _, f := range files {
			more, err := poster.OpenFrames(f, poster.MaxFrames-len(frames)+1)
			if err != nil {
				return err
			}
			frames = append(frames, more...)
			if len(frames) > poster.MaxFrames {
				break
			}
		}
		raw, err = poster.FromPictures(frames, delay, wide)
		return err
	})
	return raw, err
}

// AddImage keeps an image for layouts and gives its hash. Codes as of poster.TakeImage.
func (p posters) AddImage(ctx context.Context, raw []byte) (hash string, err error) {
	var kept []byte
	var kind string
	if err = p.app.presses.in(ctx, func() error {
		kept, kind, err = poster.TakeImage(raw)
		return err
	}); err != nil {
		return "", err
	}
	return p.app.store.KeepImage(ctx, kind, kept)
}

// ForCode says which poster a code hands out, and what became of those that people asked for.
func (p posters) ForCode(ctx context.Context, code community.ID) (poster.ForCode, error) {
	c, err := p.desk().CodeByID(ctx, code)
	if err != nil {
		return poster.ForCode{}, err
	}
	now, ok, err := p.app.store.CodePosterOf(ctx, c.Key)
	if err != nil || !ok {
		return poster.ForCode{}, err
	}
	out := poster.ForCode{Ref: now.Ref, Filled: now.Filled, Path: "/p/" + c.Slug}
	if out.Asked, _, err = p.app.store.ShareFates(ctx, c.Key, 0, p.app.millis()+1); err != nil {
		return out, err
	}
	list, err := p.app.store.Shares(ctx, c.Key, 50)
	for _, s := range list {
		out.Shares = append(out.Shares, poster.Share{Path: "/p/" + c.Slug + "/" + s.Token, Name: s.Name, At: s.At, Scan: s.Scans})
	}
	return out, err
}

// SetForCode says which poster a code hands out: a reference ("" = none), its version kept as it is now, and what the fields say that
// are nobody's own. CodeConflict: an experiment runs on it.
func (p posters) SetForCode(ctx context.Context, user string, code community.ID, ref string, filled map[string]string, reason string) error {
	c, err := p.desk().CodeByID(ctx, code)
	if err != nil {
		return err
	}
	if err := p.free(ctx, code); err != nil {
		return err
	}
	set := store.CodePoster{Filled: map[string]string{}}
	if ref != "" {
		k, err := p.Get(ctx, ref)
		if err != nil {
			return err
		}
		set.Ref = k.Ref
		for _, f := range k.Layout.Fields() {
			if v := strings.TrimSpace(filled[f]); v != "" && !personal(f) {
				set.Filled[f] = v
			}
		}
	}
	return p.app.store.SetCodePoster(ctx, p.org, c.Key, code, set, p.audit(user, "code.poster", "", reason))
}

// personal reports whether a field is filled in by the house where a person asks for their poster.
func personal(field string) bool { return field == "name" || field == "link" }

// LinkFor gives the address of a member's own poster of a code, made when there is none. CodeNotFound: the code hands out none.
func (p posters) LinkFor(ctx context.Context, code, member community.ID) (string, error) {
	c, m, err := p.codeAndMember(ctx, code, member)
	if err != nil {
		return "", err
	}
	s, err := p.app.store.NewShare(ctx, c, m.Key, m.Name)
	if err != nil {
		return "", err
	}
	slug, err := p.desk().CodeByID(ctx, code)
	return p.app.base() + "/p/" + slug.Slug + "/" + s.Token, err
}

func (p posters) codeAndMember(ctx context.Context, code, member community.ID) (int64, community.Member, error) {
	c, err := p.desk().CodeByID(ctx, code)
	if err != nil {
		return 0, community.Member{}, err
	}
	if _, ok, err := p.app.store.CodePosterOf(ctx, c.Key); err != nil || !ok {
		return 0, community.Member{}, orNone(err, "code %s hands out no poster", code)
	}
	m, err := p.desk().MemberByID(ctx, member)
	return c.Key, m, err
}

func orNone(err error, format string, args ...any) error {
	if err != nil {
		return err
	}
	return community.Errorf(community.CodeNotFound, format, args...)
}
