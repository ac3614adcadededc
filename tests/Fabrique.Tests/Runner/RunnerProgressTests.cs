using Fabrique.Runner;
using Microsoft.Extensions.Time.Testing;

namespace Fabrique.Tests;

/// <summary>When a process that is not healthy is given up.</summary>
public sealed class RunnerProgressTests
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private readonly FakeTimeProvider _clock = new();
    private readonly Progress _progress;

    public RunnerProgressTests() => _progress = new Progress(Minute, _clock);

    [Fact]
    public void A_process_that_computes_is_waited_for_even_where_it_gets_a_twentieth_of_a_processor()
    {
        for (var second = 0; second < 1200; second++)
        {
            Pass(TimeSpan.FromSeconds(1), used: TimeSpan.FromSeconds(second / 20.0));
        }
    }

    [Fact]
    public void A_process_that_says_how_far_it_is_is_waited_for()
    {
        for (var indexed = 0; indexed < 100; indexed++)
        {
            Pass(TimeSpan.FromSeconds(50), said: $"{indexed} of 100");
        }
    }

    [Fact]
    public void A_process_that_only_answers_is_given_up_also_when_it_says_two_things_in_turn()
    {
        for (var second = 0; second < 59; second++)
        {
            Pass(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(second / 100.0), second % 2 == 0 ? "one" : "two");
        }
        _clock.Advance(TimeSpan.FromSeconds(5));
        Assert.True(_progress.IsStalled);
    }

    [Fact]
    public void A_process_that_ends_and_starts_again_has_to_get_further_each_time()
    {
        for (var second = 0; second < 75; second++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            // Ten seconds of work, and it ends.
            _progress.Note(TimeSpan.FromSeconds(second % 10), "");
        }
        Assert.True(_progress.IsStalled);
    }

    private void Pass(TimeSpan time, TimeSpan used = default, string said = "")
    {
        _clock.Advance(time);
        _progress.Note(used, said);
        Assert.False(_progress.IsStalled);
    }
}
