package app

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"encoding/binary"
	"time"

	"qunluo/internal/community"
)

// timedLink makes the last part of an address that holds a few numbers and an end: it can be made again at any time, and
// nothing of it is kept.
func (a *App) timedLink(ctx context.Context, purpose string, life time.Duration, numbers ...int64) (string, error) {
	key, err := a.capabilityKey(ctx)
	if err != nil {
		return "", err
	}
	payload := binary.BigEndian.AppendUint32(nil, uint32(a.clock().Add(life).Unix()))
	for _, n := range numbers {
		payload = binary.BigEndian.AppendUint64(payload, uint64(n))
	}
	return base64.RawURLEncoding.EncodeToString(append(payload, macOf(key, purpose, payload)...)), nil
}

// timedOf reads one: CodeNotFound when it was not made here, CodeLate when its time is over.
func (a *App) timedOf(ctx context.Context, link, purpose string, n int) ([]int64, error) {
	none := community.Errorf(community.CodeNotFound, "no such link")
	raw, err := base64.RawURLEncoding.DecodeString(link)
	if err != nil || len(raw) != expirySize+n*keySize+macSize {
		return nil, none
	}
	key, err := a.capabilityKey(ctx)
	if err != nil {
		return nil, err
	}
	payload, mac := raw[:len(raw)-macSize], raw[len(raw)-macSize:]
	if !hmac.Equal(mac, macOf(key, purpose, payload)) {
		return nil, none
	}
	if int64(binary.BigEndian.Uint32(payload)) <= a.clock().Unix() {
		return nil, community.Errorf(community.CodeLate, "the link is over")
	}
	out := make([]int64, n)
	for i := range out {
		out[i] = int64(binary.BigEndian.Uint64(payload[expirySize+i*keySize:]))
	}
	return out, nil
}
