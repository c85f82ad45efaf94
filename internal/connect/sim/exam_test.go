package sim

import (
	"encoding/json"
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/conntest"
)

// rig lets a session live in a quiet world of its own.
func rig(abilities string) conntest.Rig {
	settings := json.RawMessage(`{"scene":"test","abilities":"` + abilities + `"}`)
	var world *World // the bubble's: made anew by each Start
	scene := Scene{Name: "test", Open: func(clock func() int64) (*World, Script) { return world, nil }}
	return conntest.Rig{
		Connector: New(realClock, realWait, scene),
		Bad: []conntest.Bad{
			{Settings: `{"scene":"mars"}`, Field: "scene"}, {Settings: `{"speed":0}`, Field: "speed"},
			{Settings: `{"speed":"fast"}`, Field: "speed"}, {Settings: `{"abilities":"fly=native"}`, Field: "abilities"},
			{Settings: `{"failures":"*=explode"}`, Field: "failures"}, {Settings: `{"self":" "}`, Field: "self"},
		},
		Start: func(t *testing.T) *conntest.Counterpart {
			world = readyWorld(realClock)
			return counterpart(t, world, settings)
		},
	}
}

func counterpart(t *testing.T, w *World, settings json.RawMessage) *conntest.Counterpart {
	const group, member = "sim-1", "20001"
	must := func(in []connect.Inbound, err error) connect.Inbound {
		t.Helper()
		if err != nil || len(in) != 1 {
			t.Fatalf("did not happen: %v, %v", in, err)
		}
		return in[0]
	}
	visitor := community.Who{ID: "40001", Name: "访客"}
	return &conntest.Counterpart{
		Settings: settings, Self: "10000", Group: group, Member: member,
		Provoke: map[community.Type]func(){
			community.MessageCreated: func() { must(w.Say(group, member, "今天走哪条线")) },
			community.MessageDeleted: func() {
				in := must(w.Say(group, member, "说错了"))
				must(w.TakeBack(group, member, in.Body.Message))
			},
			community.MemberJoined:  func() { must(w.Join(group, visitor, "qr", "poster-3", "")) },
			community.MemberLeft:    func() { must(w.Leave(group, "20002")) },
			community.MemberUpdated: func() { must(w.Rename(group, member, "阿青改名", "")) },
			community.JoinRequested: func() { must(w.Ask(group, community.Who{ID: "40002"}, "求通过")) },
		},
		Message: func() string { return must(w.Say(group, member, "请撤回我")).Body.Message },
		Ask:     func() string { return must(w.Ask(group, community.Who{ID: "40003"}, "求通过")).Body.Message },
		Did:     func() []conntest.Done { return did(w) },
		Demote:  func() { must(w.Rename(group, "10000", "", community.RoleMember)) },
	}
}

// did reads from the world itself what came of the orders.
func did(w *World) []conntest.Done {
	var list []conntest.Done
	for _, s := range w.Sent() {
		list = append(list, conntest.Done{Verb: community.Send, Group: s.Group, Member: s.Mention, Text: s.Text})
	}
	for _, d := range w.Deeds() {
		done := conntest.Done{Verb: d.Verb, Group: d.Group, Member: d.Member, Message: d.Message, Text: d.Text, No: d.Refuse}
		switch d.Verb {
		case community.Mute:
			done.Seconds = (d.Until - d.At) / 1000
		case community.Approve:
			done.Member = ""
		}
		list = append(list, done)
	}
	return list
}

func TestExamination(t *testing.T) { conntest.Exercise(t, rig("")) }

func TestExaminationOfAConnectionThatCanOnlySend(t *testing.T) {
	conntest.Exercise(t, rig("*=none, message.send=native"))
}
