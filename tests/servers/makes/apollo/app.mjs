// Apollo Server's guide to begin with.
import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";

const typeDefs = `type Book { title: String author: String } type Query { books: [Book] }`;
const resolvers = { Query: { books: () => [{ title: "City of Glass", author: "Paul Auster" }] } };
const server = new ApolloServer({ typeDefs, resolvers });
await startStandaloneServer(server, {
  listen: { host: process.argv[2], port: Number(process.argv[3]) },
});
