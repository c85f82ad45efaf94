package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"

	"qunluo/internal/app"
	"qunluo/internal/community"
	"qunluo/internal/policy"
)

// qq is an OneBot v11 implementation with one group: it pushes events and notes what it is asked to do.
type qq struct {
	t    *testing.T
	srv  *httptest.Server
	mu   sync.Mutex
	conn *websocket.Conn
	did  []string // "set_group_ban 20001 86400"
	next int
}

func newQQ(t *testing.T) *qq {
	q := &qq{t: t}
	q.srv = httptest.NewServer(http.HandlerFunc(q.accept))
	t.Cleanup(q.srv.Close)
	return q
}

func (q *qq) url() string { return "ws" + strings.TrimPrefix(q.srv.URL, "http") }

func (q *qq) accept(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	q.mu.Lock()
	q.conn = conn
	q.mu.Unlock()
	defer conn.CloseNow()
	for {
		_, raw, err := conn.Read(r.Context())
		if err != nil {
			return
		}
		var call struct {
			Action string
			Params map[string]any
			Echo   json.RawMessage
		}
		if json.Unmarshal(raw, &call) != nil {
			return
		}
		data := q.do(call.Action, call.Params)
		answer, _ := json.Marshal(map[string]any{"status": "ok", "retcode": 0, "data": data, "echo": call.Echo})
		if conn.Write(r.Context(), websocket.MessageText, answer) != nil {
			return
		}
	}
}

// do answers as a group of four would, our account 10000 being its admin.
func (q *qq) do(action string, p map[string]any) any {
	q.mu.Lock()
	defer q.mu.Unlock()
	member := func(id int, name, role string) map[string]any {
		return map[string]any{"group_id": 500, "user_id": id, "nickname": name, "card": "", "role": role, "join_time": 1_700_000_000}
	}
	switch action {
	case "get_login_info":
		return map[string]any{"user_id": 10000, "nickname": "小助手"}
	case "get_group_list":
		return []any{map[string]any{"group_id": 500, "group_name": "周末徒步群", "member_count": 4}}
	case "get_group_info":
		return map[string]any{"group_id": 500, "group_name": "周末徒步群", "member_count": 4, "max_member_count": 500}
	case "get_group_member_list":
		return []any{member(10000, "小助手", "admin"), member(10001, "群主", "owner"), member(20001, "老周", "member"), member(20002, "从不说话", "member")}
	case "get_group_member_info":
		return member(10000, "小助手", "admin")
	case "send_group_msg":
		q.next++
		q.did = append(q.did, "send "+textOf(p["message"]))
		return map[string]any{"message_id": 9000 + q.next}
	case "delete_msg", "set_group_ban", "set_group_kick", "set_essence_msg", "delete_essence_msg":
		q.did = append(q.did, fmt.Sprintf("%s %v %v", action, first(p["message_id"], p["user_id"]), p["duration"]))
	case "set_group_add_request":
		q.did = append(q.did, fmt.Sprintf("%s %v %v %v", action, p["flag"], p["approve"], p["reason"]))
	}
	return nil
}

func first(v ...any) any {
	for _, x := range v {
		if x != nil {
			return x
		}
	}
	return nil
}

func textOf(v any) string {
	raw, _ := json.Marshal(v)
	return string(raw)
}

// push sends an event frame to whoever is connected.
func (q *qq) push(frame string) {
	q.t.Helper()
	q.mu.Lock()
	conn := q.conn
	q.mu.Unlock()
	if err := conn.Write(context.Background(), websocket.MessageText, []byte(frame)); err != nil {
		q.t.Fatal(err)
	}
}

func (q *qq) says(a *app.App, id, user int, text string) {
	at := a.Now() / 1000
	q.push(fmt.Sprintf(`{"time":%d,"self_id":10000,"post_type":"message","message_type":"group","sub_type":"normal","message_id":%d,"group_id":500,"user_id":%d,`+
		`"message":[{"type":"text","data":{"text":%q}}],"raw_message":%q,"sender":{"user_id":%d,"nickname":"老周","card":"","role":"member"}}`, at, id, user, text, text, user))
}

func (q *qq) saw(part string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, d := range q.did {
		if strings.Contains(d, part) {
			return true
		}
	}
	return false
}

// TestQQGroupIsWelcomedAnsweredAndKeptInOrder is the whole way: connect, read the group, observe, publish rules, switch
// on, and see the platform asked to do what the rules say.
func TestQQGroupIsWelcomedAnsweredAndKeptInOrder(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		a := house(t, url)
		q := newQQ(t)
		ctx := t.Context()
		org, err := a.Store().Org(ctx, "测试", false)
		check(t, err)
		hands := a.Hands(org, nil)
		settings, _ := json.Marshal(map[string]string{"mode": "forward", "url": q.url()})
		_, err = hands.SaveAccount(ctx, "test", community.Account{Connector: "onebot", Name: "小助手", Settings: settings, Enabled: true}, "")
		check(t, err)
		desk := a.Store().For(community.Scope{Org: org})
		var group community.GroupRow
		await(t, func() bool {
			rows, _, err := desk.FindGroups(ctx, community.GroupFilter{})
			if err != nil || len(rows) != 1 || rows[0].Name != "周末徒步群" || rows[0].Members != 4 {
				return false
			}
			group = rows[0]
			return true
		})
		if group.Mode != community.Observe {
			t.Fatalf("a new group is in %q, want observe", group.Mode)
		}
		q.says(a, 1, 20001, "加微信领资料")
		book := policy.Book{Mode: community.Live, Zone: "Asia/Shanghai", Night: policy.Hours{From: "23:00", To: "07:00"}, MemoryDays: 30, RemovalsMax: 10, RemovalsPct: 100,
			Ladder: policy.DefaultLadder(), WarnText: policy.DefaultWarnText, Immune: policy.DefaultImmune(), Rules: []policy.Rule{
				{ID: "ads", Name: "广告", Kind: "keyword", Mode: "live", Params: json.RawMessage(`{"lists":[{"name":"广告","words":["加微信"]}]}`)},
				{ID: "rules", Name: "群规", Kind: "reply", Mode: "live", Params: json.RawMessage(`{"match":"contains","patterns":["群规"],"text":"请看群公告","priority":1,"group_cooldown":0,"member_cooldown":0}`)},
				{ID: "hello", Name: "欢迎", Kind: "welcome", Mode: "live", Params: json.RawMessage(`{"entries":[{"text":"欢迎 {name}"}],"coalesce":0}`)},
			}}
		raw, err := json.Marshal(book)
		check(t, err)
		await(t, func() bool {
			rows, _, err := desk.FindMessages(ctx, community.MessageFilter{Group: group.Key})
			return err == nil && len(rows) == 1
		})
		if q.saw("delete_msg") {
			t.Fatal("something was done while the group was only observed")
		}
		_, err = hands.Publish(plain(ctx), "test", group.Key, raw, "试行")
		check(t, err)
		q.push(fmt.Sprintf(`{"time":%d,"self_id":10000,"post_type":"notice","notice_type":"group_increase","sub_type":"approve","group_id":500,"user_id":20003,"operator_id":10001}`, a.Now()/1000))
		await(t, func() bool { return q.saw("欢迎") })
		q.says(a, 2, 20001, "群规在哪里看？")
		await(t, func() bool { return q.saw("请看群公告") })
		q.says(a, 3, 20001, "加微信领资料")
		await(t, func() bool { return q.saw("delete_msg 3") })
		q.says(a, 4, 20001, "快加 微信")
		await(t, func() bool { return q.saw("set_group_ban 20001") })
		q.says(a, 5, 20001, "加微信！！")
		var task community.TaskRow
		await(t, func() bool {
			rows, _, err := desk.FindTasks(ctx, community.TaskFilter{})
			if err == nil && len(rows) == 1 {
				task = rows[0]
			}
			return task.Why == policy.HoldGateway
		})
		if q.saw("set_group_kick") {
			t.Fatal("removed on the word of an unofficial gateway, and nobody was asked")
		}
		check(t, hands.TaskRelease(ctx, "test", task.ID, "看过证据"))
		await(t, func() bool { return q.saw("set_group_kick 20001") })
		if closed, err := desk.TaskByID(ctx, task.ID); err != nil || closed.State != "done" || closed.DoneBy != "test" || closed.Note != "看过证据" {
			t.Errorf("the task after its release = %+v (%v), want done by test", closed.Task, err)
		}
		if err := hands.TaskRelease(ctx, "test", task.ID, ""); community.CodeOf(err) != community.CodeConflict {
			t.Errorf("released a second time: %v, want a conflict", err)
		}
		await(t, func() bool {
			strikes, n, err := desk.FindStrikes(ctx, community.StrikeFilter{Group: group.Key, Live: true, Now: a.Now()})
			return err == nil && n == 3 && len(strikes) == 3
		})
		silent, n, err := desk.FindMembers(ctx, community.MemberFilter{Group: group.Key, NeverSpoke: true})
		check(t, err)
		if n == 0 || !named(silent, "从不说话") {
			t.Errorf("never spoke = %d members, want 从不说话 among them", n)
		}
		for _, m := range silent {
			if m.Name == "从不说话" && m.JoinedAt != 1_700_000_000_000 {
				t.Errorf("who never spoke joined at %d, want what the platform's list says", m.JoinedAt)
			}
		}
		rep, err := a.AsDecided(ctx, group.Key)
		check(t, err)
		if rep.Different != 0 || rep.Decisions < 5 {
			t.Errorf("replay: %d decisions, %d different; want at least 5, none different", rep.Decisions, rep.Different)
		}
	})
}

func named(rows []community.MemberRow, name string) bool {
	for _, m := range rows {
		if m.Name == name {
			return true
		}
	}
	return false
}

// TestQQJoinRequestsAreAnsweredAndMessagesPutOnTheShelf: who asks to be let in waits in a list until a person answers, by the
// platform or in the app; a message becomes one of the group's best, and no longer.
func TestQQJoinRequestsAreAnsweredAndMessagesPutOnTheShelf(t *testing.T) {
	onBoth(t, func(t *testing.T, url string) {
		a, q, ctx := house(t, url), newQQ(t), t.Context()
		org, err := a.Store().Org(ctx, "测试", false)
		check(t, err)
		hands, desk := a.Hands(org, nil), a.Store().For(community.Scope{Org: org})
		settings, _ := json.Marshal(map[string]string{"mode": "forward", "url": q.url()})
		_, err = hands.SaveAccount(ctx, "test", community.Account{Connector: "onebot", Name: "小助手", Settings: settings, Enabled: true}, "")
		check(t, err)
		await(t, func() bool {
			rows, _, err := desk.FindGroups(ctx, community.GroupFilter{})
			return err == nil && len(rows) == 1 && rows[0].Members == 4
		})
		asks := func(user int, flag, words string) {
			q.push(fmt.Sprintf(`{"time":%d,"self_id":10000,"post_type":"request","request_type":"group","sub_type":"add","group_id":500,"user_id":%d,"comment":%q,"flag":%q}`, a.Now()/1000, user, words, flag))
		}
		joins := func(f community.JoinFilter) []community.JoinRow {
			rows, _, err := desk.FindJoins(ctx, f)
			check(t, err)
			return rows
		}
		answer := func(row community.JoinRow, refuse bool, text string) error {
			act, err := community.AnswerJoin(row, refuse, text)
			if err == nil {
				_, err = hands.Act(ctx, "test", []community.Action{act}, "看过了")
			}
			return err
		}
		asks(30001, "flag-1", "问题：车型？ 答案：自行车")
		asks(30002, "flag-2", "")
		asks(30003, "flag-3", "带我一个")
		await(t, func() bool { return len(joins(community.JoinFilter{})) == 3 })
		waiting := joins(community.JoinFilter{})
		if waiting[0].External != "30001" || !strings.Contains(waiting[0].Text, "自行车") {
			t.Errorf("the first request = %+v", waiting[0])
		}
		check(t, answer(waiting[0], false, ""))
		check(t, answer(waiting[1], true, "请写车型"))
		await(t, func() bool {
			return q.saw("set_group_add_request flag-1 true") && q.saw("set_group_add_request flag-2 false 请写车型")
		})
		q.push(fmt.Sprintf(`{"time":%d,"self_id":10000,"post_type":"notice","notice_type":"group_increase","sub_type":"approve","group_id":500,"user_id":30003,"operator_id":10001}`, a.Now()/1000))
		await(t, func() bool { return len(joins(community.JoinFilter{})) == 0 })
		got := map[string]community.JoinAnswer{}
		for _, row := range joins(community.JoinFilter{Answered: true}) {
			got[row.External] = row.Answer
			if err := answer(row, false, ""); community.CodeOf(err) != community.CodeConflict {
				t.Errorf("%s was answered twice: %v", row.External, err)
			}
		}
		if got["30001"] != community.JoinApproved || got["30002"] != community.JoinRefused || got["30003"] != community.JoinedSince {
			t.Errorf("answers = %v", got)
		}
		q.says(a, 7, 20001, "集合点的地图")
		var said community.MessageRow
		await(t, func() bool {
			rows, _, err := desk.FindMessages(ctx, community.MessageFilter{})
			if err == nil && len(rows) == 1 {
				said = rows[0]
			}
			return said.Number != 0
		})
		for _, off := range []bool{false, true} {
			_, err := hands.Act(ctx, "test", []community.Action{{Verb: community.Essence, Refuse: off, Group: said.Group, Event: said.Number, Message: said.Message}}, "有用")
			check(t, err)
		}
		await(t, func() bool { return q.saw("set_essence_msg 7") && q.saw("delete_essence_msg 7") })
	})
}
