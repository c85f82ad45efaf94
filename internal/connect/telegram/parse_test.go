package telegram

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

const group = `"chat":{"id":-1001987654321,"type":"supergroup","title":"周末徒步群"}`

func parsed(t *testing.T, update string) []connect.Inbound {
	t.Helper()
	u, err := Parse([]byte(update), "77")
	if err != nil || u.ID != 9 {
		t.Fatalf("%s: id %d, %v", update, u.ID, err)
	}
	return u.Events
}

func said(t *testing.T, fields string) connect.Inbound {
	t.Helper()
	in := parsed(t, `{"update_id":9,"message":{"message_id":31,"from":{"id":512,"first_name":"阿","last_name":"青"},`+group+`,"date":1763870400,`+fields+`}}`)
	if len(in) != 1 {
		t.Fatalf("%s gives %d events, want one", fields, len(in))
	}
	return in[0]
}

func TestAMessageIsReadWhole(t *testing.T) {
	in := said(t, `"text":"😀 @老周 看 这里","entities":[{"type":"text_mention","offset":3,"length":3,"user":{"id":88,"first_name":"老周"}},`+
		`{"type":"text_link","offset":9,"length":2,"url":"https://example.org/路"}],"reply_to_message":{"message_id":30,"chat":{"id":-1001987654321},"date":1}`)
	want := connect.Inbound{
		Type: community.MessageCreated, Key: "m-1001987654321:31", OccurredAt: 1763870400000,
		Group: community.Ref{ID: "-1001987654321", Name: "周末徒步群"}, Actor: community.Who{ID: "512", Name: "阿 青"},
		Body: community.Body{Message: "31", ReplyTo: "30", Class: community.Reply, Text: "😀 @老周 看 这里", Segments: []community.Segment{
			{Kind: "quote", Ref: "30"}, {Kind: "text", Text: "😀 "}, {Kind: "at", Ref: "88", Text: "@老周"}, {Kind: "text", Text: " 看 "},
			{Kind: "link", Ref: "https://example.org/路", Text: "这里"},
		}},
	}
	if got, wanted := fmt.Sprintf("%+v", in), fmt.Sprintf("%+v", want); got != wanted {
		t.Errorf("read as\n%s, want\n%s", got, wanted)
	}
}

func TestWhatAMessageCarriesIsNamed(t *testing.T) {
	cases := []struct {
		fields, text, kind, ref string
		class                   community.Class
	}{
		{`"photo":[{"file_id":"small","width":90},{"file_id":"big","width":1280}],"caption":"山顶"`, "[图片] 山顶", "image", "telegram:big", community.Text},
		{`"photo":[{"file_id":"big","width":1280}]`, "[图片]", "image", "telegram:big", community.Image},
		{`"sticker":{"file_id":"s","emoji":"😄"}`, "[表情] 😄", "face", "telegram:s", community.Sticker},
		{`"animation":{"file_id":"a"},"document":{"file_id":"a"}`, "[动画表情]", "face", "telegram:a", community.Sticker},
		{`"voice":{"file_id":"v"}`, "[语音]", "audio", "telegram:v", community.Voice},
		{`"document":{"file_id":"d","file_name":"名单.xlsx"}`, "[文件] 名单.xlsx", "file", "telegram:d", community.File},
		{`"contact":{"first_name":"老周","user_id":88}`, "[名片] 老周", "card", "88", community.Card},
		{`"venue":{"title":"香山"},"location":{}`, "[位置] 香山", "card", "", community.Location},
		{`"poll":{"question":"周六还是周日"}`, "[投票] 周六还是周日", "card", "", community.Other},
		{`"dice":{"emoji":"🎲","value":4}`, "[骰子] 🎲 4", "face", "", community.Sticker},
		{`"forward_origin":{"type":"user"},"text":"转来的"`, "转来的", "", "", community.Forward},
	}
	for _, c := range cases {
		in := said(t, c.fields)
		kind, ref := "", ""
		if len(in.Body.Segments) > 0 {
			kind, ref = in.Body.Segments[0].Kind, in.Body.Segments[0].Ref
		}
		if in.Body.Text != c.text || kind != c.kind || ref != c.ref || in.Body.Class != c.class {
			t.Errorf("%s: %q, %s %s, class %d; want %q, %s %s, class %d", c.fields, in.Body.Text, kind, ref, in.Body.Class, c.text, c.kind, c.ref, c.class)
		}
	}
}

func TestAKindNobodyKnowsIsKeptAsASentence(t *testing.T) {
	in := said(t, `"hologram":{"file_id":"h"}`)
	if in.Type != community.SystemText || in.Body.Text != "[hologram]" {
		t.Errorf("%s %q, want system.text [hologram]", in.Type, in.Body.Text)
	}
}

func TestWhoSpeaksForAGroupIsItsAdmin(t *testing.T) {
	in := said(t, `"sender_chat":{"id":-1001987654321,"type":"supergroup","title":"周末徒步群"},"text":"公告"`)
	if in.Actor.Role != community.RoleAdmin || in.Actor.ID != "-1001987654321" {
		t.Errorf("an anonymous admin is %+v", in.Actor)
	}
	in = said(t, `"sender_chat":{"id":-1005,"type":"channel","title":"别的频道"},"text":"广告"`)
	if in.Actor.Role != community.RoleNone || in.Actor.ID != "-1005" {
		t.Errorf("somebody speaking as a channel is %+v, want no rank", in.Actor)
	}
}

func TestAReplyWithinATopicToItsBeginningIsNone(t *testing.T) {
	in := said(t, `"text":"在主题里","is_topic_message":true,"reply_to_message":{"message_id":4,"chat":{"id":1},"forum_topic_created":{"name":"装备"}}`)
	if in.Body.ReplyTo != "" || in.Body.Class != community.Text {
		t.Errorf("answers %q, class %d; want no answer", in.Body.ReplyTo, in.Body.Class)
	}
}

func change(old, now, from, more string) string {
	return `{"update_id":9,"chat_member":{` + group + `,"from":{"id":` + from + `,"first_name":"群主"},"date":1763870400,` +
		`"old_chat_member":{"user":{"id":512,"first_name":"阿青"},` + old + `},"new_chat_member":{"user":{"id":512,"first_name":"阿青"},` + now + `}` + more + `}}`
}

func TestHowMembersComeAndGo(t *testing.T) {
	const (
		left, in, gone = `"status":"left"`, `"status":"member"`, `"status":"kicked","until_date":0`
		mute           = `"status":"restricted","is_member":true,"can_send_messages":false,"until_date":1763874000`
		muteAway       = `"status":"restricted","is_member":false,"can_send_messages":false,"until_date":0`
		link           = `,"invite_link":{"invite_link":"https://t.me/+x","name":"spring-01"}`
	)
	cases := []struct {
		update string
		want   string // type, scene, state, reason, seconds, by
	}{
		{change(left, in, "512", link), "member.joined link spring-01  0 "},
		{change(left, in, "512", link+`,"via_join_request":true`), "member.joined request spring-01  0 "},
		{change(left, in, "900", ""), "member.joined invite   0 900"},
		{change(left, in, "512", ""), "member.joined search   0 "},
		{change(muteAway, mute, "512", ""), "member.joined search   0 "},
		{change(in, left, "512", ""), "member.left   left 0 "},
		{change(in, gone, "900", ""), "member.left   kicked 0 900"},
		{change(in, left, "900", ""), "member.left   kicked 0 900"},
		{change(mute, muteAway, "512", ""), "member.left   left 0 "},
		{change(in, mute, "900", ""), "member.muted    3600 900"},
		{change(mute, in, "900", ""), "member.muted    0 900"},
		{change(in, `"status":"administrator"`, "900", ""), "member.updated    0 900"},
	}
	for _, c := range cases {
		in := parsed(t, c.update)
		if len(in) != 1 {
			t.Fatalf("%s gives %d events", c.update, len(in))
		}
		b := in[0].Body
		if got := fmt.Sprintf("%s %s %s %s %d %s", in[0].Type, b.Scene, b.State, b.Reason, b.Seconds, in[0].By.ID); got != c.want || in[0].Actor.ID != "512" {
			t.Errorf("%s\n= %q of %s, want %q of 512", c.update, got, in[0].Actor.ID, c.want)
		}
	}
	if in := parsed(t, change(left, gone, "900", "")); len(in) != 0 {
		t.Errorf("a ban while away = %+v, want nothing", in)
	}
}

func TestAMoveIsToldOnceWhoeverTellsIt(t *testing.T) {
	old := parsed(t, `{"update_id":9,"message":{"message_id":5,"from":{"id":900},"chat":{"id":-4321,"type":"group","title":"小群"},"date":7,"migrate_to_chat_id":-1005000000001}}`)
	now := parsed(t, `{"update_id":9,"message":{"message_id":1,"from":{"id":900},"chat":{"id":-1005000000001,"type":"supergroup","title":"小群"},"date":7,"migrate_from_chat_id":-4321}}`)
	if a, b := fmt.Sprintf("%+v", old), fmt.Sprintf("%+v", now); a != b {
		t.Errorf("the two chats tell\n%s\n%s, want the same event", a, b)
	}
	if in := old[0]; in.Type != community.GroupMoved || in.Group.ID != "-4321" || in.Body.State != "-1005000000001" {
		t.Errorf("the move reads %+v", in)
	}
}

func TestReactionsAreTheDifference(t *testing.T) {
	in := parsed(t, `{"update_id":9,"message_reaction":{`+group+`,"message_id":5,"user":{"id":512,"first_name":"阿青"},"date":7,`+
		`"old_reaction":[{"type":"emoji","emoji":"👍"},{"type":"emoji","emoji":"🔥"}],"new_reaction":[{"type":"emoji","emoji":"🔥"},{"type":"custom_emoji","custom_emoji_id":"66"},{"type":"sparkle"}]}}`)
	var got []string
	keys := map[string]bool{}
	for _, one := range in {
		got = append(got, string(one.Type)+" "+one.Body.Text)
		keys[one.Key] = true
	}
	if want := "reaction.removed 👍,reaction.added custom:66,reaction.added sparkle"; strings.Join(got, ",") != want || len(keys) != 3 {
		t.Errorf("%v with %d keys, want %s with 3", got, len(keys), want)
	}
}

func TestHostileTextBecomesValidAndBounded(t *testing.T) {
	long := strings.Repeat("名", 5000)
	in := parsed(t, `{"update_id":9,"message":{"message_id":31,"from":{"id":512,"first_name":"\u202e`+long+`"},`+group+`,"date":1,"text":"\ud800 \u0000`+strings.Repeat("字", 30_000)+
		`","entities":[{"type":"url","offset":-3,"length":2},{"type":"url","offset":5,"length":999999},{"type":"mention","offset":2147483647,"length":2147483647}]}}`)
	if len(in[0].Body.Text) > community.MaxText || !strings.HasSuffix(in[0].Body.Text, "…") {
		t.Errorf("%d bytes of text, want at most %d with a mark", len(in[0].Body.Text), community.MaxText)
	}
	if _, err := json.Marshal(in[0]); err != nil {
		t.Error(err)
	}
}

func TestOtherChatsAreLeftAlone(t *testing.T) {
	if in := parsed(t, `{"update_id":9,"message":{"message_id":31,"from":{"id":512},"chat":{"id":512,"type":"private"},"date":1,"text":"你好"}}`); len(in) != 1 || !in[0].Private {
		t.Errorf("a private chat gives %+v, want one event marked private", in)
	}
	for _, update := range []string{
		`{"update_id":9,"message":{"message_id":31,"chat":{"id":-1007,"type":"channel"},"date":1,"text":"频道"}}`,
		`{"update_id":9,"my_chat_member":{"chat":{"id":512,"type":"private"},"from":{"id":512},"date":1,"old_chat_member":{"status":"member","user":{"id":77}},"new_chat_member":{"status":"kicked","user":{"id":77}}}}`,
		`{"update_id":9,"inline_query":{"id":"1"}}`,
	} {
		if in := parsed(t, update); len(in) != 0 {
			t.Errorf("%s gives %+v, want nothing", update, in)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(change(`"status":"left"`, `"status":"member"`, "512", "")))
	f.Add([]byte(`{"update_id":9,"message":{"message_id":31,"from":{"id":512},` + group + `,"date":1,"text":"😀@a","entities":[{"type":"mention","offset":2,"length":2}]}}`))
	f.Add([]byte(`{"update_id":"9"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		u, err := Parse(data, "77")
		if err != nil && community.CodeOf(err) != community.CodeBadInput && community.CodeOf(err) != community.CodeTooLarge {
			t.Errorf("%v", err)
		}
		for _, in := range u.Events {
			if in.Key == "" || in.Group.ID == "" || len(in.Body.Text) > community.MaxText {
				t.Errorf("%+v", in)
			}
		}
	})
}
