package app

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"qunluo/internal/community"
)

// passConfirm is the purpose of the links by which members agree to the rules. Such a link is made of its end, the group, the
// member and an HMAC over them and the purpose: it can be made again at any time, and nothing of it is kept.
const passConfirm = "confirm"

// confirmLives is how long such a link can be used.
const confirmLives = 90 * 24 * time.Hour

// confirmLink is where a member agrees to the rules of a group.
func (a *App) confirmLink(ctx context.Context, g community.GroupKey, m community.MemberKey) (string, error) {
	key, err := a.capabilityKey(ctx)
	if err != nil {
		return "", err
	}
	payload := binary.BigEndian.AppendUint32(nil, uint32(a.clock().Add(confirmLives).Unix()))
	payload = binary.AppendUvarint(binary.AppendUvarint(payload, uint64(g)), uint64(m))
	return strings.TrimSuffix(a.cfg.Server.PublicURL, "/") + "/y/" + base64.RawURLEncoding.EncodeToString(append(payload, macOf(key, passConfirm, payload)...)), nil
}

// confirmOf reads a link: CodeNotFound when it was not made here, or is over.
func (a *App) confirmOf(ctx context.Context, link string) (g community.GroupKey, m community.MemberKey, err error) {
	none := community.Errorf(community.CodeNotFound, "no such link")
	raw, err := base64.RawURLEncoding.DecodeString(link)
	if err != nil || len(raw) < expirySize+2+macSize || len(raw) > expirySize+2*binary.MaxVarintLen64+macSize {
		return 0, 0, none
	}
	key, err := a.capabilityKey(ctx)
	if err != nil {
		return 0, 0, err
	}
	payload, mac := raw[:len(raw)-macSize], raw[len(raw)-macSize:]
	if !hmac.Equal(mac, macOf(key, passConfirm, payload)) || int64(binary.BigEndian.Uint32(payload)) <= a.clock().Unix() {
		return 0, 0, none
	}
	group, n := binary.Uvarint(payload[expirySize:])
	member, _ := binary.Uvarint(payload[expirySize+n:])
	return community.GroupKey(group), community.MemberKey(member), nil
}

// agree lets a member's agreement to a version of the rules come onto the belt.
func (a *App) agree(ctx context.Context, g community.GroupKey, m community.MemberKey, c community.Confirmation, key string, audit *community.Audit) error {
	data, err := json.Marshal(c)
	if err != nil {
		return err
	}
	_, err = a.engine.Apply(ctx, community.Inbound{Type: community.MemberConfirmed, GroupKey: g, SubjectKey: m, Key: key, Body: community.Body{Data: data}, Audit: audit})
	return err
}

// agreedOnce is the key of an agreement that is given once, however often the button is pressed.
func agreedOnce(g community.GroupKey, m community.MemberKey, version int) string {
	return fmt.Sprintf("confirm:%d:%d:%d", g, m, version)
}

// maxConfirmNote bounds how a person of ours says that somebody agreed, in characters.
const maxConfirmNote = 500

// Confirmations lists who agreed to the rules, or who of a group has not.
func (c charters) Confirmations(ctx context.Context, f community.ConfirmationFilter) ([]community.ConfirmationRow, int, error) {
	return c.desk().FindConfirmations(ctx, f)
}

// Sums counts who of a group agreed to any version, and to the one in force.
func (c charters) Sums(ctx context.Context, g community.GroupKey, version int) (community.ConfirmationSums, error) {
	return c.desk().ConfirmationSums(ctx, g, version)
}

// Confirm notes that a member told a person of ours that they agree to the rules in force; note says how. CodeConflict: they
// agreed to these rules before, or none are in force.
func (c charters) Confirm(ctx context.Context, user string, g community.GroupKey, member community.ID, note string) (int, error) {
	group, err := c.mine(ctx, g)
	if err != nil {
		return 0, err
	}
	m, err := c.desk().MemberByID(ctx, member)
	if err != nil {
		return 0, err
	}
	note = strings.TrimSpace(note)
	switch {
	case note == "":
		return 0, community.Errorf(community.CodeBadInput, "note: say how they told you")
	case utf8.RuneCountInString(note) > maxConfirmNote:
		return 0, community.Errorf(community.CodeTooLarge, "note: at most %d characters", maxConfirmNote)
	case group.Book == 0:
		return 0, community.Errorf(community.CodeConflict, "the group has no rules in force")
	}
	had, _, err := c.app.store.ConfirmedVersion(ctx, g, m.Key)
	if err != nil {
		return 0, err
	}
	if had >= group.Book {
		return 0, community.Errorf(community.CodeConflict, "they agreed to version %d before", had)
	}
	audit := c.audit(user, "charter.confirm", "member:"+member.String(), note)
	audit.After, _ = json.Marshal(map[string]any{"group": group.ID, "version": group.Book}) // plain values
	return group.Book, c.app.agree(ctx, g, m.Key, community.Confirmation{Version: group.Book, Way: community.ConfirmedByHand, User: user, Note: note}, agreedOnce(g, m.Key, group.Book), &audit)
}

// ConfirmLink is the address at which one member agrees to the rules of a group. CodeUnsupported: nobody outside reaches this
// server, or the page is shut.
func (c charters) ConfirmLink(ctx context.Context, g community.GroupKey, member community.ID) (string, error) {
	_, at, err := c.Page(ctx, g)
	if err != nil {
		return "", err
	}
	if at == "" {
		return "", community.Errorf(community.CodeUnsupported, "the rules of the group have no page that people outside reach")
	}
	m, err := c.desk().MemberByID(ctx, member)
	if err != nil {
		return "", err
	}
	return c.app.confirmLink(ctx, g, m.Key)
}
