"""Pages in scripts without spaces, with vowel points, or with signs that are no letters."""

# ruff: noqa: E501
from __future__ import annotations

import pytest

from linkarchive.judge import words
from linkarchive.judge.verdict import judge

TEXTS = {
    "zh": ("港口委员会周二开会讨论旧粮仓的用途。", "大多数发言者希望为小船留出泊位。", "码头北侧的水在任何潮位都足够深。"),
    "ja": ("港湾委員会は火曜日に古い倉庫の使い道を話し合った。", "発言者の多くは小舟の場所を望んだ。", "北側の水はいつも十分に深い。"),
    "ko": ("항만 위원회는 화요일에 낡은 창고의 용도를 논의했다.", "발언자 대부분은 작은 배를 위한 자리를 원했다.", "북쪽 물은 늘 충분히 깊다."),
    "ar": ("اجتمعت لجنة الميناء يوم الثلاثاء لمناقشة المخزن القديم.", "أراد معظم المتحدثين مكانا للقوارب الصغيرة.", "الماء في الجانب الشمالي عميق دائما."),
    "he": ("ועדת הנמל נפגשה ביום שלישי כדי לדון במחסן הישן.", "רוב הדוברים רצו מקום לסירות קטנות.", "המים בצד הצפוני עמוקים תמיד."),
    "hi": ("बंदरगाह समिति ने मंगलवार को पुराने गोदाम पर चर्चा की।", "अधिकतर वक्ता छोटी नावों के लिए जगह चाहते थे।", "उत्तरी ओर का पानी हमेशा गहरा रहता है।"),
    "th": ("คณะกรรมการท่าเรือประชุมเมื่อวันอังคารเรื่องโกดังเก่า", "ผู้พูดส่วนใหญ่ต้องการที่สำหรับเรือเล็ก", "น้ำทางด้านเหนือลึกเสมอ"),
    "ru": ("Комитет порта собрался во вторник, чтобы обсудить старый склад.", "Большинство хотело места для малых лодок.", "Вода на северной стороне всегда глубокая, ещё бы."),
}  # fmt: skip
MARKS = {
    "zh": "“{}”",
    "ja": "「{}」",
    "ko": "“{}”",
    "ar": "«{}»",
    "he": "”{}”",
    "hi": "“{}”",
    "th": "“{}”",
    "ru": "«{}»",
}


def page_of(language: str, sentences: tuple[str, ...]) -> str:
    text = "".join(f"<p>{sentence}</p>" for sentence in sentences * 1)
    return f'<html lang="{language}"><head><title>{sentences[0][:12]}</title></head><body><main>{text}</main></body></html>'


@pytest.mark.parametrize("language", TEXTS)
def test_a_quotation_in_the_marks_of_its_script_is_lost_with_its_sentence(case, language):
    sentences = TEXTS[language]
    quote = sentences[1].rstrip("。.।")
    context = f"{sentences[0]} {MARKS[language].format(quote)}"
    judgement = judge(
        case(page_of(language, (sentences[0], sentences[2])), page_of(language, sentences), context=context)
    )
    assert "quote" in [loss.kind for loss in judgement.lost]
    kept = judge(case(page_of(language, (*sentences, sentences[0])), page_of(language, sentences), context=context))
    assert kept.lost == ()


@pytest.mark.parametrize("language", TEXTS)
def test_a_page_with_other_sentences_is_another_page(case, language):
    now = tuple(sentence[::-1] for sentence in TEXTS[language])
    assert judge(case(page_of(language, now), page_of(language, TEXTS[language]))).verdict == "drifted"


@pytest.mark.parametrize(
    ("written", "otherwise"),
    [("الكِتَابُ الجديد", "الكتاب الجديد"), ("إلى المدرسة", "الى المدرسه"), ("בְּרֵאשִׁית", "בראשית"), ("ещё", "еще"), ("ＡＢＣ１２", "abc12"),
     ("العــربية", "العربية")],
)  # fmt: skip
def test_spellings_of_a_word_are_one_word(written, otherwise):
    assert words.tokens(written) == words.tokens(otherwise)


def test_vowel_signs_belong_to_their_words():
    assert words.tokens("हिन्दी में समाचार") == ["हिन्दी", "में", "समाचार"]


@pytest.mark.parametrize("text", ["更新于2024年3月5日上午", "2024년 3월 5일 입력", "更新日：3月5日"])
def test_dates_without_spaces_around_them_are_no_substance(text):
    assert not any(word.isdigit() for word in words.substance(text))
