package wecomtest

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
)

func (c *Corp) massAdd(_ *http.Request, b body) (any, *no) {
	sender, chats := b.text("sender"), b.list("chat_id_list")
	if sender == "" || b.text("chat_type") != "group" {
		return nil, &no{40063, "sender or chat_type missing"}
	}
	var failed, good []string
	for _, id := range chats {
		if g := c.chat(id); g == nil || g.Owner != sender {
			failed = append(failed, id)
		} else {
			good = append(good, id)
		}
	}
	if len(good) == 0 {
		return nil, &no{41048, "no chat to send"}
	}
	m := c.addMass(sender, b.in("text").text("content"), good)
	if list, ok := b["attachments"].([]any); ok {
		for _, one := range list {
			if link, ok := one.(map[string]any)["link"].(map[string]any); ok {
				m.Links = append(m.Links, fmt.Sprint(link["title"], " ", link["url"]))
			}
		}
		m.Attached = append(m.Attached, list...)
	}
	c.note("add_msg_template %s %s %v", m.ID, sender, good)
	return map[string]any{"msgid": m.ID, "fail_list": failed}, nil
}

// mediaUpload takes a file and gives it an id.
func (c *Corp) mediaUpload(r *http.Request, _ body) (any, *no) {
	_, head, err := r.FormFile("media")
	if err != nil {
		return nil, &no{41005, "media data missing"}
	}
	c.Uploads = append(c.Uploads, fmt.Sprintf("%s %s %d", r.URL.Query().Get("type"), head.Filename, head.Size))
	return map[string]any{"type": r.URL.Query().Get("type"), "media_id": fmt.Sprintf("medium-%d", len(c.Uploads)), "created_at": "1700000000"}, nil
}

// attachmentUpload takes a picture for a moment and gives it an id.
func (c *Corp) attachmentUpload(r *http.Request, _ body) (any, *no) {
	_, head, err := r.FormFile("media")
	if err != nil || r.URL.Query().Get("media_type") != "image" || r.URL.Query().Get("attachment_type") != "1" {
		return nil, &no{41005, "media data missing"}
	}
	c.Uploads = append(c.Uploads, fmt.Sprintf("moment %s %d", head.Filename, head.Size))
	return map[string]any{"type": "image", "media_id": fmt.Sprintf("medium-%d", len(c.Uploads)), "created_at": 1700000000}, nil
}

func (c *Corp) mass(id string) *Mass {
	for _, m := range c.masses {
		if m.ID == id {
			return m
		}
	}
	return nil
}

func (c *Corp) massList(_ *http.Request, b body) (any, *no) {
	from, _ := b["start_time"].(float64)
	to, _ := b["end_time"].(float64)
	var list []map[string]any
	for _, m := range c.masses {
		if float64(m.Created) >= from && float64(m.Created) <= to {
			list = append(list, map[string]any{"msgid": m.ID, "creator": "admin", "create_time": m.Created, "create_type": 0, "text": map[string]any{"content": m.Text}})
		}
	}
	page, next := cut(list, b)
	return map[string]any{"group_msg_list": page, "next_cursor": next}, nil
}

func (c *Corp) massTask(_ *http.Request, b body) (any, *no) {
	m := c.mass(b.text("msgid"))
	if m == nil {
		return nil, &no{40058, "invalid msgid"}
	}
	row := map[string]any{"userid": m.Sender, "status": 0}
	if m.Sent != 0 {
		row["status"], row["send_time"] = 2, m.Sent
	}
	return map[string]any{"task_list": []any{row}, "next_cursor": ""}, nil
}

func (c *Corp) massResult(_ *http.Request, b body) (any, *no) {
	m := c.mass(b.text("msgid"))
	if m == nil || m.Sender != b.text("userid") {
		return nil, &no{40058, "invalid msgid or userid"}
	}
	var list []map[string]any
	for _, id := range m.Chats {
		row := map[string]any{"chat_id": id, "userid": m.Sender, "status": 0}
		if m.Sent != 0 {
			row["status"], row["send_time"] = 1, m.Sent
			if why := m.Missed[id]; why != 0 {
				row["status"] = why
			}
		}
		list = append(list, row)
	}
	page, next := cut(list, b)
	return map[string]any{"send_list": page, "next_cursor": next}, nil
}

func (c *Corp) massRemind(_ *http.Request, b body) (any, *no) {
	m := c.mass(b.text("msgid"))
	switch {
	case m == nil:
		return nil, &no{40058, "invalid msgid"}
	case m.Reminded >= 3:
		return nil, &no{45009, "remind too often"}
	}
	m.Reminded++
	c.note("remind_groupmsg_send %s", m.ID)
	return nil, nil
}

func (c *Corp) massCancel(_ *http.Request, b body) (any, *no) {
	m := c.mass(b.text("msgid"))
	if m == nil {
		return nil, &no{40058, "invalid msgid"}
	}
	m.Cancelled = true
	c.note("cancel_groupmsg_send %s", m.ID)
	return nil, nil
}

func (c *Corp) moment(id string) *Moment {
	for _, m := range c.moments {
		if m.ID == id {
			return m
		}
	}
	return nil
}

func (c *Corp) momentAdd(_ *http.Request, b body) (any, *no) {
	c.serial++
	m := &Moment{ID: fmt.Sprintf("mom%04d", c.serial), Text: b.in("text").text("content"), Created: c.Now().Unix(), Posted: map[string]bool{}}
	m.Attached, _ = b["attachments"].([]any)
	m.Tags = b.in("visible_range").in("external_contact_list").list("tag_list")
	if m.Text == "" && len(m.Attached) == 0 {
		return nil, &no{40097, "text and attachments are empty"}
	}
	senders := b.in("visible_range").in("sender_list").list("user_list")
	if len(senders) == 0 {
		senders = c.employees
	}
	for _, id := range senders {
		m.Posted[id] = false
	}
	c.moments = append(c.moments, m)
	return map[string]any{"jobid": "job-" + m.ID}, nil
}

func (c *Corp) momentResult(r *http.Request, _ body) (any, *no) {
	m := c.moment(r.URL.Query().Get("jobid")[len("job-"):])
	if m == nil {
		return nil, &no{40058, "invalid jobid"}
	}
	return map[string]any{"status": 3, "type": "add_moment_task", "result": map[string]any{"errcode": 0, "errmsg": "ok", "moment_id": m.ID,
		"invalid_sender_list": map[string]any{"user_list": []string{}}}}, nil
}

func (c *Corp) momentList(_ *http.Request, b body) (any, *no) {
	from, _ := b["start_time"].(float64)
	var list []map[string]any
	for _, m := range c.moments {
		if float64(m.Created) >= from {
			list = append(list, m.row())
		}
	}
	page, next := cut(list, b)
	return map[string]any{"moment_list": page, "next_cursor": next}, nil
}

// row is a post as the list tells it.
func (m *Moment) row() map[string]any {
	row := map[string]any{"moment_id": m.ID, "creator": "", "create_time": m.Created, "create_type": 0, "visible_type": 1, "text": map[string]any{"content": m.Text}}
	if len(m.Tags) > 0 {
		row["visible_type"] = 0
	}
	var pictures []any
	for _, one := range m.Attached {
		one, _ := one.(map[string]any)
		if one["msgtype"] == "image" {
			pictures = append(pictures, one["image"])
		} else {
			row["link"] = one["link"]
		}
	}
	if len(pictures) > 0 {
		row["image"] = pictures
	}
	return row
}

func (c *Corp) momentTask(_ *http.Request, b body) (any, *no) {
	m := c.moment(b.text("moment_id"))
	if m == nil {
		return nil, &no{40058, "invalid moment_id"}
	}
	var list []map[string]any
	for _, id := range slices.Sorted(maps.Keys(m.Posted)) {
		status := 0
		if m.Posted[id] {
			status = 1
		}
		list = append(list, map[string]any{"userid": id, "publish_status": status})
	}
	return map[string]any{"task_list": list, "next_cursor": ""}, nil
}

func (c *Corp) momentComments(_ *http.Request, b body) (any, *no) {
	m := c.moment(b.text("moment_id"))
	if m == nil || !m.Posted[b.text("userid")] {
		return nil, &no{40058, "invalid moment_id"}
	}
	rows := func(who []string) []map[string]any {
		list := []map[string]any{{"userid": b.text("userid"), "create_time": m.Created + 1}} // the employee's own
		for i, id := range who {
			list = append(list, map[string]any{"external_userid": id, "create_time": m.Created + int64(i) + 2})
		}
		return list
	}
	return map[string]any{"like_list": rows(m.Likes), "comment_list": rows(m.Comments)}, nil
}

func (c *Corp) momentCancel(_ *http.Request, b body) (any, *no) {
	if c.moment(b.text("moment_id")) == nil {
		return nil, &no{40058, "invalid moment_id"}
	}
	c.moments = slices.DeleteFunc(c.moments, func(m *Moment) bool { return m.ID == b.text("moment_id") })
	return nil, nil
}
