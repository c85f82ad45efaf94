package app

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/digest"
	"qunluo/internal/draft"
	"qunluo/internal/i18n"
	"qunluo/internal/lexicon"
	"qunluo/internal/llm"
	"qunluo/internal/measure"
	"qunluo/internal/plan"
	"qunluo/internal/shelf"
	"qunluo/internal/store"
)

const (
	jobModels  = "models"
	modelsEach = 6 * time.Hour
)

// sweepModels empties what went out long ago.
func (a *App) sweepModels(ctx context.Context, _ store.Job) error { return a.store.SweepModel(ctx) }

// askModel asks the model for a proposal that waits. What fails is noted in the proposal, whose templates stand; only a fault of ours is tried again.
func (a *App) askModel(ctx context.Context, j store.Job) error {
	id, err := community.ParseID(j.Key)
	if err != nil {
		return err
	}
	p, err := a.store.Proposal(ctx, id)
	if community.CodeOf(err) == community.CodeNotFound || err == nil && p.State != draft.Waiting {
		return nil // dropped, forgotten or answered meanwhile
	}
	if err != nil {
		return err
	}
	_, err = a.Models(p.Org, nil).write(ctx, p)
	return err
}

// write asks the model and keeps what came of it.
func (m models) write(ctx context.Context, p draft.Proposal) (draft.Proposal, error) {
	var err error
	if p.Order.Kind == draft.ForDigest {
		err = m.askDigest(ctx, &p)
	} else {
		err = m.askOrder(ctx, &p)
	}
	if ctx.Err() != nil {
		return p, ctx.Err() // we stop: asked again after the start
	}
	if err != nil {
		code := community.CodeOf(err)
		if code == community.CodeInternal || code == community.CodeBusy {
			return p, err
		}
		p.Notes = append(p.Notes, "code_"+string(code))
	}
	p.State = draft.Done
	done, err := m.app.store.ChangeProposal(ctx, p, community.Audit{})
	if community.CodeOf(err) == community.CodeConflict {
		return p, nil // dropped while it was asked
	}
	return done, err
}

// askOrder asks for a post or a question.
func (m models) askOrder(ctx context.Context, p *draft.Proposal) error {
	cloak, _, err := m.cloak(ctx, p.Group)
	if err != nil {
		return err
	}
	guard := newGuard()
	list, err := draft.Ask(p.Order, cloak, guard)
	if err != nil {
		return err
	}
	return m.ask(ctx, p, list, func(answer string) (left []string) {
		choice, why := draft.Read(p.Order, cloak, guard, answer)
		if why != "" {
			return []string{why}
		}
		p.Choices = slices.Insert(p.Choices, 0, choice)
		return nil
	})
}

// newGuard makes the word of one call that an answer must not hold.
func newGuard() string {
	raw := make([]byte, 10)
	rand.Read(raw) //nolint:errcheck // never fails
	return "guard" + strings.ToLower(base32.StdEncoding.EncodeToString(raw))
}

// ask sends messages to the model that is set and has its answer read. Before anything goes out it is on record, as it goes out.
func (m models) ask(ctx context.Context, p *draft.Proposal, list []draft.Message, read func(answer string) (left []string)) error {
	v, err := m.app.store.ModelSettings(ctx, m.org)
	if err != nil {
		return err
	}
	e, err := m.endpoint(v)
	if err != nil {
		return err
	}
	sent, err := json.Marshal(list)
	if err != nil {
		return err
	}
	call := draft.Call{Org: m.org, User: p.User, Group: p.Group, Purpose: p.Order.Kind, Host: v.Host, Region: v.Region, Model: v.Model, Sent: string(sent), SentChars: draft.Chars(list)}
	if call, err = m.app.store.BeginModelCall(ctx, call, m.app.jurisdiction()); err != nil {
		return err
	}
	began := m.app.millis()
	answer, failed := m.app.llm.Ask(ctx, e, v.Model, list)
	call.Took, call.GotChars, call.TokensIn, call.TokensOut = m.app.millis()-began, answer.Bytes, answer.TokensIn, answer.TokensOut
	call.State = draft.CallGood
	if failed != nil {
		call.State, call.Code = draft.CallFailed, community.CodeOf(failed)
	} else if left := read(answer.Text); len(left) > 0 {
		p.Notes = left
		call.Note = strings.Join(slices.Sorted(maps.Keys(counted(left))), " ")
		if !slices.ContainsFunc(p.Choices, func(c draft.Choice) bool { return c.Source == draft.FromModel }) {
			call.State = draft.CallBad
		}
	}
	if failed == nil {
		p.Model = v.Model
	}
	if err := m.app.store.EndModelCall(context.WithoutCancel(ctx), call); err != nil {
		return err
	}
	return failed
}

func counted(list []string) map[string]int {
	out := map[string]int{}
	for _, v := range list {
		out[v]++
	}
	return out
}

// DraftNow is Draft that waits for the model: for who has no page to look at again.
func (m models) DraftNow(ctx context.Context, user string, g community.GroupKey, o draft.Order) (draft.Proposal, error) {
	p, ask, err := m.ordered(ctx, user, g, o)
	if err != nil {
		return p, err
	}
	p.State = draft.Done // no job asks for it
	if p, err = m.app.store.AddProposal(ctx, p); err != nil || !ask {
		return p, err
	}
	return m.whole().write(ctx, p)
}

// RewriteNow is Rewrite that waits for the model.
func (m models) RewriteNow(ctx context.Context, user string, id community.ID) (draft.Proposal, error) {
	p, err := m.rewriting(ctx, user, id)
	if err != nil {
		return p, err
	}
	p.State = draft.Done
	if p, err = m.app.store.AddProposal(ctx, p); err != nil {
		return p, err
	}
	return m.whole().write(ctx, p)
}

// whole sees the whole organisation: what is sent is masked by the names of all.
func (m models) whole() models { return m.app.Models(m.org, nil) }

// Rewrite orders other words of a digest's draft from the model. CodeRefused, CodeLimited: none may be asked; CodeForbidden: digests are not sent to it;
// CodeConflict: the digest waits for nobody any more, or nothing is in it.
func (m models) Rewrite(ctx context.Context, user string, id community.ID) (draft.Proposal, error) {
	p, err := m.rewriting(ctx, user, id)
	if err != nil {
		return p, err
	}
	p, err = m.app.store.AddProposal(ctx, p)
	if err == nil {
		m.app.jobs.Wake()
	}
	return p, err
}

// rewriting is the proposal of a rewritten digest before anybody was asked.
func (m models) rewriting(ctx context.Context, user string, id community.ID) (draft.Proposal, error) {
	p := draft.Proposal{Org: m.org, User: user, State: draft.Waiting, Ref: id.String()}
	r, err := m.desk().Digest(ctx, id)
	if err != nil {
		return p, err
	}
	if r.State != digest.Draft || r.Found.Empty() {
		return p, community.Errorf(community.CodeConflict, "this digest is %s, or empty", r.State)
	}
	s, err := m.Sight(ctx)
	if err == nil {
		err = s.Standing.Refusal()
	}
	if err == nil && !s.Digests {
		err = community.Errorf(community.CodeForbidden, "model: digests are not sent to it")
	}
	if err != nil {
		return p, err
	}
	u, err := m.app.store.UserByID(ctx, userID(user))
	lang := "zh-CN"
	if err == nil && u.Lang != "" {
		lang = u.Lang
	}
	p.Group, p.GroupID, p.GroupName = r.Group, r.GroupID, r.GroupName
	p.Order = draft.Order{Kind: draft.ForDigest, Goal: digestTitle(r), Lang: lang}
	return p, nil
}

// userID reads a user's id; the zero one where a name stands instead.
func userID(user string) community.ID {
	id, err := community.ParseID(user)
	if err != nil {
		return community.ID{}
	}
	return id
}

// askDigest asks for other words of a digest: of the messages that it names. Those that give a model orders are not sent.
func (m models) askDigest(ctx context.Context, p *draft.Proposal) error {
	id, err := community.ParseID(p.Ref)
	if err != nil {
		return err
	}
	r, err := m.desk().Digest(ctx, id)
	if err != nil {
		return err
	}
	said, numbers, of, err := m.saidIn(ctx, r)
	if err != nil {
		return err
	}
	if len(said) == 0 {
		p.Notes = []string{draft.LeftEmpty}
		return nil
	}
	named, err := m.desk().MessagesByNumber(ctx, r.Found.Numbers())
	if err != nil {
		return err
	}
	cloak, _, err := m.cloak(ctx, r.Group)
	if err != nil {
		return err
	}
	guard := newGuard()
	list, err := draft.AskDigest(said, p.Order.Lang, cloak, guard)
	if err != nil {
		return err
	}
	err = m.ask(ctx, p, list, func(answer string) []string {
		bullets, left := draft.ReadDigest(said, cloak, guard, answer)
		if len(bullets) == 0 {
			return left
		}
		choice := draft.Choice{Source: draft.FromModel, Title: digestTitle(r)}
		w := m.app.words.In(p.Order.Lang)
		days := measure.Day(r.From).String()
		if r.Weekly() {
			days += " – " + measure.Day(r.To).String()
		}
		lines := []string{w.T("digest.head", "group", r.GroupName, "days", days), w.T("digest.count", "messages", r.Found.Messages, "people", r.Found.Speakers), ""}
		for i, b := range bullets {
			line := draft.Line{Text: b.Text}
			for _, c := range b.Cites {
				line.Messages = append(line.Messages, numbers[c-1])
			}
			choice.Lines = append(choice.Lines, line)
			lines = append(lines, w.T("digest.item", "num", i+1)+b.Text)
		}
		lines = append(lines, linkLines(w, r, named)...)
		choice.Text = plan.Marked(strings.Join(lines, "\n"))
		p.Choices = []draft.Choice{choice}
		return left
	})
	if of > len(said) {
		p.Notes = append([]string{draft.Given(len(said), of)}, p.Notes...)
	}
	return err
}

// linkLines are the links that a digest names, as its own words have them.
func linkLines(w *i18n.Words, r digest.Record, said map[int64]community.MessageRow) []string {
	t := digestWriter{w: w, said: said}
	t.links(r.Found.Links)
	if t.text == "" {
		return nil
	}
	return []string{strings.TrimRight(t.text, "\n")}
}

// saidIn are the messages that a digest names, as they stand now, and their numbers in the log: said[i].ID is i+1. of is how many there are, with those that
// are too many for a model.
func (m models) saidIn(ctx context.Context, r digest.Record) (said []draft.Said, numbers []int64, of int, err error) {
	all := r.Found.Numbers()
	for _, t := range r.Found.Topics {
		all = append(all, t.Messages...)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	rows, err := m.desk().MessagesByNumber(ctx, all)
	if err != nil {
		return nil, nil, 0, err
	}
	byMessage := map[string]int{}
	for _, n := range all {
		row, ok := rows[n]
		if !ok || row.Erased || row.Recalled || strings.TrimSpace(row.Text) == "" || draft.Orders(row.Text) {
			continue
		}
		if of++; len(said) == draft.MaxSaid {
			continue
		}
		s := draft.Said{ID: len(said) + 1, Member: int64(row.Member), Name: row.Name, Text: row.Text, ReplyTo: byMessage[row.ReplyTo]}
		if row.Message != "" {
			byMessage[row.Message] = s.ID
		}
		said, numbers = append(said, s), append(numbers, n)
	}
	return said, numbers, of, nil
}

// TakeDigest puts the model's words, or what a person made of them, in place of a digest's own, under the mark. A person sends it, or not, as any other draft.
// CodeConflict: the digest was changed meanwhile, or the proposal has no words of a model.
func (m models) TakeDigest(ctx context.Context, user string, id community.ID, text string) (digest.Record, error) {
	p, err := m.Proposal(ctx, user, id)
	if err != nil {
		return digest.Record{}, err
	}
	if p.Order.Kind != draft.ForDigest || len(p.Choices) == 0 || p.State != draft.Done && p.State != draft.Taken {
		return digest.Record{}, community.Errorf(community.CodeConflict, "this proposal has no words of a model")
	}
	of, err := community.ParseID(p.Ref)
	if err != nil {
		return digest.Record{}, err
	}
	r, err := m.desk().Digest(ctx, of)
	if err != nil {
		return r, err
	}
	if r.State != digest.Draft {
		return r, community.Errorf(community.CodeConflict, "this digest is %s", r.State)
	}
	if strings.TrimSpace(text) == "" {
		text = p.Choices[0].Text
	}
	text = plan.Marked(text)
	if err := digest.CheckText(text); err != nil {
		return r, err
	}
	r.Text, r.Edited, r.Found.AI = text, m.app.millis(), p.Model
	if r, err = m.app.store.ChangeDigest(ctx, m.org, r, m.audit(user, "digest.rewrite", "", "")); err != nil {
		return r, err
	}
	p.State, p.Into = draft.Taken, "digest:"+r.ID.String()
	_, err = m.app.store.ChangeProposal(ctx, p, m.audit(user, "draft.use", "", ""))
	return r, err
}

// Test asks the model for a post of the house's own words, to see that it answers. It counts as any other call.
func (m models) Test(ctx context.Context, user, lang string) (draft.Proposal, error) {
	s, err := m.Sight(ctx)
	if err == nil {
		err = s.Standing.Refusal()
	}
	if err != nil {
		return draft.Proposal{}, err
	}
	w := m.app.words.In(lang)
	return m.Draft(ctx, user, 0, draft.Order{Kind: draft.ForPost, About: "notice", Goal: w.T("draft.test_goal"), Tone: "plain", Length: "short", Points: []string{w.T("draft.test_point")}, Lang: lang})
}

// alikeRead is how many of the library's newest texts of a kind are compared.
const alikeRead = 200

// alike finds posts and wordings of the library that share most words with a text, the nearest first. What has expired or is exclusive is left out.
func (l libraries) alike(ctx context.Context, text string, most int) ([]shelf.Item, error) {
	want := map[string]bool{}
	for _, t := range lexicon.Terms(text) {
		want[t] = true
	}
	shared := map[community.ID]int{}
	var out []shelf.Item
	for _, kind := range []shelf.Kind{shelf.Post, shelf.Script} {
		list, _, err := l.Find(ctx, shelf.Filter{Kind: kind, Page: community.Page{Limit: alikeRead}})
		if err != nil {
			return nil, err
		}
		for _, i := range list {
			n := 0
			for _, t := range lexicon.Terms(i.Title + "\n" + i.Text) {
				if want[t] {
					n++
				}
			}
			if n >= 2 && !i.Exclusive && l.Standing(i) != shelf.Expired {
				shared[i.ID] = n
				out = append(out, i)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b shelf.Item) int { return shared[b.ID] - shared[a.ID] })
	return out[:min(len(out), most)], nil
}

// newModelClient is the client for the model: it calls inside a network only where webhooks may, too.
func newModelClient(o Options) *llm.Client { return llm.New(o.Config.Notify.Allow, o.ModelWithin) }
