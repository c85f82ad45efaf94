package console

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
	"qunluo/internal/digest"
	"qunluo/internal/draft"
	"qunluo/internal/rights"
)

// Models keeps an organisation's language model and what people have drafted, with one or without.
type Models interface {
	Sight(ctx context.Context) (draft.Sight, error)
	// Set leaves the address and the key as they are where they are ""; key "-" = none. CodeBadInput begins with the field's name.
	Set(ctx context.Context, user string, v draft.Settings, address, key, reason string) (draft.Sight, error)
	Agree(ctx context.Context, user, why string) (draft.Sight, error)
	Switch(ctx context.Context, user string, on bool, reason string) (draft.Sight, error)
	Mask(ctx context.Context, g community.GroupKey, text string) (draft.Masked, error)
	Calls(ctx context.Context, p community.Page) ([]draft.Call, int, error)
	Call(ctx context.Context, id community.ID) (draft.Call, error)
	Test(ctx context.Context, user, lang string) (draft.Proposal, error)
	Draft(ctx context.Context, user string, g community.GroupKey, o draft.Order) (draft.Proposal, error)
	Proposal(ctx context.Context, user string, id community.ID) (draft.Proposal, error)
	Proposals(ctx context.Context, user string, p community.Page) ([]draft.Proposal, int, error)
	Drop(ctx context.Context, user string, id community.ID) (draft.Proposal, error)
	// Made notes what was made of a proposal ("" = nothing yet) and gives the model that wrote the choice, "" = none did.
	Made(ctx context.Context, user string, id community.ID, choice int, into string) (string, error)
	Rewrite(ctx context.Context, user string, id community.ID) (draft.Proposal, error)
	TakeDigest(ctx context.Context, user string, id community.ID, text string) (digest.Record, error)
}

// modelRoutes are there where texts are drafted.
func (c *Console) modelRoutes() []route {
	if c.deps.Models == nil {
		return nil
	}
	return []route{
		{pattern: "GET /model", may: rights.Settings, serve: (*Console).modelPage},
		{pattern: "GET /model/edit", may: rights.Settings, serve: (*Console).modelEdit},
		{pattern: "POST /model/edit", may: rights.Settings, serve: (*Console).modelSet},
		{pattern: "POST /model/switch", may: rights.Settings, serve: (*Console).modelSwitch},
		{pattern: "POST /model/abroad", may: rights.Settings, serve: (*Console).modelAgree},
		{pattern: "POST /model/mask", may: rights.Settings, serve: (*Console).modelPage},
		{pattern: "POST /model/test", may: rights.Settings, serve: (*Console).modelTest},
		{pattern: "GET /model/calls/{id}", may: rights.Settings, serve: (*Console).modelCall},
		{pattern: "GET /wordings", may: rights.Write, serve: (*Console).wordingList},
		{pattern: "GET /wordings/new", may: rights.Write, serve: (*Console).wordingNew},
		{pattern: "POST /wordings", may: rights.Write, serve: (*Console).draftAdd},
		{pattern: "GET /wordings/{id}", may: rights.Write, serve: (*Console).wordingPage},
		{pattern: "POST /wordings/{id}/drop", may: rights.Write, serve: (*Console).draftDrop},
		{pattern: "POST /wordings/{id}/topic", may: rights.Write, serve: (*Console).draftTopic},
		{pattern: "POST /wordings/{id}/digest", may: rights.Write, and: rights.SeeTexts, serve: (*Console).draftDigest},
		{pattern: "POST /digests/{id}/rewrite", may: rights.Write, and: rights.SeeTexts, serve: (*Console).digestRewrite},
	}
}

func (k *call) models() Models { return k.c.deps.Models(k.User.Org, k.groups) }

// modelLook is how the standings of a model look.
var modelLook = map[draft.Standing][2]string{draft.Ready: {"good", "check"}, draft.Off: {"", "x"}, draft.Unset: {"", "clock"}, draft.Beyond: {"warning", "alert-triangle"}, draft.Worn: {"warning", "clock"}}

const callPage = 30

// modelPage shows how the model stands, what went out, and how a text would.
func (c *Console) modelPage(k *call) error {
	s, err := k.models().Sight(k.ctx())
	if err != nil {
		return err
	}
	who, err := k.userNames()
	if err != nil {
		return err
	}
	look := modelLook[s.Standing]
	p := view.DraftPage{Head: ui.Head{Title: k.T("model.title"), Sub: k.T("model.sub"), Back: "/settings"}, State: ui.Pill(look[0], look[1], k.T("model.is_"+string(s.Standing))), Facts: k.modelFacts(s, who)}
	if s.Foreign(s.Jurisdiction) && !s.Allowed() {
		p.Alert = k.T("model.abroad_note", "jurisdiction", s.Jurisdiction, "region", k.regionSaid(s.Region))
	}
	p.Head.Actions = k.modelActs(&p, s)
	if err := k.modelTry(&p); err != nil {
		return err
	}
	at := k.page(callPage)
	list, total, err := k.models().Calls(k.ctx(), at)
	if err != nil {
		return err
	}
	t := ui.Table{Label: k.T("model.log"), Columns: []ui.Column{{Title: k.T("model.at")}, {Title: k.T("model.who")}, {Title: k.T("model.what")}, {Title: k.T("model.size"), Hide: true}, {Title: k.T("model.state")}},
		Empty: ui.Empty{Icon: "history", Title: k.T("model.no_log"), Text: k.T("model.no_log_text")}, Pager: k.pager(at, len(list), total)}
	for _, v := range list {
		t.Rows = append(t.Rows, ui.Row{Link: "/model/calls/" + v.ID.String(), Cells: []templ.Component{ui.When(v.At), ui.Name(who(v.User)), ui.Two(k.T("model.for_"+string(v.Purpose)), v.GroupName), ui.Text(k.T("model.size_of", "sent", v.SentChars, "got", v.GotChars)), callPill(k, v)}})
	}
	p.Tables = []view.PlanTable{{Title: t.Label, Note: k.T("model.log_note"), Table: t}}
	return k.show(p.Head.Title, view.DraftShow(p))
}

func callPill(k *call, v draft.Call) templ.Component {
	look := map[string][2]string{draft.CallGood: {"good", "check"}, draft.CallBad: {"warning", "alert-triangle"}, draft.CallFailed: {"danger", "x"}, draft.CallAsked: {"", "clock"}}[v.State]
	return ui.Pill(look[0], look[1], k.T("model.call_"+v.State))
}

func (k *call) regionSaid(region string) string {
	if region == "" {
		return k.T("model.region_unsaid")
	}
	return region
}

func (k *call) modelFacts(s draft.Sight, who func(string) string) []ui.Option {
	yes := func(on bool, a, b string) string {
		if on {
			return k.T(a)
		}
		return k.T(b)
	}
	facts := []ui.Option{{Value: k.T("model.jurisdiction"), Text: s.Jurisdiction}}
	if s.Host != "" {
		facts = append(facts, ui.Option{Value: k.T("model.host"), Text: s.Host}, ui.Option{Value: k.T("model.name"), Text: s.Model}, ui.Option{Value: k.T("model.region"), Text: k.regionSaid(s.Region)},
			ui.Option{Value: k.T("model.purpose"), Text: s.Purpose}, ui.Option{Value: k.T("model.key"), Text: yes(s.Keyed, "model.keyed", "model.unkeyed")}, ui.Option{Value: k.T("model.digests"), Text: yes(s.Digests, "model.digests_on", "model.digests_off")})
	}
	facts = append(facts, ui.Option{Value: k.T("model.used"), Text: k.T("model.used_of", "calls", s.Used.Calls, "maxcalls", s.Calls, "chars", s.Used.Chars, "maxchars", s.Chars)}, ui.Option{Value: k.T("model.keep"), Text: k.T("model.keep_days", "num", s.Keep)})
	if s.Foreign(s.Jurisdiction) && s.Allowed() {
		facts = append(facts, ui.Option{Value: k.T("model.agreed"), Text: k.T("model.agreed_by", "who", who(s.Abroad.User), "at", clocked(s.Abroad.At), "why", s.Abroad.Why)})
	}
	return facts
}

// modelActs are the buttons above; each that lets something out asks first.
func (k *call) modelActs(p *view.DraftPage, s draft.Sight) templ.Component {
	var out []templ.Component
	open := func(c ui.Confirm) {
		c.Object, c.Button = s.Host, c.Title
		p.Asks = append(p.Asks, c)
		out = append(out, ui.ConfirmButton(ui.Opener{Target: c.ID, Text: c.Title}))
	}
	if s.Standing == draft.Ready {
		open(ui.Confirm{ID: "model-test", Title: k.T("model.test"), Effect: k.T("model.test_effect"), Action: "/model/test"})
	}
	if s.Foreign(s.Jurisdiction) && !s.Allowed() {
		open(ui.Confirm{ID: "model-abroad", Title: k.T("model.agree"), Effect: k.T("model.agree_effect", "host", s.Host, "region", k.regionSaid(s.Region), "jurisdiction", s.Jurisdiction), Action: "/model/abroad", Reason: k.T("model.agree_reason"), Need: true})
	}
	switch {
	case s.On:
		open(ui.Confirm{ID: "model-off", Title: k.T("model.turn_off"), Effect: k.T("model.off_effect"), Action: "/model/switch", Reason: k.T("form.reason")})
	case s.Host != "":
		open(ui.Confirm{ID: "model-on", Title: k.T("model.turn_on"), Effect: k.T("model.on_effect", "host", s.Host), Action: "/model/switch", Reason: k.T("form.reason"), Fields: []ui.Option{{Value: "on", Text: "1"}}})
	}
	return templ.Join(append(out, view.LinkButton("/model/edit", "edit", k.T("model.edit")))...)
}

// modelTry shows a text that was pasted as it would go out.
func (k *call) modelTry(p *view.DraftPage) error {
	g, err := k.groupNamed(k.form("g"))
	if err != nil {
		return err
	}
	choice, err := k.groupChoice(k.T("draft.any_group"), g)
	if err != nil {
		return err
	}
	text, chosen := k.typed("text"), ""
	if g.Key != 0 {
		chosen = g.ID.String()
	}
	p.Form = view.DraftForm{Title: k.T("model.try"), Note: k.T("model.try_help"), Action: "/model/mask", Do: k.T("model.try_do"), Fields: []ui.Input{
		{Kind: "area", Name: "text", Label: k.T("model.try_text"), Value: text, Rows: 4, Max: 4000, Required: true}, {Kind: "select", Name: "g", Label: k.T("draft.group"), Value: chosen, Options: choice}}}
	if text == "" {
		return nil
	}
	v, err := k.models().Mask(k.ctx(), g.Key, text)
	if err != nil {
		return err
	}
	card := view.DraftCard{Mark: ui.Pill("", "message", k.T("model.try_out")), Text: v.Text, Note: k.T("model.try_none")}
	var hidden []string
	for _, h := range v.Hidden {
		hidden = append(hidden, k.T("model.hidden", "what", k.T("model.kind_"+h.Kind), "num", h.N))
	}
	if len(hidden) > 0 {
		card.Note = strings.Join(hidden, k.T("list.comma"))
	}
	if v.Refused {
		card.Note = k.T("model.try_refused")
	}
	p.Cards = append(p.Cards, card)
	return nil
}

func (c *Console) modelEdit(k *call) error {
	s, err := k.models().Sight(k.ctx())
	if err != nil {
		return err
	}
	return k.modelForm(http.StatusOK, s, "", nil)
}

func (k *call) modelForm(status int, s draft.Sight, address string, faults map[string]string) error {
	url := ui.Input{Kind: "text", Name: "url", Label: k.T("model.url"), Help: k.T("model.url_help"), Value: address, Max: 1000, Auto: "off", Err: faults["url"]}
	if s.Host != "" {
		url.Help = k.T("model.url_keep", "host", s.Host)
	}
	f := view.Form{Head: ui.Head{Title: k.T("model.edit"), Sub: k.T("model.sub"), Back: "/model"}, Action: "/model/edit", Button: k.T("model.save"), Faults: sorted(faults)}
	f.Fields = []ui.Input{url,
		{Kind: "password", Name: "key", Label: k.T("model.key"), Help: k.T("model.key_help"), Max: 1000, Auto: "off", Err: faults["key"]},
		{Kind: "text", Name: "model", Label: k.T("model.name"), Help: k.T("model.name_help"), Value: s.Model, Max: 200, Auto: "off", Err: faults["model"]},
		{Kind: "text", Name: "purpose", Label: k.T("model.purpose"), Help: k.T("model.purpose_help"), Value: s.Purpose, Max: 200, Err: faults["purpose"]},
		{Kind: "text", Name: "region", Label: k.T("model.region"), Help: k.T("model.region_help", "jurisdiction", s.Jurisdiction), Value: s.Region, Max: 2, Auto: "off", Err: faults["region"]},
		{Kind: "number", Name: "calls", Label: k.T("model.calls"), Value: strconv.Itoa(s.Calls), Err: faults["calls"]},
		{Kind: "number", Name: "chars", Label: k.T("model.chars"), Value: strconv.Itoa(s.Chars), Err: faults["chars"]},
		{Kind: "number", Name: "keep", Label: k.T("model.keep_label"), Value: strconv.Itoa(s.Keep), Err: faults["keep"]},
		{Kind: "check", Name: "digests", Label: k.T("model.digests_label"), Value: ticked(s.Digests)},
		{Kind: "check", Name: "on", Label: k.T("model.on_label"), Value: ticked(s.On)}}
	return k.showStatus(status, f.Head.Title, view.FormPage(f))
}

// modelFields are those that an error may be about.
var modelFields = []string{"url", "key", "model", "purpose", "region", "calls", "chars", "keep"}

func (c *Console) modelSet(k *call) error {
	s, err := k.models().Sight(k.ctx())
	if err != nil {
		return err
	}
	v := s.Settings
	v.Model, v.Purpose, v.Region, v.Digests, v.On = k.form("model"), k.form("purpose"), k.form("region"), k.form("digests") == "1", k.form("on") == "1"
	v.Calls, v.Chars, v.Keep = number(k.form("calls"), -1, 1<<30, -1), number(k.form("chars"), -1, 1<<30, -1), number(k.form("keep"), -1, 1<<30, -1)
	_, err = k.models().Set(k.ctx(), k.who(), v, k.R.PostFormValue("url"), k.R.PostFormValue("key"), "")
	if err == nil {
		return k.ok("/model", k.T("model.saved"))
	}
	field, _, _ := strings.Cut(err.Error(), ":")
	if community.CodeOf(err) != community.CodeBadInput || !slices.Contains(modelFields, field) {
		return err
	}
	s.Settings = v
	return k.modelForm(http.StatusUnprocessableEntity, s, k.R.PostFormValue("url"), map[string]string{field: k.T("model.need_" + field)})
}

func (c *Console) modelSwitch(k *call) error {
	if _, err := k.models().Switch(k.ctx(), k.who(), k.form("on") == "1", k.form("reason")); err != nil {
		return k.refused("/model", err)
	}
	return k.ok("/model", k.T("model.turned"))
}

func (c *Console) modelAgree(k *call) error {
	if _, err := k.models().Agree(k.ctx(), k.who(), k.typed("reason")); err != nil {
		return k.refused("/model", err)
	}
	return k.ok("/model", k.T("model.agreed_done"))
}

func (c *Console) modelTest(k *call) error {
	p, err := k.models().Test(k.ctx(), k.who(), k.User.Lang)
	if err != nil {
		return k.refused("/model", err)
	}
	return k.redirect("/wordings/" + p.ID.String())
}

// modelCall shows what went out in one call.
func (c *Console) modelCall(k *call) error {
	id, err := k.id()
	if err != nil {
		return err
	}
	v, err := k.models().Call(k.ctx(), id)
	if err != nil {
		return err
	}
	who, err := k.userNames()
	if err != nil {
		return err
	}
	p := view.DraftPage{Head: ui.Head{Title: k.T("model.call"), Sub: clocked(v.At), Back: "/model"}, State: callPill(k, v), Facts: []ui.Option{
		{Value: k.T("model.who"), Text: who(v.User)}, {Value: k.T("model.what"), Text: k.T("model.for_" + string(v.Purpose))}, {Value: k.T("word.group"), Text: dash(v.GroupName)},
		{Value: k.T("model.host"), Text: v.Host}, {Value: k.T("model.region"), Text: k.regionSaid(v.Region)}, {Value: k.T("model.name"), Text: v.Model},
		{Value: k.T("model.size"), Text: k.T("model.size_of", "sent", v.SentChars, "got", v.GotChars)}, {Value: k.T("model.tokens"), Text: k.T("model.tokens_of", "num", v.TokensIn, "out", v.TokensOut)}, {Value: k.T("model.took"), Text: k.T("model.took_ms", "num", v.Took)}}}
	var why []string
	for n := range strings.FieldsSeq(v.Note) {
		why = append(why, k.leftSaid(n))
	}
	if v.Code != "" {
		why = append(why, k.leftSaid("code_"+string(v.Code)))
	}
	p.Means = strings.Join(why, k.T("list.comma"))
	var parts []draft.Message
	if v.Sent == "" {
		parts = []draft.Message{{Content: k.T("model.sent_gone")}}
	} else if json.Unmarshal([]byte(v.Sent), &parts) != nil {
		parts = []draft.Message{{Content: v.Sent}} // another program's words are shown as they are
	}
	for _, m := range parts {
		p.Cards = append(p.Cards, view.DraftCard{Mark: ui.Pill("", "message", k.T("model.sent")), Title: m.Role, Text: m.Content})
	}
	return k.show(p.Head.Title, view.DraftShow(p))
}

// clocked is a time in the organisation's zone.
func clocked(at int64) string { return time.UnixMilli(at).In(zone("")).Format("2006-01-02 15:04:05") }

// leftSaid says why something of an answer was left out.
func (k *call) leftSaid(why string) string {
	if num, of, ok := draft.WasGiven(why); ok {
		return k.T("draft.left_given", "num", num, "of", of)
	}
	if key := "draft.left_" + why; k.Words.Has(key) {
		return k.T(key)
	}
	return k.T("draft.left_other")
}
