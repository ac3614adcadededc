using System.Diagnostics;

namespace Fabrique.Benchmarks;

/// <summary>One case: what is measured and how, by the name it is asked for.</summary>
internal abstract class Benchmark(string name, string about)
{
    public string Name => name;

    public string About => about;

    public abstract Task RunAsync(Report report);
}

/// <summary>Load, and the time that each operation took.</summary>
internal static class Load
{
    public static readonly TimeSpan Round = TimeSpan.FromSeconds(2);

    /// <summary>Repeats an operation for one round, so many at a time.</summary>
    public static async Task<Sample> RunAsync(int inFlight, Func<Task> operation)
    {
        var (begin, cpu) = (Stopwatch.GetTimestamp(), Cpu.Used());
        var latencies = await Task.WhenAll(
            Enumerable
                .Range(0, inFlight)
                .Select(_ =>
                    Task.Run(async () =>
                    {
                        var taken = new List<double>();
                        while (Stopwatch.GetElapsedTime(begin) < Round)
                        {
                            var start = Stopwatch.GetTimestamp();
                            await operation();
                            taken.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                        }

                        return taken;
                    })
                )
        );
        var elapsed = Stopwatch.GetElapsedTime(begin);
        var all = latencies.SelectMany(taken => taken).ToList();
        return Sample.Of(all.Count / elapsed.TotalSeconds, Cpu.Since(cpu, all.Count), all);
    }

    /// <summary>
    /// Repeats an operation until the code behind it is compiled for good; on a busy machine that takes longer than a round.
    /// </summary>
    public static async Task WarmUpAsync(Func<Task> operation)
    {
        const int Enough = 20_000;
        var left = Enough;
        await Task.WhenAll(
            Enumerable
                .Range(0, 64)
                .Select(_ =>
                    Task.Run(async () =>
                    {
                        while (Interlocked.Decrement(ref left) >= 0)
                        {
                            await operation();
                        }
                    })
                )
        );
    }

    /// <summary>Repeats what does not wait, one at a time.</summary>
    public static Task<Sample> RunAsync(Action operation) => RunAsync(1, () =>
        {
            operation();
            return Task.CompletedTask;
        });

    /// <summary>Times one piece of work that holds <paramref name="count"/> operations.</summary>
    public static async Task<Sample> TimeAsync(int count, Func<Task> work)
    {
        var (begin, cpu) = (Stopwatch.GetTimestamp(), Cpu.Used());
        await work();
        return new Sample(count / Stopwatch.GetElapsedTime(begin).TotalSeconds, Cpu.Since(cpu, count));
    }
}

/// <summary>A folder that goes with the case.</summary>
internal sealed class TempFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("fabrique-bench-");
    private int _made;

    public string Path => _folder.FullName;

    /// <summary>A new, empty folder in it.</summary>
    public string New() => _folder.CreateSubdirectory($"{Interlocked.Increment(ref _made)}").FullName;

    public void Dispose() => _folder.Delete(recursive: true);
}
