using System.Globalization;
using Xunit.Sdk;
using Xunit.v3;

[assembly: TestCaseOrderer(typeof(Fabrique.Tests.TestOrder))]
[assembly: TestCollectionOrderer(typeof(Fabrique.Tests.TestOrder))]

namespace Fabrique.Tests;

/// <summary>
/// An order that looks like none, and is the same wherever the project lies: the framework's own depends on the folder, so that a test which another one disturbs
/// would fail on one machine and never on the next. Another number in the variable <c>FABRIQUE_TEST_ORDER</c> makes another order.
/// </summary>
public sealed class TestOrder : ITestCaseOrderer, ITestCollectionOrderer
{
    private static readonly int Seed = int.Parse(
        Environment.GetEnvironmentVariable("FABRIQUE_TEST_ORDER") ?? "1",
        CultureInfo.InvariantCulture
    );

    public IReadOnlyCollection<TTestCase> OrderTestCases<TTestCase>(IReadOnlyCollection<TTestCase> testCases)
        where TTestCase : notnull, ITestCase => Shuffled(testCases, test => test.TestCaseDisplayName);

    public IReadOnlyCollection<TTestCollection> OrderTestCollections<TTestCollection>(IReadOnlyCollection<TTestCollection> testCollections)
        where TTestCollection : ITestCollection => Shuffled(testCollections, collection => collection.TestCollectionDisplayName);

    private static T[] Shuffled<T>(IEnumerable<T> tests, Func<T, string> name)
    {
        var shuffled = tests.OrderBy(name, StringComparer.Ordinal).ToArray();
        new Random(Seed).Shuffle(shuffled);
        return shuffled;
    }
}
