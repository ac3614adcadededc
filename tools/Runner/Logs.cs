using System.Collections.Concurrent;
using System.Text;
using System.Text.RegularExpressions;

namespace Fabrique.Runner;

/// <summary>
/// Takes what the processes of a node say: to <c>{folder}/{name}.log</c> with the time, and to the console with a prefix.
/// </summary>
/// <param name="console">Null: files only.</param>
internal sealed partial class Logs(string folder, TextWriter? console, bool coloured, TimeProvider clock) : IDisposable
{
    /// <summary>The runner's own name among the logs.</summary>
    public const string Own = "runner";

    private static readonly int[] Colours = [36, 32, 33, 35, 34, 96, 92, 93, 95, 94];
    private readonly ConcurrentDictionary<string, RotatingFile> _files = new();
    private readonly ConcurrentDictionary<string, int> _colours = new();
    private readonly Lock _console = new();
    private readonly ConcurrentDictionary<string, string> _last = new();
    private string[] _secrets = [];

    /// <summary>Width of the name column on the console.</summary>
    public int NameWidth { get; set; } = 11;

    /// <summary>Strings that no log may show, whoever writes them.</summary>
    public void Hide(IEnumerable<string?> secrets) => _secrets = [.. secrets.OfType<string>().Where(secret => secret.Length > 0)];

    /// <summary>What a process said last, frames of a stack trace aside; empty when it said nothing.</summary>
    public string Last(string name) => _last.GetValueOrDefault(name, "");

    /// <param name="quiet">To the file only.</param>
    public void Write(string name, string line, bool quiet = false)
    {
        var now = clock.GetUtcNow();
        // The time of day that services write themselves would stand beside ours.
        line = _secrets.Aggregate(Redaction.Apply(TimeOfDay().Replace(line, "")), (text, secret) =>
            text.Replace(secret, Redaction.Mask, StringComparison.Ordinal)
        );
        if (!string.IsNullOrWhiteSpace(line) && !line.TrimStart().StartsWith("at ", StringComparison.Ordinal))
        {
            _last[name] = line.Trim();
        }
        _files.GetOrAdd(name, key => new RotatingFile(Path.Combine(folder, $"{key}.log"))).Write($"{now:yyyy-MM-ddTHH:mm:ss.fffZ} {line}");
        if (console is null || quiet)
        {
            return;
        }
        var colour = _colours.GetOrAdd(name, _ => Colours[_colours.Count % Colours.Length]);
        var prefix = $"{clock.GetLocalNow():HH:mm:ss} {name.PadRight(NameWidth)} |";
        lock (_console)
        {
            console.WriteLine(coloured ? $"\u001b[{colour}m{prefix}\u001b[0m {line}" : $"{prefix} {line}");
        }
    }

    [GeneratedRegex(@"^\d\d:\d\d:\d\d\.\d{3} ")]
    private static partial Regex TimeOfDay();

    public void Dispose()
    {
        foreach (var file in _files.Values)
        {
            file.Dispose();
        }
    }
}

/// <summary>Passwords in addresses and connection strings never reach a screen or a file.</summary>
internal static partial class Redaction
{
    public const string Mask = "***";

    public static string Apply(string text) => Setting().Replace(Password().Replace(text, $"${{before}}{Mask}@"), $"${{before}}{Mask}");

    // Greedy up to the last @ of the authority: a password may hold an unescaped one.
    [GeneratedRegex(@"(?<before>\b[a-z][a-z0-9+.-]*://[^\s/:@]*:)[^\s/]+@", RegexOptions.IgnoreCase)]
    private static partial Regex Password();

    [GeneratedRegex(@"(?<before>\b(?:password|pwd|psw)\s*=\s*)(?:'[^']*'|""[^""]*""|[^;\s'""]+)", RegexOptions.IgnoreCase)]
    private static partial Regex Setting();
}

/// <summary>A log file that starts anew at 5 MiB and keeps the three before it as .1, .2 and .3.</summary>
internal sealed class RotatingFile(string path, long limit = 5 << 20) : IDisposable
{
    private const int Kept = 3;
    private readonly Lock _lock = new();
    private FileStream? _file;

    public void Write(string line)
    {
        lock (_lock)
        {
            try
            {
                // Unbuffered: what a full disk does not take is forgotten, and the next line that fits is whole.
                _file ??= new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
                _file.Write(Encoding.UTF8.GetBytes($"{line}\n"));
                if (_file.Length >= limit)
                {
                    Rotate();
                }
            }
            catch (IOException)
            {
                // A full disk must not stop the node: what could not be written is lost, the console still shows it.
            }
        }
    }

    private void Rotate()
    {
        Dispose();
        for (var number = Kept; number > 0; number--)
        {
            var older = number == 1 ? path : $"{path}.{number - 1}";
            if (File.Exists(older))
            {
                File.Move(older, $"{path}.{number}", overwrite: true);
            }
        }
    }

    public void Dispose()
    {
        _file?.Dispose();
        _file = null;
    }
}

/// <summary>Reads the log files back: the <c>logs</c> command.</summary>
internal static class LogReader
{
    /// <summary>Prints the last lines of one process or, merged by time, of all; then what is added, until cancelled.</summary>
    /// <exception cref="PlainError">There is no such log.</exception>
    public static async Task PrintAsync(
        string folder,
        string? name,
        int lines,
        bool follow,
        TextWriter output,
        CancellationToken cancellation
    )
    {
        var names = Names(folder);
        if (name is not null && !names.Contains(name))
        {
            throw new PlainError(
                names.Count == 0 ? $"There are no logs in {folder}" : $"There is no log '{name}': {string.Join(", ", names)}"
            );
        }
        var positions = new Dictionary<string, long>();
        List<(string Name, string Line)> News() =>
            // Each line begins with its time; OrderBy is stable, so the lines of one file keep their order.
            [
                .. (name is null ? Names(folder) : [name])
                    .SelectMany(key => Read(folder, key, positions))
                    .OrderBy(entry => entry.Line, ByTime),
            ];

        void Print(IEnumerable<(string Name, string Line)> entries)
        {
            foreach (var (key, line) in entries)
            {
                output.WriteLine(name is null ? $"{key, -11} | {line}" : line);
            }
        }
        Print(News().TakeLast(lines));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(250));
        while (follow && await timer.WaitForNextTickAsync(cancellation))
        {
            Print(News());
        }
    }

    private static readonly Comparer<string> ByTime = Comparer<string>.Create(
        (left, right) => string.CompareOrdinal(left, 0, right, 0, 24)
    );

    private static List<string> Names(string folder) =>
        Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder, "*.log").Select(Path.GetFileNameWithoutExtension).OfType<string>().Order()]
            : [];

    private static IEnumerable<(string Name, string Line)> Read(string folder, string name, Dictionary<string, long> positions)
    {
        var path = Path.Combine(folder, $"{name}.log");
        if (!File.Exists(path))
        {
            return [];
        }
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var position = positions.GetValueOrDefault(name);
        // Shorter than what was read: it was rotated meanwhile.
        position = file.Length < position ? 0 : position;
        file.Seek(position, SeekOrigin.Begin);
        using var reader = new StreamReader(file);
        var text = reader.ReadToEnd();
        // A line still being written waits for its end.
        text = text[..(text.LastIndexOf('\n') + 1)];
        positions[name] = position + Encoding.UTF8.GetByteCount(text);
        return text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => (name, line));
    }
}
