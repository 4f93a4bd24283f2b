"""A schema with a bit of everything, and what AppSync says of documents against it."""

from graphql import parse

from local.appsync.validation import validate
from local.contract import read_contract

SDL = """
type Query {
  post(id: ID!, at: AWSDateTime): Post
  posts(filter: Filter, ids: [ID!], first: Int = 3): [Post!]!
  search: [Hit]
  node: Node
  ok: Boolean!
  done: Boolean
}
type Mutation { add(input: AddInput!, data: AWSJSON): Post }
type Subscription { added: Post removed: Post }
interface Node { id: ID! self: Node }
type Post implements Node {
  id: ID!
  title(length: Int): String
  author: User
  tags: [String]
  kind: Kind
  self: Post
}
type User implements Node { id: ID! name: String title: Int posts: [Post] self: User }
union Hit = Post | User
enum Kind { A B }
input Filter { kind: Kind and: [Filter!] title: String! = "x" tags: [String!] }
input AddInput { title: String! rank: Int nested: Filter }
"""
SCHEMA = read_contract(SDL)


def messages(document: str) -> list[str]:
    prefix = "Validation error of type "
    return [e["message"].removeprefix(prefix) for e in validate(SCHEMA, parse(document))]
