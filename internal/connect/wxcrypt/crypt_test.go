package wxcrypt

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"net/url"
	"strings"
	"testing"

	"crypto/aes"
	"crypto/cipher"

	"qunluo/internal/community"
)

// The published samples: 企业微信 document 90968 (A1, A2) and Tencent's own test of the 公众号 (B).
const (
	tokenA, keyA, corpA = "QDG6eK", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C", "wx5823bf96d3bd56c7"
	echoA1              = "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ=="
	sealedA2            = "RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUpj911L3vg3W/sYYvuJTs3TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4Xgpue06DOdnLxAUHzM6+kDZ+HMZfJYuR+LtwGc2hgf5gsijff0ekUNXZiqATP7PF5mZxZ3Izoun1s4zG4LUMnvw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k22Ncx4XXZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIGHBZZIs2pDBS8R07+qN+E7Q=="

	keyB, appB = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "wxb11529c136998cb6"
	sealedB    = "jn1L23DB+6ELqJ+6bruv21Y6MD7KeIfP82D6gU39rmkgczbWwt5+3bnyg5K55bgVtVzd832WzZGMhkP72vVOfg=="
)

func open(t testing.TB, token, key, receiver string) *Crypt {
	t.Helper()
	c, err := New(token, key, receiver)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAddressCheckOfTheSampleIsAnswered(t *testing.T) {
	c := open(t, tokenA, keyA, corpA)
	query := "msg_signature=5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3&timestamp=1409659589&nonce=263014780&echostr="
	for _, echo := range []string{url.QueryEscape(echoA1), strings.ReplaceAll(echoA1, "+", " ")} {
		values, err := url.ParseQuery(query + strings.ReplaceAll(echo, " ", "+"))
		if err != nil {
			t.Fatal(err)
		}
		q, err := ReadQuery(values)
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.Greet(q)
		if err != nil || string(got) != "1616140317555161061" {
			t.Errorf("answer = %q, %v; want 1616140317555161061", got, err)
		}
	}
}

func TestMessageOfTheSampleIsOpened(t *testing.T) {
	c := open(t, tokenA, keyA, corpA)
	q := Query{Signature: "477715d11cdb4164915debcba66cb864d751f3e6", Timestamp: "1409659813", Nonce: "1372623149"}
	body := "<xml><ToUserName><![CDATA[" + corpA + "]]></ToUserName><AgentID><![CDATA[218]]></AgentID><Encrypt><![CDATA[" + sealedA2 + "]]></Encrypt></xml>"
	inner, err := c.Open(q, []byte(body))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		ToUserName, FromUserName, MsgType, Content, MsgId, AgentID string
		CreateTime                                                 int64
	}
	if err := ReadXML(inner, &got); err != nil {
		t.Fatal(err)
	}
	want := got
	want.ToUserName, want.FromUserName, want.MsgType, want.Content = corpA, "mycreate", "text", "hello"
	want.MsgId, want.AgentID, want.CreateTime = "4561255354251345929", "218", 1409659813
	if got != want {
		t.Errorf("message = %+v, want %+v", got, want)
	}
}

func TestSealingGivesTheSamplesText(t *testing.T) {
	c := open(t, "pamtest", keyB, appB)
	got, err := c.Encrypt([16]byte([]byte("aaaabbbbccccdddd")), []byte("我是中文abcd123"))
	if err != nil || got != sealedB {
		t.Errorf("sealed = %s, %v; want %s", got, err, sealedB)
	}
	back, err := c.Decrypt(sealedB)
	if err != nil || string(back) != "我是中文abcd123" {
		t.Errorf("opened = %q, %v", back, err)
	}
}

func TestWhatIsSealedOpensAgain(t *testing.T) {
	c := open(t, tokenA, keyA, corpA)
	for _, n := range []int{0, 1, 7, 11, 12, 13, 31, 32, 33, 1000, 65536} {
		message := bytes.Repeat([]byte("群"), n)
		xml, err := c.Seal([16]byte{byte(n)}, "1409659813", "n", message)
		if err != nil {
			t.Fatal(err)
		}
		var r struct{ Encrypt, MsgSignature, TimeStamp, Nonce string }
		if err := ReadXML(xml, &r); err != nil {
			t.Fatal(err)
		}
		back, err := c.Open(Query{Signature: r.MsgSignature, Timestamp: r.TimeStamp, Nonce: r.Nonce}, xml)
		if err != nil || !bytes.Equal(back, message) {
			t.Errorf("%d characters: %d bytes, %v", n, len(back), err)
		}
	}
}

// sealRaw seals a frame of the test's own making, whatever it holds.
func sealRaw(c *Crypt, frame []byte) string {
	out := bytes.Clone(frame)
	cipher.NewCBCEncrypter(c.block, c.key[:aes.BlockSize]).CryptBlocks(out, out)
	return base64.StdEncoding.EncodeToString(out)
}

func framed(length uint32, message, receiver string, padding []byte) []byte {
	frame := binary.BigEndian.AppendUint32(make([]byte, 16), length)
	return append(append(frame, message+receiver...), padding...)
}

func TestBrokenMessagesAreRefusedByCode(t *testing.T) {
	c := open(t, tokenA, keyA, corpA)
	other := open(t, tokenA, keyA, "wx0000000000000000")
	elsewhere, err := other.Encrypt([16]byte{}, []byte("hello"))
	if err != nil {
		t.Fatal(err)
	}
	pad := func(n int, b byte) []byte { return bytes.Repeat([]byte{b}, n) }
	cases := []struct {
		name, sealed string
		code         community.Code
	}{
		{"empty", "", community.CodeBadInput},
		{"not base64", "***", community.CodeBadInput},
		{"half a block", base64.StdEncoding.EncodeToString(make([]byte, 40)), community.CodeBadInput},
		{"one block", base64.StdEncoding.EncodeToString(make([]byte, 16)), community.CodeBadInput},
		{"noise", base64.StdEncoding.EncodeToString(make([]byte, 64)), community.CodeBadInput},
		{"another receiver", elsewhere, community.CodeForbidden},
		{"no padding", sealRaw(c, framed(5, "hello", corpA, pad(21, 0))), community.CodeBadInput},
		{"padding beyond 32", sealRaw(c, framed(5, "hello", corpA, pad(21, 33))), community.CodeBadInput},
		{"padding of two kinds", sealRaw(c, framed(5, "hello", corpA, append(pad(20, 1), 21))), community.CodeBadInput},
		{"padding over all", sealRaw(c, pad(32, 32)), community.CodeBadInput},
		{"longer than it is", sealRaw(c, framed(1<<31, "hello", corpA, pad(21, 21))), community.CodeBadInput},
		{"shorter than it is", sealRaw(c, framed(4, "hello", corpA, pad(21, 21))), community.CodeForbidden},
		{"too large", strings.Repeat("A", 2*MaxBody), community.CodeTooLarge},
	}
	for _, k := range cases {
		if got, err := c.Decrypt(k.sealed); community.CodeOf(err) != k.code {
			t.Errorf("%s: %q, %v; want %s", k.name, got, err, k.code)
		}
	}
}

func TestKeysAreCheckedAndNeverRepeated(t *testing.T) {
	for _, k := range []struct{ token, key, says string }{
		{"", keyA, "token"}, {"t", "short", "aes_key"}, {"t", strings.Repeat("*", 43), "aes_key"}, {"t", keyA + "=", "aes_key"},
	} {
		_, err := New(k.token, k.key, "id")
		if community.CodeOf(err) != community.CodeBadInput || !strings.Contains(err.Error(), k.says) || strings.Contains(err.Error(), k.key) {
			t.Errorf("%q %q: %v", k.token, k.key, err)
		}
	}
	plain := open(t, "t", "", "id")
	if _, err := plain.Decrypt(sealedB); community.CodeOf(err) != community.CodeBadInput {
		t.Errorf("without a key: %v", err)
	}
	if !plain.Verify(plain.Sign("2", "1"), "1", "2") || plain.Verify("", "1", "2") {
		t.Error("plain mode signs the sorted strings")
	}
}

func TestXMLFromTheInternetIsReadNarrowly(t *testing.T) {
	var v struct{ A string }
	good := []string{`<xml><A>x</A></xml>`, `<?xml version="1.0" encoding="UTF-8"?><xml><A><![CDATA[x]]></A></xml>`, " <xml><!-- note --><A>x</A></xml>\n"}
	for _, text := range good {
		if err := ReadXML([]byte(text), &v); err != nil || v.A != "x" {
			t.Errorf("%s: %+v, %v", text, v, err)
		}
	}
	bad := map[string]community.Code{
		``: community.CodeBadInput, `<xml>`: community.CodeBadInput, `<xml></xml><xml></xml>`: community.CodeBadInput, `{"a":1}`: community.CodeBadInput,
		`<!DOCTYPE xml [<!ENTITY a "b">]><xml><A>&a;</A></xml>`:           community.CodeBadInput,
		`<!DOCTYPE xml SYSTEM "file:///etc/passwd"><xml></xml>`:           community.CodeBadInput,
		`<xml><A>&a;</A></xml>`:                                           community.CodeBadInput,
		`<xml><?php echo 1 ?></xml>`:                                      community.CodeBadInput,
		`<?xml version="1.0" encoding="GBK"?><xml><A>x</A></xml>`:         community.CodeBadInput,
		"<xml><A>\xff</A></xml>":                                          community.CodeBadInput,
		"<xml><A>\x00</A></xml>":                                          community.CodeBadInput,
		strings.Repeat("<a>", 10000):                                      community.CodeBadInput,
		`<xml>` + strings.Repeat(`<a>`, 40) + strings.Repeat(`</a>`, 40):  community.CodeBadInput,
		`<xml><A>` + strings.Repeat("x", MaxBody) + `</A></xml>`:          community.CodeTooLarge,
		`<xml><A>x</A></xml>` + `<!DOCTYPE late>`:                         community.CodeBadInput,
		`<xml><A xmlns:b="c"><b:A>x</b:A></A></xml><?xml version="1.0"?>`: community.CodeBadInput,
	}
	for text, code := range bad {
		if err := ReadXML([]byte(text), &v); community.CodeOf(err) != code {
			t.Errorf("%.60s: %v, want %s", text, err, code)
		}
	}
}

func TestQueriesAreRead(t *testing.T) {
	q, err := ReadQuery(url.Values{"signature": {"s"}, "timestamp": {"1"}, "nonce": {"n"}})
	if err != nil || q != (Query{Signature: "s", Timestamp: "1", Nonce: "n"}) {
		t.Errorf("plain mode: %+v, %v", q, err)
	}
	for _, v := range []url.Values{{"nonce": {"1", "2"}}, {"echostr": {strings.Repeat("x", 5000)}}} {
		if _, err := ReadQuery(v); community.CodeOf(err) != community.CodeBadInput {
			t.Errorf("twice or too long: %v", err)
		}
	}
}

func FuzzOpen(f *testing.F) {
	c := open(f, tokenA, keyA, corpA)
	f.Add([]byte("<xml><Encrypt>"+sealedA2+"</Encrypt></xml>"), "477715d11cdb4164915debcba66cb864d751f3e6", sealedA2)
	f.Add([]byte("<xml><Encrypt></Encrypt></xml>"), "", "")
	f.Add([]byte("<!DOCTYPE a>"), "x", echoA1)
	f.Fuzz(func(t *testing.T, body []byte, signature, sealed string) {
		q := Query{Signature: signature, Timestamp: "1409659813", Nonce: "1372623149"}
		if inner, err := c.Open(q, body); err == nil && !bytes.Contains(body, []byte("Encrypt")) {
			t.Errorf("opened %q out of nothing", inner)
		}
		if message, err := c.Decrypt(sealed); err == nil {
			again, err := c.Encrypt([16]byte{1}, message)
			if back, err2 := c.Decrypt(again); err != nil || err2 != nil || !bytes.Equal(back, message) {
				t.Errorf("%q does not survive sealing: %v %v", message, err, err2)
			}
		}
	})
}
