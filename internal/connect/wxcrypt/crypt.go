package wxcrypt

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"slices"

	"qunluo/internal/community"
)

const (
	keyLength = 43 // characters of an EncodingAESKey
	padTo     = 32 // messages are padded to a multiple of this, not of AES's 16
	randomLen = 16
	lengthLen = 4
)

// MaxBody bounds a callback's body and a message, in bytes.
const MaxBody = 1 << 20

// Crypt signs, seals and opens the messages of one receiver.
type Crypt struct {
	token    string
	key      [32]byte
	block    cipher.Block
	receiver string
}

// New makes a Crypt. aesKey is the EncodingAESKey of 43 characters ("" where the 公众号 speaks plainly: then only signing
// works). receiver is the corp id for 企业微信 apps, the suite id for third-party apps, the appid for a 公众号.
// CodeBadInput names what is wrong, never the value.
func New(token, aesKey, receiver string) (*Crypt, error) {
	c := &Crypt{token: token, receiver: receiver}
	if token == "" {
		return nil, community.Errorf(community.CodeBadInput, "token is empty")
	}
	if aesKey == "" {
		return c, nil
	}
	if len(aesKey) != keyLength {
		return nil, community.Errorf(community.CodeBadInput, "aes_key has %d characters, want %d", len(aesKey), keyLength)
	}
	// The last character carries two bits too many; vendors' own samples have them set.
	raw, err := base64.StdEncoding.DecodeString(aesKey + "=")
	if err != nil || len(raw) != len(c.key) {
		return nil, community.Errorf(community.CodeBadInput, "aes_key is not base64")
	}
	copy(c.key[:], raw)
	c.block, err = aes.NewCipher(c.key[:])
	return c, err
}

// Sign is the signature over the token and parts: hex SHA-1 of the sorted strings. Safe mode: timestamp, nonce and the
// sealed text; plain mode: timestamp and nonce.
func (c *Crypt) Sign(parts ...string) string {
	sorted := append([]string{c.token}, parts...)
	slices.Sort(sorted)
	h := sha1.New()
	for _, part := range sorted {
		h.Write([]byte(part))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Verify reports in constant time whether a signature is ours.
func (c *Crypt) Verify(signature string, parts ...string) bool {
	return subtle.ConstantTimeCompare([]byte(signature), []byte(c.Sign(parts...))) == 1
}

// Decrypt opens a sealed text. The frame inside is 16 random bytes, the message's length (4 bytes, big-endian), the
// message, the receiver. CodeForbidden: it is meant for somebody else.
func (c *Crypt) Decrypt(sealed string) ([]byte, error) {
	if c.block == nil {
		return nil, community.Errorf(community.CodeBadInput, "sealed message, but no aes_key is set")
	}
	if base64.StdEncoding.DecodedLen(len(sealed)) > MaxBody {
		return nil, community.Errorf(community.CodeTooLarge, "sealed message of %d bytes", len(sealed))
	}
	frame, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		return nil, community.Errorf(community.CodeBadInput, "sealed message is not base64")
	}
	if len(frame) < padTo || len(frame)%aes.BlockSize != 0 {
		return nil, community.Errorf(community.CodeBadInput, "sealed message of %d bytes is no whole number of blocks", len(frame))
	}
	cipher.NewCBCDecrypter(c.block, c.key[:aes.BlockSize]).CryptBlocks(frame, frame)
	if frame, err = unpad(frame); err != nil {
		return nil, err
	}
	return c.unframe(frame)
}

// unpad takes the padding off: PKCS#7 with blocks of 32.
func unpad(frame []byte) ([]byte, error) {
	n := int(frame[len(frame)-1])
	if n < 1 || n > padTo || n > len(frame) {
		return nil, community.Errorf(community.CodeBadInput, "sealed message has a padding of %d", n)
	}
	for _, b := range frame[len(frame)-n:] {
		if int(b) != n {
			return nil, community.Errorf(community.CodeBadInput, "sealed message has a broken padding")
		}
	}
	return frame[:len(frame)-n], nil
}

func (c *Crypt) unframe(frame []byte) ([]byte, error) {
	if len(frame) < randomLen+lengthLen {
		return nil, community.Errorf(community.CodeBadInput, "sealed message is cut off")
	}
	length := binary.BigEndian.Uint32(frame[randomLen:])
	rest := frame[randomLen+lengthLen:]
	if uint64(length) > uint64(len(rest)) {
		return nil, community.Errorf(community.CodeBadInput, "sealed message says %d bytes and has %d", length, len(rest))
	}
	if subtle.ConstantTimeCompare(rest[length:], []byte(c.receiver)) != 1 {
		return nil, community.Errorf(community.CodeForbidden, "sealed message is meant for another receiver")
	}
	return rest[:length:length], nil
}

// Encrypt seals a message; random must not repeat.
func (c *Crypt) Encrypt(random [16]byte, message []byte) (string, error) {
	if c.block == nil {
		return "", community.Errorf(community.CodeBadInput, "no aes_key is set")
	}
	if len(message) > MaxBody {
		return "", community.Errorf(community.CodeTooLarge, "message of %d bytes", len(message))
	}
	frame := make([]byte, 0, randomLen+lengthLen+len(message)+len(c.receiver)+padTo)
	frame = append(frame, random[:]...)
	frame = binary.BigEndian.AppendUint32(frame, uint32(len(message)))
	frame = append(frame, message...)
	frame = append(frame, c.receiver...)
	n := padTo - len(frame)%padTo
	for range n {
		frame = append(frame, byte(n))
	}
	cipher.NewCBCEncrypter(c.block, c.key[:aes.BlockSize]).CryptBlocks(frame, frame)
	return base64.StdEncoding.EncodeToString(frame), nil
}
