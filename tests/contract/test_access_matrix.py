"""docs/access.md says what schema.graphql says."""

from pathlib import Path

from local.access_matrix import table
from local.contract import contract, read_contract

PAGE = Path(__file__).parents[2] / "docs" / "access.md"


def test_page_is_up_to_date() -> None:
    current = PAGE.read_text(encoding="utf-8") == table(contract())
    assert current, "make setup writes it anew"


def test_type_is_one_row_where_its_fields_agree() -> None:
    sdl = """
    type Query { a: A @aws_api_key  b: Int @aws_cognito_user_pools(cognito_groups: ["admin"]) }
    type A @aws_iam @aws_lambda { x: Int  y: Int }
    """
    rows = table(read_contract(sdl)).splitlines()[-3:]
    assert [[cell.strip() for cell in row.strip("|").split("|")] for row in rows] == [
        ["`Query.a`", "yes", "–", "–", "–", "–", "–", "–"],  # noqa: RUF001
        ["`Query.b`", "–", "–", "yes", "–", "–", "–", "–"],  # noqa: RUF001
        ["`A.*`", "–", "–", "–", "–", "–", "yes", "yes"],  # noqa: RUF001
    ]
