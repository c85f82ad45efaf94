package telegram

import "encoding/json"

// The parts of an update that we read; anything else in it is passed over.

type update struct {
	ID             *int64          `json:"update_id"`
	Message        json.RawMessage `json:"message"`
	EditedMessage  json.RawMessage `json:"edited_message"`
	ChatMember     *memberChange   `json:"chat_member"`
	MyChatMember   *memberChange   `json:"my_chat_member"`
	JoinRequest    *joinRequest    `json:"chat_join_request"`
	MessageReacted *reacted        `json:"message_reaction"`
}

type chat struct {
	ID    int64  `json:"id"`
	Type  string `json:"type"`
	Title string `json:"title"`
}

type user struct {
	ID        int64  `json:"id"`
	IsBot     bool   `json:"is_bot"`
	FirstName string `json:"first_name"`
	LastName  string `json:"last_name"`
	Username  string `json:"username"`
}

type message struct {
	ID             int64     `json:"message_id"`
	From           *user     `json:"from"`
	SenderChat     *chat     `json:"sender_chat"`
	Chat           chat      `json:"chat"`
	Date           int64     `json:"date"`
	EditDate       int64     `json:"edit_date"`
	ReplyTo        *message  `json:"reply_to_message"`
	ForwardOrigin  *struct{} `json:"forward_origin"`
	AutoForward    bool      `json:"is_automatic_forward"`
	Topic          bool      `json:"is_topic_message"`
	TopicCreated   *struct{} `json:"forum_topic_created"`
	Text           string    `json:"text"`
	Entities       []entity  `json:"entities"`
	Caption        string    `json:"caption"`
	CaptionEntries []entity  `json:"caption_entities"`

	Photo     []file    `json:"photo"`
	Sticker   *file     `json:"sticker"`
	Animation *file     `json:"animation"`
	Voice     *file     `json:"voice"`
	Audio     *file     `json:"audio"`
	Video     *file     `json:"video"`
	VideoNote *file     `json:"video_note"`
	Document  *file     `json:"document"`
	Contact   *contact  `json:"contact"`
	Location  *struct{} `json:"location"`
	Venue     *venue    `json:"venue"`
	Poll      *poll     `json:"poll"`
	Dice      *dice     `json:"dice"`

	Joined      []user `json:"new_chat_members"`
	Left        *user  `json:"left_chat_member"`
	Title       string `json:"new_chat_title"`
	MigrateTo   int64  `json:"migrate_to_chat_id"`
	MigrateFrom int64  `json:"migrate_from_chat_id"`
}

type entity struct {
	Type   string `json:"type"`
	Offset int    `json:"offset"` // UTF-16 units
	Length int    `json:"length"`
	URL    string `json:"url"`
	User   *user  `json:"user"`
}

type file struct {
	ID    string `json:"file_id"`
	Size  int64  `json:"file_size"`
	Name  string `json:"file_name"`
	Title string `json:"title"`
	Emoji string `json:"emoji"`
	Width int    `json:"width"`
}

type contact struct {
	FirstName string `json:"first_name"`
	UserID    int64  `json:"user_id"`
}

type venue struct {
	Title string `json:"title"`
}

type poll struct {
	Question string `json:"question"`
}

type dice struct {
	Emoji string `json:"emoji"`
	Value int    `json:"value"`
}

type memberChange struct {
	Chat       chat        `json:"chat"`
	From       user        `json:"from"`
	Date       int64       `json:"date"`
	Old        member      `json:"old_chat_member"`
	New        member      `json:"new_chat_member"`
	Link       *inviteLink `json:"invite_link"`
	ViaRequest bool        `json:"via_join_request"`
	ViaFolder  bool        `json:"via_chat_folder_invite_link"`
}

// member is a person's standing in a group. Rights are pointers: what a server does not mention is not known to be
// missing.
type member struct {
	Status   string `json:"status"`
	User     user   `json:"user"`
	IsMember bool   `json:"is_member"`
	CanSend  *bool  `json:"can_send_messages"`
	Until    int64  `json:"until_date"`
	rights
}

type rights struct {
	Delete   *bool `json:"can_delete_messages"`
	Restrict *bool `json:"can_restrict_members"`
	Invite   *bool `json:"can_invite_users"`
	Pin      *bool `json:"can_pin_messages"`
	Info     *bool `json:"can_change_info"`
}

// present reports whether the person is in the group.
func (m member) present() bool {
	switch m.Status {
	case "creator", "administrator", "member":
		return true
	case "restricted":
		return m.IsMember
	}
	return false
}

func (m member) muted() bool { return m.Status == "restricted" && m.CanSend != nil && !*m.CanSend }

func (m member) admin() bool { return m.Status == "creator" || m.Status == "administrator" }

type inviteLink struct {
	URL  string `json:"invite_link"`
	Name string `json:"name"`
}

type joinRequest struct {
	Chat chat        `json:"chat"`
	From user        `json:"from"`
	Date int64       `json:"date"`
	Bio  string      `json:"bio"`
	Link *inviteLink `json:"invite_link"`
}

type reacted struct {
	Chat      chat       `json:"chat"`
	MessageID int64      `json:"message_id"`
	User      *user      `json:"user"`
	Actor     *chat      `json:"actor_chat"`
	Date      int64      `json:"date"`
	Old       []reaction `json:"old_reaction"`
	New       []reaction `json:"new_reaction"`
}

type reaction struct {
	Type   string `json:"type"`
	Emoji  string `json:"emoji"`
	Custom string `json:"custom_emoji_id"`
}

// sign is how a reaction is written: the emoji itself, or what stands for one that has none.
func (r reaction) sign() string {
	switch {
	case r.Emoji != "":
		return r.Emoji
	case r.Custom != "":
		return "custom:" + r.Custom
	}
	return r.Type
}
