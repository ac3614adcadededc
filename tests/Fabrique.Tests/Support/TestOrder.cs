using System.Globalization;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCaseOrderer(typeof(Fabrique.Tests.TestOrder))]
[assembly: TestCollectionOrderer(typeof(Fabrique.Tests.TestOrder))]

namespace Fabrique.Tests;

/// <summary>
/// Classes that take minutes begin first, so that none of them is alone at the end. All else is in an order that looks like none, and is
/// the same wherever the project lies: the framework's own depends on the folder, so that a test which another one disturbs would fail on
/// one machine and never on the next. Another number in the variable <c>FABRIQUE_TEST_ORDER</c> makes another order.
/// </summary>
public sealed class TestOrder : ITestCaseOrderer, ITestCollectionOrderer
{
    private static readonly int Seed = int.Parse(
        Environment.GetEnvironmentVariable("FABRIQUE_TEST_ORDER") ?? "1",
        CultureInfo.InvariantCulture
    );

    // Classes and collections by their length, most of it spent on waiting for processes and brokers that come back.
    private static readonly Type[] Longest =
    [
        typeof(NodeFaults),
        typeof(SiteChecksTests),
        typeof(NodeOnRabbitMqTests),
        typeof(NodePostgreSqlFaults),
        typeof(NodeWithPages),
        typeof(NodeOnPostgreSqlTests),
        typeof(JoiningTests),
        typeof(NodeFullDisk),
        typeof(NodeInMemoryTests),
        typeof(SignInTests),
        typeof(SidecarRabbitMq),
        typeof(ApiExamplesTests),
    ];

    public IReadOnlyCollection<TTestCase> OrderTestCases<TTestCase>(IReadOnlyCollection<TTestCase> testCases)
        where TTestCase : notnull, ITestCase => Shuffled(testCases, test => test.TestCaseDisplayName);

    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection =>
        [
            .. Shuffled(testCollections, collection => collection.TestCollectionDisplayName)
                .OrderBy(collection => Rank(collection.TestCollectionDisplayName)),
        ];

    private static int Rank(string name) =>
        Array.FindIndex(Longest, type => name.Contains($"{type.FullName} ", StringComparison.Ordinal)) is >= 0 and var rank
            ? rank
            : Longest.Length;

    private static T[] Shuffled<T>(IEnumerable<T> tests, Func<T, string> name)
    {
        var shuffled = tests.OrderBy(name, StringComparer.Ordinal).ToArray();
        new Random(Seed).Shuffle(shuffled);
        return shuffled;
    }
}
