package wechaty

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strings"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/connect/conntest"
	"qunluo/internal/connect/wechaty/wechatytest"
	"qunluo/internal/connect/wechaty/wire"
)

// What the stub calls things.
const (
	testToken = wechatytest.Token
	selfID    = wechatytest.SelfID
	roomID    = wechatytest.RoomID
	memberID  = wechatytest.MemberID
	ownerID   = wechatytest.OwnerID
)

// puppet is a service on a network in memory.
type puppet struct {
	*wechatytest.Puppet
	network *conntest.Network
}

func newPuppet(t *testing.T) *puppet {
	n := conntest.NewNetwork(t)
	return &puppet{wechatytest.New(t, n, n.Cut), n}
}

const settings = `{"endpoint":"127.0.0.1:8788","token":"` + testToken + `","rate":20,"accept_risk":true}`

func TestExamination(t *testing.T) {
	var to *puppet // of the bubble that runs
	conntest.Exercise(t, conntest.Rig{
		Connector: New(func(ctx context.Context, network, address string) (net.Conn, error) {
			return to.network.Dial(ctx, network, address)
		}),
		Secrets: []string{testToken},
		Bad: []conntest.Bad{
			{Settings: `{"endpoint":"127.0.0.1:8788","token":"` + testToken + `"}`, Field: Consent},
			{Settings: `{"endpoint":"127.0.0.1:8788","token":"` + testToken + `","accept_risk":false}`, Field: Consent},
			{Settings: `{"endpoint":"127.0.0.1","token":"` + testToken + `","accept_risk":true}`, Field: "endpoint"},
			{Settings: `{"token":"` + testToken + `","accept_risk":true}`, Field: "endpoint"},
			{Settings: `{"endpoint":"127.0.0.1:8788","accept_risk":true}`, Field: "token"},
			{Settings: `{"endpoint":"127.0.0.1:8788","token":"nodash","accept_risk":true}`, Field: "token"},
			{Settings: `{"endpoint":"puppet.example:8788","token":"` + testToken + `","accept_risk":true}`, Field: "fingerprint"},
			{Settings: `{"endpoint":"puppet.example:8788","token":"` + testToken + `","fingerprint":"zz","accept_risk":true}`, Field: "fingerprint"},
			{Settings: `{"endpoint":"127.0.0.1:8788","token":"` + testToken + `","rate":21,"accept_risk":true}`, Field: "rate"},
		},
		Start: func(t *testing.T) *conntest.Counterpart {
			to = newPuppet(t)
			return counterpart(to)
		},
	})
}

func counterpart(p *puppet) *conntest.Counterpart {
	return &conntest.Counterpart{
		Settings: json.RawMessage(settings), Self: selfID, Group: roomID, Member: memberID,
		Provoke: map[community.Type]func(){
			community.MessageCreated: func() { p.Says("今天走哪条线") },
			community.MessageDeleted: func() { p.Put(wire.KindRecalled, memberID, roomID, p.Says("说错了")) },
			community.MemberJoined: func() {
				p.Moved(wire.EventRoomJoin, fmt.Sprintf(`"inviteeIdList":[%q]`, memberID), fmt.Sprintf(`"inviterId":%q`, ownerID))
			},
			community.MemberLeft: func() {
				p.Moved(wire.EventRoomLeave, fmt.Sprintf(`"removeeIdList":[%q]`, memberID), fmt.Sprintf(`"removerId":%q`, memberID))
			},
			community.GroupUpdated: func() {
				p.Moved(wire.EventRoomTopic, `"newTopic":"新名字","oldTopic":"周末徒步群"`, fmt.Sprintf(`"changerId":%q`, ownerID))
			},
		},
		Again:   p.Again,
		Message: func() string { return p.Says("请撤回我") },
		Did:     p.Did,
		Swallow: p.Swallow,
		Cut:     p.network.Cut,
		Mend:    p.network.Mend,
		Deliver: func(frame []byte) { p.Tell(wire.EventMessage, string(frame)) },
		Malformed: [][]byte{
			[]byte(`{"messageId":`), []byte(`[]`), []byte(`{}`), []byte(`{"messageId":5}`),
		},
		Oversized: []byte(`{"messageId":"` + strings.Repeat("x", MaxPayload) + `"}`),
	}
}
