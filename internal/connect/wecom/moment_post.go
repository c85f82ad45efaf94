package wecom

import (
	"context"
	"net/url"
	"slices"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/wxapi"
)

var _ connect.Momenter = (*Session)(nil)

// Bounds of a moment (document 95094).
const (
	maxMomentSenders  = 1000
	maxMomentPicture  = 10 << 20 // bytes
	momentAttachments = "1"      // what an upload is for: 1 = a moment
)

// NewMoment asks the employees to publish a post.
func (s *Session) NewMoment(ctx context.Context, m community.MomentOrder) (string, error) {
	if err := m.Check(); err != nil {
		return "", err
	}
	job, err := s.postMoment(ctx, m)
	if err != nil {
		return "", err
	}
	got, err := s.momentResult(ctx, job)
	return got.ID, err
}

// postMoment hands a post in and gives the platform's name of the work that makes its tasks.
func (s *Session) postMoment(ctx context.Context, m community.MomentOrder) (string, error) {
	if len(m.Employees) > maxMomentSenders {
		return "", community.Errorf(community.CodeBadInput, "employees: %d, at most %d", len(m.Employees), maxMomentSenders)
	}
	body := map[string]any{}
	if m.Text != "" {
		body["text"] = map[string]any{"content": m.Text}
	}
	attached, err := s.momentAttached(ctx, m)
	if err != nil {
		return "", err
	}
	if len(attached) > 0 {
		body["attachments"] = attached
	}
	seen, err := s.momentSeen(ctx, m)
	if err != nil {
		return "", err
	}
	if len(seen) > 0 {
		body["visible_range"] = seen
	}
	var job struct {
		ID string `json:"jobid"`
	}
	err = s.ask(ctx, func() error { return s.api.Write(ctx, "externalcontact/add_moment_task", body, &job) })
	return job.ID, err
}

// momentAttached uploads the pictures of a post, or writes its link.
func (s *Session) momentAttached(ctx context.Context, m community.MomentOrder) ([]any, error) {
	if m.Link != "" {
		return []any{map[string]any{"msgtype": "link", "link": map[string]any{"title": wxapi.Clip(m.LinkTitle, 64), "url": m.Link}}}, nil
	}
	var out []any
	for _, f := range m.Pictures {
		switch {
		case !slices.Contains(sendable().Only["image"], f.Type):
			return nil, connect.Trouble(community.CodeBadInput, f.Name+"：朋友圈的图片要是 JPG 或 PNG。", f.Name+": the pictures of a moment are JPG or PNG.")
		case len(f.Data) > maxMomentPicture:
			return nil, connect.Trouble(community.CodeTooLarge, f.Name+"：朋友圈的图片不超过 10 MB。", f.Name+": the pictures of a moment have at most 10 MB.")
		}
		id, err := s.uploadTo(ctx, "media/upload_attachment", url.Values{"media_type": {"image"}, "attachment_type": {momentAttachments}}, "moment"+f.Hash, f)
		if err != nil {
			return nil, err
		}
		out = append(out, map[string]any{"msgtype": "image", "image": map[string]any{"media_id": id}})
	}
	return out, nil
}

// momentSeen is who publishes a post and who sees it.
func (s *Session) momentSeen(ctx context.Context, m community.MomentOrder) (map[string]any, error) {
	out := map[string]any{}
	if len(m.Employees) > 0 {
		out["sender_list"] = map[string]any{"user_list": m.Employees}
	}
	if len(m.Tags) == 0 {
		return out, nil
	}
	_, byName, err := s.tagNames(ctx)
	if err != nil {
		return nil, err
	}
	var list []string
	for _, name := range m.Tags {
		id := byName[name]
		if id == "" {
			return nil, connect.Trouble(community.CodeNotFound, "没有客户标签“"+name+"”，或有同名的，请写成“标签组/标签”。", "There is no tag "+name+" of contacts, or more than one: write group/name.")
		}
		list = append(list, id)
	}
	out["external_contact_list"] = map[string]any{"tag_list": list}
	return out, nil
}

// momentTasks is what came of handing a post in; ID "" = the platform still works on it.
type momentTasks struct {
	Errcode int    `json:"errcode"`
	Errmsg  string `json:"errmsg"`
	ID      string `json:"moment_id"`
	Invalid struct {
		Users []string `json:"user_list"`
	} `json:"invalid_sender_list"`
}

// momentResult waits a little for the platform to make the tasks.
func (s *Session) momentResult(ctx context.Context, job string) (momentTasks, error) {
	var got struct {
		Status int         `json:"status"` // 1 begun, 2 under way, 3 done
		Result momentTasks `json:"result"`
	}
	for range 5 {
		if err := s.ask(ctx, func() error {
			return s.api.Get(ctx, "externalcontact/get_moment_task_result", url.Values{"jobid": {job}}, &got)
		}); err != nil {
			return momentTasks{}, err
		}
		if got.Status == 3 || !sleep(ctx, time.Second) {
			break
		}
	}
	switch {
	case got.Status != 3:
		return momentTasks{}, nil
	case got.Result.Errcode != 0:
		return got.Result, s.api.Refused("moment", got.Result.Errcode, got.Result.Errmsg)
	}
	return got.Result, nil
}

// Moments tells the posts of the last days and who has confirmed them.
func (s *Session) Moments(ctx context.Context, days int) ([]community.Moment, error) {
	if days < 1 || days > 30 {
		return nil, community.Errorf(community.CodeBadInput, "days: 1 to 30")
	}
	list, err := s.moments(ctx, time.Now().AddDate(0, 0, -days), time.Now())
	if err != nil {
		return nil, err
	}
	var out []community.Moment
	for _, m := range list {
		posts, err := s.postings(ctx, m)
		if err != nil {
			return nil, err
		}
		one := community.Moment{ID: m.ID, Text: wxapi.Clip(m.Text.Content, community.MaxMomentText), Link: m.Link.URL, Pictures: len(m.Image), At: m.Created * 1000, Partly: m.Visible == 0}
		if m.Type == 1 {
			one.Creator = m.Creator
		}
		for _, p := range posts {
			one.Posts = append(one.Posts, community.MomentPost{Employee: p.User, Published: p.Status == 1})
		}
		out = append(out, one)
	}
	return out, nil
}
