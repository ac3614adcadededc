namespace Fabrique.Tests;

/// <summary>
/// Classes that look at the pages of one node, one class after the other: none stops anything there, nor counts what another writes.
/// </summary>
[CollectionDefinition]
public sealed class NodeWithPages : ICollectionFixture<NodeInMemory>, ICollectionFixture<Browser>;
