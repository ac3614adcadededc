using Fabrique.Sidecar;

namespace Fabrique.Tests;

/// <summary>The rules of the sidecar that need no broker: conditions and circuits.</summary>
public sealed class SidecarRulesTests
{
    private static readonly Dictionary<string, string> Attributes = new()
    {
        ["type"] = "published",
        ["source"] = "node 1",
        ["subject"] = "a && b",
    };

    [Theory]
    [InlineData("""event.type == "published" """, true)]
    [InlineData("event.type=='published'", true)]
    [InlineData("""event.type == "Published" """, false)]
    [InlineData("""event.type != "published" """, false)]
    [InlineData("""event.type == "published" && event.source == 'node 1'""", true)]
    [InlineData("""event.type == "published" && event.source != 'node 1'""", false)]
    [InlineData("""event.subject == "a && b" """, true)]
    [InlineData("""event.type in ["withdrawn", 'published']""", true)]
    [InlineData("""event.type in ["withdrawn"] && event.type == "published" """, false)]
    [InlineData("""event.dataschema == "x" """, false)]
    [InlineData("""event.dataschema != "x" """, true)]
    public void A_condition_is_read_as_dapr_reads_it(string condition, bool holds) =>
        Assert.Equal(holds, Condition.Parse(condition)!.Holds(Attributes));

    [Theory]
    [
        InlineData(""),
        InlineData("true"),
        InlineData("event.type"),
        InlineData("event.type == published"),
        InlineData("event.type == \"a\" &&")
    ]
    [
        InlineData("event.type == \"a\" || event.type == \"b\""),
        InlineData("!(event.type == \"a\")"),
        InlineData("event.type in []"),
        InlineData("event.typein [\"a\"]x")
    ]
    [
        InlineData("event.data == \"a\""),
        InlineData("event.data.title == \"a\""),
        InlineData("event.type == \"a\\n\""),
        InlineData("event.type == \"a\" event.id == \"b\"")
    ]
    [
        InlineData("event.time > \"2026\""),
        InlineData("Event.type == \"a\""),
        InlineData("event.type.startsWith(\"a\")"),
        InlineData("event.type == \"a\"\n;")
    ]
    public void What_is_no_such_condition_is_refused(string condition) => Assert.Null(Condition.Parse(condition));

    [Fact]
    public void Attributes_are_the_texts_of_the_envelope_without_its_data()
    {
        var envelope =
            """{"id":"1","data":{"type":"inner","list":[{"source":"x"}]},"type":"outer","size":3,"datacontenttype":"application/json","data_base64":"AA=="}"""u8;
        Assert.Equal(
            new Dictionary<string, string>
            {
                ["id"] = "1",
                ["type"] = "outer",
                ["datacontenttype"] = "application/json",
            },
            CloudEventEnvelope.Attributes(envelope.ToArray())
        );
    }

    [Fact]
    public void A_circuit_opens_after_failures_in_a_row_and_closes_when_all_that_try_succeed()
    {
        var time = new Clock();
        var circuit = new CircuitBreaker(
            new CircuitBreakerPolicy(Failures: 3, MaxRequests: 2, Interval: TimeSpan.Zero, Timeout: TimeSpan.FromSeconds(10)),
            time
        );
        Calls(circuit, false, false, true, false, false);
        Assert.True(circuit.IsClosed);
        Calls(circuit, false);
        Assert.Null(circuit.TryEnter());
        Assert.False(circuit.IsClosed);

        time.Pass(TimeSpan.FromSeconds(10));
        var (first, second) = (circuit.TryEnter(), circuit.TryEnter());
        Assert.True(first is { IsProbe: true } && second is { IsProbe: true });
        Assert.Null(circuit.TryEnter());
        circuit.Leave(first.Value, null);
        var third = circuit.TryEnter();
        circuit.Leave(second.Value, true);
        Assert.False(circuit.IsClosed);
        circuit.Leave(third!.Value, false);
        Assert.Null(circuit.TryEnter());

        time.Pass(TimeSpan.FromSeconds(10));
        Calls(circuit, true, true);
        Assert.True(circuit.IsClosed);
        Assert.False(circuit.TryEnter()!.Value.IsProbe);
    }

    [Fact]
    public void A_closed_circuit_forgets_its_failures_after_the_interval()
    {
        var time = new Clock();
        var circuit = new CircuitBreaker(
            new CircuitBreakerPolicy(Failures: 2, MaxRequests: 1, Interval: TimeSpan.FromSeconds(5), Timeout: TimeSpan.FromSeconds(10)),
            time
        );
        Calls(circuit, false);
        time.Pass(TimeSpan.FromSeconds(5));
        Calls(circuit, false);
        Assert.True(circuit.IsClosed);
        Calls(circuit, false);
        Assert.False(circuit.IsClosed);
    }

    [Fact]
    public async Task Those_who_wait_for_a_circuit_try_in_the_order_of_coming()
    {
        var circuit = new CircuitBreaker(
            new CircuitBreakerPolicy(Failures: 1, MaxRequests: 1, Interval: TimeSpan.Zero, Timeout: TimeSpan.FromMilliseconds(20)),
            TimeProvider.System
        );
        Calls(circuit, false);
        var waiting = Enumerable.Range(0, 5).Select(_ => circuit.EnterAsync(TestContext.Current.CancellationToken)).ToList();
        foreach (var next in waiting)
        {
            // Each that tries fails, and the circuit opens again for the next one.
            var pass = await next;
            Assert.True(pass.IsProbe);
            Assert.DoesNotContain(waiting.Skip(waiting.IndexOf(next) + 1), other => other.IsCompleted);
            circuit.Leave(pass, false);
        }
    }

    [Fact]
    public async Task Who_comes_when_the_pause_is_over_does_not_pass_those_who_wait()
    {
        var time = new Clock();
        var circuit = new CircuitBreaker(
            new CircuitBreakerPolicy(Failures: 1, MaxRequests: 1, Interval: TimeSpan.Zero, Timeout: TimeSpan.FromMinutes(10)),
            time
        );
        Calls(circuit, false);
        using var leave = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var waiting = circuit.EnterAsync(leave.Token);
        time.Pass(TimeSpan.FromMinutes(10));
        var later = circuit.EnterAsync(TestContext.Current.CancellationToken);
        Assert.False(later.IsCompleted);
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.True((await later).IsProbe);
    }

    private static void Calls(CircuitBreaker circuit, params bool[] results) =>
        Assert.All(results, succeeded => circuit.Leave(circuit.TryEnter()!.Value, succeeded));

    /// <summary>Time that passes when it is told to.</summary>
    private sealed class Clock : TimeProvider
    {
        private long _now;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => _now;

        public void Pass(TimeSpan time) => _now += time.Ticks;
    }
}
