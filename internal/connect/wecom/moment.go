package wecom

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/wxapi"
)

// momentsBack is how long reactions to a moment are asked for.
const momentsBack = 7 * 24 * time.Hour

// moment is a post of an employee or of the corp (客户朋友圈).
type moment struct {
	ID      string `json:"moment_id"`
	Creator string `json:"creator"`
	Created int64  `json:"create_time"`
	Type    int    `json:"create_type"`  // 0 by the corp, 1 by the employee
	Visible int    `json:"visible_type"` // 0 some contacts, 1 all
	Text    struct {
		Content string `json:"content"`
	} `json:"text"`
	Image []struct{} `json:"image"`
	Link  struct {
		URL string `json:"url"`
	} `json:"link"`
}

func (s *Session) moments(ctx context.Context, from, to time.Time) ([]moment, error) {
	body := map[string]any{"start_time": from.Unix(), "end_time": to.Unix(), "limit": 20}
	return paged(ctx, s, "externalcontact/get_moment_list", body, func(raw []byte) ([]moment, error) {
		var got struct {
			List []moment `json:"moment_list"`
		}
		return got.List, json.Unmarshal(raw, &got)
	})
}

// posting is one employee's part in a moment: 0 not yet confirmed, 1 published.
type posting struct {
	User   string `json:"userid"`
	Status int    `json:"publish_status"`
}

// postings says who confirmed. A moment that an employee wrote is published by its creator.
func (s *Session) postings(ctx context.Context, m moment) ([]posting, error) {
	if m.Type == 1 {
		return []posting{{m.Creator, 1}}, nil
	}
	return paged(ctx, s, "externalcontact/get_moment_task", map[string]any{"moment_id": m.ID}, func(raw []byte) ([]posting, error) {
		var got struct {
			List []posting `json:"task_list"`
		}
		return got.List, json.Unmarshal(raw, &got)
	})
}

// reaction is a like or a comment; by a contact or by an employee.
type reaction struct {
	Contact string `json:"external_userid"`
	User    string `json:"userid"`
	At      int64  `json:"create_time"`
}

// reactions are those under what one employee published.
func (s *Session) reactions(ctx context.Context, id, employee string) (likes, comments []reaction, err error) {
	var got struct {
		Comments []reaction `json:"comment_list"`
		Likes    []reaction `json:"like_list"`
	}
	err = s.ask(ctx, func() error {
		return s.api.Read(ctx, "externalcontact/get_moment_comments", map[string]any{"moment_id": id, "userid": employee}, &got)
	})
	return got.Likes, got.Comments, err
}

// readMoments tells the reactions of contacts to recent moments as events on the employees' desks. The same reaction has
// the same key however often it is read.
func (s *Session) readMoments(ctx context.Context, from time.Time) error {
	list, err := s.moments(ctx, from, time.Now())
	if err != nil {
		return err
	}
	for _, m := range list {
		posts, err := s.postings(ctx, m)
		if err != nil {
			return err
		}
		for _, p := range posts {
			if p.Status != 1 || p.User == "" || len(p.User) > maxID {
				continue
			}
			likes, comments, err := s.reactions(ctx, m.ID, p.User)
			if err != nil {
				return err
			}
			in := append(s.reacted(m.ID, p.User, "like", likes), s.reacted(m.ID, p.User, "comment", comments)...)
			if !s.offer(ctx, in...) {
				return community.Errorf(community.CodeBusy, "moment %s: not taken", m.ID)
			}
		}
	}
	return nil
}

func (s *Session) reacted(id, employee, sign string, list []reaction) []connect.Inbound {
	var in []connect.Inbound
	for _, r := range list {
		if r.Contact == "" || len(r.Contact) > maxID {
			continue // an employee's own
		}
		in = append(in, connect.Inbound{
			Type: community.ReactionAdded, Key: fmt.Sprintf("moment:%s:%s:%s:%s:%d", wxapi.Clip(id, maxID), employee, r.Contact, sign, r.At), OccurredAt: r.At * 1000,
			Group: desk(s.corp, employee), Actor: community.Who{ID: r.Contact}, Body: community.Body{Message: wxapi.Clip(id, maxID), Text: sign},
		})
	}
	return in
}

func momentChores() []chore {
	id := field("moment", "朋友圈编号", "Id of the moment", true)
	days := connect.Field{Name: "days", Kind: connect.KindNumber, Default: "7", Title: [2]string{"最近几天", "Days back"}, Help: [2]string{"1 到 30。", "1 to 30."}}
	return []chore{
		{connect.Chore{Name: "moment.create", Changes: true, Title: [2]string{"发客户朋友圈", "Post a moment"},
			Help: [2]string{"给员工建发表任务，员工在手机上确认后才发出。", "Makes a task for the employees; it is published when they confirm on the phone."},
			Fields: []connect.Field{field("text", "内容", "Text", true), field("title", "链接标题", "Title of the link", false), field("link", "链接", "Link", false),
				helped(field("employees", "由谁发", "By whom", false), "员工 userid，用逗号分开；不填就是全部。", "Userids, with commas; empty = everybody.")}}, (*Session).momentCreate},
		{connect.Chore{Name: "moment.list", Title: [2]string{"客户朋友圈", "Moments"}, Help: [2]string{"谁发了什么，确认了没有，赞和评论各多少。", "Who posted what, whether it is confirmed, and how many likes and comments it has."},
			Fields: []connect.Field{days}}, (*Session).momentList},
		{connect.Chore{Name: "moment.read", Changes: true, Title: [2]string{"立即读取赞和评论", "Read likes and comments now"},
			Help: [2]string{"最近 7 天的客户朋友圈；平时每小时读一次。", "Of the moments of the last 7 days; otherwise it happens every hour."}}, (*Session).momentRead},
		{connect.Chore{Name: "moment.cancel", Changes: true, Title: [2]string{"停止发表", "Stop a moment"}, Help: [2]string{"已发出的不会收回。", "What is published stays."}, Fields: []connect.Field{id}}, (*Session).momentCancel},
	}
}

func (s *Session) momentCreate(ctx context.Context, args connect.Values) (connect.Outcome, error) {
	employees, err := ids(args["employees"], maxMomentSenders)
	if err != nil {
		return connect.Outcome{}, err
	}
	order := community.MomentOrder{Text: args["text"], Link: args["link"], LinkTitle: args["title"], Employees: employees}
	if err := order.Check(); err != nil {
		return connect.Outcome{}, err
	}
	job, err := s.postMoment(ctx, order)
	if err != nil {
		return connect.Outcome{}, err
	}
	return s.momentMade(ctx, job)
}

// momentMade says how the tasks of a moment stand.
func (s *Session) momentMade(ctx context.Context, job string) (connect.Outcome, error) {
	got, err := s.momentResult(ctx, job)
	out := connect.Outcome{Columns: [][2]string{{"朋友圈编号", "Id of the moment"}, {"任务编号", "Job"}, {"不能发的员工", "Employees who cannot"}},
		Say: [2]string{"任务已建好，等员工在手机上确认。", "The tasks are made; the employees confirm on the phone."}}
	if got.ID == "" {
		out.Say = [2]string{"企业微信还在建任务，稍后在“客户朋友圈”里看。", "WeCom is still making the tasks; look under Moments later."}
	}
	out.Rows = [][]string{{got.ID, job, strings.Join(got.Invalid.Users, " ")}}
	return out, err
}

func (s *Session) momentList(ctx context.Context, args connect.Values) (connect.Outcome, error) {
	days := args.Number("days")
	if days < 1 || days > 30 {
		return connect.Outcome{}, community.Errorf(community.CodeBadInput, "days: 1 to 30")
	}
	list, err := s.moments(ctx, time.Now().Add(-time.Duration(days*24)*time.Hour), time.Now())
	out := connect.Outcome{Columns: [][2]string{{"发表时间", "When"}, {"内容", "Text"}, {"员工", "Employee"}, {"已确认", "Confirmed"}, {"赞", "Likes"}, {"评论", "Comments"}, {"编号", "Id"}}}
	for _, m := range list {
		posts, bad := s.postings(ctx, m)
		if bad != nil {
			return out, bad
		}
		for _, p := range posts {
			row := []string{time.Unix(m.Created, 0).In(shanghai).Format("2006-01-02 15:04"), wxapi.Clip(m.Text.Content, 120), p.User, "✗", "", "", m.ID}
			if p.Status == 1 {
				likes, comments, bad := s.reactions(ctx, m.ID, p.User)
				if bad != nil {
					return out, bad
				}
				row[3], row[4], row[5] = "✓", strconv.Itoa(len(likes)), strconv.Itoa(len(comments))
			}
			out.Rows = append(out.Rows, row)
			if p.Status == 1 {
				out.Acts = append(out.Acts, nil)
			} else {
				out.Acts = append(out.Acts, []connect.Act{{Chore: "moment.cancel", Title: [2]string{"停止发表", "Stop it"}, Args: map[string]string{"moment": m.ID}}})
			}
		}
	}
	out.Say = [2]string{fmt.Sprintf("%d 条。", len(list)), fmt.Sprintf("%d moments.", len(list))}
	return out, err
}

func (s *Session) momentRead(ctx context.Context, _ connect.Values) (connect.Outcome, error) {
	return connect.Outcome{Say: [2]string{"已读取。", "They are read."}}, s.readMoments(ctx, time.Now().Add(-momentsBack))
}

func (s *Session) momentCancel(ctx context.Context, args connect.Values) (connect.Outcome, error) {
	err := s.ask(ctx, func() error {
		return s.api.Write(ctx, "externalcontact/cancel_moment_task", map[string]any{"moment_id": args["moment"]}, nil)
	})
	return connect.Outcome{Say: [2]string{"已停止。", "It is stopped."}}, err
}

func reportChores() []chore {
	return []chore{
		{connect.Chore{Name: "group.statistic", Title: [2]string{"客户群统计", "Statistics of groups"}, Help: [2]string{"企业微信自己的数字，按群主；用来核对。", "WeCom's own figures by owner, to compare with ours."},
			Fields: []connect.Field{{Name: "days", Kind: connect.KindNumber, Default: "7", Title: [2]string{"最近几天", "Days back"}, Help: [2]string{"1 到 30。", "1 to 30."}}}}, (*Session).groupStatistic},
		{connect.Chore{Name: "mass.list", Title: [2]string{"等待确认的群发", "Mass sends that wait"},
			Help: [2]string{"现在就去问企业微信：谁点了发送，哪些群收到了。", "Asks WeCom now who tapped Send and which groups got it."}}, (*Session).massWaiting},
		{connect.Chore{Name: "notify.send", Changes: true, Title: [2]string{"给员工发卡片", "Send a card to an employee"},
			Fields: []connect.Field{field("to", "员工 userid", "Employee (userid)", true), field("title", "标题", "Title", true), field("text", "内容", "Text", false), field("link", "链接", "Link", false)}}, (*Session).notifySend},
	}
}

func (s *Session) notifySend(ctx context.Context, args connect.Values) (connect.Outcome, error) {
	return connect.Outcome{Say: [2]string{"已发送。", "It is sent."}}, s.Notify(ctx, args["to"], args["title"], args["text"], args["link"])
}

func (s *Session) groupStatistic(ctx context.Context, args connect.Values) (connect.Outcome, error) {
	days := args.Number("days")
	if days < 1 || days > 30 {
		return connect.Outcome{}, community.Errorf(community.CodeBadInput, "days: 1 to 30")
	}
	now := time.Now().In(shanghai)
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, shanghai)
	owners := s.owners
	if len(owners) == 0 {
		var err error
		if owners, err = s.followers(ctx); err != nil {
			return connect.Outcome{}, err
		}
	}
	if len(owners) > 100 {
		owners = owners[:100] // as many as one question allows
	}
	var got struct {
		Items []struct {
			Owner string `json:"owner"`
			Data  struct {
				Chats    int `json:"chat_total"`
				New      int `json:"new_member_cnt"`
				Members  int `json:"member_total"`
				Speakers int `json:"member_has_msg"`
				Messages int `json:"msg_total"`
			} `json:"data"`
		} `json:"items"`
	}
	body := map[string]any{"day_begin_time": today.AddDate(0, 0, -int(days)).Unix(), "day_end_time": today.AddDate(0, 0, -1).Unix(),
		"owner_filter": map[string]any{"userid_list": owners}, "limit": 1000}
	err := s.ask(ctx, func() error { return s.api.Read(ctx, "externalcontact/groupchat/statistic", body, &got) })
	out := connect.Outcome{Columns: [][2]string{{"群主", "Owner"}, {"群", "Groups"}, {"群成员", "Members"}, {"新增成员", "New members"}, {"发言人数", "Speakers"}, {"消息", "Messages"}}}
	for _, it := range got.Items {
		d := it.Data
		out.Rows = append(out.Rows, []string{it.Owner, strconv.Itoa(d.Chats), strconv.Itoa(d.Members), strconv.Itoa(d.New), strconv.Itoa(d.Speakers), strconv.Itoa(d.Messages)})
	}
	out.Say = [2]string{fmt.Sprintf("%d 位群主。", len(out.Rows)), fmt.Sprintf("%d owners.", len(out.Rows))}
	return out, err
}
