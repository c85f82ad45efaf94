package app

import (
	"context"
	"slices"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/h5"
	"qunluo/internal/plan"
)

// pagePath is where the public pages show drafts and digests.
const pagePath = "/d/"

// publish shows a sheet on the page of something and gives the page with the short link that counts its openings. CodeUnsupported: this server has
// no address that others can reach.
func (p *plans) publish(ctx context.Context, user, kind string, ref community.ID, s plan.Sheet, note string) (plan.WebPage, admit.Short, error) {
	base := p.app.publicURL()
	if base == "" {
		return plan.WebPage{}, admit.Short{}, connect.Trouble(community.CodeUnsupported, "还没有外部地址（server.public_url），别人打不开网页。", "There is no public address (server.public_url): nobody could open the page.")
	}
	page, err := p.app.store.PublishPage(ctx, plan.WebPage{Org: p.org, Kind: kind, Ref: ref, Sheet: s}, p.audit(user, "", "", note))
	if err != nil {
		return page, admit.Short{}, err
	}
	if page.Short.IsZero() {
		s, err := p.app.store.AddShort(ctx, admit.Short{Org: p.org, Title: shortened(page.Title, admit.MaxName), Target: base + pagePath + page.Code, For: admit.ForOther, By: user}, p.audit(user, "short.new", "", kind+":"+ref.String()))
		if err != nil {
			return page, s, err
		}
		if err := p.app.store.CountWebPage(ctx, page.ID, s.ID); err != nil {
			return page, s, err
		}
	}
	return p.pageOf(ctx, kind, ref) // of two at once the first link stands
}

// pageOf gives the page of something with its short link; CodeNotFound: there is none.
func (p *plans) pageOf(ctx context.Context, kind string, ref community.ID) (plan.WebPage, admit.Short, error) {
	page, err := p.app.store.WebPageOf(ctx, p.org, kind, ref)
	if err != nil || page.Short.IsZero() {
		return page, admit.Short{}, err
	}
	s, err := p.app.store.ShortByID(ctx, p.org, page.Short)
	return page, s, err
}

// withdraw takes a page off: who has its address is told that it is gone.
func (p *plans) withdraw(ctx context.Context, user, kind string, ref community.ID, reason string) error {
	if err := checkReason(reason); err != nil {
		return err
	}
	page, err := p.app.store.WebPageOf(ctx, p.org, kind, ref)
	if err != nil {
		return err
	}
	if page.Withdrawn != 0 {
		return community.Errorf(community.CodeConflict, "it is withdrawn already")
	}
	return p.app.store.WithdrawPage(ctx, page, p.audit(user, "", "", reason))
}

// Sheet gives what a page shows; CodeNotFound. Of one that was withdrawn it says so alone.
func (l landings) Sheet(ctx context.Context, code string) (h5.Sheet, error) {
	page, err := l.app.store.WebPageByCode(ctx, code)
	if err != nil {
		return h5.Sheet{}, err
	}
	if page.Withdrawn != 0 {
		return h5.Sheet{Withdrawn: true}, nil
	}
	if page.Kind == plan.PageOfDigest {
		return l.digestSheet(ctx, page)
	}
	out := h5.Sheet{Title: page.Title, Author: page.Author, At: page.Updated, Link: page.Link.URL, LinkTitle: page.Link.Title}
	for _, b := range page.Blocks {
		one := h5.Block{Text: b.Text}
		if b.Picture > 0 && b.Picture <= len(page.Pictures) {
			one.Picture, one.Name = page.Pictures[b.Picture-1].File, page.Pictures[b.Picture-1].Name
		}
		out.Blocks = append(out.Blocks, one)
	}
	return out, nil
}

// SheetFile reads a picture of a page that stands; CodeNotFound, CodeLate.
func (l landings) SheetFile(ctx context.Context, code string, file community.ID) (community.Medium, error) {
	page, err := l.app.store.WebPageByCode(ctx, code)
	if err != nil {
		return community.Medium{}, err
	}
	if page.Withdrawn != 0 || !slices.Contains(page.Files(), file) {
		return community.Medium{}, community.Errorf(community.CodeNotFound, "file %s: not found", file)
	}
	_, f, err := l.app.shelf.Given(ctx, file)
	return f, err
}
