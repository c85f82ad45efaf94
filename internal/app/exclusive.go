package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"unicode/utf8"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/h5"
	"qunluo/internal/plan"
	"qunluo/internal/shelf"
)

// itemPath is where the public pages show an item of the library.
const itemPath = "/i/"

// Exclusive says to the current members of which groups an item opens, each by an address of their own; no group = it is exclusive no more.
// A reason is needed. CodeForbidden: it is exclusive to groups outside the handle, or would be.
func (l libraries) Exclusive(ctx context.Context, user string, id community.ID, groups []community.GroupKey, reason string) (shelf.Item, error) {
	i, err := l.own(ctx, id)
	switch {
	case err != nil:
		return i, err
	case strings.TrimSpace(reason) == "" || utf8.RuneCountInString(reason) > shelf.MaxReason:
		return i, community.Errorf(community.CodeBadInput, "reason: want 1 to %d characters", shelf.MaxReason)
	case !inside(groups, l.groups):
		return i, errBeyond()
	}
	for _, g := range groups {
		if err := l.sees(ctx, g); err != nil {
			return i, err
		}
	}
	groups = slices.Clone(groups)
	slices.Sort(groups)
	if err := l.app.store.MakeExclusive(ctx, i, slices.Compact(groups), l.audit(user, "", "", reason)); err != nil {
		return i, err
	}
	if err := l.app.letGo(ctx, l.org, user, reason); err != nil {
		return i, err
	}
	if err := l.app.withholdOpen(ctx, l.org, user, reason); err != nil {
		return i, err
	}
	return l.Get(ctx, id)
}

// pasted are the verbs whose tasks hold words that are ready to be pasted.
var pasted = []community.Verb{community.Send, community.Announce, community.MassSend, community.Todo, community.MoveOut}

// withholdOpen takes the words off tasks that are open, where they hold what is exclusive to others now: as the belt stops what it would say,
// people are not to paste it. They get them back once it is released.
func (a *App) withholdOpen(ctx context.Context, org community.OrgKey, user, reason string) error {
	var last community.ID
	changed := false
	for {
		list, err := a.store.OpenWords(ctx, org, pasted, last)
		if err != nil {
			return err
		}
		for _, act := range list {
			last = act.ID
			what, err := guard{a}.Withholds(ctx, org, act.Action)
			if err != nil {
				return err
			}
			if what == "" {
				continue
			}
			err = a.store.WithholdTask(ctx, act, what, community.Audit{Org: org, User: user, Verb: "task.withhold", Reason: reason})
			if err != nil && community.CodeOf(err) != community.CodeConflict { // somebody did it meanwhile
				return err
			}
			changed = true
		}
		if len(list) == 0 {
			break
		}
	}
	if changed {
		a.live.tell(taskChange(org))
	}
	return nil
}

// Release lets an exclusive item go to a group that is none of its own, or into moments (shelf.Moments), for a written reason, and with it what was stopped there because of it:
// CodeBadInput without one.
func (l libraries) Release(ctx context.Context, user string, id community.ID, g community.GroupKey, reason string) error {
	i, err := l.own(ctx, id)
	switch {
	case err != nil:
		return err
	case strings.TrimSpace(reason) == "" || utf8.RuneCountInString(reason) > shelf.MaxReason:
		return community.Errorf(community.CodeBadInput, "reason: want 1 to %d characters", shelf.MaxReason)
	case !i.Exclusive:
		return community.Errorf(community.CodeConflict, "it is not exclusive")
	case g == shelf.Moments && l.groups != nil: // everybody's customers may see it there
		return errBeyond()
	}
	if g != shelf.Moments {
		if err := l.sees(ctx, g); err != nil {
			return err
		}
	}
	if err := l.app.store.ReleaseItem(ctx, l.org, id, g, l.audit(user, "", "", reason)); err != nil {
		return err
	}
	return l.app.letGo(ctx, l.org, user, reason)
}

// Releases lists where an exclusive item may go besides its own groups.
func (l libraries) Releases(ctx context.Context, id community.ID) ([]shelf.Release, error) {
	if _, err := l.Get(ctx, id); err != nil {
		return nil, err
	}
	return l.app.store.Releases(ctx, id)
}

// Mine gives the address of an exclusive item that is one member's own, made when there is none; given again, it opens on new devices. CodeConflict:
// the item is not exclusive. CodeForbidden: the member is in none of its groups. CodeUnsupported: this server has no address that others can reach.
func (l libraries) Mine(ctx context.Context, user string, id, member community.ID) (string, error) {
	i, err := l.own(ctx, id)
	if err != nil {
		return "", err
	}
	if !i.Exclusive {
		return "", community.Errorf(community.CodeConflict, "it is not exclusive")
	}
	m, err := l.desk().MemberByID(ctx, member)
	if err != nil {
		return "", err
	}
	link, err := l.shortOf(ctx, user, i)
	if err != nil {
		return "", err
	}
	i.Short = link.ID
	token, err := l.app.store.ShortFor(ctx, link, m.Key)
	if err != nil {
		return "", err
	}
	r, err := l.app.store.LibraryReader(ctx, i, token, "")
	if err != nil {
		return "", err
	}
	if i.Open(shelf.Reader{Member: r.Member, Groups: r.Groups}) != "" {
		return "", connect.Trouble(community.CodeForbidden, "这个人现在不在它的任何一个群里。", "This person is in none of its groups now.")
	}
	return l.app.publicURL() + "/l/" + link.Slug + "/" + token, l.app.store.ForgetDevices(ctx, token)
}

// Short gives the link that counts an item's openings. CodeNotFound: it has none yet.
func (l libraries) Short(ctx context.Context, id community.ID) (admit.Short, error) {
	i, err := l.Get(ctx, id)
	if err == nil && i.Short.IsZero() {
		err = community.Errorf(community.CodeNotFound, "its openings are not counted yet")
	}
	if err != nil {
		return admit.Short{}, err
	}
	return l.app.store.ShortByID(ctx, l.org, i.Short)
}

// shortOf gives the short link of an item, made when there is none. CodeUnsupported: this server has no address that others can reach.
func (l libraries) shortOf(ctx context.Context, user string, i shelf.Item) (admit.Short, error) {
	if !i.Short.IsZero() {
		return l.app.store.ShortByID(ctx, l.org, i.Short)
	}
	base := l.app.publicURL()
	if base == "" {
		return admit.Short{}, connect.Trouble(community.CodeUnsupported, "还没有外部地址（server.public_url），别人打不开链接。", "There is no public address (server.public_url): nobody could open the link.")
	}
	s, err := l.app.store.AddShort(ctx, admit.Short{Org: l.org, Title: shortened(i.Title, admit.MaxName), Target: base + itemPath + i.ID.String(), For: admit.ForOther, By: user}, l.audit(user, "short.new", "", "library:"+i.ID.String()))
	if err != nil {
		return s, err
	}
	if err := l.app.store.CountLibrary(ctx, i.ID, s.ID); err != nil {
		return s, err
	}
	now, err := l.Get(ctx, i.ID) // of two at once the first stands
	if err != nil {
		return s, err
	}
	return l.app.store.ShortByID(ctx, l.org, now.Short)
}

// givenAway says which exclusive items a post would tell groups that are none of theirs.
func (p *plans) givenAway(ctx context.Context, post plan.Post, library community.ID, groups []community.GroupKey) ([]plan.Finding, error) {
	list, err := p.app.tellings(ctx, p.org, library, plan.Spoken(post), func() ([]string, error) { return p.app.hashesOf(ctx, post.Pieces) }, groups)
	if err != nil {
		return nil, err
	}
	var out []plan.Finding
	for _, v := range list {
		names, err := p.namesOf(ctx, v.beyond)
		if err != nil {
			return nil, err
		}
		out = append(out, plan.Finding{Rule: "library.exclusive", Kind: plan.Exclusive, Link: v.item.Title, Found: names, Refuse: true, Source: "/library/" + v.item.ID.String(), Verified: true,
			Reason: [2]string{"专属内容，不能发到别的群", "it is exclusive and does not go to other groups"}, Instead: [2]string{"发个人专属链接；或由有权的人写明原因放行", "send personal links; or have it released for a written reason"}})
	}
	return out, nil
}

// telling is that something exclusive would reach groups that are none of its own.
type telling struct {
	item   shelf.Item
	beyond []community.GroupKey
}

// tellings says which exclusive items words and files would tell which groups. library is an item that they are made from; files gives the
// hashes of what goes along, and is asked only where it matters.
func (a *App) tellings(ctx context.Context, org community.OrgKey, library community.ID, text string, files func() ([]string, error), groups []community.GroupKey) ([]telling, error) {
	items, err := a.store.ExclusiveItems(ctx, org)
	if err != nil || len(items) == 0 {
		return nil, err
	}
	given, err := files()
	if err != nil {
		return nil, err
	}
	var out []telling
	for _, i := range items {
		tells := i.ID == library || i.Tells(text)
		if !tells && len(given) > 0 {
			if tells, err = a.holds(ctx, i, given); err != nil {
				return nil, err
			}
		}
		if !tells {
			continue
		}
		released, err := a.store.Releases(ctx, i.ID)
		if err != nil {
			return nil, err
		}
		if beyond := i.Beyond(groups, released); len(beyond) > 0 {
			out = append(out, telling{i, beyond})
		}
	}
	return out, nil
}

// holds reports whether one of some files, by their hashes, is or was an item's, under whatever name.
func (a *App) holds(ctx context.Context, i shelf.Item, given []string) (bool, error) {
	hashes, err := a.store.ExclusiveFiles(ctx, i.ID)
	return slices.ContainsFunc(hashes, func(h string) bool { return slices.Contains(given, h) }), err
}

// hashesOf gives the hashes of the files of a post.
func (a *App) hashesOf(ctx context.Context, pieces []plan.Piece) (out []string, err error) {
	for _, piece := range pieces {
		u, err := a.store.UploadByID(ctx, piece.File)
		if err != nil {
			return nil, err
		}
		out = append(out, u.Hash)
	}
	return out, nil
}

// guard is what the belt asks, as the last thing before anything is said, whatever wanted it: a mirror, a reply, a welcome, a plan or a person.
type guard struct{ app *App }

// Looks implements engine.Exclusive.
func (x guard) Looks(ctx context.Context, org community.OrgKey, act community.Action) (bool, error) {
	items, err := x.app.store.ExclusiveItems(ctx, org)
	if err != nil {
		return false, err
	}
	for _, i := range items {
		hashes, err := x.app.store.ExclusiveFiles(ctx, i.ID)
		if err != nil {
			return false, err
		}
		if len(hashes) > 0 && len(i.Beyond([]community.GroupKey{act.Group}, nil)) > 0 {
			return true, nil
		}
	}
	return false, nil
}

// Withholds implements engine.Exclusive: the items' titles and addresses.
func (x guard) Withholds(ctx context.Context, org community.OrgKey, act community.Action) (string, error) {
	groups, err := x.app.toldBy(ctx, act)
	if err != nil {
		return "", err
	}
	list, err := x.app.tellings(ctx, org, community.ID{}, spokenBy(act), func() ([]string, error) { return x.app.filesOf(ctx, act.Segments) }, groups)
	if err != nil {
		return "", err
	}
	var lines []string
	for _, v := range list {
		lines = append(lines, "《"+v.item.Title+"》 "+x.app.base()+"/library/"+v.item.ID.String())
	}
	return strings.Join(lines, "\n"), nil
}

// toldBy are the groups that an action speaks to.
func (a *App) toldBy(ctx context.Context, act community.Action) ([]community.GroupKey, error) {
	if act.Verb != community.MassSend {
		return []community.GroupKey{act.Group}, nil
	}
	list, err := a.store.SentTargets(ctx, act.ID) // its own group is the desk of an account
	if len(list) == 0 {
		list = []community.GroupKey{act.Group}
	}
	return list, err
}

// still says what of that for which an action was stopped is not for its groups now. what names it as it was said then: of a picture that was fetched
// nothing else is kept.
func (a *App) still(ctx context.Context, org community.OrgKey, act community.Action, what string) (string, error) {
	now, err := guard{a}.Withholds(ctx, org, act)
	if err != nil || now != "" {
		return now, err
	}
	groups, err := a.toldBy(ctx, act)
	if err != nil {
		return "", err
	}
	items, err := a.store.ExclusiveItems(ctx, org)
	if err != nil {
		return "", err
	}
	for _, i := range items {
		if !strings.Contains(what, i.ID.String()) {
			continue
		}
		released, err := a.store.Releases(ctx, i.ID)
		if err != nil {
			return "", err
		}
		if len(i.Beyond(groups, released)) > 0 {
			return what, nil
		}
	}
	return "", nil
}

// spokenBy is everything that an action says in words and addresses.
func spokenBy(act community.Action) string {
	text := act.Text
	for _, seg := range act.Segments {
		text += "\n" + seg.Text + "\n" + seg.Ref + "\n" + string(seg.Raw)
	}
	return text
}

// filesOf gives the hashes of what an action shows, as far as it is known.
func (a *App) filesOf(ctx context.Context, segments []community.Segment) (out []string, err error) {
	for _, seg := range segments {
		if seg.File != nil {
			out = append(out, seg.File.Hash)
			continue
		}
		text, given := strings.CutPrefix(seg.Ref, community.UploadScheme)
		if !given {
			continue
		}
		id, err := community.ParseID(text)
		if err != nil {
			continue // it is nothing that we keep
		}
		u, err := a.store.UploadByID(ctx, id)
		if community.CodeOf(err) == community.CodeNotFound {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, u.Hash)
	}
	return out, nil
}

// letGo lets what was withheld go, where nothing in it is exclusive to others any more.
func (a *App) letGo(ctx context.Context, org community.OrgKey, user, reason string) error {
	list, err := a.store.Withheld(ctx, org)
	if err != nil {
		return err
	}
	for _, act := range list {
		what, err := a.still(ctx, org, act.Action, act.What)
		if err != nil {
			return err
		}
		if what != "" {
			continue
		}
		err = a.store.LetGo(ctx, act.Action, community.Audit{Org: org, User: user, Verb: "task.release", Reason: reason})
		if err != nil && community.CodeOf(err) != community.CodeConflict { // somebody else did
			return err
		}
	}
	if len(list) > 0 {
		a.jobs.Wake()
		a.live.tell(taskChange(org))
	}
	return nil
}

// Withheld lists what was stopped because it holds an item, in the groups of the handle.
func (l libraries) Withheld(ctx context.Context, id community.ID) ([]shelf.Withheld, error) {
	if _, err := l.Get(ctx, id); err != nil {
		return nil, err
	}
	list, err := l.app.store.Withheld(ctx, l.org)
	if err != nil {
		return nil, err
	}
	var out []shelf.Withheld
	for _, act := range list {
		if l.groups != nil && !slices.Contains(l.groups, act.Group) {
			continue
		}
		if strings.Contains(act.What, id.String()) {
			out = append(out, shelf.Withheld{Task: act.ID, Group: act.Group, By: act.Cause, Rule: act.Rule})
		}
	}
	return out, nil
}

// namesOf names the first of some groups; what lies outside the handle is counted alone.
func (p *plans) namesOf(ctx context.Context, groups []community.GroupKey) (string, error) {
	var names []string
	for _, g := range groups {
		if len(names) == 3 {
			names = append(names, "…")
			break
		}
		row, err := p.mine(ctx, g)
		if community.CodeOf(err) == community.CodeNotFound {
			continue
		}
		if err != nil {
			return "", err
		}
		names = append(names, row.Name)
	}
	return strings.Join(names, "、"), nil
}

// withheld refuses a person's words and files that tell a group an exclusive item that is none of its own: CodeRefused.
func (h *hands) withheld(ctx context.Context, a community.Action) error {
	if a.Verb != community.Send && a.Verb != community.Announce {
		return nil
	}
	list, err := h.app.tellings(ctx, h.org, community.ID{}, spokenBy(a), func() ([]string, error) { return h.app.filesOf(ctx, a.Segments) }, []community.GroupKey{a.Group})
	if err != nil || len(list) == 0 {
		return err
	}
	names, err := (&plans{hands: h}).namesOf(ctx, list[0].beyond)
	if err != nil {
		return err
	}
	return outOfBounds(list[0].item.Title, "别的群（"+names+"）", "other groups ("+names+")")
}

// outOfBounds says that something exclusive does not go somewhere.
func outOfBounds(title, zh, en string) error {
	return connect.Trouble(community.CodeRefused, title+"：专属内容，不能发到"+zh+"。发个人专属链接；或由有权的人写明原因放行。", title+": it is exclusive and does not go to "+en+". Send personal links; or have it released for a written reason.")
}

// Item gives what an item's page shows to whoever comes by a token and device. CodeNotFound: there is none, it is not open to the public, or it
// was put away.
func (l landings) Item(ctx context.Context, id community.ID, token, device string) (h5.Item, error) {
	i, err := l.app.store.LibraryOpen(ctx, id)
	if err != nil {
		return h5.Item{}, err
	}
	if i.Short.IsZero() || i.Archived {
		return h5.Item{}, community.Errorf(community.CodeNotFound, "item %s: it is not open", id)
	}
	page := h5.Item{Title: i.Title, Text: i.Text, URL: i.URL, Exclusive: i.Exclusive}
	if i.Exclusive {
		hash := sha256.Sum256([]byte(device))
		seen := hex.EncodeToString(hash[:])
		r, err := l.app.store.LibraryReader(ctx, i, token, seen)
		if err != nil {
			return h5.Item{}, err
		}
		if why := i.Open(r); why != "" {
			return h5.Item{Refused: why}, nil
		}
		fine, err := l.app.store.SeeDevice(ctx, token, seen, shelf.MaxDevices)
		if err != nil {
			return h5.Item{}, err
		}
		if !fine {
			return h5.Item{Refused: shelf.RefusedDevices}, nil
		}
	}
	for _, f := range i.Files {
		page.Files = append(page.Files, h5.ItemFile{ID: f.ID, Name: f.Name, Image: strings.HasPrefix(f.Type, "image/")})
	}
	return page, nil
}

// ItemFile reads a file of an item, for whoever the item opens to.
func (l landings) ItemFile(ctx context.Context, id, file community.ID, token, device string) (community.Medium, error) {
	page, err := l.Item(ctx, id, token, device)
	if err != nil {
		return community.Medium{}, err
	}
	if page.Refused != "" || !slices.ContainsFunc(page.Files, func(f h5.ItemFile) bool { return f.ID == file }) {
		return community.Medium{}, community.Errorf(community.CodeNotFound, "file %s: not found", file)
	}
	_, f, err := l.app.shelf.Given(ctx, file)
	return f, err
}
