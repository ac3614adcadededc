using System.Globalization;

namespace Fabrique.Benchmarks;

/// <summary>
/// Processor time of this program and of every process below it, the servers under test: what an operation costs, however busy the
/// machine is otherwise.
/// </summary>
internal static class Cpu
{
    /// <summary>Linux counts in hundredths of a second.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    public static TimeSpan Used()
    {
        var processes = Directory
            .EnumerateDirectories("/proc")
            .Select(Path.GetFileName)
            .Where(name => char.IsAsciiDigit(name![0]))
            .Select(name => Stat(name!))
            .OfType<string[]>()
            .ToList();
        var children = processes.ToLookup(Parent);
        return Tick * Sum(Stat("self")!);

        long Sum(string[] stat) => Field(stat, 14) + Field(stat, 15) + children[stat[0]].Sum(Sum);
    }

    /// <summary>Microseconds an operation.</summary>
    public static double Since(TimeSpan before, int operations) => (Used() - before).TotalMicroseconds / operations;

    private static string Parent(string[] stat) => stat[3];

    /// <param name="stat">A process.</param>
    /// <param name="number">As proc(5) counts.</param>
    private static long Field(string[] stat, int number) => long.Parse(stat[number - 1], CultureInfo.InvariantCulture);

    /// <summary>The fields of /proc/PID/stat; null when it is gone. The name, which may hold spaces, is empty.</summary>
    private static string[]? Stat(string process)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{process}/stat");
            return [text[..text.IndexOf(' ', StringComparison.Ordinal)], "", .. text[(text.LastIndexOf(')') + 2)..].Split(' ')];
        }
        catch (IOException)
        {
            return null;
        }
    }
}
