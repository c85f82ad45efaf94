package app

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"image"
	_ "image/gif" // kinds of pictures that are measured
	_ "image/jpeg"
	_ "image/png"
	"maps"
	"slices"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/plan"
	"qunluo/internal/shelf"
	"qunluo/internal/store"
)

// libraries is what people do with the library (素材库), bounded as hands are.
type libraries struct{ *plans }

// Libraries makes the handle for the library.
func (a *App) Libraries(org community.OrgKey, groups []community.GroupKey) libraries {
	return libraries{a.Plans(org, groups)}
}

// libraryZone is that by whose days items expire.
func libraryZone() *time.Location { return zoneFor(store.DefaultZone) }

// Find lists items, the last changed first.
func (l libraries) Find(ctx context.Context, f shelf.Filter) ([]shelf.Item, int, error) {
	return l.app.store.Library(ctx, l.scope(), f)
}

// Tags lists the tags that items wear.
func (l libraries) Tags(ctx context.Context) ([]string, error) {
	return l.app.store.LibraryTags(ctx, l.org)
}

// Get gives one item; CodeNotFound.
func (l libraries) Get(ctx context.Context, id community.ID) (shelf.Item, error) {
	return l.app.store.LibraryItem(ctx, l.scope(), id)
}

// own gives an item that opens to nobody's members but those of groups inside the handle; CodeForbidden otherwise.
func (l libraries) own(ctx context.Context, id community.ID) (shelf.Item, error) {
	i, err := l.Get(ctx, id)
	if err == nil && !inside(i.Groups, l.groups) {
		err = errBeyond()
	}
	return i, err
}

// Standing says how an item stands today.
func (l libraries) Standing(i shelf.Item) string {
	return i.Standing(l.app.millis(), libraryZone())
}

// Save keeps a new item (id zero) of a kind, or what was written of one as the caller saw it (seen: its Changed; 0 = as it is now).
// CodeConflict: it was changed meanwhile; CodeNotFound: a file is not kept, or there is no such poster; CodeRefused: the link check does
// not let its address pass.
func (l libraries) Save(ctx context.Context, user string, id community.ID, seen int64, kind shelf.Kind, content shelf.Content, note string) (shelf.Item, error) {
	i := shelf.Item{Org: l.org, Kind: kind}
	if !id.IsZero() {
		var err error
		if i, err = l.own(ctx, id); err != nil {
			return i, err
		}
		if seen != 0 && seen != i.Changed {
			return i, community.Errorf(community.CodeConflict, "it was changed meanwhile")
		}
	}
	i.Content = content
	if err := l.filed(ctx, &i); err != nil {
		return i, err
	}
	if err := i.Content.Check(i.Kind); err != nil {
		return i, err
	}
	if err := l.ready(ctx, i); err != nil {
		return i, err
	}
	fresh := i.ID.IsZero()
	i, err := l.app.store.SaveLibrary(ctx, i, l.audit(user, "", "", note))
	if err != nil || fresh {
		return i, err
	}
	if i.Exclusive {
		if err := l.app.withholdOpen(ctx, l.org, user, note); err != nil {
			return i, err
		}
	}
	return i, l.keepCounting(ctx, user, i)
}

// filed reads of an item's files what their bytes say: whoever writes it may only name them. CodeNotFound: one is not kept.
func (l libraries) filed(ctx context.Context, i *shelf.Item) error {
	if len(i.Files) > shelf.MaxFiles {
		return community.Errorf(community.CodeTooLarge, "files: more than %d", shelf.MaxFiles)
	}
	i.Files = slices.Clone(i.Files)
	for n, f := range i.Files {
		p, err := l.KeptFile(ctx, f.ID)
		if err != nil {
			return err
		}
		i.Files[n] = shelf.File{ID: p.File, Name: p.Name, Type: p.Type, Bytes: p.Bytes}
	}
	return nil
}

// ready says what is wrong with what an item names: its pictures, its poster, its address.
func (l libraries) ready(ctx context.Context, i shelf.Item) error {
	for _, f := range i.Files {
		if err := l.sound(ctx, f); err != nil {
			return err
		}
	}
	if i.Poster != "" {
		if _, err := l.app.Posters(l.org, l.groups).Get(ctx, i.Poster); err != nil {
			return err
		}
	}
	return l.linkPasses(ctx, i.URL)
}

// maxPixels bounds a picture of the library.
const maxPixels = 50_000_000

// sound looks at the head of a picture before anybody decodes it: CodeBadInput, it is broken; CodeTooLarge, it has too many pixels; CodeLate,
// it is gone.
func (l libraries) sound(ctx context.Context, f shelf.File) error {
	if !slices.Contains([]string{"image/png", "image/jpeg", "image/gif"}, f.Type) {
		return nil
	}
	m, err := l.FileContent(ctx, f.ID)
	if err != nil {
		return err
	}
	cfg, _, err := image.DecodeConfig(bytes.NewReader(m.Data))
	switch {
	case err != nil:
		return connect.Trouble(community.CodeBadInput, "图片“"+f.Name+"”打不开。", "The picture “"+f.Name+"” cannot be read.")
	case cfg.Width*cfg.Height > maxPixels:
		return connect.Trouble(community.CodeTooLarge, "图片“"+f.Name+"”像素太多。", "The picture “"+f.Name+"” has too many pixels.")
	}
	return nil
}

// linkPasses asks the link check; CodeRefused.
func (l libraries) linkPasses(ctx context.Context, url string) error {
	if url == "" {
		return nil
	}
	found, err := l.CheckLinks(ctx, url, "wechat")
	for _, f := range found {
		if f.Refuse {
			return connect.Trouble(community.CodeRefused, f.Link+"："+f.Reason[0]+"。", f.Link+": "+f.Reason[1]+".")
		}
	}
	return err
}

// Versions lists what an item was, the newest first.
func (l libraries) Versions(ctx context.Context, id community.ID) ([]shelf.Version, error) {
	if _, err := l.Get(ctx, id); err != nil {
		return nil, err
	}
	return l.app.store.LibraryVersions(ctx, id)
}

// Restore writes an earlier version anew, as the next one. CodeNotFound: there is none of this number.
func (l libraries) Restore(ctx context.Context, user string, id community.ID, version int, note string) (shelf.Item, error) {
	list, err := l.Versions(ctx, id)
	if err != nil {
		return shelf.Item{}, err
	}
	n := slices.IndexFunc(list, func(v shelf.Version) bool { return v.Version == version })
	if n < 0 {
		return shelf.Item{}, community.Errorf(community.CodeNotFound, "version %d: not found", version)
	}
	return l.Save(ctx, user, id, 0, "", list[n].Content, note)
}

// Archive puts an item away, or takes it out again. CodeConflict: it is so already, was changed meanwhile, or something names it, which is
// said then.
func (l libraries) Archive(ctx context.Context, user string, id community.ID, away bool, reason string) (shelf.Item, error) {
	i, err := l.own(ctx, id)
	if err != nil {
		return i, err
	}
	if i.Archived == away {
		return i, community.Errorf(community.CodeConflict, "it is so already")
	}
	verb := "library.archive"
	if !away {
		verb = "library.unarchive"
	} else if err := l.unnamed(ctx, id); err != nil {
		return i, err
	}
	if err := l.app.store.ArchiveLibrary(ctx, i, away, l.audit(user, verb, "", reason)); err != nil {
		return i, err
	}
	return l.Get(ctx, id)
}

// drawn is an item filled in for a place where it goes.
type drawn struct {
	shelf.Item
	text string
	link plan.Attached
}

// draw makes of an item what is said at a moment in groups (empty = by a filter). CodeRefused: it has expired and the order does not say
// why it goes; CodeBadInput: a variable has no value.
func (l libraries) draw(ctx context.Context, user string, id community.ID, o shelf.Order, groups []community.GroupKey, at int64) (drawn, error) {
	i, err := l.own(ctx, id)
	d := drawn{Item: i}
	if err != nil {
		return d, err
	}
	at = max(at, l.app.millis())
	switch err := i.MayUse(at, libraryZone(), o.Override); {
	case community.CodeOf(err) == community.CodeRefused:
		return d, connect.Trouble(community.CodeRefused, "这份素材只到 "+i.Expires+" 有效：要用，写明为什么。", "This item was good until "+i.Expires+": to use it, say why.")
	case err != nil:
		return d, err
	}
	link, err := l.counted(ctx, user, i)
	if err != nil {
		return d, err
	}
	values, err := l.values(ctx, o, groups, at)
	if err != nil {
		return d, err
	}
	said, missing := filled(i, "", link, values)
	d.text, d.link = said.Text, said.Link
	if len(missing) > 0 {
		names := shelf.Braced(missing)
		return d, connect.Trouble(community.CodeBadInput, "这些变量在这里没有值："+names+"。", "Nothing stands for these variables here: "+names+".")
	}
	return d, l.pressed(ctx, user, &d, values)
}

// pressed draws the picture of an item that is a poster, its variables filled in where they go by the same names, and puts it among the files.
func (l libraries) pressed(ctx context.Context, user string, d *drawn, values map[string]string) error {
	if d.Poster == "" {
		return nil
	}
	posters := l.app.Posters(l.org, l.groups)
	k, err := posters.Get(ctx, d.Poster)
	if err != nil {
		return err
	}
	filled := map[string]string{}
	for name := range k.Try {
		if v, ok := values[name]; ok {
			filled[name] = v
		}
	}
	raw, _, err := posters.Draw(ctx, k.Layout, filled, 0)
	if err != nil {
		return connect.Trouble(community.CodeBadInput, "海报“"+d.Poster+"”画不出来："+err.Error(), "The poster “"+d.Poster+"” cannot be drawn: "+err.Error())
	}
	p, err := l.KeepFile(ctx, user, shortened(d.Title, 80)+".png", raw)
	if err != nil {
		return err
	}
	d.Files = append(slices.Clone(d.Files), shelf.File{ID: p.File, Name: p.Name, Type: p.Type, Bytes: p.Bytes})
	return nil
}

// values are those of variables that a place knows by itself, under those that were given.
func (l libraries) values(ctx context.Context, o shelf.Order, groups []community.GroupKey, at int64) (map[string]string, error) {
	out := map[string]string{shelf.VarDate: time.UnixMilli(at).In(libraryZone()).Format(time.DateOnly)}
	if len(groups) == 1 { // one text goes to all: of several groups no name can be meant
		g, err := l.mine(ctx, groups[0])
		if err != nil {
			return nil, err
		}
		out[shelf.VarGroup] = g.Name
	}
	maps.Copy(out, o.Values)
	return out, nil
}

// counted is the link of an item: a short one of ours that counts who opens it, where this server can be reached; else the address itself. An
// item that leads nowhere has one where its text names it, or it is exclusive.
func (l libraries) counted(ctx context.Context, user string, i shelf.Item) (plan.Attached, error) {
	if !i.Leads() {
		return plan.Attached{}, nil
	}
	title := shortened(i.Title, plan.MaxLinkTitle)
	base := l.app.publicURL()
	if base == "" && i.URL != "" && !i.Exclusive {
		return plan.Attached{URL: i.URL, Title: title}, nil
	}
	s, err := l.shortOf(ctx, user, i)
	return plan.Attached{URL: base + "/l/" + s.Slug, Title: title}, err
}

// ToCalendar makes a draft in the calendar of an item: content says where, when and of which class. CodeUnsupported: the item has files,
// which the calendar does not carry.
func (l libraries) ToCalendar(ctx context.Context, user string, id community.ID, o shelf.Order, content plan.Content) (plan.Item, error) {
	at, err := plan.Moment(content.Date, content.At, libraryZone())
	if err != nil {
		return plan.Item{}, err
	}
	d, err := l.draw(ctx, user, id, o, content.Groups, at)
	if err != nil {
		return plan.Item{}, err
	}
	if len(d.Files) > 0 && d.Poster == "" && d.link.URL == "" && l.app.publicURL() != "" { // they are shown on the item's page
		s, err := l.shortOf(ctx, user, d.Item)
		if err != nil {
			return plan.Item{}, err
		}
		d.link = plan.Attached{URL: l.app.publicURL() + "/l/" + s.Slug, Title: shortened(d.Title, plan.MaxLinkTitle)}
	}
	if len(d.Files) > 0 && (d.link.URL == "" || d.Poster != "") {
		return plan.Item{}, connect.Trouble(community.CodeUnsupported, "内容日历不带文件：请用群发，或先设好外部地址让它以链接发出。", "The calendar carries no files: use a mass send, or set a public address so that it goes as a link.")
	}
	content.Title, content.Text, content.Link = cmp.Or(content.Title, d.Title), cmp.Or(d.text, d.Title), d.link
	content.Library, content.LibraryWhy = id, o.Override
	i, err := l.app.Calendars(l.org, l.groups).SaveItem(ctx, user, community.ID{}, 0, content, content.Reason)
	if err != nil {
		return i, err
	}
	use := shelf.Use{Item: id, Version: d.Version, Place: shelf.InCalendar, Ref: i.ID, Title: i.Title, Groups: i.Groups, Override: o.Override}
	return i, l.app.store.UseLibrary(ctx, l.org, use, l.audit(user, "", "", ""))
}

// ToBroadcast makes a mass send of an item: b says to whom, when, and whether it is a draft. What stops a mass send stops it.
func (l libraries) ToBroadcast(ctx context.Context, user string, id community.ID, o shelf.Order, b plan.Broadcast) (plan.Broadcast, error) {
	d, err := l.draw(ctx, user, id, o, b.Filter.Groups, b.Start)
	if err != nil {
		return b, err
	}
	b.Title, b.Text, b.Link = cmp.Or(b.Title, d.Title), cmp.Or(d.text, d.Title), d.link
	b.Library, b.LibraryWhy = id, o.Override
	b.Pieces = append(b.Pieces, piecesOf(d.Files)...)
	b, err = l.NewBroadcast(ctx, user, b)
	if b.ID.IsZero() {
		return b, err
	}
	use := shelf.Use{Item: id, Version: d.Version, Place: shelf.InBroadcast, Ref: b.ID, Title: b.Title, Groups: b.Filter.Groups, Override: o.Override}
	if bad := l.app.store.UseLibrary(ctx, l.org, use, l.audit(user, "", "", "")); err == nil { // a send that waits for a second person is there, too
		err = bad
	}
	return b, err
}

// Preview shows what an item would say in one group of each platform, the first that is found there.
func (l libraries) Preview(ctx context.Context, id community.ID, o shelf.Order) ([]shelf.Preview, error) {
	i, err := l.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	groups, _, err := l.desk().FindGroups(ctx, community.GroupFilter{Page: community.Page{Limit: 200}})
	if err != nil {
		return nil, err
	}
	var out []shelf.Preview
	for _, g := range groups {
		if g.Desk || slices.ContainsFunc(out, func(p shelf.Preview) bool { return p.Platform == g.Platform }) {
			continue
		}
		values, err := l.values(ctx, o, []community.GroupKey{g.Key}, l.app.millis())
		if err != nil {
			return nil, err
		}
		link := plan.Attached{}
		if i.URL != "" {
			link = plan.Attached{URL: i.URL, Title: shortened(i.Title, plan.MaxLinkTitle)}
		}
		post, missing := filled(i, i.Kind, link, values)
		way := l.app.way(ctx, g)
		said, gone := plan.Fit(post, way.Takes, l.app.publicURL())
		p := shelf.Preview{Platform: g.Platform, Group: g.Name, ByHand: way.Takes.Hand, Text: said.Link.Whole(said.Text), Missing: missing}
		for _, m := range gone {
			p.Lost = append(p.Lost, post.Pieces[m.Piece].Name)
		}
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b shelf.Preview) int { return cmp.Compare(a.Platform, b.Platform) })
	return out, nil
}

// leastQuoted is how many characters of a text a rulebook must hold before it counts as used there.
const leastQuoted = 8

// Uses lists where an item is named, where it was used (what was made of it), and the rulebooks in force that say it word for word as a welcome or in the written
// rules. Uses in groups outside the handle are left out and counted.
func (l libraries) Uses(ctx context.Context, id community.ID) (list []shelf.Use, beyond int, err error) {
	i, err := l.Get(ctx, id)
	if err != nil {
		return nil, 0, err
	}
	all, err := l.app.store.LibraryUses(ctx, id)
	if err != nil {
		return nil, 0, err
	}
	for _, u := range all {
		if l.groups != nil && !inside(u.Groups, l.groups) || l.groups != nil && len(u.Groups) == 0 {
			beyond++
			continue
		}
		list = append(list, u)
	}
	named, more, err := l.places(ctx, id)
	if err != nil {
		return nil, 0, err
	}
	books, err := l.quoted(ctx, i)
	return slices.Concat(named, list, books), beyond + more, err
}

// quoted lists the groups whose book in force holds an item's text.
func (l libraries) quoted(ctx context.Context, i shelf.Item) ([]shelf.Use, error) {
	text := strings.TrimSpace(i.Text)
	if r := []rune(text); len(r) < leastQuoted {
		return nil, nil
	}
	first := []byte(hint(text))
	var out []shelf.Use
	err := l.desk().BooksInForce(ctx, func(b store.Book) error {
		var book map[string]any
		if !bytes.Contains(b.Body, first) || json.Unmarshal(b.Body, &book) != nil {
			return nil
		}
		place := ""
		switch {
		case holds(book["charter"], text):
			place = shelf.InCharter
		case holds(book["rules"], text):
			place = shelf.InWelcome
		default:
			return nil
		}
		g, err := l.mine(ctx, b.Group)
		if err != nil {
			return err
		}
		out = append(out, shelf.Use{Item: i.ID, Version: i.Version, Place: place, Title: g.Name, Groups: []community.GroupKey{b.Group}, User: b.User, At: b.At})
		return nil
	})
	return out, err
}

// hint is the longest run of characters that JSON writes as they are, of the first line of a text.
func hint(text string) string {
	best := ""
	for _, run := range strings.FieldsFunc(text, func(r rune) bool { return r < ' ' || strings.ContainsRune(`"\<>&`, r) || r == ' ' }) {
		if len(run) > len(best) {
			best = run
		}
	}
	return best
}

// holds reports whether some text of a document holds another.
func holds(doc any, text string) bool {
	switch v := doc.(type) {
	case string:
		return strings.Contains(v, text)
	case []any:
		return slices.ContainsFunc(v, func(x any) bool { return holds(x, text) })
	case map[string]any:
		for _, x := range v {
			if holds(x, text) {
				return true
			}
		}
	}
	return false
}
