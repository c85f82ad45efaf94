package wecomtest

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// body is a call's body.
type body map[string]any

func (b body) text(name string) string { s, _ := b[name].(string); return s }

func (b body) list(name string) []string {
	raw, _ := b[name].([]any)
	out := make([]string, 0, len(raw))
	for _, x := range raw {
		if s, ok := x.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

func (b body) in(name string) body { m, _ := b[name].(map[string]any); return m }

// no is a refusal.
type no struct {
	code int
	msg  string
}

// paths is what each interface does. One line per interface.
var paths = map[string]func(c *Corp, r *http.Request, b body) (any, *no){
	"agent/get": func(*Corp, *http.Request, body) (any, *no) {
		return map[string]any{"agentid": Agent, "name": "社群助手"}, nil
	},
	"message/send":                                (*Corp).messageSend,
	"media/upload":                                (*Corp).mediaUpload,
	"media/upload_attachment":                     (*Corp).attachmentUpload,
	"externalcontact/get_follow_user_list":        (*Corp).followUsers,
	"externalcontact/batch/get_by_user":           (*Corp).byUser,
	"externalcontact/get_corp_tag_list":           (*Corp).tagList,
	"externalcontact/mark_tag":                    (*Corp).markTag,
	"externalcontact/groupchat/list":              (*Corp).chatList,
	"externalcontact/groupchat/get":               (*Corp).chatGet,
	"externalcontact/groupchat/statistic":         (*Corp).statistic,
	"externalcontact/groupchat/transfer":          (*Corp).chatTransfer,
	"externalcontact/transfer_customer":           (*Corp).transfer,
	"externalcontact/resigned/transfer_customer":  (*Corp).transfer,
	"externalcontact/transfer_result":             (*Corp).transferResult,
	"externalcontact/resigned/transfer_result":    (*Corp).transferResult,
	"externalcontact/remark":                      (*Corp).remark,
	"externalcontact/groupchat/add_join_way":      (*Corp).joinAdd,
	"externalcontact/groupchat/get_join_way":      (*Corp).joinGet,
	"externalcontact/groupchat/update_join_way":   (*Corp).joinUpdate,
	"externalcontact/groupchat/del_join_way":      (*Corp).joinDelete,
	"externalcontact/group_welcome_template/add":  (*Corp).templateAdd,
	"externalcontact/group_welcome_template/edit": (*Corp).templateEdit,
	"externalcontact/group_welcome_template/get":  (*Corp).templateGet,
	"externalcontact/group_welcome_template/del":  (*Corp).templateDelete,
	"externalcontact/send_welcome_msg":            (*Corp).welcomeSend,
	"externalcontact/add_msg_template":            (*Corp).massAdd,
	"externalcontact/get_groupmsg_list_v2":        (*Corp).massList,
	"externalcontact/get_groupmsg_task":           (*Corp).massTask,
	"externalcontact/get_groupmsg_send_result":    (*Corp).massResult,
	"externalcontact/remind_groupmsg_send":        (*Corp).massRemind,
	"externalcontact/cancel_groupmsg_send":        (*Corp).massCancel,
	"externalcontact/add_moment_task":             (*Corp).momentAdd,
	"externalcontact/get_moment_task_result":      (*Corp).momentResult,
	"externalcontact/get_moment_list":             (*Corp).momentList,
	"externalcontact/get_moment_task":             (*Corp).momentTask,
	"externalcontact/get_moment_comments":         (*Corp).momentComments,
	"externalcontact/cancel_moment_task":          (*Corp).momentCancel,
}

// answer does what a call asks and answers it.
func (c *Corp) answer(w http.ResponseWriter, r *http.Request, f Fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	path := strings.TrimPrefix(r.URL.Path, "/cgi-bin/")
	switch {
	case f.Page != "" || f.Status != 0:
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(max(f.Status, http.StatusOK))
		_, _ = io.WriteString(w, f.Page)
		return
	case f.Errcode != 0:
		say(w, nil, &no{f.Errcode, f.Errmsg})
		return
	case path == "gettoken":
		c.getToken(w, r)
		return
	case r.URL.Query().Get("access_token") != c.valid():
		say(w, nil, &no{40014, "invalid access_token, hint: [1700000000_1], from ip: 203.0.113.7"})
		return
	}
	do, ok := paths[path]
	if !ok {
		say(w, nil, &no{40066, "invalid url"})
		return
	}
	var b body
	if r.Body != nil && !strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		raw, err := io.ReadAll(r.Body)
		if err != nil || len(raw) > 0 && json.Unmarshal(raw, &b) != nil {
			say(w, nil, &no{40058, "wrong json format"})
			return
		}
	}
	c.calls[path]++
	data, refused := do(c, r, b)
	say(w, data, refused)
}

func say(w http.ResponseWriter, data any, refused *no) {
	out := map[string]any{}
	if data != nil {
		raw, err := json.Marshal(data)
		if err == nil {
			err = json.Unmarshal(raw, &out)
		}
		if err != nil {
			panic(err)
		}
	}
	out["errcode"], out["errmsg"] = 0, "ok"
	if refused != nil {
		out["errcode"], out["errmsg"] = refused.code, refused.msg
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	_ = json.NewEncoder(w).Encode(out)
}

func (c *Corp) valid() string { return fmt.Sprintf("access-token-%d", c.token) }

func (c *Corp) getToken(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	switch {
	case q.Get("corpid") != ID:
		say(w, nil, &no{40013, "invalid corpid"})
	case q.Get("corpsecret") != Secret:
		say(w, nil, &no{40001, "invalid credential, hint: [1700000000_2], from ip: 203.0.113.7"})
	default:
		c.tokens++
		say(w, map[string]any{"access_token": c.valid(), "expires_in": 7200}, nil)
	}
}

func (c *Corp) messageSend(_ *http.Request, b body) (any, *no) {
	to := b.text("touser")
	if !slices.Contains(c.employees, to) {
		return nil, &no{81013, "user & party & tag all invalid"}
	}
	card := b.in("textcard")
	c.cards = append(c.cards, to)
	c.note("message/send %s %s%s", to, card.text("title"), b.in("text").text("content"))
	return map[string]any{"msgid": "m1"}, nil
}

func (c *Corp) followUsers(*http.Request, body) (any, *no) {
	return map[string]any{"follow_user": c.employees}, nil
}

func (c *Corp) byUser(_ *http.Request, b body) (any, *no) {
	var all []map[string]any
	for _, employee := range b.list("userid_list") {
		for _, x := range c.contacts[employee] {
			all = append(all, map[string]any{
				"external_contact": map[string]any{"external_userid": x.ID, "name": x.Name, "type": 1, "unionid": x.Union},
				"follow_info":      map[string]any{"userid": employee, "remark": x.Remark, "createtime": x.Added, "tag_id": x.Tags, "state": x.State, "add_way": 1},
			})
		}
	}
	if len(all) == 0 {
		return nil, &no{84061, "not external contact"}
	}
	page, next := cut(all, b)
	return map[string]any{"external_contact_list": page, "next_cursor": next}, nil
}

// cut gives the page of a list that a cursor names.
func cut[T any](all []T, b body) ([]T, string) {
	from := 0
	_, _ = fmt.Sscanf(b.text("cursor"), "c%d", &from)
	limit := 100
	if n, ok := b["limit"].(float64); ok && n > 0 {
		limit = int(n)
	}
	end := min(from+limit, len(all))
	if from >= len(all) {
		return nil, ""
	}
	next := ""
	if end < len(all) {
		next = fmt.Sprintf("c%d", end)
	}
	return all[from:end], next
}

func (c *Corp) tagList(*http.Request, body) (any, *no) {
	groups := map[string][]map[string]any{}
	for _, id := range slices.Sorted(maps.Keys(c.tags)) {
		group, name, _ := strings.Cut(c.tags[id], "/")
		groups[group] = append(groups[group], map[string]any{"id": id, "name": name})
	}
	var out []map[string]any
	for _, group := range slices.Sorted(maps.Keys(groups)) {
		out = append(out, map[string]any{"group_id": "g" + group, "group_name": group, "tag": groups[group]})
	}
	return map[string]any{"tag_group": out}, nil
}

func (c *Corp) markTag(_ *http.Request, b body) (any, *no) {
	for _, x := range c.contacts[b.text("userid")] {
		if x.ID != b.text("external_userid") {
			continue
		}
		for _, id := range append(b.list("add_tag"), b.list("remove_tag")...) {
			if c.tags[id] == "" {
				return nil, &no{40068, "invalid tagid"}
			}
		}
		drop := b.list("remove_tag")
		x.Tags = slices.DeleteFunc(append(slices.Clone(x.Tags), b.list("add_tag")...), func(id string) bool { return slices.Contains(drop, id) })
		slices.Sort(x.Tags)
		x.Tags = slices.Compact(x.Tags)
		c.note("mark_tag %s %v", x.ID, x.Tags)
		return nil, nil
	}
	return nil, &no{84061, "not external contact"}
}

func (c *Corp) chatList(_ *http.Request, b body) (any, *no) {
	owners := b.in("owner_filter").list("userid_list")
	var all []map[string]any
	for _, g := range c.chats {
		if len(owners) == 0 || slices.Contains(owners, g.Owner) {
			all = append(all, map[string]any{"chat_id": g.ID, "status": 0})
		}
	}
	page, next := cut(all, b)
	return map[string]any{"group_chat_list": page, "next_cursor": next}, nil
}

func (c *Corp) chatGet(_ *http.Request, b body) (any, *no) {
	g := c.chat(b.text("chat_id"))
	if g == nil {
		return nil, &no{40050, "invalid chatid"}
	}
	members := make([]map[string]any, 0, len(g.Members))
	for _, m := range g.Members {
		row := map[string]any{"userid": m.ID, "type": 2, "join_time": m.Joined, "join_scene": m.Scene, "group_nickname": m.Card, "name": m.Name}
		if m.Employee {
			row["type"] = 1
		}
		if m.State != "" {
			row["state"] = m.State
		}
		if m.Inviter != "" {
			row["invitor"] = map[string]any{"userid": m.Inviter}
		}
		members = append(members, row)
	}
	return map[string]any{"group_chat": map[string]any{"chat_id": g.ID, "name": g.Name, "owner": g.Owner, "create_time": 1, "notice": g.Notice,
		"member_list": members, "admin_list": []any{}, "member_version": fmt.Sprintf("v%d", g.version)}}, nil
}

func (c *Corp) statistic(_ *http.Request, b body) (any, *no) {
	var items []map[string]any
	for _, owner := range b.in("owner_filter").list("userid_list") {
		chats, members := 0, 0
		for _, g := range c.chats {
			if g.Owner == owner {
				chats, members = chats+1, members+len(g.Members)
			}
		}
		items = append(items, map[string]any{"owner": owner, "data": map[string]any{"chat_total": chats, "member_total": members}})
	}
	return map[string]any{"total": len(items), "next_offset": len(items), "items": items}, nil
}

func (c *Corp) chatTransfer(_ *http.Request, b body) (any, *no) {
	var failed []map[string]any
	for _, id := range b.list("chat_id_list") {
		g := c.chat(id)
		switch {
		case g == nil:
			failed = append(failed, map[string]any{"chat_id": id, "errcode": 40050, "errmsg": "invalid chatid"})
		case slices.Contains(c.employees, g.Owner):
			failed = append(failed, map[string]any{"chat_id": id, "errcode": 90500, "errmsg": "the owner of this chat is not resigned"})
		default:
			g.Owner = b.text("new_owner")
			c.note("transfer %s %s", id, g.Owner)
		}
	}
	return map[string]any{"failed_chat_list": failed}, nil
}

// Resign takes an employee out of the company.
func (c *Corp) Resign(employee string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.employees = slices.DeleteFunc(c.employees, func(e string) bool { return e == employee })
}

func (c *Corp) joinAdd(_ *http.Request, b body) (any, *no) {
	for _, id := range b.list("chat_id_list") {
		if c.chat(id) == nil {
			return nil, &no{40050, "invalid chatid"}
		}
	}
	c.serial++
	id := fmt.Sprintf("join%04d", c.serial)
	c.joins[id] = b
	c.note("add_join_way %s %s %v", strings.Join(b.list("chat_id_list"), ","), b.text("state"), b["auto_create_room"])
	return map[string]any{"config_id": id}, nil
}

func (c *Corp) joinGet(_ *http.Request, b body) (any, *no) {
	id := b.text("config_id")
	if c.joins[id] == nil {
		return nil, &no{40099, "invalid config id"}
	}
	way := maps.Clone(c.joins[id])
	way["config_id"], way["qr_code"] = id, c.Pictures+"/"+id+".png"
	return map[string]any{"join_way": way}, nil
}

func (c *Corp) joinUpdate(_ *http.Request, b body) (any, *no) {
	id := b.text("config_id")
	if c.joins[id] == nil {
		return nil, &no{40099, "invalid config id"}
	}
	c.joins[id] = b
	c.note("update_join_way %s %s", id, strings.Join(b.list("chat_id_list"), ","))
	return nil, nil
}

func (c *Corp) joinDelete(_ *http.Request, b body) (any, *no) {
	if c.joins[b.text("config_id")] == nil {
		return nil, &no{40099, "invalid config id"}
	}
	delete(c.joins, b.text("config_id"))
	return nil, nil
}

func (c *Corp) templateAdd(_ *http.Request, b body) (any, *no) {
	c.serial++
	id := fmt.Sprintf("tpl%04d", c.serial)
	c.templates[id] = b.in("text").text("content")
	return map[string]any{"template_id": id}, nil
}

func (c *Corp) templateGet(_ *http.Request, b body) (any, *no) {
	text, ok := c.templates[b.text("template_id")]
	if !ok {
		return nil, &no{41044, "invalid template id"}
	}
	return map[string]any{"text": map[string]any{"content": text}}, nil
}

// Reword changes a group welcome as an administrator does by hand; "" deletes it.
func (c *Corp) Reword(id, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.templates[id] = text; text == "" {
		delete(c.templates, id)
	}
}

func (c *Corp) templateEdit(_ *http.Request, b body) (any, *no) {
	if _, ok := c.templates[b.text("template_id")]; !ok {
		return nil, &no{40037, "invalid template_id"}
	}
	c.templates[b.text("template_id")] = b.in("text").text("content")
	return nil, nil
}

func (c *Corp) templateDelete(_ *http.Request, b body) (any, *no) {
	if _, ok := c.templates[b.text("template_id")]; !ok {
		return nil, &no{40037, "invalid template_id"}
	}
	delete(c.templates, b.text("template_id"))
	return nil, nil
}

// Templates are the group welcomes in the library, by id.
func (c *Corp) Templates() map[string]string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.templates)
}

func (c *Corp) welcomeSend(_ *http.Request, b body) (any, *no) {
	c.note("send_welcome_msg %s %s", b.text("welcome_code"), b.in("text").text("content"))
	return nil, nil
}
