package app

import (
	"context"
	"strings"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/h5"
)

// shorts is what a person sees and changes of short links.
type shorts struct{ *plans }

// Shorts makes the handle for short links.
func (a *App) Shorts(org community.OrgKey, groups []community.GroupKey) shorts {
	return shorts{a.Plans(org, groups)}
}

// Find lists short links, the newest first.
func (s shorts) Find(ctx context.Context, p community.Page) ([]admit.Short, int, error) {
	return s.app.store.Shorts(ctx, s.org, p)
}

// ByID gives one; CodeNotFound.
func (s shorts) ByID(ctx context.Context, id community.ID) (admit.Short, error) {
	return s.app.store.ShortByID(ctx, s.org, id)
}

// New makes a short link to a target that the link check lets pass: CodeRefused. The target never changes.
func (s shorts) New(ctx context.Context, user string, l admit.Short, reason string) (admit.Short, error) {
	l.Org, l.By = s.org, user
	if err := l.Check(); err != nil {
		return l, err
	}
	if l.For == admit.ForReport {
		return l, community.Errorf(community.CodeBadInput, "for: links of reports are made with them")
	}
	found, err := s.CheckLinks(ctx, l.Target, "wechat")
	if err != nil {
		return l, err
	}
	for _, f := range found {
		if f.Refuse {
			return l, community.Errorf(community.CodeRefused, "target: %s", f.Reason[1])
		}
	}
	if own := strings.TrimSuffix(s.app.cfg.Server.PublicURL, "/"); own != "" && strings.HasPrefix(l.Target, own+"/l/") {
		return l, community.Errorf(community.CodeBadInput, "target: a short link may not lead to another")
	}
	return s.app.store.AddShort(ctx, l, s.audit(user, "short.new", "", reason))
}

// Close ends a short link, or opens it again.
func (s shorts) Close(ctx context.Context, user string, id community.ID, closed bool, reason string) error {
	l, err := s.ByID(ctx, id)
	if err != nil {
		return err
	}
	at, verb := int64(0), "short.open"
	if closed {
		at, verb = s.app.millis(), "short.close"
	}
	if (l.Closed != 0) == closed {
		return community.Errorf(community.CodeConflict, "it is that already")
	}
	return s.app.store.CloseShort(ctx, l, at, s.audit(user, verb, "", reason))
}

// Days gives a short link's last days, oldest first.
func (s shorts) Days(ctx context.Context, id community.ID, days int) ([]admit.ShortDay, error) {
	l, err := s.ByID(ctx, id)
	if err != nil {
		return nil, err
	}
	today, err := s.desk().Today(ctx, 0)
	if err != nil {
		return nil, err
	}
	return s.app.store.ShortDays(ctx, l, int64(today)-int64(days)+1)
}

// Readers lists for whom addresses were made and how often each was opened.
func (s shorts) Readers(ctx context.Context, id community.ID, p community.Page) ([]admit.Reading, int, error) {
	l, err := s.ByID(ctx, id)
	if err != nil {
		return nil, 0, err
	}
	return s.app.store.Readers(ctx, l, p)
}

// For gives the path that is one person's own, made when there is none.
func (s shorts) For(ctx context.Context, id, member community.ID) (string, error) {
	l, err := s.ByID(ctx, id)
	if err != nil {
		return "", err
	}
	m, err := s.desk().MemberByID(ctx, member)
	if err != nil {
		return "", err
	}
	token, err := s.app.store.ShortFor(ctx, l, m.Key)
	return "/l/" + l.Slug + "/" + token, err
}

// Trail lists what a member did besides speaking, the latest first.
func (s shorts) Trail(ctx context.Context, m community.MemberKey) ([]community.Event, error) {
	return s.desk().Trail(ctx, m)
}

// Leads lists who reacted to moments, the latest first.
func (s shorts) Leads(ctx context.Context, p community.Page) ([]admit.Lead, int, error) {
	return s.app.store.Leads(ctx, s.org, p)
}

// ReadBy lists what a member opened.
func (s shorts) ReadBy(ctx context.Context, m community.MemberKey) ([]admit.Reading, error) {
	return s.app.store.ReadBy(ctx, s.org, m)
}

// personal gives what is said to one member our short addresses as theirs, so that their readings are known.
func (h *hands) personal(ctx context.Context, a *community.Action) error {
	at := strings.TrimSuffix(h.app.cfg.Server.PublicURL, "/")
	if a.Verb != community.Send || a.Target == 0 || at == "" || !strings.Contains(a.Text, at+"/l/") {
		return nil
	}
	var failed error
	a.Text = admit.Mine(a.Text, at, func(slug string) string {
		l, err := h.app.store.ShortBySlug(ctx, slug)
		if err != nil || l.Org != h.org || l.Closed != 0 {
			return "" // it is not ours to count
		}
		token, err := h.app.store.ShortFor(ctx, l, a.Target)
		if err != nil {
			failed = err
			return ""
		}
		return at + "/l/" + l.Slug + "/" + token
	})
	return failed
}

// Short gives where a short address leads; CodeNotFound when there is none, or it is closed.
func (l landings) Short(ctx context.Context, slug string) (h5.Short, error) {
	s, err := l.app.store.ShortBySlug(ctx, slug)
	if err != nil {
		return h5.Short{}, err
	}
	return h5.Short{Slug: slug, Target: s.Target, Closed: s.Closed != 0, Key: s.Key,
		Own: l.app.publicURL() != "" && strings.HasPrefix(s.Target, l.app.publicURL()+itemPath)}, nil
}

// Opened counts one opening, by whom the token says.
func (l landings) Opened(ctx context.Context, s h5.Short, token string) error {
	day, err := l.app.store.For(community.Scope{}).Today(ctx, 0)
	if err != nil {
		return err
	}
	return l.app.store.CountOpening(ctx, admit.Short{Key: s.Key}, token, int64(day))
}
