// What a first visit shows; from then on the browser remembers the visitor's own tabs.
const PRODUCTS = `{
  products(category: "book") {
    name
    description
    price
  }
}
`;

const SEARCH = `query Search {
  searchProducts(
    text: "hitchhiker"
    sort: { field: RELEVANCE }
    limit: 5
  ) {
    items {
      name
      price
      category {
        name
      }
    }
    nextToken
  }
}
`;

export const DEFAULT_TABS = [{ query: PRODUCTS }, { query: SEARCH }];
