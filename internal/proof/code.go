package proof

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
)

// What codes are like: RFC 6238 with SHA-1, which every authenticator reads.
const (
	SecretBytes = 20 // RFC 4226 §4 recommends 160 bits
	StepSeconds = 30
	Digits      = 6
	slack       = 1   // steps before and after that are taken: a clock may be off by one
	seekSteps   = 360 // steps looked at to say how far a clock is off: three hours
)

// Secret is what an authenticator and the house share. It prints as stars.
type Secret []byte

// String hides it.
func (Secret) String() string { return "***" }

// GoString hides it.
func (Secret) GoString() string { return "***" }

// Key is the secret as people type it: base32 without padding.
func (s Secret) Key() string {
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(s)
}

// Address is the secret as a QR code holds it: otpauth://totp/ISSUER:ACCOUNT, the form that authenticators agree on.
func (s Secret) Address(issuer, account string) string {
	issuer, account = strings.ReplaceAll(issuer, ":", " "), strings.ReplaceAll(account, ":", " ")
	q := url.Values{"secret": {s.Key()}, "issuer": {issuer}, "digits": {strconv.Itoa(Digits)}, "period": {strconv.Itoa(StepSeconds)}, "algorithm": {"SHA1"}}
	return "otpauth://totp/" + url.PathEscape(issuer+":"+account) + "?" + strings.ReplaceAll(q.Encode(), "+", "%20")
}

// Step is the number of the step that a time (UTC ms) lies in.
func Step(at int64) int64 { return at / 1000 / StepSeconds }

// Code is the code of a step; "" of a step before 1970.
func (s Secret) Code(step int64) string {
	if step < 0 {
		return ""
	}
	code, err := hotp.GenerateCodeCustom(s.Key(), uint64(step), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
	if err != nil {
		return "" // only a secret that is no base32 is refused
	}
	return code
}

// Match finds the step that a code is of, of those around a time (UTC ms) and after last, the step used before: a code opens once.
// Every step is compared, whatever the first says.
func (s Secret) Match(code string, at, last int64) (step int64, ok bool) {
	code = Plain(code)
	now := Step(at)
	for n := now - slack; n <= now+slack; n++ {
		fits := subtle.ConstantTimeCompare([]byte(s.Code(n)), []byte(code)) == 1
		if fits && len(code) == Digits && n > last && !ok {
			step, ok = n, true
		}
	}
	return step, ok
}

// Off says by how many minutes the clock is off that made a code, where it is off by more than Match takes and by no more than three
// hours. Only somebody who holds the secret asks.
func (s Secret) Off(code string, at int64) (minutes int, ok bool) {
	code = Plain(code)
	now := Step(at)
	for d := int64(slack + 1); d <= seekSteps; d++ {
		for _, n := range []int64{now - d, now + d} {
			if len(code) == Digits && s.Code(n) == code {
				return int((n-now)*StepSeconds) / 60, true
			}
		}
	}
	return 0, false
}

// Plain takes out of a code what people type between its characters; full-width digits become plain ones. At most 64 bytes count.
func Plain(code string) string {
	if len(code) > 64 {
		code = code[:64]
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r == ' ' || r == '-' || r == '\t' || r == '\u3000':
			return -1
		}
		return r
	}, code)
}

// RecoveryCodes is how many codes of the last resort somebody gets.
const RecoveryCodes = 10

// RecoveryBytes is the chance that one of them takes: 80 bits, more than anybody guesses.
const RecoveryBytes = 10

// Recovery writes chance as codes of the last resort: 16 letters and digits, four by four.
func Recovery(chance []byte) []string {
	var out []string
	for ; len(chance) >= RecoveryBytes; chance = chance[RecoveryBytes:] {
		text := base32.StdEncoding.EncodeToString(chance[:RecoveryBytes])
		out = append(out, text[:4]+"-"+text[4:8]+"-"+text[8:12]+"-"+text[12:])
	}
	return out
}

// HashRecovery is what is kept of such a code: SHA-256 in base64url. The code is chance enough to need no salt.
func HashRecovery(code string) string {
	sum := sha256.Sum256([]byte(strings.ToUpper(Plain(code))))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
