package wechaty

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
)

const (
	testToken = "puppet-test_0b7ba5a1-3f6e-4f3c-8a3a-1d8f0c1e5a77"
	selfID    = "wxid_self"
	roomID    = "18888@chatroom"
	memberID  = "wxid_aqing"
	ownerID   = "wxid_owner"
)

// puppet is a service with one account in one room.
type puppet struct {
	t       *testing.T
	network *conntest.Network
	pin     string

	mu       sync.Mutex
	streams  map[chan *message]bool
	messages map[string]*message // by id
	next     int
	last     *message // event
	swallow  int
	dead     bool             // answers nothing any more
	fails    map[string]error // by method
	calls    []string
	done     []conntest.Done
}

func newPuppet(t *testing.T) *puppet {
	p := &puppet{t: t, network: conntest.NewNetwork(t), streams: map[chan *message]bool{}, messages: map[string]*message{}, fails: map[string]error{}}
	cert := p.certificate()
	server := grpc.NewServer(grpc.Creds(credentials.NewServerTLSFromCert(&cert)), grpc.ForceServerCodec(codec{}), grpc.UnknownServiceHandler(p.serve),
		grpc.MaxSendMsgSize(maxAnswer), grpc.WaitForHandlers(true))
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(p.network)
	}()
	t.Cleanup(func() {
		p.network.Cut()
		server.Stop()
		<-served
	})
	return p
}

func (p *puppet) certificate() tls.Certificate {
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
	p.pin = hex.EncodeToString(sum[:])
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func (p *puppet) set(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
}

func (p *puppet) serve(_ any, stream grpc.ServerStream) error {
	path, _ := grpc.MethodFromServerStream(stream)
	method := strings.TrimPrefix(path, "/wechaty.Puppet/")
	if md, _ := metadata.FromIncomingContext(stream.Context()); !slices.Equal(md.Get("authorization"), []string{"Wechaty " + testToken}) {
		return status.Error(codes.Unauthenticated, "invalid token")
	}
	var ask message
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

func (p *puppet) events(stream grpc.ServerStream) error {
	queue := make(chan *message, 256)
	queue <- event(eventLogin, fmt.Sprintf(`{"contactId":%q}`, selfID))
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

func event(kind uint64, payload string) *message {
	return new(message).number(1, kind).text(2, payload)
}

// tell sends an event to everybody who follows.
func (p *puppet) tell(kind uint64, payload string) { p.again(event(kind, payload)) }

func (p *puppet) again(e *message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last = e
	for queue := range p.streams {
		queue <- e
	}
}

// says lets the member say something and gives the message's id.
func (p *puppet) says(text string, mentioned ...string) string {
	return p.put(kindText, memberID, roomID, text, mentioned...)
}

func (p *puppet) put(kind uint64, talker, where, text string, mentioned ...string) string {
	p.mu.Lock()
	p.next++
	name := fmt.Sprint("msg", p.next)
	p.messages[name] = new(message).text(msgID, name).text(msgText, text).number(msgOldTime, uint64(time.Now().Unix())).number(msgKind, kind).
		text(msgTalker, talker).text(msgRoom, where).text(msgMentions, mentioned...).inner(msgTime, new(message).number(1, uint64(time.Now().Unix())))
	p.mu.Unlock()
	p.tell(eventMessage, fmt.Sprintf(`{"messageId":%q}`, name))
	return name
}

func (p *puppet) moved(kind uint64, list, by string) {
	p.tell(kind, fmt.Sprintf(`{"roomId":%q,%s,%s,"timestamp":%d}`, roomID, list, by, time.Now().Unix()))
}

var names = map[string]string{selfID: "小群", memberID: "阿青", ownerID: "群主"}

// do does a method.
func (p *puppet) do(method string, ask *message) (*message, error) {
	note := func(d conntest.Done) { p.done = append(p.done, d) }
	if method == "RoomMemberList" || method == "RoomPayload" || method == "RoomMemberPayload" {
		if ask.say(1) != roomID {
			return nil, status.Error(codes.NotFound, "no such room")
		}
	}
	switch method {
	case "Version":
		return new(message).text(1, "1.5.2"), nil
	case "ContactPayload":
		return new(message).text(1, ask.say(1)).text(4, names[ask.say(1)]), nil
	case "MessagePayload":
		if m := p.messages[ask.say(1)]; m != nil {
			return m, nil
		}
		return nil, status.Error(codes.NotFound, "no such message")
	case "RoomList":
		return new(message).text(1, roomID), nil
	case "RoomPayload":
		return new(message).text(1, roomID).text(roomTopic, "周末徒步群").text(roomOwner, ownerID).text(roomAdmins, selfID), nil
	case "RoomMemberList":
		return new(message).text(1, ownerID, selfID, memberID), nil
	case "RoomMemberPayload":
		return new(message).text(1, ask.say(2)).text(5, names[ask.say(2)]), nil
	case "MessageSendText":
		p.next++
		note(conntest.Done{Verb: community.Send, Group: ask.say(1), Text: ask.say(2), Member: ask.say(3)})
		return new(message).text(2, fmt.Sprint("own", p.next)), nil
	case "MessageRecall":
		note(conntest.Done{Verb: community.RecallMsg, Message: ask.say(1)})
		return new(message).number(1, 1), nil
	case "RoomDel":
		note(conntest.Done{Verb: community.Remove, Group: ask.say(1), Member: ask.say(2)})
	case "RoomAnnounce":
		note(conntest.Done{Verb: community.Announce, Group: ask.say(1), Text: ask.say(3)})
	case "RoomTopic":
		note(conntest.Done{Verb: community.Rename, Group: ask.say(1), Text: ask.within(2).say(1)})
	default:
		return nil, status.Error(codes.Unimplemented, method)
	}
	return &message{}, nil
}

func (p *puppet) did() []conntest.Done {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.done)
}
