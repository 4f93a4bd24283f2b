"""The contract as a Strawberry schema, built at import: no type, field or argument is stated twice.

Strawberry's classes are made from the SDL's types. A field that has a binding goes to the request's
`Fields.resolve`; every other one is looked up in its parent's JSON.
"""

import inspect
import sys
import types
from collections.abc import Callable, Collection
from enum import Enum
from typing import Annotated, Any, NewType, Optional, Union

import strawberry
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLResolveInfo,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_abstract_type,
    is_specified_scalar_type,
    value_from_ast,
)
from strawberry.schema.config import StrawberryConfig

from local.resolution import PREFIX, bound, look_up, unbound

MODULE = "twinberry_mirror"
BUILT_IN = {"ID": strawberry.ID, "String": str, "Int": int, "Float": float, "Boolean": bool}


def mirror(contract: GraphQLSchema, bound: Collection[str]) -> strawberry.Schema:
    """Build the Strawberry schema of a contract; `bound` names the fields that have a resolver."""
    return _Mirror(contract, frozenset(bound)).schema()


class _Mirror:
    def __init__(self, contract: GraphQLSchema, bound: frozenset[str]) -> None:
        self.contract = contract
        self.bound = bound
        # Strawberry resolves annotations, which are names here, in the module of the class: types
        # may be recursive, and this module is where they all meet.
        self.module = types.ModuleType(MODULE)
        sys.modules[MODULE] = self.module
        vars(self.module).update(BUILT_IN, Optional=Optional)
        self.scalars: dict[object, Any] = {}

    def schema(self) -> strawberry.Schema:
        named = [t for t in self.contract.type_map.values() if not t.name.startswith("__")]
        roots = [
            self.contract.query_type,
            self.contract.mutation_type,
            self.contract.subscription_type,
        ]
        makers: dict[type, Callable[[Any], Any]] = {
            GraphQLScalarType: self._scalar,
            GraphQLEnumType: self._enum,
            GraphQLInputObjectType: self._input,
            GraphQLInterfaceType: self._interface,
            GraphQLObjectType: self._object,
            GraphQLUnionType: self._union,
        }
        # In this order: a class needs its bases, a union its members. The roots come last, since
        # they name most of the others, and what is made already is quickly referred to.
        for kind, make in makers.items():
            for each in sorted(named, key=roots.__contains__):
                if type(each) is kind and not is_specified_scalar_type(each):
                    setattr(self.module, each.name, make(each))
        query, mutation, subscription = (self._root(root) for root in roots)
        assert query is not None  # AppSync, too, demands one
        schema = strawberry.Schema(
            query=query,
            mutation=mutation,
            subscription=subscription,
            types=[getattr(self.module, t.name) for t in named if isinstance(t, GraphQLObjectType)],
            config=StrawberryConfig(
                auto_camel_case=False,
                default_resolver=look_up,
                scalar_map=self.scalars,
                disable_field_suggestions=True,
            ),
        )
        for coordinate in self.bound:
            owner, _, name = coordinate.partition(".")
            mirrored = schema._schema.type_map.get(owner)
            # A binding without a field is a mistake, which tests/contract names; no reason to fail.
            if isinstance(mirrored, GraphQLObjectType) and name in mirrored.fields:
                mirrored.fields[name].resolve = bound(coordinate)
        return schema

    def _root(self, kind: GraphQLObjectType | None) -> type | None:
        return None if kind is None else getattr(self.module, kind.name)

    def _scalar(self, scalar: GraphQLScalarType) -> Any:
        python_type = NewType(scalar.name, object)  # type: ignore[misc]  # made, not written
        self.scalars[python_type] = strawberry.scalar(
            name=scalar.name,
            description=scalar.description,
            serialize=scalar.serialize,
            parse_value=scalar.parse_value,
            parse_literal=scalar.parse_literal,
        )
        return python_type

    def _enum(self, enum: GraphQLEnumType) -> Any:
        values = {
            name: strawberry.enum_value(name, **_texts(value))
            for name, value in enum.values.items()
        }
        members = Enum(enum.name, values, module=MODULE)  # type: ignore[misc]  # built, not written
        return strawberry.enum(members, name=enum.name, description=enum.description)

    def _input(self, kind: GraphQLInputObjectType) -> Any:
        annotations = {name: self._annotation(field.type) for name, field in kind.fields.items()}
        members = {name: self._input_field(name, field) for name, field in kind.fields.items()}
        cls = self._class(kind.name, (), annotations, members)
        return strawberry.input(cls, name=kind.name, description=kind.description)

    def _input_field(self, name: str, field: GraphQLInputField) -> Any:
        texts = _texts(field)
        if isinstance(field.type, GraphQLNonNull) and field.default is None:
            return strawberry.field(name=name, **texts)
        # A factory, because the default may be a list, or an input type that is not made yet.
        return strawberry.field(name=name, default_factory=lambda: self._default(field), **texts)

    def _interface(self, kind: GraphQLInterfaceType) -> Any:
        cls = self._class(kind.name, self._bases(kind), *self._fields(kind))
        return strawberry.interface(cls, name=kind.name, description=kind.description)

    def _object(self, kind: GraphQLObjectType) -> Any:
        cls = self._class(kind.name, self._bases(kind), *self._fields(kind))
        if self._in_abstract(kind):
            # A dict says of which type it is by __typename, as AppSync wants it.
            cls.is_type_of = _named(kind.name)  # type: ignore[attr-defined]
        return strawberry.type(cls, name=kind.name, description=kind.description)

    def _union(self, kind: GraphQLUnionType) -> Any:
        members = tuple(getattr(self.module, member.name) for member in kind.types)
        union = strawberry.union(kind.name, description=kind.description)
        return Annotated[Union[members], union]  # noqa: UP007 - made at run time

    def _class(
        self,
        name: str,
        bases: tuple[type, ...],
        annotations: dict[str, Any],
        members: dict[str, Any],
    ) -> type:
        body = {PREFIX + member: value for member, value in members.items()}
        body |= {
            "__module__": MODULE,
            "__annotations__": {PREFIX + n: a for n, a in annotations.items()},
        }
        return types.new_class(name, bases, exec_body=lambda namespace: namespace.update(body))

    def _in_abstract(self, kind: GraphQLObjectType) -> bool:
        unions = (t for t in self.contract.type_map.values() if isinstance(t, GraphQLUnionType))
        return bool(kind.interfaces) or any(kind in union.types for union in unions)

    def _bases(self, kind: GraphQLObjectType | GraphQLInterfaceType) -> tuple[type, ...]:
        return tuple(getattr(self.module, interface.name) for interface in kind.interfaces)

    def _fields(
        self, kind: GraphQLObjectType | GraphQLInterfaceType
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        annotations = {name: self._annotation(field.type) for name, field in kind.fields.items()}
        members = {name: self._field(kind.name, name, field) for name, field in kind.fields.items()}
        return annotations, members

    def _field(self, owner: str, name: str, field: GraphQLField) -> Any:
        coordinate = f"{owner}.{name}"
        if coordinate not in self.bound and not field.args:
            return strawberry.field(name=name, **_texts(field))
        answer = unbound(name)  # of a bound field, for its arguments alone
        answer.__signature__ = self._signature(field)
        answer.__module__ = MODULE
        return strawberry.field(resolver=answer, name=name, **_texts(field))

    def _signature(self, field: GraphQLField) -> inspect.Signature:
        positional = inspect.Parameter.POSITIONAL_OR_KEYWORD
        parameters = [inspect.Parameter("root", positional, annotation=Any)]
        for name, argument in field.args.items():
            reference: Any = self._annotation(argument.type)
            annotation = Annotated[reference, strawberry.argument(name=name, **_texts(argument))]
            default = self._default(argument)
            keyword = inspect.Parameter.KEYWORD_ONLY
            parameters.append(
                inspect.Parameter(PREFIX + name, keyword, annotation=annotation, default=default)
            )
        return inspect.Signature(parameters, return_annotation=self._annotation(field.type))

    def _annotation(self, kind: Any, *, nullable: bool = True) -> Any:
        if isinstance(kind, GraphQLNonNull):
            return self._annotation(kind.of_type, nullable=False)
        if isinstance(kind, GraphQLList):
            element = self._annotation(kind.of_type)
            known = not isinstance(element, str)
            inner = types.GenericAlias(list, element) if known else f"list[{element}]"
        else:
            # The name of a type that is not made yet is evaluated, in vain, again and again.
            inner = getattr(self.module, kind.name, kind.name)
        if not nullable:
            return inner
        return f"Optional[{inner}]" if isinstance(inner, str) else Optional[inner]  # noqa: UP045

    def _default(self, slot: GraphQLArgument | GraphQLInputField) -> Any:
        """Give the default of an argument or input field, as Strawberry wants it."""
        if slot.default is None:
            return (
                inspect.Parameter.empty
                if isinstance(slot.type, GraphQLNonNull)
                else strawberry.UNSET
            )
        return self._python(slot.type, value_from_ast(slot.default.literal, slot.type))

    def _python(self, kind: Any, value: Any) -> Any:
        if value is None:
            return None
        if isinstance(kind, GraphQLNonNull):
            return self._python(kind.of_type, value)
        if isinstance(kind, GraphQLList):
            return [self._python(kind.of_type, item) for item in value]
        if isinstance(kind, GraphQLEnumType):
            return getattr(self.module, kind.name)[value]
        if isinstance(kind, GraphQLInputObjectType):
            given = {
                PREFIX + name: self._python(kind.fields[name].type, item)
                for name, item in value.items()
            }
            return getattr(self.module, kind.name)(**given)
        return value


def _named(type_name: str) -> Callable[[Any, GraphQLResolveInfo[Any]], bool]:
    def is_type_of(value: Any, info: GraphQLResolveInfo[Any]) -> bool:
        if not is_abstract_type(get_named_type(info.return_type)):
            return True  # only where there is a choice must the value say
        return isinstance(value, dict) and value.get("__typename") == type_name

    return is_type_of


def _texts(part: Any) -> dict[str, Any]:
    return {"description": part.description, "deprecation_reason": part.deprecation_reason}
