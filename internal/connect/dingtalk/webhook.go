package dingtalk

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"time"

	"qunluo/internal/community"
	"qunluo/internal/connect"
	"qunluo/internal/connect/webapi"
)

// Sign is a webhook's signature at a time (UTC ms): base64 of HMAC-SHA256 by the key over "<time>\n<key>".
func Sign(key string, at int64) (stamp, sign string) {
	stamp = strconv.FormatInt(at, 10)
	mac := hmac.New(sha256.New, []byte(key))
	mac.Write([]byte(stamp + "\n" + key))
	return stamp, base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// webhook is a group's own robot.
type webhook struct {
	api                *webapi.Client
	token, sign, group string
	tell               webapi.Teller
}

var (
	_ connect.Session     = (*webhook)(nil)
	_ connect.GroupLister = (*webhook)(nil)
)

// Run has nothing to do: a webhook is there or not, and only speaking shows it.
func (w *webhook) Run(ctx context.Context) error {
	w.tell.Known(w.group, w.group)
	w.tell.Tell("connecting", nil)
	w.tell.Tell("online", nil)
	<-ctx.Done()
	w.tell.Tell("offline", nil)
	return ctx.Err()
}

// Abilities says what a webhook can do: speak.
func (w *webhook) Abilities(string) connect.Abilities { return abilities(modeWebhook) }

// Groups is the one group that the webhook speaks in.
func (w *webhook) Groups(context.Context) ([]community.Ref, error) {
	return []community.Ref{{ID: w.group, Name: w.group}}, nil
}

// codes are the platform's numbers that we know what to do about (自定义机器人接入, 错误码).
var codes = map[int]error{
	310000: connect.Trouble(community.CodeForbidden, "钉钉不收这条消息：加签密钥不对、时钟相差超过一小时，或安全设置要求的关键词、IP 没有满足。", "DingTalk does not take it: the signing key is wrong, the clocks differ by more than an hour, or a keyword or address that the robot's security wants is missing."),
	300001: connect.Trouble(community.CodeForbidden, "Webhook 的 access_token 不对，或机器人已被移除。请重新添加并复制地址。", "The webhook's access_token is wrong, or the robot was removed: add it again and copy its address."),
	40014:  connect.Trouble(community.CodeForbidden, "Webhook 的 access_token 不对，或机器人已被移除。请重新添加并复制地址。", "The webhook's access_token is wrong, or the robot was removed: add it again and copy its address."),
	130101: community.Errorf(community.CodeLimited, "errcode 130101: over 20 messages a minute"),
	-1:     community.Errorf(community.CodeLimited, "errcode -1: the platform is busy"),
}

// Do speaks. A lost answer is CodeTimeout: nothing can be read back here.
func (w *webhook) Do(ctx context.Context, a community.Action) (connect.Receipt, error) {
	if a.Verb != community.Send {
		return connect.Receipt{}, community.Errorf(community.CodeUnsupported, "a webhook cannot do %q", a.Verb)
	}
	text, at := words(a), []string{}
	if err := sayable(a, text); err != nil {
		return connect.Receipt{}, err
	}
	if a.Mention && a.To.Member != "" {
		text, at = text+" @"+a.To.Member, append(at, a.To.Member)
	}
	got, err := w.api.Do(ctx, webapi.Call{Method: http.MethodPost, Path: "/robot/send", Query: query(w.token, w.sign, time.Now()), Writes: true,
		Body: map[string]any{"msgtype": "text", "text": map[string]string{"content": text}, "at": map[string]any{"atUserIds": at, "isAtAll": false}}})
	if err == nil {
		err = w.judge(got)
	}
	switch community.CodeOf(err) {
	case community.CodeNone:
		w.tell.Tell("online", nil)
		return connect.Receipt{State: community.Confirmed}, nil // the platform's yes is all there will ever be
	case community.CodeForbidden, community.CodeUnreachable, community.CodeTimeout:
		if ctx.Err() == nil {
			w.tell.Tell("failed", err)
		}
	}
	return connect.Receipt{}, err
}

func (w *webhook) judge(got webapi.Answer) error {
	var a struct {
		Errcode *int   `json:"errcode"`
		Errmsg  string `json:"errmsg"`
	}
	switch {
	case json.Unmarshal(got.Body, &a) != nil || a.Errcode == nil:
		return community.Errorf(community.CodeTimeout, "HTTP %d, and no answer of 钉钉", got.Status)
	case *a.Errcode == 0:
		return nil
	case codes[*a.Errcode] != nil:
		return codes[*a.Errcode]
	}
	return community.Errorf(community.CodeRefused, "errcode %d: %s", *a.Errcode, w.api.Hush(a.Errmsg))
}
