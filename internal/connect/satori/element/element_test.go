package element

import (
	"reflect"
	"strings"
	"testing"

	"qunluo/internal/community"
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
