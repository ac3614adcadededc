using System.Collections.Concurrent;
using Fabrique.Territories;
using Microsoft.Extensions.Logging.Abstractions;

namespace Fabrique.Tests;

/// <summary>
/// The file of the official directory, built once in a run: each service and node finds a copy in its data folder, and builds none.
/// </summary>
internal static class DirectoryFile
{
    private static readonly ConcurrentDictionary<bool, Lazy<Task<string>>> Built = [];

    private static readonly Lazy<DirectoryInfo> Folder = new(() =>
    {
        var folder = Directory.CreateTempSubdirectory("fabrique-directory-");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => folder.Delete(recursive: true);
        return folder;
    });

    /// <param name="folder">Of the service or node.</param>
    /// <param name="demonstration">Whether territories that were invented are in it too.</param>
    public static async Task CopyToAsync(string folder, bool demonstration) =>
        File.Copy(
            await Built.GetOrAdd(demonstration, demonstration => new(() => BuildAsync(demonstration))).Value,
            Path.Combine(folder, OfficialDirectoryFile.Name)
        );

    private static async Task<string> BuildAsync(bool demonstration)
    {
        var path = await OfficialDirectoryFile.EnsureAsync(
            Path.Combine(Folder.Value.FullName, $"{demonstration}"),
            demonstration,
            NullLogger.Instance,
            CancellationToken.None
        );
        // As a node makes its files.
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }
}
