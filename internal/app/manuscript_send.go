package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"qunluo/internal/bulk"
	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/plan"
	"qunluo/internal/store"
)

// Send sends a draft into channels (none = all of them that it has not gone into), in their order, and gives where each stands then. What goes wrong in one
// holds up no other and stands there; sent again it goes on where it stopped, nothing twice. force says why it goes although the link check stops
// it. CodeBadInput: it does not go to such a channel; CodeConflict: it went there already, or somebody sends it there now.
func (p manuscripts) Send(ctx context.Context, user string, id community.ID, channels []plan.Channel, force string) ([]plan.Stand, error) {
	m, err := p.own(ctx, id)
	if err != nil {
		return nil, err
	}
	if m.Archived {
		return nil, community.Errorf(community.CodeConflict, "it was put away")
	}
	v, err := p.view(ctx, m)
	if err != nil {
		return nil, err
	}
	all := len(channels) == 0
	if all {
		channels = v.channels
	}
	channels = slices.Clone(channels)
	plan.SortChannels(channels)
	if len(channels) == 0 {
		return nil, connect.Trouble(community.CodeBadInput, "没有选去处，或没有一个群符合。", "It goes nowhere: choose a channel, and groups that there are.")
	}
	for _, c := range channels {
		if !slices.Contains(v.channels, c) && m.StandFor(c).State == plan.ChannelIdle {
			return nil, community.Errorf(community.CodeBadInput, "channel %s: it does not go there", c)
		}
	}
	var errs []error
	for _, c := range slices.Compact(channels) {
		if all && m.StandFor(c).MayGo(m.Version, p.app.millis()) != nil {
			continue
		}
		if err := p.sendTo(ctx, user, m, v, c, force); err != nil {
			errs = append(errs, err)
		}
		if c == plan.ChannelPage { // now its address is known
			if v, err = p.view(ctx, m); err != nil {
				return nil, err
			}
		}
	}
	stands, err := p.Stands(ctx, id)
	return stands, errors.Join(append(errs, err)...)
}

// sendTo sends a draft into one channel. What goes wrong there is noted; an error is that it may not be tried.
func (p manuscripts) sendTo(ctx context.Context, user string, m plan.Manuscript, v *manuscriptView, c plan.Channel, force string) error {
	if again, err := p.again(ctx, user, m, c, force); again || err != nil {
		return err
	}
	w, err := p.app.store.ClaimChannel(ctx, m, c, p.audit(user, "", "", force))
	if err != nil {
		return err
	}
	if n, barred := plan.Barred(v.looks[c], force); barred {
		return p.failed(ctx, m.ID, w, connect.Trouble(community.CodeRefused, n.Link+"："+n.Reason[0]+"（"+n.Found+"）。"+n.Instead[0]+"。", n.Link+": "+n.Reason[1]+" ("+n.Found+"). "+n.Instead[1]+"."))
	}
	if _, box := c.Box(); box {
		p.app.jobs.Wake() // its job follows from the claim
		return nil
	}
	if c == plan.ChannelPage {
		page, _, err := p.publish(ctx, user, plan.PageOfManuscript, m.ID, m.SheetOf(m.Version), force)
		if err != nil {
			return p.failed(ctx, m.ID, w, err)
		}
		w.Handle = page.Code
	} else if err := p.toGroups(ctx, user, m, w, v, force); err != nil {
		return p.failed(ctx, m.ID, w, err)
	}
	w.State = plan.ChannelSent
	return p.app.store.NoteChannel(ctx, m.ID, w)
}

// again asks anew for what failed in a channel that it went into: of a mass send the groups that did not get it.
func (p manuscripts) again(ctx context.Context, user string, m plan.Manuscript, c plan.Channel, why string) (bool, error) {
	s, err := p.stand(ctx, m, c)
	if err != nil || s.State != plan.ChannelFailed && s.State != plan.ChannelPartly {
		return false, err
	}
	switch s.Went.State {
	case plan.ChannelSent:
		_, err := p.Retry(ctx, user, s.Went.Ref, why)
		return true, err
	case plan.ChannelTask: // nobody did it: it may be sent anew
		w := s.Went
		w.State = plan.ChannelFailed
		return false, p.app.store.NoteChannel(ctx, m.ID, w)
	}
	return false, nil
}

// failed notes why a draft did not get into a channel.
func (p manuscripts) failed(ctx context.Context, id community.ID, w plan.Went, why error) error {
	return p.app.noteFault(ctx, id, w, why)
}

func (a *App) noteFault(ctx context.Context, id community.ID, w plan.Went, why error) error {
	if ctx.Err() != nil {
		return why // a house that closes: who comes next goes on
	}
	w.State, w.Code, w.Why = plan.ChannelFailed, community.CodeOf(why), connect.SayOf(why)
	if w.Code == community.CodeTimeout {
		w.State = plan.ChannelUnsure
	}
	if w.Why[0] == "" {
		w.Why = [2]string{why.Error(), why.Error()}
	}
	return a.store.NoteChannel(ctx, id, w)
}

// toGroups makes the mass send to the groups of a platform, under the id that was drawn for it: made already, it is not made twice.
func (p manuscripts) toGroups(ctx context.Context, user string, m plan.Manuscript, w plan.Went, v *manuscriptView, force string) error {
	_, err := p.app.store.BroadcastNow(ctx, w.Ref)
	if community.CodeOf(err) != community.CodeNotFound {
		return err
	}
	platform, _ := w.Channel.Groups()
	if len(v.groups[w.Channel]) == 0 {
		return connect.Trouble(community.CodeBadInput, "这个平台上没有符合的群。", "There is no such group on this platform.")
	}
	if _, stopped := plan.Barred(v.looks[w.Channel], ""); !stopped {
		force = "" // a reason that nothing asked for lets nothing pass the guard
	}
	post := v.posts[w.Channel]
	_, err = p.NewBroadcast(ctx, user, plan.Broadcast{ID: w.Ref, Title: m.Title, Text: post.Text, Link: post.Link, Pieces: post.Pieces, ByLink: post.ByLink, Force: force,
		Filter: plan.Filter{Platform: platform, Groups: v.groups[w.Channel]}})
	var waits *bulk.Waits
	if errors.As(err, &waits) {
		return nil // a second person is asked
	}
	return err
}

// Stands says where a draft stands in each of its channels, those it went into and those it goes to.
func (p manuscripts) Stands(ctx context.Context, id community.ID) ([]plan.Stand, error) {
	m, err := p.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	groups, err := p.aim(ctx, m.To)
	if err != nil {
		return nil, err
	}
	list := m.To.Channels(groups)
	for _, w := range m.Went {
		if !slices.Contains(list, w.Channel) {
			list = append(list, w.Channel)
		}
	}
	plan.SortChannels(list)
	var out []plan.Stand
	for _, c := range list {
		s, err := p.stand(ctx, m, c)
		if err != nil {
			return nil, err
		}
		if platform, of := c.Groups(); of {
			for _, g := range groups {
				if g.Platform == platform {
					s.Groups++
				}
			}
		}
		out = append(out, s)
	}
	return out, nil
}

// stand reads where a draft stands in a channel: what became of its mass send, as far as the handle sees it, or of its task.
func (p manuscripts) stand(ctx context.Context, m plan.Manuscript, c plan.Channel) (plan.Stand, error) {
	s := plan.Stand{Channel: c, Went: m.StandFor(c)}
	hand, task := 0, ""
	_, groups := c.Groups()
	switch {
	case s.Went.State == plan.ChannelTask:
		k, err := p.app.store.TaskNow(ctx, s.Went.Ref)
		if err != nil && community.CodeOf(err) != community.CodeNotFound {
			return s, err
		}
		task = k.State
	case groups && s.Went.State == plan.ChannelSent:
		b, err := p.Broadcast(ctx, s.Went.Ref)
		if community.CodeOf(err) == community.CodeNotFound { // it went to groups that the handle does not see
			break
		}
		if err != nil {
			return s, err
		}
		s.Send = b
		err = p.each(ctx, b.ID, func(k plan.Target) error {
			if k.State() == plan.Sent && k.Mode == community.Human {
				hand++
			}
			return nil
		})
		if err != nil {
			return s, err
		}
	}
	s.State = s.Went.Standing(s.Send, hand, task)
	return s, nil
}

// boxSteps is what was done at the platform of a draft that goes into a draft box.
type boxSteps struct {
	Pictures map[string]string `json:"pictures,omitempty"` // addresses there, by the id of the kept file
	Cover    string            `json:"cover,omitempty"`    // its id there
	Of       string            `json:"of,omitempty"`       // the kept file that the cover is
	Asked    bool              `json:"asked,omitempty"`    // the draft was sent once, whatever came of it
}

// boxJob puts a draft into the draft box of an official account. Where its connection cannot, a person is asked.
func (a *App) boxJob(ctx context.Context, j store.Job) error {
	text, rest, _ := strings.Cut(j.Key, "/")
	at := strings.LastIndexByte(rest, '/')
	id, err := community.ParseID(text)
	if err != nil || at < 0 {
		return err
	}
	m, err := a.store.ManuscriptNow(ctx, id)
	if err != nil {
		return err
	}
	w := m.StandFor(plan.Channel(rest[:at]))
	account, box := w.Channel.Box()
	if !box || w.State != plan.ChannelGoing || strconv.Itoa(w.Tries) != rest[at+1:] {
		return nil // somebody sent it anew, or it is there
	}
	if m.Writing, err = a.writingOf(ctx, m, w.Version); err != nil {
		return err
	}
	p := a.Manuscripts(m.Org, nil)
	row, err := p.desk().AccountByID(ctx, account)
	if err == nil {
		err = p.fillBox(ctx, m, &w, row)
	}
	switch {
	case err == nil:
		w.State = plan.ChannelSent
		return a.store.NoteChannel(ctx, id, w)
	case community.CodeOf(err) == community.CodeUnsupported:
		if task := p.byHand(ctx, m, &w, row, err); task != nil {
			return a.noteFault(ctx, id, w, task)
		}
		return a.store.NoteChannel(ctx, id, w)
	}
	return a.noteFault(ctx, id, w, err)
}

// writingOf gives what a manuscript was in a version.
func (a *App) writingOf(ctx context.Context, m plan.Manuscript, version int) (plan.Writing, error) {
	if version == m.Version {
		return m.Writing, nil
	}
	list, err := a.store.ManuscriptVersions(ctx, m.ID)
	if err != nil {
		return plan.Writing{}, err
	}
	for _, v := range list {
		if v.Version == version {
			return v.Writing, nil
		}
	}
	return plan.Writing{}, community.Errorf(community.CodeNotFound, "version %d: not found", version)
}

// fillBox uploads what is missing and puts the article into the draft box; each step is noted before the next, so that none is done twice.
func (p manuscripts) fillBox(ctx context.Context, m plan.Manuscript, w *plan.Went, account community.Account) error {
	session := p.app.wires.session(account.Key)
	if session == nil {
		return connect.Trouble(community.CodeUnreachable, "公众号的连接没有在运行。", "The connection of the official account is not running.")
	}
	box, ok := session.(connect.Drafter)
	if !ok {
		return community.Errorf(community.CodeUnsupported, "the connection has no draft box")
	}
	if err := box.MayDraft(); err != nil {
		return err
	}
	var steps boxSteps
	if err := json.Unmarshal(w.Steps, &steps); err != nil {
		return err
	}
	note := func() (err error) {
		if w.Steps, err = json.Marshal(steps); err != nil {
			return err
		}
		return p.app.store.NoteChannel(ctx, m.ID, *w)
	}
	pictures := make([]string, len(m.Pictures))
	for i, piece := range m.Pictures {
		key := piece.File.String()
		if steps.Pictures[key] == "" {
			f, err := p.FileContent(ctx, piece.File)
			if err != nil {
				return err
			}
			at, err := box.ArticlePicture(ctx, f)
			if err != nil {
				return err
			}
			if steps.Pictures == nil {
				steps.Pictures = map[string]string{}
			}
			steps.Pictures[key] = at
			if err := note(); err != nil {
				return err
			}
		}
		pictures[i] = steps.Pictures[key]
	}
	cover, has := m.CoverOf()
	if !has {
		return connect.Trouble(community.CodeBadInput, "公众号文章必须有封面。", "An article needs a cover.")
	}
	if steps.Of != cover.File.String() {
		f, err := p.FileContent(ctx, cover.File)
		if err != nil {
			return err
		}
		if steps.Cover, err = box.ArticleCover(ctx, f); err != nil {
			return err
		}
		if steps.Of = cover.File.String(); w.Handle == "" {
			steps.Asked = false // no draft has this cover yet
		}
		if err := note(); err != nil {
			return err
		}
	}
	page, err := p.pageLink(ctx, m)
	if err != nil {
		return err
	}
	if strings.HasSuffix(page.URL, shortStand) {
		page = plan.Attached{} // it does not stand
	}
	article := m.ArticleOf(pictures, page.URL)
	article.Cover = steps.Cover
	if w.Handle == "" && steps.Asked { // whether it got there nobody knows
		if w.Handle, err = box.FindArticle(ctx, steps.Cover); err != nil {
			return err
		}
	}
	if !steps.Asked {
		steps.Asked = true
		if err := note(); err != nil {
			return err
		}
	}
	handle, err := box.SaveArticle(ctx, w.Handle, article)
	if community.CodeOf(err) == community.CodeNotFound && w.Handle != "" {
		w.Handle, steps = "", boxSteps{Pictures: steps.Pictures} // published or deleted there: sent again it is a new one
		w.Steps, _ = json.Marshal(steps)                         // plain values
		return connect.Trouble(community.CodeNotFound, "公众号里已经没有这份草稿（可能已发布或被删）。再发一次会新建一份。", "The account has this draft no longer (published, or deleted). Sent again it becomes a new one.")
	}
	if err == nil {
		w.Handle = handle
	}
	return err
}

// byHand asks a person to put a draft into a draft box, with its words ready to copy.
func (p manuscripts) byHand(ctx context.Context, m plan.Manuscript, w *plan.Went, account community.Account, why error) error {
	rows, _, err := p.desk().FindGroups(ctx, community.GroupFilter{Desks: true, Page: community.Page{Limit: 200}})
	if err != nil {
		return err
	}
	i := slices.IndexFunc(rows, func(g community.GroupRow) bool { return slices.Contains(g.Accounts, account.Key) })
	if i < 0 {
		return why
	}
	words, err := p.app.wordsOf(ctx, p.org)
	if err != nil {
		return err
	}
	a := m.ArticleOf(nil, "")
	lines := []string{words.T("drafts.by_hand", "account", account.Name), words.T("drafts.title") + "：" + a.Title}
	for _, one := range [][2]string{{"drafts.author", a.Author}, {"drafts.digest", a.Digest}, {"drafts.source", a.Source}} {
		if one[1] != "" {
			lines = append(lines, words.T(one[0])+"："+one[1])
		}
	}
	text := strings.Join(append(lines, "", m.Plain(), "", p.app.base()+"/drafts/"+m.ID.String()), "\n")
	key := fmt.Sprintf("draft:%s:%s:%d", m.ID, w.Channel, w.Tries)
	order := community.PersonDecision{Kind: "act", User: cmp.Or(w.User, system), Reason: "draft", Actions: []community.Action{{Verb: community.Todo, Group: rows[i].Key, Until: p.app.millis() + 3*day, Text: text}}}
	made, err := p.app.engine.DecideOnce(ctx, rows[i].Key, key, order, p.audit(cmp.Or(w.User, system), "draft.task", "draft:"+m.ID.String(), ""))
	if err != nil {
		return err
	}
	var task community.ID
	if len(made) > 0 && len(made[0].Actions) > 0 {
		task = made[0].Actions[0].ID
	} else if task, err = p.app.store.ActionUnder(ctx, rows[i].Key, key); err != nil {
		return err
	}
	w.State, w.Ref, w.Code, w.Why = plan.ChannelTask, task, community.CodeOf(why), connect.SayOf(why)
	p.app.live.tell(taskChange(p.org))
	return nil
}
