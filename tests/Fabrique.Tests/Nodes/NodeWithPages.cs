namespace Fabrique.Tests;

/// <summary>Classes that look at the pages of one node, one class after the other: none stops anything there, and each writes in towns of its own.</summary>
[CollectionDefinition]
public sealed class NodeWithPages : ICollectionFixture<NodeInMemory>, ICollectionFixture<Browser>;
