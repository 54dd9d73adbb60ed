"""“Could not be found”, in whatever order and form: a word that denies, near one of being, finding or being allowed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linkarchive.judge import topics

MISSING = (
    "The page you asked for could not, we fear, be found",
    "Der Beitrag ließ sich leider nicht mehr finden",
    "Het bericht kon door ons niet worden gevonden",
    "Den side du leder efter kunne desværre ikke findes",
    "Sidan som du letar efter kunde inte hittas",
    "Siden du spurte etter ble dessverre ikke funnet",
    "No hemos podido encontrar lo que buscaba",
    "Cette page semble ne plus exister",
    "Non siamo riusciti a trovare quello che cerchi",
    "Não conseguimos encontrar o que procura",
    "Nie udało się znaleźć tego artykułu",
    "Nepodařilo se najít článek, který nebyl nalezen",
    "A keresett oldal sajnos nem található",
    "Nu am reușit să găsim pagina",
    "Stranica koju tražite nije pronađena",
    "Страница, которую вы ищете, не была найдена",
    "Сторінку, яку ви шукаєте, не вдалося знайти",
    "Страницата, която търсите, не може да бъде намерена",
    "Δεν μπορέσαμε να βρούμε τη σελίδα, δεν υπάρχει",
    "Pencarian Anda tidak dapat ditemukan",
    "تعذر العثور على ما تبحث عنه",
    "您访问的页面可能已经不存在",
    "お探しの記事は見つかりませんでした",
    "요청하신 글을 찾을 수가 없습니다",
    "ไม่สามารถค้นหาหน้าที่คุณต้องการ",
)
REFUSED = (
    "You are not permitted to see this",
    "Sie haben keine ausreichenden Rechte und keine Berechtigung dafür",
    "Vous n'avez pas les droits nécessaires",
    "No dispone de permisos para ver esto",
    "U heeft onvoldoende rechten",
    "Du har ikke de nødvendige rettigheder",
    "Недостаточно прав для просмотра",
    "您没有足够的权限",
    "このページを閲覧する権限がありません",
)
NEITHER = (
    "Twelve carpenters worked on the new gates in a boat shed",
    "Not a single tree was felled for the road",
    "Die Bücherei hat montags nicht geöffnet",
    "La mairie ne répond pas au téléphone",
    "De markt gaat niet door vanwege de storm",
    "Сегодня не было дождя",
    "今日は雨が降りません",
)


@pytest.mark.parametrize("line", MISSING)
def test_a_line_says_that_something_is_not_there(line):
    assert "missing" in topics.of_lines([line])[0]


@pytest.mark.parametrize("line", REFUSED)
def test_a_line_says_that_something_is_not_allowed(line):
    assert "refused" in topics.of_lines([line])[0]


@pytest.mark.parametrize("line", NEITHER)
def test_a_line_that_denies_something_else_says_neither(line):
    assert topics.of_lines([line])[0].isdisjoint({"missing", "refused"})


_SOME = st.sampled_from([*list(topics.stems()["missing"])[::9], *list(topics.stems()["domain"])[::5], " ", "x", ". "])


@given(st.lists(_SOME | st.text(max_size=8)).map("".join))
def test_a_stem_is_found_where_a_word_begins_with_it_and_nowhere_else(text):
    prepared = topics.searchable(text)
    present = topics.stems_in(prepared)
    for topic, stems in topics.stems().items():
        begins = {stem for stem in stems if f" {stem}" in prepared}
        assert begins <= present.get(topic, set())
        assert all(stem in begins or not stem.isascii() for stem in present.get(topic, ()))
