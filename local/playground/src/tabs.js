// What a first visit shows; from then on the browser remembers the visitor's own tabs.
// `as` is the caller that a tab begins with, if not the API key.
const BOOKS = `query Books {
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

const ON_TODO = `# Run this, then the tab CreateTodo.
# What is made there arrives here.
subscription OnTodo {
  onTodo {
    id
    text
    done
    version
  }
}
`;

const CREATE_TODO = `# Subscribers get what is selected here, and no more.
# Without the owner, AppSync could not tell whose it is.
mutation CreateTodo {
  createTodo(
    input: { text: "Look into OnTodo" }
  ) {
    id
    owner
    text
    done
    version
  }
}
`;

const ON_READING = `# Run this, then "make devices" in a terminal.
# Alerts (onAlert) are for people: choose alice first.
subscription OnReading {
  onReading(
    filter: { deviceId: { eq: "sim-001" } }
  ) {
    deviceId
    metric
    value
    unit
    at
  }
}
`;

export const DEFAULT_TABS = [
  { query: BOOKS },
  { query: SEARCH },
  { query: ON_TODO, as: 'user:alice' },
  { query: CREATE_TODO, as: 'user:alice' },
  { query: ON_READING },
];
