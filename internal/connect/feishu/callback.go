package feishu

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

const (
	maxBody      = 1 << 20 // bytes
	answerWithin = 2500 * time.Millisecond
)

// envelope is what a callback holds: a check of our address or an event, open or sealed.
type envelope struct {
	Sealed    string          `json:"encrypt"`
	Challenge string          `json:"challenge"`
	Token     string          `json:"token"`
	Type      string          `json:"type"`
	Header    header          `json:"header"`
	Event     json.RawMessage `json:"event"`
}

type header struct {
	ID      string `json:"event_id"`
	Type    string `json:"event_type"`
	Created string `json:"create_time"` // ms
	Token   string `json:"token"`
	App     string `json:"app_id"`
}

// ServeConnect takes the platform's calls. It answers 200 only once the event is safely on disk; 503 asks for another try.
func (s *Session) ServeConnect(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", "POST")
		http.Error(w, "POST", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		code := community.CodeBadInput
		if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
			code = community.CodeTooLarge
		}
		s.refuse(w, community.Errorf(code, "a callback that is too large or broke off"))
		return
	}
	e, err := s.open(r.Header, body)
	if err != nil {
		s.refuse(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if e.Type == "url_verification" {
		_ = json.NewEncoder(w).Encode(map[string]string{"challenge": e.Challenge}) // whoever called may be gone
		return
	}
	if err := s.take(r.Context(), e); err != nil {
		s.refuse(w, err)
		return
	}
	_, _ = io.WriteString(w, `{"code":0}`)
}

// statuses of refusals; 503 makes the platform try again.
var statuses = map[community.Code]int{community.CodeBadInput: 400, community.CodeForbidden: 403, community.CodeTooLarge: 413, community.CodeBusy: 503}

func (s *Session) refuse(w http.ResponseWriter, err error) {
	status, ok := statuses[community.CodeOf(err)]
	if !ok {
		status = http.StatusServiceUnavailable
	}
	s.mu.Lock()
	running := s.running
	s.mu.Unlock()
	if running && community.CodeOf(err) != community.CodeBusy && s.tell.Online() {
		s.tell.Tell("online", err)
	}
	http.Error(w, http.StatusText(status), status)
}

// open proves who calls, and unseals. With an Encrypt Key the signature counts (but for the check of our address, which has
// none and is sealed all the same); the Verification Token counts wherever one is set.
func (s *Session) open(h http.Header, body []byte) (envelope, error) {
	var e envelope
	if s.token == "" && s.key == "" {
		return e, community.Errorf(community.CodeForbidden, "neither Verification Token nor Encrypt Key is set")
	}
	if json.Unmarshal(body, &e) != nil {
		return e, community.Errorf(community.CodeBadInput, "a callback that cannot be read")
	}
	if s.key != "" {
		plain, err := Unseal(s.key, e.Sealed)
		if err != nil {
			return e, err
		}
		e = envelope{}
		if json.Unmarshal(plain, &e) != nil {
			return e, community.Errorf(community.CodeBadInput, "a callback that cannot be read once unsealed")
		}
		want := Sign(h.Get("X-Lark-Request-Timestamp"), h.Get("X-Lark-Request-Nonce"), s.key, body)
		if e.Type != "url_verification" && subtle.ConstantTimeCompare([]byte(want), []byte(h.Get("X-Lark-Signature"))) != 1 {
			return e, connect.Trouble(community.CodeForbidden, "回调的签名不对。请核对这里的 Encrypt Key 与开发者后台一致。", "A callback is signed wrongly: compare the Encrypt Key here with the developer console's.")
		}
	}
	if token := e.Token + e.Header.Token; s.token != "" && subtle.ConstantTimeCompare([]byte(token), []byte(s.token)) != 1 {
		return e, connect.Trouble(community.CodeForbidden, "回调的 Verification Token 不对。请核对这里填的与开发者后台一致。", "A callback's Verification Token is wrong: compare the one here with the developer console's.")
	}
	return e, nil
}

// Sign is the signature of a callback's body (document 接收事件, 签名校验): SHA-256, hex, of timestamp, nonce, key and body.
func Sign(stamp, nonce, key string, body []byte) string {
	sum := sha256.Sum256(append([]byte(stamp+nonce+key), body...))
	return hex.EncodeToString(sum[:])
}

// Unseal opens a sealed callback (document 接收事件, 解密): AES-256-CBC with SHA-256 of the key; the first block is the IV.
func Unseal(key, sealed string) ([]byte, error) {
	raw, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil || len(raw) < 2*aes.BlockSize || len(raw)%aes.BlockSize != 0 {
		return nil, community.Errorf(community.CodeBadInput, "a callback that is not sealed as it should be")
	}
	sum := sha256.Sum256([]byte(key))
	block, err := aes.NewCipher(sum[:])
	if err != nil {
		return nil, err
	}
	plain := make([]byte, len(raw)-aes.BlockSize)
	cipher.NewCBCDecrypter(block, raw[:aes.BlockSize]).CryptBlocks(plain, raw[aes.BlockSize:])
	pad := int(plain[len(plain)-1])
	if pad == 0 || pad > aes.BlockSize || pad > len(plain) {
		return nil, community.Errorf(community.CodeForbidden, "a callback that this Encrypt Key does not open")
	}
	return plain[:len(plain)-pad], nil
}

// take reads an event and hands it over; nil once it is safe.
func (s *Session) take(ctx context.Context, e envelope) error {
	if e.Header.App != "" && e.Header.App != s.app {
		return community.Errorf(community.CodeForbidden, "an event of another app")
	}
	in, err := s.parse(e)
	if err != nil {
		return err
	}
	s.mu.Lock()
	running := s.running
	s.mu.Unlock()
	if !running {
		return community.Errorf(community.CodeBusy, "the connection is not running")
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	if len(in) == 0 {
		return nil
	}
	if err := s.host.Receive(ctx, in...); err != nil {
		return community.Errorf(community.CodeBusy, "not taken: %w", err)
	}
	return nil
}
