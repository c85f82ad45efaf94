package bench

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
)

// crowd is who talks where: groups of unequal size, with members who are known.
type crowd struct {
	groups  int
	members int // in each group
}

// zipf picks a group: few are large.
func (c crowd) zipf(s *speaker) *rand.Zipf { return rand.NewZipf(s.chance, 1.2, 8, uint64(c.groups-1)) }

// firstSecond is the platform's time of the first message: 2025-11-23 00:00:01 in Shanghai.
const firstSecond = 1_763_827_201

// frames makes the frames of n group messages as a OneBot implementation sends them (NapCat's shape, captured from a
// group message of three segments), about 900 bytes each. hits in a thousand hold a word of the list. first is the number of
// the first message; everybody speaks in turn when roll is set.
func (c crowd) frames(s *speaker, first, n, hits int, roll bool) [][]byte {
	zipf := c.zipf(s)
	out := make([][]byte, n)
	for i := range out {
		group, member := int(zipf.Uint64()), s.chance.IntN(c.members)
		if roll {
			group, member = i%c.groups, i/c.groups%c.members
		}
		out[i] = frame(s, first+i, group, member, hits > 0 && s.chance.IntN(1000) < hits)
	}
	return out
}

// segment is a part of a OneBot message.
type segment struct {
	Type string            `json:"type"`
	Data map[string]string `json:"data"`
}

func frame(s *speaker, nth, group, member int, banned bool) []byte {
	user := strconv.Itoa(1_200_000_000 + group*1000 + member)
	id := 1_204_000_000 + nth
	text := s.line(banned)
	list := []segment{{"text", map[string]string{"text": text}}}
	raw := text
	switch r := s.chance.IntN(10); {
	case r < 6:
		list = append([]segment{{"reply", map[string]string{"id": strconv.Itoa(id - 7)}}, {"at", map[string]string{"qq": user, "name": "群助手"}}}, list...)
		raw = "[CQ:reply,id=" + strconv.Itoa(id-7) + "][CQ:at,qq=" + user + ",name=群助手]" + raw
	case r < 8:
		list = append([]segment{{"at", map[string]string{"qq": user, "name": "小满"}}}, list...)
		raw = "[CQ:at,qq=" + user + ",name=小满]" + raw
	}
	message, _ := json.Marshal(list) // texts only: always encodes
	quoted, _ := json.Marshal(raw)
	return fmt.Appendf(nil, `{"self_id":3081234567,"user_id":%s,"time":%d,"message_id":%d,"message_seq":%d,"real_id":%d,"real_seq":"%d",`+
		`"message_type":"group","sender":{"user_id":%s,"nickname":"山里来的风%d","card":"徒步-阿青-%d","role":"member","title":"","level":"12"},`+
		`"raw_message":%s,"font":14,"sub_type":"normal","message":%s,"message_format":"array","post_type":"message","group_id":%d,"group_name":"周末徒步%d群"}`,
		user, firstSecond+nth/4, id, id, id, nth, user, member, member, quoted, message, 700_000_000+group, group)
}
