package console

import (
	"net/http"
	"strconv"

	"qunluo/internal/admit"
	"qunluo/internal/community"
	"qunluo/internal/console/view"
	"qunluo/internal/console/view/ui"
)

// handNew asks for a group of plain WeChat, which no connection reaches: people bring what is said in it and who is there,
// and do by hand what the rules ask for.
func (c *Console) handNew(k *call) error {
	return k.handAsk(http.StatusOK, map[string]string{"zone": "Asia/Shanghai", "code": "1", "keeper": k.who()}, nil)
}

func (k *call) handAsk(status int, was, faults map[string]string) error {
	keepers, err := k.keeperChoice()
	if err != nil {
		return err
	}
	f := view.Form{Head: ui.Head{Title: k.T("channel.add"), Sub: k.T("channel.add_sub"), Back: "/groups"}, Action: "/groups/new", Button: k.T("channel.add_button")}
	f.Fields = []ui.Input{
		{Kind: "text", Name: "name", Label: k.T("channel.name"), Help: k.T("channel.name_help"), Value: was["name"], Required: true, Max: 60, Auto: "off"},
		{Kind: "select", Name: "keeper", Label: k.T("channel.keeper"), Help: k.T("channel.keeper_help"), Value: was["keeper"], Options: keepers},
		{Kind: "number", Name: "most", Label: k.T("channel.most"), Help: k.T("channel.most_help"), Value: was["most"]},
		{Kind: "text", Name: "zone", Label: k.T("group.zone"), Value: was["zone"], Required: true},
	}
	if k.Codes != nil {
		f.Fields = append(f.Fields, ui.Input{Kind: "check", Name: "code", Label: k.T("channel.code"), Help: k.T("channel.code_help"), Value: was["code"]})
	}
	for i, in := range f.Fields {
		if why := faults[in.Name]; why != "" {
			f.Fields[i].Err = why
			f.Faults = append(f.Faults, in.Label+k.T("list.colon")+why)
		}
	}
	return k.showStatus(status, f.Head.Title, view.FormPage(f))
}

// keeperChoice offers who may look after a group.
func (k *call) keeperChoice() ([]ui.Option, error) {
	people, err := k.c.deps.People.Users(k.ctx(), k.User.Org)
	out := []ui.Option{{Text: k.T("channel.on_duty")}}
	for _, u := range people {
		if u.Enabled {
			out = append(out, ui.Option{Value: u.ID.String(), Text: named(u.Name, u.Login)})
		}
	}
	return out, err
}

// handAdd makes the group, and its code if that is wanted.
func (c *Console) handAdd(k *call) error {
	was := map[string]string{}
	for _, name := range []string{"name", "keeper", "most", "zone", "code"} {
		was[name] = k.form(name)
	}
	faults := map[string]string{}
	most, err := strconv.ParseInt(was["most"], 10, 64)
	if was["most"] != "" && (err != nil || most < 2 || most > 100_000) {
		faults["most"] = k.T("channel.bad_most")
	}
	if was["name"] == "" || len([]rune(was["name"])) > 60 || ui.Visible(was["name"]) != was["name"] {
		faults["name"] = k.T("channel.bad_name")
	}
	if !goodZone(was["zone"]) {
		faults["zone"] = k.T("group.bad_zone", "zone", was["zone"])
	}
	if len(faults) > 0 {
		return k.handAsk(http.StatusUnprocessableEntity, was, faults)
	}
	g, err := k.Hands.AddGroup(k.ctx(), k.who(), community.Group{Name: was["name"], Zone: was["zone"], Keeper: was["keeper"], Platform: "wechat"}, most, "")
	switch community.CodeOf(err) {
	case community.CodeNone:
	case community.CodeConflict:
		return k.handAsk(http.StatusUnprocessableEntity, was, map[string]string{"name": k.T("channel.known")})
	case community.CodeBadInput:
		return k.handAsk(http.StatusUnprocessableEntity, was, map[string]string{"keeper": k.T("channel.bad_keeper")})
	default:
		return err
	}
	to, said := "/groups/"+g.ID.String(), k.T("channel.added", "group", g.Name)
	if was["code"] == "1" && k.Codes != nil {
		code, err := k.Codes.Save(k.ctx(), k.who(), admit.Code{Kind: admit.Group, Name: g.Name}, "")
		if err != nil {
			return k.refused(to, err)
		}
		to, said = "/codes/"+code.ID.String(), k.T("channel.added_code", "group", g.Name)
	}
	return k.ok(to, said)
}

// groupChannel says, of a group that people bring by hand, what to do next.
func groupChannel(k *call, p *view.GroupPage, g community.GroupRow, _ int) error {
	names, err := k.names()
	if err != nil {
		return err
	}
	keeper := k.T("channel.on_duty")
	if g.Keeper != "" {
		keeper = named(names[g.Keeper], k.T("channel.gone_keeper"))
	}
	p.Facts = append(p.Facts, ui.Option{Value: k.T("channel.keeper"), Text: keeper})
	if len(g.Accounts) > 0 || g.Platform != "wechat" || k.c.deps.Importer == nil {
		return nil
	}
	at := "/groups/" + g.ID.String() + "/paste"
	p.Channel = []ui.Tab{{Text: k.T("channel.step_roster"), Link: at + "?kind=roster"}, {Text: k.T("channel.step_talk"), Link: at + "?kind=talk"}}
	if k.Codes != nil {
		p.Channel = append(p.Channel, ui.Tab{Text: k.T("channel.step_code"), Link: "/codes"})
	}
	return nil
}
