// Package wechatytest is a puppet service in Go, with one account in one room, for the tests of those who speak to one.
package wechatytest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"math/big"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"qunluo/internal/community"
	"qunluo/internal/connect/conntest"
	"qunluo/internal/connect/wechaty/wire"
)

// What the service knows: the token that it takes, our account, its room, and who else is in there.
const (
	Token    = "puppet-test_0b7ba5a1-3f6e-4f3c-8a3a-1d8f0c1e5a77"
	SelfID   = "wxid_self"
	RoomID   = "18888@chatroom"
	MemberID = "wxid_aqing"
	OwnerID  = "wxid_owner"
)

// Puppet is the service.
type Puppet struct {
	// Pin is the SHA-256 of its certificate, hex.
	Pin string

	t *testing.T

	mu       sync.Mutex
	streams  map[chan *wire.Message]bool
	messages map[string]*wire.Message // by id
	next     int
	last     *wire.Message // event
	swallow  int
	dead     bool             // answers nothing any more
	fails    map[string]error // by method
	calls    []string
	done     []conntest.Done
}

// New serves on a listener until the test ends; cut is called before.
func New(t *testing.T, on net.Listener, cut func()) *Puppet {
	p := &Puppet{t: t, streams: map[chan *wire.Message]bool{}, messages: map[string]*wire.Message{}, fails: map[string]error{}}
	cert := p.certificate()
	server := grpc.NewServer(grpc.Creds(credentials.NewServerTLSFromCert(&cert)), grpc.ForceServerCodec(wire.Codec{}), grpc.UnknownServiceHandler(p.serve),
		grpc.MaxSendMsgSize(64<<20), grpc.WaitForHandlers(true))
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(on)
	}()
	t.Cleanup(func() {
		cut()
		server.Stop()
		<-served
	})
	return p
}

func (p *Puppet) certificate() tls.Certificate {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		p.t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(100 * time.Hour), DNSNames: []string{"puppet-test"}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		p.t.Fatal(err)
	}
	sum := sha256.Sum256(der)
	p.Pin = hex.EncodeToString(sum[:])
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func (p *Puppet) set(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
}

func (p *Puppet) serve(_ any, stream grpc.ServerStream) error {
	path, _ := grpc.MethodFromServerStream(stream)
	method := strings.TrimPrefix(path, "/wechaty.Puppet/")
	if md, _ := metadata.FromIncomingContext(stream.Context()); !slices.Equal(md.Get("authorization"), []string{"Wechaty " + Token}) {
		return status.Error(codes.Unauthenticated, "invalid token")
	}
	var ask wire.Message
	if err := stream.RecvMsg(&ask); err != nil {
		return err
	}
	if method == "Event" {
		p.mu.Lock()
		fails := p.fails[method]
		p.mu.Unlock()
		if fails != nil {
			return fails
		}
		return p.events(stream)
	}
	p.mu.Lock()
	p.calls = append(p.calls, method)
	swallow := p.swallow > 0 && method == "MessageSendText"
	if swallow {
		p.swallow--
	}
	swallow = swallow || p.dead
	answer, err := p.do(method, &ask)
	if fails := p.fails[method]; fails != nil {
		answer, err = nil, fails
	}
	p.mu.Unlock()
	if swallow {
		<-stream.Context().Done()
		return stream.Context().Err()
	}
	if err != nil {
		return err
	}
	return stream.SendMsg(answer)
}

func (p *Puppet) events(stream grpc.ServerStream) error {
	queue := make(chan *wire.Message, 256)
	queue <- event(wire.EventLogin, fmt.Sprintf(`{"contactId":%q}`, SelfID))
	p.set(func() { p.streams[queue] = true })
	defer p.set(func() { delete(p.streams, queue) })
	for {
		select {
		case e := <-queue:
			if err := stream.SendMsg(e); err != nil {
				return err
			}
		case <-stream.Context().Done():
			return stream.Context().Err()
		}
	}
}

func event(kind uint64, payload string) *wire.Message {
	return new(wire.Message).Number(1, kind).Text(2, payload)
}

// Tell sends an event to everybody who follows.
func (p *Puppet) Tell(kind uint64, payload string) { p.again(event(kind, payload)) }

func (p *Puppet) again(e *wire.Message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = e
	for queue := range p.streams {
		queue <- e
	}
}

// Says lets the member say something and gives the message's id.
func (p *Puppet) Says(text string, mentioned ...string) string {
	return p.Put(wire.KindText, MemberID, RoomID, text, mentioned...)
}

// Put lets somebody say something of a kind, in a room or ("") in private, and gives the message's id.
func (p *Puppet) Put(kind uint64, talker, where, text string, mentioned ...string) string {
	p.mu.Lock()
	p.next++
	name := fmt.Sprint("msg", p.next)
	p.messages[name] = new(wire.Message).Text(wire.MsgID, name).Text(wire.MsgText, text).Number(wire.MsgOldTime, uint64(time.Now().Unix())).Number(wire.MsgKind, kind).
		Text(wire.MsgTalker, talker).Text(wire.MsgRoom, where).Text(wire.MsgMentions, mentioned...).Inner(wire.MsgTime, new(wire.Message).Number(1, uint64(time.Now().Unix())))
	p.mu.Unlock()
	p.Tell(wire.EventMessage, fmt.Sprintf(`{"messageId":%q}`, name))
	return name
}

// Moved tells of the room: who came or went, and by whom, as JSON fields.
func (p *Puppet) Moved(kind uint64, list, by string) {
	p.Tell(kind, fmt.Sprintf(`{"roomId":%q,%s,%s,"timestamp":%d}`, RoomID, list, by, time.Now().Unix()))
}

var names = map[string]string{SelfID: "小群", MemberID: "阿青", OwnerID: "群主"}

// do does a method.
func (p *Puppet) do(method string, ask *wire.Message) (*wire.Message, error) {
	note := func(d conntest.Done) { p.done = append(p.done, d) }
	if method == "RoomMemberList" || method == "RoomPayload" || method == "RoomMemberPayload" {
		if ask.Say(1) != RoomID {
			return nil, status.Error(codes.NotFound, "no such room")
		}
	}
	switch method {
	case "Version":
		return new(wire.Message).Text(1, "1.5.2"), nil
	case "ContactPayload":
		return new(wire.Message).Text(1, ask.Say(1)).Text(4, names[ask.Say(1)]), nil
	case "MessagePayload":
		if m := p.messages[ask.Say(1)]; m != nil {
			return m, nil
		}
		return nil, status.Error(codes.NotFound, "no such message")
	case "RoomList":
		return new(wire.Message).Text(1, RoomID), nil
	case "RoomPayload":
		return new(wire.Message).Text(1, RoomID).Text(wire.RoomTopic, "周末徒步群").Text(wire.RoomOwner, OwnerID).Text(wire.RoomAdmins, SelfID), nil
	case "RoomMemberList":
		return new(wire.Message).Text(1, OwnerID, SelfID, MemberID), nil
	case "RoomMemberPayload":
		return new(wire.Message).Text(1, ask.Say(2)).Text(5, names[ask.Say(2)]), nil
	case "MessageSendText":
		p.next++
		note(conntest.Done{Verb: community.Send, Group: ask.Say(1), Text: ask.Say(2), Member: ask.Say(3)})
		return new(wire.Message).Text(2, fmt.Sprint("own", p.next)), nil
	case "MessageRecall":
		note(conntest.Done{Verb: community.RecallMsg, Message: ask.Say(1)})
		return new(wire.Message).Number(1, 1), nil
	case "RoomDel":
		note(conntest.Done{Verb: community.Remove, Group: ask.Say(1), Member: ask.Say(2)})
	case "RoomAnnounce":
		note(conntest.Done{Verb: community.Announce, Group: ask.Say(1), Text: ask.Say(3)})
	case "RoomTopic":
		note(conntest.Done{Verb: community.Rename, Group: ask.Say(1), Text: ask.Within(2).Say(1)})
	default:
		return nil, status.Error(codes.Unimplemented, method)
	}
	return &wire.Message{}, nil
}

// Did is what was really done.
func (p *Puppet) Did() []conntest.Done {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.done)
}

// Again tells the last event once more.
func (p *Puppet) Again() {
	p.mu.Lock()
	last := p.last
	p.mu.Unlock()
	p.again(last)
}

// Swallow lets the next message be sent and never answered.
func (p *Puppet) Swallow() { p.set(func() { p.swallow++ }) }

// Die lets nothing be answered any more.
func (p *Puppet) Die() { p.set(func() { p.dead = true }) }

// Fail lets a method fail; nil ends that.
func (p *Puppet) Fail(method string, err error) { p.set(func() { p.fails[method] = err }) }

// Calls are the methods that were called, in order.
func (p *Puppet) Calls() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.calls)
}
