package app

import (
	"context"
	"encoding/json"
	"strings"
	"unicode/utf8"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/h5"
	"qunluo/internal/policy"
	"qunluo/internal/store"
)

// charters is what a person sees and changes of the rules as members read them, and of who agreed to them.
type charters struct{ *hands }

// Charters makes the handle for charters.
func (a *App) Charters(org community.OrgKey, groups []community.GroupKey) charters {
	return charters{a.Hands(org, groups)}
}

// Page gives the public page of a group's rules and its address; "" = there is none, it is shut, or nobody outside reaches this
// server.
func (c charters) Page(ctx context.Context, g community.GroupKey) (p community.CharterPage, address string, err error) {
	if err = c.sees(ctx, g); err != nil {
		return p, "", err
	}
	if p, err = c.app.store.CharterPageOf(ctx, g); err == nil {
		address = c.app.charterAddress(p)
	}
	return p, address, err
}

// charterAddress is where people read a group's rules; "" = nowhere.
func (a *App) charterAddress(p community.CharterPage) string {
	if p.Slug == "" || p.Closed != 0 || a.cfg.Server.PublicURL == "" {
		return ""
	}
	return strings.TrimSuffix(a.cfg.Server.PublicURL, "/") + "/g/" + p.Slug
}

// SetPage opens or shuts the public page; another = it gets another address, and the one before leads nowhere.
func (c charters) SetPage(ctx context.Context, user string, g community.GroupKey, closed, another bool, reason string) (community.CharterPage, error) {
	if err := c.sees(ctx, g); err != nil {
		return community.CharterPage{}, err
	}
	verb := "charter.open"
	switch {
	case closed:
		verb = "charter.shut"
	case another:
		verb = "charter.renew"
	}
	return c.app.store.SetCharterPage(ctx, g, store.PageChange{Closed: closed, Another: another}, c.audit(user, verb, "", reason))
}

// Notice is what the group would be told if a book were published now, by which verb and how that is done; changed is false
// where members read no difference. "" = the book has no articles.
func (c charters) Notice(ctx context.Context, g community.GroupKey, raw json.RawMessage) (n community.CharterNotice, err error) {
	group, err := c.mine(ctx, g)
	if err != nil {
		return n, err
	}
	next, err := policy.Sound(raw)
	if err != nil {
		return n, err
	}
	last, err := c.app.store.LastBook(ctx, g)
	if err != nil {
		return n, err
	}
	var before policy.Book
	if last > 0 {
		if before, err = c.book(ctx, g, last); err != nil {
			return n, err
		}
	}
	if next.Group == "" {
		next.Group = group.Name
	}
	n.Version = last + 1
	n.Text, n.Changed = policy.NoticeText(before, next, n.Version)
	if n.Verb, n.Level, err = c.app.noticeVerb(ctx, group); err != nil {
		return n, err
	}
	page, err := c.app.store.CharterPageOf(ctx, g)
	if err != nil {
		return n, err
	}
	switch at := c.app.charterAddress(page); {
	case at != "":
		n.Text = strings.ReplaceAll(n.Text, community.RulesMark, at)
	case c.app.cfg.Server.PublicURL == "" || page.Closed != 0:
		n.Text = strings.ReplaceAll(n.Text, community.RulesMark, "\n"+policy.Contents(next.Charter))
	}
	return n, nil
}

// noticeVerb is how a group is told of new rules: as its announcement where a connection can do that, else as a message; where no
// connection can do either, a person posts the announcement.
func (a *App) noticeVerb(ctx context.Context, g community.GroupRow) (community.Verb, community.Level, error) {
	verb, best := community.Announce, community.None
	for _, v := range []community.Verb{community.Announce, community.Send} {
		level, err := a.level(ctx, g, v)
		if err != nil {
			return verb, best, err
		}
		if connect.Better(level, best) {
			verb, best = v, level
		}
	}
	return verb, best, nil
}

// maxNotice bounds what a group is told of new rules, in characters.
const maxNotice = 2000

// telling is what a publication tells the group; nil = nothing. The page that it leads to is made, so that its address is known.
func (h *hands) telling(ctx context.Context, user string, group community.GroupRow, book policy.Book, text string) (*community.PersonDecision, error) {
	if len(book.Charter.Articles) > 0 {
		page, err := h.app.store.CharterPageOf(ctx, group.Key)
		if err == nil && page.Slug == "" {
			_, err = h.app.store.SetCharterPage(ctx, group.Key, store.PageChange{}, h.audit(user, "charter.open", "", "first charter"))
		}
		if err != nil {
			return nil, err
		}
	}
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return nil, nil
	case utf8.RuneCountInString(text) > maxNotice:
		return nil, community.Errorf(community.CodeTooLarge, "notice: at most %d characters", maxNotice)
	}
	verb, level, err := h.app.noticeVerb(ctx, group)
	if err != nil {
		return nil, err
	}
	if level == community.None {
		return nil, community.Errorf(community.CodeUnsupported, "notice: nobody can tell this group anything")
	}
	return &community.PersonDecision{Kind: "act", User: user, Reason: "charter.notice", Actions: []community.Action{{Verb: verb, Group: group.Key, Text: text, Cause: community.ByPerson}}}, nil
}

// Publish puts a book in force and tells the group so; despite says why labelled cases may break by it, notice is what the group
// is told, "" = nothing.
func (c charters) Publish(ctx context.Context, user string, g community.GroupKey, raw json.RawMessage, note, despite, notice string) (int, error) {
	return c.publishTelling(ctx, user, g, raw, note, strings.TrimSpace(despite), notice)
}

// book reads one version of a group's book.
func (h *hands) book(ctx context.Context, g community.GroupKey, version int) (policy.Book, error) {
	raw, err := h.app.store.BookBody(ctx, g, version)
	var book policy.Book
	if err == nil {
		err = json.Unmarshal(raw, &book)
	}
	return book, err
}

// titled is the title of an article of a book; "" = it has none of that number.
func titled(body json.RawMessage, number int) string {
	var book policy.Book
	if json.Unmarshal(body, &book) != nil {
		return ""
	}
	a, _ := book.Charter.At(number)
	return a.Title
}

// addressed puts the addresses of the rules into what is said. Where nobody outside reaches this server, words stand instead.
func (a *App) addressed(ctx context.Context, act *community.Action) error {
	if !strings.Contains(act.Text, community.RulesMark) && !strings.Contains(act.Text, community.ConfirmMark) {
		return nil
	}
	page, err := a.store.CharterPageOf(ctx, act.Group)
	if err != nil {
		return err
	}
	rules := a.charterAddress(page)
	confirm := rules
	if rules != "" && act.Target != 0 && strings.Contains(act.Text, community.ConfirmMark) {
		if confirm, err = a.confirmLink(ctx, act.Group, act.Target); err != nil {
			return err
		}
	}
	if rules == "" {
		rules, confirm = "（见群公告）", "（请联系管理员）"
	}
	act.Text = strings.NewReplacer(community.RulesMark, rules, community.ConfirmMark, confirm).Replace(act.Text)
	return nil
}

// Preview is the public page of a book that is not published, as HTML.
func (c charters) Preview(ctx context.Context, g community.GroupKey, raw json.RawMessage, lang string) ([]byte, error) {
	group, err := c.mine(ctx, g)
	if err != nil {
		return nil, err
	}
	book, err := policy.Read(raw)
	if err != nil {
		return nil, err
	}
	if book.Version = group.Book + 1; book.Group == "" {
		book.Group = group.Name
	}
	return h5.PreviewCharter(ctx, c.app.words.In(lang), h5.Charter{Zone: group.Zone, Book: book})
}

// OnDesk is the group's draft, or else its book in force; CodeNotFound when it has neither.
func (c charters) OnDesk(ctx context.Context, g community.GroupKey) (json.RawMessage, error) {
	group, err := c.mine(ctx, g)
	if err != nil {
		return nil, err
	}
	draft, err := c.desk().BookVersion(ctx, g, 0)
	if err == nil && len(draft.Body) > 0 || err != nil && community.CodeOf(err) != community.CodeNotFound {
		return draft.Body, err
	}
	row, err := c.desk().BookVersion(ctx, g, group.Book)
	return row.Body, err
}
