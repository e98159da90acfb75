"""words: every label of an exported case, in English and in Chinese; and what states, roles and events are called."""

from __future__ import annotations

from typing import Literal

from cases.life import ACTIONS

Language = Literal["en", "zh"]

WORDS: dict[str, tuple[str, str]] = {
    "title": ("Case file", "案件卷宗"),
    "case": ("Case", "案件"),
    "what": ("What", "案件内容"),
    "category": ("Category", "类别"),
    "subject": ("Subject", "对象"),
    "text": ("Description", "描述"),
    "measure": ("Worst measure", "最严重测值"),
    "members": ("Made of", "合并来源"),
    "episodes": ("found by rules", "项规则发现"),
    "reports_n": ("reports", "件报送"),
    "channel": ("Came by", "来源"),
    "where": ("Where", "位置"),
    "address": ("Address", "地址"),
    "place": ("Zone", "区域"),
    "grid": ("Grid cell", "单元网格"),
    "component": ("Part", "部件标识码"),
    "lon_lat": ("Longitude, latitude", "经度、纬度"),
    "area_class": ("Area class", "区域类别"),
    "when": ("When", "时间"),
    "started": ("Began", "开始"),
    "confirmed": ("Confirmed", "确认"),
    "ended": ("Ended", "结束"),
    "goes_on": ("goes on", "仍在持续"),
    "opened": ("Opened", "上报"),
    "withdrawn": ("taken back", "已撤销"),
    "who": ("Who", "处置"),
    "responsible": ("Responsible unit", "处置部门"),
    "helpers": ("Helping units", "协办部门"),
    "officer": ("Officer", "处置人员"),
    "handler": ("Handled by", "处置反馈人"),
    "level": ("Level", "层级"),
    "severity": ("Severity", "严重程度"),
    "mode": ("Way of handling", "办理方式"),
    "condition": ("Filing condition", "立案条件"),
    "verdict": ("Verdict", "研判"),
    "merged": ("Merged cases", "并入的案件"),
    "merged_into": ("Went on as part of", "并入案件"),
    "deadlines": ("Deadlines", "时限"),
    "filing": ("Filing", "立案"),
    "handling": ("Handling", "处置"),
    "due": ("due", "应于"),
    "done": ("done", "实际"),
    "in_time": ("in time", "按时"),
    "late_by": ("late by", "超时"),
    "not_yet": ("not yet", "未完成"),
    "overdue_by": ("overdue by", "已超时"),
    "no_due": ("no deadline", "无时限"),
    "dispatches": ("dispatched", "派遣"),
    "returns": ("returned", "退回"),
    "reworks": ("reworked", "返工"),
    "extensions": ("extended", "延期"),
    "urges": ("urged", "督办"),
    "reopenings": ("reopened", "重新立案"),
    "checks": ("checked", "核实"),
    "times": ("×", "次"),
    "map": ("Map", "位置图"),
    "no_map": ("No place is known of this case.", "此案件没有位置信息。"),
    "evidence": ("Evidence", "证据"),
    "charts": ("Readings", "数据曲线"),
    "frame": ("picture", "画面"),
    "clean": ("picture", "画面"),
    "marked": ("picture, marked", "标注画面"),
    "clip": ("clip", "录像"),
    "sealed": ("sealed original", "加密原件"),
    "photo": ("photo", "照片"),
    "file": ("file", "附件"),
    "files": ("files", "附件"),
    "photos": ("photos", "照片"),
    "until": ("until", "至"),
    "page": ("this page", "本页"),
    "data": ("all of it as data", "全部数据"),
    "captured": ("taken", "拍摄"),
    "clock": ("clock", "时钟偏差"),
    "clock_unknown": ("clock not known", "时钟偏差未知"),
    "source": ("Source", "来源"),
    "why": ("Why it was found", "发现依据"),
    "rule": ("Rule", "规则"),
    "rule_version": ("Rule version", "规则版本"),
    "detector": ("Detector", "检测器"),
    "parameters": ("Parameters", "参数"),
    "hold": ("Hold", "持续条件"),
    "configuration": ("Configuration", "配置"),
    "world": ("Registers", "登记数据"),
    "by_people": ("Reported by people; no rule found it.", "由人员报送，并非规则发现。"),
    "reports": ("Reports", "报送"),
    "told": ("told", "报送于"),
    "number": ("Number", "编号"),
    "answer": ("Answer", "答复"),
    "contact": ("Contact", "联系方式"),
    "no_contact": ("Who reported is left out.", "报送人信息已略去。"),
    "history": ("History", "办理过程"),
    "step": ("Step", "环节"),
    "from_to": ("State", "状态"),
    "at": ("When", "时间"),
    "by": ("Who", "经办"),
    "note": ("Why", "说明"),
    "no_steps": ("Nobody has done anything yet.", "尚无办理记录。"),
    "now": ("now", "现在"),
    "parts": ("Parts of this file", "文件清单"),
    "name": ("Name", "名称"),
    "size": ("Bytes", "字节"),
    "lacking": ("Not in this file", "未收录"),
    "gone": ("it is no longer kept", "已不再保存"),
    "changed": (
        "it has been changed since it was kept: its SHA-256 is another",
        "保存后被改动：SHA-256 不符",
    ),
    "journal_gone": ("the journal no longer has the rows of that time", "日志已不再保存该时段的数据"),
    "exported": ("Exported", "导出"),
    "chain": ("Chain of steps", "环节哈希链"),
    "id": ("Id", "标识"),
    "revision": ("Revision", "版次"),
    "verify": (
        "computes every hash again; with --data it holds the steps against the city's store, too.",
        "重新计算全部哈希；加 --data 可与城市数据库中的环节比对。",
    ),
    "trail": ("trail", "轨迹"),
    "begin": ("begins", "起点"),
    "times_in": ("Times are of", "时间采用"),
    "reported_place": ("place of the case", "案发位置"),
    "north": ("N", "北"),
    "routes": ("routes", "路线"),
    "roads": ("roads", "道路"),
    "bins": ("bins", "垃圾桶"),
    "limit_line": ("dashed: the rule's limits; shaded: the case", "虚线：规则限值；阴影：案件时段"),
}
"""Key -> (English, Chinese)."""

STATES: dict[str, tuple[str, str]] = {
    "reported": ("reported", "上报"),
    "checking": ("being checked", "核实中"),
    "filed": ("filed", "已立案"),
    "dispatched": ("dispatched", "已派遣"),
    "returned": ("returned", "已退回"),
    "handling": ("being handled", "处置中"),
    "handled": ("handled", "已处置"),
    "verifying": ("being verified", "核查中"),
    "verified": ("verified", "核查通过"),
    "closed": ("closed", "已结案"),
    "rejected": ("rejected", "不予受理"),
    "suspended": ("suspended", "已挂起"),
    "merged": ("merged", "已并案"),
}
ROLES: dict[str, tuple[str, str]] = {
    "collector": ("collector", "采集员"),
    "acceptor": ("acceptor", "受理员"),
    "dispatcher": ("dispatcher", "派遣员"),
    "unit": ("unit", "处置部门"),
    "supervisor": ("supervisor", "督察"),
    "policy": ("policy", "策略"),
    "pipeline": ("pipeline", "系统监测"),
    "outside": ("outside system", "外部系统"),
}
OTHERS: dict[str, tuple[str, str]] = {
    "community": ("community", "社区"),
    "street": ("street", "街道"),
    "city": ("city", "市级"),
    "at_once": ("at once", "即办"),
    "promised": ("promised by a date", "承诺"),
    "jointly": ("jointly", "联办"),
    "passed_up": ("passed up", "上报"),
    "sent_back": ("sent back", "退回"),
    "machine": ("sensors and cameras", "系统监测"),
    "hand": ("entered by hand", "人工录入"),
    "collector": ("collector", "采集员"),
    "hotline": ("hotline", "热线"),
    "confirmed": ("confirmed", "属实"),
    "false alarm": ("false alarm", "误报"),
    "known fixture": ("known fixture", "固有物"),
    "duplicate": ("duplicate", "重复"),
    "extend": ("extension", "延期"),
    "suspend": ("suspension", "挂起"),
    "pass_up": ("passing up", "上报"),
    "close_unverified": ("closing unverified", "未核查结案"),
}
"""Levels, ways of handling, channels, verdicts, what is asked for: as far as there is a word."""

_ENGLISH = {
    "handled": "handled",
    "ask": "asked for",
    "call": "units called",
    "verdict": "verdict",
    "attach": "files attached",
    "propose": "closing proposed",
    "withdraw": "taken back",
}


def label(key: str, language: Language) -> str:
    """A label. Raises KeyError."""
    return WORDS[key][language == "zh"]


def word(group: dict[str, tuple[str, str]], key: str, language: Language) -> str:
    """What something is called; itself where there is no word."""
    return group[key][language == "zh"] if key in group else key.replace("_", " ")


def action(name: str, language: Language) -> str:
    """What a step is called."""
    if language == "zh" and name in ACTIONS:
        return ACTIONS[name].zh
    return _ENGLISH.get(name, name.replace("_", " "))
