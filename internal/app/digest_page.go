package app

import (
	"context"
	"slices"
	"strings"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/digest"
	"qunluo/internal/h5"
	"qunluo/internal/i18n"
	"qunluo/internal/plan"
)

// digestLangs are the languages that digests are composed in.
func digestLangs() []string { return []string{i18n.Chinese, "en"} }

// Publish puts a digest that went out on a page that everybody may read, with a short link that counts its openings. The page keeps none of its
// words: they are those of the digest, and what is erased or recalled later is gone from it. CodeConflict: it has not been sent, or stands there
// already; CodeUnsupported: this server has no address that others can reach.
func (p digests) Publish(ctx context.Context, user string, id community.ID, note string) (plan.WebPage, admit.Short, error) {
	r, said, err := p.Get(ctx, id)
	if err != nil {
		return plan.WebPage{}, admit.Short{}, err
	}
	if r.State != digest.Sent {
		return plan.WebPage{}, admit.Short{}, connect.Trouble(community.CodeConflict, "只有已经发出的群精华可以公开成网页。", "Only a digest that was sent may become a public page.")
	}
	page, short, err := p.Page(ctx, id)
	if err == nil && page.Withdrawn == 0 {
		return page, short, community.Errorf(community.CodeConflict, "it stands there already")
	}
	if err != nil && community.CodeOf(err) != community.CodeNotFound {
		return page, short, err
	}
	g, err := p.mine(ctx, r.Group)
	if err != nil {
		return page, short, err
	}
	sheet := plan.Sheet{Title: digestTitle(r), Of: r.Version}
	for _, lang := range digestLangs() {
		if digestText(p.app.words.In(lang), g, r, said) == r.Text {
			sheet.Lang = lang
		}
	}
	return p.app.Plans(p.org, p.groups).publish(ctx, user, plan.PageOfDigest, id, sheet, note)
}

// Page gives a digest's page with its short link; CodeNotFound: it has none.
func (p digests) Page(ctx context.Context, id community.ID) (plan.WebPage, admit.Short, error) {
	if _, err := p.desk().Digest(ctx, id); err != nil {
		return plan.WebPage{}, admit.Short{}, err
	}
	return p.app.Plans(p.org, p.groups).pageOf(ctx, plan.PageOfDigest, id)
}

// Withdraw takes a digest's page off; a reason is needed. CodeConflict: it is off already.
func (p digests) Withdraw(ctx context.Context, user string, id community.ID, reason string) error {
	if _, err := p.desk().Digest(ctx, id); err != nil {
		return err
	}
	return p.app.Plans(p.org, p.groups).withdraw(ctx, user, plan.PageOfDigest, id, reason)
}

// SendPage tells a digest's group of its page, as a mass send with all that guards it; once. CodeConflict: it was told already, or the page is off.
func (p digests) SendPage(ctx context.Context, user string, id community.ID) (plan.Broadcast, error) {
	r, err := p.desk().Digest(ctx, id)
	if err != nil {
		return plan.Broadcast{}, err
	}
	page, short, err := p.Page(ctx, id)
	if err != nil {
		return plan.Broadcast{}, err
	}
	if page.Withdrawn != 0 {
		return plan.Broadcast{}, community.Errorf(community.CodeConflict, "the page was withdrawn")
	}
	if b, err := p.app.store.BroadcastNow(ctx, page.ID); community.CodeOf(err) != community.CodeNotFound {
		if err == nil {
			err = community.Errorf(community.CodeConflict, "the group was told already")
		}
		return b, err
	}
	link := plan.Attached{URL: p.app.publicURL() + "/l/" + short.Slug, Title: shortened(page.Title, plan.MaxLinkTitle)}
	return p.app.Plans(p.org, p.groups).NewBroadcast(ctx, user, plan.Broadcast{ID: page.ID, Title: page.Title, Text: page.Title, Link: link, Filter: plan.Filter{Groups: []community.GroupKey{r.Group}}})
}

// digestSheet is what the page of a digest shows now: the digest's words. Where something that it rests on was erased or recalled since, they are
// composed anew without it; words that a person edited may hold it, and are then shown no more.
func (l landings) digestSheet(ctx context.Context, page plan.WebPage) (h5.Sheet, error) {
	desk := l.app.store.For(community.Scope{Org: page.Org})
	r, err := desk.Digest(ctx, page.Ref)
	if err != nil {
		return h5.Sheet{}, err
	}
	numbers := r.Found.Numbers()
	said, err := desk.MessagesByNumber(ctx, numbers)
	if err != nil {
		return h5.Sheet{}, err
	}
	text := r.Text
	gone := slices.ContainsFunc(numbers, func(n int64) bool { m, ok := said[n]; return !ok || m.Erased || m.Recalled })
	switch {
	case gone && page.Lang == "":
		return h5.Sheet{Withdrawn: true}, nil
	case gone:
		g, err := desk.GroupByKey(ctx, r.Group)
		if err != nil {
			return h5.Sheet{}, err
		}
		text = digestText(l.app.words.In(page.Lang), g, r, said)
	case r.Found.AI != "":
		text = plan.Marked(text)
	}
	out := h5.Sheet{Title: page.Title, At: page.Updated}
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(line, "\r\n"); strings.TrimSpace(line) != "" {
			out.Blocks = append(out.Blocks, h5.Block{Text: line})
		}
	}
	return out, nil
}
