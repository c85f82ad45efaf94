package app

import (
	"context"
	"maps"
	"strconv"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/experiment"
	"qunluo/internal/h5"
	"qunluo/internal/poster"
	"qunluo/internal/store"
)

// handouts tells the public pages which poster a code hands out, and draws it for who asks.
type handouts struct{ app *App }

// code gives a living code that hands out a poster; CodeNotFound.
func (h handouts) code(ctx context.Context, slug string) (admit.Code, store.CodePoster, error) {
	code, err := h.app.store.CodeBySlug(ctx, slug)
	if err != nil {
		return code, store.CodePoster{}, err
	}
	p, ok, err := h.app.store.CodePosterOf(ctx, code.Key)
	if err == nil && (!ok || code.Closed != 0) {
		err = community.Errorf(community.CodeNotFound, "code %s hands out no poster", slug)
	}
	return code, p, err
}

// Handout gives what a code's poster page shows; CodeNotFound.
func (h handouts) Handout(ctx context.Context, slug string) (h5.Handout, error) {
	code, _, err := h.code(ctx, slug)
	return h5.Handout{Name: code.Name, Line: code.Line}, err
}

// Ask makes a visitor's own poster and gives its token.
func (h handouts) Ask(ctx context.Context, slug, name string) (string, error) {
	code, _, err := h.code(ctx, slug)
	if err != nil {
		return "", err
	}
	s, err := h.app.store.NewShare(ctx, code.Key, 0, name)
	return s.Token, err
}

// Mine gives what the page of a person's own poster shows; CodeNotFound.
func (h handouts) Mine(ctx context.Context, slug, token string) (h5.Handout, error) {
	code, _, err := h.code(ctx, slug)
	if err != nil {
		return h5.Handout{}, err
	}
	s, err := h.app.store.ShareOf(ctx, code.Key, token)
	return h5.Handout{Name: code.Name, Line: code.Line, Who: s.Name, Scans: s.Scans}, err
}

// Poster draws a person's own poster: that of their arm where it is tried two ways. The arm is drawn and kept before anything is
// shown. light makes it a small JPEG.
func (h handouts) Poster(ctx context.Context, slug, token string, light bool) ([]byte, error) {
	code, p, err := h.code(ctx, slug)
	if err != nil {
		return nil, err
	}
	s, err := h.app.store.ShareOf(ctx, code.Key, token)
	if err != nil {
		return nil, err
	}
	ref, err := h.arm(ctx, code, p.Ref, s)
	if err != nil {
		return nil, err
	}
	k, err := h.app.Posters(code.Org, nil).Get(ctx, ref)
	if err != nil {
		return nil, err
	}
	wide := 0
	if light {
		wide = lightWide
	}
	return h.app.pressKept(ctx, k.Layout, h.values(code, p, k, s), wide, light)
}

// lightWide is the width of what the page shows first, in pixels; all of it is one touch away.
const lightWide = 540

// values are what a person's poster says: the fields of the code, and their own.
func (h handouts) values(code admit.Code, p store.CodePoster, k poster.Kept, s store.Share) map[string]string {
	out := map[string]string{"group": code.Name, "text": code.Line}
	for _, f := range k.Layout.Fields() { // what nobody said is left empty and no fault
		if _, has := out[f]; !has {
			out[f] = ""
		}
	}
	maps.Copy(out, p.Filled)
	out["name"], out["link"] = s.Name, h.app.base()+"/j/"+code.Slug+"/"+s.Token
	return out
}

// unitOf is who a poster belongs to, as experiments name them.
func unitOf(s store.Share) string {
	if s.Member > 0 {
		return strconv.FormatInt(int64(s.Member), 10)
	}
	return "visitor " + s.Token
}

// arm is the poster of a person's arm, given once; the code's own where none is tried.
func (h handouts) arm(ctx context.Context, code admit.Code, own string, s store.Share) (string, error) {
	x, on, err := h.app.store.RunningOn(ctx, code.Org, experiment.Poster, code.ID.String(), "")
	if err != nil || !on || !gives(x, h.app.millis()) {
		return own, err
	}
	unit := unitOf(s)
	a, err := h.app.store.Assign(ctx, x.ID, experiment.Assignment{Unit: unit, Arm: experiment.ArmOf(x.Salt, unit, x.ShareB), Member: s.Member, At: h.app.millis()})
	return x.Arms[a.Arm&1], err
}

// Scanned counts that somebody else scanned a person's poster. An address that nobody has is nobody's.
func (h handouts) Scanned(ctx context.Context, slug, token string) error {
	code, err := h.app.store.CodeBySlug(ctx, slug)
	if err != nil {
		return err
	}
	s, err := h.app.store.ShareOf(ctx, code.Key, token)
	if err != nil {
		return err
	}
	return h.app.store.ScanShare(ctx, token, unitOf(s), experiment.Poster, code.ID.String())
}

// triedPoster is a code whose poster can be tried two ways.
func (x experiments) triedPoster(ctx context.Context, id community.ID) (subject, error) {
	code, err := x.desk().CodeByID(ctx, id)
	if err != nil {
		return subject{}, err
	}
	now, ok, err := x.app.store.CodePosterOf(ctx, code.Key)
	if err == nil && (!ok || code.Closed != 0) {
		err = community.Errorf(community.CodeBadInput, "subject: the code is closed, or hands out no poster: choose one on its page first")
	}
	return subject{name: code.Name, now: now.Ref, code: id, key: code.Key}, err
}

// posterSubjects lists the codes that hand out a poster.
func (x experiments) posterSubjects(ctx context.Context) ([][2]string, error) {
	codes, err := x.app.Codes(x.org, x.groups).everyCode(ctx)
	if err != nil {
		return nil, err
	}
	var out [][2]string
	for _, c := range codes {
		_, ok, err := x.app.store.CodePosterOf(ctx, c.Key)
		if err != nil {
			return nil, err
		}
		if ok && c.Closed == 0 {
			out = append(out, [2]string{c.ID.String(), c.Name})
		}
	}
	return out, nil
}

// planPosters looks how many asked for their poster a day, and of how many somebody scanned it.
func (x experiments) planPosters(ctx context.Context, d experiment.Definition, what subject) (experiment.Definition, error) {
	now := x.app.millis()
	asked, scanned, err := x.app.store.ShareFates(ctx, what.key, now-pastDays*day, now-7*day)
	if err != nil {
		return d, err
	}
	if d.PerDay == 0 {
		recent, _, err := x.app.store.ShareFates(ctx, what.key, now-recentDays*day, now)
		if err != nil {
			return d, err
		}
		d.PerDay = float64(recent) / recentDays
	}
	if d.Base == 0 && asked >= 20 {
		d.Base = float64(scanned) / float64(asked)
	}
	if d.Base == 0 {
		d.Base = 0.5 // the spread is largest there
	}
	return d, nil
}

// Choices lists what B may be of a switch whose B is chosen rather than written: reference and name. nil = it is written.
func (x experiments) Choices(ctx context.Context, kind, lang string) ([][2]string, error) {
	if kind != experiment.Poster {
		return nil, nil
	}
	list, err := x.app.Posters(x.org, x.groups).List(ctx, lang)
	var out [][2]string
	for i := range list {
		k := list[len(list)-1-i] // one's own first
		name := k.Layout.Title
		if k.Own {
			name = k.Name + " · v" + strconv.Itoa(k.Version)
		}
		out = append(out, [2]string{k.Ref, name})
	}
	return out, err
}

// free refuses to change the poster of a code while it is tried two ways: CodeConflict.
func (p posters) free(ctx context.Context, code community.ID) error {
	_, on, err := p.app.store.RunningOn(ctx, p.org, experiment.Poster, code.String(), "")
	if err == nil && on {
		err = community.Errorf(community.CodeConflict, "an experiment runs on the poster of the code: stop or decide it first")
	}
	return err
}
