using System.Text.Json;
using System.Xml.Linq;

namespace Fabrique.Runner;

/// <summary>Builds the projects of a node, in Release, when a source is newer than the last build.</summary>
internal static class Build
{
    /// <summary>Where the build of a project puts its assembly (Directory.Build.props: artifacts output, names).</summary>
    public static string Assembly(string root, string project)
    {
        var name = Path.GetFileNameWithoutExtension(project);
        return Path.Combine(root, "artifacts", "bin", name, "release", $"Fabrique.{name}.dll");
    }

    /// <exception cref="PlainError">The build failed; the errors were printed.</exception>
    public static async Task EnsureAsync(string root, IReadOnlyList<string> projects, TextWriter output, CancellationToken cancellation)
    {
        if (projects.Count == 0 || IsBuilt())
        {
            return;
        }
        // Of nodes that start together one builds and the others wait.
        await using var turn = await WaitForTurnAsync(Path.Combine(root, "artifacts", "node.lock"), cancellation);
        if (IsBuilt())
        {
            return;
        }
        // A solution filter: one evaluation and one restore for all, and the tests stay out.
        var filter = Path.Combine(root, "artifacts", "node.slnf");
        await File.WriteAllTextAsync(
            filter,
            JsonSerializer.Serialize(
                new
                {
                    solution = new
                    {
                        path = "../Fabrique.sln",
                        projects = projects.Select(project => Path.GetRelativePath(root, project).Replace('/', '\\')),
                    },
                }
            ),
            cancellation
        );
        await RunAsync(root, filter, output, cancellation);
        SetBuilt(root, File.GetLastWriteTimeUtc(filter));

        bool IsBuilt() =>
            Stamp(root) is { Exists: true } stamp
            && projects.All(project => File.Exists(Assembly(root, project)))
            && Newest(root, projects) < stamp.LastWriteTimeUtc;
    }

    /// <summary>Builds everything, so that nodes that start afterwards build nothing.</summary>
    /// <exception cref="PlainError">The build failed; the errors were printed.</exception>
    public static async Task AllAsync(string root, TextWriter output, TimeProvider clock, CancellationToken cancellation)
    {
        var begin = clock.GetUtcNow();
        await RunAsync(root, "Fabrique.sln", output, cancellation);
        SetBuilt(root, begin.UtcDateTime);
    }

    private static FileInfo Stamp(string root) => new(Path.Combine(root, "artifacts", "node.stamp"));

    /// <summary>What nodes are made of is built as it stood then; what was edited since is built next time.</summary>
    private static void SetBuilt(string root, DateTime then)
    {
        var stamp = Stamp(root);
        File.Create(stamp.FullName).Dispose();
        File.SetLastWriteTimeUtc(stamp.FullName, then);
    }

    private static async Task<FileStream> WaitForTurnAsync(string path, CancellationToken cancellation)
    {
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(path))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200), cancellation);
            }
        }
    }

    /// <summary>Builds a project, solution or filter, one line per project built; the whole output is in artifacts/build.log.</summary>
    public static async Task RunAsync(string root, string target, TextWriter output, CancellationToken cancellation)
    {
        var path = Path.Combine(root, "artifacts", "build.log");
        var errors = new HashSet<string>();
        await using var log = new StreamWriter(path);
        // No build nodes left behind: they would hold memory and our pipe for a quarter of an hour.
        var code = await Shell.RunAsync(
            Shell.Dotnet,
            ["build", target, "-c", "Release", "-v", "minimal", "-tl:off", "-nodeReuse:false"],
            root,
            line =>
            {
                log.WriteLine(line);
                if (line.Contains(" -> ", StringComparison.Ordinal))
                {
                    output.WriteLine($"  built    {line.Split(" -> ")[0].Trim()}");
                }
                else if (line.Contains(": error ", StringComparison.Ordinal) && errors.Add(line))
                {
                    output.WriteLine(line.Trim());
                }
            },
            cancellation
        );
        if (code != 0)
        {
            throw new PlainError($"The build failed; its whole output is in {path}");
        }
    }

    /// <summary>
    /// Time of the newest file or folder (one is touched when a file in it goes) of the projects and of those they refer to.
    /// </summary>
    private static DateTime Newest(string root, IEnumerable<string> projects) =>
        Closure(projects)
            .Select(project => new DirectoryInfo(Path.GetDirectoryName(project)!))
            .SelectMany(folder => folder.EnumerateFileSystemInfos("*", SearchOption.AllDirectories).Append(folder))
            .Concat(
                new[] { root, Path.Combine(root, "services") }
                    .Where(Directory.Exists)
                    .SelectMany(folder => new DirectoryInfo(folder).EnumerateFiles())
                    .Where(file => file.Extension is ".props" or ".targets" or ".json" or ".sln" or ".editorconfig")
            )
            .Max(entry => entry.LastWriteTimeUtc);

    /// <summary>The projects and those they refer to.</summary>
    public static IReadOnlySet<string> Closure(IEnumerable<string> projects)
    {
        var closure = new HashSet<string>();
        var todo = new Queue<string>(projects);
        while (todo.TryDequeue(out var project))
        {
            if (closure.Add(project) && File.Exists(project))
            {
                var folder = Path.GetDirectoryName(project)!;
                foreach (
                    var include in XDocument
                        .Load(project)
                        .Descendants("ProjectReference")
                        .Select(element => element.Attribute("Include")?.Value)
                        .OfType<string>()
                )
                {
                    todo.Enqueue(Path.GetFullPath(Path.Combine(folder, include.Replace('\\', '/'))));
                }
            }
        }
        return closure;
    }
}
