// Package hook is the door for outside systems that only have something to say: a shop, a monitor, a build. They post JSON
// with a token to /hook, and Qunluo says it in a group, makes a task of it or wakes whoever is on duty, within the token's
// scopes and by the same limits, freeze and audit trail as attached bots.
//
// POST /hook with Authorization: Bearer <token>, or POST /hook/<token> where the sender can set no headers:
//
//	{"kind": "message", "group": "产品交流群", "text": "订单 1042 已发货", "image": "https://…"}
//	{"kind": "task", "group": "产品交流群", "text": "给张三补发一张券", "due": 120}
//	{"kind": "alarm", "text": "支付回调连续失败 5 分钟"}
//	{"kind": "reading", "event": 81234, "text": "加微信领红包"}
//
// A reading is what an outside reader of pictures (OCR) read in a message, whose number an attached bot knows as message_id:
// the group's rules judge it as if it stood in the message, once. Its word is no proof: removals wait for a person unless the
// book trusts unofficial gateways.
//
// A signed hook wants X-Qunluo-Timestamp (seconds since 1970) and X-Qunluo-Signature: sha256=<hex of HMAC-SHA256 over
// "<timestamp>.<body>" by the signing key>; a timestamp more than five minutes off is refused, and so is a signature that was
// taken before, also across a restart. Idempotency-Key (or X-Request-Id) makes a call that is made again have its effect once,
// for three days; a signature is good for the one key that it first came with.
package hook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"qunluo/internal/community"
	"qunluo/internal/httpd"
	"qunluo/internal/north"
)

// Bounds of a call.
const (
	MaxBody = 1 << 20       // bytes
	Window  = 5 * 60 * 1000 // ms that a timestamp may be off
	maxKey  = 128           // bytes of an idempotency key
)

// Server takes the posts of outside systems.
type Server struct{ n *north.North }

// New makes a server.
func New(n *north.North) *Server { return &Server{n} }

// answer is what a caller gets.
type answer struct {
	OK       bool               `json:"ok"`
	Repeated bool               `json:"repeated,omitempty"` // this key was answered before; nothing was done again
	Posted   *community.Posted  `json:"posted,omitempty"`
	Code     community.Code     `json:"code,omitempty"`
	Field    string             `json:"field,omitempty"`
	Message  *map[string]string `json:"message,omitempty"`
}

// statuses are the HTTP statuses of codes; anything else is 500.
var statuses = map[community.Code]int{
	community.CodeBadInput: http.StatusBadRequest, community.CodeTooLarge: http.StatusRequestEntityTooLarge, community.CodeNotFound: http.StatusNotFound,
	community.CodeConflict: http.StatusConflict, community.CodeForbidden: http.StatusForbidden, community.CodeUnsupported: http.StatusUnprocessableEntity,
	community.CodeLimited: http.StatusTooManyRequests, community.CodeFrozen: http.StatusLocked, community.CodeBusy: http.StatusServiceUnavailable,
	community.CodeClock: http.StatusForbidden, community.CodeTimeout: http.StatusConflict, community.CodeUnreachable: http.StatusServiceUnavailable,
}

// refusal is an error of the call itself, with a status of its own.
type refusal struct {
	error
	status int
}

func (f *refusal) Unwrap() error { return f.error }

func refuse(status int, code community.Code, zh, en string) error {
	return &refusal{north.Telling(code, "", zh, en), status}
}

// ServeHTTP takes one post.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	out, status, err := s.serve(r)
	if err != nil {
		out, status = s.refused(err)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	switch status {
	case http.StatusTooManyRequests:
		h.Set("Retry-After", "60")
	case http.StatusMethodNotAllowed:
		h.Set("Allow", http.MethodPost)
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", "Bearer")
	}
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(out) // the caller has gone
}

func (s *Server) refused(err error) (answer, int) {
	code := community.CodeOf(err)
	status, ok := statuses[code]
	if !ok {
		status = http.StatusInternalServerError
	}
	var own *refusal
	if errors.As(err, &own) {
		status = own.status
	}
	field, said := s.n.Told(err)
	return answer{Code: code, Field: field, Message: &said}, status
}

func (s *Server) serve(r *http.Request) (answer, int, error) {
	if r.Method != http.MethodPost {
		return answer{}, 0, refuse(http.StatusMethodNotAllowed, community.CodeBadInput, "只接受 POST", "only POST is taken")
	}
	bot, err := s.admit(r)
	if err != nil {
		return answer{}, 0, err
	}
	body, err := read(r)
	if err != nil {
		return answer{}, 0, err
	}
	if err := s.signed(r, bot.Secret, body); err != nil {
		return answer{}, 0, err
	}
	seat, err := s.n.Sit(r.Context(), bot)
	if err != nil {
		return answer{}, 0, err
	}
	defer seat.Leave()
	if err := seat.Call(); err != nil {
		return answer{}, 0, err
	}
	post, err := parse(body)
	if err != nil {
		return answer{}, 0, err
	}
	out, err := s.take(r, seat, post, body)
	if err != nil {
		s.n.Note(bot, "hook", err)
		return answer{}, 0, err
	}
	return out, http.StatusAccepted, nil
}

// admit finds the hook of the token in the header or the path.
func (s *Server) admit(r *http.Request) (community.Bot, error) {
	token := north.Bearer(r.Header.Get("Authorization"))
	if at := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/hook"), "/"); at != "" {
		token = at
	}
	if token == "" {
		return community.Bot{}, refuse(http.StatusUnauthorized, community.CodeForbidden, "没有令牌：用 Authorization: Bearer <令牌>，或 /hook/<令牌>", "no token: Authorization: Bearer <token>, or /hook/<token>")
	}
	return s.n.KnowHook(token, httpd.ClientIP(r.Context()).String())
}

func read(r *http.Request) ([]byte, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if r.Header.Get("Content-Type") != "" && (err != nil || kind != "application/json" && !strings.HasSuffix(kind, "+json")) {
		return nil, refuse(http.StatusUnsupportedMediaType, community.CodeBadInput, "Content-Type 应为 application/json", "Content-Type must be application/json")
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, MaxBody+1))
	switch {
	case err != nil:
		return nil, north.Telling(community.CodeBadInput, "", "内容没有传完", "the body broke off")
	case len(body) > MaxBody:
		return nil, north.Telling(community.CodeTooLarge, "", "内容超过 1 MiB", "the body has more than 1 MiB")
	}
	return body, nil
}

// signature is the header of a signed call.
const signature = "X-Qunluo-Signature"

// Sign is the signature of a body at a time (seconds since 1970).
func Sign(secret, stamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(stamp + "."))
	mac.Write(body)
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

// signed checks the signature of a hook that has a signing key. CodeClock: the clocks differ too much.
func (s *Server) signed(r *http.Request, secret string, body []byte) error {
	if secret == "" {
		return nil
	}
	stamp, given := r.Header.Get("X-Qunluo-Timestamp"), r.Header.Get(signature)
	at, err := strconv.ParseInt(stamp, 10, 64)
	now := s.n.Now()
	switch {
	case stamp == "" || given == "":
		return refuse(http.StatusUnauthorized, community.CodeForbidden, "这个令牌要求签名：缺 X-Qunluo-Timestamp 或 X-Qunluo-Signature", "this hook is signed: X-Qunluo-Timestamp and X-Qunluo-Signature are needed")
	case err != nil || at > 1<<40 || at < 0:
		return north.Telling(community.CodeBadInput, "", "X-Qunluo-Timestamp 应为 1970 年以来的秒数", "X-Qunluo-Timestamp must be seconds since 1970")
	case !hmac.Equal([]byte(given), []byte(Sign(secret, stamp, body))):
		return refuse(http.StatusUnauthorized, community.CodeForbidden, "签名与内容和签名密钥不符", "the signature does not fit the body and the signing key")
	case at*1000 < now-Window || at*1000 > now+Window:
		return north.Telling(community.CodeClock, "", fmt.Sprintf("时间戳相差 %d 秒，最多 %d 秒：请校准发送方的时钟，或重新签名", (now-at*1000)/1000, Window/1000), fmt.Sprintf("the timestamp is %d s off, at most %d: set the sender's clock, or sign anew", (now-at*1000)/1000, Window/1000))
	}
	return nil
}

// parse reads a post. Unknown fields are refused: a misspelt one would be lost silently.
func parse(body []byte) (community.Post, error) {
	var p community.Post
	if !utf8.Valid(body) {
		return p, north.Telling(community.CodeBadInput, "", "内容不是 UTF-8", "the body is not UTF-8")
	}
	dec := json.NewDecoder(strings.NewReader(string(body)))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&p); err != nil {
		var typed *json.UnmarshalTypeError
		if errors.As(err, &typed) && typed.Field != "" {
			return p, north.Telling(community.CodeBadInput, typed.Field, typed.Field+" 的类型不对，不能是 "+typed.Value, typed.Field+" must be of another type, not "+typed.Value)
		}
		return p, north.Telling(community.CodeBadInput, "", "内容不是所要的 JSON："+north.Brief(err.Error()), "the body is not the JSON that is wanted: "+north.Brief(err.Error()))
	}
	if dec.More() {
		return p, north.Telling(community.CodeBadInput, "", "内容里不止一个 JSON", "more than one JSON value")
	}
	return p, nil
}

// keyOf is the caller's own key of a call; "" = none.
func keyOf(r *http.Request) (string, error) {
	key := r.Header.Get("Idempotency-Key")
	if key == "" {
		key = r.Header.Get("X-Request-Id")
	}
	if len(key) > maxKey || strings.ContainsFunc(key, func(c rune) bool { return c < ' ' || c > '~' }) {
		return "", north.Telling(community.CodeBadInput, "", fmt.Sprintf("Idempotency-Key 应为 1 到 %d 个可见的 ASCII 字符", maxKey), fmt.Sprintf("Idempotency-Key must be 1 to %d printable ASCII characters", maxKey))
	}
	return key, nil
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// take does what is posted. A signature is kept beside the keys, under a name that no caller's key can have: the header of
// the key is not signed, so whoever overheard a call must not repeat it under another key.
func (s *Server) take(r *http.Request, seat *north.Seat, p community.Post, body []byte) (answer, error) {
	key, err := keyOf(r)
	if err != nil {
		return answer{}, err
	}
	if !seat.Signed() {
		return s.once(seat, p, key, body)
	}
	mark := "§" + digest(r.Header.Get(signature))
	fresh, _, err := seat.BeginCall(mark, digest(key))
	switch {
	case community.CodeOf(err) == community.CodeConflict || err == nil && !fresh && key == "":
		return answer{}, north.Telling(community.CodeConflict, "", "这次签名的请求已经收过；请重新签名，或每次都带同一个 Idempotency-Key 再发", "this signed call was taken before; sign anew, or send the same Idempotency-Key each time to repeat safely")
	case err != nil:
		return answer{}, err
	}
	out, err := s.once(seat, p, key, body)
	if err != nil && key == "" {
		err = errors.Join(err, seat.EndCall(mark, ""))
	}
	return out, err
}

// once does what is posted; under a key of the caller's, once.
func (s *Server) once(seat *north.Seat, p community.Post, key string, body []byte) (answer, error) {
	if key == "" {
		posted, err := seat.Post(p)
		return answer{OK: true, Posted: &posted}, err
	}
	fresh, had, err := seat.BeginCall(key, digest(string(body)))
	switch {
	case err != nil:
		return answer{}, err
	case fresh:
		return s.first(seat, p, key)
	case had == "":
		return answer{}, north.Telling(community.CodeTimeout, "", "同一个键的请求正在进行或中途断了；换键之前请先看操作记录", "a call with this key is under way or was cut off; look into the audit trail before you use another key")
	}
	var out answer
	if err := json.Unmarshal([]byte(had), &out); err != nil {
		return out, err
	}
	out.Repeated = true
	return out, nil
}

// first does what the first call under a key posts. What came to nothing is forgotten, so that it may be tried again.
func (s *Server) first(seat *north.Seat, p community.Post, key string) (answer, error) {
	posted, err := seat.Post(p)
	if err != nil {
		return answer{}, errors.Join(err, seat.EndCall(key, ""))
	}
	out := answer{OK: true, Posted: &posted}
	kept, err := json.Marshal(out)
	if err == nil {
		err = seat.EndCall(key, string(kept))
	}
	return out, err
}
