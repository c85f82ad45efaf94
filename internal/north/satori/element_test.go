package satori

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/north"
)

func TestElementsSurviveBothWays(t *testing.T) {
	for _, content := range []string{
		`你好 &lt;b&gt; &amp; 再见`,
		`<at id="3" name="小明"/> 看 <img src="https://e/x.png?a=1&amp;b=2"/>`,
		`<quote id="77"/>收到`,
		`<at type="all"/> 开会`,
		`<file src="https://e/f" title="a &quot;b&quot;.pdf"/>`,
	} {
		p := Parse(content)
		if got := Print(p.Text, p.Quote, p.Segments); got != content {
			t.Errorf("got  %s\nwant %s", got, content)
		}
	}
}

func TestElementsAreReadAsPeopleSeeThem(t *testing.T) {
	for content, want := range map[string]string{
		`plain`:            "plain",
		`a<br/>b<br>c`:     "a\nb\nc",
		`<p>一</p><p>二</p>`: "一\n二",
		`<b>粗</b><i>斜</i><unknown x=1>里面</unknown>`: "粗斜里面",
		`<quote id="1"><at id="2"/>原话</quote>回答`:    "回答",
		`<message>一</message><message>二</message>`:  "一\n二",
		`<a href="https://e/">点我</a>`:               "点我 https://e/",
		`1 < 2 && 3 > 2`:                            "1 < 2 && 3 > 2",
		`<at id="5" name="小明"/>早`:                   "@小明早",
		`<!-- 藏着 -->看得见`:                            "看得见",
		`<img src='https://e/a>b.png'/>`:            "[图片]",
		`<`:                                         "<",
		`<at id="5`:                                 `<at id="5`,
		`</quote></p>x`:                             "x",
		`&#60;script&#62;`:                          "<script>",
		``:                                          "",
		strings.Repeat("<quote>", 300) + "x":        "",
	} {
		if got := Parse(content).Text; got != want {
			t.Errorf("%.60s reads %q, want %q", content, got, want)
		}
	}
	p := Parse(`<at id="5"/> 早 <audio src="https://e/a"/>`)
	want := []community.Segment{{Kind: "at", Ref: "5", Text: "@5"}, {Kind: "text", Text: " 早 "}, {Kind: "audio", Ref: "https://e/a"}}
	if !reflect.DeepEqual(p.Segments, want) {
		t.Errorf("segments %+v, want %+v", p.Segments, want)
	}
}

func FuzzParseNeverFails(f *testing.F) {
	for _, s := range []string{"", "<", "<at id=\"1\"/>", "<quote id=1>x</quote>y", "<a href='x'>", "&lt;&#x41;", "<p><p></p>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, content string) {
		p := Parse(content)
		again := Parse(Print(p.Text, p.Quote, p.Segments))
		if len(p.Segments) == 0 && strings.TrimSuffix(again.Text, "\n") != strings.TrimSuffix(p.Text, "\n") {
			t.Errorf("%q reads %q, printed and read again %q", content, p.Text, again.Text)
		}
	})
}

func TestEventsAreWhatTheProtocolSays(t *testing.T) {
	login := Login{SN: 1, Adapter: Platform, Platform: Platform, SelfID: "9", User: User{ID: "9", Name: "助手", IsBot: true}, Status: 1, Features: []string{"message.create"}}
	who := north.Person{ID: 3, Name: "老周", Card: "周哥", Role: community.RoleMember}
	by := north.Person{ID: 4, Name: "群主"}
	for _, c := range []struct {
		h    north.Happening
		want string
	}{
		{north.Happening{Number: 5, Type: community.MessageCreated, At: 1000, Group: 7, Actor: who, Text: "a<b", Quote: 2},
			`"type":"message-created","timestamp":1000,"platform":"qunluo","self_id":"9","login":{"sn":1,"adapter":"qunluo","platform":"qunluo","self_id":"9","user":{"id":"9","name":"助手","is_bot":true},"status":1,"features":["message.create"]},"guild":{"id":"7"},"channel":{"id":"7","type":0},"user":{"id":"3","name":"老周"},"member":{"nick":"周哥","roles":[{"id":"member"}]},"message":{"id":"5","content":"\u003cquote id=\"2\"/\u003ea\u0026lt;b","created_at":1000}`},
		{north.Happening{Number: 6, Type: community.MessageDeleted, Group: 7, Actor: by, Subject: who, Message: 5}, `"user":{"id":"4","name":"群主"}`},
		{north.Happening{Number: 6, Type: community.MemberLeft, Group: 7, Actor: who, Subject: who, By: by}, `"type":"guild-member-removed"`},
		{north.Happening{Number: 6, Type: community.MemberLeft, Group: 7, Actor: who, Subject: who, By: by}, `"operator":{"id":"4","name":"群主"}`},
		{north.Happening{Number: 8, Type: community.JoinRequested, Group: 7, Actor: who, Text: "<x>"}, `"message":{"id":"8","content":"\u0026lt;x\u0026gt;"}`},
	} {
		got, err := json.Marshal(EventOf(c.h, login))
		if err != nil || !strings.Contains(string(got), c.want) || !strings.Contains(string(got), `"sn":`) {
			t.Errorf("%s\n got %s\nwant %s (%v)", c.h.Type, got, c.want, err)
		}
	}
	for _, h := range []north.Happening{{Type: community.MemberMuted}, {Type: community.MessageDeleted}, {Type: community.TimerFired}} {
		if e := EventOf(h, login); e != nil {
			t.Errorf("%s (message %d) is told as %s", h.Type, h.Message, e.Type)
		}
	}
}
