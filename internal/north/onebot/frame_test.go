package onebot

import (
	"testing"

	"qunluo/internal/community"
	"qunluo/internal/north"
)

func TestFramesAreWhatTheProtocolSays(t *testing.T) {
	who, by := north.Person{ID: 3, Name: "老周", Card: "周哥", Role: community.RoleAdmin}, north.Person{ID: 4, Name: "群主"}
	self := north.Person{ID: 9}
	for _, c := range []struct {
		h    north.Happening
		want string
	}{
		{north.Happening{Number: 5, Type: community.MessageCreated, At: 1_700_000_000_123, Group: 7, Actor: who, Text: "@助手 看 <b>", Quote: 2,
			Segments: []community.Segment{{Kind: "at", Ref: "9", Text: "@助手"}, {Kind: "text", Text: " 看 <b>"}}},
			`{"time":1700000000,"self_id":9,"post_type":"message","message_type":"group","sub_type":"normal","message_id":5,"group_id":7,"user_id":3,"anonymous":null,"message":[{"type":"reply","data":{"id":"2"}},{"type":"at","data":{"name":"助手","qq":"9"}},{"type":"text","data":{"text":" 看 <b>"}}],"raw_message":"@助手 看 <b>","font":0,"sender":{"user_id":3,"nickname":"老周","card":"周哥","role":"admin"}}`},
		{north.Happening{Type: community.MessageDeleted, At: 1000, Group: 7, Actor: by, Subject: who, Message: 5},
			`{"time":1,"self_id":9,"post_type":"notice","notice_type":"group_recall","group_id":7,"user_id":3,"operator_id":4,"message_id":5}`},
		{north.Happening{Type: community.MessageDeleted, Group: 7, Actor: by}, ``},
		{north.Happening{Type: community.MemberJoined, At: 1000, Group: 7, Actor: who, By: by, Scene: "invite"},
			`{"time":1,"self_id":9,"post_type":"notice","notice_type":"group_increase","sub_type":"invite","group_id":7,"user_id":3,"operator_id":4}`},
		{north.Happening{Type: community.MemberLeft, At: 1000, Group: 7, Actor: who, Subject: who, By: by, Reason: "kicked"},
			`{"time":1,"self_id":9,"post_type":"notice","notice_type":"group_decrease","sub_type":"kick","group_id":7,"user_id":3,"operator_id":4}`},
		{north.Happening{Type: community.MemberLeft, At: 1000, Group: 7, Actor: self, By: by, Reason: "kicked"},
			`{"time":1,"self_id":9,"post_type":"notice","notice_type":"group_decrease","sub_type":"kick_me","group_id":7,"user_id":9,"operator_id":4}`},
		{north.Happening{Type: community.MemberLeft, At: 1000, Group: 7, Actor: who, Reason: "left"},
			`{"time":1,"self_id":9,"post_type":"notice","notice_type":"group_decrease","sub_type":"leave","group_id":7,"user_id":3,"operator_id":3}`},
		{north.Happening{Type: community.MemberMuted, At: 1000, Group: 7, Actor: who, By: by, Seconds: 60},
			`{"time":1,"self_id":9,"post_type":"notice","notice_type":"group_ban","sub_type":"ban","group_id":7,"user_id":3,"operator_id":4,"duration":60}`},
		{north.Happening{Type: community.MemberMuted, At: 1000, Group: 7, Actor: who},
			`{"time":1,"self_id":9,"post_type":"notice","notice_type":"group_ban","sub_type":"lift_ban","group_id":7,"user_id":3,"operator_id":3,"duration":0}`},
		{north.Happening{Type: community.MemberUpdated, At: 1000, Group: 7, Actor: who, Card: [2]string{"旧", ""}},
			`{"time":1,"self_id":9,"post_type":"notice","notice_type":"group_card","group_id":7,"user_id":3,"operator_id":3,"card_new":"","card_old":"旧"}`},
		{north.Happening{Type: community.MemberUpdated, Group: 7, Actor: who}, ``},
		{north.Happening{Number: 8, Type: community.JoinRequested, At: 1000, Group: 7, Actor: who, Text: "朋友介绍"},
			`{"time":1,"self_id":9,"post_type":"request","request_type":"group","sub_type":"add","group_id":7,"user_id":3,"comment":"朋友介绍","flag":"8"}`},
		{north.Happening{Type: community.TimerFired, Group: 7}, ``},
	} {
		got, err := Frame(c.h, 9)
		if err != nil || string(got) != c.want {
			t.Errorf("%s\n got %s\nwant %s (%v)", c.h.Type, got, c.want, err)
		}
	}
}
