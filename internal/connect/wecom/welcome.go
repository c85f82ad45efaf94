package wecom

import (
	"context"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/wxapi"
)

// welcomeWithin is how long a welcome code lives (unverified).
const welcomeWithin = 20 * time.Second

// greetFriends welcomes contacts just added, each within its twenty seconds or not at all.
func (s *Session) greetFriends(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case w := <-s.welcomes:
			if err := s.greetFriend(ctx, w); err != nil && ctx.Err() == nil {
				s.ail(chores, err, [2]string{"有新客户的欢迎语没有发出去。", "A new contact's welcome was not sent."})
			}
		}
	}
}

func (s *Session) greetFriend(ctx context.Context, w welcome) error {
	left := welcomeWithin - time.Since(time.UnixMilli(w.at))
	if left <= 0 {
		return community.Errorf(community.CodeLate, "the welcome code is older than %s", welcomeWithin)
	}
	ctx, cancel := context.WithTimeout(ctx, left)
	defer cancel()
	body := map[string]any{"welcome_code": w.code, "text": map[string]any{"content": s.welcome}}
	return s.ask(ctx, func() error { return s.api.Write(ctx, "externalcontact/send_welcome_msg", body, nil) })
}

func welcomeChores() []chore {
	text := field("text", "欢迎语", "Text", true)
	link, title := field("link", "链接", "Link", false), field("title", "链接标题", "Title of the link", false)
	id := field("template", "素材编号", "Template id", true)
	return []chore{
		{connect.Chore{Name: "welcome.add", Changes: true, Title: [2]string{"新增入群欢迎语", "Add a group welcome"},
			Help:   [2]string{"加进欢迎语素材库；群主再到手机上为自己的群选用。", "Goes into the library of welcomes; owners choose it for their groups on the phone."},
			Fields: []connect.Field{text, title, link, {Name: "notify", Kind: connect.KindBool, Default: "false", Title: [2]string{"通知群主", "Tell the owners"}}}}, (*Session).welcomeAdd},
		{connect.Chore{Name: "welcome.edit", Changes: true, Title: [2]string{"修改入群欢迎语", "Change a group welcome"}, Fields: []connect.Field{id, text, title, link}}, (*Session).welcomeEdit},
		{connect.Chore{Name: "welcome.list", Title: [2]string{"入群欢迎语与差异", "Group welcomes and their drift"},
			Help: [2]string{"这里记的和企业微信素材库里的逐条对比；什么也不改。", "What is kept here compared with WeCom's library, one by one; changes nothing."}}, (*Session).welcomeList},
		{connect.Chore{Name: "welcome.settle", Changes: true, Title: [2]string{"欢迎语以一边为准", "Settle a welcome"},
			Help:   [2]string{"别处建的素材也能这样接管：填编号，选 there。", "One made elsewhere is taken over this way too: its id, and there."},
			Fields: []connect.Field{id, {Name: "by", Kind: connect.KindChoice, Choices: []string{"here", "there"}, Default: "there", Required: true, Title: [2]string{"以哪边为准", "Which side holds"}}}}, (*Session).welcomeSettle},
		{connect.Chore{Name: "welcome.renew", Changes: true, Title: [2]string{"把企业微信已没有的欢迎语重新加进去", "Put a welcome that is gone there into the library again"}, Fields: []connect.Field{id}}, (*Session).welcomeRenew},
		{connect.Chore{Name: "welcome.delete", Changes: true, Title: [2]string{"删除入群欢迎语", "Delete a group welcome"}, Fields: []connect.Field{id}}, (*Session).welcomeDelete},
	}
}

func (s *Session) welcomeBody(args connect.Values) (map[string]any, error) {
	if len(args["text"]) > 3000 {
		return nil, community.Errorf(community.CodeTooLarge, "text of %d bytes, at most 3000", len(args["text"]))
	}
	body := map[string]any{"text": map[string]any{"content": args["text"]}, "agentid": s.agent}
	if args["link"] != "" {
		if args["title"] == "" {
			return nil, community.Errorf(community.CodeBadInput, "title: a link needs one")
		}
		body["link"] = map[string]any{"title": wxapi.Clip(args["title"], 128), "url": args["link"]}
	}
	return body, nil
}

func (s *Session) welcomeAdd(ctx context.Context, args connect.Values) (connect.Outcome, error) {
	body, err := s.welcomeBody(args)
	if err != nil {
		return connect.Outcome{}, err
	}
	body["notify"] = 0
	if args.Bool("notify") {
		body["notify"] = 1
	}
	var got struct {
		ID string `json:"template_id"`
	}
	err = s.ask(ctx, func() error { return s.api.Write(ctx, "externalcontact/group_welcome_template/add", body, &got) })
	if err == nil {
		err = s.keepGreeting(ctx, got.ID, &greeting{args["text"], args["title"], args["link"]})
	}
	return connect.Outcome{Say: [2]string{"已加入素材库。", "It is in the library."}, Columns: [][2]string{{"素材编号", "Template id"}}, Rows: [][]string{{got.ID}}}, err
}

func (s *Session) welcomeEdit(ctx context.Context, args connect.Values) (connect.Outcome, error) {
	body, err := s.welcomeBody(args)
	if err != nil {
		return connect.Outcome{}, err
	}
	body["template_id"] = args["template"]
	err = s.ask(ctx, func() error { return s.api.Write(ctx, "externalcontact/group_welcome_template/edit", body, nil) })
	if err == nil {
		err = s.keepGreeting(ctx, args["template"], &greeting{args["text"], args["title"], args["link"]})
	}
	return connect.Outcome{Say: [2]string{"已修改。", "It is changed."}}, err
}

func (s *Session) welcomeDelete(ctx context.Context, args connect.Values) (connect.Outcome, error) {
	body := map[string]any{"template_id": args["template"], "agentid": s.agent}
	err := s.ask(ctx, func() error { return s.api.Write(ctx, "externalcontact/group_welcome_template/del", body, nil) })
	if err == nil {
		err = s.keepGreeting(ctx, args["template"], nil)
	}
	return connect.Outcome{Say: [2]string{"已删除。", "It is deleted."}}, err
}

func joinChores() []chore {
	id := helped(field("code", "活码编号", "Id of the code", true), "建活码时得到的编号。", "As given when it was made.")
	return []chore{
		{connect.Chore{Name: "join.change", Changes: true, Title: [2]string{"修改入群活码", "Change a join code"},
			Help: [2]string{"换群不换码：已印出去的二维码照旧能用。", "Other groups, same code: what is printed keeps working."},
			Fields: []connect.Field{id, helped(field("groups", "客户群编号", "Groups", true), "最多 5 个，用逗号分开。", "At most 5, with commas."),
				field("state", "渠道标记", "Mark", false), {Name: "overflow", Kind: connect.KindBool, Default: "true", Title: [2]string{"满员自动建新群", "Open a new group when full"}},
				field("base", "新群名称前缀", "Name of new groups", false)}}, (*Session).joinChange},
		{connect.Chore{Name: "join.delete", Changes: true, Title: [2]string{"删除入群活码", "Delete a join code"},
			Help: [2]string{"印出去的二维码立刻失效。", "Printed codes stop working at once."}, Fields: []connect.Field{id}}, (*Session).joinDelete},
	}
}

func (s *Session) joinChange(ctx context.Context, args connect.Values) (connect.Outcome, error) {
	groups, err := ids(args["groups"], maxJoinGroups)
	if err != nil {
		return connect.Outcome{}, err
	}
	order := community.InviteOrder{Groups: groups, State: args["state"], Overflow: args.Bool("overflow"), Base: args["base"]}
	if err := checkInvite(order); err != nil {
		return connect.Outcome{}, err
	}
	body := joinWay(order)
	body["config_id"] = args["code"]
	if err := s.ask(ctx, func() error { return s.api.Write(ctx, "externalcontact/groupchat/update_join_way", body, nil) }); err != nil {
		return connect.Outcome{}, err
	}
	code, err := s.joinCode(ctx, args["code"])
	return connect.Outcome{Say: [2]string{"已修改。", "It is changed."}, Columns: [][2]string{{"二维码图片", "Picture of the code"}}, Rows: [][]string{{code}}}, err
}

func (s *Session) joinDelete(ctx context.Context, args connect.Values) (connect.Outcome, error) {
	body := map[string]any{"config_id": args["code"]}
	err := s.ask(ctx, func() error { return s.api.Write(ctx, "externalcontact/groupchat/del_join_way", body, nil) })
	return connect.Outcome{Say: [2]string{"已删除。", "It is deleted."}}, err
}
