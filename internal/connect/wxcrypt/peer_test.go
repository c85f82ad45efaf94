package wxcrypt

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"qunluo/internal/connect/peertest"
)

// theirs is Tencent's own client answering JSON lines.
const theirs = `
const { getSignature, decrypt, encrypt } = require("@wecom/crypto");
require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
  const q = JSON.parse(line);
  try {
    const sealed = encrypt(q.key, q.text, q.id, Buffer.from(q.random, "hex"));
    const opened = decrypt(q.key, q.ours);
    console.log(JSON.stringify({ sealed, text: opened.message, id: opened.id, random: opened.random.toString("hex"),
      signature: getSignature(q.token, q.ts, q.nonce, q.ours) }));
  } catch (e) { console.log(JSON.stringify({ error: String(e) })); }
});
console.log("READY");
`

type question struct {
	Token  string `json:"token"`
	Key    string `json:"key"`
	ID     string `json:"id"`
	Text   string `json:"text"`
	Random string `json:"random"`
	Ours   string `json:"ours"`
	TS     string `json:"ts"`
	Nonce  string `json:"nonce"`
}

// TestTencentsClientAndOursUnderstandEachOther asks @wecom/crypto: what we seal it opens, what it seals is what we seal,
// and both sign alike.
func TestTencentsClientAndOursUnderstandEachOther(t *testing.T) {
	peer := peertest.Start(t, peertest.Script{Peers: "wecom", Name: "crypto.js", Files: map[string]string{"crypto.js": theirs}, Ready: "READY"})
	chance := rand.New(rand.NewPCG(1, 2))
	for i, text := range texts(chance) {
		c := open(t, fmt.Sprint("tok", i), keyOf(chance), fmt.Sprint("corp", i*7919))
		var random [16]byte
		for j := range random {
			random[j] = byte(33 + chance.IntN(90))
		}
		ours, err := c.Encrypt(random, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		q := question{Token: c.token, Key: strings.TrimSuffix(encode(c.key), "="), ID: c.receiver, Text: text, Random: fmt.Sprintf("%x", random),
			Ours: ours, TS: fmt.Sprint(noon + i), Nonce: fmt.Sprint(i * 31)}
		line, err := json.Marshal(q)
		if err != nil {
			t.Fatal(err)
		}
		peer.Tell(t, string(line))
		var a struct{ Sealed, Text, ID, Signature, Random, Error string }
		if err := json.Unmarshal([]byte(peer.Line(t)), &a); err != nil || a.Error != "" {
			t.Fatalf("message %d: %v %s", i, err, a.Error)
		}
		if a.Text != text || a.ID != c.receiver || a.Random != q.Random {
			t.Errorf("message %d (%d bytes): it opens %q for %q, want what we sealed", i, len(text), short(a.Text), a.ID)
		}
		if a.Signature != c.Sign(q.TS, q.Nonce, ours) {
			t.Errorf("message %d: it signs %s", i, a.Signature)
		}
		back, err := c.Decrypt(a.Sealed)
		if err != nil || string(back) != text || a.Sealed != ours {
			t.Errorf("message %d: its seal opens as %q, %v; same as ours: %t", i, short(string(back)), err, a.Sealed == ours)
		}
	}
}

// texts are messages of every awkward size, and a few hundred of chance.
func texts(chance *rand.Rand) []string {
	list := []string{"", "x", "1616140317555161061", "群落👨‍👩‍👧‍👦", "<xml><![CDATA[a]]></xml>", "\u202eegassem", strings.Repeat("段", 21845)}
	for n := 1; n <= 70; n++ {
		list = append(list, strings.Repeat("a", n))
	}
	letters := []rune("abc 群落😀\n\"<&>é")
	for range 250 {
		var b strings.Builder
		for range chance.IntN(400) {
			b.WriteRune(letters[chance.IntN(len(letters))])
		}
		list = append(list, b.String())
	}
	return list
}

func short(s string) string { return s[:min(len(s), 60)] }

// keyOf is an EncodingAESKey of chance.
func keyOf(chance *rand.Rand) string {
	var key [32]byte
	for i := range key {
		key[i] = byte(chance.Uint32())
	}
	return strings.TrimSuffix(encode(key), "=")
}

func encode(key [32]byte) string { return base64.StdEncoding.EncodeToString(key[:]) }
