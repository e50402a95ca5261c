"""What stands in the tables: the columns with their headings in both languages."""

from __future__ import annotations

from dataclasses import dataclass, field

from people.search import normalise


@dataclass(frozen=True)
class Column:
    """A column: its name here, its headings, an example; `digits`: how long its numbers are."""

    name: str
    russian: str
    english: str
    example: str = ""
    is_needed: bool = False
    digits: tuple[int, ...] = field(default=())

    @property
    def title(self) -> str:
        """The heading in the template: either half of it is known."""
        return f"{self.russian} / {self.english}"


PEOPLE = (
    Column("email", "Электронная почта", "E-mail", "anna@firm.example", is_needed=True),
    Column("full_name", "ФИО", "Full name", "Соколова Анна Петровна", is_needed=True),
    Column("position", "Должность", "Position", "менеджер по закупкам"),
    Column("phone", "Телефон", "Phone", "+7 495 000-00-01"),
    Column("language", "Язык", "Language", "ru"),
    Column("roles", "Роли", "Roles", "менеджер, бухгалтер"),
    Column("department", "Отдел", "Department", ""),
    Column("supervisor", "Руководитель (почта)", "Supervisor (e-mail)", ""),
)
COMPANIES = (
    Column("inn", "ИНН", "INN", "7799301010", is_needed=True, digits=(10, 12)),
    Column("kpp", "КПП", "KPP", "779901001", digits=(9,)),
    Column("name", "Наименование", "Name", "ООО «Ладья»", is_needed=True),
    Column("full_name", "Полное наименование", "Full company name"),
    Column("kind", "Вид", "Kind", "организация"),
    Column("ogrn", "ОГРН", "OGRN", digits=(13, 15)),
    Column("legal_address", "Юридический адрес", "Legal address"),
    Column("bik", "БИК", "BIK", "044525104", digits=(9,)),
    Column("bank_name", "Банк", "Bank", "ООО «Банк Точка»"),
    Column("correspondent_account", "Корр. счёт", "Correspondent account", "30101810745374525104"),
    Column("number", "Расчётный счёт", "Settlement account", "40702810799990000213"),
    Column("contact_name", "Контактное лицо", "Contact", "Иванова Мария"),
    Column("contact_position", "Должность контактного лица", "Contact's position"),
    Column("contact_email", "Почта контактного лица", "Contact's e-mail", "maria@supplier.example"),
    Column("contact_phone", "Телефон контактного лица", "Contact's phone"),
)
COLUMNS = {"people": PEOPLE, "companies": COMPANIES}


def column_of(heading: str, columns: tuple[Column, ...]) -> Column | None:
    """The column of a heading as it was typed: either language, or both with a stroke between."""
    whole = normalise(heading)
    for column in columns:
        known = {normalise(text) for text in (column.russian, column.english, column.title)}
        if whole in known:
            return column
    return None
