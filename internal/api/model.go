package api

import (
	"context"

	"qunluo/internal/community"
	"qunluo/internal/digest"
	"qunluo/internal/draft"
	"qunluo/internal/plan"
	"qunluo/internal/rights"
)

// Models keeps an organisation's language model and drafts. Its address and key are set in the console: a key would stand in the answer that is kept for a
// repeated call, and to send texts abroad a person agrees.
type Models interface {
	Sight(ctx context.Context) (draft.Sight, error)
	Switch(ctx context.Context, user string, on bool, reason string) (draft.Sight, error)
	Mask(ctx context.Context, g community.GroupKey, text string) (draft.Masked, error)
	Calls(ctx context.Context, p community.Page) ([]draft.Call, int, error)
	Call(ctx context.Context, id community.ID) (draft.Call, error)
	Draft(ctx context.Context, user string, g community.GroupKey, o draft.Order) (draft.Proposal, error)
	Proposal(ctx context.Context, user string, id community.ID) (draft.Proposal, error)
	Proposals(ctx context.Context, user string, p community.Page) ([]draft.Proposal, int, error)
	Drop(ctx context.Context, user string, id community.ID) (draft.Proposal, error)
	Rewrite(ctx context.Context, user string, id community.ID) (draft.Proposal, error)
	// Set changes the settings; address "" = it stays; key "" = it stays, "-" = none.
	Set(ctx context.Context, user string, v draft.Settings, address, key, reason string) (draft.Sight, error)
	Agree(ctx context.Context, user, why string) (draft.Sight, error)
	Test(ctx context.Context, user, lang string) (draft.Proposal, error)
	// TakeTopic puts a wording, as it was edited, into the queue of topics.
	TakeTopic(ctx context.Context, user string, id community.ID, choice int, title, text string) (plan.Topic, error)
	TakeDigest(ctx context.Context, user string, id community.ID, text string) (digest.Record, error)
}

// modelState is how the language model stands.
type modelState struct {
	State        draft.Standing `json:"state" enum:"ready,off,unset,abroad,spent"`
	On           bool           `json:"on"`
	Host         string         `json:"host" doc:"of the address, which is not shown"`
	Model        string         `json:"model"`
	Purpose      string         `json:"purpose"`
	Region       string         `json:"region" doc:"where the address is declared to lie; empty = not declared, which counts as abroad"`
	Jurisdiction string         `json:"jurisdiction"`
	Digests      bool           `json:"digests" doc:"masked messages may go out to have digests rewritten"`
	Calls        int            `json:"calls_24h"`
	MaxCalls     int            `json:"calls_most"`
	Chars        int            `json:"chars_24h"`
	MaxChars     int            `json:"chars_most"`
	Keep         int            `json:"keep_days"`
	Agreed       moment         `json:"abroad_agreed_at" doc:"when somebody agreed in writing that texts go to this host and region; null = nobody did"`
	AgreedBy     string         `json:"abroad_agreed_by" doc:"id of the user"`
	AgreedWhy    string         `json:"abroad_agreed_why"`
}

func modelStateOf(s draft.Sight) modelState {
	return modelState{s.Standing, s.On, s.Host, s.Model, s.Purpose, s.Region, s.Jurisdiction, s.Digests, s.Used.Calls, s.Calls, s.Used.Chars, s.Chars, s.Keep, moment(s.Abroad.At), s.Abroad.User, s.Abroad.Why}
}

// modelCall is one call of a language model.
type modelCall struct {
	ID      community.ID   `json:"id"`
	At      moment         `json:"at"`
	User    string         `json:"user"`
	Purpose draft.Purpose  `json:"purpose" enum:"post,question,digest,test"`
	Host    string         `json:"host"`
	Region  string         `json:"region"`
	Model   string         `json:"model"`
	Chars   int            `json:"sent_chars"`
	Bytes   int            `json:"got_bytes"`
	Took    int64          `json:"took_ms"`
	State   string         `json:"state" enum:"asked,good,bad,failed"`
	Code    community.Code `json:"code"`
	Note    string         `json:"note" doc:"why the answer, or a part of it, was left out"`
	Sent    string         `json:"sent" doc:"as it went out, masked; empty = emptied after the days that it is kept"`
}

func modelCallOf(v draft.Call) modelCall {
	return modelCall{v.ID, moment(v.At), v.User, v.Purpose, v.Host, v.Region, v.Model, v.SentChars, v.GotChars, v.Took, v.State, v.Code, v.Note, v.Sent}
}

// wording is what was ordered and what came of it; nothing is sent of it.
type wording struct {
	ID      community.ID   `json:"id"`
	Kind    draft.Purpose  `json:"kind" enum:"post,question,digest"`
	State   string         `json:"state" enum:"waiting,done,taken,dropped" doc:"waiting = the model is being asked: read again"`
	Goal    string         `json:"goal"`
	Model   string         `json:"model" doc:"that wrote; empty = none did"`
	Choices []draft.Choice `json:"choices" doc:"source: model, template or library"`
	Notes   []string       `json:"notes" doc:"why the model's answer, or a part of it, was left out; given:150:300 = only the first 150 of 300 messages were given to the model"`
	Into    string         `json:"made_into"`
	Made    moment         `json:"made_at"`
}

// wordingOf is a wording as the call's person may see it: a digest's lines tell what members said.
func (c *call) wordingOf(p draft.Proposal) wording {
	if p.Order.Kind == draft.ForDigest && rights.Of(c.User).Ask(rights.SeeTexts).Refused() {
		p.Choices = nil
	}
	out := wording{p.ID, p.Order.Kind, p.State, p.Order.Goal, p.Model, p.Choices, p.Notes, p.Into, moment(p.Made)}
	if out.Choices == nil {
		out.Choices = []draft.Choice{}
	}
	if out.Notes == nil {
		out.Notes = []string{}
	}
	return out
}

func (c *call) models() Models { return room(c, c.a.deps.Rooms.Models) }

type maskOrder struct {
	Body struct {
		Text  string       `json:"text" minLength:"1" maxLength:"4000"`
		Group community.ID `json:"group,omitempty" doc:"by whose members; left out = of all groups"`
	}
}

// masked is a text as it would go out.
type masked struct {
	Text    string         `json:"text"`
	Hidden  []draft.Hidden `json:"hidden"`
	Refused bool           `json:"refused" doc:"something would be left: such a text does not go out"`
}

type draftOrder struct {
	Body struct {
		Kind   draft.Purpose `json:"kind" enum:"post,question"`
		About  string        `json:"about,omitempty" enum:"notice,event,reminder,welcome,recap,share,offer,thanks" doc:"of a post"`
		Goal   string        `json:"goal" minLength:"1" maxLength:"200"`
		Tone   string        `json:"tone" enum:"warm,plain,lively"`
		Length string        `json:"length" enum:"short,middle,long"`
		Points []string      `json:"points,omitempty" maxItems:"10"`
		Group  community.ID  `json:"group,omitempty"`
		Lang   string        `json:"language,omitempty" enum:"zh-CN,en"`
	}
}

func addWording(c *call, in *draftOrder) (wording, error) {
	g, err := c.group(in.Body.Group)
	if err != nil {
		return wording{}, err
	}
	o := draft.Order{Kind: in.Body.Kind, About: in.Body.About, Goal: in.Body.Goal, Tone: in.Body.Tone, Length: in.Body.Length, Points: in.Body.Points, Lang: in.Body.Lang}
	if o.Lang == "" {
		o.Lang = c.User.Lang
	}
	p, err := c.models().Draft(c.ctx(), c.who(), g.Key, o)
	return c.wordingOf(p), err
}

func modelLines() []line {
	content, system := community.AreaContent, community.AreaSystem
	return []line{
		on("getModel", "GET /model", "How the language model stands; none is needed", system, []string{"GET /model", "GET /model/edit"}, func(c *call, _ *struct{}) (modelState, error) {
			s, err := c.models().Sight(c.ctx())
			return modelStateOf(s), err
		}),
		admin(on("setModel", "PUT /model", "Set which language model is asked, for what and how much; another host or region ends the word that texts may go abroad", system, []string{"POST /model/edit"}, func(c *call, in *struct {
			Body struct {
				On      bool   `json:"on"`
				URL     string `json:"url,omitempty" maxLength:"1000" doc:"left out = it stays"`
				Key     string `json:"key,omitempty" maxLength:"500" doc:"left out = it stays, - = none; it is never shown"`
				Model   string `json:"model" maxLength:"100"`
				Purpose string `json:"purpose" maxLength:"500" doc:"what it is for"`
				Region  string `json:"region,omitempty" maxLength:"2" doc:"where the address lies, ISO 3166-1; empty = not declared"`
				Digests bool   `json:"digests,omitempty" doc:"masked messages may go out to have digests rewritten"`
				Calls   int    `json:"calls_24h" minimum:"0"`
				Chars   int    `json:"chars_24h" minimum:"0"`
				Keep    int    `json:"keep_days" minimum:"0" doc:"that what went out is kept"`
				Maybe
			}
		}) (modelState, error) {
			s, err := c.models().Sight(c.ctx())
			if err != nil {
				return modelState{}, err
			}
			b, v := in.Body, s.Settings
			v.On, v.Model, v.Purpose, v.Region, v.Digests, v.Calls, v.Chars, v.Keep = b.On, b.Model, b.Purpose, b.Region, b.Digests, b.Calls, b.Chars, b.Keep
			s, err = c.models().Set(c.ctx(), c.who(), v, b.URL, b.Key, b.Reason)
			return modelStateOf(s), err
		})),
		admin(on("switchModel", "PUT /model/switch", "Switch the language model on or off", system, []string{"POST /model/switch"}, func(c *call, in *struct {
			Body struct {
				On bool `json:"on"`
				Maybe
			}
		}) (modelState, error) {
			s, err := c.models().Switch(c.ctx(), c.who(), in.Body.On, in.Body.Reason)
			return modelStateOf(s), err
		})),
		on("maskText", "POST /model/mask", "See a text as it would go out; nothing goes out", system, []string{"POST /model/mask"}, func(c *call, in *maskOrder) (masked, error) {
			g, err := c.group(in.Body.Group)
			if err != nil {
				return masked{}, err
			}
			v, err := c.models().Mask(c.ctx(), g.Key, in.Body.Text)
			if v.Hidden == nil {
				v.Hidden = []draft.Hidden{}
			}
			return masked{v.Text, v.Hidden, v.Refused}, err
		}),
		on("listModelCalls", "GET /model/calls", "What went out to the language model, the newest first", system, []string{"GET /model"}, func(c *call, in *paging) (list[modelCall], error) {
			p, err := c.page(*in, sorting{})
			if err != nil {
				return list[modelCall]{}, err
			}
			rows, total, err := c.models().Calls(c.ctx(), p)
			return listed(c, p, rows, total, modelCallOf), err
		}),
		on("getModelCall", "GET /model/calls/{id}", "One call with the text that went out", system, []string{"GET /model/calls/{id}"}, func(c *call, in *byID) (modelCall, error) {
			v, err := c.models().Call(c.ctx(), in.ID)
			return modelCallOf(v), err
		}),
		on("listWordings", "GET /wordings", "What was drafted, the newest first", content, []string{"GET /wordings"}, func(c *call, in *paging) (list[wording], error) {
			p, err := c.page(*in, sorting{})
			if err != nil {
				return list[wording]{}, err
			}
			rows, total, err := c.models().Proposals(c.ctx(), c.who(), p)
			return listed(c, p, rows, total, c.wordingOf), err
		}),
		on("addWording", "POST /wordings", "Draft a post or a question, with a model or without; nothing is sent", content, []string{"POST /wordings"}, addWording),
		on("getWording", "GET /wordings/{id}", "One draft with its choices", content, []string{"GET /wordings/{id}"}, func(c *call, in *byID) (wording, error) {
			p, err := c.models().Proposal(c.ctx(), c.who(), in.ID)
			return c.wordingOf(p), err
		}),
		on("dropWording", "POST /wordings/{id}/drop", "Say that a draft is not wanted", content, []string{"POST /wordings/{id}/drop"}, func(c *call, in *byID) (wording, error) {
			p, err := c.models().Drop(c.ctx(), c.who(), in.ID)
			return c.wordingOf(p), err
		}),
		on("rewriteDigest", "POST /digests/{id}/rewrite", "Have a digest rewritten by the language model: a proposal, which is not used by itself", content, []string{"POST /digests/{id}/rewrite"}, func(c *call, in *byID) (wording, error) {
			p, err := c.models().Rewrite(c.ctx(), c.who(), in.ID)
			return c.wordingOf(p), err
		}),
		on("takeDigest", "POST /wordings/{id}/digest", "Put the rewritten words in place of a digest, which stays a draft", content, []string{"POST /wordings/{id}/digest"}, func(c *call, in *byID) (digested, error) {
			r, err := c.models().TakeDigest(c.ctx(), c.who(), in.ID, "")
			return digestedOf(r), err
		}),
	}
}
