package wxcrypt

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"net/url"
	"strings"

	"qunluo/internal/community"
)

// maxDepth bounds how deep elements may nest.
const maxDepth = 32

// ReadXML reads a document into v. It must be UTF-8 without DOCTYPE, entities of its own, processing instructions,
// and at most MaxBody bytes long; anything else is CodeBadInput or CodeTooLarge.
func ReadXML(data []byte, v any) error {
	if len(data) > MaxBody {
		return community.Errorf(community.CodeTooLarge, "XML of %d bytes, at most %d", len(data), MaxBody)
	}
	if err := checkXML(data); err != nil {
		return err
	}
	if err := xml.Unmarshal(data, v); err != nil {
		return community.Errorf(community.CodeBadInput, "XML cannot be read")
	}
	return nil
}

// checkXML walks over the whole document, so that nothing stands behind its end either.
func checkXML(data []byte) error {
	d := xml.NewDecoder(bytes.NewReader(data))
	depth, roots := 0, 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) && roots == 1 {
			return nil
		}
		if err != nil {
			return community.Errorf(community.CodeBadInput, "XML is broken, or has entities")
		}
		switch t := token.(type) {
		case xml.Directive:
			return community.Errorf(community.CodeBadInput, "XML has a DOCTYPE or another directive")
		case xml.ProcInst:
			if t.Target != "xml" || depth > 0 || roots > 0 {
				return community.Errorf(community.CodeBadInput, "XML has a processing instruction")
			}
		case xml.StartElement:
			if depth == 0 {
				roots++
			}
			if depth++; depth > maxDepth || roots > 1 {
				return community.Errorf(community.CodeBadInput, "XML nests too deeply or has two roots")
			}
		case xml.EndElement:
			depth--
		}
	}
}

// Query is what a call carries in its address. In safe mode Signature is msg_signature, in plain mode signature.
type Query struct {
	Signature, Timestamp, Nonce, Echo string
}

// ReadQuery reads a call's query. A parameter that stands there twice, or is longer than any of Tencent's, is
// CodeBadInput. A plus sign in echostr that came as a blank is put right.
func ReadQuery(values url.Values) (Query, error) {
	for _, name := range []string{"msg_signature", "signature", "timestamp", "nonce", "echostr"} {
		if len(values[name]) > 1 || len(values.Get(name)) > 4096 {
			return Query{}, community.Errorf(community.CodeBadInput, "query: %s stands there twice or is too long", name)
		}
	}
	q := Query{
		Signature: values.Get("msg_signature"), Timestamp: values.Get("timestamp"), Nonce: values.Get("nonce"),
		Echo: strings.ReplaceAll(values.Get("echostr"), " ", "+"),
	}
	if q.Signature == "" {
		q.Signature = values.Get("signature")
	}
	return q, nil
}

// Envelope is the XML around a sealed message.
type Envelope struct {
	XMLName    xml.Name `xml:"xml"`
	ToUserName string   `xml:"ToUserName"`
	AgentID    string   `xml:"AgentID"`
	Encrypt    string   `xml:"Encrypt"`
}

// Greet answers the check of our address: the signature covers echostr, the answer is what it holds, bare.
func (c *Crypt) Greet(q Query) ([]byte, error) {
	if !c.Verify(q.Signature, q.Timestamp, q.Nonce, q.Echo) {
		return nil, errSignature()
	}
	return c.Decrypt(q.Echo)
}

// Open verifies a call in safe mode and gives the message inside.
func (c *Crypt) Open(q Query, body []byte) ([]byte, error) {
	var e Envelope
	if err := ReadXML(body, &e); err != nil {
		return nil, err
	}
	e.Encrypt = strings.TrimSpace(e.Encrypt)
	if !c.Verify(q.Signature, q.Timestamp, q.Nonce, e.Encrypt) {
		return nil, errSignature()
	}
	return c.Decrypt(e.Encrypt)
}

func errSignature() error {
	return community.Errorf(community.CodeForbidden, "wrong signature: the token here and at the platform differ, or somebody else called")
}

// reply is the XML of a sealed answer.
type reply struct {
	XMLName      xml.Name `xml:"xml"`
	Encrypt      cdata    `xml:"Encrypt"`
	MsgSignature cdata    `xml:"MsgSignature"`
	TimeStamp    string   `xml:"TimeStamp"`
	Nonce        cdata    `xml:"Nonce"`
}

type cdata struct {
	Text string `xml:",cdata"`
}

// Seal makes the XML of an answer in safe mode.
func (c *Crypt) Seal(random [16]byte, timestamp, nonce string, message []byte) ([]byte, error) {
	sealed, err := c.Encrypt(random, message)
	if err != nil {
		return nil, err
	}
	return xml.Marshal(reply{
		Encrypt: cdata{sealed}, MsgSignature: cdata{c.Sign(timestamp, nonce, sealed)}, TimeStamp: timestamp, Nonce: cdata{nonce},
	})
}
