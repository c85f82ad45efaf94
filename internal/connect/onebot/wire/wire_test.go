package wire

import (
	"encoding/json"
	"reflect"
	"testing"

	"qunluo/internal/community"
)

func TestMessageSurvivesBothWays(t *testing.T) {
	for _, given := range []string{
		`[{"type":"reply","data":{"id":"77"}},{"type":"at","data":{"name":"小明","qq":"10"}},{"type":"text","data":{"text":" 看这个 <b>&"}}]`,
		`[{"type":"image","data":{"file":"https://e/x.png","url":"https://e/x.png"}},{"type":"at","data":{"qq":"all"}}]`,
		`[{"type":"face","data":{"id":"14"}},{"type":"record","data":{"file":"https://e/a.amr","url":"https://e/a.amr"}}]`,
		`[{"type":"share","data":{"title":"标题","url":"https://e/"}},{"type":"file","data":{"file":"https://e/f","name":"f.pdf","url":"https://e/f"}}]`,
	} {
		r := Reader{}
		parts := r.Parts(Fields{"message": json.RawMessage(given)})
		var body community.Body
		Compose(new(Words), parts, &body)
		back, err := Compact(Print(body.Text, "", body.Segments))
		if err != nil || r.Err != nil || string(back) != given {
			t.Errorf("got  %s\nwant %s (%v, %v)", back, given, err, r.Err)
		}
	}
}

func TestWhatHasNoFormIsText(t *testing.T) {
	got := Print("x", "", []community.Segment{{Kind: "card", Text: "群聊邀请"}, {Kind: "image"}, {Kind: "unknown", Text: "[骰子]"}, {Kind: "at"}})
	want := []Segment{{"text", map[string]string{"text": "群聊邀请"}}, {"text", map[string]string{"text": "[图片]"}}, {"text", map[string]string{"text": "[骰子]"}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("printed %v, want %v", got, want)
	}
}

func TestSignatureIsTheProtocolsVector(t *testing.T) {
	body := []byte(`{"post_type":"meta_event"}`)
	const want = "sha1=e80de632cb157140375393cbee2ae81c5d056830"
	if got := Signature("sekret", body); got != want {
		t.Errorf("signature %s, want %s", got, want)
	}
	if !Signed("sekret", body, want) || Signed("sekret", body, "") || Signed("other", body, want) || Signed("sekret", body[1:], want) {
		t.Error("signatures are not told apart")
	}
}

func TestCompactWritesWhatJavaScriptWould(t *testing.T) {
	got, err := Compact(map[string]string{"t": "<a&b>\u2028\u2029\\u2028\t\""})
	want := `{"t":"<a&b>` + "\u2028\u2029" + `\\u2028\t\""}`
	if err != nil || string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
