using System.Globalization;

namespace Fabrique.Runner;

/// <summary>The database of a node.</summary>
internal static class Database
{
    /// <summary>The folder of the newest PostgreSQL server, which Debian keeps off the path; null when none is installed.</summary>
    public static string? ServerFolder()
    {
        var versions = new DirectoryInfo("/usr/lib/postgresql");
        return versions.Exists && versions.EnumerateDirectories().OrderByDescending(version => double.TryParse(version.Name, CultureInfo.InvariantCulture, out var number) ? number : 0)
                .Select(version => Path.Combine(version.FullName, "bin")).FirstOrDefault(folder => File.Exists(Path.Combine(folder, "postgres"))) is { } debian
            ? debian
            : Path.GetDirectoryName(Shell.Which("postgres"));
    }
}
