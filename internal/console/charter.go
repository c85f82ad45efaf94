package console

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/policy"
	"qunluo/internal/rights"
)

// Charters is what the pages of the rules as members read them ask and change.
type Charters interface {
	// Page gives the public page and its address; "" = nobody outside can read it.
	Page(ctx context.Context, g community.GroupKey) (p community.CharterPage, address string, err error)
	// SetPage opens or shuts it; another = it gets another address.
	SetPage(ctx context.Context, user string, g community.GroupKey, closed, another bool, reason string) (community.CharterPage, error)
	// Preview is the public page of a book that is not published, as HTML.
	Preview(ctx context.Context, g community.GroupKey, book json.RawMessage, lang string) ([]byte, error)
	// Notice is what the group would be told if the book were published now.
	Notice(ctx context.Context, g community.GroupKey, book json.RawMessage) (community.CharterNotice, error)
	// Publish puts a book in force and tells the group notice; "" = nothing.
	Publish(ctx context.Context, user string, g community.GroupKey, book json.RawMessage, note, despite, notice string) (int, error)
	Confirmations(ctx context.Context, f community.ConfirmationFilter) ([]community.ConfirmationRow, int, error)
	Sums(ctx context.Context, g community.GroupKey, version int) (community.ConfirmationSums, error)
	// Confirm notes that a member told a person of ours that they agree to the rules in force. CodeConflict: they did before, or
	// there are none.
	Confirm(ctx context.Context, user string, g community.GroupKey, member community.ID, note string) (int, error)
	// ConfirmLink is where one member agrees. CodeUnsupported: nobody outside reaches the page.
	ConfirmLink(ctx context.Context, g community.GroupKey, member community.ID) (string, error)
}

// charterRoutes are there where charters are kept.
func (c *Console) charterRoutes() []route {
	if c.deps.Charters == nil || c.deps.Books == nil {
		return nil
	}
	return []route{
		{pattern: "GET /rules/{id}/charter", may: rights.SeeOrder, serve: (*Console).charterPage},
		{pattern: "GET /rules/{id}/charter/preview", may: rights.SeeOrder, serve: (*Console).charterPreview},
		{pattern: "POST /rules/{id}/charter/page", may: rights.Publish, serve: (*Console).charterAddress},
		{pattern: "GET /rules/{id}/charter/words", may: rights.SeeOrder, serve: (*Console).charterWords},
		{pattern: "POST /rules/{id}/charter/words", may: rights.Draft, serve: (*Console).charterWordsSave},
		{pattern: "GET /rules/{id}/charter/new", may: rights.SeeOrder, serve: (*Console).articleNew},
		{pattern: "POST /rules/{id}/charter/new", may: rights.Draft, serve: (*Console).articleAdd},
		{pattern: "GET /rules/{id}/charter/article/{article}", may: rights.SeeOrder, serve: (*Console).articleEdit},
		{pattern: "POST /rules/{id}/charter/article/{article}", may: rights.Draft, serve: (*Console).articleSave},
		{pattern: "POST /rules/{id}/charter/article/{article}/move", may: rights.Draft, serve: (*Console).articleMove},
		{pattern: "POST /rules/{id}/charter/article/{article}/delete", may: rights.Draft, serve: (*Console).articleDelete},
		{pattern: "GET /rules/{id}/confirmed", may: rights.SeePeople, serve: (*Console).confirmedList},
		{pattern: "POST /rules/{id}/confirmed", may: rights.Draft, serve: (*Console).confirmedByHand},
	}
}

func (k *call) charters() Charters { return k.c.deps.Charters(k.User.Org, k.groups) }

// charterPage shows the articles on the desk by level, with what follows from a breach, and the public page.
func (c *Console) charterPage(k *call) error {
	b, err := bookHere(k)
	if err != nil {
		return err
	}
	if !b.begun() {
		return k.redirect(b.at())
	}
	p := view.CharterDesk{At: b.at() + "/charter", Stamp: b.stamp(), Drafted: b.drafted()}
	p.Head, p.Tabs = b.head(k)
	book, _ := policy.Read(b.raw()) // a draft may be half done
	if book.Version = b.force.Version; b.drafted() {
		book.Version++
	}
	p.Intro = book.Charter.Intro
	names := map[string]string{}
	for _, r := range book.Rules {
		names[r.ID] = r.Name
	}
	for _, level := range policy.Levels() {
		one := view.CharterLevel{Title: k.Words.Pick(level.Title), Means: k.T("charter.means_" + level.Value), New: p.At + "/new?level=" + level.Value}
		for i, a := range book.Charter.Ordered() {
			if a.Level != level.Value {
				continue
			}
			row := view.CharterRow{Number: k.T("charter.number", "no", i+1), Title: a.Title, Body: a.Body, Link: p.At + "/article/" + a.ID, Follows: k.Words.Pick(book.Says(a)), By: k.T("charter.by_people")}
			var by []string
			for _, id := range a.Rules {
				by = append(by, cmpOr(names[id], id))
			}
			if len(by) > 0 {
				row.By = k.T("charter.by_rules", "rules", strings.Join(by, k.T("list.comma")))
			}
			one.Rows = append(one.Rows, row)
		}
		for i := range one.Rows {
			one.Rows[i].First, one.Rows[i].Final = i == 0, i == len(one.Rows)-1
		}
		p.Levels = append(p.Levels, one)
	}
	for _, f := range c.deps.Books.Check(k.ctx(), b.g.Key, b.raw()) {
		if strings.HasPrefix(f.Path, "charter") {
			p.Faults = append(p.Faults, b.articleAt(f.Path)+k.said(f))
		}
	}
	for _, a := range book.Advice() {
		p.Advice = append(p.Advice, strings.TrimSpace(strings.TrimPrefix(k.Words.Pick(a.Words()), a.Path)))
	}
	if p.Publish, err = b.publishAsk(k, len(bookDiff(k, b.force.Body, b.raw()))); err != nil {
		return err
	}
	if err := b.charterState(k, &p); err != nil {
		return err
	}
	return k.show(p.Head.Title, view.CharterPage(p), inZone(b.g))
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// articleAt names the article of a fault's path, with a colon; "" = it is none's.
func (b bookDesk) articleAt(path string) string {
	rest, ok := strings.CutPrefix(path, "charter.articles[")
	if !ok {
		return ""
	}
	n, _, _ := strings.Cut(rest, "]")
	i, err := strconv.Atoi(n)
	if list := b.articles(); err == nil && i < len(list) {
		return text(list[i]["title"]) + ": "
	}
	return ""
}

// charterState says where the public page is and how many agreed to the rules in force.
func (b bookDesk) charterState(k *call, p *view.CharterDesk) error {
	page, at, err := k.charters().Page(k.ctx(), b.g.Key)
	if err != nil {
		return err
	}
	p.Address = at
	switch {
	case page.Slug == "":
		p.State = k.T("charter.page_none")
	case page.Closed != 0:
		p.State = k.T("charter.page_shut")
	case at == "":
		p.State = k.T("charter.page_no_url")
	default:
		p.State = k.T("charter.page_open")
	}
	if page.Slug != "" && k.may(rights.Publish) {
		ask := func(do string, danger bool) {
			p.Asks = append(p.Asks, ui.Confirm{ID: "page-" + do, Title: k.T("charter.do_" + do), Object: b.g.Name, Effect: k.T("charter.do_" + do + "_effect"), Action: p.At + "/page", Button: k.T("charter.do_" + do),
				Danger: danger, Reason: k.T("form.reason"), Fields: []ui.Option{{Value: "do", Text: do}}})
			p.Buttons = append(p.Buttons, ui.Opener{Target: "page-" + do, Text: k.T("charter.do_" + do), Danger: danger})
		}
		if page.Closed != 0 {
			ask("open", false)
		} else {
			ask("renew", true)
			ask("shut", true)
		}
	}
	if b.force.Version == 0 {
		return nil
	}
	sums, err := k.charters().Sums(k.ctx(), b.g.Key, b.force.Version)
	if err != nil {
		return err
	}
	p.Confirmed, p.ConfirmedLink = k.T("charter.sums", "current", sums.Current, "v", b.force.Version, "any", sums.Confirmed, "present", sums.Present), b.at()+"/confirmed"
	return nil
}

// charterPreview shows the public page as it would be.
func (c *Console) charterPreview(k *call) error {
	b, err := bookHere(k)
	if err != nil {
		return err
	}
	if !b.begun() {
		return k.redirect(b.at())
	}
	body, err := k.charters().Preview(k.ctx(), b.g.Key, b.raw(), k.Words.Lang)
	if err != nil {
		return err
	}
	k.W.Header().Set("Content-Type", "text/html; charset=utf-8")
	k.W.Header().Set("Cache-Control", "no-store")
	k.W.WriteHeader(http.StatusOK)
	k.W.Write(body) //nolint:errcheck // the browser left
	return nil
}

// charterAddress opens or shuts the public page, or gives it another address.
func (c *Console) charterAddress(k *call) error {
	g, err := k.groupHere()
	if err != nil {
		return err
	}
	to, do := "/rules/"+g.ID.String()+"/charter", k.form("do")
	if !slices.Contains([]string{"open", "shut", "renew"}, do) {
		return community.Errorf(community.CodeBadInput, "do %q", do)
	}
	if _, err := k.charters().SetPage(k.ctx(), k.who(), g.Key, do == "shut", do == "renew", k.form("reason")); err != nil {
		return k.refused(to, err)
	}
	return k.ok(to, k.T("charter.did_"+do))
}

// noticeInputs ask whether the group is told of what is published, with the words ready.
func (b bookDesk) noticeInputs(k *call, raw json.RawMessage) ([]ui.Input, error) {
	if k.c.deps.Charters == nil {
		return nil, nil
	}
	n, err := k.charters().Notice(k.ctx(), b.g.Key, raw)
	if community.CodeOf(err) == community.CodeBadInput {
		return nil, nil // the book is at fault, and cannot be published
	}
	if err != nil || n.Text == "" {
		return nil, err
	}
	help := k.T("charter.tell_"+string(n.Level), "verb", k.T("verb."+string(n.Verb)))
	if !n.Changed {
		help += " " + k.T("charter.tell_same")
	}
	return []ui.Input{{Kind: "check", Name: "tell", Label: k.T("charter.tell"), Value: oneIf(n.Changed), Help: help},
		{Kind: "area", Name: "notice", Label: k.T("charter.tell_text"), Value: n.Text, Max: 2000, Rows: 4}}, nil
}

// told is what the form wants the group to be told; "" = nothing.
func (k *call) told() string {
	if k.form("tell") != "1" {
		return ""
	}
	return strings.TrimSpace(strings.ReplaceAll(k.R.PostFormValue("notice"), "\r\n", "\n"))
}
