package eval

// complaint is one that rises in a group: what different members say, in their order. Written for Qunluo.
type complaint struct {
	lang  string
	lines []string
}

// complaints are planted into ordinary talk: a subject in each, half or more of the lines complaining.
var complaints = []complaint{
	{"zh", []string{"团长，上周的草莓到了，一半都发霉了", "我家的草莓也坏了，压得稀烂", "草莓能退吗？等了三天没人理", "这批草莓质量差得没法吃", "草莓我这边还行，就是小了点", "草莓必须退款，拍照发群里了"}},
	{"zh", []string{"课程回放又打不开了", "我也是，回放卡死在一半", "交了钱连回放都看不了，太坑", "回放什么时候修好啊，客服不回复", "回放这个问题上个月就投诉过", "同求，回放等着复习"}},
	{"zh", []string{"会费怎么突然涨价了，也没通知", "会费多扣了我二十块", "我的会费也乱扣，谁来管管", "会费翻倍太离谱了吧", "会费这事要个说法", "我还没交会费，先看看"}},
	{"zh", []string{"快递站又把我的包裹弄丢了", "我包裹三天没收到，驿站不处理", "驿站态度差，包裹扔外面淋雨", "投诉驿站吧，包裹乱放不是一次了", "包裹破损他们还推脱", "驿站几点关门？"}},
	{"zh", []string{"直播说好的赠品根本没有", "赠品我也没收到，忽悠人", "为了赠品才下单的，被骗了", "赠品缩水成一包纸巾，无语", "客服说赠品发完了，敷衍", "赠品我收到了呀"}},
	{"zh", []string{"停车位又被外来车占了，物业不处理", "车位一个月几百块，还没地方停，气死", "物业收车位费的时候倒是快，垃圾物业", "车位这事我举报过，没人管", "建议车位装地锁", "今晚车位又没了，受不了"}},
	{"zh", []string{"新版本一打开就崩了", "新版本登不上，一直转圈", "更新完新版本，记录全没了，无语", "新版本太卡，能退回旧版吗", "谁让更新的新版本，太烂了", "我的新版本正常"}},
	{"zh", []string{"辅导老师换了三个，没一个靠谱", "新换的辅导老师态度差，问什么都不回复", "辅导老师迟到二十分钟，太过分", "要求换辅导老师，不换就退费投诉", "我家辅导老师挺好的", "对辅导老师很失望"}},
	{"zh", []string{"烤箱收到是坏的，门关不上", "我的烤箱也有划痕，像退回来的假货", "烤箱客服让自己出运费，离谱", "烤箱用两次就坏了，差评", "谁家烤箱好用？", "烤箱我要退款"}},
	{"zh", []string{"活动名额都是内定的吧，忽悠我们报名", "名额一秒就没，虚假活动", "抢名额抢了三次，太坑了", "名额规则改来改去，耍我们", "名额还有吗", "不满名额分配，给个说法"}},
	{"en", []string{"the new invoices page is terrible", "my invoices are wrong again, overcharged by 20", "same, invoices doubled this month, feels like a scam", "I asked support about the invoices, still waiting", "invoices look fine here", "this invoices mess is unacceptable"}},
	{"en", []string{"webinar link is broken again, so annoying", "webinar kicked me out twice, waste of time", "paid for that webinar and got nothing, I want a refund", "the webinar host was rude too", "when is the next webinar?", "worst webinar ever, disappointed"}},
	{"en", []string{"my parcel arrived smashed, poor quality packing", "parcel lost for two weeks, no response", "the courier left my parcel in the rain, ridiculous", "filing a complaint about my parcel", "parcel came on time for me", "third parcel in a row, fed up"}},
	{"en", []string{"membership price doubled overnight, outrageous", "they renewed my membership without asking, rip off", "cancelled my membership, fed up with this", "membership page is misleading", "is membership worth it?", "membership refund refused, awful"}},
}

// calm are the same subjects talked about without complaint: none of them may alarm anybody.
var calm = []complaint{
	{"zh", []string{"草莓今天到货啦", "草莓好甜，孩子一口气吃完", "草莓再来两盒", "草莓还有吗", "草莓做了果酱，不错", "草莓不会坏吧，放冰箱就行"}},
	{"zh", []string{"回放已经上传", "回放在哪里看", "回放收藏了", "回放第二节讲得好", "看完回放了", "回放的笔记谁有"}},
	{"zh", []string{"车位今天放号", "车位摇到了", "车位怎么申请", "车位登记表发一下", "车位都不用投诉了，物业处理了", "车位改好了，谢谢"}},
	{"en", []string{"webinar starts at eight", "loved the webinar", "webinar slides anyone?", "the webinar was not a waste of time at all", "next webinar on friday", "webinar recording is up"}},
}
