package community

import (
	"strings"
	"testing"
)

func TestMiniProgramIsKnownByItsAppID(t *testing.T) {
	for name, c := range map[string]struct {
		seg Segment
		id  string
		is  bool
	}{
		"ours":            {Segment{Kind: "app", Raw: []byte(`{"appid":"wx1","page":"p"}`)}, "wx1", true},
		"ours, no id":     {Segment{Kind: "app"}, "", true},
		"QQ, in a string": {Segment{Kind: "card", Raw: []byte(`{"data":"{\"app\":\"com.tencent.miniapp_01\",\"meta\":{\"detail_1\":{\"appid\":\"1109937557\"}}}"}`)}, "1109937557", true},
		"QQ, as object":   {Segment{Kind: "card", Raw: []byte(`{"data":{"meta":{"b":{"appid":"2"},"a":{"appid":"1"}}}}`)}, "1", true},
		"a news card":     {Segment{Kind: "card", Raw: []byte(`{"data":"{\"meta\":{\"news\":{\"jumpUrl\":\"https://x.example\"}}}"}`)}, "", false},
		"half a card":     {Segment{Kind: "card", Raw: []byte(`{"data":"{\"meta\":{\"de`)}, "", false},
		"a number as id":  {Segment{Kind: "card", Raw: []byte(`{"data":"{\"meta\":{\"d\":{\"appid\":7}}}"}`)}, "", false},
		"huge":            {Segment{Kind: "card", Raw: []byte(`{"appid":"` + strings.Repeat("9", maxCard) + `"}`)}, "", false},
		"a picture":       {Segment{Kind: "image", Raw: []byte(`{"appid":"1"}`)}, "", false},
	} {
		if id, is := c.seg.App(); id != c.id || is != c.is {
			t.Errorf("%s: App() = %.20q %v, want %q %v", name, id, is, c.id, c.is)
		}
	}
}
