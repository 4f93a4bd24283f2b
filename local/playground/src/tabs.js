// What a first visit shows; from then on the browser remembers the visitor's own tabs.
// `as` is the caller that a tab begins with, if not the API key.
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

const ON_TODO = `# Run this, then the tab CreateTodo: what it makes arrives here.
subscription OnTodo {
  onTodo {
    id
    text
    done
    version
  }
}
`;

// AppSync hands subscribers no field that the mutation did not select.
const CREATE_TODO = `mutation CreateTodo {
  createTodo(input: { text: "Look into the other tab" }) {
    id
    text
    done
    version
  }
}
`;

export const DEFAULT_TABS = [
  { query: PRODUCTS },
  { query: SEARCH },
  { query: ON_TODO, as: 'user:alice' },
  { query: CREATE_TODO, as: 'user:alice' },
];
