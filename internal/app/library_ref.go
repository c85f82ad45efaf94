package app

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/plan"
	"qunluo/internal/shelf"
)

// What names an item of the library says what the item says when it goes: nothing that decides reads the library.

// say fills in a target that names an item, by the item as it is now. What stands in its way is given in words; then nothing is filled in.
func (a *App) say(ctx context.Context, k *plan.Target) (*plan.Said, error) {
	if k.Library.IsZero() {
		return nil, nil
	}
	l := a.Libraries(k.Org, nil)
	d, err := l.draw(ctx, k.User, k.Library, shelf.Order{Values: k.Values, Override: k.Force}, []community.GroupKey{k.Group}, a.millis())
	if err != nil {
		return unsaid(d.Item, err)
	}
	post := d.post()
	k.Text, k.Link, k.Pieces, k.LibraryN = post.Text, post.Link, post.Pieces, d.Version
	return nil, nil
}

// post is what is said of an item that was filled in.
func (d drawn) post() plan.Post {
	return plan.Post{Text: cmp.Or(d.text, d.Title), Link: d.link, Pieces: piecesOf(d.Files)}
}

// filled is what an item says with a link and with values for its variables, and the variables that nothing stands for: what kind fills
// later by itself is none of them. A link that stands in the text does not go beside it, too.
func filled(i shelf.Item, kind shelf.Kind, link plan.Attached, values map[string]string) (plan.Post, []string) {
	if link.URL != "" {
		values[shelf.VarLink] = link.URL
		if strings.Contains(i.Text, "{"+shelf.VarLink+"}") {
			link = plan.Attached{}
		}
	}
	text, missing := shelf.Fill(i.Text, kind, values)
	return plan.Post{Text: text, Link: link, Pieces: piecesOf(i.Files)}, missing
}

// piecesOf are files of an item as they go with a text.
func piecesOf(files []shelf.File) (out []plan.Piece) {
	for _, f := range files {
		out = append(out, plan.Piece{Kind: plan.KindOf(f.Type), File: f.ID, Name: f.Name, Type: f.Type, Bytes: f.Bytes})
	}
	return out
}

// unsaid says in words why an item cannot go; an error that is none of its own is given back.
func unsaid(i shelf.Item, err error) (*plan.Said, error) {
	why := connect.SayOf(err)
	switch community.CodeOf(err) {
	case community.CodeNotFound:
		why = [2]string{"它用的素材或素材里的文件不在了", "the item of the library that it uses, or a file of it, is not there any more"}
	case community.CodeConflict:
		why = [2]string{"它用的素材已收起", "the item of the library that it uses was put away"}
	case community.CodeRefused:
		why = [2]string{"它用的素材已过有效期", "the item of the library that it uses has expired"}
	case community.CodeBadInput, community.CodeUnsupported, community.CodeTooLarge, community.CodeLate, community.CodeForbidden:
		if why[0] == "" {
			why = [2]string{"它用的素材现在发不了：" + err.Error(), "the item of the library that it uses cannot go now: " + err.Error()}
		}
	default:
		return nil, err
	}
	for n := range why {
		why[n] = strings.TrimRight(why[n], "。.")
	}
	found := i.Title
	if found == "" {
		found = "–"
	}
	return &plan.Said{Rule: "library", Found: found, Why: why}, nil
}

// askInstead asks a person about a turn that its item keeps from going, once for a round of it.
func (a *App) askInstead(ctx context.Context, k plan.Target, why plan.Said) error {
	p := a.Plans(k.Org, nil)
	sop, err := a.store.SOPByID(ctx, community.Scope{Org: k.Org}, k.Source)
	if err != nil {
		return err
	}
	words, err := a.wordsOf(ctx, k.Org)
	if err != nil {
		return err
	}
	said := words.T("library.step_stopped", "sop", sop.Name, "item", why.Found, "why", words.Pick(why.Why))
	order := community.PersonDecision{Kind: "act", User: system, Reason: "library", Actions: []community.Action{{
		Verb: community.Todo, Group: k.Group, Until: a.millis() + day, Text: said + "\n" + a.base() + "/library/" + k.Library.String() + "\n" + a.base() + "/sops/" + k.Source.String(),
	}}}
	key := fmt.Sprintf("library:%s:%d", k.ID, k.Round)
	if _, err := a.engine.DecideOnce(ctx, k.Group, key, order, p.audit(system, "library.stop", "sop:"+k.Source.String(), why.Rule)); err != nil {
		return err
	}
	a.live.tell(taskChange(k.Org))
	return nil
}

// named judges the steps that name items, and gives all with the words that they would say now. Nothing is made for it.
func (p *plans) named(ctx context.Context, s plan.SOP, groups []community.GroupRow) (plan.SOP, []plan.StepFinding, error) {
	s.Steps = slices.Clone(s.Steps)
	var out []plan.StepFinding
	for n := range s.Steps {
		step := &s.Steps[n]
		if step.Library.IsZero() {
			continue
		}
		post, found, err := p.app.Libraries(p.org, p.groups).peek(ctx, *step, groups)
		if err != nil {
			return s, nil, err
		}
		step.Text, step.Link, step.Pieces = post.Text, post.Link, post.Pieces
		for _, f := range found {
			out = append(out, plan.StepFinding{Step: n + 1, Finding: f})
		}
	}
	return s, out, nil
}

// peek is what a step that names an item would say in groups, with what is wrong with the item.
func (l libraries) peek(ctx context.Context, step plan.Step, groups []community.GroupRow) (plan.Post, []plan.Finding, error) {
	bad := func(i shelf.Item, rule string, kind plan.LinkKind, found string, reason, instead [2]string) []plan.Finding {
		return []plan.Finding{{Rule: rule, Kind: kind, Since: i.Expires, Link: i.Title, Found: found, Refuse: true, Source: "/library/" + step.Library.String(), Verified: true, Reason: reason, Instead: instead}}
	}
	i, err := l.own(ctx, step.Library)
	if code := community.CodeOf(err); code == community.CodeNotFound || code == community.CodeForbidden {
		return plan.Post{Text: "–"}, bad(i, "library.missing", plan.Unfilled, "–", [2]string{"素材库里没有这份素材，或不归你管", "there is no such item in the library, or it is none of yours"}, [2]string{"换一份素材", "choose another item"}), nil
	}
	if err != nil {
		return plan.Post{}, nil, err
	}
	at := l.app.millis()
	if step.Kind == plan.OnDate {
		if when, err := plan.Moment(step.Date, step.At, libraryZone()); err == nil {
			at = max(at, when)
		}
	}
	var found []plan.Finding
	switch community.CodeOf(i.MayUse(at, libraryZone(), "")) {
	case community.CodeConflict:
		found = bad(i, "library.away", plan.Unfilled, i.Title, [2]string{"素材已收起", "the item was put away"}, [2]string{"取回素材，或换一份", "take it out again, or choose another item"})
	case community.CodeRefused:
		found = bad(i, "library.expired", plan.OfLibrary, i.Expires, [2]string{"素材到时已过有效期", "the item will have expired by then"}, [2]string{"更新素材；写明原因可以先存，到时仍会停下来问人", "bring the item up to date; with a reason it is kept, and asks a person when its time comes"})
	}
	one := []community.GroupKey(nil)
	if len(groups) > 0 {
		one = []community.GroupKey{groups[0].Key}
	}
	post, missing, err := l.shown(ctx, i, step.Values, one, at)
	if len(missing) > 0 {
		found = append(found, bad(i, "library.variable", plan.Unfilled, shelf.Braced(missing), [2]string{"素材里的变量没有值", "nothing stands for variables of the item"}, [2]string{"在这一步写上它们的值", "say in the step what stands for them"})...)
	}
	return post, found, err
}

// shown is what an item says in a group, or in some group when none is given; its link stands for the one that will count. A poster is not drawn.
func (l libraries) shown(ctx context.Context, i shelf.Item, given map[string]string, group []community.GroupKey, at int64) (plan.Post, []string, error) {
	values, err := l.values(ctx, shelf.Order{Values: given}, group, at)
	if err != nil {
		return plan.Post{}, nil, err
	}
	if len(group) == 0 && values[shelf.VarGroup] == "" {
		values[shelf.VarGroup] = "{" + shelf.VarGroup + "}"
	}
	var link plan.Attached
	if url := cmp.Or(i.URL, l.app.publicURL()); url != "" && i.Leads() {
		link = plan.Attached{URL: url, Title: shortened(i.Title, plan.MaxLinkTitle)}
	}
	post, missing := filled(i, "", link, values)
	post.Text = cmp.Or(post.Text, i.Title)
	return post, missing, nil
}

// places lists where an item is named now, and counts those that lie outside the handle.
func (l libraries) places(ctx context.Context, id community.ID) (list []shelf.Use, beyond int, err error) {
	sops, err := l.app.store.SOPsNaming(ctx, l.org, id)
	if err != nil {
		return nil, 0, err
	}
	for _, s := range sops {
		if l.groups != nil && len(s.In) > 0 && !slices.ContainsFunc(s.In, func(g community.GroupKey) bool { return slices.Contains(l.groups, g) }) {
			beyond++
			continue
		}
		list = append(list, shelf.Use{Item: id, Version: s.Version, Place: shelf.InStep, Ref: s.ID, Title: s.Name, Groups: s.In, User: s.User, At: s.Created})
	}
	books, more, err := l.greetings(ctx, id)
	return append(list, books...), beyond + more, err
}

// unnamed refuses what would take an item away from where it is named: CodeConflict with the places.
func (l libraries) unnamed(ctx context.Context, id community.ID) error {
	list, beyond, err := l.places(ctx, id)
	if err != nil || len(list)+beyond == 0 {
		return err
	}
	var zh, en []string
	for _, u := range list {
		if u.Place == shelf.InStep {
			zh, en = append(zh, "SOP“"+u.Title+"”"), append(en, "the SOP “"+u.Title+"”")
		} else {
			zh, en = append(zh, "“"+u.Title+"”的欢迎语"), append(en, "the welcome of “"+u.Title+"”")
		}
	}
	if beyond > 0 {
		zh, en = append(zh, fmt.Sprintf("你看不到的 %d 处", beyond)), append(en, fmt.Sprintf("%d places that you do not see", beyond))
	}
	return connect.Trouble(community.CodeConflict, "还有这些地方按名字用着它："+strings.Join(zh, "、")+"。先把那里换成别的。", "It is named in "+strings.Join(en, ", ")+": choose something else there first.")
}

// Said counts what was said of an item by name, by its versions, in the groups of the handle.
func (l libraries) Said(ctx context.Context, id community.ID) ([]shelf.SaidOf, error) {
	if _, err := l.Get(ctx, id); err != nil {
		return nil, err
	}
	return l.app.store.LibrarySaid(ctx, id, l.groups)
}
