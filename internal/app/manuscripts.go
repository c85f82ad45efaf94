package app

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/plan"
	"qunluo/internal/shelf"
)

// manuscripts is what people do with one draft for many channels (稿件), bounded as hands are.
type manuscripts struct{ *plans }

// Manuscripts makes the handle for drafts.
func (a *App) Manuscripts(org community.OrgKey, groups []community.GroupKey) manuscripts {
	return manuscripts{a.Plans(org, groups)}
}

// Find lists drafts, the last changed first; away: those put away, in place of the others.
func (p manuscripts) Find(ctx context.Context, away bool, at community.Page) ([]plan.Manuscript, int, error) {
	return p.app.store.Manuscripts(ctx, p.scope(), away, at)
}

// Get gives one; CodeNotFound.
func (p manuscripts) Get(ctx context.Context, id community.ID) (plan.Manuscript, error) {
	return p.app.store.Manuscript(ctx, p.scope(), id)
}

// own gives one that names no group outside the handle; CodeForbidden otherwise.
func (p manuscripts) own(ctx context.Context, id community.ID) (plan.Manuscript, error) {
	m, err := p.Get(ctx, id)
	if err == nil && !inside(m.To.Filter.Groups, p.groups) {
		err = errBeyond()
	}
	return m, err
}

// Save keeps a new draft (id zero), or what was written of one as the caller saw it (seen: its Changed; 0 = as it is now). CodeConflict: it was
// changed meanwhile, or put away; CodeNotFound: a picture is not kept, or there is no such account; CodeBadInput: a picture is none.
func (p manuscripts) Save(ctx context.Context, user string, id community.ID, seen int64, w plan.Writing, note string) (plan.Manuscript, error) {
	m := plan.Manuscript{Org: p.org}
	if !id.IsZero() {
		var err error
		if m, err = p.own(ctx, id); err != nil {
			return m, err
		}
		if seen != 0 && seen != m.Changed {
			return m, community.Errorf(community.CodeConflict, "it was changed meanwhile")
		}
	}
	m.Writing = w
	if err := p.filed(ctx, &m.Writing); err != nil {
		return m, err
	}
	if err := m.Check(); err != nil {
		return m, err
	}
	if err := p.reaches(ctx, m.To); err != nil {
		return m, err
	}
	return p.app.store.SaveManuscript(ctx, m, p.audit(user, "", "", note))
}

// filed reads of pictures what their bytes say, and looks whether they are pictures. CodeNotFound, CodeBadInput, CodeTooLarge.
func (p manuscripts) filed(ctx context.Context, w *plan.Writing) error {
	if len(w.Pictures) > plan.MaxPieces {
		return community.Errorf(community.CodeTooLarge, "pictures: more than %d", plan.MaxPieces)
	}
	w.Pictures = slices.Clone(w.Pictures)
	all := []*plan.Piece{}
	for i := range w.Pictures {
		all = append(all, &w.Pictures[i])
	}
	if !w.Cover.File.IsZero() {
		all = append(all, &w.Cover)
	} else {
		w.Cover = plan.Piece{}
	}
	for _, piece := range all {
		kept, err := p.KeptFile(ctx, piece.File)
		if err != nil {
			return err
		}
		if *piece = kept; kept.Kind != "image" {
			return connect.Trouble(community.CodeBadInput, "“"+kept.Name+"”不是图片。", "“"+kept.Name+"” is no picture.")
		}
		if err := (libraries{p.plans}).sound(ctx, shelf.File{ID: kept.File, Name: kept.Name, Type: kept.Type, Bytes: kept.Bytes}); err != nil {
			return err
		}
	}
	return nil
}

// reaches looks at where a draft is to go: CodeNotFound, CodeForbidden.
func (p manuscripts) reaches(ctx context.Context, to plan.To) error {
	if !inside(to.Filter.Groups, p.groups) {
		return errBeyond()
	}
	for _, g := range to.Filter.Groups {
		if err := p.sees(ctx, g); err != nil {
			return err
		}
	}
	boxes, err := p.Boxes(ctx)
	if err != nil {
		return err
	}
	for _, id := range to.Accounts {
		if !slices.ContainsFunc(boxes, func(a community.Account) bool { return a.ID == id }) {
			return community.Errorf(community.CodeNotFound, "account %s: there is no official account of this id", id)
		}
	}
	return nil
}

// Boxes lists the official accounts whose draft boxes the person may put drafts into.
func (p manuscripts) Boxes(ctx context.Context) ([]community.Account, error) {
	return articles{p.hands}.Accounts(ctx)
}

// Versions lists what a draft was, the newest first.
func (p manuscripts) Versions(ctx context.Context, id community.ID) ([]plan.WritingVersion, error) {
	if _, err := p.Get(ctx, id); err != nil {
		return nil, err
	}
	return p.app.store.ManuscriptVersions(ctx, id)
}

// Archive puts a draft away, or takes it out again. CodeConflict: it is so already, or was changed meanwhile.
func (p manuscripts) Archive(ctx context.Context, user string, id community.ID, away bool, reason string) (plan.Manuscript, error) {
	m, err := p.own(ctx, id)
	if err != nil {
		return m, err
	}
	if m.Archived == away {
		return m, community.Errorf(community.CodeConflict, "it is so already")
	}
	if err := p.app.store.ArchiveManuscript(ctx, m, away, p.audit(user, "", "", reason)); err != nil {
		return m, err
	}
	return p.Get(ctx, id)
}

// aim gives the groups that a draft goes to now, of those the handle may see.
func (p manuscripts) aim(ctx context.Context, to plan.To) ([]community.GroupRow, error) {
	if !to.Groups {
		return nil, nil
	}
	return p.filtered(ctx, to.Filter)
}

// manuscriptView is what a draft looks like at a moment: its channels, and what it becomes in each.
type manuscriptView struct {
	channels []plan.Channel
	looks    map[plan.Channel][]plan.Look
	posts    map[plan.Channel]plan.Post
	groups   map[plan.Channel][]community.GroupKey
}

// Looks says what a draft becomes in each channel, in the order in which it goes there.
func (p manuscripts) Looks(ctx context.Context, id community.ID) ([]plan.Look, error) {
	m, err := p.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	v, err := p.view(ctx, m)
	if err != nil {
		return nil, err
	}
	var out []plan.Look
	for _, c := range v.channels {
		out = append(out, v.looks[c]...)
	}
	return out, nil
}

// view looks at a draft as it is now.
func (p manuscripts) view(ctx context.Context, m plan.Manuscript) (*manuscriptView, error) {
	now := p.app.millis()
	groups, err := p.aim(ctx, m.To)
	if err != nil {
		return nil, err
	}
	rows, _, err := p.reach(ctx, groups, now)
	if err != nil {
		return nil, err
	}
	rules, err := p.LinkRules(ctx)
	if err != nil {
		return nil, err
	}
	page, err := p.pageLink(ctx, m)
	if err != nil {
		return nil, err
	}
	text := m.All()
	chains := p.follow(ctx, plan.LinksOf(text), maxLinks)
	links := func(platform community.Platform) []plan.Finding {
		return linkFindings(rules, text, chains, []community.Platform{platform}, now)
	}
	openly, err := p.openly(ctx, m.Writing)
	if err != nil {
		return nil, err
	}
	v := &manuscriptView{channels: m.To.Channels(groups), looks: map[plan.Channel][]plan.Look{}, posts: map[plan.Channel]plan.Post{}, groups: map[plan.Channel][]community.GroupKey{}}
	for _, c := range v.channels {
		if _, box := c.Box(); box {
			v.looks[c] = []plan.Look{m.BoxLook(c, page.URL, append(links("mp"), openly...))}
			continue
		}
		platform, of := c.Groups()
		if !of {
			v.looks[c] = []plan.Look{m.PageLook(append(links("wechat"), openly...), p.app.publicURL())}
			continue
		}
		var here []plan.Reach
		for _, r := range rows {
			if r.Group.Platform == platform {
				here = append(here, r)
				v.groups[c] = append(v.groups[c], r.Group.Key)
			}
		}
		away, err := p.givenAway(ctx, plan.Post{Text: text, Pieces: m.Pictures}, community.ID{}, v.groups[c])
		if err != nil {
			return nil, err
		}
		v.posts[c], v.looks[c] = m.GroupLooks(here, page, append(links(platform), away...), p.app.publicURL(), now)
	}
	return v, nil
}

// openly says which exclusive items a draft would tell everybody.
func (p manuscripts) openly(ctx context.Context, w plan.Writing) ([]plan.Finding, error) {
	items, err := p.app.store.ExclusiveItems(ctx, p.org)
	if err != nil {
		return nil, err
	}
	pieces := slices.Clone(w.Pictures)
	if !w.Cover.File.IsZero() {
		pieces = append(pieces, w.Cover)
	}
	var out []plan.Finding
	for _, i := range items {
		tells := i.Tells(w.All())
		if !tells && len(pieces) > 0 {
			given, err := p.app.hashesOf(ctx, pieces)
			if err != nil {
				return nil, err
			}
			if tells, err = p.app.holds(ctx, i, given); err != nil {
				return nil, err
			}
		}
		if tells {
			out = append(out, plan.Finding{Rule: "library.exclusive", Kind: plan.Exclusive, Link: i.Title, Found: "–", Refuse: true, Source: "/library/" + i.ID.String(), Verified: true,
				Reason: [2]string{"专属内容，不能公开", "it is exclusive and is not made public"}, Instead: [2]string{"去掉它，或发个人专属链接", "leave it out, or send personal links"}})
		}
	}
	return out, nil
}

// shortStand is as long as the end of a short link.
const shortStand = "----------"

// pageLink is how groups are led to a draft's page: its address where it stands, one as long where it will; zero = there will be none.
func (p manuscripts) pageLink(ctx context.Context, m plan.Manuscript) (plan.Attached, error) {
	base := p.app.publicURL()
	if base == "" {
		return plan.Attached{}, nil
	}
	title := shortened("全文："+m.Title, plan.MaxLinkTitle)
	if m.ID.IsZero() {
		return plan.Attached{URL: base + "/l/" + shortStand, Title: title}, nil
	}
	page, err := p.app.store.WebPageOf(ctx, p.org, plan.PageOfManuscript, m.ID)
	if err == nil && page.Withdrawn == 0 && !page.Short.IsZero() {
		s, err := p.app.store.ShortByID(ctx, p.org, page.Short)
		return plan.Attached{URL: base + "/l/" + s.Slug, Title: title}, err
	}
	switch {
	case err != nil && community.CodeOf(err) != community.CodeNotFound:
		return plan.Attached{}, err
	case !m.To.Page:
		return plan.Attached{}, nil
	}
	return plan.Attached{URL: base + "/l/" + shortStand, Title: title}, nil
}

// Page gives a draft's page with the short link that counts its openings; CodeNotFound: it has none.
func (p manuscripts) Page(ctx context.Context, id community.ID) (plan.WebPage, admit.Short, error) {
	if _, err := p.Get(ctx, id); err != nil {
		return plan.WebPage{}, admit.Short{}, err
	}
	return p.pageOf(ctx, plan.PageOfManuscript, id)
}

// PageVersions lists what a draft's page showed, the newest first.
func (p manuscripts) PageVersions(ctx context.Context, id community.ID) ([]plan.SheetVersion, error) {
	page, _, err := p.Page(ctx, id)
	if err != nil {
		return nil, err
	}
	return p.app.store.WebPageVersions(ctx, page.ID)
}

// Withdraw takes a draft's page off; a reason is needed. CodeConflict: it is off already.
func (p manuscripts) Withdraw(ctx context.Context, user string, id community.ID, reason string) error {
	if _, err := p.own(ctx, id); err != nil {
		return err
	}
	return p.withdraw(ctx, user, plan.PageOfManuscript, id, reason)
}

// checkReason says what is wrong with why something is done: CodeBadInput.
func checkReason(reason string) error {
	if strings.TrimSpace(reason) == "" || utf8.RuneCountInString(reason) > shelf.MaxReason {
		return community.Errorf(community.CodeBadInput, "reason: want 1 to %d characters", shelf.MaxReason)
	}
	return nil
}
