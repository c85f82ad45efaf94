package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/shelf"
)

// reacts lets people put a sign on a message, or take it off.
func (g *gate) reacts(message string, of community.Type, who ...string) {
	g.t.Helper()
	for _, name := range who {
		g.pass(time.Second)
		g.apply(community.Inbound{Type: of, Key: fmt.Sprint(of, message, name, g.app.Now()), Group: community.Ref{ID: g.group.External}, Actor: community.Who{ID: "u-" + name, Name: name}, Body: community.Body{Text: "👍", Message: message}})
	}
}

// card finds the one card that holds some words.
func (g *gate) card(text string) (shelf.Card, int) {
	g.t.Helper()
	list, n, err := g.app.Essences(g.org, nil).Cards(g.t.Context(), shelf.CardFilter{Text: text})
	check(g.t, err)
	if n != 1 {
		return shelf.Card{}, n
	}
	return list[0], 1
}

// TestMessagesBecomeCardsByRule: enough people who react or answer, or the platform's notice, make a card once; the author's own sign, signs
// taken off and late ones do not; what was recalled is not kept; a card taken off is not made again; it outlives the log.
func TestMessagesBecomeCardsByRule(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		g := openGate(t, dbURL)
		ctx, e, key := t.Context(), g.app.Essences(g.org, nil), g.group.Key
		rule := shelf.Rule{On: true, Reactions: 3, Replies: 2, Notice: true, Least: 5, Days: 7, Tags: []string{"常见问题"}}
		check(t, e.SaveRule(ctx, "ming", 0, &rule, "试试"))
		bad := rule
		bad.Days = 0
		wantCode(t, "a rule that counts no day", e.SaveRule(ctx, "ming", key, &bad, ""), community.CodeBadInput)
		run := func() {
			t.Helper()
			check(t, g.app.RunEssence(ctx))
		}
		g.talks("d", [3]string{"老周", "徒步要带两升水和头灯，风大的时候把帽子系紧", ""}, [3]string{"阿敏", "登山杖租不到的话可以找我借", ""}, [3]string{"小林", "周六九点地铁口集合不见不散", ""}, [3]string{"老周", "我昨天说错了，是八点半集合", ""})
		g.reacts("d0", community.ReactionAdded, "老周", "阿敏", "小林") // his own does not count
		run()
		if _, n := g.card("头灯"); n != 0 {
			t.Fatalf("%d cards after two people, want none", n)
		}
		g.reacts("d0", community.ReactionAdded, "阿强")
		run()
		run()
		c, n := g.card("头灯")
		if n != 1 || c.By != shelf.ByPeople || c.Why.Reactions != 3 || c.Why.Least != 3 || c.Name != "老周" || len(c.Tags) != 1 || !c.There || c.Group != key {
			t.Fatalf("%d cards, %+v; want one of three who reacted", n, c)
		}
		g.reacts("d1", community.ReactionAdded, "老周", "小林")
		g.reacts("d1", community.ReactionRemoved, "小林")
		g.reacts("d1", community.ReactionAdded, "阿强")
		run()
		if _, n := g.card("登山杖"); n != 0 {
			t.Errorf("%d cards of a message with a sign taken off, want none", n)
		}
		g.talks("e", [3]string{"老周", "好的", ""}, [3]string{"阿强", "收到", ""})
		g.apply(community.Inbound{Type: community.MessageCreated, Key: "r1", Group: community.Ref{ID: g.group.External}, Actor: community.Who{ID: "u-老周", Name: "老周"}, Body: community.Body{Class: community.Text, Text: "好", Message: "r1", ReplyTo: "d2"}})
		g.apply(community.Inbound{Type: community.MessageCreated, Key: "r2", Group: community.Ref{ID: g.group.External}, Actor: community.Who{ID: "u-阿强", Name: "阿强"}, Body: community.Body{Class: community.Text, Text: "好", Message: "r2", ReplyTo: "d2"}})
		run()
		if c, n := g.card("地铁口"); n != 1 || c.Why.Replies != 2 {
			t.Errorf("%d cards, %+v; want one of two who answered", n, c)
		}
		g.reacts("d3", community.ReactionAdded, "阿敏", "小林")
		g.pass(8 * 24 * time.Hour)
		g.reacts("d3", community.ReactionAdded, "阿强")
		run()
		if _, n := g.card("八点半"); n != 0 {
			t.Errorf("%d cards of a message that the third liked too late", n)
		}
		g.apply(community.Inbound{Type: community.GroupUpdated, Key: "ess", Group: community.Ref{ID: g.group.External}, Actor: community.Who{ID: "u-群主", Name: "群主"}, Body: community.Body{Reason: "essence_add", Message: "e0"}})
		run()
		if c, n := g.card("好的"); n != 1 || c.By != shelf.ByNotice {
			t.Errorf("%d cards, %+v; want one by the platform's notice", n, c)
		}

		// Taken off by hand it is not made again; put back it is there.
		off, err := e.Remove(ctx, "ming", c.ID, true, "过时")
		check(t, err)
		g.reacts("d0", community.ReactionAdded, "阿贵")
		run()
		if _, n := g.card("头灯"); n != 0 || off.Removed == 0 {
			t.Errorf("%d cards after it was taken off", n)
		}
		_, err = e.Remove(ctx, "ming", c.ID, false, "")
		check(t, err)
		if _, n := g.card("头灯"); n != 1 {
			t.Errorf("%d cards after it was put back", n)
		}
		if list, n, err := g.app.Essences(g.org, []community.GroupKey{key + 1000}).Cards(ctx, shelf.CardFilter{}); err != nil || n != 0 || len(list) != 0 {
			t.Errorf("seen from another group: %d, %v", n, err)
		}
		own := shelf.Rule{Days: 1}
		check(t, e.SaveRule(ctx, "ming", key, &own, ""))
		if r, mine, err := e.Rule(ctx, key); err != nil || !mine || r.On {
			t.Errorf("rule = %+v, %v, %v; want the group's own, off", r, mine, err)
		}
		check(t, e.SaveRule(ctx, "ming", key, nil, ""))
		if r, mine, err := e.Rule(ctx, key); err != nil || mine || !r.On {
			t.Errorf("rule = %+v, %v, %v; want the organisation's", r, mine, err)
		}
	})
}

// TestACardIsKeptByHandAndErased: a person keeps a message with tags and a note, found in Chinese; who erases its author takes the words
// away for good, and no rule and no hand brings them back.
func TestACardIsKeptByHandAndErased(t *testing.T) {
	onBoth(t, func(t *testing.T, dbURL string) {
		g := openGate(t, dbURL)
		ctx, e, key := t.Context(), g.app.Essences(g.org, nil), g.group.Key
		g.talks("d", [3]string{"老周", "发票在订单页右上角申请，三天内寄出", ""}, [3]string{"阿敏", "退款走原路返回，一般两个工作日", ""}, [3]string{"老周", "会员日每月八号", ""})
		check(t, g.app.Store().CatchUp(ctx))
		number := func(text string) int64 {
			t.Helper()
			list, n, err := g.desk.FindMessages(ctx, community.MessageFilter{Text: text})
			check(t, err)
			if n != 1 {
				t.Fatalf("%d messages with %s", n, text)
			}
			return list[0].Number
		}
		c, err := e.Keep(ctx, "ming", key, number("发票"), []string{"售后"}, "以这条为准")
		check(t, err)
		_, err = e.Keep(ctx, "ming", key, number("发票"), nil, "")
		wantCode(t, "kept twice", err, community.CodeConflict)
		_, err = e.Keep(ctx, "ming", key, 999_999, nil, "")
		wantCode(t, "no message", err, community.CodeNotFound)
		other, err := e.Keep(ctx, "ming", key, number("退款"), []string{"售后", "钱"}, "")
		check(t, err)
		for text, want := range map[string]int{"发票": 1, "申请 三天": 1, "原路": 1, "为准": 1, "工作": 1, "没有": 0, "订单退款": 0, "！": 0} {
			if _, n := g.card(text); n != want {
				t.Errorf("%q finds %d, want %d", text, n, want)
			}
		}
		if list, n, err := e.Cards(ctx, shelf.CardFilter{Tag: "售后", Page: community.Page{Limit: 1, Offset: 1}}); err != nil || n != 2 || len(list) != 1 || list[0].ID != c.ID {
			t.Errorf("by tag: %d of %d, %v", len(list), n, err)
		}
		edited, err := e.Edit(ctx, "hong", c.ID, c.Version, []string{"发票"}, "新说明")
		check(t, err)
		_, err = e.Edit(ctx, "ming", c.ID, c.Version, nil, "")
		wantCode(t, "an edit of what was", err, community.CodeConflict)
		if _, n := g.card("为准"); n != 0 || edited.Note != "新说明" || len(edited.Tags) != 1 {
			t.Errorf("edited = %+v, the old note finds %d", edited, n)
		}
		if tags, err := e.Tags(ctx); err != nil || strings.Join(tags, " ") != "发票 售后 钱" && strings.Join(tags, " ") != "售后 发票 钱" && len(tags) != 3 {
			t.Errorf("tags = %v, %v", tags, err)
		}

		// The person is erased: their card is empty for good, the other's is there.
		member, err := g.desk.MemberByID(ctx, c.AuthorID)
		check(t, err)
		_, err = e.EraseMember(ctx, "ming", member.ID, "")
		wantCode(t, "without a reason", err, community.CodeBadInput)
		n, err := e.EraseMember(ctx, "ming", member.ID, "本人要求")
		check(t, err)
		gone, err := e.Card(ctx, c.ID)
		check(t, err)
		if n != 1 || gone.Text != "" || gone.Note != "" || gone.Author != 0 || gone.Name != "" || len(gone.Tags) != 0 || gone.Erased == 0 {
			t.Errorf("%d erased, %+v; want nothing of the person", n, gone)
		}
		if _, n := g.card("发票"); n != 0 {
			t.Errorf("%d cards are found after", n)
		}
		_, err = e.Remove(ctx, "ming", c.ID, false, "")
		wantCode(t, "putting back what was erased", err, community.CodeConflict)
		_, err = e.Keep(ctx, "ming", key, number("发票"), nil, "")
		wantCode(t, "keeping it again", err, community.CodeConflict)
		_, err = e.Keep(ctx, "ming", key, number("会员日"), nil, "")
		wantCode(t, "keeping other words of the person", err, community.CodeRefused)
		if left, err := e.Card(ctx, other.ID); err != nil || left.Text == "" || left.Name != "阿敏" {
			t.Errorf("the other card = %+v, %v", left, err)
		}
	})
}
