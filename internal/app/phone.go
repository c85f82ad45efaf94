package app

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/console"
	"qunluo/internal/store"
)

// A way in for a phone is a capability: who holds the text may use it, for one purpose, until it expires. The text carries
// its expiry and an HMAC over purpose, expiry and chance, so that a made-up one is refused without a look into the store;
// the store keeps only its hash, and spends a link once.

// Purposes of ways in.
const (
	passLink   = "phone-link"
	passDevice = "phone-device"
)

// How long ways in live.
const (
	linkLives   = 2 * time.Hour
	deviceLives = 30 * 24 * time.Hour
)

// Sizes of a capability's parts, in bytes.
const (
	expirySize = 4
	chanceSize = 12
	macSize    = 16
)

const keySetting = "capability_key"

// capabilityKey reads the key of capabilities, made at the first use.
func (a *App) capabilityKey(ctx context.Context) ([]byte, error) {
	a.teller.mu.Lock()
	defer a.teller.mu.Unlock()
	if len(a.teller.key) > 0 {
		return a.teller.key, nil
	}
	found, err := a.store.Setting(ctx, 0, keySetting, &a.teller.key)
	if err != nil || found {
		return a.teller.key, err
	}
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	if err := a.store.PutSetting(ctx, 0, keySetting, key, community.Audit{User: "system", Verb: "key.make"}); err != nil {
		return nil, err
	}
	a.teller.key = key
	return key, nil
}

func macOf(key []byte, purpose string, payload []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(purpose))
	h.Write([]byte{0})
	h.Write(payload)
	return h.Sum(nil)[:macSize]
}

// mint makes a capability for a purpose.
func (a *App) mint(ctx context.Context, purpose string, lives time.Duration) (text string, p store.Pass, err error) {
	key, err := a.capabilityKey(ctx)
	if err != nil {
		return "", p, err
	}
	until := a.clock().Add(lives)
	payload := binary.BigEndian.AppendUint32(nil, uint32(until.Unix()))
	chance := make([]byte, chanceSize)
	if _, err := rand.Read(chance); err != nil {
		return "", p, err
	}
	payload = append(payload, chance...)
	text = base64.RawURLEncoding.EncodeToString(append(payload, macOf(key, purpose, payload)...))
	return text, store.Pass{Hash: console.HashToken(text), Purpose: purpose, Expires: until.UnixMilli()}, nil
}

// genuine says whether a capability was made here for a purpose and has not expired: community.CodeForbidden if not.
func (a *App) genuine(ctx context.Context, purpose, text string) error {
	refused := community.Errorf(community.CodeForbidden, "the link is spent, over or wrong")
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) != expirySize+chanceSize+macSize {
		return refused
	}
	key, err := a.capabilityKey(ctx)
	if err != nil {
		return err
	}
	payload, mac := raw[:expirySize+chanceSize], raw[expirySize+chanceSize:]
	if !hmac.Equal(mac, macOf(key, purpose, payload)) || int64(binary.BigEndian.Uint32(payload)) <= a.clock().Unix() {
		return refused
	}
	return nil
}

// phoneLink makes a link that lets a person in on a phone, once.
func (a *App) phoneLink(ctx context.Context, u community.User) (string, error) {
	text, p, err := a.mint(ctx, passLink, linkLives)
	if err != nil {
		return "", err
	}
	p.User = u.ID.String()
	return a.base() + "/m/in/" + text, a.store.AddPass(ctx, p)
}

// phones lets people in on their phones.
type phones struct{ app *App }

// Link makes a link that lets a person in once.
func (p phones) Link(ctx context.Context, u community.User) (string, error) {
	return p.app.phoneLink(ctx, u)
}

// Look says whether a link would let somebody in, without spending it.
func (p phones) Look(ctx context.Context, link string) error {
	if err := p.app.genuine(ctx, passLink, link); err != nil {
		return err
	}
	_, err := p.app.store.Pass(ctx, console.HashToken(link), passLink)
	return err
}

// Enter spends a link and gives what the device keeps, and for how long. community.CodeForbidden: it lets nobody in.
func (p phones) Enter(ctx context.Context, link string) (device string, lives time.Duration, err error) {
	if err := p.app.genuine(ctx, passLink, link); err != nil {
		return "", 0, err
	}
	device, next, err := p.app.mint(ctx, passDevice, deviceLives)
	if err != nil {
		return "", 0, err
	}
	_, err = p.app.store.SpendPass(ctx, console.HashToken(link), passLink, next)
	return device, deviceLives, err
}

// Who is the person of a device; community.CodeForbidden when there is none or they may no longer sign in.
func (p phones) Who(ctx context.Context, device string) (community.User, error) {
	if err := p.app.genuine(ctx, passDevice, device); err != nil {
		return community.User{}, err
	}
	pass, err := p.app.store.Pass(ctx, console.HashToken(device), passDevice)
	if err != nil {
		return community.User{}, err
	}
	id, err := community.ParseID(pass.User)
	if err != nil {
		return community.User{}, err
	}
	u, err := p.app.store.UserByID(ctx, id)
	if err == nil && !u.Enabled {
		err = community.Errorf(community.CodeForbidden, "the person may no longer sign in")
	}
	return u, err
}

// Leave forgets a device.
func (p phones) Leave(ctx context.Context, device string) error {
	return p.app.store.DropPass(ctx, console.HashToken(device))
}
