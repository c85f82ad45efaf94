package wecomtest

import (
	"encoding/binary"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"

	"qunluo/internal/connect/wxcrypt"
)

// Event is the XML of a callback about this corp; fields are "<Name>value</Name>" and so on.
func (c *Corp) Event(event, change string, fields ...string) string {
	return fmt.Sprintf("<xml><ToUserName>%s</ToUserName><FromUserName>sys</FromUserName><CreateTime>%d</CreateTime><MsgType>event</MsgType><Event>%s</Event><ChangeType>%s</ChangeType>%s</xml>",
		ID, c.Now().Unix(), event, change, strings.Join(fields, ""))
}

// Field is an element of an event.
func Field(name, value string) string {
	return "<" + name + "><![CDATA[" + value + "]]></" + name + ">"
}

// Request is a callback as the platform makes it: sealed and signed, with a nonce of its own.
func (c *Corp) Request(target, xml string) *http.Request {
	crypt, err := wxcrypt.New(Token, AESKey, ID)
	if err != nil {
		panic(err)
	}
	c.mu.Lock()
	c.serial++
	n := c.serial
	c.mu.Unlock()
	var random [16]byte
	binary.BigEndian.PutUint64(random[:], uint64(n))
	sealed, err := crypt.Encrypt(random, []byte(xml))
	if err != nil {
		panic(err)
	}
	stamp, nonce := strconv.FormatInt(c.Now().Unix(), 10), strconv.Itoa(1_000_000+n)
	q := url.Values{"timestamp": {stamp}, "nonce": {nonce}, "msg_signature": {crypt.Sign(stamp, nonce, sealed)}}
	body := "<xml><ToUserName><![CDATA[" + ID + "]]></ToUserName><AgentID><![CDATA[1000002]]></AgentID><Encrypt><![CDATA[" + sealed + "]]></Encrypt></xml>"
	return httptest.NewRequest(http.MethodPost, target+"?"+q.Encode(), strings.NewReader(body))
}

// Receiver is whoever is called back.
type Receiver interface {
	ServeConnect(w http.ResponseWriter, r *http.Request)
}

// Call calls back once and gives the status.
func (c *Corp) Call(to Receiver, xml string) int {
	rec := httptest.NewRecorder()
	to.ServeConnect(rec, c.Request("/connect/x/", xml))
	return rec.Code
}

// Post calls back over a real network and gives the status.
func (c *Corp) Post(client *http.Client, target, xml string) (int, error) {
	sealed := c.Request("/", xml)
	req, err := http.NewRequest(http.MethodPost, target+"?"+sealed.URL.RawQuery, sealed.Body)
	if err != nil {
		return 0, err
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}
