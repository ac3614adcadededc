using Fabrique.Runner;

namespace Fabrique.Tests;

/// <summary>What <c>./fabrique test</c> makes of the messages of the test program.</summary>
public sealed class TestResultsTests
{
    [Fact]
    public void Those_that_began_and_did_not_end_are_known_by_name()
    {
        using var output = new StringWriter();
        var results = new TestResults(output);
        Assert.True(results.Take("""{"$type":"test-starting","TestUniqueID":"1","TestDisplayName":"One"}"""));
        Assert.True(results.Take("""{"$type":"test-starting","TestUniqueID":"2","TestDisplayName":"Two"}"""));
        Assert.True(results.Take("""{"$type":"test-finished","TestUniqueID":"1"}"""));
        Assert.Equal(["Two"], results.Running);
    }

    [Theory]
    [InlineData("info: Microsoft.Hosting.Lifetime[0] Application started."), InlineData("12"), InlineData("{"), InlineData("")]
    [InlineData("""{"$type":"diagnostic-message","Message":"[Long Running Test] One"}""")]
    public void What_services_say_and_that_a_test_is_long_are_no_news(string line)
    {
        using var output = new StringWriter();
        Assert.False(new TestResults(output).Take(line));
    }
}
