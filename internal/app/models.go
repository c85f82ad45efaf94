package app

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"qunluo/internal/community"
	"qunluo/internal/draft"
	"qunluo/internal/llm"
	"qunluo/internal/mask"
	"qunluo/internal/measure"
	"qunluo/internal/plan"
	"qunluo/internal/store"
)

// models is an organisation's language model and what people have drafted, bounded as hands are. Without a model the house's own templates answer.
type models struct{ *hands }

// Models makes the handle of drafts.
func (a *App) Models(org community.OrgKey, groups []community.GroupKey) models {
	return models{a.Hands(org, groups)}
}

// jurisdiction is where the data lies.
func (a *App) jurisdiction() string { return cmp.Or(a.cfg.Jurisdiction, "CN") }

// Sight is how things stand with the model.
func (m models) Sight(ctx context.Context) (draft.Sight, error) {
	v, err := m.app.store.ModelSettings(ctx, m.org)
	if err != nil {
		return draft.Sight{}, err
	}
	used, err := m.app.store.ModelUsed(ctx, m.org)
	return draft.Sight{Settings: v, Jurisdiction: m.app.jurisdiction(), Used: used, Standing: v.Standing(m.app.jurisdiction(), used)}, err
}

// modelPlace is where the model's address and key belong: sealed for one organisation, they open for no other.
func (m models) place() string { return "model:" + strconv.FormatInt(int64(m.org), 10) }

func (m models) endpoint(v draft.Settings) (e draft.Endpoint, err error) {
	if len(v.Sealed) == 0 {
		return e, nil
	}
	raw, err := m.app.gate.box.Open(v.Sealed, m.place())
	if err != nil {
		return e, err
	}
	return e, json.Unmarshal(raw, &e)
}

// Set changes the settings. address "" = it stays; key "" = it stays, "-" = none. Another host or region ends a word that texts may go abroad. CodeBadInput begins
// with the field's name; CodeForbidden: only who sees all groups sets it.
func (m models) Set(ctx context.Context, user string, v draft.Settings, address, key, reason string) (draft.Sight, error) {
	if m.groups != nil {
		return draft.Sight{}, errBeyond()
	}
	had, err := m.app.store.ModelSettings(ctx, m.org)
	if err != nil {
		return draft.Sight{}, err
	}
	e, err := m.endpoint(had)
	if err != nil {
		return draft.Sight{}, err
	}
	v.Host, v.Abroad = had.Host, had.Abroad
	v.Model, v.Purpose, v.Region = strings.TrimSpace(v.Model), strings.TrimSpace(v.Purpose), strings.ToUpper(strings.TrimSpace(v.Region))
	if address = strings.TrimSpace(address); address != "" {
		full, host, err := llm.Address(address)
		if err != nil {
			return draft.Sight{}, err
		}
		if host != had.Host && key == "" { // a key is for the host that it was given for
			e.Key = ""
		}
		e.URL, v.Host = full, host
	}
	switch key = strings.TrimSpace(key); {
	case key == "-":
		e.Key = ""
	case len(key) > 1000 || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }):
		return draft.Sight{}, community.Errorf(community.CodeBadInput, "key: not one")
	case key != "":
		e.Key = key
	}
	if err := v.Check(); err != nil {
		return draft.Sight{}, err
	}
	if !v.Allowed() {
		v.Abroad = draft.Abroad{}
	}
	raw, err := json.Marshal(e)
	if err != nil {
		return draft.Sight{}, err
	}
	v.Sealed, v.Keyed = m.app.gate.box.Seal(raw, m.place()), e.Key != ""
	return m.put(ctx, user, "model.set", had, v, reason)
}

// Agree says in writing that masked texts may go to the address that is set although it is not declared within the jurisdiction. CodeBadInput: the reason says
// nothing; CodeConflict: there is none to agree to.
func (m models) Agree(ctx context.Context, user, why string) (draft.Sight, error) {
	if m.groups != nil {
		return draft.Sight{}, errBeyond()
	}
	had, err := m.app.store.ModelSettings(ctx, m.org)
	if err != nil {
		return draft.Sight{}, err
	}
	if why = strings.TrimSpace(why); utf8.RuneCountInString(why) < draft.MinWhy || len(why) > mostReason {
		return draft.Sight{}, community.Errorf(community.CodeBadInput, "reason: want at least %d characters", draft.MinWhy)
	}
	if !had.Foreign(m.app.jurisdiction()) {
		return draft.Sight{}, community.Errorf(community.CodeConflict, "the address lies within %s, or there is none", m.app.jurisdiction())
	}
	v := had
	v.Abroad = draft.Abroad{Host: v.Host, Region: v.Region, User: user, At: m.app.millis(), Why: why}
	return m.put(ctx, user, "model.abroad", had, v, why)
}

// Switch turns the model on or off, and nothing else.
func (m models) Switch(ctx context.Context, user string, on bool, reason string) (draft.Sight, error) {
	if m.groups != nil {
		return draft.Sight{}, errBeyond()
	}
	had, err := m.app.store.ModelSettings(ctx, m.org)
	if err != nil {
		return draft.Sight{}, err
	}
	v := had
	v.On = on
	if err := v.Check(); err != nil {
		return draft.Sight{}, err
	}
	return m.put(ctx, user, "model.switch", had, v, reason)
}

// put keeps settings; the trail never holds what is sealed.
func (m models) put(ctx context.Context, user, verb string, before, after draft.Settings, reason string) (draft.Sight, error) {
	audit := m.audit(user, verb, "setting:"+store.SettingModel, reason)
	for _, side := range []struct {
		to *json.RawMessage
		v  draft.Settings
	}{{&audit.Before, before}, {&audit.After, after}} {
		side.v.Sealed = nil
		raw, err := json.Marshal(side.v)
		if err != nil {
			return draft.Sight{}, err
		}
		*side.to = raw
	}
	if err := m.app.store.PutSetting(ctx, m.org, store.SettingModel, after, audit); err != nil {
		return draft.Sight{}, err
	}
	return m.Sight(ctx)
}

// cloak hides whom the house knows: in a group, or (0) in all groups of the handle.
func (m models) cloak(ctx context.Context, g community.GroupKey) (*mask.Cloak, int, error) {
	groups := m.groups
	if g != 0 {
		if err := m.sees(ctx, g); err != nil {
			return nil, 0, err
		}
		groups = []community.GroupKey{g}
	}
	if err := m.app.store.CatchUp(ctx); err != nil { // whoever spoke just now is known, too
		return nil, 0, err
	}
	names, err := m.app.store.KnownNames(ctx, m.org, groups)
	if err != nil {
		return nil, 0, err
	}
	var known []mask.Known
	for _, n := range names {
		last := len(known) - 1
		if last < 0 || n.Member == 0 || known[last].Key != int64(n.Member) {
			known = append(known, mask.Known{Kind: mask.Member, Key: int64(n.Member)})
			last++
		}
		if n.ID {
			known[last].IDs = append(known[last].IDs, n.Name)
		} else {
			known[last].Names = append(known[last].Names, n.Name)
		}
	}
	people := len(known)
	for row, err := range m.app.store.For(community.Scope{Org: m.org, Groups: groups}).AllGroups(ctx, community.GroupFilter{Bare: true}) {
		if err != nil {
			return nil, 0, err
		}
		known = append(known, mask.Known{Kind: mask.Group, Key: int64(row.Key), Names: []string{row.Name}})
	}
	return mask.New(known), people, nil
}

// maxTried is how many characters of a text are tried at once.
const maxTried = 4000

// Mask shows a text as it would go out: by the names of a group, or (0) of all groups of the handle. No model is asked. CodeTooLarge.
func (m models) Mask(ctx context.Context, g community.GroupKey, text string) (draft.Masked, error) {
	if utf8.RuneCountInString(text) > maxTried {
		return draft.Masked{}, community.Errorf(community.CodeTooLarge, "text: at most %d characters", maxTried)
	}
	cloak, people, err := m.cloak(ctx, g)
	if err != nil {
		return draft.Masked{}, err
	}
	out := draft.Masked{Text: cloak.Hide(text), People: people}
	counts := cloak.Counts()
	for _, kind := range mask.Kinds {
		if counts[kind] > 0 {
			out.Hidden = append(out.Hidden, draft.Hidden{Kind: string(kind), N: counts[kind]})
		}
	}
	if err := cloak.Check(out.Text); err != nil {
		out.Refused = true
	}
	back, _ := cloak.Show(out.Text)
	if back != text && utf8.ValidString(text) {
		return out, community.Errorf(community.CodeInternal, "mask: the text does not come back")
	}
	return out, nil
}

// Calls lists what the model was asked, the newest first; CodeForbidden: only who sees all groups.
func (m models) Calls(ctx context.Context, at community.Page) ([]draft.Call, int, error) {
	if m.groups != nil {
		return nil, 0, errBeyond()
	}
	return m.app.store.ModelCalls(ctx, m.org, at)
}

// Call gives one; CodeNotFound.
func (m models) Call(ctx context.Context, id community.ID) (draft.Call, error) {
	if m.groups != nil {
		return draft.Call{}, errBeyond()
	}
	return m.app.store.ModelCall(ctx, m.org, id)
}

// Draft orders a post or a question for a group, or (0) for no one of them. The house's own templates answer at once; a model, where one may be asked, adds its
// proposal later. Nothing is sent to any group.
func (m models) Draft(ctx context.Context, user string, g community.GroupKey, o draft.Order) (draft.Proposal, error) {
	p, ask, err := m.ordered(ctx, user, g, o)
	if err != nil {
		return p, err
	}
	p, err = m.app.store.AddProposal(ctx, p)
	if err == nil && ask {
		m.app.jobs.Wake()
	}
	return p, err
}

// ordered is a proposal with all that needs no model; ask: one is to be asked, and the proposal waits for it.
func (m models) ordered(ctx context.Context, user string, g community.GroupKey, o draft.Order) (p draft.Proposal, ask bool, err error) {
	p = draft.Proposal{Org: m.org, Group: g, User: user, Order: o, State: draft.Done}
	if err := o.Check(); err != nil {
		return p, false, err
	}
	if g != 0 {
		row, err := m.mine(ctx, g)
		if err != nil {
			return p, false, err
		}
		p.GroupID, p.GroupName = row.ID, row.Name
	}
	s, err := m.Sight(ctx)
	if err != nil {
		return p, false, err
	}
	p.Choices = draft.Plain(o, m.app.words.In(o.Lang).T)
	kept, err := m.fromLibrary(ctx, o)
	if err != nil {
		return p, false, err
	}
	p.Choices = append(p.Choices, kept...)
	switch s.Standing {
	case draft.Ready:
		p.State = draft.Waiting
	case draft.Beyond, draft.Worn:
		p.Notes = []string{string(s.Standing)}
	}
	return p, p.State == draft.Waiting, nil
}

// maxKept is how many texts of the library are offered beside the templates.
const maxKept = 3

// fromLibrary finds posts and wordings of the library that speak of the same.
func (m models) fromLibrary(ctx context.Context, o draft.Order) ([]draft.Choice, error) {
	if o.Kind != draft.ForPost {
		return nil, nil
	}
	list, err := m.app.Libraries(m.org, m.groups).alike(ctx, o.Goal+"\n"+strings.Join(o.Points, "\n"), maxKept)
	out := make([]draft.Choice, 0, len(list))
	for _, i := range list {
		out = append(out, draft.Choice{Source: draft.FromLibrary, Title: i.Title, Text: i.Text, Item: i.ID.String()})
	}
	return out, err
}

// Proposal gives one that was made by user, or for a group of the handle; CodeNotFound.
func (m models) Proposal(ctx context.Context, user string, id community.ID) (draft.Proposal, error) {
	p, err := m.app.store.Proposal(ctx, id)
	if err != nil {
		return p, err
	}
	if p.Org != m.org || m.groups != nil && p.User != user && !slices.Contains(m.groups, p.Group) {
		return draft.Proposal{}, community.Errorf(community.CodeNotFound, "proposal %s: not found", id)
	}
	return p, nil
}

// Proposals lists those that user may see, the newest first.
func (m models) Proposals(ctx context.Context, user string, at community.Page) ([]draft.Proposal, int, error) {
	return m.app.store.Proposals(ctx, m.scope(), user, "", at)
}

// Drop says that a proposal is not wanted.
func (m models) Drop(ctx context.Context, user string, id community.ID) (draft.Proposal, error) {
	p, err := m.Proposal(ctx, user, id)
	if err != nil {
		return p, err
	}
	p.State = draft.Dropped
	return m.app.store.ChangeProposal(ctx, p, m.audit(user, "draft.drop", "", ""))
}

// Made notes what a person made of a proposal ("calendar:ID"), and gives the model whose text it was: "" = a template's, the library's, or there is none by that
// number. A second use is noted in place of the first.
func (m models) Made(ctx context.Context, user string, id community.ID, choice int, into string) (string, error) {
	p, err := m.Proposal(ctx, user, id)
	if err != nil {
		return "", err
	}
	if into != "" {
		p.State, p.Into = draft.Taken, into
		if p, err = m.app.store.ChangeProposal(ctx, p, m.audit(user, "draft.use", "", "")); err != nil {
			return "", err
		}
	}
	if choice < 0 || choice >= len(p.Choices) || p.Choices[choice].Source != draft.FromModel {
		return "", nil
	}
	return p.Model, nil
}

// TakeTopic puts a wording, as a person edited it, into the queue of topics, and notes what was made of it. CodeNotFound: the wording is
// not theirs. CodeBadInput: it has no choice of that number: which one it was says whether the topic bears the mark of a model.
func (m models) TakeTopic(ctx context.Context, user string, id community.ID, choice int, title, text string) (plan.Topic, error) {
	p, err := m.Proposal(ctx, user, id)
	if err == nil && (choice < 0 || choice >= len(p.Choices)) {
		err = community.Errorf(community.CodeBadInput, "choice: the wording has %d, from 0 on", len(p.Choices))
	}
	if err != nil {
		return plan.Topic{}, err
	}
	model, err := m.Made(ctx, user, id, choice, "")
	if err != nil {
		return plan.Topic{}, err
	}
	t, err := m.app.Calendars(m.org, m.groups).AddTopic(ctx, user, plan.Topic{Title: title, Text: text, Class: plan.Interactive, Format: measure.FormatOther, AI: model})
	if err != nil {
		return t, err
	}
	_, err = m.Made(ctx, user, id, choice, "topic:"+t.ID.String())
	return t, err
}
