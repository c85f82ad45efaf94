package telegram

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"time"

	"github.com/go-telegram/bot"

	"qunluo/internal/community"
	"qunluo/internal/connect"
)

const (
	callTimeout = 15 * time.Second
	pollFor     = 50 * time.Second // how long Telegram keeps a poll open when nothing happens
	maxAnswer   = 16 << 20         // bytes of an answer
)

// track is what is known of a call when it fails: whether it can have reached Telegram, and Telegram's status.
type track struct {
	wrote  bool
	status int
}

type trackKey struct{}

// doer carries the library's calls, notes how far each came and bounds what it may be answered.
type doer struct{ client *http.Client }

// Do implements bot.HttpClient.
func (d doer) Do(req *http.Request) (*http.Response, error) {
	t, ok := req.Context().Value(trackKey{}).(*track)
	if !ok {
		t = &track{}
	}
	if !carries(req.Context()) {
		if err := asForm(req); err != nil {
			return nil, err
		}
	}
	req = req.WithContext(httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{WroteHeaders: func() { t.wrote = true }}))
	answer, err := d.client.Do(req)
	if err != nil {
		return nil, err
	}
	t.status = answer.StatusCode
	answer.Body = bounded{io.LimitReader(answer.Body, maxAnswer), answer.Body}
	return answer, nil
}

// asForm turns the library's multipart into a plain form where no file is sent along, so that it is shorter, has a length,
// and is understood by servers that know no multipart.
func asForm(req *http.Request) error {
	_, kind, err := mime.ParseMediaType(req.Header.Get("Content-Type"))
	if err != nil {
		return err
	}
	fields := url.Values{}
	parts := multipart.NewReader(req.Body, kind["boundary"])
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		value, err := io.ReadAll(part)
		if err != nil {
			return err
		}
		fields.Set(part.FormName(), string(value))
	}
	_ = req.Body.Close() // a pipe, read to its end
	text := fields.Encode()
	req.Body, req.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return nil
}

type bounded struct {
	io.Reader
	io.Closer
}

// call makes one call and says what its failure means: CodeUnreachable = certainly not done; CodeTimeout = nobody knows;
// CodeLimited, CodeForbidden (the token), CodeUnsupported, CodeRefused as Telegram says.
func (s *Session) call(ctx context.Context, what string, f func(ctx context.Context) error) error {
	t := &track{}
	ctx, cancel := context.WithTimeout(context.WithValue(ctx, trackKey{}, t), callTimeout)
	defer cancel()
	err := f(ctx)
	if err == nil {
		return nil
	}
	return &failure{code: codeOf(t, err), text: what + ": " + s.hush(shortened(err.Error())), cause: err}
}

// failure is an error whose text holds no secret. It does not unwrap to its cause, which may.
type failure struct {
	code  community.Code
	text  string
	cause error
}

// Error is the text.
func (f *failure) Error() string { return f.text }

// As lets community.CodeOf read the code.
func (f *failure) As(target any) bool {
	if e, ok := target.(**community.Error); ok {
		*e = &community.Error{Code: f.code, Msg: f.text}
		return true
	}
	return false
}

// causeOf is what the library said.
func causeOf(err error) error {
	if f, ok := err.(*failure); ok {
		return f.cause
	}
	return err
}

// answers are the library's errors and what they mean.
var answers = []struct {
	is   error
	code community.Code
}{
	{bot.ErrorUnauthorized, community.CodeForbidden}, {bot.ErrorForbidden, community.CodeRefused},
	{bot.ErrorNotFound, community.CodeUnsupported}, {bot.ErrorConflict, community.CodeConflict}, {bot.ErrorBadRequest, community.CodeRefused},
}

func codeOf(t *track, err error) community.Code {
	if bot.IsTooManyRequestsError(err) {
		return community.CodeLimited
	}
	if bot.IsMigrateError(err) {
		return community.CodeRefused
	}
	for _, a := range answers {
		if errors.Is(err, a.is) {
			return a.code
		}
	}
	switch {
	case !t.wrote:
		return community.CodeUnreachable
	case t.status >= 400 && t.status < 500:
		return community.CodeRefused
	}
	return community.CodeTimeout
}

// batch is what a poll brings.
type batch struct {
	OK          bool              `json:"ok"`
	Result      []json.RawMessage `json:"result"`
	Code        int               `json:"error_code"`
	Description string            `json:"description"`
	Parameters  struct {
		RetryAfter int `json:"retry_after"`
	} `json:"parameters"`
}

// wanted are the kinds of updates we ask for; member changes, join requests and reactions only come when asked for.
var wanted = []string{"message", "edited_message", "my_chat_member", "chat_member", "chat_join_request", "message_reaction"}

// poll waits for updates from offset on. Nothing is confirmed by it but what lies before offset.
func (s *Session) poll(ctx context.Context, offset int64) ([]json.RawMessage, error) {
	ctx, cancel := context.WithTimeout(ctx, pollFor+callTimeout)
	defer cancel()
	ask, err := json.Marshal(map[string]any{"offset": offset, "timeout": int(pollFor / time.Second), "allowed_updates": wanted})
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.server+"/bot"+s.token+"/getUpdates", bytes.NewReader(ask))
	if err != nil {
		return nil, community.Errorf(community.CodeBadInput, "the server's address is not usable")
	}
	req.Header.Set("Content-Type", "application/json")
	answer, err := s.client.Do(req)
	if err != nil {
		return nil, community.Errorf(community.CodeUnreachable, "getUpdates: %s", s.hush(err.Error()))
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	if err != nil {
		return nil, community.Errorf(community.CodeUnreachable, "getUpdates: %s", s.hush(err.Error()))
	}
	if len(data) > maxAnswer {
		return nil, community.Errorf(community.CodeTooLarge, "getUpdates: more than %d bytes at once", maxAnswer)
	}
	var got batch
	if err := json.Unmarshal(data, &got); err != nil {
		return nil, community.Errorf(community.CodeUnreachable, "getUpdates: HTTP %d without JSON", answer.StatusCode)
	}
	if !got.OK {
		return nil, s.refusal(got)
	}
	return got.Result, nil
}

// refusal is why a poll was refused.
func (s *Session) refusal(got batch) error {
	switch got.Code {
	case http.StatusUnauthorized, http.StatusNotFound:
		return badToken()
	case http.StatusConflict:
		return connect.Trouble(community.CodeConflict, "另一个程序正在取这个机器人的消息。请停掉它，或在这里换一个专用的机器人。",
			"another program fetches this bot's updates: stop it, or use a bot of its own here")
	case http.StatusTooManyRequests:
		return &pauseError{time.Duration(min(max(got.Parameters.RetryAfter, 1), 3600)) * time.Second}
	}
	return community.Errorf(community.CodeUnreachable, "getUpdates: %d %s", got.Code, s.hush(shortened(got.Description)))
}

func badToken() error {
	return connect.Trouble(community.CodeForbidden, "Telegram 不认这个令牌：可能已被撤销或填错。请向 @BotFather 取得当前的令牌，填到这里。",
		"Telegram does not know the token: it was revoked or mistyped; ask @BotFather for the current one and enter it here")
}

// pauseError is Telegram's wish to be left alone for a while.
type pauseError struct{ wait time.Duration }

// Error is the sentence.
func (p *pauseError) Error() string { return "Telegram asks for a pause of " + p.wait.String() }

// As gives it its code.
func (p *pauseError) As(target any) bool {
	if e, ok := target.(**community.Error); ok {
		*e = &community.Error{Code: community.CodeLimited, Msg: p.Error()}
		return true
	}
	return false
}

// hush keeps the secrets out of what is reported.
func (s *Session) hush(text string) string {
	text = strings.ReplaceAll(text, s.token, connect.Masked)
	if s.secret != "" {
		text = strings.ReplaceAll(text, s.secret, connect.Masked)
	}
	return text
}

func shortened(words string) string {
	const most = 300
	if len(words) <= most {
		return words
	}
	return strings.ToValidUTF8(words[:most], "") + "…"
}
