package mp

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/wxapi"
)

// shanghai is where the platform cuts days.
var shanghai = time.FixedZone("Asia/Shanghai", 8*3600)

// chore is a line of the table of what an account does besides answering.
type chore struct {
	connect.Chore
	do func(s *Session, ctx context.Context, args connect.Values) (connect.Outcome, error)
}

func table() []chore {
	field := func(name, zh, en string, required bool, help [2]string) connect.Field {
		return connect.Field{Name: name, Kind: connect.KindText, Title: [2]string{zh, en}, Required: required, Help: help}
	}
	return []chore{
		{connect.Chore{Name: "can.list", Title: [2]string{"这个账号能做什么", "What this account can do"},
			Help: [2]string{"按账号类型（订阅号、服务号，认证与否）列出能做和不能做的，以及原因。", "By kind (订阅号, 服务号, certified or not): what can and cannot be done, and why."}}, (*Session).canList},
		{connect.Chore{Name: "article.statistic", Title: [2]string{"文章每日合计（平台）", "Daily totals of articles (platform)"},
			Help:   [2]string{"平台给的当天合计，不分人；按人的数字看“短链”，两者不相加。", "The platform's totals of a day, not by person; by person see Short links. The two are never added."},
			Fields: []connect.Field{field("day", "哪天", "Day", false, [2]string{"2026-11-27；不填是昨天。", "2026-11-27; empty = yesterday."})}}, (*Session).articleStatistic},
		{connect.Chore{Name: "menu.list", Title: [2]string{"现在的菜单", "The menu now"}}, (*Session).menuList},
		{connect.Chore{Name: "menu.set", Changes: true, Title: [2]string{"改菜单", "Change the menu"},
			Help: [2]string{"整个替换；原来的会列出来，可以照样改回。", "Replaces the whole; what was there is listed, so that it can be put back."},
			Fields: []connect.Field{field("menu", "菜单", "Menu", true, [2]string{"一项写“名称 = 标记”或“名称 = https://…”，子菜单写“父 / 子 = …”，项之间用“；”分开。",
				"An entry is \"name = key\" or \"name = https://…\"; below another: \"parent / name = …\"; entries are parted by ；"})}}, (*Session).menuSet},
		{connect.Chore{Name: "template.list", Title: [2]string{"模板消息的模板", "Templates"}}, (*Session).templateList},
		{connect.Chore{Name: "template.send", Changes: true, Title: [2]string{"发模板消息", "Send a template message"},
			Fields: []connect.Field{field("to", "关注者 openid", "Follower (openid)", true, [2]string{}), field("template", "模板编号", "Template id", true, [2]string{}), field("link", "链接", "Link", false, [2]string{}),
				field("data", "内容", "Values", true, [2]string{"“名字=值”，用“；”分开。", "\"name=value\", parted by ；"})}}, (*Session).templateSend},
	}
}

// Chores lists what there is to do.
func (s *Session) Chores() []connect.Chore {
	var out []connect.Chore
	for _, c := range table() {
		out = append(out, c.Chore)
	}
	return out
}

// DoChore does one.
func (s *Session) DoChore(ctx context.Context, name string, args connect.Values) (connect.Outcome, error) {
	for _, c := range table() {
		if c.Name == name {
			return c.do(s, ctx, args)
		}
	}
	return connect.Outcome{}, community.Errorf(community.CodeNotFound, "no chore %q", wxapi.Clip(name, 40))
}

// articleStatistic asks for a day's totals.
func (s *Session) articleStatistic(ctx context.Context, args connect.Values) (connect.Outcome, error) {
	day := args["day"]
	if day == "" {
		day = time.Now().In(shanghai).AddDate(0, 0, -1).Format(time.DateOnly)
	}
	list, err := s.Articles(ctx, day)
	out := connect.Outcome{Columns: [][2]string{{"文章", "Article"}, {"阅读人数", "Readers"}, {"阅读次数", "Readings"}, {"分享次数", "Shares"}, {"收藏人数", "Saved by"}}}
	for _, a := range list {
		out.Rows = append(out.Rows, []string{a.Title, strconv.FormatInt(a.People, 10), strconv.FormatInt(a.Times, 10), strconv.FormatInt(a.Shares, 10), strconv.FormatInt(a.Saves, 10)})
	}
	out.Say = [2]string{fmt.Sprintf("%s 平台合计，%d 篇；不分人。", day, len(list)), fmt.Sprintf("%s, the platform's totals, %d articles; not by person.", day, len(list))}
	return out, err
}

// button is an entry of the menu.
type button struct {
	Name string   `json:"name"`
	Type string   `json:"type,omitempty"` // click or view; others are kept when read only
	Key  string   `json:"key,omitempty"`
	URL  string   `json:"url,omitempty"`
	Sub  []button `json:"sub_button,omitempty"`
}

// line is an entry as people write it.
func (b button) line(parent string) string {
	name := b.Name
	if parent != "" {
		name = parent + " / " + name
	}
	if b.URL != "" {
		return name + " = " + b.URL
	}
	return name + " = " + b.Key
}

// noMenu is the platform's word for an account without a menu.
const noMenu = 46003

func (s *Session) menu(ctx context.Context) ([]string, error) {
	var got struct {
		Menu struct {
			Buttons []button `json:"button"`
		} `json:"menu"`
	}
	err := s.learn(ctx, s.api.Get(ctx, "menu/get", url.Values{}, &got))
	if r := wxapi.RefusalIn(err); r != nil && r.Errcode == noMenu {
		return nil, nil
	}
	var lines []string
	for _, b := range got.Menu.Buttons {
		if len(b.Sub) == 0 {
			lines = append(lines, b.line(""))
		}
		for _, sub := range b.Sub {
			lines = append(lines, sub.line(b.Name))
		}
	}
	return lines, err
}

func (s *Session) menuList(ctx context.Context, _ connect.Values) (connect.Outcome, error) {
	if err := s.need("menu"); err != nil {
		return connect.Outcome{}, err
	}
	lines, err := s.menu(ctx)
	out := connect.Outcome{Columns: [][2]string{{"菜单项", "Entry"}}, Say: [2]string{fmt.Sprintf("%d 项。", len(lines)), fmt.Sprintf("%d entries.", len(lines))}}
	for _, l := range lines {
		out.Rows = append(out.Rows, []string{l})
	}
	return out, err
}

// Bounds of a menu.
const (
	maxButtons = 3
	maxSubs    = 5
)

// readMenu makes a menu of what people wrote; CodeBadInput names the entry.
func readMenu(text string) ([]button, error) {
	var top []button
	for _, part := range strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' || r == '；' }) {
		name, aim, ok := strings.Cut(part, "=")
		name, aim = strings.TrimSpace(name), strings.TrimSpace(aim)
		if !ok || name == "" || aim == "" || len(aim) > 1024 {
			return nil, community.Errorf(community.CodeBadInput, "menu: %q: want name = key, or name = https://…", wxapi.Clip(part, 60))
		}
		b := button{Type: "click", Key: wxapi.Clip(aim, maxKey)}
		if strings.HasPrefix(aim, "https://") || strings.HasPrefix(aim, "http://") {
			b = button{Type: "view", URL: aim}
		}
		parent, child, below := strings.Cut(name, "/")
		if b.Name = strings.TrimSpace(child); !below {
			b.Name = name
			top = append(top, b)
			continue
		}
		parent = strings.TrimSpace(parent)
		if n := len(top); n == 0 || top[n-1].Name != parent || top[n-1].Type != "" {
			top = append(top, button{Name: parent})
		}
		last := &top[len(top)-1]
		last.Sub = append(last.Sub, b)
	}
	return top, checkMenu(top)
}

func checkMenu(top []button) error {
	if len(top) == 0 || len(top) > maxButtons {
		return community.Errorf(community.CodeBadInput, "menu: %d entries at the top, want 1 to %d", len(top), maxButtons)
	}
	for _, b := range top {
		if b.Name == "" || len(b.Name) > 16 {
			return community.Errorf(community.CodeBadInput, "menu: %q: a name at the top has 1 to 5 Chinese characters", wxapi.Clip(b.Name, 60))
		}
		if len(b.Sub) > maxSubs {
			return community.Errorf(community.CodeBadInput, "menu: %q: at most %d below it", b.Name, maxSubs)
		}
		for _, sub := range b.Sub {
			if sub.Name == "" || len(sub.Name) > 60 {
				return community.Errorf(community.CodeBadInput, "menu: %q: a name below has 1 to 20 Chinese characters", wxapi.Clip(sub.Name, 60))
			}
		}
	}
	return nil
}

func (s *Session) menuSet(ctx context.Context, args connect.Values) (connect.Outcome, error) {
	var out connect.Outcome
	if err := s.need("menu"); err != nil {
		return out, err
	}
	menu, err := readMenu(args["menu"])
	if err != nil {
		return out, err
	}
	before, err := s.menu(ctx)
	if err != nil {
		return out, err
	}
	if err := s.learn(ctx, s.api.Write(ctx, "menu/create", map[string]any{"button": menu}, nil)); err != nil {
		return out, err
	}
	out.Say = [2]string{"菜单已改，关注者几分钟内看到。下面是原来的，要改回就照填。", "The menu is changed; followers see it within minutes. Below is what was there: enter it to put it back."}
	out.Columns, out.Rows = [][2]string{{"原来的菜单", "The menu before"}}, [][]string{{strings.Join(before, "；")}}
	return out, nil
}

func (s *Session) templateList(ctx context.Context, _ connect.Values) (connect.Outcome, error) {
	var out connect.Outcome
	if err := s.need("template"); err != nil {
		return out, err
	}
	var got struct {
		List []struct {
			ID      string `json:"template_id"`
			Title   string `json:"title"`
			Content string `json:"content"`
		} `json:"template_list"`
	}
	err := s.learn(ctx, s.api.Get(ctx, "template/get_all_private_template", url.Values{}, &got))
	out.Columns = [][2]string{{"模板编号", "Template id"}, {"标题", "Title"}, {"内容", "Text"}}
	for _, one := range got.List {
		out.Rows = append(out.Rows, []string{one.ID, wxapi.Clip(one.Title, 120), wxapi.Clip(one.Content, 500)})
	}
	out.Say = [2]string{fmt.Sprintf("%d 个模板。", len(got.List)), fmt.Sprintf("%d templates.", len(got.List))}
	return out, err
}

func (s *Session) templateSend(ctx context.Context, args connect.Values) (connect.Outcome, error) {
	var out connect.Outcome
	if err := s.need("template"); err != nil {
		return out, err
	}
	data := map[string]any{}
	for _, part := range strings.FieldsFunc(args["data"], func(r rune) bool { return r == '\n' || r == '；' }) {
		name, value, ok := strings.Cut(part, "=")
		if name = strings.TrimSpace(name); !ok || name == "" {
			return out, community.Errorf(community.CodeBadInput, "data: %q: want name=value", wxapi.Clip(part, 60))
		}
		data[name] = map[string]string{"value": wxapi.Clip(strings.TrimSpace(value), 600)}
	}
	body := map[string]any{"touser": args["to"], "template_id": args["template"], "data": data}
	if args["link"] != "" {
		body["url"] = args["link"]
	}
	err := s.learn(ctx, s.api.Write(ctx, "message/template/send", body, nil))
	out.Say = [2]string{"已发送。", "It is sent."}
	return out, err
}
