"""Ask MiniStack's DynamoDB the same things as mended and as it comes; fails where they differ.

Run by the Python of the cloud environment: `unlike.py MENDING SEED OPERATIONS`. Prints what it did.
"""

import importlib
import json
import logging
import random
import sys
from collections import Counter
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

WORDS = ("a", "ab", "abc", "b", "ba", "é", "z", "\U0001f600", "\uffff", "0", "10", "9")
NUMBERS = ("0", "-1", "1", "9", "10", "2.5", "1e3", "-0.001", "12345678901234567890.5", "10.0")
BYTES = ("AA==", "AQ==", "/w==", "YQ==", "YWI=", "YWL/")
TYPES = ("S", "N", "B")
NAME = "name"  # a word that DynamoDB reserves
BULKY = "x" * 300_000  # four are more than a page


def load(path: Path, name: str) -> Any:
    """Load a module from a file, under a name of its own."""
    spec = spec_from_file_location(name, path)
    assert spec and spec.loader
    module = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Pair:
    """Both, doing all in step; one keeps the orders and counts how often they were of use."""

    def __init__(self, mending: Path, few: int) -> None:
        self.mended: Any = importlib.import_module("ministack.services.dynamodb")
        self.plain = load(Path(str(self.mended.__file__)), "dynamodb_as_it_comes")
        self.did: Counter[str] = Counter()
        answers = load(mending.with_name("ministack_answers.py"), "answers")
        for name in ("_holds", "_below_a_page", "_attributes"):
            setattr(answers, name, self._counting(name, getattr(answers, name)))
        answers.install(self.mended)
        load(mending.with_name("ministack_orders.py"), "ministack_orders")
        indexes = load(mending, "indexes")
        indexes.FEW = few
        narrow = indexes.Indexes.narrow

        def counted(this: Any, table: Any, data: Any) -> Any:
            narrowed = narrow(this, table, data)
            self.did["narrowed" if narrowed is not table else "asked of the whole table"] += 1
            return narrowed

        indexes.Indexes.narrow = counted
        indexes.install(self.mended)

    def _counting(self, name: str, test: Any) -> Any:
        def counted(*arguments: Any) -> Any:
            found = test(*arguments)
            self.did[f"{name} {bool(found)}"] += 1
            return found

        return counted

    def do(self, operation: str, **request: Any) -> dict[str, Any]:
        """Ask both; gives the answer."""
        answers: list[tuple[int, Any, Any]] = []
        for module in (self.mended, self.plain):
            try:
                status, headers, body = getattr(module, operation)(json.loads(json.dumps(request)))
                answers.append((status, headers, json.loads(body)))
            except Exception as error:
                answers.append((500, {}, {"failed": type(error).__name__}))
        status, _, answer = answers[0]
        self.did[f"{operation} {status}"] += 1
        self.did["pages of 1 MB"] += "Limit" not in request and "LastEvaluatedKey" in answer
        if operation not in ("_create_table", "_update_table", "_delete_table"):  # these tell times
            assert answers[0] == answers[1], f"{operation} {request}\n{answers[0]}\n{answers[1]}"
        return dict(answer)

    def remember(self) -> None:
        """Put both through a save and a load."""
        persistence: Any = importlib.import_module("ministack.core.persistence")
        for module in (self.mended, self.plain):
            text = json.dumps(module.get_state(), default=persistence._json_default)
            module.reset()
            module.load_persisted_state(json.loads(text, object_hook=persistence._json_object_hook))
        self.did["saved and loaded"] += 1


class Player:
    """Makes up what to ask."""

    def __init__(self, pair: Pair, seed: int) -> None:
        self.pair, self.chance = pair, random.Random(seed)  # noqa: S311 - no secret
        self.tables: dict[str, dict[str, str]] = {}

    def one_of(self, *choices: Any) -> Any:
        return self.chance.choice(choices)

    def value(self, type_: str) -> dict[str, str]:
        if type_ == "N":
            return {"N": self.one_of(*NUMBERS)}
        if type_ == "B":
            return {"B": self.one_of(*BYTES)}
        return {"S": self.one_of(*WORDS)}

    def make_table(self) -> None:
        name = f"table-{self.chance.randrange(4)}"
        self.pair.do("_delete_table", TableName=name)
        types = {each: self.one_of(*TYPES) for each in ("p", "s", "g", NAME, "l")}
        types["p"] = "S"
        sort = [{"AttributeName": "s", "KeyType": "RANGE"}]
        projections = ({"ProjectionType": "ALL"}, {"ProjectionType": "KEYS_ONLY"})

        def index(name: str, partition: str, *sort: str) -> dict[str, Any]:
            keys = [{"AttributeName": partition, "KeyType": "HASH"}]
            keys += [{"AttributeName": each, "KeyType": "RANGE"} for each in sort]
            return {"IndexName": name, "KeySchema": keys, "Projection": self.one_of(*projections)}

        request: dict[str, Any] = {
            "TableName": name,
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}],
            "GlobalSecondaryIndexes": [
                index("by-g", "g", NAME),
                index("by-g-alone", "g"),
                index("by-h", NAME, "p"),
            ],
        }
        if self.chance.random() < 0.8:
            request["KeySchema"] += sort
            request["LocalSecondaryIndexes"] = [index("by-l", "p", "l")]
        else:
            del types["s"], types["l"]
        request["AttributeDefinitions"] = [
            {"AttributeName": each, "AttributeType": type_} for each, type_ in types.items()
        ]
        answer = self.pair.do("_create_table", **request)
        assert "TableDescription" in answer, answer
        self.tables[name] = types

    def key(self, types: dict[str, str]) -> dict[str, Any]:
        key = {"p": {"S": self.one_of("one", "two")}}
        return key | ({"s": self.value(types["s"])} if "s" in types else {})

    def item(self, types: dict[str, str]) -> dict[str, Any]:
        item = self.key(types)
        for name in ("g", NAME, "l"):
            if name in types and self.chance.random() < 0.8:
                type_ = types[name] if self.chance.random() < 0.98 else self.one_of(*TYPES)
                item[name] = self.value(type_)
        bulky = self.chance.random() < 0.3
        return (
            item
            | {"n": {"N": str(self.chance.randrange(9))}}
            | {"text": {"S": BULKY if bulky else "short"}}
        )

    def write(self) -> None:
        name, types = self.one_of(*self.tables.items())
        action, table = self.chance.random(), {"TableName": name}
        if action < 0.4:
            self.pair.do("_put_item", **table, Item=self.item(types))
        elif action < 0.55:
            self.pair.do("_delete_item", **table, Key=self.key(types))
        elif action < 0.75:
            self.update(table, types)
        elif action < 0.85:
            puts = [{"PutRequest": {"Item": self.item(types)}} for _ in range(3)]
            gone = [{"DeleteRequest": {"Key": self.key(types)}}]
            self.pair.do("_batch_write_item", RequestItems={name: puts + gone}, **self.counted())
        elif action < 0.97:
            put = {"Put": table | {"Item": self.item(types)}}
            delete = {"Delete": table | {"Key": self.key(types)}}
            self.pair.do("_transact_write_items", TransactItems=[put, delete], **self.counted())
        else:
            self.roll_back(name, types)

    def counted(self) -> Any:
        return self.one_of({}, {"ReturnConsumedCapacity": "INDEXES"})

    def update(self, table: dict[str, str], types: dict[str, str]) -> None:
        changes = {f"#{each}": each for each in ("g", NAME, "l") if each in types}
        name = self.one_of(*changes)
        names = {name: changes[name]}
        request: dict[str, Any] = {"Key": self.key(types), "ExpressionAttributeNames": names}
        if self.chance.random() < 0.3:
            request["UpdateExpression"] = f"REMOVE {name}"
        else:
            request["UpdateExpression"] = f"SET {name} = :v"
            request["ExpressionAttributeValues"] = {":v": self.value(types[changes[name]])}
        self.pair.do("_update_item", **table, **request)

    def roll_back(self, name: str, types: dict[str, str]) -> None:
        """Have a PartiQL transaction fail: it puts all items back by other ways."""
        keys = [self.key(types), self.key(types)]
        where = " AND ".join(f"{each} = ?" for each in keys[0])
        texts = f'DELETE FROM "{name}" WHERE', f'UPDATE "{name}" SET n = 1 WHERE'  # noqa: S608
        statements = [
            {"Statement": f"{text} {where}", "Parameters": [*key.values()]}
            for text, key in zip(texts, keys, strict=True)
        ]
        self.pair.do("_execute_transaction", TransactStatements=statements)

    def condition(self, name: str, type_: str) -> tuple[str, dict[str, Any]]:
        test = self.one_of(
            "", "", f"{name} = :a", f"{name} < :a", f"{name} <= :a", f"{name} > :a",
            f"{name} >= :a", f":a < {name}", f":a>={name}", f"({name} > :a)",
            f"begins_with({name}, :a)", f"{name} BETWEEN :a AND :b", f"{name} <> :a",
        )  # fmt: skip
        types = [type_, self.one_of(*TYPES) if self.chance.random() < 0.03 else type_]
        values = {
            mark: self.value(each)
            for mark, each in zip((":a", ":b"), types, strict=True)
            if mark in test
        }
        return f" AND {test}" if test else "", values

    def query(self) -> None:
        table, types = self.one_of(*self.tables.items())
        keys: dict[str | None, tuple[str, ...]] = {
            None: ("p", "s") if "s" in types else ("p",),
            "by-g": ("g", NAME), "by-g-alone": ("g",), "by-h": (NAME, "p"), "by-l": ("p", "l"),
        }  # fmt: skip
        index = self.one_of(*keys)
        partition, *sort = keys[index]
        value = (
            {"S": self.one_of("one", "two")} if partition == "p" else self.value(types[partition])
        )
        request: dict[str, Any] = {"TableName": table} | ({"IndexName": index} if index else {})
        if self.chance.random() < 0.05:
            equals = {"ComparisonOperator": "EQ", "AttributeValueList": [value]}
            request["KeyConditions"] = {partition: equals}
        else:
            test, values = "", dict[str, Any]()
            if sort and sort[0] in types:
                name = "#s" if self.chance.random() < 0.9 else sort[0]
                test, values = self.condition(name, types[sort[0]])
            names = {"#p": partition} | ({"#s": sort[0]} if "#s" in test else {})
            request |= {
                "KeyConditionExpression": "#p = :p" + test,
                "ExpressionAttributeNames": names,
                "ExpressionAttributeValues": {":p": value} | values,
            }
            self.options(request)
        self.pages(request, types)

    def options(self, request: dict[str, Any]) -> None:
        if self.chance.random() < 0.5:
            request["Limit"] = self.one_of(1, 2, 3, 7, 2000)
        if self.chance.random() < 0.5:
            request["ScanIndexForward"] = self.one_of(True, False)
        if self.chance.random() < 0.2:
            request["FilterExpression"] = "n < :n"
            request["ExpressionAttributeValues"][":n"] = {"N": "5"}
        if self.chance.random() < 0.3:
            wanted = ("#p, #w", "#w,#p , g", "#w, #q", "#w", "#w, #w", "n, #w", "#w.m, #p")
            request["ProjectionExpression"] = self.one_of(*wanted)
            given = {"#w": self.one_of("n", "g", "p", "a.b", "never"), "#q": "s"}
            used = {mark for mark in given if mark in request["ProjectionExpression"]}
            names = request["ExpressionAttributeNames"]
            names |= {mark: name for mark, name in given.items() if mark in used}
        elif self.chance.random() < 0.1:
            request["Select"] = "COUNT"
        if self.chance.random() < 0.1:
            request["ConsistentRead"] = True
        if self.chance.random() < 0.2:
            request["ReturnConsumedCapacity"] = "INDEXES"

    def pages(self, request: dict[str, Any], types: dict[str, str]) -> None:
        """Ask for page after page, while what they end with may vanish, or from anywhere."""
        if self.chance.random() < 0.1:
            request["ExclusiveStartKey"] = self.item(types)
        for _ in range(4):
            answer = self.pair.do("_query", **request)
            if not (last := answer.get("LastEvaluatedKey")):
                return
            request["ExclusiveStartKey"] = last
            if self.chance.random() < 0.3:
                self.write()

    def expire(self) -> None:
        """Remove an item as the thread does that looks for what has expired."""
        name = self.one_of(*self.tables)
        for module in (self.pair.mended, self.pair.plain):
            table = module._tables.get(name)
            for partition, items in list(table["items"].items())[:1]:
                module._remove_item(table, partition, next(iter(items)))

    def another_index(self) -> None:
        name, types = self.one_of(*self.tables.items())
        if self.one_of(True, False):
            update: Any = {"Delete": {"IndexName": "by-g"}}
        else:
            keys = [("g", "HASH"), (NAME, "RANGE")]
            schema = [{"AttributeName": each, "KeyType": type_} for each, type_ in keys]
            update = {"Create": {
                "IndexName": "by-g", "KeySchema": schema, "Projection": {"ProjectionType": "ALL"},
            }}  # fmt: skip
        self.pair.do(
            "_update_table",
            TableName=name,
            AttributeDefinitions=[
                {"AttributeName": each, "AttributeType": types[each]} for each in ("g", NAME)
            ],
            GlobalSecondaryIndexUpdates=[update],
        )

    def play(self, operations: int) -> None:
        for _ in range(4):
            self.make_table()
        steps = {
            self.write: 600, self.query: 400, self.expire: 10, self.make_table: 2,
            self.another_index: 4, self.pair.remember: 3,
        }  # fmt: skip
        for step in self.chance.choices([*steps], [*steps.values()], k=operations):
            step()


def main() -> None:
    mending, seed, operations = sys.argv[1:]
    logging.disable()
    pair = Pair(Path(mending), 1 if int(seed) % 2 else 1000)  # both ways to tell what a page holds
    Player(pair, int(seed)).play(int(operations))
    print(json.dumps(pair.did))  # noqa: T201 - for the test


if __name__ == "__main__":
    main()
