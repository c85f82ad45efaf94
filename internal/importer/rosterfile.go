package importer

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"qunluo/internal/community"
)

// Lists of members (formats.md §16): who was in a group at one instant. The instant is the operator's word, else when the
// file was last written, which the report says.

// RosterColumns name the columns of a table of members; "" = found by their usual names.
type RosterColumns struct{ ID, Name, Card, Role string }

// RosterRow is a member read out of a pasted list or a table, for a preview.
type RosterRow struct {
	Line int
	Who  community.Who
	Sure int      // 0..100
	Why  []string // same_name: another member has the same name; no_id: known by name alone; empty
}

// rosterNames are the usual names of columns, compared in lower case.
var rosterNames = map[string][]string{
	"id":   {"wxid", "微信号", "微信id", "username", "userid", "user_id", "qq", "qq号", "uin", "uid", "id", "编号", "账号", "sender", "platformid"},
	"name": {"昵称", "微信昵称", "qq昵称", "nickname", "nick", "name", "姓名", "名称", "成员", "accountname"},
	"card": {"群昵称", "群名片", "名片", "card", "displayname", "display_name", "groupnickname", "备注"},
	"role": {"角色", "身份", "role", "职务"},
}

// rosterRoles are roles as tables write them.
var rosterRoles = map[string]community.Role{"群主": community.RoleOwner, "owner": community.RoleOwner, "管理员": community.RoleAdmin, "管理": community.RoleAdmin,
	"admin": community.RoleAdmin, "administrator": community.RoleAdmin, "成员": community.RoleMember, "member": community.RoleMember, "群成员": community.RoleMember}

// Roster reads a list of members: a table with names of columns, separated by comma or tab, or one name a line.
func Roster(text string, cols RosterColumns) []RosterRow {
	text = clip(strings.TrimPrefix(text, string(bom)), maxPaste)
	rows := rosterTable(text, cols)
	if rows == nil {
		rows = rosterLines(text)
	}
	count := map[string]int{}
	for i := range rows {
		count[rows[i].Who.Shown()]++
	}
	for i := range rows {
		r := &rows[i]
		switch {
		case r.Who.Certainty != community.NameOnly:
			r.Sure = 95
		case count[r.Who.Shown()] > 1:
			r.Sure, r.Why = 30, append(r.Why, "same_name")
		default:
			r.Sure, r.Why = 70, append(r.Why, "no_id")
		}
	}
	return rows
}

func rosterLines(text string) []RosterRow {
	var facts Facts
	var rows []RosterRow
	for i, line := range strings.Split(text, "\n") {
		if name := tidyName(strings.TrimSpace(line), &facts); name != "" {
			rows = append(rows, RosterRow{Line: i + 1, Who: nameOnly(name)})
		}
	}
	return rows
}

// separator is what stands between the columns of a first line.
func separator(line string) byte {
	if strings.Count(line, "\t") > strings.Count(line, ",") {
		return '\t'
	}
	return ','
}

// rosterTable reads a table; nil when the first line names no column of people.
func rosterTable(text string, want RosterColumns) []RosterRow {
	first, _, _ := strings.Cut(text, "\n")
	c := newCells(strings.NewReader(text), separator(first))
	head, _, err := c.read()
	if err != nil {
		return nil
	}
	at := rosterColumns(head, want)
	if at["id"] < 0 && at["name"] < 0 && at["card"] < 0 {
		return nil
	}
	rows := []RosterRow{}
	for {
		row, _, err := c.read()
		var bad labError
		switch {
		case errors.Is(err, io.EOF):
			return rows
		case errors.As(err, &bad):
			continue
		case err != nil:
			return rows
		}
		if who := rosterWho(row, at); who.Shown() != "" {
			rows = append(rows, RosterRow{Line: int(c.line), Who: who})
		}
	}
}

// rosterColumns finds the columns; -1 = there is none.
func rosterColumns(head [][]byte, want RosterColumns) map[string]int {
	at := map[string]int{}
	for what, named := range map[string]string{"id": want.ID, "name": want.Name, "card": want.Card, "role": want.Role} {
		usual := rosterNames[what]
		if named != "" {
			usual = []string{strings.ToLower(named)}
		}
		at[what] = slices.IndexFunc(head, func(cell []byte) bool {
			return slices.Contains(usual, strings.ToLower(strings.TrimSpace(string(cell))))
		})
	}
	return at
}

func rosterWho(row [][]byte, at map[string]int) community.Who {
	var facts Facts
	cell := func(what string) string {
		if i := at[what]; i >= 0 && i < len(row) {
			return tidyName(strings.TrimSpace(string(row[i])), &facts)
		}
		return ""
	}
	who := community.Who{ID: cell("id"), Name: cell("name"), Card: cell("card"), Role: rosterRoles[strings.ToLower(cell("role"))]}
	if spoiled.MatchString(who.ID) {
		who.ID = ""
	}
	if who.ID == "" && who.Shown() != "" {
		name := who.Name
		if name == "" {
			name = who.Card
		}
		who.ID, who.Name, who.Certainty = name, name, community.NameOnly
	}
	return who
}

// chatColumns are columns of messages.
var chatColumns = []string{"content", "text", "message", "msg", "strcontent", "time", "timestamp", "createtime", "内容", "消息", "时间", "正文"}

// rosterTableFormat reads a table of members.
func rosterTableFormat() Format {
	return Format{
		Name:     "roster-csv",
		Title:    [2]string{"成员名单表格（CSV）", "table of members (CSV)"},
		Platform: "wechat",
		Sniff: func(head []byte, _ string) int {
			line, _, _ := bytes.Cut(trimBOM(head), []byte{'\n'})
			row, _, err := newCells(bytes.NewReader(line), separator(string(line))).read()
			if err != nil || len(row) < 2 || len(row) > 20 {
				return 0
			}
			for _, cell := range row { // a table of messages is no list of members
				if slices.Contains(chatColumns, strings.ToLower(strings.TrimSpace(string(cell)))) {
					return 0
				}
			}
			at, known := rosterColumns(row, RosterColumns{}), 0
			for _, i := range at {
				if i >= 0 {
					known++
				}
			}
			if known >= 2 && known*2 >= len(row) {
				return 50
			}
			return 0
		},
		Read: readRosterText,
	}
}

// rosterNamesFormat reads one name a line. It is never found by looking: any text would do.
func rosterNamesFormat() Format {
	return Format{
		Name:     "roster-names",
		Title:    [2]string{"成员名单（一行一个名字）", "list of members (a name a line)"},
		Platform: "wechat",
		Sniff:    func([]byte, string) int { return 0 },
		Read:     readRosterText,
	}
}

func readRosterText(u *Unit, opt Options, facts *Facts, yield Yield) error {
	facts.OwnTotal, facts.Platform = -1, "wechat"
	f := u.Files[0]
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	text, err := io.ReadAll(io.LimitReader(decoded(in), maxPaste+1))
	if err != nil {
		return err
	}
	if len(text) > maxPaste {
		facts.fix("cut")
	}
	s := string(bytes.ToValidUTF8(text, []byte("\uFFFD")))
	rows := rosterLines(strings.TrimPrefix(s, string(bom)))
	if u.Format.Name != "roster-names" {
		if rows = Roster(s, RosterColumns{}); len(rows) == 0 {
			return &Fault{Code: faultColumns, What: "昵称 / nickname, wxid"}
		}
	}
	list := rosterList{group: facts.ref(opt, "", bareName(f.Path)), facts: facts, yield: yield}
	for _, r := range rows {
		if err := list.add(int64(r.Line), r.Who); err != nil {
			return err
		}
	}
	return list.done(f, opt)
}

// rosterList gathers the members of one list. Every member is a row; the list itself is the row that makes the event.
type rosterList struct {
	group community.Ref
	facts *Facts
	yield Yield
	who   []community.Who
	seen  map[string]bool
}

// maxRosterFile bounds the members of a list that is imported.
const maxRosterFile = 20_000

func (l *rosterList) add(place int64, who community.Who) error {
	row := Row{Place: place, Kind: "member", Skip: "listed"}
	switch {
	case l.seen[who.ID]:
		row.Skip = "same_member"
	case len(l.who) >= maxRosterFile:
		row.Skip = "too_many_members"
	default:
		if l.seen == nil {
			l.seen = map[string]bool{}
		}
		l.seen[who.ID] = true
		l.who = append(l.who, who)
	}
	return l.yield(&row)
}

// done makes the event. Two lists that say the same at the same time are one.
func (l *rosterList) done(f File, opt Options) error {
	row := Row{Kind: "roster"}
	at := opt.At
	if at == 0 {
		at = f.Changed / 1000 * 1000
		l.facts.fix("time_of_file")
	}
	switch {
	case len(l.who) == 0:
		row.Skip = "empty"
	case !opt.plausible(at):
		row.Bad, row.Raw = badTime, []byte(f.Shown())
	default:
		data := mustJSON(l.who)
		row.Events = []community.Inbound{{Type: community.RosterRead, OccurredAt: at, Group: l.group, Key: newKeyer(l.facts.chat).hashed(at, "", string(data)),
			Body: community.Body{Data: data, Source: "roster"}}}
	}
	return l.yield(&row)
}

// RosterChange is what a list of members changes against the one before it, for a look before it is taken in.
type RosterChange struct {
	At       int64    `json:"at"`     // UTC ms
	Before   int64    `json:"before"` // time of the list before; 0 = this is the first
	Members  int      `json:"members"`
	Joined   int      `json:"joined"`
	Gone     int      `json:"gone"`
	Doubtful int      `json:"doubtful"` // on both, but by name alone on one of them
	Samples  []string `json:"samples,omitempty"`
	// Renamed are on both lists under another name; Maybe are of those who joined and are gone, and most likely the same.
	Renamed []Renaming `json:"renamed,omitempty"`
	Maybe   []Renaming `json:"maybe_renamed,omitempty"`
}

// compareRosters tells two lists apart: by id, then by name where one of them knows the name alone. most bounds the names.
func compareRosters(before, after []community.Who, most int) RosterChange {
	c := RosterChange{Members: len(after)}
	if len(before) > 0 {
		c.renamed(before, after, most)
	}
	was, names := map[string]bool{}, map[string]int{}
	for i := range before {
		was[before[i].ID] = true
		names[before[i].Shown()]++
	}
	met := map[string]bool{} // names of the list before that a doubtful member took
	here := map[string]bool{}
	for i := range after {
		w := &after[i]
		here[w.ID] = true
		switch {
		case was[w.ID]:
		case names[w.Shown()] > 0:
			c.Doubtful++
			met[w.Shown()] = true
			c.sample("? "+w.Shown(), most)
		default:
			c.Joined++
			c.sample("+ "+w.Shown(), most)
		}
	}
	for i := range before {
		if w := &before[i]; !here[w.ID] && !met[w.Shown()] {
			c.Gone++
			c.sample("- "+w.Shown(), most)
		}
	}
	return c
}

func (c *RosterChange) sample(s string, most int) {
	if len(c.Samples) < most {
		c.Samples = append(c.Samples, clip(s, 100))
	}
}

// chatlogRooms reads the answers of chatlog about chat rooms (formats.md §8): lists of members, one a room.
func chatlogRooms() Format {
	return Format{
		Name:     "chatlog-chatroom",
		Title:    [2]string{"chatlog 群成员（微信）", "chatlog chat rooms (WeChat)"},
		Platform: "wechat",
		Sniff: func(head []byte, _ string) int {
			top, _ := topKeys(head)
			for _, keys := range []map[string]bool{firstKeys(head), top} {
				if keys["users"] && keys["owner"] {
					return 95
				}
			}
			return 0
		},
		Chats: chatlogRoomChats,
		Read:  readChatlogRooms,
	}
}

// chatlogRoom is a chat room. displayName may be empty: then the account's name, which stands nowhere here, is shown.
type chatlogRoom struct {
	Name  string `json:"name"`
	Owner string `json:"owner"`
	Users []struct {
		ID   string `json:"userName"`
		Card string `json:"displayName"`
	} `json:"users"`
	Remark string `json:"remark"`
	Nick   string `json:"nickName"`
}

// maxRoom bounds one room's object, in bytes.
const maxRoom = 4 << 20

// chatlogRoomEach calls take for every room: an array of them, or one.
func chatlogRoomEach(f File, take func(i int64, room *chatlogRoom, raw []byte, why string) error) error {
	w, closeFile, err := f.walk()
	if err != nil {
		return err
	}
	defer closeFile()
	one := func(i int64) error {
		raw, whole, err := w.capture(maxRoom)
		if err != nil {
			return err
		}
		var room chatlogRoom
		switch {
		case !whole:
			return take(i, nil, raw, badLong)
		case json.Unmarshal(raw, &room) != nil || room.Name == "":
			return take(i, nil, raw, badJSON)
		}
		return take(i, &room, raw, "")
	}
	if c, err := w.peek(); err != nil || c != '[' {
		if err != nil {
			return err
		}
		return one(1)
	}
	return w.array(one)
}

func chatlogRoomChats(f File) ([]Chat, error) {
	var facts Facts
	var list chatList
	err := chatlogRoomEach(f, func(_ int64, room *chatlogRoom, _ []byte, _ string) error {
		if room != nil {
			c := Chat{ID: tidyName(room.Name, &facts), Name: tidyName(room.Nick, &facts)}
			if c.Name == "" {
				c.Name = tidyName(room.Remark, &facts)
			}
			list.add(room.Name, c)
		}
		return nil
	})
	if errors.Is(err, errCut) {
		err = nil // the reading will say so
	}
	return list.done(f), err
}

func readChatlogRooms(u *Unit, opt Options, facts *Facts, yield Yield) error {
	facts.OwnTotal, facts.Platform, facts.Exporter = -1, "wechat", "chatlog"
	f, chat := u.Files[0], u.Chat
	if chat.ID == "" {
		chats, err := chatlogRoomChats(f)
		if err != nil {
			return err
		}
		chat = chats[0]
	}
	group := facts.ref(opt, chat.ID, chat.Name)
	return chatlogRoomEach(f, func(i int64, room *chatlogRoom, raw []byte, why string) error {
		switch {
		case room == nil && chat.Index <= 1:
			return yield(&Row{Place: i, Kind: "object", Bad: why, Raw: raw})
		case room == nil, chat.Index > 0 && room.Name != chat.key:
			return nil // another room
		}
		list := rosterList{group: group, facts: facts, yield: yield}
		for n, user := range room.Users {
			who := community.Who{ID: tidyName(strings.TrimSpace(user.ID), facts), Card: tidyName(user.Card, facts)}
			if who.ID == "" {
				continue
			}
			if user.ID == room.Owner {
				who.Role = community.RoleOwner
			}
			if err := list.add(int64(n+1), who); err != nil {
				return err
			}
		}
		return list.done(f, opt)
	})
}
