"""The rules of requisites: known vectors, and properties of all."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from counterparties import requisites

ORG, SOLE, PERSON, STATE, FOREIGN = (
    "organisation",
    "sole_proprietor",
    "individual",
    "state_body",
    "foreign",
)
SBER = "044525225"


@pytest.fixture(autouse=True)
def _english():
    with translation.override("en"):
        yield


def reason(clean, *args):
    with pytest.raises(ValidationError) as caught:
        clean(*args)
    (message,) = caught.value.messages
    return message


# --- INN --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "kind", "cleaned"),
    [
        ("7707083893", ORG, "7707083893"),
        ("7707083893", STATE, "7707083893"),
        (" 7707 083\u00a0893\t", ORG, "7707083893"),
        ("7707-083–893\u2009", ORG, "7707083893"),
        ("500100732259", SOLE, "500100732259"),
        ("5001 0073 2259", PERSON, "500100732259"),
        ("", PERSON, ""),
        ("", FOREIGN, ""),
        ("7707083893", FOREIGN, "7707083893"),
        ("12345", FOREIGN, "12345"),
    ],
)
def test_inn_is_cleaned(typed, kind, cleaned):
    assert requisites.clean_inn(typed, kind) == cleaned


LENGTH = "An INN has 10 digits (organisation) or 12 (sole proprietor); this has {}."
CHECK = "The INN's check digit does not fit. Compare it with the invoice."
ZEROS = "An INN does not begin with 00."


@pytest.mark.parametrize(
    ("typed", "kind", "message"),
    [
        ("7707083894", ORG, CHECK),
        ("500100732258", SOLE, CHECK),
        ("500100732249", SOLE, CHECK),
        ("0000000000", ORG, ZEROS),
        ("000000000000", SOLE, ZEROS),
        ("00000", FOREIGN, ZEROS),
        ("0077083893", ORG, ZEROS),
        ("770708389", ORG, LENGTH.format(9)),
        ("77070838931", ORG, LENGTH.format(11)),
        ("500100732259", ORG, LENGTH.format(12)),
        ("500100732259", STATE, LENGTH.format(12)),
        ("7707083893", SOLE, LENGTH.format(10)),
        ("7707083893", PERSON, LENGTH.format(10)),
        ("770708389X", ORG, LENGTH.format(9)),
        ("7707083893X", ORG, LENGTH.format(11)),
        ("７７０７０８３８９３", ORG, LENGTH.format(0)),
        ("", ORG, "An INN is needed."),
        ("—", SOLE, "An INN is needed."),
        ("", STATE, "An INN is needed."),
        ("7707083894", FOREIGN, CHECK),
        (
            "123456",
            FOREIGN,
            "A foreign company's INN has 10 digits, its KIO code 5; this has 6.",
        ),
    ],
)
def test_inn_is_refused_with_its_reason(typed, kind, message):
    assert reason(requisites.clean_inn, typed, kind) == message


# --- KPP --------------------------------------------------------------------------------

KPP = "A KPP is 4 digits, 2 digits or Latin capitals, 3 digits."


@pytest.mark.parametrize(
    ("typed", "kind", "cleaned"),
    [
        ("773601001", ORG, "773601001"),
        ("7736 01 001", STATE, "773601001"),
        ("7736az001", ORG, "7736AZ001"),
        ("", SOLE, ""),
        ("", PERSON, ""),
        ("", FOREIGN, ""),
        ("774751001", FOREIGN, "774751001"),
    ],
)
def test_kpp_is_cleaned(typed, kind, cleaned):
    assert requisites.clean_kpp(typed, kind) == cleaned


@pytest.mark.parametrize(
    ("typed", "kind", "message"),
    [
        ("", ORG, "An organisation needs a KPP."),
        ("", STATE, "An organisation needs a KPP."),
        ("773601001", SOLE, "A sole proprietor has none: leave it empty."),
        ("773601001", PERSON, "A person has no KPP: leave it empty."),
        ("77360100", ORG, KPP),
        ("7736010011", ORG, KPP),
        ("7736АЯ001", ORG, KPP),  # Cyrillic
        ("000000000", ORG, KPP),
        ("12", FOREIGN, KPP),
    ],
)
def test_kpp_is_refused_with_its_reason(typed, kind, message):
    assert reason(requisites.clean_kpp, typed, kind) == message


# --- OGRN -------------------------------------------------------------------------------

MIXED = "This OGRN is an organisation's and the INN a sole proprietor's (or the reverse)."
FIRST = "An OGRN begins with 1 or 5, an OGRNIP with 3 or 4."


@pytest.mark.parametrize(
    ("typed", "kind", "cleaned"),
    [
        ("1027700132195", ORG, "1027700132195"),
        ("1 02 77 00 13219 5", STATE, "1027700132195"),
        ("304500116000157", SOLE, "304500116000157"),
        (
            "304500116000180",
            SOLE,
            "304500116000180",
        ),  # remainder 10: its lowest digit is 0
        ("", ORG, ""),
        ("", PERSON, ""),
        ("HRB 12345", FOREIGN, "HRB12345"),
    ],
)
def test_ogrn_is_cleaned(typed, kind, cleaned):
    assert requisites.clean_ogrn(typed, kind) == cleaned


@pytest.mark.parametrize(
    ("typed", "kind", "message"),
    [
        ("1027700132196", ORG, "Its check digit does not fit."),
        ("304500116000158", SOLE, "Its check digit does not fit."),
        ("304500116000157", ORG, MIXED),
        ("1027700132195", SOLE, MIXED),
        ("2027700132195", ORG, FIRST),
        ("0000000000000", ORG, FIRST),
        ("000000000000000", SOLE, FIRST),
        ("102770013219", ORG, "OGRN has 13 digits, OGRNIP 15; this has 12."),
        ("1027700132195", PERSON, "A person has no OGRN: leave it empty."),
        ("1234567890123456", FOREIGN, "15 characters at most; this has 16."),
    ],
)
def test_ogrn_is_refused_with_its_reason(typed, kind, message):
    assert reason(requisites.clean_ogrn, typed, kind) == message


# --- Bank accounts ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "bik",
    ["044525225", "010702101", "017003983", "000000001", "100000000", "299999999"],
)
def test_bik_of_any_prefix(bik):
    assert requisites.clean_bik(f"{bik[:2]} {bik[2:]}", ORG) == bik


@pytest.mark.parametrize("typed", ["", "04452522", "0445252251", "O44525225", "SABRRUMM"])
def test_bik_has_nine_digits(typed):
    assert reason(requisites.clean_bik, typed, ORG) == "A BIK has 9 digits."


def test_bik_of_zeros_is_refused():
    assert reason(requisites.clean_bik, "000000000", ORG) == "A BIK is not all zeros."


@pytest.mark.parametrize(
    ("account", "bik"),
    [
        ("30101810400000000225", SBER),
        ("3010 1810 4000 0000 0225", SBER),
        ("40102810345370000013", "010702101"),  # the Treasury's single account
        ("40102810445370000059", "017003983"),
        ("30101810800000000746", "049805746"),  # document 515's first example, key 8
        ("", "049805000"),  # an account in a Bank of Russia unit has none
    ],
)
def test_correspondent_account_is_cleaned(account, bik):
    assert requisites.clean_correspondent_account(account, bik, ORG) == requisites.strip(account)


BEGINS = "20 digits beginning 301 (the Treasury's 40102)."


@pytest.mark.parametrize(
    ("account", "bik", "message"),
    [
        ("30101810500000000225", SBER, "It does not fit this BIK."),
        (
            "30101810400000000226",
            SBER,
            "Its last three digits (226) must equal the BIK's (225).",
        ),
        ("40102810345370000013", "010752101", "It does not fit this BIK."),
        ("40702810938120061991", SBER, BEGINS),
        ("3010181040000000022", SBER, BEGINS),
        ("0" * 20, SBER, BEGINS),
        ("", SBER, BEGINS),
    ],
)
def test_correspondent_account_is_refused_with_its_reason(account, bik, message):
    assert reason(requisites.clean_correspondent_account, account, bik, ORG) == message


@pytest.mark.parametrize(
    ("number", "bik", "currency"),
    [
        ("40702810938120061991", SBER, "RUB"),
        ("40702.810.9.38120061991".replace(".", " "), SBER, "RUB"),
        ("40702810800030005413", "044525187", "RUB"),
        (
            "40602810700000000025",
            "049805746",
            "RUB",
        ),  # document 515's second example, key 7
        ("03100643000000018500", "017003983", "RUB"),  # Treasury accounts have no key
        ("03224643450000007300", "004525988", "RUB"),
    ],
)
def test_account_number_is_cleaned(number, bik, currency):
    cleaned = requisites.clean_account_number(number, bik, currency, ORG)
    assert cleaned == number.replace(" ", "")


@pytest.mark.parametrize(
    ("number", "bik", "currency", "message"),
    [
        ("40702810938000060473", SBER, "RUB", "It does not fit the BIK: check both."),
        (
            "40702810800030005413",
            "044525188",
            "RUB",
            "It does not fit the BIK: check both.",
        ),
        ("40702810938120061991", SBER, "USD", "Digits 6–8 say RUB, but USD is chosen."),
        ("40702756938120061991", SBER, "RUB", "Digits 6–8 say 756, but RUB is chosen."),
        ("4070281093812006199", SBER, "RUB", "20 digits; this has 19."),
        ("", SBER, "RUB", "20 digits; this has 0."),
        ("40702Z10938120061991", SBER, "RUB", "20 digits; this has 19."),
        ("0" * 20, SBER, "RUB", "It does not fit the BIK: check both."),
    ],
)
def test_account_number_is_refused_with_its_reason(number, bik, currency, message):
    assert reason(requisites.clean_account_number, number, bik, currency, ORG) == message


@pytest.mark.parametrize(
    ("code", "currency"),
    [
        ("810", "RUB"),
        ("643", "RUB"),
        ("840", "USD"),
        ("978", "EUR"),
        ("156", "CNY"),
        ("398", "KZT"),
        ("933", "BYN"),
    ],
)
def test_digits_6_to_8_are_the_currency(code, currency):
    number = requisites.with_key(f"40702{code}000000000001", "225")
    assert requisites.clean_account_number(number, SBER, currency, ORG) == number


def test_a_letter_at_position_6_counts_as_its_digit():
    for digit, letter in enumerate("ABCEHKMPTX"):
        number = requisites.with_key(f"40702{letter}98000000000001", "225")
        as_digits = requisites.with_key(f"40702{digit}98000000000001", "225")
        assert number[8] == as_digits[8]
        assert requisites.clean_account_number(number.lower(), SBER, "RUB", ORG) == number


def test_without_a_good_bik_only_the_format_is_checked():
    assert requisites.clean_account_number("40702810038120061991", "", "RUB", ORG)
    assert requisites.clean_correspondent_account("30101810500000000225", "", ORG)


def test_rule_a_is_used_at_a_bank_of_russia_unit():
    number = requisites.with_key("40702810000000000001", requisites.prefix_a("049805001"))
    assert requisites.prefix_a("049805001") == "005"
    assert requisites.clean_account_number(number, "049805001", "RUB", ORG) == number


def test_foreign_requisites_are_free():
    iban = "de89 3704 0044 0532 0130 00"
    assert requisites.clean_account_number(iban, "", "EUR", FOREIGN) == "DE89370400440532013000"
    assert requisites.clean_bik("COBADEFFXXX", FOREIGN) == "COBADEFFXXX"
    assert requisites.clean_bik("", FOREIGN) == ""
    assert requisites.clean_correspondent_account("", "", FOREIGN) == ""
    assert "34" in reason(requisites.clean_account_number, "1" * 35, "", "EUR", FOREIGN)
    assert "34" in reason(requisites.clean_account_number, "", "", "EUR", FOREIGN)
    assert "11" in reason(requisites.clean_bik, "COBADEFFXXXX", FOREIGN)


# --- Properties -------------------------------------------------------------------------


def digits(length: int, first: str = "0123456789") -> st.SearchStrategy[str]:
    rest = st.text("0123456789", min_size=length - 1, max_size=length - 1)
    return st.tuples(st.sampled_from(first), rest).map("".join)


def completions(number: str, fits) -> list[str]:
    return [number + digit for digit in "0123456789" if fits(number + digit)]


@given(digits(9, "123456789"))
def test_exactly_one_last_digit_completes_an_inn(start):
    (inn,) = completions(start, requisites.inn_fits)
    assert requisites.clean_inn(inn, ORG) == inn


@given(digits(10, "123456789"))
def test_exactly_one_pair_of_digits_completes_a_persons_inn(start):
    fitting = [inn for pair in range(100) if requisites.inn_fits(inn := f"{start}{pair:02}")]
    assert len(fitting) == 1
    assert requisites.clean_inn(fitting[0], SOLE) == fitting[0]


@given(digits(12, "15"))
def test_exactly_one_last_digit_completes_an_ogrn(start):
    (ogrn,) = completions(start, requisites.ogrn_fits)
    assert requisites.clean_ogrn(ogrn, ORG) == ogrn


@given(digits(14, "34"))
def test_exactly_one_last_digit_completes_an_ogrnip(start):
    (ogrnip,) = completions(start, requisites.ogrn_fits)
    assert int(ogrnip[-1]) == int(start) % 13 % 10
    assert requisites.clean_ogrn(ogrnip, SOLE) == ogrnip


@given(digits(20, "4"), digits(9), st.integers(0, 19), st.integers(1, 9))
def test_one_wrong_digit_of_an_account_is_caught(number, bik, position, shift):
    prefix = requisites.prefix_of(bik)
    good = requisites.with_key(number, prefix)
    assert requisites.key_fits(good, prefix)
    wrong = str((int(good[position]) + shift) % 10)
    assert not requisites.key_fits(good[:position] + wrong + good[position + 1 :], prefix)


@given(digits(12, "15"), st.integers(0, 12), st.integers(1, 9))
def test_one_wrong_digit_of_an_ogrn_is_caught_or_falls_on_remainder_10(start, position, shift):
    (ogrn,) = completions(start, requisites.ogrn_fits)
    wrong = str((int(ogrn[position]) + shift) % 10)
    changed = ogrn[:position] + wrong + ogrn[position + 1 :]
    # Remainders 0 and 10 share the check digit 0: the rule itself cannot tell these two apart.
    remainders = {int(ogrn[:-1]) % 11, int(changed[:-1]) % 11}
    assert not requisites.ogrn_fits(changed) or remainders == {0, 10}


@given(st.text(max_size=40), st.sampled_from([ORG, SOLE, PERSON, STATE, FOREIGN]))
def test_whatever_is_typed_is_cleaned_or_refused(text, kind):
    for clean in (requisites.clean_inn, requisites.clean_kpp, requisites.clean_ogrn):
        try:
            cleaned = clean(text, kind)
        except ValidationError:
            continue
        assert clean(cleaned, kind) == cleaned


@given(digits(9, "123456789"), st.integers(0, 8), st.integers(1, 9))
def test_one_wrong_digit_of_an_inn_is_caught_or_falls_on_remainder_10(start, position, shift):
    (inn,) = completions(start, requisites.inn_fits)
    wrong = str((int(inn[position]) + shift) % 10)
    changed = inn[:position] + wrong + inn[position + 1 :]
    weights = (2, 4, 10, 3, 5, 9, 4, 6, 8)
    remainders = {
        sum(w * int(d) for w, d in zip(weights, text, strict=False)) % 11 for text in (inn, changed)
    }
    assert not requisites.inn_fits(changed) or remainders == {0, 10}
