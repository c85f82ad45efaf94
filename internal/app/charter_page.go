package app

import (
	"context"
	"slices"
	"sync"

	"qunluo/internal/community"
	"qunluo/internal/h5"
	"qunluo/internal/policy"
)

// rulesPages is what the public pages of rules ask and change.
type rulesPages struct{ app *App }

// Bounds of what a public page tells of earlier versions.
const (
	maxPast        = 100 // versions looked at
	maxPastGroups  = 500 // groups whose past is remembered
	maxShownChange = 30  // versions shown
)

// Charter gives what an address shows: a version of the rules, 0 = the one in force. CodeNotFound: there is no such page, it is
// shut, or the version has no articles.
func (r rulesPages) Charter(ctx context.Context, slug string, version int) (h5.Charter, error) {
	page, err := r.app.store.CharterPageAt(ctx, slug)
	if err == nil && page.Closed != 0 {
		err = community.Errorf(community.CodeNotFound, "the page is shut")
	}
	if err != nil {
		return h5.Charter{}, err
	}
	return r.app.charterOf(ctx, page, version)
}

// charterOf reads a version of a group's rules as its public page shows it.
func (a *App) charterOf(ctx context.Context, page community.CharterPage, version int) (h5.Charter, error) {
	out := h5.Charter{Slug: page.Slug}
	org, err := a.store.OrgOf(ctx, page.Group)
	if err != nil {
		return out, err
	}
	desk := a.store.For(community.Scope{Org: org})
	group, err := desk.GroupByKey(ctx, page.Group)
	if err != nil {
		return out, err
	}
	out.Zone, out.Force = group.Zone, group.Book
	if version == 0 {
		version = group.Book
	}
	if version == 0 || version > group.Book {
		return out, community.Errorf(community.CodeNotFound, "no rules in force")
	}
	row, err := desk.BookVersion(ctx, page.Group, version)
	if err != nil {
		return out, err
	}
	if out.Book, err = readBook(row); err != nil {
		return out, err
	}
	if len(out.Book.Charter.Articles) == 0 {
		return out, community.Errorf(community.CodeNotFound, "the rules have no articles")
	}
	out.At = row.At
	out.Versions, err = a.pasts.of(ctx, desk, group)
	return out, err
}

// booksDesk reads versions of a group's book.
type booksDesk interface {
	FindBooks(ctx context.Context, g community.GroupKey, p community.Page) ([]community.BookRow, int, error)
}

// pasts remembers of each group what its versions changed for members: it is worked out once per version, whoever asks how often.
type pasts struct {
	mu    sync.Mutex
	known map[community.GroupKey]pastOf
}

type pastOf struct {
	force    int
	versions []h5.CharterVersion // newest first
}

func (p *pasts) of(ctx context.Context, desk booksDesk, g community.GroupRow) ([]h5.CharterVersion, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if had, ok := p.known[g.Key]; ok && had.force == g.Book {
		return had.versions, nil
	}
	rows, total, err := desk.FindBooks(ctx, g.Key, community.Page{Limit: maxPast})
	if err != nil {
		return nil, err
	}
	list, err := charterVersions(rows, total > len(rows))
	if err != nil {
		return nil, err
	}
	if p.known == nil || len(p.known) >= maxPastGroups {
		p.known = map[community.GroupKey]pastOf{}
	}
	p.known[g.Key] = pastOf{g.Book, list}
	return list, nil
}

// charterVersions are the versions that members read to differ from the one before, the newest first; rows come so too. cut: there
// are earlier ones.
func charterVersions(rows []community.BookRow, cut bool) ([]h5.CharterVersion, error) {
	var out []h5.CharterVersion
	var before policy.Book
	for i, row := range slices.Backward(rows) {
		if row.State == "draft" {
			continue
		}
		book, err := readBook(row)
		if err != nil {
			return nil, err
		}
		changes := policy.DiffCharters(before, book)
		known := !cut || i < len(rows)-1 // what the oldest changed is not known when there are older ones
		if known && len(book.Charter.Articles) > 0 && (len(changes) > 0 || before.Charter.Intro != book.Charter.Intro) {
			out = append(out, h5.CharterVersion{Version: row.Version, At: row.At, First: len(before.Charter.Articles) == 0, Changes: changes})
		}
		before = book
	}
	slices.Reverse(out)
	return out[:min(len(out), maxShownChange)], nil
}

func readBook(row community.BookRow) (policy.Book, error) {
	book, err := policy.Read(row.Body)
	book.Version = row.Version
	return book, err
}

// Asked gives whom a personal link asks to agree, and to what.
func (r rulesPages) Asked(ctx context.Context, link string) (h5.Asked, error) {
	g, m, err := r.app.confirmOf(ctx, link)
	if err != nil {
		return h5.Asked{}, err
	}
	page, err := r.app.store.CharterPageOf(ctx, g)
	if err != nil {
		return h5.Asked{}, err
	}
	page.Group = g
	out := h5.Asked{}
	if out.Charter, err = r.app.charterOf(ctx, page, 0); err != nil {
		return out, err
	}
	out.Agreed, out.AgreedAt, err = r.app.store.ConfirmedVersion(ctx, g, m)
	if err != nil {
		return out, err
	}
	org, err := r.app.store.OrgOf(ctx, g)
	if err != nil {
		return out, err
	}
	people, err := r.app.store.For(community.Scope{Org: org}).MembersByKey(ctx, []community.MemberKey{m})
	if len(people) > 0 {
		out.Name = policy.Masked(people[0].Name)
	}
	return out, err
}

// Agree takes the agreement to a version; once and again are the same. CodeConflict: another version is in force by now.
func (r rulesPages) Agree(ctx context.Context, link string, version int) error {
	g, m, err := r.app.confirmOf(ctx, link)
	if err != nil {
		return err
	}
	force, err := r.app.store.LastBook(ctx, g)
	if err != nil {
		return err
	}
	if version != force {
		return community.Errorf(community.CodeConflict, "version %d is in force", force)
	}
	had, _, err := r.app.store.ConfirmedVersion(ctx, g, m)
	if err != nil || had >= version {
		return err
	}
	return r.app.agree(ctx, g, m, community.Confirmation{Version: version, Way: community.ConfirmedOnPage}, agreedOnce(g, m, version), nil)
}
